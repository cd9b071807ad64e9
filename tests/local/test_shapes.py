"""Shapes: what of a body is kept, filled in, dropped or refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.local.dashboard_model import DASHBOARD
from llmcost_infra.local.shapes import (
    ANY,
    BOOLEAN,
    FLOAT,
    INTEGER,
    STRING,
    UNSIGNED,
    Choice,
    Deferred,
    Field,
    ListOf,
    MapOf,
    Mismatch,
    OneOf,
    Shape,
    Struct,
    Tagged,
    defaulted,
    nullable,
    optional,
    required,
)

POINT = Struct("Point", {"x": required(INTEGER), "y": defaulted(INTEGER, 7)})


def _refusal(shape: Shape, value: Any) -> Mismatch:
    with pytest.raises(Mismatch) as refused:
        shape.read(value)
    return refused.value


def test_unknown_keys_vanish_and_defaults_appear_in_the_order_of_the_model() -> None:
    """What is read is what the server would echo."""
    assert list(POINT.read({"zzz": 1, "y": 2, "x": 1}).items()) == [("x", 1), ("y", 2)]
    assert POINT.read({"x": 1}) == {"x": 1, "y": 7}


def test_a_missing_key_is_told_at_its_object() -> None:
    """The path is that of the object which lacks it."""
    refused = _refusal(Struct("Line", {"from": required(POINT)}), {"from": {}})

    assert refused.words == "missing field `x`"
    assert refused.path == ("from",)


@pytest.mark.parametrize(
    ("shape", "value", "words"),
    [
        (STRING, 1, "invalid type: integer `1`, expected a string"),
        (STRING, None, "invalid type: null, expected a string"),
        (STRING, {}, "invalid type: map, expected a string"),
        (STRING, 1.5, "invalid type: floating point `1.5`, expected a string"),
        (BOOLEAN, 'a"b', 'invalid type: string "a\\"b", expected a boolean'),
        (INTEGER, True, "invalid type: boolean `true`, expected i64"),
        (INTEGER, 1.0, "invalid number"),
        (UNSIGNED, -1, "invalid type: integer `-1`, expected u64"),
        (FLOAT, "1", 'invalid type: string "1", expected f64'),
        (ListOf(ANY), {}, "invalid type: map, expected a sequence"),
        (MapOf(ANY), [], "invalid type: sequence, expected a map"),
        (POINT, "x", 'invalid type: string "x", expected struct Point'),
        (Choice(("a", "b")), "c", "unknown variant `c`, expected one of `a`, `b`"),
        (Choice(("a",)), "c", "unknown variant `c`, expected `a`"),
        (Choice(("a",)), 1, "invalid type: integer `1`, expected string or map"),
        (Tagged("type", {"p": POINT}), {}, "missing field `type`"),
        (
            Tagged("type", {"p": POINT}),
            [],
            "invalid type: sequence, expected internally tagged enum",
        ),
        (OneOf("Any", (STRING, POINT)), 1, "data did not match any variant of untagged enum Any"),
    ],
)
def test_a_wrong_value_is_refused_in_the_servers_words(
    shape: Shape, value: Any, words: str
) -> None:
    """Every kind of mismatch has its words."""
    assert _refusal(shape, value).words == words


def test_the_first_mismatch_of_the_text_is_told() -> None:
    """Order in the body decides, not order in the model."""
    two = Struct("Two", {"a": required(STRING), "b": required(STRING)})

    assert _refusal(two, {"b": 1, "a": 2}).path == ("b",)


def test_null_is_kept_hidden_or_refused_by_field() -> None:
    """Optional keys vanish when null, nullable ones are shown as null."""
    shape = Struct("S", {"o": optional(STRING), "n": nullable(STRING)})

    assert shape.read({}) == {"n": None}
    assert shape.read({"o": None, "n": "x"}) == {"n": "x"}
    assert shape.read({"o": "x"}) == {"o": "x", "n": None}


def test_an_object_may_come_as_a_list_of_its_values() -> None:
    """The server's models can be read that way, and refuse with the index in the path."""
    assert POINT.read([1]) == {"x": 1, "y": 7}
    assert _refusal(POINT, ["a"]).path == (0,)


def test_an_alias_is_read_as_its_key() -> None:
    """`label` is `name` when a model says so."""
    shape = Struct("S", {"name": Field(STRING, alias="label")})

    assert shape.read({"label": "x"}) == {"name": "x"}


def test_a_model_may_contain_itself() -> None:
    """Groups hold groups."""
    tree: Struct = Struct("T", {"of": defaulted(ListOf(Deferred(lambda: tree)), [])})

    assert tree.read({"of": [{"of": []}]}) == {"of": [{"of": []}]}


def test_a_default_is_not_shared_between_reads() -> None:
    """Changing what was read changes no later read."""
    shape = Struct("S", {"items": defaulted(ListOf(ANY), [])})
    shape.read({})["items"].append(1)

    assert shape.read({}) == {"items": []}


PANELS = st.fixed_dictionaries(
    {
        "id": st.text(max_size=5),
        "type": st.sampled_from(["bar", "metric"]),
        "title": st.text(max_size=5),
        "description": st.just(""),
        "config": st.fixed_dictionaries(
            {"show_legends": st.booleans()},
            optional={
                "decimals": st.integers(0, 5),
                "unit": st.text(max_size=3),
                "zzz": st.integers(),
                "y_axis_min": st.none() | st.floats(allow_nan=False, allow_infinity=False),
                "mark_line": st.lists(
                    st.fixed_dictionaries({"name": st.text(max_size=3), "value": st.just("1")}),
                    max_size=2,
                ),
            },
        ),
        "queries": st.just([]),
    },
    optional={"layout": st.just({"x": 0, "w": 48}), "extra": st.none()},
)


@given(st.lists(PANELS, max_size=3))
def test_reading_what_was_read_changes_nothing(panels: list[dict[str, Any]]) -> None:
    """An echo that is sent back comes back equal."""
    tab = {"tabId": "a", "name": "A", "panels": panels}
    body = {"version": 8, "title": "t", "created": "2026-11-23T20:50:36.92Z", "tabs": [tab]}

    once = DASHBOARD.read(body)

    assert DASHBOARD.read(once) == once
