"""Pipelines are declared, checked at their lines, and rendered for one stack."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from llmcost_infra import declarations
from llmcost_infra.catalog import load_pipeline, render_pipeline
from llmcost_infra.errors import DeclarationError
from llmcost_infra.openobserve.kinds.pipeline import PipelineKind
from llmcost_infra.pricing import PriceTable, load_table
from llmcost_infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SHIPPED = declarations.find("pipelines", "llm_cost").read_text(encoding="utf-8")
NO_PRICES = PriceTable({})


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Path]:
    """Return a function that makes a project with pipeline files of its own."""

    def make(**files: str) -> Path:
        folder = tmp_path / "pipelines"
        folder.mkdir(exist_ok=True)
        for name, text in files.items():
            (folder / name.replace("__", ".")).write_text(text, encoding="utf-8")
        return tmp_path

    return make


def settings(prefix: str = "demo_") -> Settings:
    """Return a stack's settings."""
    return Settings(environment="staging", prefix=prefix)


def test_names_carry_the_stacks_prefix() -> None:
    """Streams, functions and the pipeline itself carry the prefix of the stack."""
    rendered = render_pipeline(load_pipeline("llm_cost"), settings(), NO_PRICES)

    assert rendered.name == "demo_llm_cost"
    assert {role: one.name for role, one in rendered.functions.items()} == {
        "mark_new": "demo_llm_mark_new",
        "normalise": "demo_llm_normalise",
        "project": "demo_llm_project",
        "adjust": "demo_llm_adjust",
        "scrub_other": "demo_llm_scrub_other",
        "quarantine": "demo_llm_quarantine",
    }
    assert {n["stream_name"] for n in rendered.nodes.values() if n["type"] == "stream"} == {
        "demo_llm_ingest",
        "demo_llm_calls",
        "demo_other_traces",
        "demo_llm_quarantine",
    }


def test_nodes_are_what_the_resource_takes() -> None:
    """Each kind of node has the server's own keys, and who follows it."""
    nodes = render_pipeline(load_pipeline("llm_cost"), settings(""), NO_PRICES).nodes

    assert nodes["ingest"] == {
        "type": "stream",
        "stream_name": "llm_ingest",
        "stream_type": "traces",
        "next": ["mark_new"],
    }
    assert nodes["mark_new"] == {
        "type": "function",
        "name": "llm_mark_new",
        "after_flatten": True,
        "next": ["normalise"],
    }
    assert nodes["is_llm"]["conditions"] == {
        "filterType": "group",
        "logicalOperator": "AND",
        "conditions": [
            {
                "filterType": "condition",
                "column": "llmcost_state",
                "operator": "=",
                "value": "done",
                "logicalOperator": "AND",
            },
            {
                "filterType": "condition",
                "column": "llmcost_keep",
                "operator": "=",
                "value": True,
                "logicalOperator": "AND",
            },
        ],
    }
    assert "next" not in nodes["calls"]


def test_the_source_stores_nothing_itself() -> None:
    """No row comes back to the source stream, so that nothing raw is kept."""
    rendered = render_pipeline(load_pipeline("llm_cost"), settings(), NO_PRICES)
    streams = [node for node in rendered.nodes.values() if node["type"] == "stream"]

    assert [n.get("next") for n in streams if n["stream_name"] == "demo_llm_ingest"] == [
        ["mark_new"]
    ]


def test_the_resource_finds_no_problem() -> None:
    """The shipped pipeline passes the rules of its kind of resource."""
    rendered = render_pipeline(load_pipeline("llm_cost"), settings(), load_table())
    inputs = {
        "name": rendered.name,
        "description": rendered.description,
        "nodes": rendered.nodes,
    }

    assert PipelineKind().problems(inputs) == []


def test_rendering_twice_gives_the_same() -> None:
    """The same declaration, settings and prices give the same text, so that nothing is replaced."""
    spec, table = load_pipeline("llm_cost"), load_table()

    assert render_pipeline(spec, settings(), table) == render_pipeline(spec, settings(), table)


