"""What is rendered is what the server would get, readable, and the same every time."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.openobserve.kinds.base import Problem
from llmcost_infra.program import Program, Registered
from llmcost_infra.program.rendering import kind_of, render
from llmcost_infra.resources import Source

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.program.conftest import Project

Make = "Callable[..., Registered]"
STREAM = {"name": "llm", "stream_type": "traces", "organization": "o", "on_destroy": "delete"}
FUNCTION = {"name": "f", "function": ".a = ${secret:key}", "organization": "o"}


@pytest.fixture
def registered() -> Callable[..., Registered]:
    """Return what makes a registered resource of a type."""

    def make(
        type_: str, name: str, inputs: dict[str, Any] | None = None, **more: Any
    ) -> Registered:
        token = type_ if ":" in type_ else f"openobserve:index:{type_}"
        values: dict[str, Any] = {
            "parent": None,
            "custom": True,
            "read": False,
            "source": Source("__main__.py", 7),
            "unknown": (),
            "problems": (),
            **more,
        }
        return Registered(f"urn::{token}::{name}", token, name, inputs or {}, **values)

    return make


def program(*resources: Registered) -> Program:
    """Return a program that registered these."""
    return Program("shop", "dev", resources, ())


def test_an_object_is_a_file_with_its_body_and_an_entry_with_the_rest(
    registered: Callable[..., Registered],
) -> None:
    """The body is sorted JSON; what is no part of it stands beside it."""
    rendering = render(program(registered("Stream", "calls", {**STREAM, "data_retention": 3})))
    (one,) = rendering.objects
    body = '{\n  "fields": [],\n  "settings": {\n    "data_retention": 3\n  }\n}\n'
    assert dict(one.files) == {"stream/calls.json": body}
    assert one.beside == STREAM
    (told,) = rendering.as_json()["objects"]
    assert told["source"] == {"path": "__main__.py", "line": 7}
    assert (told["kind"], told["name"], told["files"]) == ("stream", "calls", ["stream/calls.json"])


def test_a_function_is_readable_and_keeps_its_placeholders(
    registered: Callable[..., Registered],
) -> None:
    """The program stands in a file of its own as it is stored; no secret is filled in."""
    inputs = {**FUNCTION, "secrets": {"key": "[secret]"}}
    files = render(program(registered("Function", "f", inputs))).files()
    assert files["function/f.vrl"] == ".a = ${secret:key}\n.\n"
    assert json.loads(files["function/f.json"]) == {
        "name": "f",
        "function": ".a = ${secret:key}\n.",
        "params": "row",
        "numArgs": 1,
        "transType": 0,
    }


def test_every_query_of_a_dashboard_is_a_file(registered: Callable[..., Registered]) -> None:
    """SQL stands under dashboard, tab and panel; a panel without any has no file."""
    query = {"type": "line", "title": "T", "width": 96, "height": 5}
    panels = {
        "cost": {
            "order": 1,
            **query,
            "query": "SELECT 1",
            "extra_queries": [{"query": "SELECT 2\n"}],
        },
        "text": {"order": 2, "type": "markdown", "title": "", "width": 96, "height": 5},
    }
    inputs = {
        "title": "Cost",
        "organization": "o",
        "folder": "${f.folder_id}",
        "tabs": {"over/view": {"order": 1, "name": "Overview", "panels": panels}},
    }
    rendering = render(program(registered("Dashboard", "cost", inputs)))
    files = rendering.files()
    assert list(files) == [
        "dashboard/cost.json",
        "dashboard/cost/over_view/cost.2.sql",
        "dashboard/cost/over_view/cost.sql",
    ]
    assert files["dashboard/cost/over_view/cost.sql"] == "SELECT 1\n"
    assert files["dashboard/cost/over_view/cost.2.sql"] == "SELECT 2\n"
    body = json.loads(files["dashboard/cost.json"])
    assert (body["version"], body["title"]) == (8, "Cost")
    assert rendering.objects[0].beside == {"folder": "${f.folder_id}", "organization": "o"}


def test_names_become_file_names_that_differ(registered: Callable[..., Registered]) -> None:
    """No name leaves the folder, hides a file, or meets another one without regard to case."""
    names = ["a/b", "a b", "A_B", "../x", ".", "ö"]
    inputs = {**FUNCTION, "function": "."}
    rendering = render(program(*(registered("Function", name, inputs) for name in names)))
    bodies = {one.resource.name: next(iter(one.files)) for one in rendering.objects}
    assert bodies == {
        "../x": "function/_x.json",
        ".": "function/_.json",
        "A_B": "function/A_B.json",
        "a b": "function/a_b-2.json",
        "a/b": "function/a_b-3.json",
        "ö": "function/_-2.json",
    }


def test_problems_stop_the_rendering_all_of_them_told(
    registered: Callable[..., Registered],
) -> None:
    """What the provider would refuse is refused here, with the resource and its line."""
    wrong = registered("Stream", "calls", {}, problems=(Problem("name", "is missing"),))
    lost = registered("Folder", "f", {}, source=None, problems=(Problem("name", "is missing"),))
    with pytest.raises(InvalidDeclaration) as caught:
        render(program(wrong, lost))
    assert str(caught.value) == (
        "__main__.py:7: stream 'calls': name: is missing\n"
        "Pulumi.dev.yaml: folder 'f': name: is missing"
    )


def test_what_is_not_rendered_is_listed_with_the_reason(
    registered: Callable[..., Registered],
) -> None:
    """Components say nothing; everything else is either rendered or explained."""
    rendering = render(
        program(
            registered("shop:index:Team", "team", custom=False),
            registered("aws:s3:Bucket", "bucket"),
            registered("Stream", "theirs", STREAM, read=True),
            registered(
                "Dashboard", "later", {"title": "T", "tabs": "${b}"} | FUNCTION, unknown=("tabs",)
            ),
        )
    )
    assert rendering.objects == ()
    assert [(one.name, why) for one, why in rendering.others] == [
        ("bucket", "of another provider"),
        ("later", "tabs: known only during an update"),
        ("theirs", "looked up, not managed"),
    ]
    assert rendering.as_json()["not_rendered"][0] == {
        "type": "aws:s3:Bucket",
        "name": "bucket",
        "why": "of another provider",
    }


def test_an_unknown_text_does_not_stop_an_object(registered: Callable[..., Registered]) -> None:
    """A reference stands where the text will be."""
    inputs = {"name": "${b}", "folder_type": "alerts", "organization": "o"}
    files = render(program(registered("Folder", "f", inputs, unknown=("name",)))).files()
    assert json.loads(files["folder/f.json"]) == {"name": "${b}", "description": ""}


def test_a_body_that_fails_without_unknowns_is_a_defect(
    registered: Callable[..., Registered],
) -> None:
    """Inputs without problems have a body; nothing else is passed over in silence."""
    with pytest.raises(KeyError):
        render(program(registered("Folder", "f", {"organization": "o"})))


@pytest.mark.parametrize(
    ("type_", "word"),
    [("Dashboard", "dashboard"), ("ModelPriceTable", "model_price_table"), ("a:b:C4D", "c4_d")],
)
def test_a_kind_is_a_word(registered: Callable[..., Registered], type_: str, word: str) -> None:
    """Folders are named like everything else here."""
    assert kind_of(registered(type_, "x")) == word


def test_two_runs_of_a_program_render_the_same(project: Project) -> None:
    """Neither time nor the order in which the engine's answers come shows in the bytes."""
    project.write("Pulumi.dev.yaml", "config:\n  shop:settings: {environment: dev}\n")
    text = """
        from llmcost_infra.components import LlmCost, stack_settings

        LlmCost("c", stack_settings())
        """
    first, second = (render(project.run(text)) for _ in range(2))
    assert first.files() == second.files()
    assert json.dumps(first.as_json()) == json.dumps(second.as_json())
    assert {one.kind for one in first.objects} == {
        "dashboard", "folder", "function", "pipeline", "stream",
    }  # fmt: skip
