"""What a call costs by the shipped price table, and the histogram of it."""

from __future__ import annotations

import os
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from opentelemetry import metrics
from opentelemetry.context import Context

from llmcost_infra.pricing.compiled import load_compiled
from llmcost_infra.pricing.compute import Price, price_of
from llmcost_infra.telemetry.calls import call_of
from llmcost_infra.telemetry.tool import SCOPE

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

    from opentelemetry.metrics import Histogram
    from opentelemetry.sdk.resources import Resource

    from llmcost_infra.pricing.table import PriceTable

__all__ = ["BUCKETS", "COST", "METRIC", "count_cost", "price_table", "usd_of"]

COST: Final = "gen_ai.usage.cost"
"""Attribute of a span, USD: the name that OpenObserve reads instead of computing its own."""

METRIC: Final = "gen_ai.usage.cost_usd"
"""Name of the histogram, USD a call."""

BUCKETS: Final = (
    0.00001,
    0.0001,
    0.0003,
    0.001,
    0.003,
    0.01,
    0.03,
    0.1,
    0.3,
    1.0,
    3.0,
    10.0,
    100.0,
)
"""Bounds in USD: from an embedding to a call that somebody should look at."""

# Few values each; the first name that is there counts. Never the user: a series for each person
# would cost more than the calls.
_LABELS: Final = (
    ("gen_ai.provider.name", ("gen_ai.provider.name", "gen_ai.system", "llm.system")),
    ("gen_ai.response.model", ("gen_ai.response.model", "llm.model_name", "gen_ai.request.model")),
    ("feature", ("feature",)),
    ("team", ("team",)),
)
# All environments of an organization are one stream of metrics. The label is always there, because
# statements about a column that is not there fail.
_ENVIRONMENT: Final = "deployment.environment.name"
_ENVIRONMENT_BEFORE: Final = "deployment.environment"  # until version 1.27 of the conventions
# Not the present context: an example of each bucket's spans would be kept, for nobody.
_NOWHERE: Final = Context()
_LONGEST: Final = 200  # as the pipeline cuts texts
_forked: dict[str, int] = {}
_read: Final[list[tuple[Resource, Any]]] = []


@cache
def price_table() -> PriceTable:
    """Return the shipped prices; reading them takes some milliseconds, once."""
    return load_compiled()


def usd_of(attributes: Mapping[str, Any], start_ns: int) -> Decimal | None:
    """Return the list price of a call in USD, or None where nobody can say.

    Args:
        attributes: of its span.
        start_ns: when it started, Unix nanoseconds.
    """
    call = call_of(attributes, start_ns)
    price = price_of(call, price_table()) if call else None
    return price.cost_usd if isinstance(price, Price) else None


def count_cost(usd: Decimal, attributes: Mapping[str, Any], resource: Resource) -> None:
    """Add a call to the histogram.

    Args:
        usd: what it costs.
        attributes: of its span.
        resource: of its span.
    """
    labels: dict[str, Any] = {**_forked, _ENVIRONMENT: _environment_in(resource)}
    for label, among in _LABELS:
        for name in among:
            if value := attributes.get(name):
                labels[label] = value[:_LONGEST] if isinstance(value, str) else value
                break
    _histogram().record(float(usd), labels, _NOWHERE)


def _environment_in(resource: Resource) -> Any:
    """Return where a process runs; of the same one as before without looking it up again."""
    for of, found in _read:
        if of is resource:
            return found
    said = resource.attributes
    found = said.get(_ENVIRONMENT) or said.get(_ENVIRONMENT_BEFORE) or "unknown"
    _read[:] = [(resource, found)]
    return found


@cache
def _histogram() -> Histogram:
    return metrics.get_meter(SCOPE).create_histogram(
        METRIC,
        unit="{USD}",
        description="List price of a call to a model",
        explicit_bucket_boundaries_advisory=BUCKETS,
    )


def _note_fork() -> None:
    # A child goes on with its parent's totals under its parent's name: only a label of its own
    # keeps the two from being taken for one series.
    _forked["process.pid"] = os.getpid()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_note_fork)
