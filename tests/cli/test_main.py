"""An error reaches a person as a sentence with a next step, and a script as an exit code."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest

from llmcost_infra import errors
from llmcost_infra.cli import main as command_line
from llmcost_infra.cli.lazy import Lazy
from llmcost_infra.errors import (
    DeclarationError,
    LlmCostError,
    NotFound,
    RateLimited,
    TransportError,
    Unauthorized,
)

if TYPE_CHECKING:
    from tests.cli.conftest import Type


def raising(error: BaseException, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make `llmcost fail` raise this."""

    @click.command()
    def fail() -> None:
        raise error

    monkeypatch.setattr(Lazy, "load", lambda _self: fail)
    monkeypatch.setattr(command_line.cli, "lazy", {"fail": Lazy("any:thing", "Fail.")})


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (
            LlmCostError("It broke.", hint="Mend it."),
            1,
            "error: It broke.\n  Mend it.\n",
        ),
        (
            DeclarationError("unknown key", path="dashboards/a.yaml", line=3, hint="did you?"),
            2,
            "error: dashboards/a.yaml:3: unknown key\n  did you?\n",
        ),
        (TransportError("no answer from http://x"), 3, "error: no answer from http://x\n"),
        (
            Unauthorized(401, "Unauthorized", request="GET /config", hint="Check the password."),
            3,
            "error: GET /config: 401 Unauthorized\n  Check the password.\n",
        ),
        (NotFound(404, "no", request="GET /a"), 1, "error: GET /a: 404 no\n"),
        (RateLimited(429, "slow", request="GET /a"), 1, "error: GET /a: 429 slow\n"),
    ],
)
def test_an_error_is_where_what_and_next_step_with_a_code_by_cause(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch, error: LlmCostError, code: int, text: str
) -> None:
    """No traceback, everything on stderr, the exit code from the error's class."""
    raising(error, monkeypatch)

    ended = llmcost("fail")

    assert (ended.code, ended.out, ended.err) == (code, "", text)


def test_every_error_of_ours_has_a_meaning_as_an_exit_code() -> None:
    """No error can end with a code that the documentation does not explain."""
    classes = [getattr(errors, name) for name in errors.__all__]
    ours = [one for one in classes if issubclass(one, LlmCostError)]

    assert len(ours) > 5
    for one in ours:
        assert errors.ExitCode(one.exit_code) is not errors.ExitCode.FINE


