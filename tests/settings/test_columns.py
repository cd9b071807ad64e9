"""Logical columns, what is stored, and how a profile reads it."""

from __future__ import annotations

import pytest

from llmcost_infra.columns import LOGICAL, STORED
from llmcost_infra.profiles import PROFILES


def test_a_column_is_known_by_its_name() -> None:
    """The map and its values agree."""
    assert all(name == column.name for name, column in LOGICAL.items())


def test_every_column_says_what_it_means() -> None:
    """A reader of a template finds one sentence for each column."""
    assert all(column.meaning.endswith(".") for column in LOGICAL.values())


@pytest.mark.parametrize("profile", PROFILES.values(), ids=lambda profile: profile.name)
def test_a_profile_reads_every_logical_column(profile: object) -> None:
    """A template that works with one profile names no column that another one lacks."""
    assert set(getattr(profile, "expressions")) == set(LOGICAL)  # noqa: B009 - ids need an object


def test_the_pipeline_profile_reads_stored_columns() -> None:
    """What the pipeline writes is what the panels read, with the same types."""
    expressions = PROFILES["pipeline"].expressions
    assert set(expressions.values()) == set(STORED)
    assert {LOGICAL[name].type for name in expressions} <= set(STORED.values())
    assert expressions["cost_usd"] == "llmcost_cost_usd"
    assert expressions["trace_id"] == "trace_id"


@pytest.mark.parametrize(
    ("column", "kind"),
    [
        ("llmcost_cost_usd", "float64"),
        ("llmcost_input_tokens", "int64"),
        ("llmcost_is_call", "boolean"),
        ("llmcost_model", "utf8"),
        ("llmcost_ttft_ms", "float64"),
        ("_timestamp", "int64"),
        ("events", "utf8"),
    ],
)
def test_stored_columns_have_their_types(column: str, kind: str) -> None:
    """Money is a float, tokens are integers, flags are booleans, the rest is text."""
    assert STORED[column] == kind


def test_no_text_of_a_prompt_is_stored() -> None:
    """The long-lived stream has no column for what people wrote."""
    texts = {name for name in STORED if "prompt" in name or "content" in name}
    assert texts == {"llmcost_prompt_name"}, "the name of a template is no text"
