"""A project to declare dashboards in, and an engine that answers their SQL as OpenObserve would."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from llmcost_infra.catalog import load_dashboard, render_dashboard
from llmcost_infra.columns import STORED
from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import MemoryStreams, query

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ARROW = {
    "utf8": pa.string(),
    "int64": pa.int64(),
    "uint64": pa.uint64(),
    "float64": pa.float64(),
    "boolean": pa.bool_(),
}
SCHEMA = pa.schema([(name, ARROW[kind]) for name, kind in STORED.items()])
HOUR = 3_600_000_000
NOON = 1_795_521_600_000_000
"""2026-11-24T12:00:00Z in µs."""


@dataclass(frozen=True)
class Project:
    """A project's folder of dashboards."""

    path: Path

    def declare(self, text: str, name: str = "own") -> None:
        """Write a dashboard's YAML."""
        (self.path / "dashboards" / f"{name}.yaml").write_text(textwrap.dedent(text))

    def sql(self, name: str, text: str) -> Path:
        """Write a dashboard's SQL template."""
        path = self.path / "dashboards" / "sql" / f"{name}.sql.j2"
        path.write_text(textwrap.dedent(text))
        return path

    def declare_panels(self, panels: str, variables: str = "") -> None:
        """Write a dashboard of one tab; without variables its panels start on line 8."""
        head = "title: Own\ndefault_time_range: 24h\n" + textwrap.dedent(variables)
        tab = "tabs:\n  main:\n    order: 10\n    name: Main\n    panels:\n"
        self.declare(head + tab + textwrap.indent(textwrap.dedent(panels).lstrip("\n"), " " * 6))

    def problems(self, name: str = "own") -> list[str]:
        """Return what is wrong with a dashboard, with paths from the project's folder."""
        with pytest.raises(InvalidDeclaration) as caught:
            load_dashboard(name, self.path)
        folder = f"{self.path}/dashboards/"
        return [str(problem).removeprefix(folder) for problem in caught.value.problems]

    def queries(self, name: str = "own", **settings: Any) -> dict[str, str]:
        """Return the SQL of each panel of a dashboard."""
        spec = load_dashboard(name, self.path)
        rendered = render_dashboard(spec, Settings(environment="test", **settings))
        return {
            panel_id: panel["query"]
            for tab in rendered["tabs"].values()
            for panel_id, panel in tab["panels"].items()
            if "query" in panel
        }


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return an empty project."""
    (tmp_path / "dashboards" / "sql").mkdir(parents=True)
    return Project(tmp_path)


class Stream:
    """Rows of the LLM stream, and what the server answers about them."""

    def __init__(self, rows: Iterable[dict[str, Any]]) -> None:
        self._rows = [{f"llmcost_{key}": value for key, value in row.items()} for row in rows]
        for row in self._rows:
            for key in list(row):
                bare = key.removeprefix("llmcost_")
                if key not in STORED:
                    row[bare] = row.pop(key)

    def ask(self, statement: str, hours: int = 24, **chosen: str) -> list[dict[str, Any]]:
        """Return the rows of an answer; a refusal or a fault fails the test.

        Whatever is not chosen is sent as the UI sends all.
        """
        statement = re.sub(
            r"\$\{(\w+)\}", lambda match: f"'{chosen.get(match[1], '_o2_all_')}'", statement
        )
        table = pa.Table.from_pylist(self._rows, schema=SCHEMA)
        answer = query(
            statement,
            MemoryStreams({"llm_calls": table}),
            TimeRange(NOON - hours * HOUR, NOON + HOUR),
        )
        assert not answer.fault
        return answer.rows


@pytest.fixture(scope="session")
def stream() -> type[Stream]:
    """Return how to make a stream of rows."""
    return Stream
