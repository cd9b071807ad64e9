"""Object files become resources that refer to each other, as the engine would see them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.errors import DeclarationError
from llmcost_infra.program import run_program

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "folders/llm.yaml": "name: LLM Cost\nfolder_type: dashboards\n",
    "folders/wake.yaml": "name: Wake\nfolder_type: alerts\n",
    "streams/calls.yaml": "name: calls\nstream_type: traces\n",
    "functions/mark.yaml": "name: mark\nfunction: .\n",
    "pipelines/in.yaml": """\
name: in
nodes:
  a: {type: stream, stream_type: traces, stream_name: ingest, next: [b]}
  b: {type: function, name: mark, next: [c]}
  c: {type: stream, stream_type: traces, stream_name: calls}
""",
    "dashboards/cost.yaml": """\
title: Cost
folder: llm
tabs:
  one:
    order: 10
    name: One
    panels:
      total:
        order: 10
        type: metric
        title: Total
        query: {file: total.sql}
        stream: calls
        stream_type: traces
        y_axis: [{alias: n}]
""",
    "dashboards/total.sql": "SELECT COUNT(*) AS n FROM calls\n",
    "templates/page.yaml": """\
name: page
body: '{"key": "${secret:key}"}'
secrets: {key: {secret: page_key}}
""",
    "destinations/oncall.yaml": "name: oncall\ntemplate: page\nurl: {secret: oncall_url}\n",
    "alerts/budget.yaml": """\
name: budget
folder: wake
stream_type: traces
stream_name: calls
destinations: [oncall, somebody-elses]
query_condition: {type: sql, sql: SELECT 1 AS n FROM calls}
trigger_condition: {period: 5}
""",
}
PROGRAM = "from llmcost_infra.components import declare_objects\n\ndeclare_objects()\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project whose objects refer to each other."""
    (tmp_path / "Pulumi.yaml").write_text("name: shop\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {}\n")
    (tmp_path / "__main__.py").write_text(PROGRAM)
    for name, text in FILES.items():
        path = tmp_path / "objects" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


def registered(project: Path) -> dict[str, dict[str, Any]]:
    """Return the inputs of each resource by its kind and name."""
    found = run_program(project, "dev").resources
    return {f"{one.type.rpartition(':')[2]} {one.name}": dict(one.inputs) for one in found}


def test_objects_refer_to_each_other(project: Path) -> None:
    """What is declared is referred to as a resource; what is not stays a name."""
    inputs = registered(project)
    assert inputs["Dashboard cost"]["folder"] == "${llm.folder_id}"
    assert inputs["Alert budget"]["folder"] == "${wake.folder_id}"
    assert inputs["Alert budget"]["destinations"] == ["oncall", "somebody-elses"]
    assert inputs["AlertDestination oncall"]["template"] == "page"
    assert inputs["Pipeline in"]["nodes"]["b"]["name"] == "mark"
    panel = inputs["Dashboard cost"]["tabs"]["one"]["panels"]["total"]
    assert panel["query"] == "SELECT COUNT(*) AS n FROM calls"


def test_secrets_are_those_of_the_stack(project: Path) -> None:
    """A value never stands in a file, and nobody sees it."""
    inputs = registered(project)
    assert inputs["AlertDestination oncall"]["url"] == "[secret]"
    assert inputs["AlertTemplate page"]["secrets"] == "[secret]"


def test_the_place_of_an_object_is_its_file(project: Path) -> None:
    """A reviewer is led to the file that says it."""
    (cost,) = (one for one in run_program(project, "dev").resources if one.name == "cost")
    assert cost.source is not None
    assert cost.source.path == "objects/dashboards/cost.yaml"


@pytest.mark.parametrize(
    ("folder", "said"),
    [
        ("lm", "cost.yaml:2: folder: there is no file folders/lm.yaml\n  did you mean 'llm'?"),
        ("wake", "cost.yaml:2: folder: wake is a folder of alerts"),
    ],
)
def test_a_folder_has_to_be_declared(project: Path, folder: str, said: str) -> None:
    """An id of the server would mean nothing in another organization, so it is not taken."""
    path = project / "objects/dashboards/cost.yaml"
    path.write_text(path.read_text().replace("folder: llm", f"folder: {folder}"))
    with pytest.raises(DeclarationError) as no:
        run_program(project, "dev")
    assert str(no.value).endswith(said)


def test_the_default_folder_is_always_there(project: Path) -> None:
    """It is named, and needs no file."""
    path = project / "objects/dashboards/cost.yaml"
    path.write_text(path.read_text().replace("folder: llm", "folder: default"))
    assert registered(project)["Dashboard cost"]["folder"] == "default"
