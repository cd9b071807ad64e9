"""Alerts: silent, or told in a text that breaks."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from llmcost_infra.check.registry import Breach, rule
from llmcost_infra.declarations import nearest
from llmcost_infra.local.alert_texts import Occasion, filled
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.openobserve.kinds.rules import entries, items

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.check.stack import StackView
    from llmcost_infra.program import Registered

__all__ = ["limit_text", "notification", "route", "text_columns", "window"]

_NAME = re.compile(r"\{(\w+)(?::\d+)?\}")
_HOSTILE = 'a "quoted"\nfeature \\ with {rows} and \u2028'
_DAY_MINUTES, _HOUR_MINUTES = 24 * 60, 60


@rule("alert-route")
def route(stack: StackView) -> Iterator[Breach]:
    """An alert to a destination that is not there is refused, or tells nobody.

    Wrong::

        Alert(…, destinations=["opscall"])

    Right::

        Alert(…, destinations=[oncall.name])   # an AlertDestination of the program
    """
    known = [str(one.inputs.get("name")) for one in stack.of("AlertDestination")]
    looked_up = any(one.read for one in stack.program.resources)
    for alert in stack.of("Alert"):
        for name in items(alert.inputs.get("destinations")):
            if name not in known and "${" not in str(name) and not looked_up:
                said = (
                    f"{alert.inputs.get('name')} tells {name!r}, which this stack does not declare"
                )
                yield Breach(alert, "destinations", said, nearest(str(name), known))


@rule("alert-window")
def window(stack: StackView) -> Iterator[Breach]:
    """An alert that looks back further than rows are kept, or may be queried, sees too little.

    Wrong::

        trigger_condition={"period": 20160}    # 14 days, of a stream with data_retention 7

    Right::

        trigger_condition={"period": 1440}
    """
    for alert in stack.of("Alert"):
        stream = stack.streams.get((alert.inputs["stream_type"], alert.inputs["stream_name"]))
        period = entries(alert.inputs).get("trigger_condition", {}).get("period")
        if stream is None or not isinstance(period, int):
            continue
        limits = (
            ("data_retention", _DAY_MINUTES, "keeps rows"),
            ("max_query_range", _HOUR_MINUTES, "answers for"),
        )
        for key, minutes, words in limits:
            most: Any = stream.inputs.get(key) or 0
            # What is longer than the window by the usual delays still sees all that counts.
            if most and period > most * minutes + 2 * _HOUR_MINUTES:
                said = f"looks back {period} minutes, and the stream {words} {most * minutes}"
                hint = f"shorten the window, or raise {key} of the stream"
                yield Breach(alert, "trigger_condition.period", said, hint)


@rule("alert-text-columns")
def text_columns(stack: StackView) -> Iterator[Breach]:
    """A name in the text of an alert that no row has is sent as it stands, braces included.

    Wrong::

        row_template='{"text": "{costs} USD"}'      # SELECT … AS cost

    Right::

        row_template='{"text": "{cost} USD"}'
    """
    for one in stack.statements:
        planned = one.analysis.plan
        if one.path != "query_condition.sql" or planned is None:
            continue
        returned = [field.name for field in planned.fields]
        given = entries(one.resource.inputs).get("context_attributes", {})
        known = {*returned, *given}
        for name in _NAME.findall(str(one.resource.inputs.get("row_template", ""))):
            if name not in known and not name.startswith(("alert_", "stream_", "org_")):
                said = f"no row of {one.resource.inputs.get('name')} has {name!r}"
                yield Breach(one.resource, "row_template", said, nearest(name, returned))


@rule("alert-limit-text", "warning")
def limit_text(stack: StackView) -> Iterator[Breach]:
    """A message without a number that was crossed makes people look for the limit first.

    What a statement compares with a number is told with that number, or beside what it was.

    Wrong::

        row_template='{"text": "{spent} USD were spent"}'     # WHERE spent > 500

    Right::

        row_template='{"text": "{spent} USD, limit 500 USD"}'
    """
    for one in stack.statements:
        row = one.resource.inputs.get("row_template")
        if one.path != "query_condition.sql" or not row:
            continue
        told = f"{_NAME.sub('', str(row))} {one.resource.inputs.get('description') or ''}"
        names = set(_NAME.findall(str(row)))
        if re.search(r"\d", told) or len(names) > 1:
            continue
        if not names or one.analysis.compares_with_number:
            said = f"the text of {one.resource.inputs.get('name')} does not say the limit"
            yield Breach(one.resource, "row_template", said, "write the number into it")


@rule("alert-notification")
def notification(stack: StackView) -> Iterator[Breach]:
    """A notification that is no JSON is dropped by whoever gets it, and nobody is told.

    Each text is filled in with a row whose values hold quotes, line breaks and braces.

    Wrong::

        AlertTemplate(…, body='{"text": {alert_name}}')

    Right::

        AlertTemplate(…, body='{"text": "{alert_name}"}')
    """
    templates = {str(one.inputs.get("name")): one for one in stack.of("AlertTemplate")}
    destinations = {str(one.inputs.get("name")): one for one in stack.of("AlertDestination")}
    told: set[tuple[str, str]] = set()
    for alert in stack.of("Alert"):
        for name in items(alert.inputs.get("destinations")):
            destination = destinations.get(str(name))
            template = (
                templates.get(str(destination.inputs.get("template"))) if destination else None
            )
            if template is None or template.inputs.get("type", "http") == "email":
                continue
            problem = _broken(stack, alert, str(template.inputs.get("body", "")))
            if problem and (template.urn, problem) not in told:
                told.add((template.urn, problem))
                said = f"the notification of {alert.inputs.get('name')} is no JSON: {problem}"
                hint = "quote every name; {rows} as a value of its own becomes an array"
                yield Breach(template, "body", said, hint)


def _broken(stack: StackView, alert: Registered, template: str) -> str:
    """Return why a notification would be no JSON."""
    rows: list[dict[str, Any]] = []
    for one in stack.statements:
        if one.resource.urn == alert.urn and one.analysis.plan:
            rows = [{field.name: _HOSTILE for field in one.analysis.plan.fields}]
    try:
        body = KINDS[alert.type].body(dict(alert.inputs), "default")
    except (AttributeError, LookupError, TypeError, ValueError):
        return ""  # a part of it is known only during an update
    occasion = Occasion("default", body, rows, 0, 0, 0, "https://observe.example.com/web?a=b")
    try:
        json.loads(filled(template, occasion))
    except ValueError as error:
        return str(error)
    return ""
