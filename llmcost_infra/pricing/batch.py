"""Many calls at once: the columns of an Arrow record batch, priced as `price_of` prices each call.

Whatever decides the rates of a call (model, moment, size, tier, region, account) takes few
combinations in a batch, however long it is: each combination is looked up once, in Python, and
the amounts are multiplied out by Arrow.
"""

from __future__ import annotations

from bisect import bisect_right
from functools import reduce
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.declarations import nearest
from llmcost_infra.errors import PricingError
from llmcost_infra.pricing.charge import Charge, Key, Owner, charge_of, owner_of
from llmcost_infra.pricing.compute import STANDARD_TIERS, Call
from llmcost_infra.pricing.table import BATCH, CLASSES, OUTPUT_CLASSES, STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from llmcost_infra.pricing.table import PriceTable

__all__ = ["COLUMNS", "price_batch"]

COLUMNS: Final = Call._fields
"""The columns that a batch may have: the fields of `Call`."""

# As Any: pyarrow ships no types.
_arrow: Any = import_module("pyarrow")
_compute: Any = import_module("pyarrow.compute")
_REQUIRED: Final = ("provider", "model", "at")
_CACHED: Final = ("cache_read_tokens", "cache_write_tokens", "cache_write_1h_tokens")
_PARTS: Final = (
    "input_audio_tokens", "output_audio_tokens", "input_image_tokens", "output_image_tokens",
)  # fmt: skip


def price_batch(calls: Any, table: PriceTable) -> Any:
    """Return what each call of a batch costs, in the same order.

    Args:
        calls: a `pyarrow.RecordBatch` with some of `COLUMNS`; `at` is a timestamp with a time zone,
            token counts are integers, and a null means what None or the default means in `Call`.
        table: the prices.

    Returns:
        A `pyarrow.RecordBatch`: `status` (`priced` or the reason), `row`, `input_usd`,
        `output_usd`, `cost_usd`, `contract`, `contract_usd`; amounts are doubles. All but the
        status is null unless the call is priced.

    Raises:
        PricingError: a column is missing, unknown, or of a type that no price can be told from.
    """
    _check(calls)
    columns = _Columns(calls)
    counts = columns.counts()
    group, keys = columns.groups(table)
    charges = [charge_of(key, table) for key in keys]
    usd = _Amounts(counts, group, columns.output)
    listed = usd.of([one.rates for one in charges])
    status = _status(columns, counts, group, charges, listed)
    priced = _compute.equal(status, "priced")
    split = [_only(priced, part) for part in listed]
    total = _compute.add(*split)
    contract_usd = _compute.multiply(
        total, _taken([one.multiplier for one in charges], group, "float64")
    )
    if any(one.own for one in charges):
        own = _only(priced, _compute.add(*usd.of([one.own for one in charges])))
        has_own = _taken([one.own is not None for one in charges], group, "bool")
        contract_usd = _compute.if_else(has_own, own, contract_usd)
    return _arrow.RecordBatch.from_pydict(
        {
            "status": status,
            "row": _only(priced, _taken([one.row for one in charges], group, "string")),
            "input_usd": split[0],
            "output_usd": split[1],
            "cost_usd": total,
            "contract": _only(priced, _taken([one.contract for one in charges], group, "string")),
            "contract_usd": contract_usd,
        }
    )


def _check(calls: Any) -> None:
    names = list(calls.schema.names)
    for name in names:
        if name not in COLUMNS:
            raise PricingError(f"{name!r} is no column of a call", hint=nearest(name, [*COLUMNS]))
    for name in _REQUIRED:
        if name not in names or calls.column(name).null_count:
            raise PricingError(f"the column {name!r} is missing or has nulls", hint="fill it")
    kind = calls.schema.field("at").type
    if not _arrow.types.is_timestamp(kind) or kind.tz is None:
        raise PricingError(
            f"the column 'at' is {kind}, not a time with a zone", hint="timestamp('us', tz='UTC')"
        )


_Part = tuple[Any, list[Any]]
"""A column of numbers, and what each number stands for."""


