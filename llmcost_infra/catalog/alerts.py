"""Alerts: from a YAML file and its SQL template to the inputs of Alert resources."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal, Self, get_args

from pydantic import Field, model_validator

from llmcost_infra.catalog.alert_choices import chosen, refuse_unknown_choices
from llmcost_infra.catalog.stack_values import amounts
from llmcost_infra.catalog.templates import ITEM, sql_text
from llmcost_infra.declarations import InvalidDeclaration, Name, Number, Strict, fitting, misplaced
from llmcost_infra.errors import DeclarationError
from llmcost_infra.settings import Severity, slug

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.catalog.templates import Statement
    from llmcost_infra.declarations import Document
    from llmcost_infra.settings import Settings

__all__ = [
    "AT",
    "CONTEXT",
    "EXPORT_DELAY_MINUTES",
    "VARIABLE",
    "AlertDeclaration",
    "AlertSpec",
    "Drawn",
    "RenderedAlert",
    "render_alert",
    "render_alerts",
    "shown",
]

EXPORT_DELAY_MINUTES: Final = 5
"""How long applications and collectors hold a finished span back."""

CONTEXT: Final = frozenset(
    {"environment", "incident", "owner", "pagerduty_severity", "runbook", "severity", "title"}
)
"""What every alert hands to the text of a notification, besides the server's own."""

AT: Final = "at_s"
"""The column of a screen, and of the table `looks` that it reads: seconds since 1970 UTC."""

VARIABLE: Final = re.compile(r"\{(\w+)(?::\d+)?\}")
"""A variable in a text, as the server reads it."""

_HOUR_MINUTES: Final = 60
_DAY_MINUTES: Final = 24 * _HOUR_MINUTES
_PAGERDUTY: Final = {"page": "critical", "warn": "warning", "info": "info", "heartbeat": "info"}
_NO_RAW: Final = r"^[^\"\\\x00-\x1f]+$"
_Sentence = Annotated[str, fitting(_NO_RAW, "write one line without quotes and backslashes")]
"""One line without quotes or backslashes: the server puts it into JSON as it is."""
_SignedNumber = Annotated[
    str, fitting(r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?$", 'write a number in quotes, like "-2.5"')
]
_Minutes = Annotated[int, Field(ge=1)]
_MapSetting = Literal["budget.team_daily_usd", "budget.feature_daily_usd"]
_Setting = Literal[
    "budget.daily_usd",
    "budget.feature_daily_usd",
    "budget.hourly_usd",
    "budget.monthly_usd",
    "budget.no_team_daily_usd",
    "budget.team_daily_usd",
]


class Limit(Strict):
    """A number that a rule compares with: its own, or the stack's."""

    value: Number | None = None
    setting: _Setting | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.value is None) == (self.setting is None):
            raise misplaced("a limit has a value or a setting", "value")
        return self


class Each(Strict):
    """What an alert is copied for, so that the silence of one copy mutes no other."""

    setting: _MapSetting | None = None
    """A setting with an entry for each."""
    values: tuple[Number, ...] = ()

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if (self.setting is None) == (not self.values):
            raise misplaced("each has a setting or values", "values")
        return self


class Drawn(Strict):
    """What pictures show of a rule over time."""

    value: Name
    """Column of what is found: the greatest one of a look is drawn."""
    name: _Sentence
    """What the line is called."""
    limit: Name | None = None
    """Limit or column beside it; none where everything that is found is too much."""
    looser: Mapping[Name, _SignedNumber] = Field(default_factory=dict[str, str])
    """Limits with which every look tells the value; none where sums over windows tell it."""
    no_row: Number | None = None
    """Value where nothing is found; unknown if there is none."""


class AlertDeclaration(Strict):
    """An alert as it is declared."""

    title: _Sentence
    description: _Sentence
    reason: _Sentence
    owner: _Sentence
    severity: Severity
    runbook: _Sentence
    window_minutes: _Minutes
    """How far back the rule looks, by the end of a call."""
    frequency_minutes: _Minutes
    silence_minutes: Annotated[int, Field(ge=0)]
    each: Each | None = None
    limits: Mapping[Name, Limit] = Field(default_factory=dict[str, Limit])
    per_team: bool = False
    """Whether a team with a budget of its own gets a copy, over its calls alone."""
    text: _Sentence
    """How one row reads; ``{name}`` stands for a column or a limit."""
    expected_firings_per_30d: Annotated[int, Field(ge=0)]
    drawn: Drawn | None = None

    @model_validator(mode="after")
    def _limits_have_their_each(self) -> Self:
        own = self.each.setting if self.each else None
        for name, limit in self.limits.items():
            if limit.setting in get_args(_MapSetting) and limit.setting != own:
                hint = f"add each: {{setting: {limit.setting}}}"
                raise misplaced("this setting has many limits", "limits", name, hint=hint)
        return self

    def period_minutes(self, settings: Settings) -> int:
        """Return how far back the server has to look for the starts of calls in the window.

        A row carries the start of its call, and arrives after its end.
        """
        return self.window_minutes + settings.max_call_minutes + EXPORT_DELAY_MINUTES


