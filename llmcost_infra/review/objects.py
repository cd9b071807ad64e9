"""What changes between two runs of a program, object by object, matched by their URN."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.program.rendering import kind_of
from llmcost_infra.provider.values import is_map
from llmcost_infra.review.alerts import alert_findings
from llmcost_infra.review.dashboards import dashboard_findings
from llmcost_infra.review.finding import Finding, Subject
from llmcost_infra.review.leaves import ABSENT, Leaf, leaves
from llmcost_infra.review.plain_words import added_or_removed, changed
from llmcost_infra.review.surroundings import Surroundings
from llmcost_infra.review.texts import line_diff

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmcost_infra.openobserve.kinds.base import Inputs
    from llmcost_infra.program import Program, Registered

__all__ = ["identity", "inputs_of", "object_findings", "program_findings", "subject_of"]

_WORDS: Final = {
    "alert_destination": "route",
    "alert_template": "message",
    "model_price_table": "model prices",
}


def program_findings(
    before: Program, after: Program, prefix: str = "", project: Path | None = None
) -> Iterator[Finding]:
    """Yield what differs between two runs of a stack's program.

    Args:
        before: the run at the base.
        after: the run at the head.
        prefix: what the stack puts before names, which says nothing to a reader.
        project: folder at the head, whose declarations say what a new alert expects.
    """
    old = {identity(one): one for one in before.resources if _told(one)}
    new = {identity(one): one for one in after.resources if _told(one)}
    base, head = Surroundings(before), Surroundings(after, project)
    for key in dict.fromkeys([*new, *old]):
        team = head.team_of(new[key]) if key in new else base.team_of(old[key])
        facts = () if key in old else tuple(head.facts_of(new[key], _canonical(new[key])))
        for finding in object_findings(old.get(key), new.get(key), prefix, team):
            yield replace(finding, facts=facts)


def object_findings(
    before: Registered | None, after: Registered | None, prefix: str = "", team: str = ""
) -> Iterator[Finding]:
    """Yield what differs in one resource.

    Args:
        before: the resource at the base, if it is there.
        after: the resource at the head, if it is there.
        prefix: of names of the stack.
        team: whose dashboard it is, if it is one of a team; others have the same title.
    """
    there = after or before
    if there is None:
        return
    subject = subject_of(there, prefix, team)
    if before is None or after is None:
        yield _whole(subject, before, after)
        return
    old, new = _canonical(before), _canonical(after)
    match kind_of(there):
        case "dashboard":
            yield from dashboard_findings(subject, old, new)
        case "alert":
            yield from alert_findings(subject, old, new)
        case "function":
            yield from (_function(subject, leaf) for leaf in leaves(old, new))
        case "stream":
            yield from (_stream(subject, leaf) for leaf in leaves(old, new))
        case _:
            yield from (changed(subject, leaf) for leaf in leaves(old, new))


def identity(resource: Registered) -> str:
    """Return what a resource is at both ends of a change, and in every stack."""
    return resource.urn.split("::", 2)[2]


def subject_of(resource: Registered, prefix: str = "", team: str = "") -> Subject:
    """Return a resource as people call it, a dashboard with the team that it is for."""
    kind = kind_of(resource)
    inputs = resource.inputs
    name = str(inputs.get("title" if kind == "dashboard" else "name") or resource.name)
    if kind == "dashboard":
        name = f"{team}: {name}" if team else name
    else:
        name = name.removeprefix(prefix)
    if kind == "alert":
        name = name.replace("_", " ")
    return Subject(
        resource.name.replace(prefix, "") if prefix else resource.name,
        ((_WORDS.get(kind, kind.replace("_", " ")), name),),
    )


def inputs_of(program: Program, subject: Subject, prefix: str = "") -> Inputs | None:
    """Return the inputs of the object that a finding is about; None where it is not there."""
    for one in program.resources:
        if _told(one):
            found = subject_of(one, prefix)
            if (found.resource, found.kind) == (subject.resource, subject.parts[0][0]):
                return dict(one.inputs)
    return None


def _told(resource: Registered) -> bool:
    return resource.custom and not resource.read


def _canonical(resource: Registered) -> Inputs:
    kind = KINDS.get(resource.type)
    inputs = dict(resource.inputs)
    return kind.canonical(inputs) if kind else inputs


def _whole(subject: Subject, before: Registered | None, after: Registered | None) -> Finding:
    values: list[Any] = [ABSENT if one is None else _canonical(one) for one in (before, after)]
    leaf = Leaf((), *values)
    found = added_or_removed(subject, leaf)
    texts = ("" if one is None else _own_text(one) for one in (before, after))
    return Finding(subject, found.aspect, found.sentence, (leaf,), line_diff(*texts))


def _own_text(resource: Registered) -> str:
    """Return the statement that an alert asks; the text of a function is too long to repeat."""
    condition = resource.inputs.get("query_condition")
    return str(condition.get("sql", "")) if is_map(condition) else ""


def _function(subject: Subject, leaf: Leaf) -> Finding:
    if leaf.path != ("function",) or ABSENT in (leaf.before, leaf.after):
        return changed(subject, leaf)
    diff = line_diff(leaf.before, leaf.after)
    more, less = (sum(line[0] == sign for line in diff) for sign in "+-")
    return Finding(
        subject, "vrl", f"VRL changed ({more} lines added, {less} removed)", (leaf,), diff
    )


def _stream(subject: Subject, leaf: Leaf) -> Finding:
    if leaf.path == ("data_retention",):
        before, after = (
            "the server's own" if one in (ABSENT, 0, None) else str(one)
            for one in (leaf.before, leaf.after)
        )
        lost = _lost(leaf.before, leaf.after)
        return Finding(subject, "retention", f"retention {before} → {after} days{lost}", (leaf,))
    if leaf.path[:1] == ("fields",) and len(leaf.path) > 1:
        return changed(subject, leaf, name=f"column {leaf.path[1]}", aspect="columns")
    return changed(subject, leaf)


def _lost(before: Any, after: Any) -> str:
    """Return how many days of rows another retention deletes; nothing if it is longer."""
    days, fewer = (0 if one in (ABSENT, None) else int(one) for one in (before, after))
    # 0 is the server's own retention, by default ten years.
    if not fewer or 0 < days <= fewer:
        return ""
    return f": deletes about {days - fewer} days" if days else f": deletes all above {fewer} days"
