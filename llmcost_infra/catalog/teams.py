"""Teams: `teams.yaml` read and checked, and compiled into the normaliser's language."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Final

from pydantic import AfterValidator, Field

from llmcost_infra import declarations
from llmcost_infra.declarations import InvalidDeclaration, Strict, misplaced
from llmcost_infra.pricing.build import midnight_us
from llmcost_infra.settings import TeamName

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from llmcost_infra.declarations import Document, KeyPath
    from llmcost_infra.errors import DeclarationError

__all__ = ["NO_TEAMS", "UNREGISTERED", "Entry", "Teams", "compile_teams", "load_teams"]

UNREGISTERED: Final = "unregistered"
"""Team of a call that names one that nobody registered."""


def _not_reserved(name: str) -> str:
    if name.lower() == UNREGISTERED:
        raise misplaced(f"{name!r} is what calls of teams that are not here get", hint="rename it")
    return name


class _Dated(Strict):
    """A name, and the UTC days on which it leads to its team.

    Args:
        name: of a team, a feature or a service, as applications send it.
        from_: first day, written `from`.
        to: first day on which it no longer holds.
    """

    name: TeamName
    from_: date | None = Field(default=None, alias="from")
    to: date | None = None


class _Team(Strict):
    """What leads to a team.

    Args:
        aliases: other names of it.
        features: whose calls are its, unless they name a team.
        services: whose calls are its, unless they name a team or their feature has one.
    """

    aliases: tuple[_Dated, ...] = ()
    features: tuple[_Dated, ...] = ()
    services: tuple[_Dated, ...] = ()


class _File(Strict):
    """The shape of `teams.yaml`."""

    teams: dict[Annotated[TeamName, AfterValidator(_not_reserved)], _Team]


@dataclass(frozen=True, slots=True)
class Entry:
    """A name that leads to a team for some time.

    Args:
        name: in lower case.
        team: as it is stored.
        from_us: first moment, in µs since 1970 UTC; None is always.
        to_us: first moment at which it no longer holds; None is never.
    """

    name: str
    team: str
    from_us: int | None = None
    to_us: int | None = None

    def overlaps(self, other: Entry) -> bool:
        """Tell whether both hold at some moment."""
        return _before(self.from_us, other.to_us) and _before(other.from_us, self.to_us)


@dataclass(frozen=True, slots=True)
class Teams:
    """The registered teams.

    Args:
        spellings: names and aliases of the teams.
        features: features and whose they are.
        services: services and whose they are.
    """

    spellings: tuple[Entry, ...] = ()
    features: tuple[Entry, ...] = ()
    services: tuple[Entry, ...] = ()


NO_TEAMS: Final = Teams()
"""Nobody registered: a call belongs to the team that it names."""


def load_teams(project: Path | None = None) -> Teams:
    """Read the teams.

    Args:
        project: a project whose own `teams.yaml` replaces the shipped one.

    Raises:
        DeclarationError: with every problem of the file: dates out of order, a name that leads to
            two teams on one day, or stands twice.
    """
    document = declarations.read(declarations.single("teams", project))
    declared = document.parse(_File)
    problems: list[DeclarationError] = []
    found = {
        kind: tuple(_checked(document, kind, declared, problems))
        for kind in ("aliases", "features", "services")
    }
    if problems:
        raise InvalidDeclaration(sorted(problems, key=lambda problem: problem.line or 0))
    return Teams(found["aliases"], found["features"], found["services"])


def _checked(
    document: Document, kind: str, declared: _File, problems: list[DeclarationError]
) -> Iterator[Entry]:
    seen: dict[str, list[tuple[Entry, KeyPath]]] = {}
    for at, entry in _entries(kind, declared):
        if entry.from_us is not None and not _before(entry.from_us, entry.to_us):
            said = "is not after `from`; it is the first day on which this no longer holds"
            problems.append(document.problem((*at, "to"), said))
            continue
        earlier = seen.setdefault(entry.name, [])
        for other, where in earlier:
            if entry.overlaps(other):
                said = f"{entry.name!r} leads to {other.team} already, on the same days"
                hint = f"see line {document.line(where)}; end that one with `to`, or take one out"
                problems.append(document.problem(at, said, hint))
                break
        earlier.append((entry, at))
        yield entry


def _entries(kind: str, declared: _File) -> Iterator[tuple[KeyPath, Entry]]:
    if kind == "aliases":
        for team in declared.teams:
            yield ("teams", team), Entry(team.lower(), team)
    for team, leading in declared.teams.items():
        for index, one in enumerate(getattr(leading, kind)):
            days = (None if day is None else midnight_us(day) for day in (one.from_, one.to))
            yield ("teams", team, kind, index), Entry(one.name.lower(), team, *days)


def _before(from_us: int | None, to_us: int | None) -> bool:
    return from_us is None or to_us is None or from_us < to_us


def compile_teams(teams: Teams) -> str:
    """Return VRL statements that correct the variable `team`, and cannot fail.

    They read `team` and `feature`, text, empty if unknown, `call_at` in µs, and the service's name.

    Args:
        teams: the registered ones; without any the text is empty.
    """
    if not teams.spellings:
        return ""
    lines = [
        'registered = ""',
        'if team != "" {',
        " named = downcase(team)",
        *_branches(teams.spellings),
        f' team = if registered == "" {{ "{UNREGISTERED}" }} else {{ registered }}',
        "} else {",
    ]
    if teams.features:
        lines += [" named = downcase(feature)", *_branches(teams.features)]
    if teams.services:
        lines += [
            ' if registered == "" {',
            '  named = downcase(string(.service_name) ?? "")',
            *(f" {line}" for line in _branches(teams.services)),
            " }",
        ]
    return "\n".join((*lines, " team = registered", "}"))


def _branches(entries: Iterable[Entry]) -> Iterator[str]:
    same: dict[tuple[str, int | None, int | None], list[str]] = {}
    for entry in entries:
        names = same.setdefault((entry.team, entry.from_us, entry.to_us), [])
        names.append(f'named == "{entry.name}"')
    for (team, from_us, to_us), names in same.items():
        # VRL takes && and || from left to right: the parentheses are not for show.
        tests = [f"({' || '.join(names)})"]
        tests += [f"call_at >= {from_us}"] * (from_us is not None)
        tests += [f"call_at < {to_us}"] * (to_us is not None)
        yield f' if {" && ".join(tests)} {{ registered = "{team}" }}'
