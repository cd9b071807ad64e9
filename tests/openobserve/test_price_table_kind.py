"""Price tables: what is refused, the normal form, and the way to the server's form and back."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.openobserve.kinds.base import Found
from llmcost_infra.openobserve.kinds.price_table import ModelPriceTableKind
from llmcost_infra.openobserve.kinds.price_table_body import (
    canonical_row,
    exact,
    fold_row,
    moment,
    unfold_row,
)
from llmcost_infra.openobserve.kinds.price_table_problems import PRICED

if TYPE_CHECKING:
    from collections.abc import Callable

KIND = ModelPriceTableKind()
PRICES = {
    "input": "0.0000025",
    "output": "0.00001",
    "cache_read_input_tokens": "0.00000125",
    "cache_creation_input_tokens": "0.0000025",
}
LONG = {"usage_key": "input", "operator": "gt", "value": 200000}
AT = 'models["openai/gpt-4o"]'


def row(**changes: Any) -> dict[str, Any]:
    """Return a row without problems; what is set to None is left out."""
    values = {"match_pattern": "^gpt-4o$", "tiers": {"default": {"prices": PRICES}}, **changes}
    return {key: value for key, value in values.items() if value is not None}


def told(**changes: Any) -> dict[str, str]:
    """Return the problems of a table of one row, by path in the row."""
    problems = KIND.problems({"models": {"openai/gpt-4o": row(**changes)}})
    return {problem.path.removeprefix(AT + "."): problem.message for problem in problems}


def tiers(**changes: Any) -> dict[str, Any]:
    """Return tiers: one for long prompts, changed, and one for the rest."""
    long = {"order": 10, "condition": LONG, "prices": PRICES, **changes}
    return {
        "long": {key: value for key, value in long.items() if value is not None},
        "default": {"prices": PRICES},
    }


def test_a_full_row_has_no_problem() -> None:
    """Everything that a row may say, some of it not known yet."""
    full = row(
        tiers=tiers(),
        valid_from="2025-06-17T12:00:00+02:00",
        enabled=False,
        sort_order=-1,
        provider="openai",
        description="",
    )
    assert KIND.problems({"models": {"a": full, "b": None, "c": row(match_pattern="^c$")}}) == []
    assert told(tiers={"default": {"prices": {**PRICES, "output": None}}, "more": None}) == {}


@pytest.mark.parametrize("key", PRICED)
def test_every_kind_of_token_has_a_price(key: str) -> None:
    """The server takes a kind without a price for free, so leaving one out is refused."""
    prices = {name: value for name, value in PRICES.items() if name != key}
    found = told(tiers={"default": {"prices": prices}})
    assert found.keys() == {f"tiers.default.prices.{key}"}
    assert "would take 0 USD" in found[f"tiers.default.prices.{key}"]


def test_a_misspelt_kind_of_token_is_recognised() -> None:
    """The message names the key that was probably meant for the missing one."""
    prices = {**PRICES, "cache_read_tokens": "1e-6"}
    del prices["cache_read_input_tokens"]
    found = told(tiers={"default": {"prices": prices}})
    assert (
        "did you mean cache_read_tokens?" in found["tiers.default.prices.cache_read_input_tokens"]
    )


def test_further_kinds_of_usage_may_have_a_price() -> None:
    """The server prices any kind of usage; only that of one token has to be tiny."""
    assert told(tiers={"default": {"prices": {**PRICES, "web_searches": "0.01"}}}) == {}


@pytest.mark.parametrize(
    ("price", "words"),
    [
        (0.0000025, 'must be a decimal number as text, like "0.0000025"'),
        ("free", "must be a decimal number of at least 0"),
        ("-0.1", "must be a decimal number of at least 0"),
        ("NaN", "must be a decimal number of at least 0"),
        ("2.50", "divide a price per million tokens by 1000000"),
        ("0.00000123456789012345678", "more digits than the server keeps"),
    ],
)
def test_problems_of_prices(price: Any, words: str) -> None:
    """A price is an exact text, per token, and what the server can keep."""
    found = told(tiers={"default": {"prices": {**PRICES, "output": price}}})
    assert words in found["tiers.default.prices.output"]


@pytest.mark.parametrize(
    "pattern",
    [
        "gpt-4o",
        "^gpt-4o",
        "gpt-4o$",
        r"^gpt-4o\$",
        "^gpt-4o|o1$",
        "^o1$|^o3$",
        "(?i)gpt",
        "^(a|b)|c$",
    ],
)
def test_a_pattern_is_anchored(pattern: str) -> None:
    """A pattern that fits a part of a name prices other models too: o1 is in o1-mini."""
    assert "must be anchored" in told(match_pattern=pattern)["match_pattern"]


@pytest.mark.parametrize(
    "pattern", ["^o1$", "(?i)^o1$", r"^gpt-4\.1(-\d{4}|-mini)?$", "^a[|(]b$", r"^a\|b$", r"^a\\$"]
)
def test_anchored_patterns_are_fine(pattern: str) -> None:
    """Alternatives in groups, and bars that are no alternatives, leave a pattern anchored."""
    assert told(match_pattern=pattern) == {}


@pytest.mark.parametrize(
    ("changes", "path", "words"),
    [
        ({"match_pattern": None}, "match_pattern", "is missing"),
        ({"match_pattern": "^(a$"}, "match_pattern", "is no regular expression"),
        ({"match_pattern": "^a(?!b)$"}, "match_pattern", "looks around"),
        ({"match_pattern": f"^{'a' * 511}$"}, "match_pattern", "at most 512"),
        ({"match_pattern": " "}, "match_pattern", "must not be empty"),
        ({"valid_from": "soon"}, "valid_from", "must be a day or a moment"),
        ({"valid_from": "2025-01-01T12:00:00"}, "valid_from", "with its zone"),
        ({"valid_from": "1969-12-31"}, "valid_from", "must be a day or a moment"),
        ({"valid_from": 5}, "valid_from", "must be text"),
        ({"sort_order": 1.5}, "sort_order", "whole number"),
        ({"enabled": "yes"}, "enabled", "true or false"),
        ({"pattern": "x"}, "pattern", "did you mean match_pattern?"),
        ({"tiers": None}, "tiers", "is missing"),
        ({"tiers": {}}, "tiers", "one tier without a condition"),
        ({"tiers": []}, "tiers", "must be a map"),
        ({"tiers": {"a": 1}}, "tiers", "a must be a map"),
        ({"tiers": {"a": {}}}, "tiers.a.prices", "is missing"),
        ({"tiers": {"a": {"prices": 1}}}, "tiers.a.prices", "must be a map"),
        ({"tiers": {"long": tiers()["long"]}}, "tiers", "one tier without a condition"),
        ({"tiers": {**tiers(), "b": {"prices": PRICES}}}, "tiers", "default, b have no condition"),
        ({"tiers": tiers(order=None)}, "tiers.long.order", "is missing"),
        ({"tiers": {"a": {"prices": PRICES, "order": 1}}}, "tiers.a.order", "means nothing"),
        ({"tiers": tiers(condition=1)}, "tiers.long.condition", "must be a map"),
        ({"tiers": tiers(condition={})}, "tiers.long.condition.value", "is missing"),
        (
            {"tiers": tiers(condition={**LONG, "operator": ">"})},
            "tiers.long.condition.operator",
            "valid are eq, gt",
        ),
        (
            {"tiers": tiers(condition={**LONG, "value": -1})},
            "tiers.long.condition.value",
            "at least 0",
        ),
    ],
)
def test_problems_of_rows(changes: dict[str, Any], path: str, words: str) -> None:
    """What the server refuses, or takes and prices wrongly by, is told at its path."""
    assert words in told(**changes)[path]


@pytest.mark.parametrize("name", ["", "-x", "a b ", 'a"b', "a\nb", "a[0]", "a" * 257, "größe"])
def test_names_that_break_a_path_are_refused(name: str) -> None:
    """A row's name stands in paths, messages and the server's UI."""
    (problem,) = KIND.problems({"models": {name: row()}})
    assert problem.path == f'models["{name}"]'
    assert "its name " in problem.message


@pytest.mark.parametrize("name", ["openai/gpt-4o@2024-10-01", "gpt-4.1", "My model (batch)"])
def test_usual_names_are_fine(name: str) -> None:
    """Dates, versions and words are."""
    assert KIND.problems({"models": {name: row()}}) == []


@pytest.mark.parametrize(
    ("first", "second", "twins"),
    [
        ({}, {}, True),
        ({"valid_from": "2025-01-01"}, {"valid_from": "2025-01-01T01:00:00+01:00"}, True),
        ({}, {"valid_from": "2025-01-01"}, False),
        ({"valid_from": "2024-01-01"}, {"valid_from": "2025-01-01"}, False),
        ({}, {"match_pattern": "^gpt-4$"}, False),
    ],
)
def test_two_rows_with_one_pattern_are_refused(
    first: dict[str, Any], second: dict[str, Any], twins: bool
) -> None:
    """Which of the two would be used is anybody's guess; one that starts later is a new price."""
    problems = KIND.problems({"models": {"a": row(**first), "b": row(**second)}})
    assert [problem.path for problem in problems] == ['models["b"].match_pattern'] * twins


