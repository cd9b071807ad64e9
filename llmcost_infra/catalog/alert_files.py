"""Reads an alert's files, and finds all that can be wrong with them without asking a server."""

from __future__ import annotations

import re
from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from llmcost_infra.catalog.alerts import AT, VARIABLE, AlertDeclaration, AlertSpec
from llmcost_infra.catalog.price_reviews import review_by
from llmcost_infra.catalog.statements import StatementError, output_columns, variables
from llmcost_infra.catalog.templates import ITEM, SqlTemplates, left_open
from llmcost_infra.declarations import InvalidDeclaration, find, names, nearest, read
from llmcost_infra.errors import DeclarationError
from llmcost_infra.profiles import PROFILES
from llmcost_infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from llmcost_infra.catalog.templates import SqlTemplate, Statement
    from llmcost_infra.declarations import Document

__all__ = ["alert_declared_by", "load_alert", "load_alerts"]

_ANY: Final = Settings(environment="any")
"""Names do not change what a statement returns."""
_DAY: Final = "utc_date"
_EVERYTHING: Final = re.compile(r"select\s+\*", re.IGNORECASE)


def load_alerts(project: Path | None = None) -> list[AlertSpec]:
    """Read every alert that is declared, sorted by name.

    Args:
        project: a project whose own files of the same id override the shipped ones.

    Raises:
        InvalidDeclaration: everything that is wrong with any of them, each with file and line.
    """
    specs: list[AlertSpec] = []
    problems: list[DeclarationError] = []
    for name in names("alerts", project):
        try:
            specs.append(load_alert(name, project))
        except InvalidDeclaration as invalid:
            problems += invalid.problems
    if problems:
        raise InvalidDeclaration(problems)
    return specs


def load_alert(name: str, project: Path | None = None) -> AlertSpec:
    """Read an alert's declaration and check all that can be checked without a server.

    Args:
        name: id of the declaration, e.g. ``daily_budget``.
        project: a project whose own files of the same id override the shipped ones.

    Raises:
        DeclarationError: there is no such declaration, or everything that is wrong with it and
            its template, each with file and line.
    """
    document = read(find("alerts", name, project))
    declared = document.parse(AlertDeclaration)
    templates = SqlTemplates("alerts", project)
    try:
        template = templates.get(name)
    except KeyError as error:
        said = f"there is no sql/{name}.sql.j2"
        raise InvalidDeclaration([document.problem((), said, str(error.args[0]))]) from error
    statements: dict[str, Statement] = {}
    problems: dict[str, DeclarationError] = {}
    for profile in PROFILES.values():
        macros = templates.macros(profile, {})
        macros |= left_open(declared.limits, item=declared.each is not None)
        macros |= {"review_by": review_by(project)}
        try:
            statements[profile.name] = template.statement(macros)
            found = list(_problems(document, declared, template, statements[profile.name]))
        except DeclarationError as error:
            found = [error]
        # Most are the same with every profile, and one telling is enough.
        problems |= {str(problem): problem for problem in found}
    if problems:
        raise InvalidDeclaration(list(problems.values()))
    screens = _screens(name, declared, templates, template)
    return AlertSpec(name, document, declared, statements, screens)


def alert_declared_by(source: str, project: Path) -> AlertSpec | None:
    """Return the declaration that an alert says it is made of; None where it says none.

    Args:
        source: file that declares it, relative to the project.
        project: the folder.
    """
    path = PurePath(source)
    if path.parent.name != "alerts" or path.suffix != ".yaml":
        return None
    try:
        return load_alert(path.stem, project)
    except DeclarationError:  # a file of that name that declares something else
        return None


def _screens(
    name: str, declared: AlertDeclaration, templates: SqlTemplates, template: SqlTemplate
) -> dict[str, Statement]:
    """Return what stands beside the alert's statement; there is none for one of somebody else."""
    try:
        screen = templates.get(f"{name}.screen")
    except KeyError:
        return {}
    if screen.path.parent != template.path.parent:
        return {}
    marks = left_open(declared.limits, item=declared.each is not None)
    found: dict[str, Statement] = {}
    for profile in PROFILES.values():
        found[profile.name] = screen.statement({**templates.macros(profile, {}), **marks})
        text = found[profile.name].over(_ANY.streams, _ANY.attribution)
        try:
            returned = output_columns(text)
        except StatementError as error:
            raise screen.problem(str(error), text, error.at) from error
        if set(returned) != {AT}:
            hint = f"select {AT} of looks, in which the alert may find something"
            raise screen.problem(f"a screen returns {AT} and nothing else", text, 0, hint)
    return found


def _problems(
    document: Document, declared: AlertDeclaration, template: SqlTemplate, statement: Statement
) -> Iterator[DeclarationError]:
    text = statement.over(_ANY.streams, _ANY.attribution)
    try:
        returned = output_columns(text)
    except StatementError as error:
        raise template.problem(str(error), text, error.at) from error
    for name, at in variables(text):
        hint = "write {{ limit('...') }}, or a number"
        yield template.problem(f"an alert has no variable {name!r}", text, at, hint)
    if everything := _EVERYTHING.search(text):
        hint = "name the columns: the server refuses it"
        yield template.problem("an alert may not select *", text, everything.start(), hint)
    if _DAY not in returned:
        hint = "begin with SELECT {{ found_at() }}, which tells one day's incident from another's"
        yield template.problem(f"{template.path.name} returns no {_DAY}", text, 0, hint)
    elif set(returned) == {_DAY}:
        hint = "return what was found, so that the text can say it"
        yield template.problem(f"{template.path.name} returns nothing but {_DAY}", text, 0, hint)
    for name in declared.limits:
        if f"\4{name}\4" not in statement.text:
            yield document.problem(("limits", name), f"{template.path.name} uses no such limit")
    known = {*returned, *declared.limits, *([ITEM] if declared.each else [])}
    for name in VARIABLE.findall(declared.text):
        if name not in known:
            said = f"no row has {name!r}"
            yield document.problem(("text",), said, nearest(name, sorted(known)))
    yield from _undrawable(document, declared, returned)


def _undrawable(
    document: Document, declared: AlertDeclaration, returned: tuple[str, ...]
) -> Iterator[DeclarationError]:
    drawn = declared.drawn
    if drawn is None:
        return
    if drawn.value not in returned:
        hint = nearest(drawn.value, sorted(returned))
        yield document.problem(("drawn", "value"), f"no row has {drawn.value!r}", hint)
    known = {*returned, *declared.limits}
    if drawn.limit is not None and drawn.limit not in known:
        said = f"{drawn.limit!r} is neither a limit nor a column"
        yield document.problem(("drawn", "limit"), said, nearest(drawn.limit, sorted(known)))
    for name in drawn.looser:
        if name not in declared.limits:
            hint = nearest(name, sorted(declared.limits))
            yield document.problem(("drawn", "looser", name), f"there is no limit {name!r}", hint)
