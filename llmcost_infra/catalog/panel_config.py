"""A panel's `config`: the server's own keys, typed, because it drops unknown ones silently."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import Field, model_validator

from llmcost_infra.declarations import Strict, fitting, misplaced

__all__ = [
    "CURRENCIES",
    "Config",
    "CustomUnit",
    "DrillDown",
    "LabelOption",
    "MarkLine",
    "MatchByName",
    "Override",
    "Period",
    "SettingName",
    "TimeRange",
    "UnitOverride",
]

CURRENCIES: Final = frozenset(
    {"currency-dollar", "currency-euro", "currency-pound", "currency-yen", "currency-rupee"}
)

Unit = Literal[
    "numbers",
    "locale",
    "bytes",
    "kilobytes",
    "megabytes",
    "bps",
    "seconds",
    "milliseconds",
    "microseconds",
    "nanoseconds",
    "percent",
    "percent-1",
    "currency-dollar",
    "currency-euro",
    "currency-pound",
    "currency-yen",
    "currency-rupee",
    "custom",
]
"""``percent`` takes 0 to 100, ``percent-1`` takes 0 to 1; ``numbers`` shortens to K, M, B."""

SettingName = Literal["budget.daily_usd", "budget.hourly_usd"]
"""What a declaration may read of a stack's settings."""

Text = Annotated[str, Field(min_length=1)]
Period = Annotated[
    str, fitting(r"^[1-9][0-9]*[smhdwM]$", "write a number and s, m, h, d, w or M, like 24h")
]


class MarkLine(Strict):
    """A line across a chart, e.g. a budget."""

    name: str
    type: Literal["yAxis", "xAxis", "average", "median", "min", "max"]
    value: str | None = None
    """Text, as the server wants it; only for yAxis and xAxis."""
    setting: SettingName | None = None
    """Instead of a value: the stack's own."""

    @model_validator(mode="after")
    def _has_its_value(self) -> Self:
        placed = self.type in {"yAxis", "xAxis"}
        given = [key for key in ("value", "setting") if getattr(self, key) is not None]
        if placed and not given:
            raise misplaced(f"a line of type {self.type} needs a value or a setting", "value")
        if given and not placed:
            raise misplaced(f"a line of type {self.type} is computed: leave it out", given[0])
        if len(given) > 1:
            raise misplaced("a line has a value or a setting, not both", "setting")
        return self


class MatchByName(Strict):
    """The table column that an override is for."""

    matchBy: Literal["name"] = "name"  # noqa: N815 - the server's own key
    value: Text


class CustomUnit(Strict):
    """A unit, and its text when it is ``custom``."""

    unit: Unit
    customUnit: str = ""  # noqa: N815 - the server's own key


class UnitOverride(Strict):
    """The unit of one table column; the one kind of override that every supported server takes."""

    type: Literal["unit"]
    value: CustomUnit


class Override(Strict):
    """Settings of one table column."""

    field: MatchByName
    config: tuple[UnitOverride, ...]


class TimeRange(Strict):
    """A panel's own time range."""

    type: Literal["relative"]
    relativeTimePeriod: Period  # noqa: N815 - the server's own key


class LabelOption(Strict):
    """Where values are written on a chart, and at what angle."""

    position: Literal["top", "left", "right", "bottom", "inside", "outside"]
    rotate: int = 0


class DrillDownData(Strict):
    """Where a drill-down leads."""

    folder: str = ""
    """Of another dashboard; by default the stack's own folder."""
    dashboard: str = ""
    tab: str = ""
    url: str = ""
    page: Annotated[str, fitting(r"^(?:/.*)?$", "begin with /")] = ""
    """Instead of a URL: a page of OpenObserve, with ``{stream}`` and ``{organization}``."""
    passAllVariables: bool = True  # noqa: N815 - the server's own key
    # The UI walks this list without asking whether it is there.
    variables: tuple[Mapping[str, str], ...] = ()


class DrillDown(Strict):
    """What a click on a value opens; dashboards and tabs are found by their names."""

    name: Text
    type: Literal["byDashboard", "byUrl"]
    targetBlank: bool = False  # noqa: N815 - the server's own key
    findBy: Literal["name"] = "name"  # noqa: N815 - the server's own key
    data: DrillDownData

    @model_validator(mode="after")
    def _leads_somewhere(self) -> Self:
        needed = (("url", "page"),) if self.type == "byUrl" else (("dashboard",), ("tab",))
        for keys in needed:
            if not any(getattr(self.data, key) for key in keys):
                raise misplaced(f"a drill-down of type {self.type} needs it", "data", keys[0])
        return self


class Config(Strict):
    """Settings of a panel; what is absent is the server's default."""

    unit: Unit | None = None
    unit_custom: Text | None = None
    decimals: Annotated[int, Field(ge=0, le=10)] | None = None
    show_legends: bool | None = None
    legends_position: Literal["right", "bottom"] | None = None
    axis_width: int | None = None
    axis_label_rotate: int | None = None
    axis_label_truncate_width: int | None = None
    y_axis_min: float | None = None
    y_axis_max: float | None = None
    no_value_replacement: str | None = None
    """What a missing bucket shows: empty for a gap, ``"0"`` for zero."""
    top_results: Annotated[int, Field(ge=1)] | None = None
    top_results_others: bool | None = None
    line_thickness: float | None = None
    line_interpolation: (
        Literal["smooth", "linear", "step-start", "step-end", "step-middle"] | None
    ) = None
    show_symbol: bool | None = None
    connect_nulls: bool | None = None
    show_gridlines: bool | None = None
    label_option: LabelOption | None = None
    mark_line: tuple[MarkLine, ...] | None = None
    override_config: tuple[Override, ...] | None = None
    drilldown: tuple[DrillDown, ...] | None = None
    wrap_table_cells: bool | None = None
    table_transpose: bool | None = None
    table_dynamic_columns: bool | None = None
    table_pagination: bool | None = None
    panel_time_enabled: bool | None = None
    panel_time_range: TimeRange | None = None

    def as_sent(self) -> dict[str, Any]:
        """Return the keys that were chosen, as the server names them."""
        return self.model_dump(mode="json", exclude_none=True)
