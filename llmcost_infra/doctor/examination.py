"""What a check of the doctor gets, and what it says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from pathlib import Path

    from llmcost_infra.openobserve import Client
    from llmcost_infra.settings import Settings

__all__ = [
    "CHECKS",
    "Case",
    "Check",
    "Row",
    "Said",
    "State",
    "check",
    "fail",
    "ok",
    "unknown",
    "warn",
]

State = Literal["ok", "warn", "fail", "unknown"]

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """What a check found.

    Args:
        state: fail is for what loses money, texts or alerts; warn for what may; unknown for what
            could not be looked at.
        evidence: what was seen, in a sentence.
        next: what to do about it; empty where nothing is to be done.
    """

    state: State
    evidence: str
    next: str = ""


def ok(evidence: str) -> Said:
    """Return that all is well."""
    return Said("ok", evidence)


def warn(evidence: str, step: str) -> Said:
    """Return that something may be wrong."""
    return Said("warn", evidence, step)


def fail(evidence: str, step: str) -> Said:
    """Return that something is wrong."""
    return Said("fail", evidence, step)


def unknown(evidence: str, step: str = "") -> Said:
    """Return that it could not be looked at."""
    return Said("unknown", evidence, step)


@dataclass(frozen=True, slots=True)
class Case:
    """A stack on its server.

    Args:
        client: of the server.
        settings: the stack's.
        now: when it is looked at.
        project: folder of its declarations; None for the shipped ones.
        send: whether a notification may be sent.
        canary: whether a made-up call may be sent.
    """

    client: Client
    settings: Settings
    now: datetime
    project: Path | None = None
    send: bool = False
    canary: bool = False

    def rows(self, sql: str, *, hours: float = 24, kind: str = "traces") -> Sequence[Row]:
        """Return what a statement finds in the last hours, up to a day ahead of the clock here."""
        start = self.now - timedelta(hours=hours)
        end = self.now + timedelta(days=1)
        return self.client.search(sql, start, end, stream_type=kind, size=10_000).hits

    def one(self, sql: str, *, hours: float = 24, kind: str = "traces") -> Row:
        """Return the row of a statement that adds up."""
        found = self.rows(sql, hours=hours, kind=kind)
        return found[0] if found else {}

    def stream(self, name: str, kind: str = "traces") -> Row | None:
        """Return columns (``schema``) and ``settings`` of a stream; None where it is not there."""
        found = self.client.stream_schema(name, kind)
        return found if found and (found.get("schema") or found.get("settings")) else None

    def columns(self, name: str, kind: str = "traces") -> frozenset[str]:
        """Return the columns of a stream; none where it is not there."""
        found = self.stream(name, kind) or {}
        return frozenset(one["name"] for one in found.get("schema") or ())


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the checklist.

    Args:
        id: as it is written and asked for.
        look: what it does; its docstring is what the page about the checklist says.
    """

    id: str
    look: Callable[[Case], Said]


CHECKS: Final[dict[str, Check]] = {}
"""Every check by id."""


def check(id: str) -> Callable[[Callable[[Case], Said]], Callable[[Case], Said]]:  # noqa: A002 - a check's id
    """Register a check under an id."""

    def register(look: Callable[[Case], Said]) -> Callable[[Case], Said]:
        CHECKS[id] = Check(id, look)
        return look

    return register
