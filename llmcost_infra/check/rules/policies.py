"""What an organization asks of every stack: owners, and streams that end, stay and are watched.

These rules hold in `llmcost check` and in Pulumi's policy pack. They look at resources alone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from llmcost_infra.check.registered import COST, TEXTS
from llmcost_infra.check.registry import Breach, rule
from llmcost_infra.openobserve.kinds.rules import entries

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.check.registered import StackResources

__all__ = ["ceiling", "context", "protected", "watched"]

_CONTEXT: Final = ("owner", "severity", "runbook")
_WATCHING: Final = ("budget", "anomaly")


def _environment(stack: StackResources) -> str:
    return stack.program.stack.rpartition("/")[2]


@rule("alert-context")
def context(stack: StackResources) -> Iterator[Breach]:
    """Whoever is woken has to know whose alert it is, how bad it is, and what to do.

    Wrong::

        Alert(…, context_attributes={"owner": "search"})

    Right::

        Alert(…, context_attributes={"owner": "search", "severity": "page", "runbook": "Open …"})
    """
    for alert in stack.of("Alert"):
        given = entries(alert.inputs).get("context_attributes", {})
        missing = [name for name in _CONTEXT if not given.get(name)]
        if missing and "context_attributes" not in alert.unknown:
            said = f"{alert.inputs.get('name')} names no {', no '.join(missing)}"
            yield Breach(alert, "context_attributes", said, "add it to context_attributes")


@rule("stream-ceiling")
def ceiling(stack: StackResources) -> Iterator[Breach]:
    """What is kept for ever is lost one day: counts five years at most, texts thirty days.

    Other days, also by environment, stand in `policy/config.json`.

    Wrong::

        Stream("content", …, fields={"llmcost_prompt": "utf8"}, data_retention=90)

    Right::

        Stream("content", …, fields={"llmcost_prompt": "utf8"}, data_retention=30)
    """
    for (_, name), stream in stack.streams.items():
        texts = bool(entries(stream.inputs).get("fields", {}).keys() & set(TEXTS))
        most = stack.policies.stream_ceiling.days(_environment(stack), texts=texts)
        days = stream.inputs.get("data_retention")
        if isinstance(days, int | float) and days > most:
            said = f"{name} keeps {int(days)} days, and {most} are the most"
            yield Breach(stream, "data_retention", said, "shorten its data_retention")


@rule("stream-protected")
def protected(stack: StackResources) -> Iterator[Breach]:
    """In production nothing that a program does removes rows: stacks called prod… keep streams.

    Wrong::

        Stream("calls", …, on_destroy="delete", allow_data_loss=True)

    Right::

        Stream("calls", …, on_destroy="retain")
    """
    if not stack.policies.stream_protected.holds_in(_environment(stack)):
        return
    for (_, name), stream in stack.streams.items():
        if stream.inputs.get("on_destroy") == "delete":
            said = f"{name} is removed with the stack, and the stack is production"
            yield Breach(stream, "on_destroy", said, "set on_destroy to retain")
        if stream.inputs.get("allow_data_loss"):
            said = f"an update may remove rows of {name}, and the stack is production"
            yield Breach(stream, "allow_data_loss", said, "set allow_data_loss to false again")


@rule("stream-watched", "warning")
def watched(stack: StackResources) -> Iterator[Breach]:
    """In production somebody notices spend: a stream of calls has a budget and an anomaly alert.

    It goes by the alerts' names. Where other stacks own the alerts, allow it.

    Wrong::

        Stream("calls", name="llm_calls", fields={"llmcost_cost_usd": "float64"}, …)

    Right::

        Stream("calls", name="llm_calls", fields={"llmcost_cost_usd": "float64"}, …)
        Alert("daily_budget", stream_name="llm_calls", …)
        Alert("cost_anomaly", stream_name="llm_calls", …)
    """
    if not stack.policies.stream_watched.holds_in(_environment(stack)):
        return
    for (kind, name), stream in stack.streams.items():
        if COST not in entries(stream.inputs).get("fields", {}):
            continue
        over = [
            str(alert.inputs.get("name"))
            for alert in stack.of("Alert")
            if (alert.inputs.get("stream_type"), alert.inputs.get("stream_name")) == (kind, name)
            and alert.inputs.get("enabled", True)
        ]
        missing = [word for word in _WATCHING if not any(word in one for one in over)]
        if missing:
            said = f"{name} has no {' and no '.join(missing)} alert"
            yield Breach(stream, "name", said, "declare it, with a route")
