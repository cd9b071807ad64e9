"""Pictures of changed panels and their tabs, before and after, of the rows of a source."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmcost_infra.errors import LlmCostError
from llmcost_infra.first_run.panels import all_selected
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.openobserve.kinds.rules import entries
from llmcost_infra.pictures import PanelData, draw_panel, draw_tab
from llmcost_infra.review.notes import Note
from llmcost_infra.review.objects import inputs_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs
    from llmcost_infra.pictures import ThemeName
    from llmcost_infra.program import Program
    from llmcost_infra.review.changes import Change
    from llmcost_infra.review.finding import Subject
    from llmcost_infra.review.row_sources import RowSource

__all__ = ["Shot", "shots"]

_MOST: Final = 12
"""Panels that are drawn; a macro touches more, and their pictures say little."""


@dataclass(frozen=True, slots=True)
class Shot:
    """A panel or a tab, before and after.

    Args:
        subject: what is drawn.
        stem: name for its files.
        drawn: side and theme, e.g. ``("before", "dark")`` → SVG; a side that has it not is absent.
        rows: where its numbers are from, e.g. ``sample calls``.
    """

    subject: Subject
    stem: str
    drawn: Mapping[tuple[str, ThemeName], str]
    rows: str


def shots(
    changes: Iterable[Change],
    sides: Mapping[str, Program],
    stack: str,
    rows: RowSource,
    prefix: str = "",
) -> tuple[tuple[Shot, ...], tuple[Note, ...]]:
    """Return pictures of the panels that change in a stack, and of the tabs that they are on.

    Args:
        changes: what the review found.
        sides: ``before`` and ``after``, the stack's program at both ends.
        stack: its name; changes of others are not drawn.
        rows: what the panels show.
        prefix: of names of the stack.
    """
    wanted = list(dict.fromkeys(
        change.finding.subject
        for change in changes
        if stack in change.stacks and change.finding.subject.kind in {"panel", "tab"}
    ))  # fmt: skip
    panels = [one for one in wanted if one.kind == "panel"]
    tabs = dict.fromkeys(_tab_of(one) for one in wanted)
    painter = _Painter(sides, rows, prefix)
    drawn = [painter.shot(one) for one in (*tabs, *panels[:_MOST])]
    if len(panels) > _MOST:
        message = f"{len(panels)} panels change, the first {_MOST} are drawn; all are on their tabs"
        painter.notes.append(Note("pictures", message))
    return tuple(one for one in drawn if one.drawn), tuple(painter.notes)


def _tab_of(subject: Subject) -> Subject:
    if subject.kind == "tab":
        return subject
    key = subject.key.partition(".panels.")[0]
    return type(subject)(subject.resource, subject.parts[:-1], key)


class _Painter:
    """Draws what subjects name, at both ends.

    Args:
        sides: the program at each end.
        rows: what panels show.
        prefix: of names of the stack.
    """

    def __init__(self, sides: Mapping[str, Program], rows: RowSource, prefix: str) -> None:
        self.notes: list[Note] = []
        self._rows = rows
        self._sides, self._prefix = sides, prefix
        self._asked: dict[str, PanelData] = {}

    def shot(self, subject: Subject) -> Shot:
        """Return a panel or a tab at both ends, as far as it can be drawn."""
        drawn: dict[tuple[str, ThemeName], str] = {}
        for side, program in self._sides.items():
            if (inputs := inputs_of(program, subject, self._prefix)) is None:
                continue
            try:
                drawn |= {(side, theme): svg for theme, svg in self._drawn(subject, inputs).items()}
            except LlmCostError as error:
                where = " · ".join(name for _, name in subject.parts)
                self.notes.append(Note(f"picture of {where}, {side}", error.message))
        stem = re.sub(r"[^a-z0-9]+", "-", f"{subject.resource}-{subject.key}".lower()).strip("-")
        return Shot(subject, stem, drawn, self._rows.label)

    def _drawn(self, subject: Subject, inputs: Inputs) -> dict[ThemeName, str]:
        _, tab_id, *panel = subject.key.split(".")
        tab = entries(inputs.get("tabs")).get(tab_id)
        if tab is None:
            return {}
        body = KINDS["openobserve:index:Dashboard"].body(inputs, str(inputs.get("organization")))
        panels = entries(tab.get("panels"))
        themes: tuple[ThemeName, ...] = ("light", "dark")
        if not panel:
            answers = {name: self._answer(one, inputs) for name, one in panels.items()}
            return {
                theme: draw_tab(
                    body, tab_id, answers, theme=theme, time_range=self._rows.time_range
                ).svg
                for theme in themes
            }
        if (own := panels.get(panel[-1])) is None:
            return {}
        found = next(
            one
            for each in body["tabs"] if each["tabId"] == tab_id
            for one in each["panels"] if one["id"] == panel[-1]
        )  # fmt: skip
        data = self._answer(own, inputs)
        return {
            theme: draw_panel(found, data, theme=theme, time_range=self._rows.time_range).svg
            for theme in themes
        }

    def _answer(self, panel: Inputs, dashboard: Inputs) -> PanelData:
        """Return what a panel shows of the sample calls, asking the same only once."""
        if not panel.get("query"):
            return PanelData()
        sql = all_selected(panel["query"], entries(dashboard.get("variables")))
        if sql not in self._asked:
            self._asked[sql] = self._rows.answer(sql, panel)
        return self._asked[sql]