def test_the_stack_decides_the_last_environment() -> None:
    """The environment of the stack stands in the normaliser for spans that name none."""
    rendered = render_pipeline(load_pipeline("llm_cost"), settings(), NO_PRICES)

    text = rendered.functions["normalise"].text
    assert 'if is_empty(environment) { environment = "staging" }' in text


def test_a_project_may_choose_by_a_file_of_its_own(project: Callable[..., Path]) -> None:
    """A project's declaration replaces the shipped one; other files stay the shipped ones."""
    folder = project(
        llm_cost__yaml=SHIPPED.replace("description: Reads", "description: Our project reads")
    )

    spec = load_pipeline("llm_cost", folder)

    assert spec.description.startswith("Our project reads")
    assert spec.functions["normalise"] == load_pipeline("llm_cost").functions["normalise"]


def test_a_project_may_write_a_function_of_its_own(project: Callable[..., Path]) -> None:
    """A project's own template of the same name is used, and ends as the server wants it."""
    folder = project(mark_new__vrl='.llmcost_state = "new"\n.mine = 1\n.\n\n')

    rendered = render_pipeline(load_pipeline("llm_cost", folder), settings(), NO_PRICES)

    assert rendered.functions["mark_new"].text == '.llmcost_state = "new"\n.mine = 1\n.'


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("description:", "descripton:", "did you mean 'description'"),
        ("next: [project]", "next: [projekt]", "did you mean 'project'"),
        ("function: normalise", "function: normalize", "did you mean 'normalise'"),
        ("stream: calls", "stream: call", "did you mean 'calls'"),
        ("mark_new: mark_new.vrl", "mark_new: marknew.vrl", "no such file"),
        ("  quarantine: quarantine.vrl.j2\n", "", "quarantine has no file in functions"),
        ("project, next: [calls]", "project", "loses its rows"),
        ("stream: calls}", "stream: calls, next: [mark_new]}", "come back"),
        ("ingest: {type: stream", "spare: {type: stream, stream: other}\n  ingest: {type: stream",
         "exactly one node has to be a source, not spare, ingest"),
        ("    all: [{column: llmcost_state, is: new}]", "    all: []", "is empty"),
    ],
)  # fmt: skip
def test_a_wrong_declaration_is_refused_at_its_line(
    project: Callable[..., Path], old: str, new: str, said: str
) -> None:
    """A mistake in the graph, a role or an option is refused with file, line and a hint."""
    assert SHIPPED.count(old) == 1
    text = SHIPPED.replace(old, new)
    folder = project(llm_cost__yaml=text)

    with pytest.raises(DeclarationError) as refused:
        load_pipeline("llm_cost", folder)

    assert re.search(rf"llm_cost\.yaml:\d+: (.|\n)*{re.escape(said)}", str(refused.value))


def test_a_circle_without_a_source_is_refused(project: Callable[..., Path]) -> None:
    """A graph in which every node has a predecessor has nowhere to begin."""
    text = SHIPPED.replace("stream: calls}", "stream: calls, next: [ingest]}")

    with pytest.raises(DeclarationError, match="not none"):
        load_pipeline("llm_cost", project(llm_cost__yaml=text))


def capturing() -> Settings:
    """Return a stack's settings with capture on."""
    content = {"capture": True, "services": ["bot"], "shared_org_ok": True}
    return Settings.from_mapping({"environment": "staging", "content": content})


