"""What cannot be looked at is said at its place, and the rest of the report comes."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from llmcost_infra.cli.main import cli
from llmcost_infra.errors import DeclarationError, ExitCode
from llmcost_infra.program.history import find_base
from llmcost_infra.review.reviewing import Extras

if TYPE_CHECKING:
    from pathlib import Path

    from tests.review.conftest import Repository


def test_a_base_that_does_not_exist_is_refused(shipped: Repository) -> None:
    """The error names the ref and says how to get it."""
    with pytest.raises(DeclarationError, match=r"there is no commit 'nowhere'[\s\S]*git fetch"):
        find_base(shipped.folder, "nowhere")


def test_a_ref_is_never_taken_for_an_option(shipped: Repository) -> None:
    """A ref that looks like an option of Git is a ref that does not exist."""
    with pytest.raises(DeclarationError, match="there is no commit '--all'"):
        find_base(shipped.folder, "--all")


def test_a_folder_outside_of_git_is_refused(tmp_path: Path) -> None:
    """Without history there is nothing to compare with."""
    with pytest.raises(DeclarationError, match="is in no Git repository"):
        find_base(tmp_path, "main")


def test_the_base_is_where_a_branch_began(pull_request: Repository) -> None:
    """What came to main later does not show as if the branch took it back."""
    began = pull_request.git("rev-parse", "HEAD").strip()
    pull_request.git("switch", "--quiet", "--create", "branch")
    pull_request.commit()
    pull_request.git("switch", "--quiet", "main")
    (pull_request.folder / "later.txt").write_text("later")
    pull_request.commit()
    pull_request.git("switch", "--quiet", "branch")

    base = find_base(pull_request.folder, "main")

    assert base.commit == began
    assert base.changed_files() == ()


def test_a_link_out_of_the_repository_is_left_out(
    pull_request: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It means something on one machine only; the base is laid out all the same.

    Python 3.11.2, which Debian 12 has, knows no filters of archives.
    """
    monkeypatch.delattr(tarfile, "data_filter")
    for name, target in {"data": "/nowhere/data", "up": "../up", "own": "Pulumi.yaml"}.items():
        (pull_request.folder / name).symlink_to(target)
    pull_request.commit()

    place = find_base(pull_request.folder, "HEAD").lay_out(tmp_path)

    assert (place / "own").read_text() == (pull_request.folder / "Pulumi.yaml").read_text()
    assert not (place / "data").is_symlink()
    assert not (place / "up").is_symlink()


def test_a_declaration_that_cannot_be_read_is_a_note(pull_request: Repository) -> None:
    """One stack's mistake is told with file and line; other stacks are compared all the same."""
    pull_request.edit("Pulumi.dev.yaml", "llm_days: 62", "llm_dayz: 62")
    pull_request.edit("Pulumi.prod.yaml", "other_days: 30", "other_days: 20")

    report = pull_request.review(["dev", "prod"])

    (note,) = report.notes
    assert note.place.startswith("head, Pulumi.dev.yaml:")
    assert "llm_days" in note.message
    assert note.stacks == ("dev",)
    assert {one.finding.sentence for one in report.changes} == {
        "retention 30 → 20 days: deletes about 10 days"
    }


def test_prices_that_cannot_be_read_are_a_note(pull_request: Repository) -> None:
    """A broken price file leaves out what prices change, and says so once."""
    pull_request.edit("pricing/x_ai.yaml", "provider: x_ai", "provider: y_ai")

    report = pull_request.review(["dev"])

    assert report.prices == ()
    assert all("pricing/x_ai.yaml" in note.place for note in report.notes)
    assert report.notes


def test_a_stack_on_one_side_is_named(pull_request: Repository) -> None:
    """A stack that the base does not have is told as new, without all of its objects."""
    dev = (pull_request.folder / "Pulumi.dev.yaml").read_text()
    (pull_request.folder / "Pulumi.qa.yaml").write_text(dev)

    report = pull_request.review(["qa"])

    (note,) = report.notes
    assert note.place == "Pulumi.qa.yaml"
    assert note.message.startswith("the stack is new, with all its ")
    assert report.changes == ()


def test_a_base_that_is_older_than_the_project_is_a_note(pull_request: Repository) -> None:
    """Everything is new then; the base is named, and no traceback comes."""
    pull_request.git("mv", "Pulumi.yaml", "later.yaml")
    pull_request.commit()
    pull_request.git("mv", "later.yaml", "Pulumi.yaml")

    report = pull_request.review(["dev"])

    assert [note.place for note in report.notes] == ["base, Pulumi.yaml", "Pulumi.dev.yaml"]
    assert report.notes[1].message.startswith("the stack is new")


def test_data_without_a_needed_column_is_a_note(pull_request: Repository, tmp_path: Path) -> None:
    """A file that holds something else leaves the spend out and nothing more."""
    data = tmp_path / "rows.ndjson"
    data.write_text('{"_timestamp": 1}')

    report = pull_request.review(["dev"], Extras(data))

    assert [note.place for note in report.notes] == ["--data"]
    assert report.spend is None


def test_the_command_writes_every_form(
    pull_request: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """--out has all three files, --json prints one of them, and a missing base is wrong usage."""
    pull_request.edit("Pulumi.prod.yaml", "other_days: 30", "other_days: 40")
    monkeypatch.chdir(pull_request.folder)
    arguments = ["review", "--base", "HEAD", "--stack", "prod", "--json", "--out", str(tmp_path)]

    done = CliRunner().invoke(cli, arguments)

    assert done.exit_code == ExitCode.FINE, done.output
    assert (tmp_path / "review.json").read_text() == done.stdout
    assert "retention 30 → 40 days" in (tmp_path / "review.md").read_text()
    assert "retention 30 → 40 days" in (tmp_path / "review.html").read_text()
