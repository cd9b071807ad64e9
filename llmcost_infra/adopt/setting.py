"""Sets a stack's secrets with the Pulumi CLI: from the server into encrypted configuration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost_infra.errors import LlmCostError
from llmcost_infra.pulumi_cli import cli_on_path, run

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from llmcost_infra.adopt.secrets import Secret

__all__ = ["require_cli", "set_secrets"]


def require_cli() -> str:
    """Return the Pulumi CLI on PATH.

    Raises:
        LlmCostError: there is none.
    """
    found = cli_on_path()
    if found is None:
        raise LlmCostError(
            "The Pulumi CLI is not on PATH, so that no secret can be set.",
            hint="Install it; or leave out --set-secrets and type the commands that are printed.",
        )
    return found


def set_secrets(
    folder: Path, stack: str, secrets: Sequence[Secret], tell: Callable[[str], object]
) -> None:
    """Make a stack and set its secrets; their values are no arguments, so that nobody sees them.

    Args:
        folder: of the project.
        stack: name of the stack, which is made.
        secrets: with their values.
        tell: gets the name of each secret before it is set.

    Raises:
        LlmCostError: the CLI refused it: its own words.
    """
    cli = require_cli()
    _run(folder, cli, "stack", "init", stack)
    for secret in secrets:
        tell(secret.name)
        _run(
            folder, cli, "config", "set", "--stack", stack, "--secret", secret.name,
            value=secret.value,
        )  # fmt: skip


def _run(folder: Path, cli: str, *arguments: str, value: str = "") -> None:
    done = run(cli, *arguments, folder=folder, given=value)
    if done.returncode != 0:
        words = (done.stderr or done.stdout).strip()
        raise LlmCostError(
            f"`pulumi {' '.join(arguments)}` failed.\n{words}",
            hint=f"The files are in {folder}: its README.md says what is left to type.",
        )
