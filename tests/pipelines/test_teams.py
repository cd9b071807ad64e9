"""Spend belongs to the team that `teams.yaml` says, to the day."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost_infra.catalog import NO_TEAMS, Teams, load_pipeline, load_teams, render_pipeline
from llmcost_infra.catalog.teams import UNREGISTERED, Entry, compile_teams
from llmcost_infra.errors import DeclarationError
from llmcost_infra.sql_engine.vrl import Program
from tests.pipelines.conftest import Graph

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.settings import Settings

REGISTERED = """\
teams:
  Search:
    aliases:
      - {name: search-team}
      - {name: discovery, to: 2026-07-01}
    features:
      - {name: semantic_search}
      - {name: summary, from: 2026-03-01}
    services:
      - {name: search-api}
  billing:
    aliases:
      - {name: discovery, from: 2026-07-01}
    features:
      - {name: summary, to: 2026-03-01}
"""


def written(folder: Path, text: str) -> Teams:
    """Return the teams of a project with this file."""
    (folder / "teams.yaml").write_text(text, encoding="utf-8")
    return load_teams(folder)


def micros(day: date) -> int:
    """Return the first microsecond of a UTC day."""
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) * 1_000_000


def corrected(teams: Teams) -> Callable[..., str]:
    """Return what the normaliser makes of a call's team."""
    program = Program(
        'team = string(.team) ?? ""\n'
        'feature = string(.feature) ?? ""\n'
        "call_at = to_int(.at) ?? 0\n"
        f"{compile_teams(teams)}\n.team = team\n."
    )

    def correct(team: str = "", feature: str = "", service: str = "", at: int = 0) -> str:
        row = {"team": team, "feature": feature, "service_name": service, "at": at}
        made: str = program.run(row)["team"]
        return made

    return correct


@pytest.fixture
def correct(tmp_path: Path) -> Callable[..., str]:
    """Return what the registry above makes of a call's team."""
    return corrected(written(tmp_path, REGISTERED))


@pytest.mark.parametrize("sent", ["Search", "search", "SEARCH", "search-team", "Search-Team"])
def test_a_spelling_ends_at_its_team(correct: Callable[..., str], sent: str) -> None:
    """Upper or lower case, name or alias: it is one team, spelled as it is registered."""
    assert correct(sent) == "Search"


def test_a_team_that_nobody_registered_is_shown_as_such(correct: Callable[..., str]) -> None:
    """Its spend is not lost, and not the spend of whoever owns the feature or the service."""
    assert correct("ghost", "semantic_search", "search-api") == UNREGISTERED


def test_who_names_no_team_is_the_owner_of_the_feature_then_of_the_service(
    correct: Callable[..., str],
) -> None:
    """What the application says of itself comes first, then what is known of it."""
    at = micros(date(2026, 1, 1))
    assert correct("billing", "semantic_search", at=at) == "billing"
    assert correct(feature="Summary", service="search-api", at=at) == "billing"
    assert correct(feature="other", service="Search-API", at=at) == "Search"
    assert correct(feature="other", service="other", at=at) == ""


def test_a_move_is_exact_to_the_day(correct: Callable[..., str]) -> None:
    """The last microsecond before midnight UTC is the old owner's, the next one the new one's."""
    moved, renamed = micros(date(2026, 3, 1)), micros(date(2026, 7, 1))
    assert [correct(feature="summary", at=at) for at in (moved - 1, moved)] == ["billing", "Search"]
    assert [correct("discovery", at=at) for at in (renamed - 1, renamed)] == ["Search", "billing"]


def test_without_teams_a_call_keeps_the_team_that_it_names() -> None:
    """The shipped file registers nobody, and then nothing is corrected."""
    assert load_teams() == NO_TEAMS
    assert compile_teams(NO_TEAMS) == ""
    assert corrected(NO_TEAMS)("Ghost") == "Ghost"


def test_the_team_that_is_stored_is_the_registered_one(
    settings: Settings, table: PriceTable, tmp_path: Path, chat: Callable[..., dict[str, Any]]
) -> None:
    """The whole pipeline stores the corrected team, and keeps the row of an unregistered one."""
    teams = written(tmp_path, REGISTERED)
    graph = Graph(render_pipeline(load_pipeline("llm_cost"), settings, table, teams))

    def stored(**columns: str) -> str | None:
        (row,) = graph.route(chat(**columns))["t_llm_calls"]
        team: str | None = row.get("llmcost_team")
        return team

    assert stored(service_team="SEARCH-team") == "Search"
    assert stored(feature="semantic_search") == "Search"
    assert stored(team="ghost") == UNREGISTERED
    assert stored(feature="nobody's") is None


