"""Runs a project's program for one stack, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.errors import DeclarationError, ProgramError
from llmcost_infra.program.project import Stack, read_stack
from llmcost_infra.program.registered import Program, Registered

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["at_once", "run_program"]

_LAST_LINES = 12


@contextmanager
def at_once() -> Generator[ThreadPoolExecutor]:
    """Let programs run, as many at once as there are CPUs; after an error, none begins any more."""
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        try:
            yield pool
        except BaseException:
            # Of Ctrl-C, those that run have heard as well.
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def run_program(folder: Path, stack: str) -> Program:
    """Run a project's program as a preview of a new stack would, and return what it registers.

    There is no engine, no server and no secret: encrypted configuration is a placeholder. A
    program may do anything, so it runs in a process of its own, with this interpreter.

    Args:
        folder: of ``Pulumi.yaml``.
        stack: name of the stack.

    Raises:
        DeclarationError: there is no such stack, or a file of the project is wrong.
        ProgramError: the program raised, or did not come to its end.
    """
    chosen = read_stack(folder, stack)
    told = _told(chosen)
    if problems := told.get("problems"):
        placed = [chosen.placed(DeclarationError(**one)) for one in problems]
        raise InvalidDeclaration(sorted(placed, key=lambda problem: problem.line or 0))
    if "error" in told:
        raise ProgramError(told["error"]["message"], hint=told["error"]["hint"])
    return Program(
        chosen.project,
        chosen.name,
        tuple(map(Registered.from_json, told["resources"])),
        tuple(told["asked"]),
    )


def _told(stack: Stack) -> dict[str, Any]:
    with TemporaryDirectory() as scratch:
        request, answer = (Path(scratch) / name for name in ("request.json", "answer.json"))
        request.write_text(json.dumps(_request(stack)), encoding="utf-8")
        # -P: a package beside the program must not stand in for one that we import ourselves.
        done = subprocess.run(  # noqa: S603 - this interpreter
            [sys.executable, "-P", "-m", "llmcost_infra.program.child", str(request), str(answer)],
            cwd=stack.working_folder,
            env=_environment(stack.folder),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if answer.is_file():
            told: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
            return told
    last = "\n".join(done.stdout.strip().splitlines()[-_LAST_LINES:])
    raise ProgramError(
        f"The program ended with exit code {done.returncode} before all was registered."
        + (f" It said last:\n{last}" if last else ""),
        hint="Run `pulumi preview` to see all that it says.",
    )


def _environment(folder: Path) -> dict[str, str]:
    """Return the environment of a program: a checkout of this package runs with its own code."""
    if not (folder / "llmcost_infra" / "program" / "child.py").is_file():
        return {**os.environ}
    paths = [str(folder.resolve()), *os.environ.get("PYTHONPATH", "").split(os.pathsep)]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, paths))}


def _request(stack: Stack) -> dict[str, Any]:
    return {
        "project": stack.project,
        "stack": stack.name,
        "folder": str(stack.folder.resolve()),
        "program": stack.program,
        "config": dict(stack.config),
        "secret": sorted(stack.secret),
        "stack_file": str(stack.document.path),
    }
