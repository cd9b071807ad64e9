"""SQL templates: compiled once, tried once with every profile, rendered many times."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import jinja2

from llmcost_infra.columns import LOGICAL, Profile
from llmcost_infra.declarations import nearest, roots
from llmcost_infra.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import TracebackType

    from llmcost_infra.columns import Profile

__all__ = ["SqlContext", "SqlTemplate", "SqlTemplates"]

_MACROS: Final = Path(__file__).parent / "sql"
_SUFFIX: Final = ".sql.j2"
_LOOSE_ENDS: Final = re.compile(r"[ \t]+(?=\n)|\n\s*(?=\n)")
_MERGED: Final = {"boolean": "BOOL_OR"}
_NAMES: Final = ("bucket", "calls", "tools", "total")


class _UnknownColumn(jinja2.TemplateRuntimeError):
    def __init__(self, name: str) -> None:
        super().__init__(f"there is no logical column {name!r}")
        self.name = name


@dataclass(frozen=True, slots=True)
class SqlContext:
    """What a template can use, bound to one stack.

    Args:
        names: macro and value names → what they stand for.
    """

    names: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class SqlTemplate:
    """One compiled `.sql.j2` file.

    Args:
        path: the file.
        compiled: the template.
    """

    path: Path
    compiled: jinja2.Template

    def render(self, context: SqlContext) -> str:
        """Return the statement, without blank lines or trailing blanks."""
        return _LOOSE_ENDS.sub("", self.compiled.render(context.names).strip())

    def tried(self, context: SqlContext) -> str:
        """Render as `render`, and say where it fails if it does.

        Raises:
            DeclarationError: with the line of the template.
        """
        try:
            return self.render(context)
        except (jinja2.TemplateError, TypeError, ValueError, ArithmeticError) as error:
            raise self._problem(error) from error

    def problem(self, message: str, fragment: str) -> DeclarationError:
        """Return an error about the first line that holds a fragment of the statement."""
        lines = self.path.read_text(encoding="utf-8").splitlines()
        holding = (number for number, line in enumerate(lines, 1) if fragment in line)
        return DeclarationError(message, path=self.path, line=next(holding, 1))

    def _problem(self, error: Exception) -> DeclarationError:
        hint = nearest(error.name, sorted(LOGICAL)) if isinstance(error, _UnknownColumn) else ""
        line = _line_in(error.__traceback__, str(self.path))
        return DeclarationError(str(error), path=self.path, line=line, hint=hint)


class SqlTemplates:
    """The SQL templates of one kind of declaration.

    Args:
        project: a project whose own files of the same name override the shipped ones.
    """

    def __init__(self, project: Path | None = None) -> None:
        self._folders = [root / "sql" for root in roots("dashboards", project)]
        self._environment = jinja2.Environment(
            loader=jinja2.FileSystemLoader([*self._folders, _MACROS]),
            undefined=jinja2.StrictUndefined,
            autoescape=False,  # noqa: S701 - SQL, not HTML
        )
        self._macros = self._environment.get_template("macros" + _SUFFIX)

    def get(self, name: str) -> SqlTemplate:
        """Return the template of a name, compiled.

        Raises:
            DeclarationError: the template is not valid Jinja.
            KeyError: there is none; the argument is the hint.
        """
        try:
            compiled = self._environment.get_template(name + _SUFFIX)
        except jinja2.TemplateNotFound as error:
            raise KeyError(nearest(name, self._names())) from error
        except jinja2.TemplateSyntaxError as error:
            path = error.filename or name
            message = error.message or "is not a template"
            raise DeclarationError(message, path=path, line=error.lineno) from error
        return SqlTemplate(Path(str(compiled.filename)), compiled)

    def context(
        self, profile: Profile, stream: str, filters: Mapping[str, str] | None = None
    ) -> SqlContext:
        """Bind the macros to a stream.

        Args:
            profile: how logical columns are read.
            stream: name of the LLM stream.
            filters: dashboard variable → logical column that it narrows.
        """
        module = self._macros.make_module(
            {
                "column": _reader(profile),
                "merged": _merged,
                "stream": stream,
                "filters": tuple((filters or {}).items()),
            }
        )
        return SqlContext({name: getattr(module, name) for name in _NAMES})

    def _names(self) -> list[str]:
        found = (path for folder in self._folders for path in folder.glob(f"*{_SUFFIX}"))
        return sorted({path.name.removesuffix(_SUFFIX) for path in found})


def _reader(profile: Profile) -> Callable[[str], str]:
    def column(name: str) -> str:
        try:
            return profile.expressions[name]
        except KeyError:
            raise _UnknownColumn(name) from None

    return column


def _merged(name: str) -> str:
    """Return the aggregate that keeps the value of equal copies of a row."""
    return _MERGED.get(LOGICAL[name].type, "MAX") if name in LOGICAL else "MAX"


def _line_in(trace: TracebackType | None, filename: str) -> int | None:
    """Return the innermost line of a file that an error passed through."""
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
