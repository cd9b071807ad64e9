"""The process in which a program runs: `python -m llmcost_infra.program.child REQUEST ANSWER`."""

from __future__ import annotations

import asyncio
import gc
import json
import logging
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi.runtime
from pulumi.runtime.mocks import MockEngine

from llmcost_infra.components.reporting import use_placeholder
from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.errors import DeclarationError, LlmCostError
from llmcost_infra.program.places import Places
from llmcost_infra.program.recording import Recording, organization_of
from llmcost_infra.program.registered import SECRET

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["main"]

_LAST_FRAMES = 3


def main(request: Path, answer: Path) -> None:
    """Run a program and write what it registered, or why it failed.

    Args:
        request: JSON file: project, stack, folder, program, config, secret, stack_file.
        answer: JSON file to write; absent when the program ended the process itself.
    """
    # What a program makes lives as long as this process: looking for garbage takes a tenth of it.
    gc.freeze()
    gc.set_threshold(100_000)
    asked = json.loads(request.read_text(encoding="utf-8"))
    folder = Path(asked["folder"])
    places = Places(folder)
    settings = {"organization": asked["config"].get("openobserve:organization")}
    recording = Recording(asked["project"], asked["stack"], organization_of(settings), places)
    try:
        _run(asked, recording, places)
        told: dict[str, Any] = {"resources": recording.registered(), "asked": recording.asked}
    except BaseException as error:  # noqa: BLE001 - whatever a program raises is told
        told = _failure(error, folder, asked["stack_file"])
    answer.write_text(json.dumps(told, sort_keys=True), encoding="utf-8")


def _run(asked: Mapping[str, Any], recording: Recording, places: Places) -> None:
    """Run the program as Pulumi's language host runs it."""
    pulumi.runtime.set_all_config(asked["config"], asked["secret"])
    pulumi.runtime.configure(
        pulumi.runtime.Settings(
            project=asked["project"],
            stack=asked["stack"],
            monitor=recording,
            engine=MockEngine(logging.getLogger()),
            dry_run=True,
            organization="organization",
            root_directory=asked["folder"],
        )
    )
    # A checkout has no secrets, and what is read here is sent nowhere.
    use_placeholder(SECRET)
    # A failed program leaves work behind that nobody waits for; what matters is told otherwise.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    sys.argv = [asked["program"]]
    sys.path.insert(0, str(Path.cwd()))

    def program() -> None:
        pulumi.runtime.register_stack_transformation(places.note)
        try:
            runpy.run_path(asked["program"], run_name="__main__")
        except SystemExit as ended:
            if ended.code not in {None, 0}:
                raise

    asyncio.run(pulumi.runtime.run_in_stack(program))


def _failure(error: BaseException, folder: Path, stack_file: str) -> dict[str, Any]:
    """Return why a program failed: what is wrong with its files, or what it raised."""
    cause = next((one for one in _causes(error) if isinstance(one, LlmCostError)), error)
    match cause:
        case DeclarationError():
            every = cause.problems if isinstance(cause, InvalidDeclaration) else (cause,)
            return {"problems": [_problem(one) for one in every]}
        case pulumi.ConfigMissingError() | pulumi.ConfigTypeError():
            said = " ".join(str(cause).split())
            return {"problems": [_problem(DeclarationError(said, path=stack_file))]}
        case LlmCostError():
            return _raised(cause.message, cause.hint)
        case pulumi.RunError():
            return _raised(str(cause))
        case SystemExit():
            return _raised(f"The program ended with exit code {cause.code} before its end.")
        case _:
            last = _last_lines(cause, folder)
            return _raised(f"The program raised an exception:\n{last}", "Mend it and try again.")


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__


def _problem(error: DeclarationError) -> dict[str, Any]:
    return {
        "message": error.message,
        "path": str(error.path),
        "line": error.line,
        "hint": error.hint,
    }


def _raised(message: str, hint: str = "") -> dict[str, Any]:
    return {"error": {"message": message, "hint": hint}}


def _last_lines(error: BaseException, folder: Path) -> str:
    """Return the end of a traceback: the program's own lines, if any of it is the program's."""
    frames = traceback.extract_tb(error.__traceback__)
    for frame in frames:
        frame.filename = os.path.realpath(frame.filename)
    own = [
        frame
        for frame in frames
        if frame.filename.startswith(f"{folder}{os.sep}") and "site-packages" not in frame.filename
    ]
    lines = traceback.format_list((own or frames)[-_LAST_FRAMES:])
    text = "".join([*lines, *traceback.format_exception_only(error)])
    return text.replace(f"{folder}{os.sep}", "").rstrip()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
