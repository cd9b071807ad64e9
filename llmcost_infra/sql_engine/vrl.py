"""VRL functions, compiled once and run row by row, as OpenObserve's pipelines run them.

The binding is vrl-python: one abi3 wheel for every Python from 3.8 on, typed, on the same VRL
crate. Nearly all its time goes into carrying values across, a row of 40 columns costs 30 µs:
so a function gets only the columns that its text names, and those that it only hands on stay here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, cast

from vrl_python import VRLRuntime

from llmcost_infra.errors import EngineError
from llmcost_infra.sql_engine.vrl_names import reach, without_carried

__all__ = ["FunctionFault", "Program", "compile_error", "program"]

Row = dict[str, Any]


class FunctionFault(EngineError):  # noqa: N818 - it is the function that stopped
    """A function stopped on a row; the message is VRL's."""


class Program:
    """A compiled function.

    Args:
        source: VRL text.

    Raises:
        EngineError: it does not compile; the message is the compiler's diagnostic.
    """

    def __init__(self, source: str) -> None:
        self.source = source
        text, self._carried = without_carried(source)
        self._reach = reach(text)
        self._text = text if self._reach.whole else _without_result(text)
        self._runtime = VRLRuntime()
        try:
            self._runtime.compile(self._text)
        except ValueError as refused:
            raise EngineError(compile_error(source) or str(refused)) from None

    def run(self, row: Row) -> Any:
        """Return what the function makes of a row; the row itself stays as it is.

        Args:
            row: JSON values.

        Returns:
            The new row; anything but an object when the function replaced it by that.

        Raises:
            FunctionFault: it stopped; OpenObserve then lets the original row through.
        """
        reached = self._reach
        given = row
        if not reached.whole:
            given = {name: value for name, value in row.items() if name in reached.columns}
        made = self._execute(given)
        if self._carried:
            return made | {name: row.get(name) for name in self._carried}
        if reached.whole or reached.replaces or not isinstance(made, dict):
            return made
        merged = row | cast("Row", made)
        for name in given:
            if name not in made:
                del merged[name]
        return merged

    def _execute(self, row: Row) -> Any:
        try:
            return self._runtime.execute(self._text, row).processed_event
        except (RuntimeError, ValueError) as stopped:
            raise FunctionFault(str(stopped).strip()) from None


def _without_result(source: str) -> str:
    """Answer with null instead of the event, which would cross twice."""
    body = source.rstrip()
    return f"{body[:-1]}null" if body.endswith(("\n.", " .")) else source


@lru_cache(maxsize=256)
def program(source: str) -> Program:
    """Return the compiled function of a text; compiles a text once."""
    return Program(source)


@lru_cache(maxsize=64)
def compile_error(source: str) -> str | None:
    """Return the compiler's diagnostic, or None when the text compiles."""
    found = VRLRuntime.check_syntax(source)
    return None if found is None else found.formatted_message
