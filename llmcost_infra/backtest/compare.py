"""How a changed alert would have fired, beside how it would have before the change."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from llmcost_infra.backtest.report import moment, whom

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.backtest.report import Report
    from llmcost_infra.backtest.rules import Rule

__all__ = ["Comparison", "changes"]

_SCHEDULE = ("period", "frequency", "cron", "timezone", "silence", "operator", "threshold")


@dataclass(frozen=True)
class Comparison:
    """An alert before and after a change.

    Args:
        before: None where the alert was not there.
        after: as it is now.
    """

    before: Report | None
    after: Report

    def line(self, *, named: bool = True) -> str:
        """Return the difference in a line: limit 500 → 400: 0 → 3 firings, first …, ….

        Args:
            named: whether it says for whom the first one was.
        """
        firings = self.after.replay.firings
        after = len(firings)
        if self.before is None:
            said = f"new: {after} {_firings(after)}"
        else:
            told = ", ".join(changes(self.before.rule, self.after.rule)) or "no change of the rule"
            said = f"{told}: {len(self.before.replay.firings)} → {after} {_firings(after)}"
        if not firings:
            return said
        first = list(whom(firings[:1]).values()) if named else []
        whose = f", {', '.join(first[0])}" if first else ""
        return f"{said}, first {moment(firings[0].at)}{whose}"

    def as_json(self) -> dict[str, Any]:
        """Return both."""
        return {
            "summary": self.line(),
            "before": self.before.as_json() if self.before else None,
            "after": self.after.as_json(),
        }


def changes(before: Rule, after: Rule) -> list[str]:
    """Return what differs between two versions of an alert that decides when it fires."""
    found = list(_numbers(before.sql, after.sql))
    old, new = before.body["trigger_condition"], after.body["trigger_condition"]
    found += [
        f"{key} {old.get(key)} → {new.get(key)}"
        for key in _SCHEDULE
        if old.get(key) != new.get(key)
    ]
    if before.stream != after.stream:
        found.append(f"stream {before.stream} → {after.stream}")
    return found


def _numbers(before: str, after: str) -> Iterator[str]:
    """Yield changed numbers of statements that are otherwise the same; else that they differ."""
    if before == after:
        return
    try:
        old, new = (sqlglot.parse_one(text, read="postgres") for text in (before, after))
    except SqlglotError:
        yield "another statement"
        return
    pairs = list(zip(old.find_all(exp.Literal), new.find_all(exp.Literal), strict=False))
    if _without_literals(old) != _without_literals(new):
        yield "another statement"
        return
    differing = ((one.name, other.name) for one, other in pairs if one.name != other.name)
    yield from (f"limit {one} → {other}" for one, other in dict.fromkeys(differing))


def _without_literals(statement: exp.Expr) -> str:
    blank = statement.copy()
    for literal in list(blank.find_all(exp.Literal)):
        literal.replace(exp.Placeholder())
    return blank.sql("postgres")


def _firings(count: int) -> str:
    return "firing" if count == 1 else "firings"
