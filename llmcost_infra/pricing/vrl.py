"""The price table in the language of an ingest pipeline, with the same result as `price_of`.

Branches, not a table literal: VRL would build a literal anew for every span.
"""

from __future__ import annotations

import re
from itertools import takewhile
from typing import TYPE_CHECKING, Final

from llmcost_infra.pricing.compute import STANDARD_TIERS
from llmcost_infra.pricing.money import plain
from llmcost_infra.pricing.table import BATCH, CLASSES, OUTPUT_CLASSES, SOLD_AS, STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from llmcost_infra.pricing.table import Card, Contract, Model, PriceTable, Rates, Row

__all__ = ["INPUTS", "OUTPUTS", "compile_vrl", "without_rows"]

INPUTS: Final = (
    "call_provider", "call_model", "call_at", "call_input", "call_output", "call_cache_read",
    "call_cache_write", "call_cache_write_1h", "call_reasoning", "call_input_audio",
    "call_cache_read_audio", "call_output_audio", "call_input_image", "call_output_image",
    "call_tier", "call_batch", "call_cache_inside", "call_account", "call_region",
)  # fmt: skip
"""Variables that have to be set before, all of one type: provider, model, tier (lower case),
account and region are text; `call_at` is µs; token counts are integers, and -1 says that nobody
counted `call_input` or `call_output`, or told audio or images apart; `call_batch` and
`call_cache_inside` are booleans."""

OUTPUTS: Final = (
    "price_status", "price_row", "price_input_usd", "price_output_usd", "price_contract",
    "price_contract_usd",
)  # fmt: skip
"""Variables that are set afterwards; the amounts mean nothing unless the status is `priced`. What a
contract makes of the call is -1.0 where its own rates lack one."""

# Class → the variable that counts its tokens, and nobody else's.
_COUNTS: Final = {
    "input": "plain",
    "cache_read": "from_cache",
    "cache_write": "call_cache_write",
    "cache_write_1h": "call_cache_write_1h",
    "output": "visible",
    "reasoning": "call_reasoning",
    "input_audio": "input_audio",
    "cache_read_audio": "call_cache_read_audio",
    "output_audio": "output_audio",
    "input_image": "input_image",
    "output_image": "output_image",
}
_TOLD_APART: Final = ("input_audio", "output_audio", "input_image", "output_image")
# Audio and images are rare: what is about them runs only where a call tells them apart.
_TEXT: Final = tuple(name for name in CLASSES if "audio" not in name and "image" not in name)
_MEDIA: Final = tuple(name for name in CLASSES if name not in _TEXT)
_MEGA: Final = 6
_HEAD: Final = "# Prices, version "
_GIVEN: Final = "if call_input >= 0 {"
# So many models make a common beginning worth a test of its own.
_FAMILY: Final = 3


def compile_vrl(table: PriceTable) -> str:
    """Return VRL statements that price one call.

    They read the variables `INPUTS`, set `OUTPUTS`, and cannot fail.

    Args:
        table: the prices.
    """
    return "\n".join(
        (
            f"{_HEAD}{table.version}: generated, change pricing/*.yaml instead.",
            "# Rates are USD per million tokens of:",
            f"# {', '.join(CLASSES)}.",
            *_lookup(table),
            *_split(),
            *_card_of_call(),
            *_amounts(),
            *_contracts(table.contracts),
        )
    )


_ROWS: Final = re.compile(
    rf"(?<=^{_HEAD})(.*?^{re.escape(_GIVEN)}\n)(.*?)(?=^}}$)", re.DOTALL | re.MULTILINE
)


def without_rows(program: str) -> str:
    """Return a program in which the price table has no rows; every other line keeps its number.

    A compiler says of it what it says of the whole one, in a small part of the time: a row sets
    variables that have their types before it.

    Args:
        program: VRL, with or without what `compile_vrl` returns.
    """
    return _ROWS.sub(lambda found: found[1] + "null" + "\n" * found[2].count("\n"), program)