NAMES = st.from_regex(r"[a-zA-Zäöüßéñ_0-9][a-zA-Zäöüßéñ0-9 ._:@/&+-]{0,12}[a-z0-9]", fullmatch=True)
DAYS = st.dates(date(2020, 1, 1), date(2035, 1, 1))


@settings(max_examples=40)
@given(st.lists(NAMES, min_size=2, max_size=12, unique_by=str.lower), st.data())
def test_an_alias_always_ends_at_its_team(names: list[str], data: st.DataObject) -> None:
    """Whatever the names: each leads to the team that registered it, and no other name does."""
    *known, unknown = names
    owners = {name: data.draw(st.sampled_from(["one", "two"]), name) for name in known}
    correct = corrected(Teams(tuple(Entry(name.lower(), team) for name, team in owners.items())))

    assert {name: correct(name) for name in known} == owners
    ascii_only = [name for name in known if name.isascii()]  # ß has no capital of one letter
    assert all(correct(name.swapcase()) == owners[name] for name in ascii_only)
    assert correct(unknown) == UNREGISTERED


@settings(max_examples=40)
@given(st.lists(DAYS, min_size=2, max_size=5, unique=True).map(sorted))
def test_owners_in_a_row_leave_no_gap_and_no_overlap(days: list[date]) -> None:
    """When a feature changes hands any number of times, each moment has its one owner."""
    bounds = [micros(day) for day in days]
    spans = list(zip([None, *bounds], [*bounds, None], strict=True))
    owned = tuple(
        Entry("feature", f"team{index}", begin, end) for index, (begin, end) in enumerate(spans)
    )
    correct = corrected(Teams((Entry("team0", "team0"),), owned))

    for index, bound in enumerate(bounds):
        assert correct(feature="feature", at=bound - 1) == f"team{index}"
        assert correct(feature="feature", at=bound) == f"team{index + 1}"
    pairs = [(one, other) for one in owned for other in owned if one is not other]
    assert not any(one.overlaps(other) for one, other in pairs)


@given(DAYS, st.integers(1, 400), DAYS, st.integers(1, 400))
def test_entries_overlap_when_they_share_a_day(
    begin: date, length: int, other_begin: date, other_length: int
) -> None:
    """Two validities overlap exactly when some day lies in both."""
    ends = [begin + timedelta(length), other_begin + timedelta(other_length)]
    one = Entry("x", "a", micros(begin), micros(ends[0]))
    other = Entry("x", "b", micros(other_begin), micros(ends[1]))

    shared = max(begin, other_begin) < min(ends)

    assert one.overlaps(other) is other.overlaps(one) is shared


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ("name: search-team", "name: Billing", 4, "'billing' leads to billing already"),
        ("name: search-team", "name: search", 4, "'search' leads to Search already"),
        ("discovery, to: 2026-07-01", "discovery, to: 2026-07-02", 13, "see line 5"),
        ("discovery, to: 2026-07-01", "search-team, to: 2026-07-01", 5, "see line 4"),
        ("summary, from: 2026-03-01", "summary, from: 2026-02-28", 15, "leads to Search already"),
        ("{name: semantic_search}", "{name: x, from: 2026-02-01, to: 2026-02-01}", 7, "not after"),
        ("{name: semantic_search}", "{name: x, from: 2026-02-01, to: 2026-01-01}", 7, "not after"),
        ("from: 2026-03-01", "from: 2026-02-30", 8, "date"),
        ("from: 2026-03-01", "since: 2026-03-01", 8, "unknown key"),
        ("    services:", "    service:", 9, "did you mean 'services'"),
        ("  billing:", "  Unregistered:", 11, "rename it"),
        ("name: search-api", "name: ' api'", 10, "space around"),
        ("name: search-api", "name: 'a\" b'", 10, "use letters, digits, spaces"),
        ("name: search-api", "name: '{{ team }}'", 10, "use letters, digits, spaces"),
    ],
)
def test_a_wrong_file_is_refused_at_its_line(
    tmp_path: Path, old: str, new: str, line: int, said: str
) -> None:
    """Two teams for one name on one day, dates out of order, and what is no name."""
    assert REGISTERED.count(old) == 1

    with pytest.raises(DeclarationError) as refused:
        written(tmp_path, REGISTERED.replace(old, new))

    assert re.search(rf"teams\.yaml:{line}: (.|\n)*{re.escape(said)}", str(refused.value))


def test_all_problems_are_named_at_once(tmp_path: Path) -> None:
    """Who mends a file does not have to run it again for each mistake."""
    twice = REGISTERED.replace("name: search-team", "name: billing").replace(
        "from: 2026-03-01", "from: 2026-02-01"
    )

    with pytest.raises(DeclarationError) as refused:
        written(tmp_path, twice)

    assert [line.split(":")[1] for line in str(refused.value).splitlines()[::2]] == ["4", "15"]
