"""Calls that two spans report: found in stored rows, with the setting that counts them once.

A row alone cannot tell whether another instrumentation reports the same call. Rows side by side
can: the same service, model and tokens, at the same time, in two dialects or one span inside the
other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, get_args

from llmcost_infra.settings import Dialect

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

__all__ = ["DoubleCounting", "find_double_counting", "statement"]

MOST_ROWS: Final = 10_000
# Of two dialects that report the same calls, the one that tells less is left out.
_LEAST_TOLD: Final = (
    "wrapper",
    "other",
    "anthropic_sdk",
    "openai_v2",
    "openinference",
    "openllmetry",
    "pydantic_ai",
    "genai",
)


@dataclass(frozen=True, slots=True)
class DoubleCounting:
    """Calls of a service that are stored twice.

    Args:
        service: its `service.name`.
        repeated: dialect whose spans repeat the calls.
        kept: dialect that is left.
        pairs: how many calls were seen twice.
        alone: calls of the repeated dialect that nothing else reported; leaving it out loses them.
        usd: what the repeated rows cost, by list price.
    """

    service: str
    repeated: str
    kept: str
    pairs: int
    alone: int
    usd: float

    @property
    def setting(self) -> str:
        """What to add to the stack's `repeats`; empty where no setting can tell the two apart."""
        if self.repeated == self.kept or self.repeated not in get_args(Dialect):
            return ""
        return f"- {{dialect: {self.repeated}, services: [{self.service}]}}"


@dataclass(frozen=True, slots=True)
class _Call:
    span: tuple[str, str]
    parent: str
    service: str
    dialect: str
    start: int
    end: int
    output: int | None
    usd: float


def statement(stream: str) -> str:
    """Return the SQL whose rows `find_double_counting` reads.

    Args:
        stream: the LLM stream.
    """
    columns = (
        "trace_id, span_id, reference_parent_span_id, service_name, _timestamp, duration, "
        "llmcost_dialect, llmcost_model, llmcost_input_tokens, llmcost_output_tokens, "
        "llmcost_cost_usd"
    )
    return (
        f'SELECT {columns} FROM "{stream}" '  # noqa: S608 - a stream's name is checked when it is set
        "WHERE llmcost_is_call AND llmcost_input_tokens > 0 "
        f"ORDER BY _timestamp DESC LIMIT {MOST_ROWS}"
    )


def find_double_counting(rows: Iterable[Mapping[str, Any]]) -> list[DoubleCounting]:
    """Return which services have calls that were stored twice, the dearest first.

    Args:
        rows: of `statement`, in any order; a row that was sent twice counts once.
    """
    alike: defaultdict[tuple[Any, ...], dict[tuple[str, str], _Call]] = defaultdict(dict)
    for row in rows:
        call = _call(row)
        model, sent = row.get("llmcost_model"), row.get("llmcost_input_tokens")
        alike[call.service, model, sent][call.span] = call
    calls = Counter(
        (call.service, call.dialect) for group in alike.values() for call in group.values()
    )
    pairs: defaultdict[tuple[str, str, str], list[tuple[_Call, _Call]]] = defaultdict(list)
    for group in alike.values():
        for one, other in _pairs(sorted(group.values(), key=lambda call: (call.start, -call.end))):
            low, high = sorted((one, other), key=lambda call: _rank(call.dialect))
            pairs[one.service, low.dialect, high.dialect].append((low, high))
    found = (_finding(*key, told, calls) for key, told in pairs.items())
    return sorted(found, key=lambda one: (-one.usd, one.service, one.repeated))


def _call(row: Mapping[str, Any]) -> _Call:
    start = int(row["_timestamp"])
    return _Call(
        span=(row["trace_id"], row["span_id"]),
        parent=row.get("reference_parent_span_id") or "",
        service=row.get("service_name") or "",
        dialect=row.get("llmcost_dialect") or "other",
        start=start,
        end=start + int(row.get("duration") or 0),
        output=row.get("llmcost_output_tokens"),
        usd=row.get("llmcost_cost_usd") or 0.0,
    )


def _pairs(calls: Sequence[_Call]) -> Iterator[tuple[_Call, _Call]]:
    """Yield calls that are one and the same; each is in one pair at most."""
    taken: set[tuple[str, str]] = set()
    for place, outer in enumerate(calls):
        if outer.span in taken:
            continue
        for inner in calls[place + 1 :]:
            if inner.start > outer.end:
                break
            if inner.span not in taken and _same(outer, inner):
                taken |= {outer.span, inner.span}
                yield outer, inner
                break


def _same(outer: _Call, inner: _Call) -> bool:
    # One instrumentation may not see the end of a stream, and one counts a token too many.
    told = outer.output is not None and inner.output is not None
    if told and abs((outer.output or 0) - (inner.output or 0)) > 1:
        return False
    one_inside = outer.span[0] == inner.span[0] and (
        outer.span[1] == inner.parent or inner.span[1] == outer.parent
    )
    return one_inside or outer.dialect != inner.dialect


def _finding(
    service: str,
    low: str,
    high: str,
    pairs: Sequence[tuple[_Call, _Call]],
    calls: Counter[tuple[str, str]],
) -> DoubleCounting:
    alone = {dialect: calls[service, dialect] - len(pairs) for dialect in (low, high)}
    swapped = alone[low] > 0 and alone[high] == 0
    repeated, kept = (high, low) if swapped else (low, high)
    usd = sum(pair[swapped].usd for pair in pairs)
    # Both of one dialect: each pair has two of its calls.
    left = calls[service, low] - 2 * len(pairs) if low == high else alone[repeated]
    return DoubleCounting(service, repeated, kept, len(pairs), left, usd)


def _rank(dialect: str) -> int:
    return _LEAST_TOLD.index(dialect) if dialect in _LEAST_TOLD else len(_LEAST_TOLD)
