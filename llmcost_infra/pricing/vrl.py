"""The price table in the language of an ingest pipeline, with the same result as `price_of`.

Branches, not a table literal: VRL would build a literal anew for every span.
"""

from __future__ import annotations

from itertools import takewhile
from typing import TYPE_CHECKING, Final

from llmcost_infra.pricing.compute import STANDARD_TIERS
from llmcost_infra.pricing.money import plain
from llmcost_infra.pricing.table import BATCH, CLASSES, OUTPUT_CLASSES, SOLD_AS, STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from decimal import Decimal

    from llmcost_infra.pricing.table import Card, Contract, Model, PriceTable, Rates, Row

__all__ = ["INPUTS", "OUTPUTS", "compile_vrl"]

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
    "input_audio": "audio",
    "cache_read_audio": "call_cache_read_audio",
    "output_audio": "call_output_audio",
    "input_image": "call_input_image",
    "output_image": "call_output_image",
}
_TOLD_APART: Final = (
    "call_input_audio", "call_output_audio", "call_input_image", "call_output_image",
)  # fmt: skip
_MEGA: Final = 6
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
            f"# Prices, version {table.version}: generated, change pricing/*.yaml instead.",
            *_split(),
            'if price_status != "no_usage" {',
            *_indent(_providers(table)),
            "}",
            *_read_card(),
            *_region(),
            *_amounts(),
            *_contracts(table.contracts),
        )
    )


def _split() -> Iterator[str]:
    tiers = " || ".join(f'call_tier == "{tier}"' for tier in sorted(STANDARD_TIERS))
    yield 'price_status = "unpriced_model"'
    yield 'price_row = ""'
    yield "price_input_usd = 0.0"
    yield "price_output_usd = 0.0"
    yield 'card = ""'
    yield "needs_split = false"
    yield f'if {tiers} {{ call_tier = "{STANDARD}" }}'
    yield f'if call_batch {{ call_tier = "{BATCH}" }}'
    yield f"told_apart = {' || '.join(f'{one} != -1' for one in _TOLD_APART)}"
    yield "if !told_apart { call_cache_read_audio = 0 }"
    yield from (f"if {one} == -1 {{ {one} = 0 }}" for one in _TOLD_APART)
    yield "cached = call_cache_read + call_cache_write + call_cache_write_1h"
    yield "sent = call_input"
    yield "if !call_cache_inside { sent = call_input + cached }"
    yield "audio = call_input_audio - call_cache_read_audio"
    yield "plain = sent - cached - audio - call_input_image"
    yield "from_cache = call_cache_read - call_cache_read_audio"
    yield "visible = 0 - call_reasoning"
    yield "if call_output > 0 { visible = call_output - call_reasoning }"
    yield "visible = visible - call_output_audio - call_output_image"
    impossible = " || ".join(f"{count} < 0" for count in ("call_input", *_COUNTS.values()))
    yield f'if {impossible} {{ price_status = "no_usage" }}'


def _providers(table: PriceTable) -> Iterator[str]:
    for name, aliases in _names(table.aliases).items():
        tests = " || ".join(f'call_provider == "{alias}"' for alias in aliases)
        yield f'if {tests} {{ call_provider = "{name}" }}'
    for index, (provider, models) in enumerate(sorted(table.providers.items())):
        yield f'{"} else " if index else ""}if call_provider == "{provider}" {{'
        prefix = f"{provider}/"
        yield f' if starts_with(call_model, "{prefix}") {{'
        yield f"  call_model = slice(call_model, {len(prefix)}) ?? call_model"
        yield " }"
        yield from _indent(_families(models))
    yield "}" if table.providers else ""
    yield 'if card != "" { price_status = "missing_rate" }'


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
    # Unicode digits are no digits of a model id.
    pattern = model.pattern.text.replace(r"\d", "[0-9]")
    return f"match(call_model, r'{pattern}')"