def test_a_pattern_of_an_unknown_day_may_be_there_twice() -> None:
    """What is not known yet is no problem yet."""
    rows = {"a": row(), "b": {**row(), "valid_from": None}}
    assert KIND.problems({"models": rows}) == []


@pytest.mark.parametrize("models", [{}, [], {"a": 1}])
def test_a_table_has_rows(models: Any) -> None:
    """An empty table cannot be told from none, and rows are maps."""
    (problem,) = KIND.problems({"models": models})
    assert problem.path == "models"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"valid_from": "2025-01-01"}, {"valid_from": "2025-01-01T00:00:00Z"}),
        ({"valid_from": "2025-01-01T02:00:00+02:00"}, {"valid_from": "2025-01-01"}),
        ({"enabled": True, "sort_order": 0, "description": "", "provider": ""}, {}),
        ({"sort_order": 2.0}, {"sort_order": 2}),
    ],
)
def test_spellings_that_mean_the_same(one: dict[str, Any], other: dict[str, Any]) -> None:
    """The normal form has one spelling of each."""
    assert canonical_row(row(**one)) == canonical_row(row(**other))


@given(st.decimals(min_value=0, max_value=100, places=12))
def test_a_price_keeps_its_value_in_every_spelling(price: Decimal) -> None:
    """Digits only, no trailing zeros, and the number is the same."""
    spelt = canonical_row({"tiers": {"default": {"prices": {"input": f"{price:E}"}}}})
    text = spelt["tiers"]["default"]["prices"]["input"]
    assert Decimal(text) == price
    assert "E" not in text
    assert not ("." in text and text.endswith(("0", ".")))


