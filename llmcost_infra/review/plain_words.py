"""Differences that need no special words: what was there, and what is there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.provider.values import is_list, is_map
from llmcost_infra.review.finding import Finding, Subject
from llmcost_infra.review.leaves import ABSENT, Leaf
from llmcost_infra.review.texts import line_diff

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["added_or_removed", "changed", "changed_text", "counted", "shown", "spoken"]

_LONG: Final = 60
"""Characters above which a value is not quoted in a sentence."""


def changed(subject: Subject, leaf: Leaf, *, name: str = "", aspect: str = "") -> Finding:
    """Return a finding that names a value before and after.

    Args:
        subject: what it is a value of.
        leaf: the place.
        name: what people call the value; by default its path in words.
        aspect: what the finding is about; by default the last key.
    """
    name = name or spoken(leaf.path)
    texts = [value for value in (leaf.before, leaf.after) if isinstance(value, str)]
    if texts and any(len(text) > _LONG or "\n" in text for text in texts):
        return changed_text(subject, leaf, name=name, aspect=aspect)
    sentence = _listed(name, leaf) or _sentence(name, leaf)
    return Finding(subject, aspect or leaf.path[-1], sentence, (leaf,))


def changed_text(subject: Subject, leaf: Leaf, *, name: str, aspect: str = "") -> Finding:
    """Return a finding about a long text, with its diff."""
    before, after = (_text(value) for value in (leaf.before, leaf.after))
    word = "added" if not before else "removed" if not after else "changed"
    diff = line_diff(before, after)
    return Finding(subject, aspect or leaf.path[-1], f"{name} {word}", (leaf,), diff)


def counted(count: int, what: str) -> str:
    """Return a number and a noun, which is in the plural where it has to be."""
    return f"{count} {what}{'s' if count != 1 and not what.endswith('s') else ''}"


def added_or_removed(subject: Subject, leaf: Leaf, more: str = "") -> Finding:
    """Return the finding for something that is on one side only.

    Args:
        subject: what.
        leaf: all of it.
        more: what else to say.
    """
    aspect = "added" if leaf.before is ABSENT else "removed"
    return Finding(subject, aspect, f"{aspect}{f' ({more})' if more else ''}", (leaf,))


def shown(value: Any) -> str:
    """Return a value as a sentence quotes it."""
    if value is ABSENT:
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return value or "nothing"
    if is_list(value):
        return ", ".join(map(shown, value)) or "nothing"
    if is_map(value):
        label = value.get("label") or value.get("name") or value.get("alias")
        return str(label) if label else _cut(json.dumps(value, ensure_ascii=False))
    return f"{value:g}" if isinstance(value, float) else str(value)


def spoken(path: Sequence[str]) -> str:
    """Return a path as words: the last two keys say enough."""
    return " ".join(path[-2:]).replace("_", " ")


def _sentence(name: str, leaf: Leaf) -> str:
    before, after = shown(leaf.before), shown(leaf.after)
    if leaf.before is ABSENT:
        return f"{name} set to {_cut(after)}"
    if leaf.after is ABSENT:
        return f"{name} no longer set (was {_cut(before)})"
    if before == after:
        return f"{name} changed"
    return f"{name} {_cut(before)} → {_cut(after)}"


def _listed(name: str, leaf: Leaf) -> str:
    """Return what came into a list and what left it; nothing for other values."""
    before, after = leaf.before, leaf.after
    if not (is_list(before) and is_list(after)):
        return ""
    came = [shown(one) for one in after if one not in before]
    left = [shown(one) for one in before if one not in after]
    if set(came) & set(left):
        return f"{name}: {'; '.join(_items(before, after))}"
    said = [f"adds {', '.join(came)}"] * bool(came) + [f"removes {', '.join(left)}"] * bool(left)
    return f"{name} {'; '.join(said) or 'in another order'}"


def _items(before: Sequence[Any], after: Sequence[Any]) -> Iterator[str]:
    """Yield how the items of a list differ that both sides have under one name."""
    old = {shown(one): one for one in before if one not in after}
    for item in after:
        earlier, called = old.get(shown(item)), shown(item)
        if item in before:
            continue
        if not (is_map(item) and is_map(earlier)):
            yield f"adds {called}"
            continue
        steps = (
            f"{key} {shown(earlier.get(key, ABSENT))} → {shown(item.get(key, ABSENT))}"
            for key in dict.fromkeys([*item, *earlier])
            if item.get(key, ABSENT) != earlier.get(key, ABSENT)
        )
        yield _cut(f"{called}, {', '.join(steps)}")
    there = {shown(item) for item in after}
    yield from (f"removes {called}" for called in old if called not in there)


def _text(value: Any) -> str:
    if value is ABSENT or value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, indent=2, ensure_ascii=False)


def _cut(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"
