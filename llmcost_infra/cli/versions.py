"""`llmcost --version`: what a report of a defect has to name."""

from __future__ import annotations

import shutil
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmcost_infra.pulumi_cli import answer, cli_on_path

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

__all__ = ["versions_option"]

_PROVIDER = "pulumi-resource-openobserve"
_ANSWER_WITHIN_S = 10


def versions_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the option ``--version``, which prints the versions of all that takes part."""
    return click.option(
        "--version",
        is_flag=True,
        is_eager=True,
        expose_value=False,
        callback=_print,
        help="Show the versions of all that takes part, and exit.",
    )(function)


def _print(context: click.Context, _param: click.Parameter, wanted: bool) -> None:
    if not wanted or context.resilient_parsing:
        return
    from llmcost_infra import __version__  # noqa: PLC0415 - only who asks needs it
    from llmcost_infra.openobserve import SUPPORTED_VERSIONS  # noqa: PLC0415

    oldest, newest = SUPPORTED_VERSIONS
    click.echo(f"llmcost {__version__}")
    click.echo(f"provider openobserve {__version__}, {_found(_PROVIDER)}")
    click.echo(f"Pulumi SDK {_installed('pulumi')}, CLI {_cli()}")
    click.echo(f"OpenObserve {oldest} to {newest}")
    context.exit()


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"


def _found(program: str) -> str:
    """Return where a program is: on PATH, else beside this interpreter, as Pulumi.yaml names it."""
    beside = Path(sys.executable).parent
    return shutil.which(program) or shutil.which(program, path=str(beside)) or "not installed"


def _cli() -> str:
    """Return the version of the CLI on PATH, in its own words."""
    cli = cli_on_path()
    if cli is None:
        return "not on PATH"
    told = answer(cli, "version", within_s=_ANSWER_WITHIN_S)
    return f"does not answer ({cli})" if told is None else told.removeprefix("v")
