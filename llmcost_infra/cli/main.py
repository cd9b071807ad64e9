"""The `llmcost` command: its groups, and how an error reaches the person who typed it.

Nothing heavy is imported here; a command's own module imports what it needs when it runs.
"""

from __future__ import annotations

import os
import sys
import traceback
from typing import TYPE_CHECKING, NoReturn

import click

from llmcost_infra.cli.lazy import Lazy, lazy_group
from llmcost_infra.cli.start import INTERRUPTED
from llmcost_infra.cli.versions import versions_option
from llmcost_infra.errors import ExitCode, LlmCostError

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["cli", "local", "main"]

_COMMANDS = {
    "up": Lazy(
        "llmcost_infra.cli.first_run:up",
        "Provision the local stack, send sample calls, show what it shows.",
    ),
    "down": Lazy("llmcost_infra.cli.first_run:down", "Stop what `llmcost up` started."),
    "render": Lazy(
        "llmcost_infra.cli.render:render",
        "Write what a stack would put on the server, as files.",
    ),
    "review": Lazy(
        "llmcost_infra.cli.review:review",
        "Say what this branch changes, in words and pictures.",
    ),
    "reprice": Lazy(
        "llmcost_infra.cli.reprice:reprice",
        "Price stored calls again, by the present price table.",
    ),
    "backtest": Lazy(
        "llmcost_infra.cli.backtest:backtest",
        "Tell how often alerts would have fired in the past.",
    ),
    "adopt": Lazy(
        "llmcost_infra.cli.adopt:adopt",
        "Write a project that declares what an organization holds.",
    ),
    "forget": Lazy(
        "llmcost_infra.cli.forget:forget",
        "Say what is stored of a user, and when it is gone.",
    ),
    "check": Lazy(
        "llmcost_infra.cli.check:check",
        "Find what is wrong with what stacks would put on the server.",
    ),
    "doctor": Lazy(
        "llmcost_infra.cli.doctor:doctor", "Go through the production checklist, on a server."
    ),
    "rollup": Lazy(
        "llmcost_infra.cli.rollup:rollup",
        "Add the last days and their hours up into the rollup stream.",
    ),
    "statement": Lazy("llmcost_infra.cli.statement:statement", "Say what a month cost each team."),
    "reconcile": Lazy(
        "llmcost_infra.cli.reconcile:reconcile",
        "Compare a month with a provider's bill, and say why they differ.",
    ),
    "pricing": Lazy(
        "llmcost_infra.cli.pricing:pricing", "The price table: what a call costs, and by which row."
    ),
    "telemetry": Lazy(
        "llmcost_infra.cli.telemetry:telemetry", "What applications need in order to be seen."
    ),
    "schema": Lazy("llmcost_infra.cli.schema:schema", "Print the JSON schema of a kind of file."),
    "local": Lazy("llmcost_infra.cli.main:local", "The embedded OpenObserve."),
}

_LOCAL_COMMANDS = {
    "serve": Lazy(
        "llmcost_infra.cli.local:serve", "Serve the embedded OpenObserve on this machine."
    ),
    "ingest": Lazy(
        "llmcost_infra.cli.local:ingest", "Send recorded OTLP files as if they happened now."
    ),
    "reset": Lazy(
        "llmcost_infra.cli.local:reset", "Remove the embedded OpenObserve's data and state."
    ),
}


@lazy_group("llmcost", _COMMANDS)
@versions_option
def cli() -> None:
    """LLM cost dashboards and alerts for OpenObserve, provisioned with Pulumi.

    Exit codes: 0 fine, 1 failed, 2 wrong usage or declaration, 3 server not reachable or access
    denied, 4 findings.
    """


@lazy_group("local", _LOCAL_COMMANDS)
def local() -> None:
    """The embedded OpenObserve."""


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with a code by cause.

    Args:
        arguments: what was typed after the program's name; the process's own by default.
    """
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    try:
        answer = cli.main(arguments, prog_name="llmcost", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        click.echo("Aborted.", err=True)
        return INTERRUPTED
    except LlmCostError as error:
        _show(str(error))
        return error.exit_code
    except OSError as error:
        _show(f"{error.filename}: {error.strerror}" if error.filename else _unexpected(error))
        return ExitCode.FAILED
    except Exception as error:  # noqa: BLE001 - a person gets a sentence, whatever went wrong
        _show(_unexpected(error))
        return ExitCode.FAILED
    return answer if isinstance(answer, int) else ExitCode.FINE


def _show(message: str) -> None:
    if os.environ.get("LLMCOST_TRACEBACK"):
        traceback.print_exc()
    click.echo(f"{click.style('error:', fg='red', bold=True)} {message}", err=True)


def _unexpected(error: Exception) -> str:
    if isinstance(error, ModuleNotFoundError) and not _ours(error.name):
        return (
            f"the package {error.name} is not installed\n"
            "  Most commands need the extra `local`: pip install 'llmcost-infra[local]'"
        )
    return (
        f"unexpected {type(error).__name__}: {error}\n"
        "  This is a defect. Run it again with LLMCOST_TRACEBACK=1 and report what it prints."
    )


def _ours(module: str | None) -> bool:
    return (module or "llmcost_infra").partition(".")[0] == "llmcost_infra"


if __name__ == "__main__":
    main()
