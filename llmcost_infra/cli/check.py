"""`llmcost check`: what is wrong, before anything is sent."""

from __future__ import annotations

import os
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmcost_infra.cli.arguments import stacks_option
from llmcost_infra.cli.printing import json_option, print_json, progress
from llmcost_infra.errors import DeclarationError, ExitCode

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmcost_infra.check import Finding
    from llmcost_infra.check.running import Report
    from llmcost_infra.openobserve import Client

__all__ = ["check"]

_COLOURS = {"error": "red", "warning": "yellow"}
_MOST_ALIKE = 3
"""Findings that say the same and are printed one by one."""
_ESCAPES = {"%": "%25", "\r": "%0D", "\n": "%0A"}


@click.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path))
@stacks_option("The stack; repeatable.")
@click.option("--all-stacks", is_flag=True, help="Every stack of the project; so it is by default.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "github"]),
    default="text",
    show_default=True,
    help="github: annotations of a pull request.",
)
@click.option(
    "--live", is_flag=True, help="Also ask the server of a stack; needs --stack, and only one."
)
@json_option
def check(  # noqa: PLR0913 - each is an option
    *,
    paths: tuple[Path, ...],
    stacks: tuple[str, ...],
    all_stacks: bool,
    form: str,
    live: bool,
    as_json: bool,
) -> int:
    """Find what is wrong with what stacks would put on the server.

    Runs the project's program without engine, server and secrets, plans every statement on the
    columns that streams declare, and holds all to the rules of docs/check.md and of rules/*.yaml.
    PATHS narrow it to what those files and folders declare. A stack that cannot be rendered is a
    finding. Ends with 4 if something is wrong.
    """
    # Heavy, and help needs none of it.
    from llmcost_infra.check.running import check as checked  # noqa: PLC0415
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.program.project import stack_names  # noqa: PLC0415

    if stacks and all_stacks:
        raise click.UsageError("--stack and --all-stacks exclude each other.")
    if live and len(stacks) != 1:
        raise click.UsageError("--live asks the server of one stack: name it with --stack.")
    for path in paths:
        _refuse_missing(path)
    # As seen from here, so that a finding names a file as a person would type it.
    folder = Path(os.path.relpath(project_folder()))
    shown = progress("Running the program of each stack")
    with _client() if live else nullcontext() as client, shown:
        report = checked(folder, stacks or stack_names(folder), paths, client=client)
    if as_json:
        print_json(_told(report))
    elif form == "github":
        for one in report.findings:
            click.echo(_annotation(one))
    else:
        _print(report)
    return ExitCode.FINDINGS if report.errors else ExitCode.FINE


def _client() -> Client:
    from llmcost_infra.first_run.at_hand import client_at_hand  # noqa: PLC0415 - heavy, see above

    return client_at_hand()


def _refuse_missing(path: Path) -> None:
    if not path.exists():
        from llmcost_infra.declarations import nearest  # noqa: PLC0415 - help needs none of it

        beside = sorted(str(one) for one in path.parent.glob("*"))
        raise DeclarationError("there is no such file", path=path, hint=nearest(str(path), beside))


def _told(report: Report) -> dict[str, object]:
    return {
        "version": 1,
        "stacks": list(report.stacks),
        "errors": report.errors,
        "warnings": len(report.findings) - report.errors,
        "findings": [one.as_json() for one in report.findings],
    }


def _print(report: Report) -> None:
    from llmcost_infra.review.plain_words import counted  # noqa: PLC0415 - help needs none of it

    for one, others in _together(report.findings):
        where = f"{one.path}:{one.line}" if one.line else one.path
        word = click.style(one.severity, fg=_COLOURS[one.severity], bold=True)
        some = one.stacks and len(one.stacks) < len(report.stacks)
        only = f" ({', '.join(one.stacks)})" if some else ""
        click.echo(f"{where}: {word} {one.rule}: {one.message}{only}")
        if others:
            click.echo(f"  and the same at {counted(others, 'other place')}, which --json lists")
        if one.hint:
            click.echo(f"  {one.hint}")
    warnings = len(report.findings) - report.errors
    stacks = ", ".join(report.stacks) or "no stack"
    click.echo(f"{counted(report.errors, 'error')}, {counted(warnings, 'warning')} in {stacks}.")


def _together(findings: Iterable[Finding]) -> Iterator[tuple[Finding, int]]:
    """Yield findings; of many that say the same, the first and how many others there are."""
    alike: dict[tuple[object, ...], list[Finding]] = {}
    for one in findings:
        key = (one.severity, one.rule, one.message, one.hint, one.stacks)
        alike.setdefault(key, []).append(one)
    for same in alike.values():
        if len(same) > _MOST_ALIKE:
            yield same[0], len(same) - 1
        else:
            yield from ((one, 0) for one in same)


def _annotation(one: Finding) -> str:
    """Return a finding as a command of GitHub's workflows."""
    said = f"{one.message}\n{one.hint}" if one.hint else one.message
    for character, escaped in _ESCAPES.items():
        said = said.replace(character, escaped)
    line = f",line={one.line}" if one.line else ""
    return f"::{one.severity} file={one.path}{line},title={one.rule}::{said}"
