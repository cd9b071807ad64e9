"""Checks a resource's inputs: defaults in, problems out, nothing asked of any server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from llmcost_infra.provider.marks import conceal, known_part, mark_like, masked
from llmcost_infra.provider.values import is_list, is_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.openobserve.kinds.base import Kind, Problem

__all__ = ["Checked", "check"]


@dataclass(frozen=True, slots=True)
class Checked:
    """Inputs as the state keeps them, or why they cannot be kept.

    Args:
        inputs: with defaults, and with the kind's secrets marked.
        problems: what is wrong with them.
    """

    inputs: dict[str, Any]
    problems: list[Problem]


def check(
    kind: Kind, given: Mapping[str, Any], organization: str, old: Mapping[str, Any]
) -> Checked:
    """Return the inputs with defaults, and all that is wrong with them.

    Args:
        kind: whose rules hold.
        given: as the program gives them: with secrets, unknowns and nulls.
        organization: of resources that name none.
        old: inputs of the last state; empty for a new object.
    """
    inputs = {"organization": organization, **_without_nulls(dict(given))}
    filled = mark_like(kind.defaults(known_part(inputs)), inputs)
    known = masked(filled)
    problems = [*kind.problems(known), *kind.losses(masked(dict(old)), known)]
    return Checked(conceal(filled, kind.secret_paths), problems)


def _without_nulls(value: Any) -> Any:
    """Return the value without keys that hold nothing: absent and null mean the same."""
    if is_map(value):
        return {key: _without_nulls(item) for key, item in value.items() if item is not None}
    if is_list(value):
        return [_without_nulls(item) for item in value]
    return value
