"""The example stacks say everything that can be said, hold no secret, and render."""

from __future__ import annotations

import json
import re
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pytest
from pydantic import BaseModel

from llmcost_infra.catalog.json_schemas import json_schema, names
from llmcost_infra.declarations import read
from llmcost_infra.program import Program, run_program
from llmcost_infra.program.rendering import render
from llmcost_infra.provider import configuration
from llmcost_infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
STACKS = ["dev", "staging", "prod"]
KEY = "llmcost:settings"
SCHEMA_LINE = "# yaml-language-server: $schema=schemas/stack.json\n"


def text_of(stack: str) -> str:
    """Return a stack's file."""
    return (ROOT / f"Pulumi.{stack}.yaml").read_text(encoding="utf-8")


def config(stack: str) -> dict[str, Any]:
    """Return the configuration in a stack's file."""
    found: dict[str, Any] = read(ROOT / f"Pulumi.{stack}.yaml").data["config"]
    return found


@pytest.fixture(scope="module", params=STACKS)
def program(request: pytest.FixtureRequest) -> Program:
    """Return what the program of this checkout registers for a stack."""
    return run_program(ROOT, request.param)


def models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """Yield a model and every model in its fields."""
    yield model
    for field in model.model_fields.values():
        todo: list[Any] = [field.annotation]
        while todo:
            one = todo.pop()
            if isinstance(one, type) and issubclass(one, BaseModel):
                yield from models(one)
            todo += get_args(one)


@pytest.mark.parametrize("stack", STACKS)
def test_an_example_names_every_setting(stack: str) -> None:
    """Who copies one sees all that may be chosen; what excludes something else is a comment."""
    keys = {name for model in models(Settings) for name in model.model_fields}
    named = set(re.findall(r"(?<![\w:])([a-z_]+):(?:\s|$)", text_of(stack), re.MULTILINE))
    assert len(keys) > 30
    assert keys - named == set()


@pytest.mark.parametrize("stack", STACKS)
def test_an_example_loads_with_the_provider_s_settings(stack: str) -> None:
    """Settings are valid, money is written as text, and the provider knows each of its keys."""
    chosen = Settings.from_mapping(config(stack)[KEY])
    assert chosen.environment == stack
    provider = {
        key.removeprefix("openobserve:"): value
        for key, value in config(stack).items()
        if key.startswith("openobserve:")
    }
    assert list(configuration.problems(provider)) == []
    assert {"url", "user", "organization"} == provider.keys()


@pytest.mark.parametrize("stack", [*STACKS, "local"])
def test_an_example_holds_no_secret_and_has_its_schema(stack: str) -> None:
    """Nothing encrypted, no password, no address that is one; an editor finds the schema."""
    text = text_of(stack)
    assert text.startswith(SCHEMA_LINE)
    assert "secure:" not in text
    assert not re.search(r"^\s*openobserve:password:", text, re.MULTILINE)
    assert not re.search(r"hooks\.slack|sk-[A-Za-z0-9]|@[^\s]*:[^\s]*@", text)


def test_examples_differ_as_environments_do() -> None:
    """Memory and budgets grow, streams have names of their own, and only dev forgets."""
    dev, staging, prod = (Settings.from_mapping(config(stack)[KEY]) for stack in STACKS)
    for less, more in pairwise((dev, staging, prod)):
        assert less.retention.llm_days < more.retention.llm_days
        assert less.budget.daily_usd < more.budget.daily_usd
    assert len({one.prefix for one in (dev, staging, prod)}) == 3
    assert [one.on_destroy for one in (dev, staging, prod)] == ["delete", "retain", "retain"]
    assert not any(one.content.capture for one in (dev, staging, prod))
    assert {route.kind for route in prod.routes.values()} > {"pagerduty", "slack"}
    assert "pagerduty" not in {route.kind for route in staging.routes.values()}


def test_an_example_renders_without_problems(program: Program) -> None:
    """The provider's kinds refuse nothing of it, and it makes every kind of object."""
    assert [one.problems for one in program.resources if one.problems] == []
    rendering = render(program)
    assert {one.kind for one in rendering.objects} >= {
        "dashboard", "folder", "function", "pipeline", "stream",
    }  # fmt: skip
    assert rendering.others == ()
    prefix = config(program.stack)[KEY]["prefix"]
    streams = [one for one in rendering.objects if one.kind == "stream"]
    assert len(streams) >= 3
    assert all(one.beside["name"].startswith(prefix) for one in streams)
    assert {one.beside["organization"] for one in rendering.objects} == {
        config(program.stack)["openobserve:organization"]
    }


@pytest.mark.parametrize("name", names())
def test_a_committed_schema_is_current(name: str) -> None:
    """A changed model is in schemas/ before it is merged; `make docs` puts it there."""
    committed = (ROOT / "schemas" / f"{name}.json").read_text(encoding="utf-8")
    assert committed == json.dumps(json_schema(name), indent=2) + "\n"


def test_every_schema_is_committed_and_written_by_make() -> None:
    """Neither a schema without a file nor a file without a schema."""
    assert {path.stem for path in (ROOT / "schemas").iterdir()} == set(names())
    told = subprocess.run(
        ["make", "-n", "docs"],  # noqa: S607 - make, wherever it is
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert f"for name in {' '.join(names())};" in told