def test_an_unforeseen_error_is_called_a_defect(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever goes wrong, a person gets a sentence and learns how to report it."""
    raising(ValueError("odd"), monkeypatch)

    ended = llmcost("fail")

    assert ended.code == 1
    assert ended.err.startswith("error: unexpected ValueError: odd\n  This is a defect.")
    assert "LLMCOST_TRACEBACK=1" in ended.err
    assert "Traceback" not in ended.err


def test_a_file_that_cannot_be_used_is_no_defect(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A folder without permission or a full disk is named, in the system's own words."""
    raising(OSError(13, "Permission denied", "/data/x"), monkeypatch)

    ended = llmcost("fail")

    assert (ended.code, ended.err) == (1, "error: /data/x: Permission denied\n")


def test_a_system_error_about_no_file_is_like_any_other(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a file to name, the sentence asks for a report."""
    raising(OSError(9, "Bad file descriptor"), monkeypatch)

    assert "unexpected OSError: [Errno 9] Bad file descriptor" in llmcost("fail").err


def test_a_package_that_is_not_installed_is_no_defect(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who installed the package without its extras learns which one is needed."""
    raising(ModuleNotFoundError("No module named 'datafusion'", name="datafusion"), monkeypatch)

    ended = llmcost("fail")

    assert ended.code == 1
    assert ended.err.startswith("error: the package datafusion is not installed\n")
    assert "llmcost-infra[local]" in ended.err


@pytest.mark.parametrize("name", ["llmcost_infra.gone", None])
def test_a_module_of_ours_that_is_missing_is_a_defect(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    """No installation helps against it."""
    raising(ModuleNotFoundError("gone", name=name), monkeypatch)

    assert "This is a defect." in llmcost("fail").err


@pytest.mark.parametrize("error", [ValueError("odd"), TransportError("no answer")])
def test_a_traceback_is_there_for_who_asks(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """LLMCOST_TRACEBACK=1 adds the traceback and changes neither message nor code."""
    raising(error, monkeypatch)
    plain = llmcost("fail")
    monkeypatch.setenv("LLMCOST_TRACEBACK", "1")

    ended = llmcost("fail")

    assert ended.code == plain.code
    assert ended.err.startswith("Traceback (most recent call last)")
    assert ended.err.endswith(plain.err)


def test_an_interrupt_is_no_error(llmcost: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends a command as shells expect it."""
    raising(KeyboardInterrupt(), monkeypatch)

    ended = llmcost("fail")

    assert (ended.code, ended.err.strip()) == (130, "Aborted.")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("no-such-command",), "No such command 'no-such-command'"),
        (("reveiw",), "No such command 'reveiw'. Did you mean 'review'?"),
        (("local", "serv"), "No such command 'serv'. Did you mean 'serve'?\n"),
        (("--no-such-option",), "No such option"),
        (("up", "--port", "0"), "0 is not in the range"),
        (("up", "more"), "unexpected extra argument"),
        (("local", "serve", "--port", "x"), "'x' is not a valid integer"),
    ],
)
def test_wrong_usage_ends_with_two(llmcost: Type, arguments: tuple[str, ...], said: str) -> None:
    """Usage errors name what was wrong and where help is."""
    ended = llmcost(*arguments)

    assert ended.code == 2
    assert said in ended.err
    assert "--help" in ended.err


def test_version_names_all_that_takes_part(
    llmcost: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report of a defect can say which it was: ours, Pulumi's, and the servers it is for."""
    for program, says in (("pulumi", "echo v3.300.1"), ("pulumi-resource-openobserve", "exit 1")):
        (tmp_path / program).write_text(f"#!/bin/sh\n{says}\n")
        (tmp_path / program).chmod(0o755)
    monkeypatch.setenv("PATH", os.pathsep.join((str(tmp_path), os.defpath)))
    ended = llmcost("--version")

    ours = version("llmcost-infra")
    assert (ended.code, ended.out.splitlines()) == (
        0,
        [
            f"llmcost {ours}",
            f"provider openobserve {ours}, {tmp_path}/pulumi-resource-openobserve",
            f"Pulumi SDK {version('pulumi')}, CLI 3.300.1",
            "OpenObserve 0.90 to 0.92",
        ],
    )


@pytest.mark.parametrize(
    ("script", "said"), [(None, "CLI not on PATH"), ("exit 3", "CLI does not answer")]
)
def test_version_is_told_without_a_cli_as_well(
    llmcost: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str | None, said: str
) -> None:
    """Whoever has no Pulumi yet, or a broken one, learns just that."""
    if script:
        (tmp_path / "pulumi").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    ended = llmcost("--version")

    assert ended.code == 0
    assert said in ended.out
    beside = Path(sys.executable).parent / "pulumi-resource-openobserve"
    assert f"provider openobserve {version('llmcost-infra')}, {beside}\n" in ended.out


@pytest.mark.parametrize("option", ["-h", "--help"])
def test_help_lists_every_command_and_the_exit_codes(llmcost: Type, option: str) -> None:
    """Both spellings of help answer, with all commands and what exit codes mean."""
    ended = llmcost(option)

    assert ended.code == 0
    said = " ".join(ended.out.split())  # lines are as long as the terminal allows
    for name, lazy in command_line.cli.lazy.items():
        assert f" {name} {lazy.summary}" in said
    for code in errors.ExitCode:
        assert f" {int(code)} " in said


def test_colour_is_for_terminals(llmcost: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """In a pipe an error is plain text."""
    raising(LlmCostError("It broke."), monkeypatch)

    assert "\x1b" not in llmcost("fail").err
