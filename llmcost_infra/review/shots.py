"""Pictures of changed panels and their tabs, before and after, drawn from the sample calls."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.columns import STORED
from llmcost_infra.errors import LlmCostError
from llmcost_infra.first_run.panels import all_selected
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.openobserve.kinds.rules import entries
from llmcost_infra.pictures import PanelData, TimeRange, draw_panel, draw_tab
from llmcost_infra.review.notes import Note
from llmcost_infra.review.objects import subject_of
from llmcost_infra.review.sample import SAMPLE_END, SAMPLE_START, sample_rows
from llmcost_infra.sql_engine.arrow import arrow
from llmcost_infra.sql_engine.intervals import TimeRange as Window
from llmcost_infra.sql_engine.sql import MemoryStreams, query

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs
    from llmcost_infra.pictures import ThemeName
    from llmcost_infra.pricing import PriceTable
    from llmcost_infra.program import Program
    from llmcost_infra.review.changes import Change
    from llmcost_infra.review.finding import Subject

__all__ = ["Shot", "shots"]

_MOST: Final = 12
"""Panels that are drawn; a macro touches more, and their pictures say little."""
_KINDS: Final = {
    "utf8": arrow.string(),
    "int64": arrow.int64(),
    "uint64": arrow.uint64(),
    "float64": arrow.float64(),
    "boolean": arrow.bool_(),
}
_RANGE: Final = TimeRange(SAMPLE_START, SAMPLE_END)
_WINDOW: Final = Window(
    round(SAMPLE_START.timestamp() * 1_000_000), round(SAMPLE_END.timestamp() * 1_000_000)
)


@dataclass(frozen=True, slots=True)
class Shot:
    """A panel or a tab, before and after.

    Args:
        subject: what is drawn.
        stem: name for its files.
        drawn: side and theme, e.g. ``("before", "dark")`` → SVG; a side that has it not is absent.
    """

    subject: Subject
    stem: str
    drawn: Mapping[tuple[str, ThemeName], str]


def shots(
    changes: Iterable[Change], sides: Mapping[str, Program], stack: str, table: PriceTable
) -> tuple[tuple[Shot, ...], tuple[Note, ...]]:
    """Return pictures of the panels that change in a stack, and of the tabs that they are on.

    Args:
        changes: what the review found.
        sides: ``before`` and ``after``, the stack's program at both ends.
        stack: its name; changes of others are not drawn.
        table: prices of the sample calls.
    """
    wanted = list(dict.fromkeys(
        change.finding.subject
        for change in changes
        if stack in change.stacks and change.finding.subject.kind in {"panel", "tab"}
    ))  # fmt: skip
    panels = [one for one in wanted if one.kind == "panel"]
    tabs = dict.fromkeys(_tab_of(one) for one in wanted)
    painter = _Painter(sides, table)
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
        table: prices of the sample calls.
    """

    def __init__(self, sides: Mapping[str, Program], table: PriceTable) -> None:
        self.notes: list[Note] = []
        self._rows = _arrow_table(sample_rows(table))
        self._dashboards = {
            side: {
                subject_of(one).resource: dict(one.inputs)
                for one in program.resources
                if one.type == "openobserve:index:Dashboard"
            }
            for side, program in sides.items()
        }
        self._asked: dict[str, PanelData] = {}

    def shot(self, subject: Subject) -> Shot:
        """Return a panel or a tab at both ends, as far as it can be drawn."""
        drawn: dict[tuple[str, ThemeName], str] = {}
        for side, dashboards in self._dashboards.items():
            if (inputs := dashboards.get(subject.resource)) is None:
                continue
            try:
                drawn |= {(side, theme): svg for theme, svg in self._drawn(subject, inputs).items()}
            except LlmCostError as error:
                where = " · ".join(name for _, name in subject.parts)
                self.notes.append(Note(f"picture of {where}, {side}", error.message))
        stem = re.sub(r"[^a-z0-9]+", "-", f"{subject.resource}-{subject.key}".lower()).strip("-")
        return Shot(subject, stem, drawn)

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
                theme: draw_tab(body, tab_id, answers, theme=theme, time_range=_RANGE).svg
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
            theme: draw_panel(found, data, theme=theme, time_range=_RANGE).svg for theme in themes
        }

    def _answer(self, panel: Inputs, dashboard: Inputs) -> PanelData:
        """Return what a panel shows of the sample calls, asking the same only once."""
        if not panel.get("query"):
            return PanelData()
        sql = all_selected(panel["query"], entries(dashboard.get("variables")))
        if sql not in self._asked:
            streams = MemoryStreams({str(panel.get("stream")): self._rows})
            try:
                answer = query(sql, streams, _WINDOW, now=_WINDOW.end)
                self._asked[sql] = PanelData(answer.rows, answer.bucket)
            except LlmCostError as error:
                self._asked[sql] = PanelData(refusal=error.message)
        return self._asked[sql]


def _arrow_table(rows: Iterable[Mapping[str, Any]]) -> Any:
    schema = arrow.schema([(name, _KINDS[kind]) for name, kind in STORED.items()])
    return arrow.Table.from_pylist(list(rows), schema=schema)
