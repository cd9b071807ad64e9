"""What changed in a stack's file or in arguments of components, and which findings show it."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.review.leaves import ABSENT, Leaf, leaves
from llmcost_infra.review.objects import identity, subject_of
from llmcost_infra.review.plain_words import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from llmcost_infra.review.changes import Change
    from llmcost_infra.review.finding import Finding
    from llmcost_infra.review.sides import Side

__all__ = ["SettingChange", "argument_changes", "setting_changes"]

_ROUNDED: Final = Decimal("0.0005")
"""How far two ratios may be apart whose numbers are whole."""
_TOKEN: Final = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?|\w+")


@dataclass(frozen=True, slots=True)
class SettingChange:
    """A line of a stack's file, or an argument of a component, that changed.

    Args:
        parts: what it is, from the outside in: a setting, or an argument of a component.
        key: e.g. ``budget.team_daily_usd.search``, or ``TeamBudget.team-search.monthly_usd``.
        sentence: its values.
        stacks: in which it changed like this.
        moves: findings that show the same change.
    """

    parts: tuple[tuple[str, str], ...]
    key: str
    sentence: str
    stacks: tuple[str, ...]
    moves: tuple[Change, ...]


def setting_changes(base: Side, head: Side, changes: Iterable[Change]) -> tuple[SettingChange, ...]:
    """Return what changed in the files of stacks, with what it moves.

    Args:
        base: the one end.
        head: the other.
        changes: what the review found.
    """
    found = _Found()
    known = list(changes)
    for stack in sorted(head.config.keys() & base.config.keys()):
        own = [one for one in known if stack in one.stacks]
        differ = list(leaves(_values(base.config[stack]), _values(head.config[stack])))
        for leaf, moves in _moved(differ, own):
            key = _key(leaf)
            found.add((("setting", key),), key, leaf, stack, moves)
    return found.told()


def argument_changes(
    base: Side, head: Side, changes: Iterable[Change]
) -> tuple[SettingChange, ...]:
    """Return which arguments of components changed, with what they move in those components.

    A component tells its arguments as its inputs.

    Args:
        base: the one end.
        head: the other.
        changes: what the review found.
    """
    found = _Found()
    known = list(changes)
    for stack in sorted(head.programs.keys() & base.programs.keys()):
        chosen = head.settings.get(stack) or base.settings.get(stack)
        prefix = chosen.prefix if chosen else ""
        before = {identity(one): one for one in base.programs[stack].resources if not one.custom}
        for component in head.programs[stack].resources:
            was = None if component.custom else before.get(identity(component))
            if was is None:
                continue
            names = {
                subject_of(one, prefix).resource
                for program in (base.programs[stack], head.programs[stack])
                for one in program.inside(component.urn)
            }
            own = [c for c in known if stack in c.stacks and c.finding.subject.resource in names]
            kind = component.type.rpartition(":")[2]
            for leaf, moves in _moved(list(leaves(was.inputs, component.inputs)), own):
                argument = ".".join(leaf.path)
                parts = ((kind, component.name), ("argument", argument))
                found.add(parts, f"{kind}.{component.name}.{argument}", leaf, stack, moves)
    return found.told()


class _Found:
    """What changed, the same change of several stacks once."""

    def __init__(self) -> None:
        self._changes: dict[tuple[str, str], SettingChange] = {}

    def add(
        self,
        parts: tuple[tuple[str, str], ...],
        key: str,
        leaf: Leaf,
        stack: str,
        moves: Iterable[Change],
    ) -> None:
        """Keep what changed in a stack."""
        sentence = _sentence(leaf)
        earlier = self._changes.get((key, sentence), SettingChange(parts, key, sentence, (), ()))
        self._changes[key, sentence] = replace(
            earlier,
            stacks=tuple(sorted({*earlier.stacks, stack})),
            moves=(*earlier.moves, *(one for one in moves if one not in earlier.moves)),
        )

    def told(self) -> tuple[SettingChange, ...]:
        """Return all of it in order."""
        return tuple(sorted(self._changes.values(), key=lambda one: (one.key, one.stacks)))


def _moved(differ: Sequence[Leaf], own: Sequence[Change]) -> Iterator[tuple[Leaf, list[Change]]]:
    """Yield each value that differs with the changes that show the same."""
    exact = [one for one in own if any(_shows(one.finding, leaf) for leaf in differ)]
    for leaf in differ:
        yield (
            leaf,
            [
                one
                for one in own
                if _shows(one.finding, leaf) or (one not in exact and _scaled(one.finding, leaf))
            ],
        )


def _values(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return configuration as a program sees it: what is JSON is read."""
    return {key: _read(value) for key, value in config.items()}