PRICE = st.decimals(min_value=0, max_value=Decimal("0.009"), places=12).map(str)
TIER = st.fixed_dictionaries(dict.fromkeys(PRICED, PRICE)).map(lambda prices: {"prices": prices})
CONDITION = st.fixed_dictionaries(
    {
        "usage_key": st.just("input"),
        "operator": st.sampled_from(["gt", "lte"]),
        "value": st.integers(0, 10**6),
    }
)
ROWS = st.builds(
    lambda rest, more, day, order: row(
        tiers={
            "default": rest,
            **{
                f"t{index}": {**tier, "condition": condition, "order": index * 10}
                for index, (tier, condition) in enumerate(more)
            },
        },
        valid_from=day and day.isoformat(),
        sort_order=order,
    ),
    TIER,
    st.lists(st.tuples(TIER, CONDITION), max_size=3),
    st.none() | st.dates(min_value=date(1970, 1, 1)),
    st.integers(-3, 3),
)


@given(ROWS)
def test_a_row_comes_back_as_it_went(given_row: dict[str, Any]) -> None:
    """To the server's form and back: the same row, order numbers included."""
    assert KIND.problems({"models": {"a": given_row}}) == []
    assert unfold_row(fold_row("a", given_row), given_row) == canonical_row(given_row)


def test_order_numbers_follow_the_server() -> None:
    """Tiers that somebody swapped in the UI are seen as such, and an import numbers them."""
    two = {
        **tiers(),
        "longer": {"order": 20, "condition": {**LONG, "value": 400000}, "prices": PRICES},
    }
    stored = fold_row("a", row(tiers=two))
    assert [tier["name"] for tier in stored["tiers"]] == ["long", "longer", "default"]
    stored["tiers"][:2] = reversed(stored["tiers"][:2])
    seen = unfold_row(stored, row(tiers=two))["tiers"]
    assert seen["longer"]["order"] < seen["long"]["order"]
    imported = unfold_row(stored, {})["tiers"]
    assert {name: tier.get("order") for name, tier in imported.items()} == {
        "longer": 10,
        "long": 20,
        "default": None,
    }


def test_odd_rows_of_others_can_be_read() -> None:
    """Two tiers of one name and a moment beyond all years are shown, not stumbled over."""
    twice = [{"name": "t", "prices": {"input": 1e-06}}, {"name": "t", "prices": {"input": 0.0}}]
    seen = unfold_row({"match_pattern": "x", "tiers": twice, "valid_from": 10**18}, {})
    assert seen["tiers"] == {
        "t": {"prices": {"input": "0.000001"}},
        "t 2": {"prices": {"input": "0"}},
    }
    assert seen["valid_from"] == "1000000000000000000 µs"


def test_a_recorded_row_comes_back(recorded: Callable[[str], list[dict[str, Any]]]) -> None:
    """What a real server answered unfolds to inputs that fold to what it was sent."""
    (made,) = (one for one in recorded("09-model-pricing") if one["what"] == "create")
    inputs = unfold_row(made["response"]["body"], {})
    assert inputs["tiers"]["default"]["prices"] == PRICES
    assert inputs["valid_from"] == "2024-10-01T00:00:00Z"
    sent = made["request"]["json"]
    assert fold_row(sent["name"], inputs) == sent
    assert KIND.problems({"models": {sent["name"]: inputs}}) == []


def test_a_table_is_adopted_when_rows_are_only_added() -> None:
    """A row that is there and is another one is somebody's."""
    found = Found("default", {"models": {"a": row()}})
    assert KIND.adoptable(found, {"models": {"a": row(), "b": row(match_pattern="^b$")}})
    assert not KIND.adoptable(found, {"models": {"a": row(enabled=False)}})


@pytest.mark.parametrize("text", ["x", "", "inf", None, 1.0])
def test_what_is_no_number_has_no_exact_value(text: Any) -> None:
    """Only a finite decimal text has one."""
    assert exact(text) is None


@pytest.mark.parametrize("text", ["x", "12:00", None, 1])
def test_what_is_no_moment_is_none(text: Any) -> None:
    """Only a day, or a time with its zone, is one."""
    assert moment(text) is None
