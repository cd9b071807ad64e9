"""One end of a change: what the program registers there, and what kept it from it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from llmcost_infra.declarations import InvalidDeclaration
from llmcost_infra.errors import DeclarationError, LlmCostError
from llmcost_infra.program import Program, at_once, run_program
from llmcost_infra.program.project import read_stack, stack_names
from llmcost_infra.review.notes import Note

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from llmcost_infra.settings import Settings

__all__ = ["Side", "note_of", "run_sides"]


@dataclass(frozen=True, slots=True)
class Side:
    """One end of a change.

    Args:
        name: ``base`` or ``head``.
        folder: of the project there.
        programs: stack → what its program registers; a stack that is not there, or whose program
            did not come to its end, is missing.
        settings: stack → its settings, where they can be read.
        config: stack → the plain values of its file.
        notes: why stacks are missing.
    """

    name: str
    folder: Path
    programs: Mapping[str, Program]
    settings: Mapping[str, Settings]
    config: Mapping[str, Mapping[str, Any]]
    notes: tuple[Note, ...] = ()


def run_sides(
    base: Path, head: Path, stacks: Sequence[str], run: Callable[[Path, str], Program] = run_program
) -> tuple[Side, Side]:
    """Run the program at both ends of a change, for each stack, as many at once as there are CPUs.

    Args:
        base: the project before.
        head: the project after.
        stacks: names; one that has no file at an end is left out there.
        run: runs the program of a folder for a stack.
    """
    ends = {"base": base, "head": head}
    there = {name: _stacks_of(name, folder) for name, folder in ends.items()}
    with at_once() as pool:
        asked = {
            name: {
                stack: pool.submit(_tried, name, folder, stack, run)
                for stack in stacks
                if stack in there[name][0]
            }
            for name, folder in ends.items()
        }
        told = {
            name: {stack: one.result() for stack, one in each.items()}
            for name, each in asked.items()
        }
    first, second = (
        _side(name, folder, told[name], there[name][1]) for name, folder in ends.items()
    )
    return first, second


def _stacks_of(name: str, folder: Path) -> tuple[list[str], list[Note]]:
    """Return the stacks of an end, or why there are none: it may be older than the project."""
    try:
        return stack_names(folder), []
    except LlmCostError as error:
        return [], [note_of(name, folder, error)]


def _tried(
    name: str, folder: Path, stack: str, run: Callable[[Path, str], Program]
) -> Program | list[Note]:
    try:
        return run(folder, stack)
    except InvalidDeclaration as error:
        return [note_of(name, folder, problem, (stack,)) for problem in error.problems]
    except LlmCostError as error:
        return [note_of(name, folder, error, (stack,))]
    except (LookupError, TypeError, ValueError) as error:
        # A checkout of this package runs with its own code, which may tell resources differently.
        return [Note(f"{name}, program", f"its resources cannot be read: {error}", (stack,))]


def note_of(name: str, folder: Path, error: LlmCostError, stacks: tuple[str, ...] = ()) -> Note:
    """Return an error as what a review could not look at.

    Args:
        name: of the side.
        folder: of the project there; files in it are named from there.
        error: why.
        stacks: that it is about; none for all.
    """
    if not isinstance(error, DeclarationError):
        return Note(f"{name}, program", str(error), stacks)
    path = Path(error.path)
    if path.is_absolute() and path.resolve().is_relative_to(folder.resolve()):
        path = path.resolve().relative_to(folder.resolve())
    elif path.is_relative_to(folder):
        path = path.relative_to(folder)
    line = f":{error.line}" if error.line is not None else ""
    hint = f" ({error.hint})" if error.hint else ""
    return Note(f"{name}, {path}{line}", f"{error.message}{hint}", stacks)


def _side(
    name: str, folder: Path, told: Mapping[str, Program | list[Note]], notes: Sequence[Note]
) -> Side:
    settings: dict[str, Settings] = {}
    config: dict[str, Mapping[str, Any]] = {}
    for stack in told:
        try:
            chosen = read_stack(folder, stack)
            config[stack] = chosen.config
            settings[stack] = chosen.settings()
        except LlmCostError:
            # A program of one's own has other settings, or none; what is wrong with them it says.
            continue
    return Side(
        name,
        folder,
        {stack: one for stack, one in told.items() if isinstance(one, Program)},
        settings,
        config,
        (*notes, *(note for one in told.values() if isinstance(one, list) for note in one)),
    )
