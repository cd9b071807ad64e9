"""An organization's own rules, as data: `rules/*.yaml` of a project."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Any, Final

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import Field, field_validator

from llmcost_infra.check.finding import Severity
from llmcost_infra.check.registry import Breach, Rule
from llmcost_infra.declarations import Strict, load, misplaced, nearest
from llmcost_infra.openobserve.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmcost_infra.check.stack import StackView

__all__ = ["OrganisationRule", "rule_files", "rule_in"]

_KINDS: Final = sorted(token.rpartition(":")[2] for token in KINDS)
_PLAIN_PATH: Final = re.compile(r"\w+(?:\.\w+)*")


class OrganisationRule(Strict):
    """A rule as it is declared.

    Args:
        kind: class of the objects that it is for, e.g. ``Alert``.
        target: JMESPath to what it looks at in an object's inputs; a list is looked at item by
            item. The whole object without one.
        expect: JMESPath that must be true of it.
        message: what is wrong otherwise.
        hint: what to do.
        severity: ``error`` or ``warning``.
    """

    kind: str
    target: str = "@"
    expect: str
    message: Annotated[str, Field(min_length=1)]
    hint: Annotated[str, Field(min_length=1)]
    severity: Severity = "error"

    @field_validator("kind")
    @classmethod
    def _is_a_kind(cls, kind: str) -> str:
        if kind not in _KINDS:
            raise misplaced(f"{kind!r} is no kind of object", hint=nearest(kind, _KINDS))
        return kind

    @field_validator("target", "expect")
    @classmethod
    def _can_be_read(cls, expression: str) -> str:
        try:
            jmespath.compile(expression)
        except JMESPathError as error:
            said = " ".join(str(error).split())
            hint = "see https://jmespath.org/specification.html; numbers stand in `backticks`"
            raise misplaced(f"{expression!r} is no JMESPath: {said}", hint=hint) from None
        return expression

    def find(self, stack: StackView) -> Iterator[Breach]:
        """Yield the objects that break the rule."""
        at = self.target if _PLAIN_PATH.fullmatch(self.target) else ""
        for resource in stack.of(self.kind):
            target: Any = jmespath.search(self.target, resource.inputs)
            each = target if isinstance(target, list) else [target]  # pyright: ignore[reportUnknownVariableType] # JSON
            if not all(map(self._holds, each)):  # pyright: ignore[reportUnknownArgumentType] # JSON
                yield Breach(resource, at, f"{resource.name}: {self.message}", self.hint)

    def _holds(self, target: Any) -> bool:
        try:
            return bool(jmespath.search(self.expect, target))
        except JMESPathError:
            # A function that does not take such a value: then it is not as expected.
            return False


def rule_files(project: Path) -> list[Path]:
    """Return the files of a project's own rules."""
    return sorted((project / "rules").glob("*.yaml"))


def rule_in(path: Path) -> Rule:
    """Return the rule that a file declares; it is called ``rules/`` and the file's name.

    Raises:
        InvalidDeclaration: the file is wrong.
    """
    declared = load(path, OrganisationRule)
    return Rule(f"rules/{path.stem}", declared.severity, declared.find, sql=False)
