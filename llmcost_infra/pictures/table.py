"""Tables: columns of x and y, units of their own, and pivots."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.pictures.bodies import object_of, objects_of
from llmcost_infra.pictures.letters import fitted, plain, width_of
from llmcost_infra.pictures.series import PanelData, Row, named, pick
from llmcost_infra.pictures.svg import element, rect, text
from llmcost_infra.pictures.units import UNKNOWN, Unit, numeric

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.pictures.bodies import Panel
    from llmcost_infra.pictures.themes import Theme

__all__ = ["draw_table"]

_SIZE: Final = 12
_HEAD: Final = 26
_LINE: Final = 25
_FOOT: Final = 26
_PAD: Final = 10
_NARROWEST: Final = 46


@dataclass(frozen=True, slots=True)
class _Column:
    """A column as it is shown: a header and one text a row, None where it is not known."""

    label: str
    texts: tuple[str | None, ...]
    right: bool

    @property
    def width(self) -> float:
        head = width_of(self.label, _SIZE, bold=True)
        body = (width_of(cell or UNKNOWN, _SIZE) for cell in self.texts)
        return max(_NARROWEST, head, *body) + 2 * _PAD if self.texts else head + 2 * _PAD


def draw_table(panel: Panel, data: PanelData, width: float, height: float, theme: Theme) -> str:
    """Return a table's first rows, as SVG elements that fill a box of px."""
    columns = _columns(panel, data)
    count = len(columns[0].texts)
    fits = max(1, int((height - _HEAD - _FOOT) // _LINE))
    shown = min(count, fits)
    lefts, widths, hidden = _placed(columns, width)
    parts = [rect(0, 0, width, _HEAD, fill=theme.header)]
    for column, left, room in zip(columns, lefts, widths, strict=False):
        parts.append(_cell(column.label, column, (left, 17), room, theme, bold=True))
        parts += [
            _cell(column.texts[row], column, (left, _HEAD + row * _LINE + 17), room, theme)
            for row in range(shown)
        ]
    for row in range(1, shown + 1):
        y = _HEAD + row * _LINE
        parts.append(element("path", d=f"M0 {y}h{width:g}", stroke=theme.grid))
    said = f"1-{shown} of {count}" + (f", {hidden} more columns" if hidden else "")
    parts.append(text(said, width - _PAD, height - 9, size=_SIZE, fill=theme.soft, anchor="end"))
    return "".join(parts)


def _cell(  # noqa: PLR0913 - a text, its column, its place and its look
    shown: str | None,
    column: _Column,
    at: tuple[float, float],
    room: float,
    theme: Theme,
    *,
    bold: bool = False,
) -> str:
    left, y = at
    return text(
        fitted(UNKNOWN if shown is None else shown, room - 2 * _PAD, _SIZE, bold=bold),
        left + room - _PAD if column.right else left + _PAD,
        y,
        size=_SIZE,
        fill=theme.soft if shown is None else theme.ink,
        anchor="end" if column.right else "start",
        bold=bold,
        italic=shown is None,
    )


def _placed(columns: Sequence[_Column], width: float) -> tuple[list[float], list[float], int]:
    """Return where columns start, how wide they are, and how many have no room."""
    fits = max(1, min(len(columns), int(width // (_NARROWEST + 2 * _PAD))))
    wanted = [column.width for column in columns[:fits]]
    spare = (width - sum(wanted)) / fits
    if spare >= 0:
        widths = [one + spare for one in wanted]
    else:
        # The widest give way first, down to one limit.
        limit = _limit(wanted, width)
        widths = [min(one, limit) for one in wanted]
    lefts = [sum(widths[:place]) for place in range(fits)]
    return lefts, widths, len(columns) - fits


def _limit(wanted: Sequence[float], width: float) -> float:
    rest, left = width, len(wanted)
    for one in sorted(wanted):
        if one * left >= rest:
            return rest / left
        rest -= one
        left -= 1
    return max(wanted)


def _columns(panel: Panel, data: PanelData) -> list[_Column]:
    if panel.breakdown and panel.x and panel.y:
        columns = _pivot(panel, data.rows)
    else:
        measures = {axis.alias for axis in panel.y}
        named_columns = {axis.alias: axis.label for axis in (*panel.x, *panel.y)}
        if panel.config.get("table_dynamic_columns"):
            found = dict.fromkeys(str(key) for row in data.rows for key in row)
            named_columns |= {key: plain(key) for key in found if key not in named_columns}
        columns = [
            _column(panel, alias, label, [pick(row, alias) for row in data.rows], alias in measures)
            for alias, label in named_columns.items()
        ]
    return _turned(columns) if panel.config.get("table_transpose") else columns


def _column(
    panel: Panel,
    alias: str,
    label: str,
    values: Sequence[Any],
    measure: bool,
) -> _Column:
    unit = _unit_of(panel, alias)
    return _Column(label, tuple(_shown(value, unit, measure=measure) for value in values), measure)


def _shown(value: Any, unit: Unit | None, *, measure: bool) -> str | None:
    if value is None:
        return None
    found = numeric(value) if unit or (measure and not isinstance(value, str)) else None
    return plain(value) if found is None else (unit or Unit()).shown(found)


def _unit_of(panel: Panel, alias: str) -> Unit | None:
    """Return the unit of a column: its own, or the panel's for a value."""
    for override in panel.entries("override_config"):
        if object_of(override.get("field")).get("value") != alias:
            continue
        for setting in objects_of(override.get("config")):
            value = object_of(setting.get("value"))
            if setting.get("type") == "unit":
                suffix = plain(value.get("customUnit") or "")
                return Unit(str(value.get("unit") or ""), panel.decimals, suffix)
    return panel.unit if any(axis.alias == alias for axis in panel.y) else None


def _pivot(panel: Panel, rows: Sequence[Row]) -> list[_Column]:
    """Return a column for each value of the breakdown, and one line for each of x."""
    split = panel.breakdown[0].alias
    keys = list(dict.fromkeys(tuple(named(pick(row, x.alias)) for x in panel.x) for row in rows))
    heads = list(dict.fromkeys(named(pick(row, split)) for row in rows))
    cells: dict[tuple[Any, str, str], Any] = {
        (tuple(named(pick(row, x.alias)) for x in panel.x), named(pick(row, split)), y.alias): pick(
            row, y.alias
        )
        for row in rows
        for y in panel.y
    }
    left = [
        _Column(axis.label, tuple(key[place] for key in keys), right=False)
        for place, axis in enumerate(panel.x)
    ]
    several = len(panel.y) > 1
    return left + [
        _Column(
            f"{head} ({y.label})" if several else head,
            tuple(
                _shown(cells[key, head, y.alias], _unit_of(panel, y.alias), measure=True)
                if (key, head, y.alias) in cells
                else ""
                for key in keys
            ),
            right=True,
        )
        for head in heads
        for y in panel.y
    ]


def _turned(columns: Sequence[_Column]) -> list[_Column]:
    heads = [UNKNOWN if cell is None else cell for cell in columns[0].texts]
    labels = _Column(columns[0].label, tuple(column.label for column in columns[1:]), right=False)
    return [
        labels,
        *(
            _Column(head, tuple(column.texts[row] for column in columns[1:]), right=True)
            for row, head in enumerate(heads)
        ),
    ]