@dataclass(frozen=True, slots=True)
class AlertSpec:
    """An alert that is known to be right for every profile.

    Args:
        name: id of the declaration.
        document: the file, with lines.
        declared: what it says.
        statements: its SQL by profile.
        screens: SQL by profile that finds, over a whole past at once, when the rule may find
            something: a row with ``at_s``, in seconds since 1970, for each such row of the table
            ``looks``. Too many are fine, and none may lack. Only backtests read it.
    """

    name: str
    document: Document
    declared: AlertDeclaration
    statements: Mapping[str, Statement]
    screens: Mapping[str, Statement] = field(default_factory=dict[str, "Statement"])


@dataclass(frozen=True, slots=True)
class RenderedAlert:
    """One alert of a stack.

    Args:
        name: unique in the stack.
        file: that declares it.
        severity: decides the destinations.
        inputs: of the Alert resource, without destinations, folder and organization. A row is an
            element of a rich text, as Slack takes it.
        routes: that are told, where the stack names them.
    """

    name: str
    file: str
    severity: Severity
    inputs: dict[str, Any]
    routes: tuple[str, ...] | None = None

    def with_card_rows(self, suffix: str = "") -> RenderedAlert:
        """Return the alert with rows as a card of Microsoft Teams takes them.

        Args:
            suffix: of its name, where the alert is there as well.
        """
        text = json.loads(self.inputs["row_template"])["text"].removesuffix("\n")
        # Plain runs of text: in other blocks of a card, a name could be a link.
        row = {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text}]}
        template = json.dumps(row, ensure_ascii=False)
        name = f"{self.name}{suffix}"
        return replace(
            self, name=name, inputs={**self.inputs, "name": name, "row_template": template}
        )


def render_alert(spec: AlertSpec, settings: Settings) -> list[RenderedAlert]:
    """Return the alerts that a declaration makes for a stack.

    There are none where a limit is not set, the stack does without the alert, or it is not for
    the team that the stack is about.

    Raises:
        DeclarationError: the rule looks back further than rows are kept, or than a query may.
    """
    declared = chosen(spec, settings)
    if declared is None or (settings.team and not declared.per_team):
        return []
    spec = replace(spec, declared=declared)
    statement = spec.statements[settings.profile]
    if statement.reads_quarantine and settings.profile != "pipeline":
        return []
    if statement.reads_billing and not settings.billing:
        return []
    if statement.reads_rollup and not settings.history:
        return []
    rendered: list[RenderedAlert] = []
    for item in _items(spec.declared, settings):
        limits = _limits(spec.declared, settings, item)
        if limits is not None:
            rendered.append(_rendered(spec, settings, item, limits))
    if rendered:
        _check_retention(spec, settings, statement)
        _check_query_range(spec, settings)
    return rendered


def render_alerts(specs: Sequence[AlertSpec], settings: Settings) -> list[RenderedAlert]:
    """Return all alerts of a stack.

    Args:
        specs: every alert that is declared.
        settings: the stack's.

    Raises:
        InvalidDeclaration: with every rule that looks back further than rows are kept, or with
            every change that the stack makes of what is not declared.
    """
    refuse_unknown_choices(specs, settings)
    rendered: list[RenderedAlert] = []
    problems: list[DeclarationError] = []
    for spec in specs:
        try:
            rendered += render_alert(spec, settings)
        except DeclarationError as problem:
            problems.append(problem)
    if problems:
        raise InvalidDeclaration(problems)
    return rendered


def _check_retention(spec: AlertSpec, settings: Settings, statement: Statement) -> None:
    key = "llm_days"
    if statement.reads_quarantine:
        key = "quarantine_days"
    elif statement.reads_billing or statement.reads_rollup:
        key = "rollup_days"
    days: int = getattr(settings.retention, key)
    ours = settings.profile == "pipeline"  # how long others keep their streams is not known
    if ours and spec.declared.window_minutes > days * _DAY_MINUTES:
        raise spec.document.problem(
            ("window_minutes",),
            f"looks back {spec.declared.window_minutes} minutes, and rows are kept {days} days",
            f"raise retention.{key} of the stack, or shorten the window",
        )


