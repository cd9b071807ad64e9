"""Nothing that somebody else changed is overwritten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.provider.three_way import Conflict, Views, conflicts, describe

if TYPE_CHECKING:
    from tests.provider.strategies import Values


def found(base: Any, server: Any, target: Any) -> list[tuple[str, ...]]:
    """Paths at which one may not write, where both readings of the server are the same."""
    return [c.path for c in conflicts(Views(base, server, server, target))]


@given(st.data())
def test_an_untouched_server_takes_any_target(values: type[Values], data: st.DataObject) -> None:
    """Server = base: everything may be written."""
    base, target = data.draw(values.plain_maps), data.draw(values.plain_maps)
    assert found(base, base, target) == []


@given(st.data())
def test_a_lost_answer_is_harmless(values: type[Values], data: st.DataObject) -> None:
    """Server = target: whatever the state says, there is nothing left to do."""
    base, target = data.draw(values.plain_maps), data.draw(values.plain_maps)
    assert found(base, target, target) == []


@given(st.data())
def test_any_other_change_on_the_server_stops(values: type[Values], data: st.DataObject) -> None:
    """Server differs from a program that changed nothing: there is always a conflict."""
    base = data.draw(values.plain_maps)
    server = {**base, "new": {"value": data.draw(st.integers())}}
    assert found(base, server, base) == [("new",)]


@pytest.mark.parametrize(
    ("base", "server", "target", "paths"),
    [
        ({"a": 1, "b": 1}, {"a": 2, "b": 1}, {"a": 2, "b": 3}, []),
        ({"a": 1}, {"a": 2}, {"a": 3}, [("a",)]),
        ({"a": 1}, {}, {"a": 3}, [("a",)]),
        ({}, {"a": 2}, {"a": 3}, [("a",)]),
        ({"a": 1}, {"a": 2}, {}, [("a",)]),
        ({"p": {"x": 1, "y": 1}}, {"p": {"x": 2, "y": 1}}, {"p": {"x": 1, "y": 3}}, [("p", "x")]),
        ({"p": {"x": 1, "y": 1}}, {}, {"p": {"x": 2, "y": 1}}, [("p",)]),
        ({}, {"p": {"x": 1}}, {"p": {"x": 1, "y": 2}}, []),
        ({}, {"p": {"x": 1}}, {"p": {"x": 2}}, [("p", "x")]),
        ({"p": {"x": 1}}, {"p": {"x": 1}, "q": 1}, {"p": {"x": 2}}, [("q",)]),
    ],
)
def test_each_path_is_judged_by_itself(base: Any, server: Any, target: Any, paths: Any) -> None:
    """Done, ours to write, or a conflict: at the deepest path that says it."""
    assert found(base, server, target) == paths


def test_a_reading_with_the_target_in_mind_can_settle_a_path() -> None:
    """Derived order numbers depend on what was known: either reading may agree."""
    base = {"a": {"order": 10}, "b": {"order": 20}}
    target = {"a": {"order": 20}, "b": {"order": 10}}
    as_base = {"a": {"order": 10}, "b": {"order": 5}}
    assert list(conflicts(Views(base, as_base, target, target))) == []
    assert [c.path for c in conflicts(Views(base, as_base, as_base, target))] == [("b", "order")]


def test_a_conflict_tells_all_three_values() -> None:
    """The reader sees what was, what is and what was asked for; long texts are cut."""
    conflict = Conflict(("panels", "cost"), Views(None, "x" * 300, "x" * 300, {"b": 1, "a": 2}))
    assert describe(conflict, hidden=False).splitlines() == [
        "panels.cost",
        "  last known: (absent)",
        f'  on the server: "{"x" * 199}… (302 characters)',
        '  wanted: {"a": 2, "b": 1}',
    ]


def test_a_conflict_over_a_secret_shows_none_of_it() -> None:
    """Secret values are not printed, absent ones are."""
    text = describe(Conflict(("key",), Views("old", None, None, "hunter2")), hidden=True)
    assert text == "key\n  last known: [secret]\n  on the server: (absent)\n  wanted: [secret]"
