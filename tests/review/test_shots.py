"""Pictures of what changes, from the sample calls."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.pictures import vega
from llmcost_infra.pricing import load_table
from llmcost_infra.program import Program
from llmcost_infra.review.changes import merged
from llmcost_infra.review.objects import program_findings
from llmcost_infra.review.row_sources import SampleRows
from llmcost_infra.review.shots import shots
from tests.review.bodies import registered

if TYPE_CHECKING:
    from llmcost_infra.review.notes import Note
    from llmcost_infra.review.shots import Shot

SQL = 'SELECT llmcost_model AS model, SUM(llmcost_cost_usd) AS cost FROM "llm_calls" GROUP BY model'
PANEL: dict[str, Any] = {
    "title": "Cost by Model", "type": "bar", "order": 1, "query": SQL, "stream": "llm_calls",
    "stream_type": "traces", "x_axis": [{"alias": "model", "label": "Model"}],
    "y_axis": [{"alias": "cost", "label": "Cost"}],
}  # fmt: skip


def program(**panels: dict[str, Any]) -> Program:
    """A program with one dashboard."""
    tabs = {"overview": {"name": "Overview", "order": 1, "panels": panels}}
    inputs = {"title": "LLM Cost", "organization": "acme", "tabs": tabs}
    return Program("shop", "dev", (registered("Dashboard", "board", inputs),), ())


def drawn(before: Program, after: Program) -> tuple[tuple[Shot, ...], tuple[Note, ...]]:
    """What is drawn of a change."""
    found = merged({"dev": program_findings(before, after)}, {}, {})
    return shots(found, {"before": before, "after": after}, "dev", SampleRows(load_table()))


def test_a_changed_panel_and_its_tab_are_drawn_at_both_ends() -> None:
    """Both have a picture before and after, light and dark, and the same each time."""
    change = program(cost=PANEL), program(cost={**PANEL, "type": "h-bar"})

    found, notes = drawn(*change)

    assert notes == ()
    assert [(one.subject.kind, len(one.drawn)) for one in found] == [("tab", 4), ("panel", 4)]
    panel = found[1].drawn
    assert panel["before", "light"] != panel["after", "light"] != panel["after", "dark"]
    assert "gpt-4o-2024-08-06" in panel["after", "light"]
    vega._elements.cache_clear()
    assert drawn(*change)[0] == found


def test_a_new_panel_has_no_picture_before() -> None:
    """A side without the panel is absent, its tab is there all the same."""
    found, _ = drawn(program(cost=PANEL), program(cost=PANEL, new={**PANEL, "title": "New"}))

    assert [{side for side, _ in one.drawn} for one in found] == [{"before", "after"}, {"after"}]


def test_a_panel_that_cannot_be_drawn_is_named() -> None:
    """Its side is left out with a note, and what can be drawn is drawn."""
    odd = {**PANEL, "type": "sankey", "title": "Flow"}

    found, notes = drawn(program(cost=PANEL), program(cost={**odd}))

    assert [note.place for note in notes] == ["picture of LLM Cost · Overview · Flow, after"]
    assert {side for one in found for side, _ in one.drawn} == {"before", "after"}


def test_many_panels_are_drawn_on_their_tabs() -> None:
    """Of very many panels the first ones are drawn, and the report says so."""
    many = {f"p{n:02}": {**PANEL, "order": n, "height": 4} for n in range(14)}
    other = {name: {**one, "title": "Other"} for name, one in many.items()}

    found, notes = drawn(program(**many), program(**other))

    assert sum(one.subject.kind == "panel" for one in found) == 12
    assert "14 panels change, the first 12 are drawn" in notes[0].message
