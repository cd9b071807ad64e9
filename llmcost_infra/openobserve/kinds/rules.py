"""What a value must be, in words that say what to write instead."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from llmcost_infra.openobserve.kinds.base import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

__all__ = [
    "Rule",
    "any_list",
    "any_map",
    "anything",
    "boolean",
    "check",
    "check_each",
    "entries",
    "items",
    "mapping",
    "maps",
    "nearest",
    "non_empty",
    "number",
    "one_of",
    "plain_name",
    "text",
    "text_map",
    "texts",
    "trimmed",
    "whole",
]

_NOT_IN_NAMES = re.compile(r"[:#?\s'\"%&/]")

Rule: TypeAlias = "Callable[[Any], str | None]"
"""Returns what is wrong with a value, or None."""


def check(
    values: Mapping[str, Any],
    rules: Mapping[str, Rule],
    required: Collection[str] = (),
    path: str = "",
) -> list[Problem]:
    """Return all that is wrong with an object: unknown and missing keys, and wrong values.

    Args:
        values: the object; a value that is not known yet is None and passes.
        rules: valid keys and what their values must be.
        required: keys that must be there.
        path: property path of the object.
    """
    start = f"{path}." if path else ""
    found = [
        Problem(start + key, f"unknown key; {nearest(key, rules)}")
        for key in values
        if key not in rules
    ]
    found += [Problem(start + key, "is missing") for key in sorted(required) if key not in values]
    for key, rule in rules.items():
        value = values.get(key)
        if value is not None and (wrong := rule(value)):
            found.append(Problem(start + key, wrong))
    return found


def check_each(
    value: Any, rules: Mapping[str, Rule], required: Collection[str], path: str
) -> list[Problem]:
    """Return all that is wrong with the objects of a list; that it is one is told elsewhere."""
    found: list[Problem] = []
    for index, item in enumerate(_all_items(value)):
        at = f"{path}[{index}]"
        if isinstance(item, dict):
            found += check(cast("dict[str, Any]", item), rules, required, at)
        elif item is not None:
            found.append(Problem(at, f"must be a map, not {_shown(item)}"))
    return found


def nearest(word: str, valid: Collection[str]) -> str:
    """Return a hint with the valid word that the writer probably meant, or all of them."""
    close = difflib.get_close_matches(word, sorted(valid), n=1)
    if close:
        return f"did you mean {close[0]}?"
    return f"valid are {', '.join(sorted(valid))}" if valid else "there is none"


def entries(value: Any) -> dict[str, dict[str, Any]]:
    """Return those entries of a map that are maps themselves; the others are told elsewhere."""
    if not isinstance(value, dict):
        return {}
    known = cast("dict[str, Any]", value).items()
    return {key: cast("dict[str, Any]", inner) for key, inner in known if isinstance(inner, dict)}


def maps(value: Any) -> list[dict[str, Any]]:
    """Return the items of a list that are maps, or nothing."""
    return [cast("dict[str, Any]", item) for item in items(value) if isinstance(item, dict)]


def items(value: Any) -> list[Any]:
    """Return the known items of a list, or nothing."""
    return [item for item in _all_items(value) if item is not None]


def anything(value: Any) -> None:
    """Any value; what is in it is told elsewhere, or nobody's business."""


def any_map(value: Any) -> str | None:
    """A map of anything."""
    return None if isinstance(value, dict) else f"must be a map, not {_shown(value)}"


def any_list(value: Any) -> str | None:
    """A list of anything."""
    return None if isinstance(value, list) else f"must be a list, not {_shown(value)}"


def text(value: Any) -> str | None:
    """Any string."""
    return None if isinstance(value, str) else f"must be text, not {_shown(value)}"


def non_empty(value: Any) -> str | None:
    """A string with more than spaces."""
    return text(value) or (None if value.strip() else "must not be empty")


def trimmed(value: Any) -> str | None:
    """A string without spaces around it, which the server would cut off."""
    if wrong := non_empty(value):
        return wrong
    if value != value.strip():
        return "must not start or end with spaces"
    return None


def plain_name(value: Any) -> str | None:
    """A name that the server takes for templates, destinations and alerts."""
    if wrong := trimmed(value):
        return wrong
    if not _NOT_IN_NAMES.search(value):
        return None
    better = re.sub(r"-+", "-", _NOT_IN_NAMES.sub("-", value)).strip("-")
    return "must not contain spaces, quotes or any of : # ? & % /" + (
        f": write {better!r}" if better else ""
    )


def boolean(value: Any) -> str | None:
    """True or false."""
    return None if isinstance(value, bool) else f"must be true or false, not {_shown(value)}"


def number(value: Any) -> str | None:
    """A number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return f"must be a number, not {_shown(value)}"
    return None


def whole(least: int, most: int | None = None) -> Rule:
    """Return the rule for a whole number in a range."""

    def rule(value: Any) -> str | None:
        if wrong := number(value):
            return wrong
        if float(value) != int(value):
            return f"must be a whole number, not {value}"
        if value < least:
            return f"must be at least {least}, not {value:g}"
        if most is not None and value > most:
            return f"must be at most {most}, not {value:g}"
        return None

    return rule


def one_of(*valid: str) -> Rule:
    """Return the rule for one of some words."""

    def rule(value: Any) -> str | None:
        if wrong := text(value):
            return wrong
        return None if value in valid else f"{value!r} is not known; {nearest(value, valid)}"

    return rule


def mapping(value: Any) -> str | None:
    """A map whose entries are maps."""
    if wrong := any_map(value):
        return wrong
    for key, inner in cast("dict[str, Any]", value).items():
        if inner is not None and not isinstance(inner, dict):
            return f"{key} must be a map, not {_shown(inner)}"
    return None


def text_map(value: Any) -> str | None:
    """A map of strings."""
    if wrong := any_map(value):
        return wrong
    known = cast("dict[str, Any]", value).items()
    told = ((key, text(inner)) for key, inner in known if inner is not None)
    return next((f"{key} {words}" for key, words in told if words), None)


def texts(value: Any) -> str | None:
    """A list of strings, each once."""
    if wrong := any_list(value):
        return wrong
    known = items(value)
    wrong = next((wrong for item in known if (wrong := text(item))), None)
    if wrong:
        return f"each item {wrong}"
    twice = sorted({item for item in known if known.count(item) > 1})
    return f"{', '.join(twice)} is there more than once" if twice else None


def _all_items(value: Any) -> Iterable[Any]:
    return cast("Iterable[Any]", value) if isinstance(value, list) else ()


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    for kind, name in ((dict, "a map"), (list, "a list"), (str, "text")):
        if isinstance(value, kind):
            return name
    return "a number"