def _read(text: Any) -> Any:
    if isinstance(text, str) and text[:1] in {"{", "["}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text


def _key(leaf: Leaf) -> str:
    first, *rest = leaf.path
    _, _, name = first.partition(":")
    return ".".join(rest if rest and name == "settings" else (first, *rest))


def _sentence(leaf: Leaf) -> str:
    if leaf.before is ABSENT:
        return f"set to {shown(leaf.after)}"
    if leaf.after is ABSENT:
        return f"no longer set (was {shown(leaf.before)})"
    return f"{shown(leaf.before)} → {shown(leaf.after)}"


def _shows(finding: Finding, setting: Leaf) -> bool:
    """Tell whether a finding shows a setting's change: the same values go and come."""
    old, new = _tokens([setting.before]), _tokens([setting.after])
    gone, came = old - new, new - old
    before = _tokens(leaf.before for leaf in finding.leaves)
    after = _tokens(leaf.after for leaf in finding.leaves)
    # What a setting makes or takes away has its key in its name: the budget of one more team.
    if ABSENT in (setting.before, setting.after):
        name = str(setting.path[-1])
        return finding.aspect in {"added", "removed"} and name in finding.subject.resource
    return (not gone or gone <= before) and (not came or came <= after) and bool(gone or came)


def _scaled(finding: Finding, setting: Leaf) -> bool:
    """Tell whether a number of a finding grew as a setting did, such as an hour's part of it."""
    old, new = _number(setting.before), _number(setting.after)
    if not old or new is None:
        return False
    pairs = (pair for leaf in finding.leaves for pair in _number_pairs(leaf))
    return any(_in_ratio(before, after, new / old) for before, after in pairs if before)


def _in_ratio(before: Decimal, after: Decimal, ratio: Decimal) -> bool:
    """Tell whether two numbers, each rounded to the digits that it has, can be in a ratio."""
    rounding = _half_a_digit(after) + abs(ratio) * _half_a_digit(before)
    return abs(after - ratio * before) <= max(rounding, _ROUNDED * abs(before))


def _half_a_digit(number: Decimal) -> Decimal:
    """Return by how much a number may have been rounded; a whole one was not."""
    exponent = number.as_tuple().exponent
    digits = exponent if isinstance(exponent, int) else 0
    return Decimal(5).scaleb(digits - 1) if digits < 0 else Decimal(0)


def _number_pairs(leaf: Leaf) -> Iterator[tuple[Decimal, Decimal]]:
    """Yield the numbers that differ between two texts which hold equally many."""
    old, new = ([*_numbers("\n".join(_texts(one)))] for one in (leaf.before, leaf.after))
    if len(old) == len(new):
        yield from (pair for pair in zip(old, new, strict=True) if pair[0] != pair[1])


def _numbers(text: str) -> Iterator[Decimal]:
    return (Decimal(word.replace(",", "")) for word in _TOKEN.findall(text) if word[0].isdigit())


def _number(value: Any) -> Decimal | None:
    found = [] if value is ABSENT else [*_numbers(str(value))]
    return found[0] if len(found) == 1 else None


def _tokens(values: Iterable[Any]) -> set[str]:
    return {token for value in values for text in _texts(value) for token in _words(text)}


def _texts(value: Any) -> Iterator[str]:
    if value is not ABSENT:
        yield value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _words(text: str) -> Iterator[str]:
    for word in _TOKEN.findall(text):
        yield f"{Decimal(word.replace(',', '')).normalize():f}" if word[0].isdigit() else word
