"""Findings of several stacks as one list: what is the same in all of them is said once."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from llmcost_infra.review.finding import Finding

__all__ = ["Change", "Group", "grouped", "merged"]


@dataclass(frozen=True, slots=True)
class Change:
    """A finding, and the stacks that it holds in.

    Args:
        finding: as in the first of them.
        stacks: their names.
        everywhere: whether that is every stack that has the object at all.
    """

    finding: Finding
    stacks: tuple[str, ...]
    everywhere: bool = True


@dataclass(frozen=True, slots=True)
class Group:
    """Changes that are one change to a reader: the same lines of SQL in several objects.

    Args:
        changes: one or more.
    """

    changes: tuple[Change, ...]

    @property
    def first(self) -> Finding:
        """The finding whose words and diff stand for all."""
        return self.changes[0].finding


def merged(
    found: Mapping[str, Iterable[Finding]],
    prefixes: Mapping[str, str],
    having: Mapping[str, Collection[str]],
) -> tuple[Change, ...]:
    """Return the findings of all stacks, equal ones once, in the order of the first stack.

    Args:
        found: stack → its findings.
        prefixes: stack → what it puts before the names of streams, functions and alerts.
        having: resource → the stacks that have it at one end of the change at least.
    """
    together: dict[tuple[object, ...], Change] = {}
    facts: dict[tuple[object, ...], dict[str, dict[str, str]]] = {}
    for stack, findings in found.items():
        for given in findings:
            finding = _without(prefixes.get(stack, ""), given)
            key = _key(finding)
            facts.setdefault(key, {})[stack] = dict(finding.facts)
            earlier = together.get(key)
            if earlier is None:
                together[key] = Change(finding, (stack,))
            elif stack not in earlier.stacks:
                together[key] = replace(earlier, stacks=(*earlier.stacks, stack))
    return tuple(
        replace(
            one,
            finding=_with_facts(one.finding, facts[key]),
            everywhere=_everywhere(one, having, len(found)),
        )
        for key, one in together.items()
    )


def grouped(changes: Iterable[Change]) -> Iterator[Group]:
    """Yield changes in order, those with the same lines of SQL at the place of the first one."""
    found: dict[tuple[object, ...], list[Change]] = {}
    for number, change in enumerate(changes):
        lines = frozenset(change.finding.changed_lines)
        same = ("sql", lines) if lines and change.finding.aspect == "sql" else (number,)
        found.setdefault(same, []).append(change)
    for together in found.values():
        yield Group(tuple(together))


def _everywhere(change: Change, having: Mapping[str, Collection[str]], stacks: int) -> bool:
    """Tell whether a change is in every stack that has the object; one of many is worth naming."""
    there = len(having.get(change.finding.subject.resource, ()))
    return there <= len(change.stacks) and (len(change.stacks) > 1 or stacks == 1)


def _with_facts(finding: Finding, facts: Mapping[str, Mapping[str, str]]) -> Finding:
    """Return a finding whose sentence tells its facts, with stacks where these differ in them."""
    said: list[str] = []
    for about in dict.fromkeys(about for own in facts.values() for about in own):
        stacks: dict[str, list[str]] = {}
        for stack, own in facts.items():
            stacks.setdefault(own.get(about, ""), []).append(stack)
        stacks.pop("", None)
        alone = [*stacks.values()] == [[*facts]]
        said += [
            words if alone else f"{words} ({', '.join(names)})" for words, names in stacks.items()
        ]
    return (
        replace(finding, sentence=": ".join([finding.sentence, "; ".join(said)]))
        if said
        else finding
    )


def _key(finding: Finding) -> tuple[object, ...]:
    return (finding.subject, finding.aspect, finding.sentence, finding.changed_lines)


def _without(prefix: str, finding: Finding) -> Finding:
    """Return a finding without the prefix of its stack, which tells a reader nothing."""
    if not prefix:
        return finding
    named = re.compile(rf"\b{re.escape(prefix)}")
    return replace(
        finding,
        sentence=named.sub("", finding.sentence),
        facts=tuple((about, named.sub("", words)) for about, words in finding.facts),
        diff=tuple(line[0] + named.sub("", line[1:]) for line in finding.diff),
    )
