"""What a backtest tells: how often, when, how long and for whom an alert would have fired."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.local.alert_texts import Occasion, lines
from llmcost_infra.local.schedule import window
from llmcost_infra.utc import at_microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmcost_infra.backtest.replay import Firing, Replay
    from llmcost_infra.backtest.rules import Rule
    from llmcost_infra.sql_engine.intervals import TimeRange

__all__ = ["Report", "moment", "texts", "whom"]

_WHOM: Final = ("team", "feature", "service", "model", "tool", "provider")
_DAY: Final = 86_400_000_000
_MONTH_DAYS: Final = 30
_SHOWN: Final = 3


@dataclass(frozen=True)
class Report:
    """What one alert would have done in a range.

    Args:
        rule: the alert.
        replay: its decisions.
        time_range: that was replayed.
        notes: what a reader has to know of the data.
    """

    rule: Rule
    replay: Replay
    time_range: TimeRange
    notes: tuple[str, ...] = ()

    @property
    def days(self) -> float:
        """Length of the range."""
        return (self.time_range.end - self.time_range.start) / _DAY

    @property
    def too_often(self) -> bool:
        """Whether it fired more often than its declaration expects; in under 30 days as in 30."""
        expected = self.rule.expected
        if expected is None:
            return False
        return len(self.replay.firings) > expected * max(1.0, self.days / _MONTH_DAYS)

    def as_json(self) -> dict[str, Any]:
        """Return all of it."""
        firings = self.replay.firings
        return {
            "alert": self.rule.name,
            "source": self.rule.source,
            "from": moment(self.time_range.start),
            "to": moment(self.time_range.end),
            "looks": self.replay.steps,
            "evaluated": self.replay.evaluated,
            "firings": len(firings),
            "expected_firings_per_30d": self.rule.expected,
            "too_often": self.too_often,
            "first": moment(firings[0].at) if firings else None,
            "last": moment(firings[-1].at) if firings else None,
            "stretches": [
                {"from": moment(start), "to": moment(end)} for start, end in self.replay.stretches
            ],
            "for": whom(firings),
            "fired": [
                {"at": moment(one.at), "rows": list(one.rows), "text": texts(self.rule, one)}
                for one in firings
            ],
            "notes": list(self.notes),
        }

    def lines(self) -> list[str]:
        """Return it for people."""
        return [self._head(), *(f"  {line}" for line in self._details())]

    def _head(self) -> str:
        count, expected = len(self.replay.firings), self.rule.expected
        times = "fired once" if count == 1 else f"fired {count:,} times" if count else "never fired"
        allowed = "" if expected is None else f" (expected in 30 days: at most {expected:,})"
        length = "a day" if self.days == 1 else f"{self.days:g} days"
        return f"{self.rule.name}: {times} in {length}{allowed}"

    def _details(self) -> list[str]:
        firings, told = self.replay.firings, list(self.notes)
        if not firings:
            return told
        told.append(f"first {moment(firings[0].at)}, last {moment(firings[-1].at)}")
        longest = max(end - start for start, end in self.replay.stretches)
        count = len(self.replay.stretches)
        stretches = "in one stretch of" if count == 1 else f"in {count:,} stretches of at most"
        told.append(f"{stretches} {_length(longest)}")
        for name, counts in whom(firings).items():
            most = list(counts.items())
            said = ", ".join(f"{value} ({number:,})" for value, number in most[:5])
            more = f", and {len(most) - 5:,} more" if len(most) > 5 else ""  # noqa: PLR2004 - shown
            told.append(f"{name}: {said}{more}")
        for one in firings[:_SHOWN]:
            told += [f"{moment(one.at)}  {text}" for text in texts(self.rule, one)[:_SHOWN]]
        if len(firings) > _SHOWN:
            told.append(f"… and {len(firings) - _SHOWN:,} more; --json has all")
        return told


def moment(at: int) -> str:
    """Return a time in µs for people, with its zone."""
    return f"{at_microseconds(at):%Y-%m-%d %H:%M} UTC"


def texts(rule: Rule, firing: Firing) -> list[str]:
    """Return what is delivered about each row, as people read it."""
    start, end = window(rule.body, firing.at, firing.at)
    occasion = Occasion("", rule.body, firing.rows, start, end, firing.at, "")
    return [_read(line) for line in lines(occasion)]


def whom(firings: Iterable[Firing]) -> dict[str, dict[str, int]]:
    """Return in how many notifications each team, feature, … was named, the most first."""
    found: dict[str, dict[str, int]] = {}
    for firing in firings:
        for name in _WHOM:
            for value in {str(row[name]) for row in firing.rows if name in row}:
                counts = found.setdefault(name, {})
                counts[value] = counts.get(value, 0) + 1
    return {name: _sorted(counts) for name, counts in found.items()}


def _sorted(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _read(line: str) -> str:
    """Return the text of an element of a rich text; other rows as they are."""
    try:
        element: Any = json.loads(line)
    except ValueError:
        return line
    text: Any = element.get("text") if isinstance(element, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] # JSON
    return text.strip() if isinstance(text, str) else line


def _length(microseconds: int) -> str:
    minutes = microseconds // 60_000_000
    days, hours = divmod(minutes // 60, 24)
    parts = ((days, "d"), (hours, "h"), (minutes % 60, "min"))
    return " ".join(f"{number} {unit}" for number, unit in parts if number) or "less than a minute"
