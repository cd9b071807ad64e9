"""The sample of each kind with what it needs, and other values for each of its inputs."""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.provider.diff import equal, render_path
from tests.provider import programs
from tests.provider.names import prefix
from tests.provider.programs import FIXED, MORE, program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.openobserve.kinds.base import Inputs, Kind
    from tests.provider.engine import Resource

__all__ = ["Edit", "Sample", "sample_of", "samples"]

Step = str | int


@dataclass(frozen=True)
class Edit:
    """Another value of one input.

    Args:
        path: as Pulumi shows it; a list is shown as a whole.
        key: the input at the top.
        value: that input with the other value in it.
    """

    path: str
    key: str
    value: Any


@dataclass(frozen=True)
class Sample:
    """A resource of a kind, and the resources that come before it in a program."""

    kind: Kind
    resource: Resource
    before: tuple[Resource, ...]

    @property
    def name(self) -> str:
        """Name of the kind."""
        return self.resource.token.rpartition(":")[2]

    @property
    def program(self) -> tuple[Resource, ...]:
        """The resource after what it needs."""
        return (*self.before, self.resource)

    def changed(self, edit: Edit) -> tuple[Resource, ...]:
        """The program with another value of an input."""
        inputs = {**self.resource.inputs, edit.key: edit.value}
        return (*self.before, replace(self.resource, inputs=inputs))

    def edits(self) -> Iterator[tuple[str, list[Edit]]]:
        """Yield the path of every input with other values of it that the kind lets pass."""
        # What a list holds is shown in one place, and stands together.
        leaves = groupby(
            _leaves(self.resource.inputs), lambda path: render_path(_up_to_lists(path))
        )
        for at, paths in leaves:
            yield at, [edit for path in paths for edit in self._edits(path, at)]

    def outside(self) -> Iterator[tuple[str, list[Edit]]]:
        """Yield those edits that somebody else could make on the server."""
        fixed = self.kind.replace_on | self.kind.local_only
        for path, edits in self.edits():
            called = f"{self.name}.{path}"
            is_fixed = any(fnmatchcase(called, pattern) for pattern in FIXED)
            if not is_fixed and path.split(".")[0] not in fixed:
                yield path, edits

    def _edits(self, path: tuple[Step, ...], at: str) -> Iterator[Edit]:
        old = _at(self.resource.inputs, path)
        given = programs.edits().get(f"{self.name}.{at}")
        for value in given or self._others(path, old):
            inputs = deepcopy(self.resource.inputs)
            _at(inputs, path[:-1])[path[-1]] = value
            if self._is_another(inputs):
                yield Edit(at, str(path[0]), inputs[str(path[0])])

    def _others(self, path: tuple[Step, ...], old: Any) -> Iterator[Any]:
        match old:
            case bool():
                yield not old
            case int() | float():
                yield from (old + 1, old + 2)
            case str():
                yield from self._valid_words(path)
                yield from (f"{old}1", f"{old}2")
                yield from (f"{old[:-1]}8", f"{old[:-1]}9")
                # A name that loses its prefix would not be ours any more.
                at = len(prefix()) + 1 if old.startswith(prefix()) else 1
                yield from (f"{old[:at]}x{old[at:]}", f"{old[:at]}y{old[at:]}")
            case _:
                pass

    def _valid_words(self, path: tuple[Step, ...]) -> Iterator[str]:
        """Yield the words that a rule names when it meets one that is none of them."""
        inputs = deepcopy(self.resource.inputs)
        _at(inputs, path[:-1])[path[-1]] = "§"
        for problem in self.kind.problems(inputs):
            if found := re.search(r"valid are ([^;]+)$", problem.message):
                yield from found[1].split(", ")

    def _is_another(self, inputs: Inputs) -> bool:
        return not self.kind.problems(inputs) and not equal(
            self.kind.canonical(inputs), self._canonical
        )

    @cached_property
    def _canonical(self) -> Inputs:
        return self.kind.canonical(self.resource.inputs)


def _leaves(value: Any, at: tuple[Step, ...] = ()) -> Iterator[tuple[Step, ...]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _leaves(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _leaves(inner, (*at, index))
    else:
        yield at


def _up_to_lists(path: tuple[Step, ...]) -> tuple[str, ...]:
    """Return the part of a path before its first list: items have no names."""
    first = next((index for index, step in enumerate(path) if isinstance(step, int)), len(path))
    return tuple(str(step) for step in path[:first])


def _at(value: Any, path: tuple[Step, ...]) -> Any:
    for step in path:
        value = value[step]
    return value


def samples() -> dict[str, Sample]:
    """Return the sample of each kind by its token; a kind that has none fails the suite."""
    every = tuple(
        replace(one, inputs=one.inputs | MORE.get(one.token.rpartition(":")[2], {}))
        for one in program()
    )
    return {
        resource.token: Sample(
            KINDS[resource.token],
            resource,
            (*every[:index], *programs.elsewhere().get(resource.token.rpartition(":")[2], ())),
        )
        for index, resource in enumerate(every)
    }


def sample_of(token: str) -> Sample:
    """Return the sample of a kind."""
    return samples()[token]
