"""OpenAI's bill: costs by day, project and line item, and what its usage reports count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel

from llmcost_infra.errors import ProviderError
from llmcost_infra.pricing.compute import STANDARD_TIERS
from llmcost_infra.pricing.table import BATCH, STANDARD
from llmcost_infra.reconcile.amounts import in_usd, usd_of
from llmcost_infra.reconcile.days import Buckets
from llmcost_infra.reconcile.line_items import line_item
from llmcost_infra.reconcile.provider_api import ProviderApi, checked, results_of
from llmcost_infra.reconcile.records import Bill, Charge, Lane, Part, Usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import httpx

__all__ = ["OPENAI_URL", "openai_api", "read_openai"]

OPENAI_URL: Final = "https://api.openai.com/v1"
_NEEDED: Final = (
    "Bills are read with an admin key (sk-admin-…), which an owner of the organization makes at "
    "platform.openai.com, Settings, Admin keys; a project's or a user's key is refused."
)
_OTHERS: Final = {
    "moderations": "requests",
    "images": "images",
    "audio_speeches": "characters",
    "audio_transcriptions": "seconds",
    "vector_stores": "usage_bytes",
    "code_interpreter_sessions": "num_sessions",
    "file_search_calls": "num_requests",
    "web_search_calls": "num_requests",
}
"""Reports about what is not sold by tokens, and the number in each that says how much."""


class _Amount(BaseModel):
    value: Decimal | str | int
    currency: str


class _Cost(BaseModel):
    amount: _Amount
    line_item: str | None = None
    project_id: str | None = None
    api_key_id: str | None = None


class _Counted(BaseModel):
    input_tokens: int = 0
    input_cached_tokens: int | None = None
    input_cache_write_tokens: int | None = None
    output_tokens: int | None = None
    num_model_requests: int = 0
    model: str | None = None
    batch: bool | None = None
    service_tier: str | None = None
    project_id: str | None = None
    api_key_id: str | None = None


def openai_api(
    key: str,
    url: str = OPENAI_URL,
    *,
    transport: httpx.BaseTransport | None = None,
    wait: Callable[[float], object] | None = None,
) -> ProviderApi:
    """Return OpenAI's API for an administrator.

    Args:
        key: admin key.
        url: address.
        transport: replaces the network.
        wait: waits for so many seconds between tries.
    """
    headers = {"authorization": f"Bearer {key}"}
    return ProviderApi("OpenAI", url, headers, _NEEDED, transport=transport, wait=wait)


@dataclass(frozen=True, slots=True)
class _Range:
    days: Sequence[date]
    by_key: bool

    def params(self, limit: int, *groups: str) -> dict[str, str | int | Sequence[str]]:
        return {
            "start_time": _seconds(self.days[0]),
            "end_time": _seconds(self.days[-1] + timedelta(days=1)),
            "bucket_width": "1d",
            "limit": limit,
            "group_by[]": [*groups, *(["api_key_id"] if self.by_key else [])],
        }


def read_openai(
    api: ProviderApi,
    days: Sequence[date],
    *,
    by_key: bool = False,
    progress: Callable[[str], object] = str,
) -> Bill:
    """Read what OpenAI charged and counted.

    Args:
        api: of an administrator.
        days: UTC days that follow each other.
        by_key: whether API keys are told apart.
        progress: is told what is read now.

    Raises:
        ProviderError: a report was refused, or has another form than the documented one.
    """
    wanted = _Range(days, by_key)
    progress("costs")
    costs = Buckets(days, "OpenAI, costs")
    charges = [
        charge
        for bucket in api.buckets(
            "organization/costs", wanted.params(31, "project_id", "line_item")
        )
        for charge in _charges(costs.day(_start(bucket)), bucket)
    ]
    usage: list[Usage] = []
    missing = set(costs.missing())
    for report, groups in (
        ("completions", ("project_id", "model", "batch", "service_tier")),
        ("embeddings", ("project_id", "model")),
    ):
        progress(f"usage of {report}")
        counted = Buckets(days, f"OpenAI, usage of {report}")
        for bucket in api.buckets(f"organization/usage/{report}", wanted.params(31, *groups)):
            usage += _usage(counted.day(_start(bucket)), bucket)
        missing |= set(counted.missing())
    notes = tuple(_elsewhere(api, wanted, progress))
    return Bill(
        "openai", api.url, tuple(charges), tuple(usage), tuple(sorted(missing)), notes=notes
    )


def _seconds(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


def _start(bucket: dict[str, Any]) -> datetime:
    try:
        return datetime.fromtimestamp(int(bucket["start_time"]), tz=UTC)
    except (KeyError, TypeError, ValueError):
        raise ProviderError("OpenAI: a bucket does not say when it starts.") from None


def _charges(day: date, bucket: dict[str, Any]) -> Iterator[Charge]:
    seen: set[tuple[str | None, ...]] = set()
    for result in results_of(bucket):
        cost = checked(_Cost, result, "OpenAI, costs")
        where = f"OpenAI, costs of {day}, {cost.line_item}"
        in_usd(cost.amount.currency, where)
        identity = (cost.line_item, cost.project_id, cost.api_key_id)
        if identity in seen:
            raise ProviderError(f"{where}: the bucket has this line twice.", hint=_TWICE)
        seen.add(identity)
        text = cost.line_item or ""
        item = line_item(text)
        yield Charge(
            day,
            Part(cost.project_id or "", cost.api_key_id or ""),
            usd_of(cost.amount.value, where),
            text,
            item.model,
            item.token_class,
            item.lane,
            item.known,
        )


_TWICE: Final = "Nothing was compared, because it would be counted twice. Run the command again."


def _usage(day: date, bucket: dict[str, Any]) -> Iterator[Usage]:
    for result in results_of(bucket):
        counted = checked(_Counted, result, "OpenAI, usage")
        read, written = counted.input_cached_tokens or 0, counted.input_cache_write_tokens or 0
        tokens = {
            "input": counted.input_tokens - read - written,
            "cache_read": read,
            "cache_write": written,
            "output": counted.output_tokens or 0,
        }
        yield Usage(
            day,
            Part(counted.project_id or "", counted.api_key_id or ""),
            counted.model or "",
            Lane(_tier(counted)),
            {name: count for name, count in tokens.items() if count},
            counted.num_model_requests,
        )


def _tier(counted: _Counted) -> str:
    if counted.batch:
        return BATCH
    tier = (counted.service_tier or "").lower()
    return STANDARD if tier in STANDARD_TIERS else tier


def _elsewhere(
    api: ProviderApi, wanted: _Range, progress: Callable[[str], object]
) -> Iterator[str]:
    """Yield how much was used of what spans never show."""
    for report, number in _OTHERS.items():
        path, params = f"organization/usage/{report}", wanted.params(31, "project_id")
        progress(f"usage of {report.replace('_', ' ')}")
        if not api.offers(path, params):
            continue
        used = sum(
            int(result.get(number) or result.get("num_model_requests") or 0)
            for bucket in api.buckets(path, params)
            for result in results_of(bucket)
        )
        if used:
            yield f"OpenAI counts {used:,} of {report.replace('_', ' ')} ({number})."
