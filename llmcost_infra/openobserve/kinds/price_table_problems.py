"""What is wrong with a price table: what the server would refuse, or take and price wrongly by."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.openobserve.kinds.base import Problem
from llmcost_infra.openobserve.kinds.price_table_body import exact, moment
from llmcost_infra.openobserve.kinds.rules import (
    any_map,
    boolean,
    check,
    entries,
    mapping,
    nearest,
    non_empty,
    number,
    one_of,
    text,
    trimmed,
    whole,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs
    from llmcost_infra.openobserve.kinds.rules import Rule

__all__ = ["PRICED", "table_problems"]

PRICED = ("input", "output", "cache_read_input_tokens", "cache_creation_input_tokens")
"""Kinds of tokens that every tier prices: the server takes a missing one for free."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._:@/+()-]*(?<! )")
_LONGEST_NAME, _LONGEST_PATTERN = 256, 512
_TOO_MUCH = Decimal("0.01")
# Python has these, the server's regular expressions do not.
_LOOKS_AROUND = re.compile(r"\(\?<?[=!]|\\[1-9]")
_FLAGS = re.compile(r"\(\?[a-z]+\)")
_MOST_INT32 = 2**31 - 1


def _pattern(value: Any) -> str | None:
    if wrong := non_empty(value):
        return wrong
    if len(value) > _LONGEST_PATTERN:
        return f"must have at most {_LONGEST_PATTERN} characters, not {len(value)}"
    try:
        re.compile(value)
    except re.error as error:
        return f"is no regular expression: {error}"
    if _LOOKS_AROUND.search(value):
        return "looks around or back, which the server's regular expressions cannot"
    if not _anchored(value):
        return (
            "must be anchored, or it prices every model whose name contains it: write "
            "^(one-model|another)$"
        )
    return None


def _anchored(pattern: str) -> bool:
    """Return whether a pattern holds for whole names only, in each of its alternatives."""
    found = _FLAGS.match(pattern)
    body = pattern[found.end() :] if found else pattern
    backslashes = len(body[:-1]) - len(body[:-1].rstrip("\\"))
    ends = body.startswith("^") and body.endswith("$") and backslashes % 2 == 0
    return ends and "|" not in _outside_of_groups(body)


def _outside_of_groups(pattern: str) -> str:
    plain = re.sub(r"\\.", "", pattern)
    plain = re.sub(r"\[\^?\]?[^\]]*\]", "", plain)
    depth, outside = 0, ""
    for character in plain:
        depth += (character == "(") - (character == ")")
        outside += "" if depth else character
    return outside


def _valid_from(value: Any) -> str | None:
    if wrong := text(value):
        return wrong
    since = moment(value)
    if since is None or since.timestamp() < 0:
        return "must be a day or a moment with its zone, like 2026-01-31 or 2026-01-31T12:00:00Z"
    return None


def _price(value: Any) -> str | None:
    if not isinstance(value, str):
        return 'must be a decimal number as text, like "0.0000025"'
    price = exact(value)
    if price is None or price < 0:
        return 'must be a decimal number of at least 0, like "0.0000025"'
    if Decimal(repr(float(price))) != price:
        return "has more digits than the server keeps: round it to 15"
    return None


def _token_price(value: Any) -> str | None:
    if wrong := _price(value):
        return wrong
    if (exact(value) or 0) >= _TOO_MUCH:
        return (
            f"{value} USD is too much for one token: divide a price per million tokens by 1000000"
        )
    return None


_ROW: dict[str, Rule] = {
    "description": text,
    "enabled": boolean,
    "match_pattern": _pattern,
    "provider": text,
    "sort_order": whole(-_MOST_INT32, _MOST_INT32),
    "tiers": mapping,
    "valid_from": _valid_from,
}
_TIER: dict[str, Rule] = {"condition": any_map, "order": number, "prices": any_map}
_CONDITION: dict[str, Rule] = {
    "operator": one_of("gt", "gte", "lt", "lte", "eq", "neq"),
    "usage_key": trimmed,
    "value": whole(0),
}


def table_problems(models: Any) -> Iterator[Problem]:
    """Yield what is wrong with the rows of a table, with each and with all together."""
    if models is None:
        return
    if wrong := mapping(models):
        yield Problem("models", wrong)
    elif not models:
        yield Problem("models", "must name at least one model: remove the table instead")
    for name, row in entries(models).items():
        yield from _name_problems(name)
        yield from check(row, _ROW, ("match_pattern", "tiers"), _at(name))
        yield from _tiers_problems(row.get("tiers"), f"{_at(name)}.tiers")
    yield from _twin_problems(entries(models))


def _at(name: str) -> str:
    return f'models["{name}"]'


def _name_problems(name: str) -> Iterator[Problem]:
    if len(name) > _LONGEST_NAME:
        yield Problem(_at(name), f"its name must have at most {_LONGEST_NAME} characters")
    elif not _NAME.fullmatch(name):
        yield Problem(
            _at(name),
            "its name may hold letters, digits, inner spaces and . _ : @ / + ( ) - and starts with "
            "a letter or digit",
        )


def _tiers_problems(given: Any, at: str) -> Iterator[Problem]:
    tiers = entries(given)
    for name, tier in tiers.items():
        path = f"{at}.{name}"
        yield from check(tier, _TIER, ("prices",), path)
        yield from _price_problems(tier.get("prices"), f"{path}.prices")
        if isinstance(condition := tier.get("condition"), dict):
            given_condition = cast("Inputs", condition)
            yield from check(given_condition, _CONDITION, _CONDITION, f"{path}.condition")
            if "order" not in tier:
                yield Problem(f"{path}.order", "is missing: the first tier that holds is used")
        elif "condition" not in tier and "order" in tier:
            yield Problem(f"{path}.order", "means nothing without a condition: leave it out")
    # As long as one is not known yet, it may be the one for the rest.
    if isinstance(given, dict) and len(tiers) == len(cast("Inputs", given)):
        yield from _rest_problems(tiers, at)


def _rest_problems(tiers: Mapping[str, Inputs], at: str) -> Iterator[Problem]:
    rest = [name for name, tier in tiers.items() if "condition" not in tier]
    if not rest:
        yield Problem(at, "must hold one tier without a condition, for all other calls")
    if len(rest) > 1:
        yield Problem(at, f"{', '.join(rest)} have no condition: only the first would be used")


def _price_problems(prices: Any, at: str) -> Iterator[Problem]:
    if not isinstance(prices, dict):
        return
    given = cast("Inputs", prices)
    for key in PRICED:
        if key not in given:
            others = set(given) - set(PRICED)
            hint = f"; {nearest(key, others)}" if len(others) == 1 else ""
            yield Problem(f"{at}.{key}", f"is missing, so the server would take 0 USD for it{hint}")
    for key, value in given.items():
        rule = _token_price if key in PRICED else _price
        if value is not None and (wrong := rule(value)):
            yield Problem(f"{at}.{key}", wrong)


def _twin_problems(rows: Mapping[str, Inputs]) -> Iterator[Problem]:
    """Yield rows with the pattern of another one from the same moment on."""
    first: dict[tuple[str, Any], str] = {}
    for name, row in rows.items():
        pattern, since = row.get("match_pattern"), row.get("valid_from")
        if not isinstance(pattern, str) or ("valid_from" in row and since is None):
            continue
        other = first.setdefault((pattern, moment(since)), name)
        if other != name:
            yield Problem(
                f"{_at(name)}.match_pattern",
                f"is that of {other} too, from the same moment on: only one of the two would be "
                "used, so remove one or give it another valid_from",
            )
