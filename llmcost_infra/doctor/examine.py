"""Runs the checklist: whatever one check meets, the others are looked at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmcost_infra.doctor import of_alerts, of_calls, of_server, of_texts, of_upkeep
from llmcost_infra.doctor.examination import CHECKS, Case, Said, unknown
from llmcost_infra.errors import LlmCostError, TransportError, Unauthorized

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["CHECKLIST", "Line", "changed", "examine"]

_ROOMS = (of_server, of_calls, of_alerts, of_upkeep, of_texts)

CHECKLIST: Final = tuple(
    one for room in _ROOMS for one in CHECKS.values() if one.look.__module__ == room.__name__
)
"""Every check, in the order in which they are told."""


@dataclass(frozen=True, slots=True)
class Line:
    """What a check says of a stack.

    Args:
        check: its id.
        said: state, evidence and next step.
    """

    check: str
    said: Said


def examine(case: Case) -> Iterator[Line]:
    """Yield what every check says, one after the other.

    Raises:
        TransportError: nobody answers.
        Unauthorized: the user or the password is wrong.
    """
    for one in CHECKLIST:
        try:
            said = one.look(case)
        except (TransportError, Unauthorized):
            raise
        except LlmCostError as error:
            said = unknown(error.message, error.hint or "")
        yield Line(one.id, said)


def changed(before: Iterable[Line], after: Iterable[Line]) -> list[Line]:
    """Return the lines whose state is another than before."""
    states = {one.check: one.said.state for one in before}
    return [one for one in after if states.get(one.check) != one.said.state]