def _lookup(table: PriceTable) -> Iterator[str]:
    """Yield what finds the row of a call, and what stands there."""
    # First of all: the compiler carries every variable that there is through every branch.
    yield "cached = call_cache_read + call_cache_write + call_cache_write_1h"
    yield "sent = if call_cache_inside { call_input } else { call_input + cached }"
    yield "needs_split = false"
    yield "factor = 0.0"
    yield from _no_card()
    if table.providers:
        yield _GIVEN
        yield from _indent(_providers(table))
        yield "}"


def _split() -> Iterator[str]:
    yield 'price_status = "no_usage"'
    yield 'price_row = ""'
    yield "price_input_usd = 0.0"
    yield "price_output_usd = 0.0"
    yield "plain = sent - cached"
    yield "from_cache = call_cache_read"
    yield "visible = if call_output > 0 { call_output } else { 0 }"
    yield "visible = visible - call_reasoning"
    yield from (f"{one} = 0" for one in _TOLD_APART)
    yield f"told_apart = {' || '.join(f'call_{one} != -1' for one in _TOLD_APART)}"
    yield "if told_apart {"
    yield from _indent(_take_apart())
    yield "}"
    impossible = ("call_input", *(_COUNTS[name] for name in _TEXT))
    yield f"impossible = {' || '.join(f'{count} < 0' for count in impossible)}"
    media = " || ".join(f"{_COUNTS[name]} < 0" for name in _MEDIA)
    yield f"if told_apart && ({media}) {{ impossible = true }}"


def _take_apart() -> Iterator[str]:
    """Yield what moves audio and images out of the counts that they are part of."""
    yield from (f"if call_{one} != -1 {{ {one} = call_{one} }}" for one in _TOLD_APART)
    yield "input_audio = input_audio - call_cache_read_audio"
    yield "plain = plain - input_audio - input_image"
    yield "from_cache = from_cache - call_cache_read_audio"
    yield "visible = visible - output_audio - output_image"


def _providers(table: PriceTable) -> Iterator[str]:
    names = _names(table.aliases)
    # No else, as with families: a name is one provider's only.
    for provider, models in sorted(table.providers.items()):
        own = sorted({provider, *names.get(provider, ())})
        tests = " || ".join(f'call_provider == "{name}"' for name in own)
        yield f"if {tests} {{"
        if len(own) > 1:
            yield f' call_provider = "{provider}"'
        prefix = f"{provider}/"
        yield f' if starts_with(call_model, "{prefix}") {{'
        yield f"  call_model = slice(call_model, {len(prefix)}) ?? call_model"
        yield " }"
        yield from _indent(_families(models))
        yield "}"


def _names(aliases: Mapping[str, str]) -> dict[str, list[str]]:
    names: dict[str, list[str]] = {}
    for alias, name in sorted(aliases.items()):
        names.setdefault(name, []).append(alias)
    return names


def _families(models: Sequence[Model]) -> Iterator[str]:
    """Yield models under the beginnings that their ids share, so that few patterns are tried."""
    shared = len(_shared(models))
    families: dict[str, list[Model]] = {}
    for model in models:
        families.setdefault(_shared([model])[: shared + 1], []).append(model)
    # No else: the compiler's time grows with the square of the length of such a chain.
    for beginning, family in families.items():
        if len(family) < _FAMILY or len(beginning) <= shared:
            for model in family:
                yield from _model(model)
        else:
            yield f'if starts_with(call_model, "{_shared(family)}") {{'
            yield from _indent(_families(family))
            yield "}"


