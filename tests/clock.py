"""A clock for tests: nobody sleeps."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Clock"]


@dataclass
class Clock:
    """A clock that only moves when somebody waits.

    Args:
        seconds: since 1970.
        waits: how long each wait was.
    """

    seconds: float = 1_795_466_990.0
    waits: list[float] = field(default_factory=list[float])

    def __call__(self) -> float:
        """Return the seconds."""
        return self.seconds

    def microseconds(self) -> int:
        """Return the microseconds."""
        return int(self.seconds * 1_000_000)

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.waits.append(seconds)
        self.seconds += seconds
