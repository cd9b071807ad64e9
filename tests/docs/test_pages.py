"""What the pages tell a reader to type, to write or to open is there and works."""

from __future__ import annotations

import ast
import re
import shlex
from importlib import import_module
from itertools import chain
from pathlib import Path
from typing import Any

import cli_reference
import click
import pytest
import yaml

from llmcost_infra.cli import main as command_line
from llmcost_infra.local.server import Config
from llmcost_infra.settings import Settings

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted(
    chain(ROOT.glob("*.md"), (page for page in ROOT.glob("docs/*.md") if page.name != "cli.md"))
)
OURS = re.compile(r"(?:^|[/(])(llmcost [^&|)>]*)")
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(page: Path, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return [text for name, text in FENCE.findall(page.read_text()) if name == language]


def typed(page: Path) -> list[str]:
    """Return the lines that a reader is told to type."""
    lines = "\n".join(blocks(page, "console")).splitlines()
    return [line.removeprefix("$ ").partition("  #")[0] for line in lines if line[:2] == "$ "]


def ours(page: Path) -> list[str]:
    """Return those that are commands of ours, without what a shell does around them."""
    return [found[1] for line in typed(page) if (found := OURS.search(line))]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    """A reader never types a target that is not there."""
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    named = set(re.findall(r"`make ([\w-]+)", page.read_text()))
    named |= {line.split()[1] for line in typed(page) if line.startswith("make ")}
    assert named <= targets


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_that_a_page_names_exists(page: Path) -> None:
    """A reader never types a command of ours that is not there."""
    known = {name for name, _help in cli_reference.commands()}

    quoted = re.findall(r"`(llmcost [^`]*)`", page.read_text())
    for command in chain(quoted, ours(page)):
        words = command.split(" -")[0].split()
        assert any(" ".join(words[:length]) in known for length in (3, 2)), command


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_command_takes_the_options_that_a_page_gives_it(page: Path) -> None:
    """A reader never types an option that is not there, or leaves out one that has to be."""
    for line in ours(page):
        arguments = shlex.split(line)[1:]
        command: click.Command = command_line.cli
        context = click.Context(command, info_name="llmcost", **command.context_settings)
        while isinstance(command, click.Group) and arguments and arguments[0][0] != "-":
            name = arguments.pop(0)
            found = command.get_command(context, name)
            assert found, line
            command = found
            if isinstance(command, click.Group):
                context = click.Context(command, parent=context, info_name=name)
        try:
            command.make_context(line, arguments, parent=context)
        except click.exceptions.Exit:
            continue  # --version
        except click.BadParameter as wrong:
            if "does not exist" not in wrong.message:  # a file of the reader
                raise


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_into_the_repository_leads_somewhere(page: Path) -> None:
    """A link names a file or folder that is there."""
    for target in re.findall(r"\]\(([^)]+)\)", page.read_text()):
        if "://" not in target:
            assert (page.parent / target.partition("#")[0]).exists(), target


def test_the_readme_names_the_two_commands_and_every_page() -> None:
    """The first page leads to all others, and to the two commands of a newcomer."""
    text = (ROOT / "README.md").read_text()

    assert "`make up`" in text
    assert "`make test`" in text
    assert len(text.splitlines()) < 150
    for page in (ROOT / "docs").glob("*.md"):
        assert f"(docs/{page.name})" in text


def test_the_settings_in_the_readme_are_accepted_and_are_the_defaults() -> None:
    """Who copies the example gets what the comments say, and changes nothing by it."""
    (text,) = blocks(ROOT / "README.md", "yaml")
    written: dict[str, Any] = yaml.safe_load(text)["config"]["llmcost:settings"]

    settings = Settings.from_mapping(written)

    assert len(written) > 5
    assert settings.model_dump() == Settings(environment="prod").model_dump()


def test_the_program_in_the_readme_is_short_and_uses_what_is_there() -> None:
    """A program is at most 15 lines, and each name in it is exported where it says."""
    (text,) = blocks(ROOT / "README.md", "python")

    tree = ast.parse(text)

    assert len(text.splitlines()) <= 15
    ours = [
        node
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith("llmcost_infra")
    ]
    assert ours
    for node in ours:
        exported = import_module(str(node.module)).__all__
        assert {alias.name for alias in node.names} <= set(exported)


def test_the_page_about_the_architecture_names_every_room() -> None:
    """A room that is there is explained."""
    page = (ROOT / "docs/architecture.md").read_text()
    rooms = {
        path.stem for path in (ROOT / "llmcost_infra").glob("[a-z]*") if path.name != "py.typed"
    }

    explained = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))

    assert rooms <= explained


def test_the_page_about_the_embedded_server_names_its_root_user() -> None:
    """Who starts it by hand can log in."""
    page = (ROOT / "docs/local.md").read_text()

    assert f"`{Config.user}` with the password `{Config.password}`" in page


def test_the_changelog_s_sentences_are_for_users() -> None:
    """The form is Keep a Changelog's: an unreleased part, known headings, entries as sentences."""
    text = (ROOT / "CHANGELOG.md").read_text()

    assert "## [Unreleased]" in text
    headings = set(re.findall(r"^### (\w+)", text, re.MULTILINE))
    assert headings <= {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    for entry in re.split(r"^- ", text, flags=re.MULTILINE)[1:]:
        assert entry.partition("\n#")[0].rstrip().endswith(".")
