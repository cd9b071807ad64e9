"""What a reviewer sees in `pulumi preview` when one thing of a shipped dashboard changes."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.first_run.engine import STACK, Engine
from llmcost_infra.first_run.target import target_of

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.local.server import LocalServer
    from tests.acceptance.conftest import Name

pytestmark = [pytest.mark.cli, pytest.mark.usefixtures("pulumi_on_path")]

OVERVIEW = "tabs.overview.panels."
DASHBOARD = "dashboards/llm_cost.yaml"
FIRST = """
      first:
        order: 5
        type: metric
        title: First
        width: 48
        y_axis: {llm_calls: Calls}
        config: {unit: locale, decimals: 0}
        sql: total_calls
"""


def preview(engine: Engine) -> dict[str, dict[str, tuple[str, Any, Any]]]:
    """Changed paths by resource: kind of change, old value, new value."""
    done = subprocess.run(  # noqa: S603 - the CLI under test
        ["pulumi", "preview", "--stack", STACK, "--json", "--non-interactive"],  # noqa: S607
        cwd=engine.project,
        env=engine.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return {
        step["urn"].rpartition("::")[2]: {
            path: (
                change["kind"],
                _at(step["oldState"]["inputs"], path),
                _at(step["newState"]["inputs"], path),
            )
            for path, change in (step.get("detailedDiff") or {}).items()
        }
        for step in json.loads(done.stdout)["steps"]
        if step["op"] != "same"
    }


def _at(inputs: Any, path: str) -> Any:
    for part in path.split("."):
        inputs = inputs.get(part) if isinstance(inputs, dict) else None
    return inputs


@pytest.fixture
def engine(
    server: LocalServer, project: Path, checkout: Path, password: str, name_server: Name
) -> Engine:
    """A stack that is up, of a project with dashboards of its own."""
    name_server()
    engine = Engine(project, target_of(project), server.url, password)
    for source in (checkout / "dashboards").rglob("*.*"):
        copy = project / source.relative_to(checkout)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(source.read_bytes())
    engine.select()
    engine.up()
    return engine


def edit(project: Path, file: str, *changes: tuple[str, str]) -> str:
    """Replace each text by another and return what the file held."""
    path = project / file
    before = after = path.read_text()
    for old, new in changes:
        assert old in after
        after = after.replace(old, new, 1)
    path.write_text(after)
    return before


def test_only_what_changed_is_shown(engine: Engine, server: LocalServer) -> None:
    """Inserting, swapping and editing each show their own panels, and nothing is asked or sent."""
    project = engine.project
    server.requests.clear()

    declared = edit(project, DASHBOARD, ("    panels:\n", "    panels:" + FIRST))
    inserted = preview(engine)
    assert {name: list(changes) for name, changes in inserted.items()} == {
        "llm-cost-dashboard": [OVERVIEW + "first"]
    }
    (kind, old, new) = inserted["llm-cost-dashboard"][OVERVIEW + "first"]
    assert (kind, old, new["title"]) == ("add", None, "First")
    (project / DASHBOARD).write_text(declared)

    edit(project, DASHBOARD, ("order: 10\n        type", "order: 25\n        type"))
    edit(project, DASHBOARD, ("order: 20\n        type", "order: 10\n        type"))
    edit(project, DASHBOARD, ("order: 25\n        type", "order: 20\n        type"))
    assert preview(engine) == {
        "llm-cost-dashboard": {
            OVERVIEW + "total_cost.order": ("update", 10, 20),
            OVERVIEW + "total_input_tokens.order": ("update", 20, 10),
        }
    }
    (project / DASHBOARD).write_text(declared)

    edit(project, "dashboards/sql/total_calls.sql.j2", ("COUNT(*)", "COUNT(trace_id)"))
    (changes,) = preview(engine).values()
    ((path, (kind, old, new)),) = changes.items()
    assert (path, kind) == (OVERVIEW + "total_calls.query", "update")
    assert new == old.replace("COUNT(*)", "COUNT(trace_id)") != old

    assert server.requests == []