def _shared(models: Sequence[Model]) -> str:
    """Return what all ids of some models begin with."""
    ids = [one for model in models for one in model.pattern.beginnings]
    pairs = zip(min(ids), max(ids), strict=False)
    return "".join(one for one, _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _model(model: Model) -> Iterator[str]:
    yield f"if {_fits(model)} {{"
    yield from (" needs_split = true",) if model.needs_split else ()
    yield from _indent(_rows(model.rows))
    yield "}"


def _fits(model: Model) -> str:
    ids = model.pattern.literals
    if len(ids) == 1 and not model.pattern.open_forms:
        return f'call_model == "{min(ids)}"'
    # Unicode digits are no digits of a model id.
    pattern = model.pattern.text.replace(r"\d", "[0-9]")
    return f"match(call_model, r'{pattern}')"


def _rows(rows: Sequence[Row]) -> Iterator[str]:
    *older, row = rows
    if older:
        yield f"if call_at >= {row.from_us} {{"
        yield from _indent(_row(row, is_first=False))
        yield "} else {"
        yield from _indent(_rows(older))
        yield "}"
    else:
        yield from _row(row, is_first=True)


def _row(row: Row, *, is_first: bool) -> Iterator[str]:
    if is_first:
        yield f"since = {row.from_us}"
    if row.to_us is not None:
        yield f"until = {row.to_us}"
    for name, factor in row.regions.items():
        yield f'if call_region == "{name}" {{ factor = {_number(factor)} }}'
    yield from _cards(row)


def _cards(row: Row) -> Iterator[str]:
    *larger, base = reversed(row.cards)
    for card in larger:
        yield f"if sent > {card.over_input_tokens} {{"
        yield from _indent(_card(row, card))
        yield "} else {"
    yield from _card(row, base)
    yield from ("}" for _ in larger)


def _card(row: Row, card: Card) -> Iterator[str]:
    # Text, not an object: its type is known without a look, so that hundreds compile in a second.
    # Most calls are of the standard tier, so that its rates are read without those of the others.
    yield f'row = "{row.name(card, STANDARD)}"'
    yield f"rates = s'{_rates(card.tiers[STANDARD])}'"
    others = [f'"{tier}":{_rates(rates)}' for tier, rates in card.tiers.items() if tier != STANDARD]
    if others:
        *tiers, last = others
        yield "tiers = s'{"
        yield from (f"{tier}," for tier in tiers)
        yield f"{last}}}'"


def _rates(rates: Rates) -> str:
    told = dict(rates.items())
    last = max(map(CLASSES.index, told))
    listed = (
        _number(told[name].scaleb(_MEGA)) if name in told else "null"
        for name in CLASSES[: last + 1]
    )
    return f"[{','.join(listed)}]"


def _no_card() -> Iterator[str]:
    yield 'row = ""'
    yield "since = 0"
    yield "until = call_at + 1"
    yield 'rates = "[]"'
    yield 'tiers = "{}"'


def _read_card(condition: str) -> Iterator[str]:
    """Yield what reads the rates of the call's tier from a card; -1.0 where there is none."""
    yield f"in_force = {condition}call_at >= since && call_at < until"
    yield "told = []"
    yield f'if in_force && call_tier == "{STANDARD}" {{'
    yield " told = array(parse_json(rates) ?? []) ?? []"
    yield "}"
    yield f'if in_force && call_tier != "{STANDARD}" {{'
    yield " others = object(parse_json(tiers) ?? {}) ?? {}"
    yield " told = array(get(others, [call_tier]) ?? null) ?? []"
    yield "}"
    yield from _read_rates(_TEXT)


def _read_rates(names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield f"rate_{name} = -1.0"
        # A look costs a third of a reading.
        place = CLASSES.index(name)
        yield f"if exists(told[{place}]) {{ rate_{name} = float(told[{place}]) ?? -1.0 }}"
        if whole := SOLD_AS.get(name):
            yield f"if rate_{name} < 0.0 {{ rate_{name} = rate_{whole} }}"


def _number(value: Decimal) -> str:
    text = plain(value)
    return text if "." in text else f"{text}.0"


def _card_of_call() -> Iterator[str]:
    """Yield what the tier of a call makes of its row; a call without usage has none."""
    tiers = " || ".join(f'call_tier == "{tier}"' for tier in sorted(STANDARD_TIERS) if tier)
    yield f'if is_empty(call_tier) || {tiers} {{ call_tier = "{STANDARD}" }}'
    yield f'if call_batch {{ call_tier = "{BATCH}" }}'
    yield "if !impossible {"
    yield " price_row = row"
    yield ' price_status = if is_empty(row) { "unpriced_model" } else { "missing_rate" }'
    yield "}"
    yield from _read_card("!is_empty(price_row) && ")


def _amounts() -> Iterator[str]:
    """Yield what a call with rates costs, or why it has no price all the same."""
    yield "if needs_split && in_force && !told_apart {"
    yield ' price_status = "no_usage"'
    yield " rate_input = -1.0"
    yield "}"
    yield from _total()
    yield f'if has_rates && call_tier != "{STANDARD}" {{ price_row = price_row + "+" + call_tier }}'
    yield "uncounted = call_output < 0 && rate_output >= 0.0"
    yield 'if has_rates && uncounted { price_status = "no_usage" }'
    yield "if has_rates && !uncounted && !is_lacking {"
    yield ' price_status = "priced"'
    yield ' if factor > 0.0 { price_row = price_row + "~" + call_region } else { factor = 1.0 }'
    yield " price_input_usd = sent_musd * factor / 1000000.0"
    yield " price_output_usd = answered_musd * factor / 1000000.0"
    yield "}"


def _contracts(contracts: tuple[Contract, ...]) -> Iterator[str]:
    yield 'price_contract = ""'
    yield "price_contract_usd = price_input_usd + price_output_usd"
    for contract in contracts:
        tests = ['price_status == "priced"', f'call_provider == "{contract.provider}"']
        if contract.account:
            tests.append(f'call_account == "{contract.account}"')
        if contract.region:
            tests.append(f'call_region == "{contract.region}"')
        tests += [f"call_at >= {contract.from_us}", f"call_at < {contract.to_us}"]
        yield f"if {' && '.join(tests)} {{"
        yield f' price_contract = "{contract.id}"'
        list_usd = "(price_input_usd + price_output_usd)"
        yield f" price_contract_usd = {list_usd} * {_number(contract.multiplier)}"
        for model in contract.models:
            yield from _indent(_own_rates(model))
        yield "}"


def _own_rates(model: Model) -> Iterator[str]:
    yield f"if {_fits(model)} {{"
    yield " price_contract_usd = -1.0"
    yield from _indent(_no_card())
    yield from _indent(_row(model.rows[0], is_first=True))
    yield from _indent(_read_card(""))
    yield from _indent(_total())
    yield " uncounted = call_output < 0 && rate_output >= 0.0"
    yield " if has_rates && !uncounted && !is_lacking {"
    yield "  price_contract_usd = (sent_musd + answered_musd) / 1000000.0"
    yield " }"
    yield "}"


def _total() -> Iterator[str]:
    """Yield what multiplies counts with rates, and looks for counts that lack one."""
    # Every set of rates has one for input, so this tells whether one was found.
    yield "has_rates = rate_input >= 0.0"
    yield "is_lacking = false"
    # From 0.0: no tokens of a class without a rate would come out as -0.0.
    yield "sent_musd = 0.0"
    yield "answered_musd = 0.0"
    for condition, names in (("has_rates", _TEXT), ("has_rates && told_apart", _MEDIA)):
        yield f"if {condition} {{"
        if names is _MEDIA:
            yield from _indent(_read_rates(_MEDIA))
        yield f" is_lacking = is_lacking || {_lacking(names)}"
        yield f" sent_musd = sent_musd + {_sum(names, inputs=True)}"
        yield f" answered_musd = answered_musd + {_sum(names, inputs=False)}"
        yield "}"


def _lacking(names: Iterable[str]) -> str:
    # VRL takes && and || from left to right: the parentheses are not for show.
    return " || ".join(f"({_COUNTS[name]} > 0 && rate_{name} < 0.0)" for name in names)


def _sum(names: Iterable[str], *, inputs: bool) -> str:
    mine = (name for name in names if (name not in OUTPUT_CLASSES) is inputs)
    return " + ".join(f"{_COUNTS[name]} * rate_{name}" for name in mine)


def _indent(lines: Iterable[str]) -> Iterator[str]:
    # One space: the server keeps and runs this text, and a table can grow to hundreds of rows.
    return (f" {line}" for line in lines)
