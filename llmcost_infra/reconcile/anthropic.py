"""Anthropic's bill: its cost report by workspace and description, and its usage of messages."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from llmcost_infra.errors import ProviderError, ReconcileError
from llmcost_infra.reconcile.amounts import in_usd, usd_of
from llmcost_infra.reconcile.days import Buckets
from llmcost_infra.reconcile.provider_api import ProviderApi, checked, results_of
from llmcost_infra.reconcile.records import Bill, Charge, Lane, Part, Usage
from llmcost_infra.utc import midnight

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import httpx

__all__ = ["ANTHROPIC_URL", "anthropic_api", "read_anthropic"]

ANTHROPIC_URL: Final = "https://api.anthropic.com/v1"
_NEEDED: Final = (
    "Bills are read with an Admin API key (sk-ant-admin…), which an admin of the organization "
    "makes at console.anthropic.com, Settings, Admin keys; accounts of single persons have none."
)
_LONG: Final = {"0-200k": 0, "200k-1M": 200_000}
_CLASSES: Final = {
    "uncached_input_tokens": "input",
    "cache_read_input_tokens": "cache_read",
    "cache_creation.ephemeral_5m_input_tokens": "cache_write",
    "cache_creation.ephemeral_1h_input_tokens": "cache_write_1h",
    "output_tokens": "output",
}


class _Cost(BaseModel):
    amount: Decimal | str | int
    currency: str
    cost_type: str | None = None
    description: str | None = None
    model: str | None = None
    token_type: str | None = None
    service_tier: str | None = None
    context_window: str | None = None
    workspace_id: str | None = None


class _Written(BaseModel):
    ephemeral_5m_input_tokens: int = 0
    ephemeral_1h_input_tokens: int = 0


class _Counted(BaseModel):
    uncached_input_tokens: int = 0
    cache_creation: _Written = _Written()
    cache_read_input_tokens: int = 0
    output_tokens: int = 0
    model: str | None = None
    service_tier: str | None = None
    context_window: str | None = None
    workspace_id: str | None = None


def anthropic_api(
    key: str,
    url: str = ANTHROPIC_URL,
    *,
    transport: httpx.BaseTransport | None = None,
    wait: Callable[[float], object] | None = None,
) -> ProviderApi:
    """Return Anthropic's API for an administrator.

    Args:
        key: Admin API key.
        url: address.
        transport: replaces the network.
        wait: waits for so many seconds between tries.
    """
    headers = {"x-api-key": key, "anthropic-version": "2023-06-01"}
    return ProviderApi("Anthropic", url, headers, _NEEDED, transport=transport, wait=wait)


def read_anthropic(
    api: ProviderApi,
    days: Sequence[date],
    *,
    by_key: bool = False,
    progress: Callable[[str], object] = str,
) -> Bill:
    """Read what Anthropic charged and counted.

    Args:
        api: of an administrator.
        days: UTC days that follow each other.
        by_key: whether API keys are told apart, which the cost report cannot do.
        progress: is told what is read now.

    Raises:
        ProviderError: a report was refused, or has another form than the documented one.
        ReconcileError: keys were to be told apart.
    """
    if by_key:
        raise ReconcileError(
            "Anthropic's cost report does not tell API keys apart.",
            hint="Name workspaces in the scopes of the stack's billing, and no keys.",
        )
    progress("costs")
    costs = Buckets(days, "Anthropic, cost report")
    charges = [
        charge
        for bucket in api.buckets("organizations/cost_report", _params(days, "description"))
        for charge in _charges(costs.day(_start(bucket)), bucket)
    ]
    progress("usage of messages")
    counted = Buckets(days, "Anthropic, usage of messages")
    groups = ("model", "service_tier", "context_window")
    usage = [
        used
        for bucket in api.buckets("organizations/usage_report/messages", _params(days, *groups))
        for used in _usage(counted.day(_start(bucket)), bucket)
    ]
    missing = tuple(sorted({*costs.missing(), *counted.missing()}))
    notes = _notes(usage)
    return Bill("anthropic", api.url, tuple(charges), tuple(usage), missing, notes=notes)


def _params(days: Sequence[date], *groups: str) -> dict[str, str | int | Sequence[str]]:
    return {
        "starting_at": _moment(days[0]),
        "ending_at": _moment(days[-1] + timedelta(days=1)),
        "bucket_width": "1d",
        "limit": 31,
        "group_by[]": ["workspace_id", *groups],
    }


def _moment(day: date) -> str:
    return f"{midnight(day):%Y-%m-%dT%H:%M:%SZ}"


def _start(bucket: dict[str, Any]) -> datetime:
    try:
        return datetime.fromisoformat(bucket["starting_at"]).astimezone(UTC)
    except (KeyError, TypeError, ValueError):
        raise ProviderError("Anthropic: a bucket does not say when it starts.") from None


def _charges(day: date, bucket: dict[str, Any]) -> Iterator[Charge]:
    seen: set[tuple[object, ...]] = set()
    for result in results_of(bucket):
        cost = checked(_Cost, result, "Anthropic, cost report")
        where = f"Anthropic, costs of {day}, {cost.description}"
        in_usd(cost.currency, where)
        identity = tuple(value for name, value in cost if name != "amount")
        # Where it runs is the one thing that two lines may differ in, and we do not ask for it.
        identity = (*identity, result.get("inference_geo"))
        if identity in seen:
            raise ProviderError(
                f"{where}: the bucket has this line twice.",
                hint="Nothing was compared, because it would be counted twice. Run it again.",
            )
        seen.add(identity)
        tokens = cost.cost_type == "tokens" and bool(cost.model)
        token_class = _CLASSES.get(cost.token_type or "", "") if tokens else ""
        yield Charge(
            day,
            Part(cost.workspace_id or ""),
            usd_of(cost.amount, where, cents=True),
            cost.description or cost.cost_type or "",
            cost.model or "",
            token_class,
            _lane(cost.service_tier, cost.context_window) if token_class else None,
            known=bool(token_class) or cost.cost_type not in {None, "tokens"},
        )


def _lane(tier: str | None, window: str | None) -> Lane:
    return Lane(tier or "standard", _LONG.get(window or "", 0))


def _usage(day: date, bucket: dict[str, Any]) -> Iterator[Usage]:
    for result in results_of(bucket):
        counted = checked(_Counted, result, "Anthropic, usage of messages")
        tokens = {
            "input": counted.uncached_input_tokens,
            "cache_read": counted.cache_read_input_tokens,
            "cache_write": counted.cache_creation.ephemeral_5m_input_tokens,
            "cache_write_1h": counted.cache_creation.ephemeral_1h_input_tokens,
            "output": counted.output_tokens,
        }
        yield Usage(
            day,
            Part(counted.workspace_id or ""),
            counted.model or "",
            _lane(counted.service_tier, counted.context_window),
            {name: count for name, count in tokens.items() if count},
        )


def _notes(usage: Sequence[Usage]) -> tuple[str, ...]:
    committed = sum(sum(one.tokens.values()) for one in usage if one.lane.tier == "priority")
    if not committed:
        return ()
    return (
        f"{committed:,} tokens of the Priority Tier are in no cost report: it is a commitment.",
    )
