"""What changes in an alert: its limit, its SQL, when it is asked, whom it wakes, what it says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.review.finding import Finding
from llmcost_infra.review.leaves import leaves
from llmcost_infra.review.plain_words import changed, changed_text
from llmcost_infra.review.texts import line_diff, number_changes, only_numbers, sql_words

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmcost_infra.openobserve.kinds.base import Inputs
    from llmcost_infra.review.finding import Subject
    from llmcost_infra.review.leaves import Leaf
    from llmcost_infra.review.texts import NumberChange

__all__ = ["alert_findings"]

_SQL: Final = ("query_condition", "sql")
_TEXTS: Final = frozenset({"description", "row_template", "runbook", "title"})
_SCHEDULE: Final = {
    "frequency": ("asked every {} min", "schedule"),
    "period": ("looks back {} min", "schedule"),
    "silence": ("silent for {} min after it fired", "schedule"),
    "threshold": ("fires from {} rows on", "limit"),
}
_NAMES: Final = {
    "destinations": ("route", "route"),
    "severity": ("severity", "severity"),
    "pagerduty_severity": ("severity on PagerDuty", "severity"),
    "owner": ("owner", "owner"),
    "runbook": ("what to do", "text"),
    "row_template": ("text of the message", "text"),
    "description": ("description", "text"),
    "title": ("title", "text"),
    "enabled": ("enabled", "enabled"),
}


def alert_findings(subject: Subject, before: Inputs, after: Inputs) -> Iterator[Finding]:
    """Yield what differs between two alerts; a limit that stands in SQL and text is told once.

    Args:
        subject: the alert.
        before: canonical inputs.
        after: the same.
    """
    found = {leaf.path: leaf for leaf in leaves(before, after)}
    if sql := found.pop(_SQL, None):
        yield _sql(subject, sql, found)
    for leaf in found.values():
        yield _other(subject, leaf)


def _sql(subject: Subject, sql: Leaf, found: dict[tuple[str, ...], Leaf]) -> Finding:
    if not (isinstance(sql.before, str) and isinstance(sql.after, str)):
        return changed(subject, sql, name="SQL", aspect="sql")
    numbers = number_changes(sql.before, sql.after)
    diff = line_diff(sql.before, sql.after)
    if not numbers:
        words = sql_words(sql.before, sql.after)
        return Finding(subject, "sql", f"SQL changed ({words})", (sql,), diff)
    # What the message says of the limit follows from it.
    following = [leaf for leaf in found.values() if _follows(leaf, numbers)]
    for leaf in following:
        del found[leaf.path]
    aspect = "limit" if all(one.limit for one in numbers) else "sql"
    word = "limit" if aspect == "limit" else "number in the SQL"
    return Finding(subject, aspect, f"{word} {_steps(numbers)}", (sql, *following), diff)


def _follows(leaf: Leaf, numbers: tuple[NumberChange, ...]) -> bool:
    texts = isinstance(leaf.before, str) and isinstance(leaf.after, str)
    return texts and leaf.path[-1] in _TEXTS and only_numbers(leaf.before, leaf.after, numbers)


def _steps(numbers: Iterable[NumberChange]) -> str:
    steps = dict.fromkeys((f"{one.before:f}", f"{one.after:f}") for one in numbers)
    return ", ".join(f"{before} → {after}" for before, after in steps)


def _other(subject: Subject, leaf: Leaf) -> Finding:
    last = leaf.path[-1]
    if last in _SCHEDULE and leaf.path[0] == "trigger_condition":
        form, aspect = _SCHEDULE[last]
        before, after = leaf.before, leaf.after
        numbers = isinstance(before, int | float) and isinstance(after, int | float)
        if numbers:
            step = form.format(f"{before:g} → {after:g}")
            return Finding(subject, aspect, step, (leaf,))
    name, aspect = _NAMES.get(last, ("", ""))
    if last in _TEXTS and isinstance(leaf.before, str) and isinstance(leaf.after, str):
        return changed_text(subject, leaf, name=name, aspect=aspect)
    return changed(subject, leaf, name=name, aspect=aspect)
