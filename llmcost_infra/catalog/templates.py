"""SQL templates: rendered once for each profile, when loaded; a stack only fills in names.

So the text that was checked is the text that is sent, whatever stack it is for.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, Literal

import jinja2

from llmcost_infra.columns import COUNTED_STREAM, LOGICAL, PRICED
from llmcost_infra.declarations import nearest, roots
from llmcost_infra.errors import DeclarationError
from llmcost_infra.profiles import ATTRIBUTED, attributed

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
    from types import TracebackType

    from llmcost_infra.profiles import Profile
    from llmcost_infra.settings import Attribution, Streams, Team

__all__ = [
    "ENVIRONMENT",
    "ITEM",
    "OWNER_OF_FEATURE",
    "SqlMacros",
    "SqlTemplate",
    "SqlTemplates",
    "Statement",
    "left_open",
    "sql_text",
    "value_in",
]

ENVIRONMENT: Final = "environment"
"""Name of the value that says which environment a stack is."""

OWNER_OF_FEATURE: Final = "owner_of_feature"
"""Name of the value that says who answers for a feature."""

ITEM: Final = "item"
"""Name of the value that tells one copy of an alert from another."""

_MACROS: Final = Path(__file__).parent / "sql"
_SUFFIX: Final = ".sql.j2"
# These stand for what a stack chooses; no file of text holds them.
_STREAM: Final = "\0"
_ROLLUP: Final = "\2"
_QUARANTINE: Final = "\3"
_BILLING: Final = "\5"
_CHOSEN: Final = attributed("")[0]
_MARKS: Final = re.compile("(\6[^\6]+\6|[\0\2\3\5]|\1\\w+\1|\4\\w+\4)")
_WHOSE: Final = re.compile("\6([^\6]+)\6")
_CHOICES: Final = {
    **dict.fromkeys((_STREAM, _ROLLUP, _QUARANTINE, _BILLING), r"\w+"),
    _CHOSEN: r"\w+|COALESCE\([\w, ]+\)",
    "\4": r"[\d.]+|'(?:[^']|'')*'",
    "\6": r"(?: AND (?:\w+|COALESCE\([\w, ]+\)) = '(?:[^']|'')*')?",
}
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_UNDEFINED: Final = re.compile(r"'(\w+)' is undefined$")
_LOOSE_ENDS: Final = re.compile(r"[ \t]+(?=\n)|\n\s*(?=\n)")
_PUBLIC: Final = (
    *("age", "all_calls", "billing", "bucket", "calls", "closed_rollups", "counted", "found_at"),
    *("rollup", "tool_shares", "tools", "total", "unfinished", "usd"),
)

SqlMacros = dict[str, Any]
"""What a template can use, for one profile."""


class _UnknownName(jinja2.TemplateRuntimeError):
    def __init__(self, what: str, name: str, known: Iterable[str]) -> None:
        super().__init__(f"there is no {what} {name!r}")
        self.hint = nearest(name, sorted(known))


@dataclass(frozen=True, slots=True)
class Statement:
    """A SQL statement but for what a stack chooses: streams, sources of attribution, values.

    Args:
        text: the statement, with a mark for each choice.
    """

    text: str

    @property
    def reads_quarantine(self) -> bool:
        """Whether it reads the quarantine stream and not the LLM stream."""
        return _QUARANTINE in self.text

    @property
    def reads_rollup(self) -> bool:
        """Whether it reads the rollup stream and not the LLM stream."""
        return _ROLLUP in self.text

    @property
    def reads_billing(self) -> bool:
        """Whether it reads the billing stream and not the LLM stream."""
        return _BILLING in self.text

    @property
    def reads_counted(self) -> bool:
        """Whether it reads what applications counted themselves and not the LLM stream."""
        return COUNTED_STREAM in self.text

    def over(
        self,
        streams: Streams,
        attribution: Attribution,
        values: Mapping[str, str] = _NOTHING,
        *,
        team: Team | None = None,
    ) -> str:
        """Return the statement of a stack.

        Args:
            streams: names of its streams.
            attribution: where its calls say whose spend they are.
            values: what stands for each value that a template left open, as SQL.
            team: whose calls are all that it reads; everybody's if there is none.
        """
        owned = rf" AND \1 = {sql_text(team.name)}" if team else ""
        text = _WHOSE.sub(owned, self.text)
        text = text.replace(_STREAM, streams.calls).replace(_ROLLUP, streams.rollup)
        text = text.replace(_QUARANTINE, streams.quarantine).replace(_BILLING, streams.billing)
        for name in ATTRIBUTED if _CHOSEN in text else ():
            text = text.replace(attributed(name), _first_of(getattr(attribution, name)))
        for name, value in values.items():
            text = text.replace(_left_open(name), value)
        return text

    def choices(self, sql: str) -> dict[str, str] | None:
        """Return what stands for each mark in a statement; None when it is not made of this one."""
        parts = _MARKS.split(self.text)
        places: dict[str, str] = {}
        pattern = ""
        for at, part in enumerate(parts):
            if at % 2 == 0:
                pattern += re.escape(part)
            elif part in places:
                pattern += f"(?P={places[part]})"
            else:
                places[part] = f"m{at}"
                pattern += f"(?P<m{at}>{_CHOICES[part[0]]})"
        found = re.fullmatch(pattern, sql)
        return found and {mark: found[place] for mark, place in places.items()}

    def chosen(self, choices: Mapping[str, str], values: Mapping[str, str] = _NOTHING) -> str:
        """Return the statement with choices that were read from another one.

        Args:
            choices: what stands for each mark.
            values: what stands instead for values that a template left open.

        Raises:
            KeyError: a mark stands for nothing there.
        """
        known = {**choices, **{_left_open(name): value for name, value in values.items()}}
        return _MARKS.sub(lambda mark: known[mark[0]], self.text)


@dataclass(frozen=True, slots=True)
class SqlTemplate:
    """One compiled `.sql.j2` file.

    Args:
        path: the file.
        compiled: the template.
    """

    path: Path
    compiled: jinja2.Template

    def statement(self, macros: SqlMacros) -> Statement:
        """Return the statement, without blank lines or trailing blanks.

        Raises:
            DeclarationError: with the line that fails: an undefined name, an unknown column, …
        """
        try:
            text = self.compiled.render(macros)
        except jinja2.TemplateSyntaxError as error:
            raise _not_a_template(error) from error
        # A template may call anything with anything: whatever it raises is its author's mistake.
        except Exception as error:
            raise self._refused(error, sorted(macros)) from error
        return Statement(_LOOSE_ENDS.sub("", text.strip()))

    def problem(self, message: str, text: str, at: int, hint: str = "") -> DeclarationError:
        """Return an error about a place in the rendered text, at the line that it comes from.

        Args:
            message: what is wrong.
            text: the statement.
            at: index in it.
            hint: what to write instead.
        """
        meant = text[text.rfind("\n", 0, at) + 1 :].partition("\n")[0].strip()
        # Where a macro wrote part of the line, its longest word that is the author's own will do.
        words = sorted(re.findall(r"\w+", meant), key=len, reverse=True)
        lines = self.path.read_text(encoding="utf-8").splitlines()
        found = (
            number
            for fragment in (meant, *words)
            for number, line in enumerate(lines, 1)
            if fragment in line
        )
        return DeclarationError(message, path=self.path, line=next(found, 1), hint=hint)

    def _refused(self, error: Exception, known: list[str]) -> DeclarationError:
        message, hint = str(error), ""
        undefined = _UNDEFINED.match(message) if isinstance(error, jinja2.UndefinedError) else None
        if undefined is not None:
            hint = nearest(undefined[1], known)
        elif isinstance(error, _UnknownName):
            hint = error.hint
        elif isinstance(error, jinja2.TemplateNotFound):
            message = f"there is no template {error.name!r}"
        line = _line_in(error.__traceback__, str(self.path))
        return DeclarationError(message, path=self.path, line=line, hint=hint)


class SqlTemplates:
    """The SQL templates of a folder of declarations.

    Args:
        kind: the folder.
        project: a project whose own files of the same name override the shipped ones.
    """

    def __init__(
        self, kind: Literal["alerts", "dashboards", "pipelines"], project: Path | None = None
    ) -> None:
        self._folders = [root / "sql" for root in roots(kind, project)]
        self._environment = _environment(*self._folders)
        self._macros = _macros()

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
            raise _not_a_template(error) from error
        return SqlTemplate(Path(str(compiled.filename)), compiled)

    def macros(self, profile: Profile, filters: Mapping[str, str]) -> SqlMacros:
        """Return the macros for one shape of data.

        Args:
            profile: how logical columns are read.
            filters: dashboard variable → logical column that it narrows.
        """
        values = {name: _left_open(name) for name in (ENVIRONMENT, OWNER_OF_FEATURE)}
        module = self._macros.make_module(
            {
                **values,
                "column": _reader(profile),
                "merged": _merger(profile),
                "stream": _STREAM,
                "rollup_stream": _ROLLUP,
                "quarantine_stream": _QUARANTINE,
                "billing_stream": _BILLING,
                "counted_stream": COUNTED_STREAM,
                "whose": f"\6{profile.expressions['team']}\6",
                "whose_total": "\6team\6",
                "filters": tuple(filters.items()),
                "all_filters": tuple(filters),
            }
        )
        return values | {name: getattr(module, name) for name in _PUBLIC}

    def _names(self) -> list[str]:
        found = (path for folder in self._folders for path in folder.glob(f"*{_SUFFIX}"))
        return sorted({path.name.removesuffix(_SUFFIX) for path in found})


def _environment(*folders: Path) -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(folders),
        undefined=jinja2.StrictUndefined,
        autoescape=False,  # noqa: S701 - SQL, not HTML
    )


@cache
def _macros() -> jinja2.Template:
    """Return our macros, compiled once: that takes longer than most templates that use them."""
    return _environment(_MACROS).get_template("macros" + _SUFFIX)


def _not_a_template(error: jinja2.TemplateSyntaxError) -> DeclarationError:
    return DeclarationError(str(error.message), path=str(error.filename), line=error.lineno)


def _reader(profile: Profile) -> Callable[[str], str]:
    def column(name: str) -> str:
        try:
            return profile.expressions[name]
        except KeyError:
            raise _UnknownName("logical column", name, LOGICAL) from None

    return column


def value_in(choices: Mapping[str, str], name: str) -> str | None:
    """Return what stands in a statement for a value that its template left open, if it is there."""
    return choices.get(_left_open(name))


def left_open(limits: Collection[str], *, item: bool) -> SqlMacros:
    """Return what a template writes where a stack, or a backtest, fills in a value.

    Args:
        limits: names that ``limit('name')`` may take.
        item: whether there is ``item``, the one thing that a copy of an alert is about.
    """

    def limit(name: str) -> str:
        if name not in limits:
            raise _UnknownName("limit", name, limits)
        return _left_open(name)

    return {"limit": limit, **({"item": _left_open(ITEM)} if item else {})}


def sql_text(value: str) -> str:
    """Return a text as SQL has it, in quotes."""
    doubled = value.replace("'", "''")
    return f"'{doubled}'"


def _left_open(name: str) -> str:
    return f"\4{name}\4"


def _first_of(columns: Sequence[str]) -> str:
    return columns[0] if len(columns) == 1 else f"COALESCE({', '.join(columns)})"


def _merger(profile: Profile) -> Callable[[str], str]:
    """Return what makes one value of the rows of a call, by logical column."""
    column = _reader(profile)
    adjusted = f"{column('adjusted_at')} NULLS FIRST, {column('cost_usd')} NULLS FIRST"

    def merged(name: str) -> str:
        value = column(name)
        if LOGICAL[name].type == "boolean":
            return f"BOOL_OR({value})"
        if profile.adjustable and name in PRICED:
            return f"LAST_VALUE({value} ORDER BY {adjusted})"
        return f"MAX({value})"

    return merged


def _line_in(trace: TracebackType | None, filename: str) -> int | None:
    """Return the innermost line of a file that an error passed through."""
    line = None
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == filename:
            line = trace.tb_lineno
        trace = trace.tb_next
    return line
