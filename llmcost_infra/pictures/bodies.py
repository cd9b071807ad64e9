"""A panel as OpenObserve keeps it, read for drawing: what is absent is OpenObserve's default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from llmcost_infra.errors import PictureError
from llmcost_infra.pictures.letters import plain
from llmcost_infra.pictures.units import Unit, numeric

__all__ = [
    "Axis",
    "Body",
    "Cell",
    "Panel",
    "cells_of",
    "object_of",
    "objects_of",
    "read_panel",
    "tab_of",
]

Body = Mapping[str, Any]
"""JSON that OpenObserve gets or gives."""


@dataclass(frozen=True, slots=True)
class Axis:
    """One output column of a panel's SQL.

    Args:
        alias: the column.
        label: what the panel calls it.
    """

    alias: str
    label: str


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a panel is in its tab.

    Args:
        x: columns from the left, of 192.
        y: rows of 17 px from the top.
        width: columns.
        height: rows.
    """

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Panel:
    """What drawing needs of a panel.

    Args:
        id: the panel's id.
        kind: OpenObserve's word for the type of panel.
        title: written in its title bar.
        cell: where it is.
        x: category or time, or a table's first columns.
        y: values.
        z: a heatmap's colours.
        breakdown: what splits a value into series.
        config: the panel's own settings.
        limits: of a gauge, least and greatest.
        content: of a panel that shows a text.
        queries: how many statements it asks.
    """

    id: str
    kind: str
    title: str
    cell: Cell
    x: tuple[Axis, ...]
    y: tuple[Axis, ...]
    z: tuple[Axis, ...]
    breakdown: tuple[Axis, ...]
    config: Body
    limits: tuple[float, float]
    content: str
    queries: int

    @property
    def unit(self) -> Unit:
        """How its numbers are written."""
        return Unit(
            str(self.config.get("unit") or ""),
            self.decimals,
            plain(self.config.get("unit_custom") or ""),
        )

    @property
    def decimals(self) -> int:
        """Digits after the point."""
        return max(0, min(20, int(self.number("decimals", 2))))

    def number(self, key: str, default: float) -> float:
        """Return a number of the config."""
        found = numeric(self.config.get(key))
        return default if found is None else found

    def entries(self, key: str) -> list[Body]:
        """Return the objects of a list in the config."""
        return list(objects_of(self.config.get(key)))


def tab_of(dashboard: Body, tab_id: str) -> Body:
    """Return a tab of a dashboard.

    Raises:
        PictureError: there is no such tab.
    """
    tabs = list(objects_of(dashboard.get("tabs")))
    for tab in tabs:
        if tab.get("tabId") == tab_id:
            return tab
    known = ", ".join(plain(tab.get("tabId", "")) for tab in tabs) or "none"
    raise PictureError(f"The dashboard has no tab {tab_id!r}.", hint=f"Its tabs: {known}.")


def cells_of(tab: Body) -> list[tuple[Cell, Body]]:
    """Return the panels of a tab as they are, each with its place."""
    return [(_cell(panel), panel) for panel in objects_of(tab.get("panels"))]


def read_panel(body: Body) -> Panel:
    """Return what drawing needs of a panel."""
    queries = list(objects_of(body.get("queries")))
    query: Body = queries[0] if queries else {}
    fields = object_of(query.get("fields"))
    config = object_of(query.get("config"))
    return Panel(
        id=str(body.get("id", "")),
        kind=str(body.get("type", "")),
        title=str(body.get("title", "")),
        cell=_cell(body),
        x=_axes(fields.get("x")),
        y=_axes(fields.get("y")),
        z=_axes(fields.get("z")),
        breakdown=_axes(fields.get("breakdown")),
        config=object_of(body.get("config")),
        # OpenObserve takes these for what is absent or zero.
        limits=(numeric(config.get("min")) or 0.0, numeric(config.get("max")) or 100.0),
        content=str(body.get("markdownContent") or body.get("htmlContent") or ""),
        queries=sum(bool(str(one.get("query") or "").strip()) for one in queries),
    )


def _cell(panel: Body) -> Cell:
    layout = object_of(panel.get("layout"))
    x, y, width, height = (int(numeric(layout.get(key)) or 0) for key in ("x", "y", "w", "h"))
    return Cell(x, y, width or 96, height or 18)


def _axes(value: Any) -> tuple[Axis, ...]:
    return tuple(
        Axis(alias, plain(alias if axis.get("label") is None else axis["label"]))
        for axis in objects_of(value)
        if (alias := str(axis.get("alias") or ""))
    )


def object_of(value: Any) -> Body:
    """Return a value if it is an object, or an empty one."""
    return cast("Body", value) if isinstance(value, Mapping) else {}


def objects_of(value: Any) -> Iterator[Body]:
    """Yield the objects of a list, or nothing when it is none."""
    for item in cast("list[Any]", value) if isinstance(value, list | tuple) else ():
        if isinstance(item, Mapping):
            yield cast("Body", item)