def _rows(rows: Sequence[Row]) -> Iterator[str]:
    *older, row = rows
    if older:
        yield f"if call_at >= {row.from_us} {{"
        yield from _indent(_cards(row))
        yield "} else {"
        yield from _indent(_rows(older))
        yield "}"
    else:
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
    told = [f'"row":"{row.name(card, STANDARD)}"', f'"from":{row.from_us}']
    told += [f'"to":{row.to_us}'] if row.to_us is not None else []
    told += [f'"~{name}":{_number(factor)}' for name, factor in row.regions.items()]
    *tiers, last = [f'"+{tier}":{_rates(rates)}' for tier, rates in card.tiers.items()]
    yield f"card = s'{{{','.join(told)},"
    yield from (f"{tier}," for tier in tiers)
    yield f"{last}}}'"


def _rates(rates: Rates) -> str:
    told = (f'"{name}":{_number(rate.scaleb(_MEGA))}' for name, rate in rates.items())
    return f"{{{','.join(told)}}}"


def _read_card() -> Iterator[str]:
    """Yield what finds the rates of the call's tier on a card; -1.0 where there is none."""
    yield "told = object(parse_json(card) ?? {}) ?? {}"
    yield "rates = {}"
    yield "since = int(told.from) ?? 0"
    yield "until = int(told.to) ?? call_at + 1"
    yield "in_force = call_at >= since && call_at < until"
    yield "if in_force {"
    yield ' rates = object(get(told, ["+" + call_tier]) ?? null) ?? {}'
    yield "}"
    yield from (f"rate_{name} = float(rates.{name}) ?? -1.0" for name in _COUNTS)


def _region() -> Iterator[str]:
    yield 'price_row = string(told.row) ?? ""'
    yield 'factor = float(get(told, ["~" + call_region]) ?? null) ?? 0.0'
    yield 'place = ""'
    yield 'if factor > 0.0 { place = "~" + call_region } else { factor = 1.0 }'
    yield "if needs_split && in_force && !told_apart {"
    yield ' price_status = "no_usage"'
    yield " rate_input = -1.0"
    yield "}"


def _number(value: Decimal) -> str:
    text = plain(value)
    return text if "." in text else f"{text}.0"


def _amounts() -> Iterator[str]:
    # Every set of rates has one for input, so this tells whether one was found.
    yield "if rate_input >= 0.0 {"
    yield ' price_status = "priced"'
    yield f' if call_tier != "{STANDARD}" {{ price_row = price_row + "+" + call_tier }}'
    yield from _indent(_fill_in())
    yield " if call_output < 0 && rate_output >= 0.0 {"
    yield '  price_status = "no_usage"'
    yield f" }} else if {_missing()} {{"
    yield '  price_status = "missing_rate"'
    yield " } else {"
    yield f"  price_input_usd = ({_total(inputs=True)}) * factor / 1000000.0"
    yield f"  price_output_usd = ({_total(inputs=False)}) * factor / 1000000.0"
    yield "  price_row = price_row + place"
    yield " }"
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
    yield from _indent(_cards(model.rows[0]))
    yield from _indent(_read_card())
    yield from _indent(_fill_in())
    counted = "(call_output >= 0 || rate_output < 0.0)"
    yield f" if rate_input >= 0.0 && {counted} && !({_missing()}) {{"
    yield (f"  price_contract_usd = ({_total(inputs=True)} + {_total(inputs=False)}) / 1000000.0")
    yield " }"
    yield "}"


def _fill_in() -> Iterator[str]:
    for name, whole in SOLD_AS.items():
        yield f"if rate_{name} < 0.0 {{ rate_{name} = rate_{whole} }}"


def _missing() -> str:
    # VRL takes && and || from left to right: the parentheses are not for show.
    return " || ".join(f"({count} > 0 && rate_{name} < 0.0)" for name, count in _COUNTS.items())


def _total(*, inputs: bool) -> str:
    # From 0.0: no tokens of a class without a rate would come out as -0.0.
    names = (name for name in CLASSES if (name not in OUTPUT_CLASSES) is inputs)
    return " + ".join(("0.0", *(f"{_COUNTS[name]} * rate_{name}" for name in names)))


def _indent(lines: Iterable[str]) -> Iterator[str]:
    # One space: the server keeps and runs this text, and a table can grow to hundreds of rows.
    return (f" {line}" for line in lines)
