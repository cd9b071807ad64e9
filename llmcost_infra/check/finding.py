"""What a check says: a finding with its place, its rule and the next step."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

__all__ = ["Finding", "Severity"]

Severity = Literal["error", "warning"]
"""An error ends the command with 4; a warning is for people."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One thing that is wrong.

    Args:
        path: file, as seen from where the command runs.
        line: 1-based line in it; 0 when it is about the whole file.
        rule: id of the rule.
        severity: error or warning.
        message: what is wrong.
        hint: what to do about it.
        declaration: file that declares what it is about, if that is another one than `path`.
        stacks: stacks in which it was found.
    """

    path: str
    line: int
    rule: str
    severity: Severity
    message: str
    hint: str = ""
    declaration: str = ""
    stacks: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        return {**asdict(self), "line": self.line or None, "stacks": list(self.stacks)}
