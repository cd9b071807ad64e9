"""Writes a comparison to the server: a row for each day, model and scope, for panels to read."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.openobserve.sending import send_rows
from llmcost_infra.reconcile.amounts import ZERO
from llmcost_infra.reconcile.causes import Cause
from llmcost_infra.reconcile.own_tokens import ours_in
from llmcost_infra.utc import microseconds, midnight

if TYPE_CHECKING:
    from datetime import date, datetime
    from decimal import Decimal

    from llmcost_infra.openobserve import Client
    from llmcost_infra.reconcile.comparison import Comparison
    from llmcost_infra.reconcile.explain import Compared
    from llmcost_infra.settings import Settings

__all__ = ["rows_of", "write_days"]

_ELSEWHERE: Final = frozenset({Cause.NOT_OBSERVABLE, Cause.UNPARSED})


def rows_of(found: Comparison, now: datetime) -> list[dict[str, Any]]:
    """Return the rows of a comparison.

    A day that is compared again has its rows again; whoever reads takes those of the day's last
    comparison, by `computed_at`.
    """
    causes: defaultdict[tuple[str, date, str], dict[Cause, Decimal]] = defaultdict(dict)
    other: defaultdict[tuple[str, date], Decimal] = defaultdict(lambda: ZERO)
    for one in found.findings:
        if one.cause in _ELSEWHERE:
            other[one.scope, one.day] -= one.usd
        else:
            into = causes[one.scope, one.day, one.model]
            into[one.cause] = into.get(one.cause, ZERO) + one.usd
    common = {
        "_timestamp": microseconds(now),
        "computed_at": microseconds(now),
        "provider": found.provider,
        "account": found.account,
    }
    problems = {(one.scope, one.model): one.problem for one in found.lines}
    rows = [
        common
        | _row(one, causes[one.cell.scope, one.cell.day, one.cell.model])
        | {"problem": problems[one.cell.scope, one.cell.model]}
        for one in found.compared
    ]
    return rows + [
        common | _keys(day, scope, "(other than tokens)") | {"billed_other_usd": float(usd)}
        for (scope, day), usd in sorted(other.items())
    ]


def _row(one: Compared, causes: dict[Cause, Decimal]) -> dict[str, Any]:
    cell, ours = one.cell, ours_in(one.cell)
    greatest = max(causes, key=lambda cause: abs(causes[cause]), default=None)
    counted = cell.requests if cell.requests and sum(cell.requests.values()) else None
    return _keys(cell.day, cell.scope, cell.model) | {
        "ours_usd": float(one.ours),
        "billed_usd": float(one.billed),
        "ours_calls": sum(ours.calls.values()),
        "billed_requests": None if counted is None else sum(counted.values()),
        "ours_tokens": sum(ours.tokens.of.values()),
        "billed_tokens": sum(cell.used.of.values()),
        "cause": greatest,
        "unexplained_usd": float(causes.get(Cause.UNEXPLAINED, ZERO)),
    }


def _keys(day: date, scope: str, model: str) -> dict[str, Any]:
    return {"day_start": microseconds(midnight(day)), "scope": scope, "model": model}


def write_days(client: Client, settings: Settings, found: Comparison, now: datetime) -> None:
    """Write the rows of a comparison; written twice they count once.

    Args:
        client: of the stack's server.
        settings: the stack's.
        found: the comparison.
        now: when; kept with the rows.

    Raises:
        LlmCostError: the server refused a row.
    """
    send_rows(client, settings.streams.billing, rows_of(found, now), "rows of the comparison")
