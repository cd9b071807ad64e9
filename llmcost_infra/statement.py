"""What a month cost each team: a statement of account, from stored calls."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.catalog.stack_statements import stack_statement
from llmcost_infra.declarations import nearest
from llmcost_infra.errors import DeclarationError, LlmCostError
from llmcost_infra.openobserve.groups import groups_of_day
from llmcost_infra.utc import Month, midnight, month_named

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from llmcost_infra.openobserve import Client
    from llmcost_infra.settings import Settings

__all__ = [
    "FOCUS",
    "NOBODY",
    "Charge",
    "charges_of",
    "days_of",
    "focus_rows",
    "of_team",
    "summed",
]

NOBODY: Final = "unknown"
"""Stands for a team, a feature, an environment, a provider or a model that nobody named."""

FOCUS: Final = (
    *("BilledCost", "BillingAccountId", "BillingCurrency", "BillingPeriodEnd"),
    *("BillingPeriodStart", "ChargeCategory", "ChargeDescription", "ChargeFrequency"),
    *("ChargePeriodEnd", "ChargePeriodStart", "ConsumedQuantity", "ConsumedUnit"),
    *("ContractedCost", "EffectiveCost", "InvoiceIssuerName", "ListCost", "ProviderName"),
    *("PublisherName", "ServiceCategory", "ServiceName", "SkuId", "Tags"),
)
"""Columns of the FinOps Open Cost and Usage Specification that a call can fill, in its order."""


@dataclass(frozen=True, slots=True)
class Charge:
    """What calls of one kind cost on one day.

    Args:
        day: UTC.
        team: that owns the spend.
        feature: that the calls served.
        environment: where they were made.
        provider: that bills them.
        model: that answered.
        llm_calls: how many.
        unpriced_calls: how many of them have no known cost; those that were refused included.
        input_tokens: of all of them.
        output_tokens: of all of them.
        list_usd: known cost by list price; None when none is known.
        contract_usd: the same by contract.
    """

    day: date
    team: str
    feature: str
    environment: str
    provider: str
    model: str
    llm_calls: int
    unpriced_calls: int
    input_tokens: int
    output_tokens: int
    list_usd: Decimal | None
    contract_usd: Decimal | None


def days_of(month: str, settings: Settings, now: datetime) -> list[date]:
    """Return the UTC days of a month, up to today.

    Args:
        month: like 2026-10.
        settings: the stack's.
        now: when it is asked.

    Raises:
        DeclarationError: it is no month.
        LlmCostError: it is to come, or its calls are not kept any more.
    """
    named = month_named(month)
    if named is None:
        raise DeclarationError(
            f"{month!r} is no month", path="--month", hint="Write it like 2026-10."
        )
    first = named.first
    today = now.astimezone(UTC).date()
    if first > today:
        raise LlmCostError(f"{month} is to come.", hint="Name a month that has begun.")
    kept = settings.retention.llm_days
    ours = settings.profile == "pipeline"  # how long others keep their streams is not known
    if ours and (today - first).days > kept:
        raise LlmCostError(
            f"Calls are kept {kept} days, and {month} began {(today - first).days} days ago.",
            hint="The History tab has months of years; a longer retention.llm_days keeps calls.",
        )
    return [day for day in named.days if day <= today]


def charges_of(
    client: Client,
    settings: Settings,
    days: Iterable[date],
    project: Path | None = None,
    progress: Callable[[date], object] = str,
) -> Iterator[Charge]:
    """Yield what the calls of days cost, day by day; a span that was sent twice counts once.

    Args:
        client: of the stack's server.
        settings: the stack's.
        days: UTC.
        project: whose declarations override the shipped ones.
        progress: told each day before it is asked for.

    Raises:
        LlmCostError: a day has too many groups.
        OpenObserveError: the server refused or did not answer.
    """
    sql = stack_statement("statement_day", settings, project)
    for day in days:
        progress(day)
        yield from (_charge(day, hit) for hit in groups_of_day(client, sql, day))


def of_team(charges: Sequence[Charge], team: str) -> list[Charge]:
    """Return what one team pays for.

    Raises:
        LlmCostError: it has no call; the nearest name is the hint.
    """
    own = [one for one in charges if one.team == team]
    if not own:
        known = sorted({one.team for one in charges})
        raise LlmCostError(f"No call of the month belongs to {team!r}.", hint=nearest(team, known))
    return own


def summed(charges: Iterable[Charge], *names: str) -> dict[tuple[str, ...], Charge]:
    """Return the charges of each combination of values, the dearest first.

    Args:
        charges: of any days.
        names: fields that tell groups apart, such as ``team``; what else differs is of one of them.
    """
    groups: defaultdict[tuple[str, ...], list[Charge]] = defaultdict(list)
    for one in charges:
        groups[tuple(str(getattr(one, name)) for name in names)].append(one)
    added = {key: _added(group) for key, group in groups.items()}
    return dict(sorted(added.items(), key=lambda item: (-(item[1].list_usd or 0), item[0])))


def focus_rows(charges: Iterable[Charge], account: str) -> Iterator[dict[str, str]]:
    """Yield charges as rows of FOCUS 1.0; without a known cost the money is empty, and not 0.

    Args:
        charges: of one month.
        account: BillingAccountId: the organization.
    """
    for one in charges:
        days = Month(one.day.replace(day=1)).days
        listed, paid = _money(one.list_usd), _money(one.contract_usd)
        tags = {"environment": one.environment, "feature": one.feature, "team": one.team}
        row = {
            "BilledCost": paid,
            "BillingAccountId": account,
            "BillingCurrency": "USD",
            "BillingPeriodEnd": _moment(days[-1] + timedelta(days=1)),
            "BillingPeriodStart": _moment(days[0]),
            "ChargeCategory": "Usage",
            "ChargeDescription": f"{one.model}, {one.llm_calls} calls",
            "ChargeFrequency": "Usage-Based",
            "ChargePeriodEnd": _moment(one.day + timedelta(days=1)),
            "ChargePeriodStart": _moment(one.day),
            "ConsumedQuantity": str(one.input_tokens + one.output_tokens),
            "ConsumedUnit": "Tokens",
            "ContractedCost": paid,
            "EffectiveCost": paid,
            "InvoiceIssuerName": one.provider,
            "ListCost": listed,
            "ProviderName": one.provider,
            "PublisherName": one.provider,
            "ServiceCategory": "AI and Machine Learning",
            "ServiceName": one.model,
            "SkuId": f"{one.provider}/{one.model}",
            "Tags": json.dumps(tags, ensure_ascii=False, sort_keys=True),
        }
        yield {name: row[name] for name in FOCUS}


def _charge(day: date, hit: dict[str, Any]) -> Charge:
    def named(column: str) -> str:
        return str(hit.get(column) or NOBODY)

    return Charge(
        day=day,
        team=named("team"),
        feature=named("feature"),
        environment=named("environment"),
        provider=named("provider"),
        model=named("model"),
        llm_calls=hit["llm_calls"],
        unpriced_calls=hit["llm_calls"] - hit["priced_calls"],
        input_tokens=hit["input_tokens"],
        output_tokens=hit["output_tokens"],
        list_usd=_decimal(hit.get("list_usd")),
        contract_usd=_decimal(hit.get("contract_usd")),
    )


def _added(group: Sequence[Charge]) -> Charge:
    first = group[0]
    return Charge(
        first.day,
        first.team,
        first.feature,
        first.environment,
        first.provider,
        first.model,
        sum(one.llm_calls for one in group),
        sum(one.unpriced_calls for one in group),
        sum(one.input_tokens for one in group),
        sum(one.output_tokens for one in group),
        _total(one.list_usd for one in group),
        _total(one.contract_usd for one in group),
    )


def _total(amounts: Iterable[Decimal | None]) -> Decimal | None:
    known = [one for one in amounts if one is not None]
    return sum(known, Decimal(0)) if known else None


def _decimal(value: object) -> Decimal | None:
    return None if value is None else Decimal(str(value))


def _money(amount: Decimal | None) -> str:
    return "" if amount is None else f"{amount:f}"


def _moment(day: date) -> str:
    return f"{midnight(day):%Y-%m-%dT%H:%M:%SZ}"
