"""The shape of a pipeline: who follows whom, how deep, and where a node is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

__all__ = ["cycle", "depths", "places", "predecessors"]

_LEFT, _TOP = 100, 100
_ACROSS, _DOWN = 250, 120


def predecessors(graph: Mapping[str, Sequence[str]]) -> dict[str, list[str]]:
    """Return who leads to each node; followers that are no nodes are left out."""
    found: dict[str, list[str]] = {node: [] for node in graph}
    for node, following in graph.items():
        for follower in following:
            if follower in found:
                found[follower].append(node)
    return found


def cycle(graph: Mapping[str, Sequence[str]]) -> list[str]:
    """Return nodes that lead back to the first of them, or nothing."""
    left = set(graph)
    before = predecessors(graph)
    while free := [node for node in left if not left.intersection(before[node])]:
        left.difference_update(free)
    if not left:
        return []
    # Whoever is left has a predecessor that is left: walking back must meet itself.
    trail = [min(left)]
    while trail.count(trail[-1]) == 1:
        trail.append(min(left.intersection(before[trail[-1]])))
    return trail[trail.index(trail[-1]) :][::-1]


def depths(graph: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the length of the longest way to each node; nodes of a cycle have none."""
    found: dict[str, int] = {}
    before = predecessors(graph)
    waiting: list[str] = sorted(graph)
    while ready := [node for node in waiting if all(one in found for one in before[node])]:
        for node in ready:
            found[node] = 1 + max((found[one] for one in before[node]), default=-1)
        waiting = [node for node in waiting if node not in found]
    return found


def places(graph: Mapping[str, Sequence[str]]) -> dict[str, tuple[int, int]]:
    """Return x and y of each node: a layer below another, in the order in which edges reach it.

    The order of the result is that of layers, so that the source comes first.
    """
    depth = depths(graph)
    layers: dict[int, list[str]] = {}
    for node in _reached(graph):
        layers.setdefault(depth.get(node, 0), []).append(node)
    return {
        node: (_LEFT + _ACROSS * column, _TOP + _DOWN * layer)
        for layer in sorted(layers)
        for column, node in enumerate(layers[layer])
    }


def _reached(graph: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield each node once, sources first, then by the edges that lead on."""
    before = predecessors(graph)
    sources = sorted(node for node in graph if not before[node])
    waiting = [*sorted(graph, reverse=True), *reversed(sources)]
    seen: set[str] = set()
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            yield node
            waiting.extend(reversed([one for one in graph[node] if one in before]))
