"""What changed alerts would have done is told from recorded rows, and what cannot be, is named."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from llmcost_infra.program import Program
from llmcost_infra.review.backtests import alert_effects
from llmcost_infra.review.histories import FileHistory
from llmcost_infra.review.sides import Side
from tests.review.bodies import registered

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.review.notes import Note

MINUTE = 60_000_000
START = 1_795_521_600_000_000
"""2026-11-24T12:00:00Z in µs."""


def alert(limit: str = "5", name: str = "spend", **inputs: Any) -> dict[str, Any]:
    """Inputs of an alert on what was spent in an hour."""
    sql = "SELECT SUM(llmcost_cost_usd) AS cost FROM llm_calls HAVING SUM(llmcost_cost_usd) > {}"
    return {
        "name": name, "stream_name": "llm_calls", "stream_type": "traces", "destinations": ["d"],
        "query_condition": {"type": "sql", "sql": sql.format(limit)},
        "trigger_condition": {
            "period": 60, "operator": ">=", "threshold": 1, "frequency": 60, "silence": 0,
        },
        "row_template": f"{{cost}} of {limit}",
        **inputs,
    }  # fmt: skip


def side(folder: Path, *alerts: dict[str, Any]) -> Side:
    """One end of a change, with these alerts."""
    made = tuple(registered("Alert", one["name"], one) for one in alerts)
    return Side("head", folder, {"prod": Program("shop", "prod", made, ())}, {}, {})


def recorded(folder: Path) -> Path:
    """Write two hours of a call a minute, each of 0.1 USD."""
    path = folder / "calls.ndjson"
    rows = [
        {
            "_timestamp": START + number * MINUTE, "end_time": (START + number * MINUTE) * 1000,
            "trace_id": f"{number:032x}", "span_id": f"{number:016x}", "llmcost_is_call": True,
            "llmcost_is_tool": False, "llmcost_cost_usd": 0.1,
        }
        for number in range(120)
    ]  # fmt: skip
    path.write_text("\n".join(map(json.dumps, rows)))
    return path


def told(
    folder: Path, before: list[dict[str, Any]], after: list[dict[str, Any]]
) -> tuple[dict[str, str], tuple[Note, ...]]:
    """What a review says of a change of alerts, by their names."""
    ends = side(folder, *before), side(folder, *after)
    path = recorded(folder)
    effects, notes = alert_effects(*ends, "prod", lambda stream, _rules: FileHistory(path, stream))
    return {one.alert: one.sentence for one in effects}, notes


def test_a_lower_limit_is_told_with_its_firings_before_and_after(tmp_path: Path) -> None:
    """Six dollars in an hour are below nine and above five."""
    said, notes = told(tmp_path, [alert("9")], [alert("5")])
    assert said["spend"].startswith("limit 9 → 5: 0 → ")
    assert "first 2026-11-24" in said["spend"]
    assert notes == ()


def test_a_new_alert_is_told_alone(tmp_path: Path) -> None:
    """There is nothing to compare it with."""
    said, _ = told(tmp_path, [], [alert("100")])
    assert said == {"spend": "new: 0 firings"}


def test_what_decides_nothing_is_not_replayed(tmp_path: Path) -> None:
    """Another text or route fires as often as before."""
    said, notes = told(tmp_path, [alert()], [alert(row_template="{cost}", destinations=["e"])])
    assert (said, notes) == ({}, ())


def test_an_alert_of_another_stream_is_named(tmp_path: Path) -> None:
    """The file holds rows of the stream that most alerts read; the others are told all the same."""
    other = alert(name="quarantined", stream_name="llm_quarantine")
    kept = [alert(), alert(name="second")]
    said, notes = told(tmp_path, kept, [alert("6"), alert(name="second"), other])
    assert set(said) == {"spend"}
    [note] = notes
    assert note.place == "backtest of quarantined"
    assert "llm_quarantine" in note.message
    assert note.stacks == ("prod",)
