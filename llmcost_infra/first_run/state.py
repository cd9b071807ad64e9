"""What the Pulumi CLI keeps of a first run: its own words name no way out that works here."""

from __future__ import annotations

import json
import socket
from typing import TYPE_CHECKING

import yaml
from pydantic import BaseModel, ValidationError

from llmcost_infra.errors import LlmCostError
from llmcost_infra.first_run.embedded import is_alive

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["Lock", "locks", "refuse_cut"]

_ON_THE_SERVER = "What the last steps made is found on the server."
_MADE_AGAIN = "It is made again."


class Lock(BaseModel):
    """Who works on a stack.

    Args:
        pid: of the process.
        hostname: of its machine.
    """

    pid: int
    hostname: str

    @property
    def may_be_held(self) -> bool:
        """Whether the process is there; on another machine it may be."""
        return self.hostname != socket.gethostname() or is_alive(self.pid)


def locks(backend: Path, stack: str) -> list[Lock]:
    """Return the locks of a stack.

    Args:
        backend: folder that ``PULUMI_BACKEND_URL`` names.
        stack: name of the stack.

    Raises:
        LlmCostError: one does not say who holds it.
    """
    return [_lock(path) for path in backend.glob(f".pulumi/locks/**/{stack}/*.json")]


def refuse_cut(backend: Path, home: Path, stack: str) -> None:
    """Refuse what was not written to its end, since the machine went down or its disk was full.

    Args:
        backend: folder that ``PULUMI_BACKEND_URL`` names.
        home: folder that ``PULUMI_HOME`` names.
        stack: name of the stack.

    Raises:
        LlmCostError: there is such a file; it is named with what to do about it.
    """
    for path, way_out in _kept(backend / ".pulumi", home, stack):
        if not _is_whole(path):
            raise LlmCostError(
                f"{path} was not written to its end.",
                hint=f"{way_out} Then run the command again.",
            )


def _lock(path: Path) -> Lock:
    try:
        return Lock.model_validate_json(path.read_bytes())
    except ValidationError:
        raise LlmCostError(
            f"{path} locks the stack and does not say which run it is of.",
            hint="If no other run is at work, remove the file and run the command again.",
        ) from None


def _kept(kept: Path, home: Path, stack: str) -> Iterator[tuple[Path, str]]:
    """Yield what the CLI reads, and what to do where it cannot."""
    for checkpoint in kept.glob(f"stacks/*/{stack}.json"):
        before = checkpoint.with_name(f"{checkpoint.name}.bak")
        way_out = f"Copy {before.name} over it." if before.exists() else "Remove it."
        yield checkpoint, f"{way_out} {_ON_THE_SERVER}"
    for found in (
        kept.glob("meta.yaml"),
        kept.glob(f"stacks/*/{stack}.json.attrs"),
        home.glob("workspaces/*.json"),
    ):
        yield from ((path, f"Remove it. {_MADE_AGAIN}") for path in found)


def _is_whole(path: Path) -> bool:
    content = path.read_bytes()
    try:
        found = yaml.safe_load(content) if path.suffix == ".yaml" else json.loads(content)
    except (ValueError, yaml.YAMLError):
        return False
    return isinstance(found, dict)
