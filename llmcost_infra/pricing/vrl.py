"""The price table in the language of an ingest pipeline, with the same result as `price_of`.

Branches, not a table literal: VRL would build a literal anew for every span.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.pricing.compute import STANDARD_TIERS
from llmcost_infra.pricing.table import BATCH, STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from decimal import Decimal

    from llmcost_infra.pricing.table import Card, Model, PriceTable, Rates, Row

__all__ = ["INPUTS", "OUTPUTS", "compile_vrl"]

INPUTS: Final = (
    "call_provider", "call_model", "call_at", "call_input", "call_output", "call_cache_read",
    "call_cache_write", "call_cache_write_1h", "call_reasoning", "call_tier", "call_batch",
    "call_cache_inside",
)  # fmt: skip
"""Variables that have to be set before, all of one type: provider, model and tier (lower case) are
text; `call_at` is µs; token counts are integers, `call_input` and `call_output` -1 when nobody
counted; `call_batch` and `call_cache_inside` are booleans."""

OUTPUTS: Final = ("price_status", "price_row", "price_input_usd", "price_output_usd")
"""Variables that are set afterwards; the amounts mean nothing unless the status is `priced`."""

_CLASSES: Final = (
    ("input", "plain"),
    ("cache_read", "call_cache_read"),
    ("cache_write", "call_cache_write"),
    ("cache_write_1h", "call_cache_write_1h"),
    ("output", "visible"),
    ("reasoning", "call_reasoning"),
)
_MEGA: Final = 6


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
            *_amounts(),
        )
    )


def _split() -> Iterator[str]:
    tiers = " || ".join(f'call_tier == "{tier}"' for tier in sorted(STANDARD_TIERS))
    yield 'price_status = "unpriced_model"'
    yield 'price_row = ""'
    yield "price_input_usd = 0.0"
    yield "price_output_usd = 0.0"
    yield f'if {tiers} {{ call_tier = "{STANDARD}" }}'
    yield f'if call_batch {{ call_tier = "{BATCH}" }}'
    yield "cached = call_cache_read + call_cache_write + call_cache_write_1h"
    yield "plain = call_input"
    yield "if call_cache_inside { plain = call_input - cached }"
    yield "visible = 0 - call_reasoning"
    yield "if call_output > 0 { visible = call_output - call_reasoning }"
    for name, _ in _CLASSES:
        yield f"rate_{name} = -1.0"
    impossible = " || ".join(f"{count} < 0" for _, count in (("", "call_input"), *_CLASSES))
    yield f'if {impossible} {{ price_status = "no_usage" }}'


def _providers(table: PriceTable) -> Iterator[str]:
    yield "all_input = plain + cached"
    yield "known = false"
    for index, (provider, models) in enumerate(sorted(table.providers.items())):
        yield f'{"} else " if index else ""}if call_provider == "{provider}" {{'
        prefix = f"{provider}/"
        yield f' if starts_with(call_model, "{prefix}") {{'
        yield f"  call_model = slice(call_model, {len(prefix)}) ?? call_model"
        yield " }"
        yield from _indent(_models(models))
    yield "}" if table.providers else ""
    yield 'if known { price_status = "missing_rate" }'


def _models(models: Iterable[Model]) -> Iterator[str]:
    # No else: the compiler's time grows with the square of the length of such a chain.
    for model in models:
        # Unicode digits are no digits of a model id.
        pattern = model.pattern.text.replace(r"\d", "[0-9]")
        yield f"if match(call_model, r'{pattern}') {{"
        yield " known = true"
        yield from _indent(_rows(model.rows))
        yield "}"


def _rows(rows: tuple[Row, ...]) -> Iterator[str]:
    for index, row in enumerate(reversed(rows)):
        yield f"{'} else ' if index else ''}if call_at >= {row.from_us} {{"
        yield from _indent(_cards(row))
    yield "}"


def _cards(row: Row) -> Iterator[str]:
    *larger, base = reversed(row.cards)
    for card in larger:
        yield f"if all_input > {card.over_input_tokens} {{"
        yield from _indent(_tiers(f"{row.id}>{card.over_input_tokens}", card))
        yield "} else {"
    yield from _tiers(row.id, base)
    yield from ("}" for _ in larger)


def _tiers(name: str, card: Card) -> Iterator[str]:
    yield f'price_row = "{name}"'
    for index, (rates, tiers) in enumerate(_by_rates(card).items()):
        named = " || ".join(f'call_tier == "{tier}"' for tier in tiers)
        yield f"{'} else ' if index else ''}if {named} {{"
        yield from _indent(_rates(rates))
    yield "}"


def _by_rates(card: Card) -> dict[Rates, list[str]]:
    tiers: dict[Rates, list[str]] = {}
    for tier, rates in card.tiers.items():
        tiers.setdefault(rates, []).append(tier)
    return tiers


def _rates(rates: Rates) -> Iterator[str]:
    for name, rate in rates.items():
        yield f"rate_{name} = {_literal(rate)}"


def _literal(rate: Decimal) -> str:
    per_mtok = format(rate.scaleb(_MEGA).normalize(), "f")
    return per_mtok if "." in per_mtok else f"{per_mtok}.0"


def _amounts() -> Iterator[str]:
    # VRL takes && and || from left to right: the parentheses are not for show.
    missing = " || ".join(f"({count} > 0 && rate_{name} < 0.0)" for name, count in _CLASSES)
    # Every set of rates has one for input, so this tells whether one was found.
    yield "if rate_input >= 0.0 {"
    yield ' price_status = "priced"'
    yield f' if call_tier != "{STANDARD}" {{ price_row = price_row + "+" + call_tier }}'
    yield " if rate_reasoning < 0.0 { rate_reasoning = rate_output }"
    yield " if call_output < 0 && rate_output >= 0.0 {"
    yield '  price_status = "no_usage"'
    yield f" }} else if {missing} {{"
    yield '  price_status = "missing_rate"'
    yield " } else {"
    yield f"  price_input_usd = ({_sum(_CLASSES[:4])}) / 1000000.0"
    yield f"  price_output_usd = ({_sum(_CLASSES[4:])}) / 1000000.0"
    yield " }"
    yield "}"


def _sum(classes: tuple[tuple[str, str], ...]) -> str:
    # From 0.0: no tokens of a class without a rate would come out as -0.0.
    return " + ".join(("0.0", *(f"{count} * rate_{name}" for name, count in classes)))


def _indent(lines: Iterable[str]) -> Iterator[str]:
    # One space: the server keeps and runs this text, and a table can grow to hundreds of rows.
    return (f" {line}" for line in lines)
