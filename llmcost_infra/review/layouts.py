"""Layout in words: what was moved or resized, and what only makes room for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.review.finding import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs
    from llmcost_infra.review.finding import Subject
    from llmcost_infra.review.leaves import Leaf

__all__ = ["layout_findings"]

_OWN: Final = ("height", "order", "width", "x", "y")
_WORDS: Final = {
    "x": ("moved right by", "moved left by"),
    "y": ("moved down by", "moved up by"),
    "width": ("wider by", "narrower by"),
    "height": ("higher by", "lower by"),
}
_NAMED: Final = 4


def layout_findings(
    tab: Subject,
    panels: Mapping[str, Subject],
    inputs: tuple[Mapping[str, Inputs], Mapping[str, Inputs]],
    found: Iterable[Leaf],
) -> Iterator[Finding]:
    """Yield a finding for each panel whose own place was changed, and one for those that give way.

    Args:
        tab: where.
        panels: id → panel.
        inputs: panels of the tab before and after.
        found: leaves ``….panels.<id>.layout.<key>`` and ``….panel_order`` of the tab.
    """
    own: dict[str, list[Leaf]] = {}
    given_way: dict[str, list[Leaf]] = {}
    order: list[Leaf] = []
    for leaf in found:
        if leaf.path[-1] == "panel_order":
            order.append(leaf)
            continue
        panel = leaf.path[3]
        old, new = (side.get(panel, {}) for side in inputs)
        meant = any(old.get(key) != new.get(key) for key in _OWN)
        (own if meant else given_way).setdefault(panel, []).append(leaf)
    for panel, moved in own.items():
        yield Finding(panels[panel], "layout", _moved(moved), tuple(moved))
    if given_way or order:
        covered = (*order, *(leaf for moved in given_way.values() for leaf in moved))
        names = [panels[panel].name for panel in given_way]
        yield Finding(tab, "layout", _tab_sentence(names, reordered=bool(order)), covered)


def _moved(found: Iterable[Leaf]) -> str:
    by_key = {leaf.path[-1]: leaf for leaf in found}
    said: list[str] = []
    for key, (more, less) in _WORDS.items():
        if leaf := by_key.get(key):
            step = leaf.after - leaf.before
            said.append(f"{more if step > 0 else less} {abs(step)}")
    return ", ".join(said)


def _tab_sentence(names: list[str], *, reordered: bool) -> str:
    said = ["panels follow each other in another order"] if reordered else []
    if names:
        more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
        verb = "gives way" if len(names) == 1 else "give way"
        said.append(f"{', '.join(names[:_NAMED])}{more} {verb}")
    return "; ".join(said)