class _Columns:
    """The columns of a batch under the names of `Call`, with its defaults."""

    def __init__(self, calls: Any) -> None:
        self._calls = calls
        self.input = self._count("input_tokens", default=None)
        self.output = self._count("output_tokens", default=None)
        self._cached = [
            self._count(f"{name}_tokens")
            for name in ("cache_read", "cache_write", "cache_write_1h")
        ]
        cached = reduce(_compute.add, self._cached)
        inside = self._column("cache_inside_input", _arrow.bool_(), default=True)
        known = _compute.fill_null(self.input, 0)
        self.sent = _compute.if_else(inside, known, _compute.add(known, cached))
        self._plain = _compute.subtract(self.sent, cached)
        parts = [self._column(name, _arrow.int64(), default=None) for name in _PARTS]
        told = (_compute.is_valid(part) for part in parts)
        self.is_split = reduce(_compute.or_, told)

    def counts(self) -> dict[str, Any]:
        """Return the tokens of each class; a class that no call uses is left out."""
        read, write, write_1h = self._cached
        reasoning = self._count("reasoning_tokens")
        output = _compute.fill_null(self.output, 0)
        told = self.is_split
        audio, out_audio, image, out_image = (self._count(name) for name in _PARTS)
        cached_audio = _compute.if_else(told, self._count("cache_read_audio_tokens"), 0)
        new_audio = _compute.subtract(audio, cached_audio)
        less = _compute.subtract
        counts = {
            "input": less(less(self._plain, new_audio), image),
            "cache_read": less(read, cached_audio),
            "cache_write": write,
            "cache_write_1h": write_1h,
            "output": less(less(less(output, reasoning), out_audio), out_image),
            "reasoning": reasoning,
            "input_audio": new_audio,
            "cache_read_audio": cached_audio,
            "output_audio": out_audio,
            "input_image": image,
            "output_image": out_image,
        }
        used = {name: count for name, count in counts.items() if _used(count)}
        return {name: used[name] for name in CLASSES if name in used}

    def groups(self, table: PriceTable) -> tuple[Any, list[Key]]:
        """Return the combination that each call belongs to, and what each combination is."""
        at = self._calls.column("at").cast(_arrow.timestamp("us", tz="UTC"), safe=False)
        at = at.cast(_arrow.int64())
        parts: list[_Part] = [
            self._owners(at, table),
            self._tier(),
            self._named("region", table.regions),
            self._named("account", {one.account for one in table.contracts}),
            _steps(at, sorted({at for one in table.contracts for at in (one.from_us, one.to_us)})),
            _steps(self.sent, [limit + 1 for limit in table.limits]),
        ]
        group, combinations = _combined(parts)
        return group, [Key(*one) for one in combinations]

    def _owners(self, at: Any, table: PriceTable) -> _Part:
        """Return the row of the table that each call pays by, as a number, and those rows."""
        moments = _steps(at, table.moments)
        named, combinations = _combined([self._named("provider"), self._named("model"), moments])
        owners: dict[tuple[object, ...], tuple[int, Owner]] = {}
        places: list[int] = []
        for provider, model, at_us in combinations:
            owner = owner_of(provider, model, at_us, table)
            place, _ = owners.setdefault(owner.identity, (len(owners), owner))
            places.append(place)
        return _taken(places, named, "int64"), [owner for _, owner in owners.values()]

    def _tier(self) -> _Part:
        code, names = self._named("service_tier")
        tiers = [name.lower() for name in names] + [BATCH]
        tiers = [STANDARD if tier in STANDARD_TIERS else tier for tier in tiers]
        batch = self._column("batch", _arrow.bool_(), default=False)
        return _compute.if_else(batch, len(tiers) - 1, code), tiers

    def _named(self, name: str, known: Iterable[str] | None = None) -> _Part:
        """Return a column of names as numbers, and the names; unknown ones are as good as none."""
        column = self._column(name, _arrow.string(), default="")
        encoded = column.dictionary_encode()
        names = encoded.dictionary.to_pylist()
        if known is None:
            return encoded.indices.cast(_arrow.int64()), names
        places = ["", *sorted({*known} - {""})]
        mapped = _arrow.array([places.index(one) if one in places else 0 for one in names], "int64")
        return mapped.take(encoded.indices), places

    def _count(self, name: str, default: int | None = 0) -> Any:
        return self._column(name, _arrow.int64(), default)

    def _column(self, name: str, kind: Any, default: Any) -> Any:
        if name not in self._calls.schema.names:
            return _arrow.repeat(_arrow.scalar(default, kind), len(self._calls))
        try:
            column = self._calls.column(name).cast(kind)
        except _arrow.ArrowInvalid as error:
            raise PricingError(
                f"the column {name!r} is no {kind}: {error}", hint="cast it before"
            ) from error
        return column if default is None else column.fill_null(default)


