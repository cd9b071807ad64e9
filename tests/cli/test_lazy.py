"""Commands load when they are called, and help says the same as they do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

import llmcost_infra.cli
from llmcost_infra.cli.lazy import Lazy, LazyGroup, lazy_group
from llmcost_infra.cli.main import cli, local

if TYPE_CHECKING:
    from tests.cli.conftest import Type

HEAVY = {
    *("datafusion", "grpc", "httpx", "jinja2", "opentelemetry", "pulumi", "pyarrow", "pydantic"),
    *("rich", "sqlglot", "stamina", "starlette", "uvicorn", "vrl_python", "yaml"),
}
MODULES = sorted(
    f"llmcost_infra.cli.{path.stem}"
    for path in Path(llmcost_infra.cli.__file__).parent.glob("*.py")
    if path.stem != "__init__"
)


@pytest.mark.parametrize("module", MODULES)
def test_a_module_of_the_command_line_imports_nothing_heavy(module: str) -> None:
    """Help and completion answer at once because the command line's modules are light."""
    code = f"import sys, {module}; print(*{{name.partition('.')[0] for name in sys.modules}})"

    ended = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )

    assert HEAVY & set(ended.stdout.split()) == set()


@pytest.mark.parametrize("group", [cli, local], ids=["llmcost", "local"])
def test_the_summary_in_the_group_is_the_command_s_own(group: LazyGroup) -> None:
    """The line that help shows without loading a command is the one that the command has."""
    for name, lazy in group.lazy.items():
        command = lazy.load()
        assert command.name == name
        assert command.get_short_help_str(limit=100) == lazy.summary


@pytest.mark.parametrize("group", ["pricing", "telemetry", "review"])
def test_a_summary_is_a_whole_sentence(llmcost: Type, group: str) -> None:
    """It is wrapped, and not cut off, whatever the width."""
    assert "..." not in llmcost(group, "--help").out.partition("Commands:")[2]


def test_help_of_a_group_loads_no_command(llmcost: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listing commands costs the same however many there are."""

    def loaded(lazy: Lazy) -> click.Command:
        raise AssertionError(lazy.target)

    monkeypatch.setattr(Lazy, "load", loaded)

    assert llmcost("--help").code == 0


def test_commands_are_listed_in_the_order_of_the_group() -> None:
    """The order is the author's: what a newcomer needs comes first."""

    @lazy_group("g", {"b": Lazy("m:b", "B."), "a": Lazy("m:a", "A.")})
    def group() -> None:
        """Group."""

    context = click.Context(group)

    assert group.list_commands(context) == ["b", "a"]
    assert group.get_help(context).endswith("Commands:\n  b  B.\n  a  A.")
    assert group.get_command(context, "c") is None


def test_a_group_may_have_commands_of_its_own() -> None:
    """A command that is added in the usual way works beside lazy ones."""

    @lazy_group("g", {})
    def group() -> None:
        """Group."""

    @group.command()
    def own() -> None:
        """Be here."""

    context = click.Context(group)

    assert group.list_commands(context) == ["own"]
    assert group.get_command(context, "own") is own
    assert "Be here." in group.get_help(context)
