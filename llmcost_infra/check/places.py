"""Where a finding is: the line of the declaration or template that a resource comes from."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra import declarations
from llmcost_infra.errors import LlmCostError

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.check.registry import Breach
    from llmcost_infra.declarations import Document

__all__ = ["Places"]

# Inputs of an alert that its declaration calls otherwise.
_OF_AN_ALERT = {
    "context_attributes": "title",
    "destinations": "severity",
    "row_template": "text",
    "trigger_condition": "window_minutes",
}


class Places:
    """Finds lines in the files of a project.

    Args:
        project: folder of ``Pulumi.yaml``, as seen from where the command runs.
    """

    def __init__(self, project: Path) -> None:
        self._project = project
        self._read = lru_cache(maxsize=None)(self._document)

    def of(self, breach: Breach, stack: str) -> tuple[str, int, str]:
        """Return path and line of a breach, and the file that declares the resource."""
        source = breach.resource.source
        if source is None:
            path = str(self._project / f"Pulumi.{stack}.yaml")
            return path, 0, path
        kind, _, name = source.path.partition("/")
        if kind == "pipelines" and source.line is None:
            template = declarations.file("pipelines", name, self._project)
            template = template or self._project / source.path
            return str(template), _line(template, breach.word), str(template)
        if kind not in {"alerts", "dashboards"} or not name.endswith(".yaml"):
            path = str(self._project / source.path)
            return path, source.line or 0, path
        found = declarations.file(cast("declarations.Kind", kind), name, self._project)
        declared = found or self._project / source.path
        file, line = self._inside(declared, breach)
        return str(file), line, str(declared)

    def _inside(self, declared: Path, breach: Breach) -> tuple[Path, int]:
        document = self._read(declared)
        at: list[str | int] = list(breach.path.split("."))
        if at[-1] in {"query", "sql"}:
            template = self._template(declared, document, at)
            if template.is_file():
                return template, _line(template, breach.word)
        if at[0] in _OF_AN_ALERT:
            at = [_OF_AN_ALERT[str(at[0])]]
        return declared, (document.line(tuple(at)) or 0) if document else 0

    def _template(self, declared: Path, document: Document | None, at: list[str | int]) -> Path:
        name = declared.stem
        if at[0] == "tabs":
            panel: Any = document.data if document else {}
            for key in at[:-1]:
                panel = cast("dict[str, Any]", panel).get(str(key), {})
            name = str(cast("dict[str, Any]", panel).get("sql") or at[-2])
        kind = cast("declarations.Kind", declared.parent.name)
        found = declarations.file(kind, f"sql/{name}.sql.j2", self._project)
        return found or declared.parent / "sql" / f"{name}.sql.j2"

    def _document(self, path: Path) -> Document | None:
        try:
            return declarations.read(path)
        except LlmCostError:
            return None


def _line(path: Path, word: str) -> int:
    """Return the line of a template that holds a word, or its first."""
    lines = path.read_text(encoding="utf-8").splitlines()
    found = (
        number
        for number, line in enumerate(lines, 1)
        if word and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", line)
    )
    return next(found, 1)