class _Amounts:
    """Tokens times rates, by what was sent and what came back."""

    def __init__(self, counts: dict[str, Any], group: Any, output: Any) -> None:
        self._counts = counts
        self._group = group
        self._no_output = _compute.is_null(output)

    def of(self, rates: Sequence[dict[str, float] | None]) -> list[Any]:
        """Return USD of input and of output, null where a rate or the output is missing.

        Args:
            rates: each combination's USD per token by class; None has none.
        """
        known = [one or {} for one in rates]
        # Every set of rates has one for input.
        start = _taken([0.0 if one else None for one in known], self._group, "float64")
        usd = [start, start]
        for name, count in self._counts.items():
            rate = _taken([one.get(name) for one in known], self._group, "float64")
            paid = _compute.multiply(_compute.cast(count, _arrow.float64()), rate)
            side = name in OUTPUT_CLASSES
            usd[side] = _compute.add(
                usd[side], _compute.if_else(_compute.equal(count, 0), 0.0, paid)
            )
        sells = _taken(["output" in one for one in known], self._group, "bool")
        unknown = _compute.and_(self._no_output, sells)
        return [usd[0], _compute.if_else(unknown, None, usd[1])]


def _status(
    columns: _Columns, counts: dict[str, Any], group: Any, charges: list[Charge], usd: list[Any]
) -> Any:
    def told(values: Sequence[bool]) -> Any:
        return _taken(values, group, "bool")

    impossible = (_compute.less(one, 0) for one in counts.values())
    no_usage = reduce(_compute.or_, impossible, _compute.is_null(columns.input))
    mixed = _compute.and_not(told([one.needs_split for one in charges]), columns.is_split)
    sells_output = told(["output" in (one.rates or {}) for one in charges])
    # The first that holds, in the order in which `price_of` looks.
    reasons = (
        ("no_usage", no_usage),
        ("unpriced_model", told([not one.known for one in charges])),
        ("no_usage", mixed),
        ("missing_rate", told([one.known and one.rates is None for one in charges])),
        ("no_usage", _compute.and_(_compute.is_null(columns.output), sells_output)),
        ("missing_rate", _compute.is_null(_compute.add(*usd))),
    )
    conditions = _compute.make_struct(*(holds for _, holds in reasons))
    return _compute.case_when(conditions, *(reason for reason, _ in reasons), "priced")


def _steps(values: Any, bounds: Sequence[int]) -> _Part:
    """Return for each value how many of the sorted bounds it has reached, and a value for each."""
    span = _compute.min_max(values).as_py()
    low, high = span["min"] or 0, span["max"] or 0
    reached = bisect_right(bounds, low)
    inside = bounds[reached : bisect_right(bounds, high)]
    steps = (_compute.cast(_compute.greater_equal(values, one), _arrow.int64()) for one in inside)
    zero = _arrow.nulls(len(values), _arrow.int64()).fill_null(0)
    return reduce(_compute.add, steps, zero), [low, *inside]


def _combined(parts: Sequence[_Part]) -> _Part:
    """Return which combination of the parts each call has, as a number, and the combinations."""
    code, _ = parts[0]
    for place, values in parts[1:]:
        code = _compute.add(_compute.multiply(code, len(values)), place)
    found = code.dictionary_encode()
    return found.indices, [_parted(one, parts) for one in found.dictionary.to_pylist()]


def _parted(code: int, parts: Sequence[_Part]) -> tuple[Any, ...]:
    chosen: list[Any] = []
    for _, values in reversed(parts):
        code, place = divmod(code, len(values))
        chosen.append(values[place])
    return tuple(reversed(chosen))


def _taken(values: Sequence[Any], group: Any, kind: str) -> Any:
    return _arrow.array(values, kind).take(group)


def _only(where: Any, values: Any) -> Any:
    return _compute.if_else(where, values, None)


def _used(count: Any) -> bool:
    span = _compute.min_max(count).as_py()
    return (span["min"], span["max"]) not in {(0, 0), (None, None)}
