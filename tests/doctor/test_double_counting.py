"""Calls that two spans report are found in stored rows, and told with the setting that mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from recorded_samples import dialects, recorded

from llmcost_infra.catalog import load_pipeline, render_pipeline
from llmcost_infra.doctor import DoubleCounting, find_double_counting, statement
from llmcost_infra.pricing import load_table
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.vrl import Program

if TYPE_CHECKING:
    from collections.abc import Callable

    from recorded_samples import Sample

Row = dict[str, Any]
TWICE = frozenset({"genai_anthropic", "openinference_anthropic", "openllmetry_anthropic"})
"""Folders in which Anthropic's client reports each call beside an instrumentation."""


@pytest.fixture(scope="module")
def counted() -> Callable[[Sample], list[Row]]:
    """Return what a stack stores in which no span repeats another."""
    settings = Settings(environment="staging", repeats=())
    rendered = render_pipeline(load_pipeline("llm_cost"), settings, load_table())
    normalise = Program(rendered.functions["normalise"].text)

    def calls(sample: Sample) -> list[Row]:
        rows = [normalise.run(row) for row in sample.rows]
        return [one for one in rows if one["llmcost_is_call"] and one["llmcost_input_tokens"]]

    return calls


def row(span: str, start: int = 0, end: int = 100, **more: Any) -> Row:
    """Return a stored call as the statement gives it; times in µs."""
    base: Row = {
        "trace_id": "t",
        "span_id": span,
        "reference_parent_span_id": None,
        "service_name": "bot",
        "_timestamp": start,
        "duration": end - start,
        "llmcost_dialect": "genai",
        "llmcost_model": "gpt-4o",
        "llmcost_input_tokens": 100,
        "llmcost_output_tokens": 10,
        "llmcost_cost_usd": 0.5,
    }
    return base | more


@pytest.mark.parametrize("folder", [dialect.folder for dialect in dialects()])
def test_recorded_calls_are_found_twice_where_they_are(
    counted: Callable[[Sample], list[Row]], folder: str
) -> None:
    """Where client and instrumentation both report, each call is a pair; elsewhere none is."""
    for sample in recorded(folder):
        rows = counted(sample)
        found = find_double_counting(rows)
        if folder in TWICE or (folder == "pydantic_ai" and sample.name.startswith("messages")):
            if len(rows) < 2:  # one of the two ended no span
                continue
            [one] = found
            assert (one.repeated, one.pairs, one.alone) == ("anthropic_sdk", len(rows) // 2, 0)
            assert one.setting == "- {dialect: anthropic_sdk, services: [support-bot]}"
        else:
            assert found == [], sample


def test_the_setting_is_one_that_a_stack_takes() -> None:
    """What the finding says can be put under `repeats` as it stands."""
    [found] = find_double_counting([row("a"), row("b", 1, 99, llmcost_dialect="openinference")])

    settings = Settings.from_mapping(
        {"environment": "prod", "repeats": yaml.safe_load(found.setting)}
    )

    assert settings.repeats[0].dialect == "openinference"
    assert settings.repeats[0].services == ("bot",)


def test_the_dialect_that_tells_less_is_left_out() -> None:
    """Of two that report the same calls the richer one stays, whichever is outside."""
    one, other = row("a"), row("b", 1, 99, llmcost_dialect="openai_v2", llmcost_cost_usd=0.7)

    for rows in ([one, other], [other, one]):
        assert find_double_counting(rows) == [
            DoubleCounting("bot", "openai_v2", "genai", pairs=1, alone=0, usd=0.7)
        ]


def test_no_call_is_lost_where_the_other_choice_loses_none() -> None:
    """A dialect that also reports calls of its own is kept if its twin reports none."""
    rows = [
        row("a"),
        row("b", 1, 99, llmcost_dialect="openai_v2"),
        row("c", 500, 600, llmcost_dialect="openai_v2"),
    ]

    [found] = find_double_counting(rows)

    assert (found.repeated, found.kept, found.alone) == ("genai", "openai_v2", 0)


def test_what_leaving_out_would_lose_is_told() -> None:
    """Where both dialects have calls of their own, the finding says how many would go."""
    rows = [
        row("a"),
        row("b", 1, 99, llmcost_dialect="openai_v2"),
        row("c", 500, 600, llmcost_dialect="openai_v2"),
        row("d", 700, 800),
    ]

    [found] = find_double_counting(rows)

    assert (found.repeated, found.pairs, found.alone) == ("openai_v2", 1, 1)


@pytest.mark.parametrize(
    "more",
    [
        {"service_name": "shop"},
        {"llmcost_model": "gpt-4o-mini"},
        {"llmcost_input_tokens": 101},
        {"llmcost_output_tokens": 15},
        {"_timestamp": 101},
        {"llmcost_dialect": "genai"},
    ],
)
def test_calls_that_only_look_alike_are_two(more: Row) -> None:
    """Another service, model, usage or time, or a second call of one instrumentation, is a call."""
    other = row("b", 1, 99, llmcost_dialect="openai_v2") | more

    assert find_double_counting([row("a"), other]) == []


def test_one_instrumentation_inside_itself_has_no_setting() -> None:
    """A span and its own child of one dialect are a pair that only the application can mend."""
    [found] = find_double_counting([row("a"), row("b", 1, 99, reference_parent_span_id="a")])

    assert (found.repeated, found.kept, found.pairs, found.alone) == ("genai", "genai", 1, 0)
    assert found.setting == ""


def test_order_and_copies_change_nothing() -> None:
    """Rows come in any order, and a span that was sent twice is one."""
    rows = [
        one
        for at in range(0, 5_000, 500)
        for one in (
            row(f"a{at}", at, at + 100),
            row(f"b{at}", at + 1, at + 90, llmcost_dialect="anthropic_sdk"),
        )
    ]
    expected = [DoubleCounting("bot", "anthropic_sdk", "genai", pairs=10, alone=0, usd=5.0)]

    for mixed in (rows, rows[::-1], rows * 2, rows[::2] + rows[1::2]):
        assert find_double_counting(mixed) == expected


def test_nothing_is_found_in_nothing() -> None:
    """A stream without calls has none that were counted twice."""
    assert find_double_counting([]) == []


def test_the_statement_asks_for_what_is_read() -> None:
    """Each column that the function reads is in the statement, and the stream is the stack's."""
    asked = statement("demo_llm_calls")

    assert '"demo_llm_calls"' in asked
    for column in row("a"):
        assert column in asked