def test_capture_adds_its_branch_and_nothing_else() -> None:
    """With capture, nodes and functions are those of before and one branch more."""
    spec = load_pipeline("llm_cost")
    off = render_pipeline(spec, settings(""), NO_PRICES)
    on = render_pipeline(spec, capturing(), NO_PRICES)

    assert set(on.nodes) - set(off.nodes) == {
        "is_content", "project_content", "is_scrubbed", "content", "is_unscrubbed",
    }  # fmt: skip
    assert set(on.functions) - set(off.functions) == {"project_content"}
    changed = {name for name in off.nodes if on.nodes[name] != off.nodes[name]}
    assert changed == {"normalise"}
    assert [name for name in off.functions if off.functions[name] != on.functions[name]] == [
        "normalise"
    ]
    assert "llmcost_capture" not in off.functions["normalise"].text
    assert PipelineKind().problems({"name": on.name, "nodes": on.nodes}) == []


@pytest.mark.parametrize("name", ["llm_cost", "llm_logs"])
def test_texts_may_leave_the_organization(name: str) -> None:
    """The scrubbed ones go to a destination, and to no stream here."""
    content = {"capture": True, "services": ["bot"], "remote": "texts"}
    chosen = Settings.from_mapping({"environment": "staging", "content": content})

    rendered = render_pipeline(load_pipeline(name), chosen, NO_PRICES)

    assert rendered.nodes["content"] == {"type": "remote_stream", "destination_name": "texts"}
    assert rendered.nodes["is_scrubbed"]["next"] == ["content"]
    assert "llm_content" not in {one.get("stream_name") for one in rendered.nodes.values()}
    assert PipelineKind().problems({"name": rendered.name, "nodes": rendered.nodes}) == []


def test_no_key_is_needed_where_nothing_of_a_record_is_kept() -> None:
    """Without capture, what takes texts and users out of log records is not there."""
    rendered = render_pipeline(load_pipeline("llm_logs"), settings(), NO_PRICES)

    assert rendered.name == "demo_llm_logs"
    assert rendered.functions["read_logs"].secrets == []
    assert "llm_input" not in rendered.functions["read_logs"].text.partition("if about_model")[2]
    assert {n["stream_name"] for n in rendered.nodes.values() if n["type"] == "stream"} == {
        "demo_llm_ingest",
        "demo_other_logs",
        "demo_llm_quarantine",
    }


def test_a_pipeline_of_logs_fills_streams_of_logs() -> None:
    """What it would lead to a stream of another type, the server drops."""
    nodes = render_pipeline(load_pipeline("llm_logs"), capturing(), NO_PRICES).nodes

    assert {n["stream_type"] for n in nodes.values() if n["type"] == "stream"} == {"logs"}


def test_capture_needs_a_branch_to_go_to(project: Callable[..., Path]) -> None:
    """A project with an older pipeline of its own learns that nothing would be captured."""
    folder = project(llm_cost__yaml=SHIPPED.replace(" is_content,", ""))
    with pytest.raises(DeclarationError, match="exactly one node has to be a source"):
        load_pipeline("llm_cost", folder)

    begin, end = SHIPPED.index("  is_content:"), SHIPPED.index("  is_other:")
    old = (SHIPPED[:begin] + SHIPPED[end:]).replace(" is_content,", "")
    spec = load_pipeline("llm_cost", project(llm_cost__yaml=old))

    assert render_pipeline(spec, settings(), NO_PRICES).functions
    with pytest.raises(DeclarationError, match=r"has no stream for it\n.*is_content to content"):
        render_pipeline(spec, capturing(), NO_PRICES)


@pytest.mark.parametrize(
    ("template", "said"),
    [
        (".a = 1\n{% if %}\n.", r"normalise\.vrl\.j2:2: "),
        (".a = {{ nobody }}\n.", r"'nobody' is undefined\n.*a template knows .*price_version"),
    ],
)
def test_a_wrong_template_is_refused(
    project: Callable[..., Path], template: str, said: str
) -> None:
    """A template that is no template, or asks for what it does not get, is named with its file."""
    folder = project(normalise__vrl__j2=template)
    spec = load_pipeline("llm_cost", folder)

    with pytest.raises(DeclarationError, match=said) as refused:
        render_pipeline(spec, settings(), NO_PRICES)

    assert refused.value.path == folder / "pipelines" / "normalise.vrl.j2"