def _check_query_range(spec: AlertSpec, settings: Settings) -> None:
    hours, period = settings.query_range_hours, spec.declared.period_minutes(settings)
    if hours is not None and period > hours * _HOUR_MINUTES:
        raise spec.document.problem(
            ("window_minutes",),
            f"asks for {period} minutes, and a query may ask for {hours} hours",
            "raise the streams' max_query_range and query_range_hours of the stack, or write "
            f"alerts: {{{spec.name}: {{enabled: false}}}}",
        )


def _items(declared: AlertDeclaration, settings: Settings) -> Sequence[str | None]:
    if declared.each is None:
        return [None]
    if declared.each.setting is None:
        return list(declared.each.values)
    return sorted(_by_item(declared.each.setting, settings))


def _by_item(setting: str, settings: Settings) -> Mapping[str, Decimal]:
    by_item: Mapping[str, Decimal] = getattr(settings.budget, setting.removeprefix("budget."))
    return by_item


def _limits(
    declared: AlertDeclaration, settings: Settings, item: str | None
) -> dict[str, Decimal] | None:
    """Return the limits of a copy, or None when the stack sets none."""
    known = amounts(settings)
    found: dict[str, Decimal] = {}
    for name, limit in declared.limits.items():
        if limit.value is not None:
            found[name] = Decimal(limit.value)
        elif limit.setting in known:
            found[name] = known[limit.setting]
        elif item is not None and declared.each and declared.each.setting == limit.setting:
            found[name] = _by_item(str(limit.setting), settings)[item]
        else:
            return None
    return found


def _rendered(
    spec: AlertSpec, settings: Settings, item: str | None, limits: Mapping[str, Decimal]
) -> RenderedAlert:
    declared, statement = spec.declared, spec.statements[settings.profile]
    name = settings.named(spec.name) + (f"_{slug(item)}" if item is not None else "")
    values = {limit: f"{amount:f}" for limit, amount in limits.items()}
    # Last, so that nothing is filled into what somebody called a team.
    values |= {} if item is None else {ITEM: sql_text(item)}
    streams = settings.streams
    stream, kind = streams.calls, "traces"
    if statement.reads_quarantine:
        stream, kind = streams.quarantine, "logs"
    elif statement.reads_billing:
        stream, kind = streams.billing, "logs"
    elif statement.reads_rollup:
        stream, kind = streams.rollup, "logs"
    inputs: dict[str, Any] = {
        "name": name,
        "stream_name": stream,
        "stream_type": kind,
        "description": settings.of_team(declared.description),
        "query_condition": {
            "type": "sql",
            "sql": statement.over(streams, settings.attribution, values, team=settings.team),
        },
        "trigger_condition": {
            "period": declared.period_minutes(settings),
            "frequency": declared.frequency_minutes,
            "silence": declared.silence_minutes,
            "operator": ">=",
            "threshold": 1,
        },
        "row_template": _row(declared.text, limits, item),
        "row_template_type": "Json",
        "context_attributes": _context(spec, settings, name, item),
    }
    choice = settings.alerts.get(spec.name)
    return RenderedAlert(
        name,
        f"alerts/{spec.document.path.name}",
        declared.severity,
        inputs,
        choice.routes if choice else None,
    )


def _context(spec: AlertSpec, settings: Settings, name: str, item: str | None) -> dict[str, str]:
    declared = spec.declared
    whose = item if item is not None and declared.each and declared.each.setting else declared.owner
    owner = ", ".join(settings.team.owners) if settings.team else declared.owner
    return {
        "environment": settings.environment,
        "incident": f"{settings.environment}/{name}|{whose}",
        "owner": owner,
        "pagerduty_severity": _PAGERDUTY[declared.severity],
        "runbook": declared.runbook,
        "severity": declared.severity,
        "title": settings.of_team(declared.title),
    }


def _row(text: str, limits: Mapping[str, Decimal], item: str | None) -> str:
    """Return how the server writes one row: an element of a rich text, which Slack takes."""
    known = {name: shown(name, amount) for name, amount in limits.items()}
    if item is not None:
        known[ITEM] = item
    filled = VARIABLE.sub(lambda found: known.get(found[1], found[0]), text)
    return json.dumps({"type": "text", "text": f"{filled}\n"}, ensure_ascii=False)


def shown(name: str, amount: Decimal) -> str:
    """Return a limit as people read it: dollars with cents, other numbers as short as they are."""
    return f"{amount:.2f}" if name.endswith("_usd") else f"{amount.normalize():f}"
