"""A diff says exactly what changed, at the path where Pulumi shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.provider.diff import Change, apply, diff, equal, render_path
from llmcost_infra.provider.values import UNKNOWN

if TYPE_CHECKING:
    from tests.provider.strategies import Values


def parsed(path: str) -> tuple[str, ...]:
    """Read a path by the rules of Pulumi's own parser."""
    keys: list[str] = []
    while path:
        if path.startswith('["'):
            end = 2
            while path[end] != '"':
                end += 2 if path[end : end + 2] == '\\"' else 1
            keys.append(path[2:end].replace('\\"', '"'))
            path = path[end + 2 :]
            continue
        path = path.removeprefix(".")
        end = min(i for i in (path.find("."), path.find("["), len(path)) if i >= 0)
        keys.append(path[:end])
        path = path[end:]
    return tuple(keys)


@given(st.data())
def test_nothing_differs_from_itself(values: type[Values], data: st.DataObject) -> None:
    """The diff of a value with itself is empty."""
    value = data.draw(values.sparse_maps)
    assert list(diff(value, value)) == []


@given(st.data())
def test_applying_a_diff_gives_the_other(values: type[Values], data: st.DataObject) -> None:
    """The diff of two values turns the first into the second, and touches neither."""
    old, new = data.draw(values.sparse_maps), data.draw(values.sparse_maps)
    kept = repr(old)
    changes = list(diff(old, new))
    assert equal(apply(old, changes), new)
    assert repr(old) == kept


@given(st.data())
def test_a_change_is_told_once(values: type[Values], data: st.DataObject) -> None:
    """No path of a diff lies within another."""
    old, new = data.draw(values.plain_maps), data.draw(values.plain_maps)
    paths = [change.path for change in diff(old, new)]
    inside = [(a, b) for a in paths for b in paths if a != b and b[: len(a)] == a]
    assert inside == []
    assert len(set(paths)) == len(paths)


@given(st.data())
def test_pulumi_reads_the_path_that_was_meant(values: type[Values], data: st.DataObject) -> None:
    """Rendered paths parse back by Pulumi's grammar, which has no way to write a backslash."""
    keys = values.keys.filter(lambda key: "\\" not in key)
    path = tuple(data.draw(st.lists(keys, min_size=1, max_size=4)))
    assert parsed(render_path(path)) == path


@pytest.mark.parametrize(
    ("path", "text"),
    [
        (("title",), "title"),
        (("tabs", "overview", "panels", "cost_1", "query"), "tabs.overview.panels.cost_1.query"),
        (("tabs", "odd key", "name"), 'tabs["odd key"].name'),
        (("a.b", "c"), '["a.b"].c'),
        (("a", "24h", "x-y"), 'a["24h"]["x-y"]'),
        (("a", 'say "hi"'), 'a["say \\"hi\\""]'),
        (("a", "*"), 'a["*"]'),
    ],
)
def test_paths_are_written_as_pulumi_writes_them(path: tuple[str, ...], text: str) -> None:
    """Plain names have dots, all others are quoted."""
    assert render_path(path) == text


PANELS = {"a": {"order": 10, "query": "SELECT 1"}, "b": {"order": 20, "query": "SELECT 2"}}


@pytest.mark.parametrize(
    ("new", "changes"),
    [
        (
            {**PANELS, "first": {"order": 5}},
            [(("panels", "first"), "add", None, {"order": 5})],
        ),
        (
            {"b": PANELS["b"]},
            [(("panels", "a"), "delete", PANELS["a"], None)],
        ),
        (
            {"a": {**PANELS["a"], "order": 20}, "b": {**PANELS["b"], "order": 10}},
            [
                (("panels", "a", "order"), "update", 10, 20),
                (("panels", "b", "order"), "update", 20, 10),
            ],
        ),
        (
            {**PANELS, "a": {"order": 10, "query": "SELECT 3"}},
            [(("panels", "a", "query"), "update", "SELECT 1", "SELECT 3")],
        ),
    ],
)
def test_only_the_panel_that_changed_is_told(new: dict[str, Any], changes: list[Any]) -> None:
    """Inserting, removing, swapping and editing name those panels and no other."""
    told = [(c.path, c.kind, c.old, c.new) for c in diff({"panels": PANELS}, {"panels": new})]
    assert told == changes


def test_lists_are_values() -> None:
    """A list changes as a whole: an item's place is no name."""
    (change,) = diff({"y_axis": [{"alias": "a"}]}, {"y_axis": [{"alias": "b"}, {"alias": "a"}]})
    assert change.path == ("y_axis",)


def test_the_unknown_counts_as_changed() -> None:
    """What a preview cannot know may change, even if it was unknown before."""
    assert list(diff({"a": UNKNOWN}, {"a": UNKNOWN})) == [Change(("a",), UNKNOWN, UNKNOWN)]
    assert [c.kind for c in diff({"a": 1}, {"a": UNKNOWN, "b": [UNKNOWN]})] == ["update", "add"]


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        (2, 2.0, True),
        (True, 1, False),
        (0, False, False),
        ("2", 2, False),
        (None, None, True),
        ({"a": None}, {}, True),
        ({"a": {}}, {}, False),
        ([1, 2], [2, 1], False),
        ([1], [1, 2], False),
        ([1], {"0": 1}, False),
        ([{"a": 1.0, "b": None}], [{"a": 1}], True),
        (UNKNOWN, UNKNOWN, False),
    ],
)
def test_equality_is_that_of_json(left: Any, right: Any, same: bool) -> None:
    """Numbers compare by value, booleans are no numbers, absent is null."""
    assert equal(left, right) is same
    assert equal(right, left) is same
