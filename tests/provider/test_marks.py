"""Secrets and unknowns come off and go back on where they were."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.provider.marks import (
    conceal,
    known,
    known_part,
    mark_like,
    masked,
    reveal,
    secret_at,
    secret_texts,
    value_at,
)
from llmcost_infra.provider.values import UNKNOWN, Secret

if TYPE_CHECKING:
    from tests.provider.strategies import Values


@given(st.data())
def test_marks_go_back_on_where_they_were(values: type[Values], data: st.DataObject) -> None:
    """Taking off what is secret or unknown and putting it back changes nothing."""
    properties = data.draw(values.marked_maps)
    assert reveal(mark_like(known_part(properties), properties)) == reveal(properties)
    assert secret_texts(mark_like(known_part(properties), properties)) == secret_texts(properties)


@given(st.data())
def test_the_known_part_is_known(values: type[Values], data: st.DataObject) -> None:
    """Nothing unknown and nothing secret is left in what the kind gets to see."""
    part = known_part(data.draw(values.marked_maps))
    assert known(part)
    assert reveal(part) == part


@given(st.data())
def test_masking_keeps_every_known_value(values: type[Values], data: st.DataObject) -> None:
    """Without unknowns, masking is unwrapping."""
    properties = data.draw(values.plain_maps)
    assert masked(Secret(properties)) == reveal(Secret(properties)) == properties


def test_masking_puts_none_for_the_unknown() -> None:
    """A kind's rules see an unknown value as None, and still see that it is there."""
    inputs = {"folder": UNKNOWN, "tabs": {"a": Secret([1, UNKNOWN])}}
    assert masked(inputs) == {"folder": None, "tabs": {"a": [1, None]}}


def test_a_list_with_one_unknown_item_is_unknown() -> None:
    """Items have no names, so a list is known or it is not."""
    assert known_part({"keys": ["a", UNKNOWN], "n": 1}) == {"n": 1}
    assert mark_like({"n": 1}, {"keys": ["a", UNKNOWN]}) == {"n": 1, "keys": ["a", UNKNOWN]}


def test_an_unknown_in_a_vanished_map_comes_back() -> None:
    """A map that became empty, and so absent, is made again for the unknown in it."""
    assert mark_like({}, {"a": {"b": {"c": UNKNOWN}, "d": 1}}) == {"a": {"b": {"c": UNKNOWN}}}


@pytest.mark.parametrize(
    ("value", "marked", "result"),
    [
        ("new", Secret("old"), Secret("new")),
        (None, Secret("old"), None),
        (None, Secret(UNKNOWN), Secret(UNKNOWN)),
        ({"k": "new"}, Secret({"k": "old"}), Secret({"k": "new"})),
        (["a", "b"], [Secret("x"), "y"], [Secret("a"), "b"]),
        (["a", "b"], [Secret("x")], Secret(["a", "b"])),
        (["a", "b"], [{"k": Secret("x")}], Secret(["a", "b"])),
        (["a", "b"], ["x"], ["a", "b"]),
        ("text", {"k": Secret("x")}, "text"),
        (None, {"k": Secret("x")}, None),
        ({"k": 1, "other": 2}, {"k": Secret(0)}, {"k": Secret(1), "other": 2}),
    ],
)
def test_secrecy_follows_the_place(value: Any, marked: Any, result: Any) -> None:
    """What takes the place of a secret is secret; what is elsewhere is not."""
    assert mark_like(value, marked) == result


@pytest.mark.parametrize(
    ("inputs", "concealed"),
    [
        ({"secrets": {"key": "x"}, "name": "n"}, {"secrets": {"key": Secret("x")}, "name": "n"}),
        ({"secrets": {"key": Secret("x")}}, {"secrets": {"key": Secret("x")}}),
        ({"secrets": Secret({"key": "x"})}, {"secrets": Secret({"key": "x"})}),
        ({"secrets": {"key": UNKNOWN}}, {"secrets": {"key": Secret(UNKNOWN)}}),
        ({"secrets": UNKNOWN}, {"secrets": Secret(UNKNOWN)}),
        ({"secrets": {"key": None}}, {"secrets": {"key": None}}),
        ({"secrets": "not a map"}, {"secrets": "not a map"}),
        ({"secrets": ["x"]}, {"secrets": [Secret("x")]}),
        ({"name": "n"}, {"name": "n"}),
    ],
)
def test_a_kinds_paths_are_secret_whatever_was_marked(inputs: Any, concealed: Any) -> None:
    """A kind's secret paths are wrapped once, also where the value is not known yet."""
    assert conceal(inputs, {"secrets.*"}) == concealed


def test_a_named_path_is_concealed_as_a_whole() -> None:
    """A path without a star hides all that is below it, secrets in it included."""
    assert conceal({"password": {"a": Secret("x")}}, {"password"}) == {
        "password": Secret({"a": "x"})
    }


@pytest.mark.parametrize(
    ("path", "hidden"),
    [((), True), (("a",), True), (("a", "b"), True), (("a", "b", "c"), True), (("d",), False)],
)
def test_a_path_is_secret_with_all_around_it_and_in_it(path: tuple[str, ...], hidden: bool) -> None:
    """Showing a whole would show its secret part, so neither is shown."""
    assert secret_at({"a": {"b": Secret({"c": 1})}, "d": 2}, path) is hidden
    assert secret_at({"d": 2}, ("a", "b")) is False


def test_the_texts_of_secrets_are_found() -> None:
    """Every text in a secret is known to whoever cleans messages; others are not."""
    inputs = {"a": Secret({"k": ["x", {"deep": "y"}], "n": 5}), "b": "z", "c": [Secret("w")]}
    assert secret_texts(inputs) == {"x", "y", "w"}


@pytest.mark.parametrize(
    ("path", "value"),
    [(("a", "b"), 1), (("a",), {"b": 1}), (("a", "x"), None), (("n", "x", "y"), None), ((), "?")],
)
def test_a_value_is_found_through_secrets(path: tuple[str, ...], value: Any) -> None:
    """A path leads through secret objects; where nothing is, the value is absent."""
    inputs = {"a": Secret({"b": Secret(1)}), "n": 5}
    assert value_at(inputs, path) == (reveal(inputs) if value == "?" else value)
