"""The key of an administrator: from the environment, else a secret of the stack."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.errors import ExitCode, ReconcileError
from llmcost_infra.pulumi_cli import answer, cli_on_path

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["NoKey", "admin_key"]

_VARIABLES: Final = {"openai": "OPENAI_ADMIN_KEY", "anthropic": "ANTHROPIC_ADMIN_KEY"}


class NoKey(ReconcileError):  # noqa: N818 - it names what is missing
    """There is no key with which the bill could be read."""

    exit_code = ExitCode.UNREACHABLE


def admin_key(
    provider: str, secret: str | None, stack: str, project: Path, environment: Mapping[str, str]
) -> str:
    """Return the key with which a provider's bills are read.

    Args:
        provider: openai or anthropic.
        secret: name of the stack's secret, if its settings have one.
        stack: name of the stack.
        project: folder of its Pulumi.yaml.
        environment: of the process.

    Raises:
        NoKey: neither has it.
    """
    variable = _VARIABLES[provider]
    if key := environment.get(variable, "").strip():
        return key
    hint = f"Set {variable}, or name a secret as admin_key in the stack's billing."
    if secret is None:
        raise NoKey(f"There is no key to read {provider}'s bill with.", hint=hint)
    cli = cli_on_path()
    if cli is None:
        raise NoKey(f"The secret {secret} cannot be read: there is no pulumi.", hint=hint)
    # What it says is the key, or an error about it: neither is shown.
    kept = answer(cli, "config", "get", secret, "--stack", stack, folder=project)
    if not kept:
        raise NoKey(
            f"The stack {stack} has no secret {secret}, or it cannot be decrypted here.",
            hint=f"Set it: pulumi config set --stack {stack} --secret {secret}",
        )
    return kept
