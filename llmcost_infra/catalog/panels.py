"""Panel types: what each shows, which axes it needs, and what would leave it empty or lying."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Final, Literal

from pydantic import Field

from llmcost_infra.catalog.panel_config import CURRENCIES, Config
from llmcost_infra.declarations import Name, Strict

if TYPE_CHECKING:
    from llmcost_infra.declarations import KeyPath

__all__ = [
    "GRID_COLUMNS",
    "AnyPanel",
    "Area",
    "AreaStacked",
    "AxisRules",
    "Bar",
    "BrokenRule",
    "Donut",
    "Gauge",
    "Heatmap",
    "HorizontalBar",
    "Line",
    "Markdown",
    "Metric",
    "Panel",
    "Pie",
    "QueryPanel",
    "Stacked",
    "Table",
]

GRID_COLUMNS: Final = 192

Id = Name
Text = Annotated[str, Field(min_length=1)]
Axis = Mapping[Id, Text]
"""Output column of the SQL → what the panel calls it, in the order of the file."""


@dataclass(frozen=True, slots=True)
class BrokenRule:
    """What is wrong with a panel.

    Args:
        at: key below the panel.
        message: what is wrong.
        hint: what to write instead.
    """

    at: KeyPath
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class AxisRules:
    """How many columns each axis of a panel type takes, as (least, most)."""

    x_axis: tuple[int, int] = (0, 0)
    y_axis: tuple[int, int] = (0, 0)
    z_axis: tuple[int, int] = (0, 0)
    breakdown: tuple[int, int] = (0, 0)


_AXES: Final = ("x_axis", "y_axis", "z_axis", "breakdown")
_ONE: Final = (1, 1)
_ANY: Final = 1_000
_CATEGORY_AND_VALUES: Final = AxisRules(x_axis=_ONE, y_axis=(1, _ANY), breakdown=(0, 1))
_SLICES: Final = AxisRules(x_axis=_ONE, y_axis=_ONE)


class Panel(Strict):
    """What every panel has.

    A width counts grid columns of 192, a height grid rows of 17 px.
    """

    order: int
    title: Text
    description: str = ""
    width: Annotated[int, Field(ge=12, le=GRID_COLUMNS)]

    def broken_rules(self) -> Iterator[BrokenRule]:
        """Yield what would leave the panel empty or make it lie."""
        yield from ()

    @abstractmethod
    def as_inputs(self) -> dict[str, Any]:
        """Return the panel as the provider takes it, without what depends on the stack."""


class QueryPanel(Panel):
    """A panel that shows what one SQL statement answers."""

    axes: ClassVar[AxisRules]
    fewest_decimals: ClassVar[int] = 4
    """Of a currency: a bucket's or a call's share is often below a cent."""
    needs_unit: ClassVar[bool] = True
    legend: ClassVar[bool] = True

    # Each class narrows it to its one name.
    type: Any
    height: Annotated[int, Field(ge=8)] = 18
    sql: Id | None = None
    """Template `sql/<name>.sql.j2`; the panel's id unless given."""
    x_axis: Axis = Field(default_factory=dict[str, str])
    y_axis: Axis = Field(default_factory=dict[str, str])
    z_axis: Axis = Field(default_factory=dict[str, str])
    breakdown: Axis = Field(default_factory=dict[str, str])
    config: Config = Config()

    def columns(self) -> Iterator[tuple[str, str]]:
        """Yield each axis and output column that the panel reads."""
        for axis in _AXES:
            for alias in getattr(self, axis):
                yield axis, alias

    def broken_rules(self) -> Iterator[BrokenRule]:
        """Yield wrong axes, and a unit that would hide the number."""
        for axis in _AXES:
            least, most = getattr(self.axes, axis)
            found = len(getattr(self, axis))
            if not least <= found <= most:
                yield BrokenRule((axis,), f"{self.type} takes {_count(least, most)}, found {found}")
        yield from self._broken_unit()

    def _broken_unit(self) -> Iterator[BrokenRule]:
        unit, decimals = self.config.unit, self.config.decimals
        if unit is None:
            if self.needs_unit:
                yield BrokenRule(
                    ("config",), "a number needs its unit", "for example unit: numbers"
                )
        elif unit in CURRENCIES and (decimals is None or decimals < self.fewest_decimals):
            yield BrokenRule(
                ("config", "unit" if decimals is None else "decimals"),
                f"{unit} with {2 if decimals is None else decimals} decimals shows small amounts "
                f"of a {self.type} as 0",
                f"write decimals: {self.fewest_decimals} or more",
            )
        if (unit == "custom") is not (self.config.unit_custom is not None):
            yield BrokenRule(("config", "unit"), "unit: custom and unit_custom go together")

    def _hidden_money(self, unit: str | None, at: KeyPath) -> Iterator[BrokenRule]:
        decimals = 2 if self.config.decimals is None else self.config.decimals
        enough = self.fewest_decimals
        # The server's own default is two, but a file says what it means.
        if unit in CURRENCIES and (self.config.decimals is None or decimals < enough):
            message = f"{unit} with {decimals} decimals shows small amounts of a {self.type} as 0"
            yield BrokenRule(at, message, f"write decimals: {enough} or more")

    def as_inputs(self) -> dict[str, Any]:
        """Return the panel without query and stream."""
        config = {"show_legends": self.legend} | self.config.as_sent()
        axes = {
            axis: [{"alias": alias, "label": label} for alias, label in chosen.items()]
            for axis in _AXES
            if (chosen := getattr(self, axis))
        }
        return _common(self, self.type, self.height) | axes | {"config": config}


