"""What happens before an alert is looked at, and what it has to say then."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.alerts.conftest import Stack

__all__ = ["REFUSED", "Scenario"]

REFUSED = "Error code: 429 - Rate limit reached for gpt-4o"


@dataclass(frozen=True)
class Scenario:
    """What happens before an alert is looked at.

    Args:
        alert: its name in the stack.
        happens: sends telemetry and leaves the clock where the look is.
        found: lines that have to be told; none when it must keep quiet.
        settings: of the stack.
        files: of the stack's project, by path.
    """

    alert: str
    happens: Callable[[Stack], object]
    found: tuple[str, ...] = ()
    settings: dict[str, Any] = field(default_factory=dict[str, Any])
    files: dict[str, str] = field(default_factory=dict[str, str])

    def put(self, stack: Callable[..., Stack], folder: Path) -> Stack:
        """Put the stack of the scenario on a server, and let happen what does."""
        for path, text in self.files.items():
            (folder / path).parent.mkdir(exist_ok=True)
            (folder / path).write_text(text)
        put = stack(self.alert, **self.settings)
        self.happens(put)
        put.run()
        return put

    def __str__(self) -> str:
        return f"{self.alert}-{self.happens.__name__}"
