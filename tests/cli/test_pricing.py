"""`llmcost pricing`: exact answers for people and scripts, and exit codes by what was found."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.pricing import check

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Type

KNOWN = ("--model", "gpt-4o-2024-08-06", "--input", "2006", "--cached", "1920", "--output", "300")


@pytest.fixture
def in_november(monkeypatch: pytest.MonkeyPatch) -> None:
    """Check prices on a day on which no waiver has expired; a workflow watches which do."""
    of_a_day, day = check.check_table, datetime(2026, 11, 28, tzinfo=UTC)
    monkeypatch.setattr(check, "check_table", lambda project, _: of_a_day(project, day))


def told(llmcost: Type, *arguments: str) -> Any:
    """Return what a command printed as JSON."""
    return json.loads(llmcost("pricing", *arguments, "--json").out)


def test_a_cost_is_a_decimal_string_with_its_split_and_its_row(llmcost: Type) -> None:
    """A script gets the exact amount as text, the classes that make it, and the row behind it."""
    answer = told(llmcost, "cost", *KNOWN)

    assert answer["cost_usd"] == "0.005615"
    assert answer["split_usd"] == {"input": "0.000215", "cache_read": "0.0024", "output": "0.003"}
    assert answer["row"] == "openai/gpt-4o@2024-10-01"
    assert answer["provider"] == "openai"


@pytest.mark.parametrize(
    ("arguments", "usd"),
    [
        (("--input", "1000000", "--output", "1000000", "--batch"), "6.25"),
        (("--input", "1000", "--output", "0", "--tier", "priority"), "0.00425"),
        (("--input", "100", "--output", "30", "--reasoning", "20"), "0.00055"),
        (("--input", "100", "--cache-write", "10", "--output", "0"), "0.00025"),
        (("--input", "100", "--output", "0", "--at", "2026-01-01T12:00:00+09:00"), "0.00025"),
        (("--input", "0", "--output", "0", "--at", "2026-01-01"), "0"),
        (("--input", "100", "--output", "0", "--provider", "openai"), "0.00025"),
    ],
)
def test_every_part_of_a_call_can_be_told(
    llmcost: Type, arguments: tuple[str, ...], usd: str
) -> None:
    """Tier, batch, reasoning, cache, moment and provider decide the cost as they do in a call."""
    assert told(llmcost, "cost", "--model", "gpt-4o", *arguments)["cost_usd"] == usd


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("--model", "nope-9", "--input", "1", "--output", "1"), "unpriced_model"),
        (("--model", "gpt-4o", "--output", "1"), "no_usage"),
        (("--model", "gpt-4o", "--input", "1", "--output", "1", "--at", "2001-01-01"),
         "missing_rate"),
        (("--model", "gpt-4o", "--input", "1", "--output", "1", "--provider", "other"),
         "unpriced_model"),
    ],
)  # fmt: skip
def test_no_price_is_null_with_a_reason(
    llmcost: Type, arguments: tuple[str, ...], reason: str
) -> None:
    """What cannot be priced is null, never 0, and says why; the question itself was fine."""
    answer = told(llmcost, "cost", *arguments)

    assert answer["cost_usd"] is None
    assert answer["reason"] == reason
    assert llmcost("pricing", "cost", *arguments).out.startswith(f"no price: {reason} (")


def test_a_person_reads_a_table(llmcost: Type) -> None:
    """Without --json the split is a table that ends with the total and the row."""
    lines = llmcost("pricing", "cost", *KNOWN).out.splitlines()

    assert lines[0].split() == ["class", "cost"]
    assert lines[4].split() == ["total", "$0.005615"]
    assert lines[5].startswith("by openai/gpt-4o@2024-10-01, table ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("cost", "--model", "x", "--input", "-1"), "-1 is not in the range"),
        (("cost", "--model", "x", "--at", "tomorrow"), "not a date like 2026-11-23"),
        (("review-due", "--within", "soon"), "not a number of days like 30d"),
        (("cost",), "Missing option '--model'"),
    ],
)
def test_a_wrong_question_is_refused(llmcost: Type, arguments: tuple[str, ...], said: str) -> None:
    """Wrong usage ends with 2 and says what would be right."""
    ended = llmcost("pricing", *arguments)

    assert ended.code == 2
    assert said in ended.err


def test_show_lists_what_is_valid_now(llmcost: Type) -> None:
    """Without a model, one line a model with its standard rates."""
    rows = {row["row"]: row["per_mtok"] for row in told(llmcost, "show")}

    assert rows["openai/gpt-4o@2024-10-01"]["cache_read"] == "1.25"
    assert "openai/o3@2025-04-16" not in rows
    assert llmcost("pricing", "show").out.splitlines()[0].split()[:2] == ["row", "input"]


@pytest.mark.parametrize("name", ["o3", "o3-2025-04-16", "openai/o3"])
def test_show_of_a_model_lists_its_whole_history(llmcost: Type, name: str) -> None:
    """A model is named by any of its ids, and shows every row and tier it ever had."""
    rows = [row["row"] for row in told(llmcost, "show", name)]

    assert "openai/o3@2025-04-16" in rows
    assert "openai/o3@2025-06-10+flex" in rows


def test_show_of_an_unknown_model_names_the_nearest(llmcost: Type) -> None:
    """A mistyped model is an error with the name that was meant."""
    ended = llmcost("pricing", "show", "gpt-4oo")

    assert ended.code == 1
    assert "did you mean 'openai/gpt-4o'?" in ended.err


def test_review_due_ends_with_findings(
    llmcost: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows whose review is due are listed, the oldest first, and the exit code says so."""
    monkeypatch.chdir(tmp_path)

    none, some = (
        llmcost("pricing", "review-due"),
        llmcost("pricing", "review-due", "--within", "9999d"),
    )

    if none.code == 0:
        assert none.out == "No row is due.\n"
    assert some.code == 4
    assert some.out.splitlines()[0].split() == ["review_by", "row", "source"]
    days = [row["review_by"] for row in told(llmcost, "review-due", "--within", "9999d")]
    assert days == sorted(days)


@pytest.mark.usefixtures("in_november")
def test_check_passes_on_the_shipped_table(llmcost: Type) -> None:
    """The shipped table agrees with public price data, or a waiver says why not."""
    ended = llmcost("pricing", "check")

    assert ended.code == 0, ended.out
    assert ended.out.splitlines()[-1].startswith("0 errors, ")


@pytest.mark.usefixtures("in_november")
def test_check_fails_on_a_wrong_rate(
    llmcost: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rate that the world does not have ends with 4, and names the row and both rates."""
    (tmp_path / "pricing").mkdir()
    (tmp_path / "pricing/cohere.yaml").write_text(
        "provider: cohere\n"
        "models:\n"
        "- id: cohere/command-a\n"
        "  match: '^command-a(-03-2025)?$'\n"
        "  rates:\n"
        "  - from: 2025-03-13\n"
        "    source: a guess\n"
        "    verified: 2026-11-23\n"
        "    review_by: 2027-02-23\n"
        '    per_mtok: {input: "2.60", output: "10.00"}\n'
    )
    monkeypatch.chdir(tmp_path)

    assert llmcost("pricing", "check").code == 4
    (error,) = [one for one in told(llmcost, "check") if one["level"] == "error"]
    assert error["subject"] == "cohere/command-a@2025-03-13"
    assert error["said"].startswith("input is 2.60 here and 2.5 in genai-prices ")