def _common(panel: Panel, kind: str, height: int) -> dict[str, Any]:
    named = {"order": panel.order, "type": kind, "title": panel.title}
    described = {"description": panel.description} if panel.description else {}
    return named | described | {"width": panel.width, "height": height}


def _count(least: int, most: int) -> str:
    if least == most:
        return {0: "none", 1: "exactly one"}[least]
    return f"{least} or more" if most == _ANY else f"{least} to {most}"


class Metric(QueryPanel):
    """One number."""

    axes = AxisRules(y_axis=_ONE)
    fewest_decimals = 2
    legend = False
    type: Literal["metric"]
    height: Annotated[int, Field(ge=4)] = 9


class Gauge(QueryPanel):
    """One dial a row."""

    axes = AxisRules(x_axis=(0, 1), y_axis=_ONE)
    fewest_decimals = 2
    type: Literal["gauge"]


class Bar(QueryPanel):
    """Bars beside each other: one series a value, or one a breakdown."""

    axes = _CATEGORY_AND_VALUES
    type: Literal["bar"]


class HorizontalBar(QueryPanel):
    """Bars that lie, over categories; never over time."""

    axes = _CATEGORY_AND_VALUES
    type: Literal["h-bar"]


class Line(QueryPanel):
    """Lines, usually over time."""

    axes = _CATEGORY_AND_VALUES
    type: Literal["line"]


class Area(QueryPanel):
    """Filled lines."""

    axes = _CATEGORY_AND_VALUES
    type: Literal["area"]


class Stacked(QueryPanel):
    """Bars on top of each other; without a breakdown they would silently stand side by side."""

    axes = AxisRules(x_axis=_ONE, y_axis=(1, _ANY), breakdown=_ONE)
    type: Literal["stacked"]


class AreaStacked(QueryPanel):
    """Filled lines on top of each other."""

    axes = AxisRules(x_axis=_ONE, y_axis=_ONE, breakdown=_ONE)
    type: Literal["area-stacked"]


class Pie(QueryPanel):
    """Shares of a total, as slices."""

    axes = _SLICES
    type: Literal["pie"]


class Donut(QueryPanel):
    """Shares of a total, as a ring."""

    axes = _SLICES
    type: Literal["donut"]


class Heatmap(QueryPanel):
    """Colours (z) over a category or time (x) and a category (y)."""

    axes = AxisRules(x_axis=(1, _ANY), y_axis=(1, _ANY), z_axis=(1, _ANY))
    type: Literal["heatmap"]


class Table(QueryPanel):
    """Rows; a breakdown makes it a pivot."""

    axes = AxisRules(x_axis=(0, _ANY), y_axis=(0, _ANY), breakdown=(0, 1))
    needs_unit = False
    type: Literal["table"]

    def broken_rules(self) -> Iterator[BrokenRule]:
        """Yield also an empty table and overrides of columns that it does not show."""
        yield from super().broken_rules()
        if not self.x_axis and not self.y_axis:
            yield BrokenRule(("x_axis",), "table takes at least one column")
        shown = {alias for _, alias in self.columns()}
        for index, chosen in enumerate(self.config.override_config or ()):
            at = ("config", "override_config", index)
            if chosen.field.value not in shown:
                message = f"the table shows no column {chosen.field.value!r}"
                yield BrokenRule((*at, "field", "value"), message)
            for unit in {setting.value.unit for setting in chosen.config}:
                yield from self._hidden_money(unit, at)


class Markdown(Panel):
    """Text."""

    type: Literal["markdown"]
    height: Annotated[int, Field(ge=2)] = 9
    markdown_content: Text

    def as_inputs(self) -> dict[str, Any]:
        """Return the whole panel."""
        content = {"markdown_content": self.markdown_content.rstrip("\n")}
        return _common(self, self.type, self.height) | content


AnyPanel = Annotated[
    Metric
    | Gauge
    | Bar
    | HorizontalBar
    | Line
    | Area
    | Stacked
    | AreaStacked
    | Pie
    | Donut
    | Heatmap
    | Table
    | Markdown,
    Field(discriminator="type"),
]
"""Every panel type, told apart by its `type`."""
