"""Object files: texts stand apart, and what is written is read back as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.adopt.declaring import object_files
from llmcost_infra.catalog.object_files import load_objects

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.openobserve.kinds.base import Inputs

PANEL = {"type": "metric", "stream": "s", "stream_type": "logs", "y_axis": [{"alias": "n"}]}


def dashboard(**panels: Inputs) -> Inputs:
    """Return a dashboard of one tab."""
    shown = {
        name: {"order": 10 * n, **PANEL, **panel} for n, (name, panel) in enumerate(panels.items())
    }
    return {"title": "Cost", "tabs": {"one": {"order": 10, "name": "One", "panels": shown}}}


def test_the_sql_of_a_panel_is_a_file_of_its_title() -> None:
    """A reviewer reads a statement as a statement, and knows whose it is."""
    files = object_files(
        "dashboards",
        "cost",
        dashboard(
            p1={"title": "Total ($)", "query": "SELECT 1 AS n\nFROM s"},
            p2={"title": "Total ($)", "query": "SELECT 2 AS n FROM s"},
            p3={"title": "Rate", "query": "up", "query_type": "promql"},
        ),
    )
    assert sorted(files) == [
        "objects/dashboards/cost.yaml",
        "objects/dashboards/cost/rate.promql",
        "objects/dashboards/cost/total-2.sql",
        "objects/dashboards/cost/total.sql",
    ]
    assert files["objects/dashboards/cost/total.sql"] == "SELECT 1 AS n\nFROM s\n"
    assert "SELECT" not in files["objects/dashboards/cost.yaml"]


@pytest.mark.parametrize(
    ("folder", "inputs"),
    [
        ("functions", {"name": "f", "function": ".x = 1\n\n."}),
        ("templates", {"name": "t", "body": '{"a": "{rows}"}\r\n\n'}),
        ("templates", {"name": "m", "body": "<p>1</p>", "type": "email", "title": "T"}),
        (
            "alerts",
            {
                "name": "a",
                "stream_name": "s",
                "stream_type": "logs",
                "destinations": ["d"],
                "row_template": "{a}\n{b}",
                "query_condition": {"type": "sql", "sql": " SELECT 1 AS n \n", "vrl_function": "."},
                "trigger_condition": {"period": 5},
            },
        ),
        (
            "pipelines",
            {
                "name": "p",
                "nodes": {
                    "q": {
                        "type": "query",
                        "stream_type": "logs",
                        "query_condition": {"type": "sql", "sql": "SELECT _timestamp FROM s"},
                        "trigger_condition": {"period": 5},
                        "next": ["o"],
                    },
                    "o": {"type": "stream", "stream_type": "logs", "stream_name": "t"},
                },
            },
        ),
        ("dashboards", dashboard(
            p={"title": "T", "query": "SELECT 1 AS n FROM s\n", "vrl_function_query": "."})),
        ("dashboards", {**dashboard(), "tabs": {"one": {"order": 10, "name": "1", "panels": {
            "m": {"order": 1, "type": "markdown", "title": "M", "markdown_content": "# a\n"}}}}}),
    ],
)  # fmt: skip
def test_what_is_written_is_read_back(tmp_path: Path, folder: str, inputs: dict[str, Any]) -> None:
    """Not a space of a text is lost between the server, the files and the server."""
    for name, text in object_files(folder, "x", inputs).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    (found,) = load_objects(tmp_path)
    assert found.inputs == inputs
