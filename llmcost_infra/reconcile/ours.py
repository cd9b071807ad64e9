"""Our side: calls of UTC days from the LLM stream, each once, added up by the server."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Literal

from llmcost_infra.catalog.stack_statements import stack_statement, totals_statement
from llmcost_infra.errors import ReconcileError
from llmcost_infra.openobserve.groups import MOST_GROUPS, groups_between
from llmcost_infra.pricing.compute import STANDARD_TIERS
from llmcost_infra.pricing.table import BATCH, STANDARD
from llmcost_infra.reconcile.records import Lane, OwnCalls
from llmcost_infra.utc import midnight

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from llmcost_infra.openobserve import Client
    from llmcost_infra.settings import Settings

__all__ = ["kept_as", "own_calls", "read_ours", "read_totals"]

_DAY: Final = timedelta(days=1)
_EPOCH: Final = date(1970, 1, 1)
_AT_ONCE: Final = timedelta(days=7)
"""Days that one statement adds up: a month in one would take more memory, a day each more time."""


def kept_as(settings: Settings, first: date, now: datetime) -> Literal["calls", "totals"]:
    """Return how a month is still there, before anything is read.

    Args:
        settings: the stack's.
        first: first day that is compared.
        now: the time, with a zone.

    Raises:
        ReconcileError: it is gone, in part or as a whole.
    """
    age, kept = now - midnight(first), settings.retention
    if settings.profile != "pipeline" or age <= timedelta(days=kept.llm_days):
        return "calls"
    if settings.history and age <= timedelta(days=kept.rollup_days):
        return "totals"
    raise ReconcileError(
        f"Calls are kept {kept.llm_days} days, and {first} is longer ago: part of the month is "
        "gone.",
        hint="Reconcile each month on the 3rd of the next; raise retention.llm_days above 35, or "
        "keep a history (`history: true`, `llmcost rollup`).",
    )


def read_totals(
    client: Client,
    settings: Settings,
    days: Sequence[date],
    names: Callable[[str], str],
    project: Path | None = None,
) -> list[OwnCalls]:
    """Read the totals of days whose calls are gone.

    Args:
        client: of the stack's server.
        settings: the stack's; it keeps a history.
        days: UTC days that follow each other.
        names: model → who bills it; the totals do not say.
        project: whose declarations override the shipped ones.

    Raises:
        OpenObserveError: the server refused, did not answer, or left rows out.
    """
    first, last = ((day - _EPOCH).days for day in (days[0], days[-1]))
    statement = totals_statement(settings, first, last, project)
    # Totals carry the time at which they were added up, which may be years after their day.
    start = midnight(days[0])
    end = start + timedelta(days=settings.retention.rollup_days + 31)
    hits = client.search(statement, start, end, stream_type="logs", size=MOST_GROUPS).hits
    return [_total(row, names) for row in hits]


def _total(row: dict[str, Any], names: Callable[[str], str]) -> OwnCalls:
    model, usd = row.get("model") or "", row.get("usd")
    return OwnCalls(
        day=_EPOCH + row["utc_day"] * _DAY,
        provider=names(model),
        model=model,
        calls=row["llm_calls"],
        tokens={"input": row["input_tokens"], "output": row["output_tokens"]},
        usd=None if usd is None else Decimal(repr(usd)),
        environment=row.get("environment"),
        team=row.get("team"),
        split=False,
    )


def read_ours(
    client: Client,
    settings: Settings,
    days: Sequence[date],
    project: Path | None = None,
    progress: Callable[[str], object] = str,
) -> list[OwnCalls]:
    """Read our calls of some days, and those of the day before that end within them.

    Args:
        client: of the stack's server.
        settings: the stack's.
        days: UTC days that follow each other.
        project: whose declarations override the shipped ones.
        progress: is told what is read now.

    Raises:
        OpenObserveError: the server refused, did not answer, or left rows out.
        LlmCostError: there are too many different calls to add up.
    """
    sql = stack_statement("reconcile_days", settings, project)
    before, after = days[0] - _DAY, days[-1] + _DAY
    progress(f"calls of {before}")
    late = groups_between(client, sql, midnight(before), midnight(days[0]))
    rows = [row for row in late if row.get("over_midnight")]
    first = days[0]
    while first < after:
        last = min(first + _AT_ONCE, after)
        progress(f"calls from {first} to {last - _DAY}")
        rows += groups_between(client, sql, midnight(first), midnight(last))
        first = last
    return own_calls(rows)


def own_calls(rows: Sequence[dict[str, Any]]) -> list[OwnCalls]:
    """Return groups of calls as the server answered them."""
    # Some instrumentations leave the number out where nothing was cached; others never tell it. By
    # day, because one may be exchanged for the other within a month.
    telling: defaultdict[tuple[Any, ...], bool] = defaultdict(bool)
    for row in rows:
        telling[_application(row)] |= bool(row.get("cache_told"))
    return [_own(row, telling[_application(row)]) for row in rows]


def _application(row: dict[str, Any]) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in ("utc_day", "environment", "team", "model", "dialect"))


def _own(row: dict[str, Any], telling: bool) -> OwnCalls:
    usd = row.get("usd")
    tier = str(row.get("service_tier") or "").lower()
    tier = STANDARD if tier in STANDARD_TIERS else tier
    return OwnCalls(
        day=_EPOCH + row["utc_day"] * _DAY,
        provider=row.get("provider") or "",
        model=row.get("model") or "",
        calls=row["llm_calls"],
        tokens=_tokens(row) if row.get("has_usage") else None,
        usd=None if usd is None else Decimal(repr(usd)),
        environment=row.get("environment"),
        team=row.get("team"),
        lane=Lane(BATCH if row.get("batch") else tier),
        price_row=row.get("price_row") or "",
        status=row.get("pricing_status") or "",
        contract=row.get("contract") or "",
        cache_told=telling,
        twin=bool(row.get("is_twin")),
        over_midnight=bool(row.get("over_midnight")),
    )


def _tokens(row: dict[str, Any]) -> dict[str, int]:
    read, written = row["cache_read_tokens"], row["cache_write_tokens"]
    an_hour = min(row.get("cache_write_1h_tokens") or 0, written)
    tokens = {
        "input": row["input_tokens"] - read - written,
        "cache_read": read,
        "cache_write": written - an_hour,
        "cache_write_1h": an_hour,
        "output": row["output_tokens"],
    }
    return {name: count for name, count in tokens.items() if count}
