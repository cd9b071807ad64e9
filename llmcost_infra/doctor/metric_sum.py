"""The cost that applications counted themselves, beside the sum of their stored calls.

`gen_ai.usage.cost_usd` is a histogram. Its sum is cumulative: each row says what a process has
spent since it started, and is sent again each minute. So what was spent is how far each series has
risen; rows added up say it many times over.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.catalog.templates import sql_text
from llmcost_infra.columns import COUNTED_STREAM
from llmcost_infra.utc import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

__all__ = [
    "ENVIRONMENT",
    "LEAD",
    "MetricSum",
    "compare_sums",
    "metric_statement",
    "metric_sums",
    "span_statement",
]

LEAD: Final = timedelta(hours=1)
"""How long before its time range the statement about metrics has to be asked from: to know how far
a series has risen, an older value of it is needed."""

ENVIRONMENT: Final = "deployment_environment_name"
"""Column of metrics that says which environment an application runs in."""

_SHARE: Final = Decimal("0.02")
_LEAST_USD: Final = Decimal("0.01")
_ZERO: Final = Decimal(0)


@dataclass(frozen=True, slots=True)
class MetricSum:
    """What a service spent, by its metric and by its stored calls.

    Args:
        service: its `service.name`.
        metric_usd: by the histogram.
        span_usd: by the stream of calls.
    """

    service: str
    metric_usd: Decimal
    span_usd: Decimal

    @property
    def missing_usd(self) -> Decimal:
        """What was counted and is not stored; negative where more is stored than was counted."""
        return self.metric_usd - self.span_usd

    @property
    def agrees(self) -> bool:
        """Whether both are the same but for calls at the edges of the time range."""
        most = max(self.metric_usd, self.span_usd)
        return abs(self.missing_usd) <= max(most * _SHARE, _LEAST_USD)

    @property
    def means(self) -> str:
        """What to look for; empty where both agree."""
        if self.agrees:
            return ""
        if self.missing_usd > 0:
            return (
                "calls were counted and are not stored: look for full queues and refused batches "
                "in the application's log, spans older than five hours, and another stream"
            )
        return (
            "more is stored than was counted: a process ended without its last metrics, counts "
            "none, or its calls are stored twice"
        )


def metric_statement(begin: datetime, environment: str | None = None) -> str:
    """Return the SQL whose rows `metric_sums` reads.

    It is asked of metrics, over a time range that starts `LEAD` before the one in question.

    Args:
        begin: of the time range in question.
        environment: whose applications count, and those that do not say theirs; everybody's
            without, or where the stream has no column `ENVIRONMENT`.
    """
    at = microseconds(begin)
    values = ", ".join(
        (
            f"MAX(CASE WHEN _timestamp < {at} THEN value END) AS earlier",
            f"MIN(CASE WHEN _timestamp >= {at} THEN value END) AS least",
            f"MAX(CASE WHEN _timestamp >= {at} THEN value END) AS most",
            f"SUM(CASE WHEN _timestamp >= {at} THEN value ELSE 0 END) AS total",
        )
    )
    series = 'service_name, "__hash__", start_time, aggregation_temporality'
    # What is put together is ours, but for a number.
    where = ""
    if environment is not None:
        here = f"{sql_text(environment)}, 'unknown'"
        where = f" WHERE COALESCE({ENVIRONMENT}, 'unknown') IN ({here})"
    return f'SELECT {series}, {values} FROM "{COUNTED_STREAM}"{where} GROUP BY {series}'  # noqa: S608


def span_statement(stream: str, environment: str | None = None) -> str:
    """Return the SQL of what the calls of each service cost by list price, each counted once.

    Args:
        stream: the LLM stream.
        environment: whose calls; all without.
    """
    where = f" AND llmcost_environment = {sql_text(environment)}" if environment else ""
    # A stream's name is checked when it is set.
    calls = (
        "SELECT trace_id, span_id, MAX(service_name) AS service_name, "  # noqa: S608
        f'MAX(llmcost_cost_usd) AS usd FROM "{stream}" '
        f"WHERE llmcost_is_call{where} GROUP BY trace_id, span_id"
    )
    return f"SELECT service_name, SUM(usd) AS usd FROM ({calls}) x GROUP BY service_name"  # noqa: S608


def metric_sums(rows: Iterable[Mapping[str, Any]], begin: datetime) -> dict[str, Decimal]:
    """Return service → USD that it counted in a time range.

    Args:
        rows: of `metric_statement`.
        begin: of the time range.
    """
    spent: defaultdict[str, Decimal] = defaultdict(lambda: _ZERO)
    for row in rows:
        spent[str(row.get("service_name") or "")] += _risen(row, microseconds(begin))
    return dict(spent)


def compare_sums(
    metrics: Mapping[str, Decimal], spans: Iterable[Mapping[str, Any]]
) -> list[MetricSum]:
    """Return the services that count, with both sums, the largest difference first.

    Args:
        metrics: of `metric_sums`.
        spans: rows of `span_statement`.
    """
    stored = {str(row.get("service_name") or ""): _decimal(row.get("usd")) for row in spans}
    both = (MetricSum(name, usd, stored.get(name, _ZERO)) for name, usd in metrics.items())
    return sorted(both, key=lambda one: (-abs(one.missing_usd), one.service))


def _risen(row: Mapping[str, Any], begin_us: int) -> Decimal:
    """Return how far a series has risen inside the time range."""
    if row.get("most") is None:
        return _ZERO
    if str(row.get("aggregation_temporality", "")).endswith("DELTA"):
        return _decimal(row["total"])
    if row.get("earlier") is not None:
        before = _decimal(row["earlier"])
    elif int(row.get("start_time") or 0) // 1000 >= begin_us - LEAD // timedelta(microseconds=1):
        before = _ZERO
    else:
        # It began long ago and was silent since: what it had by then nobody says.
        before = _decimal(row["least"])
    return _decimal(row["most"]) - before


def _decimal(value: object) -> Decimal:
    return _ZERO if value is None else Decimal(str(value))
