"""What a cumulative metric says was spent, whatever processes did in the meantime."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource

from llmcost_infra.catalog import (
    load_dashboard,
    load_pipeline,
    render_dashboard,
    render_pipeline,
)
from llmcost_infra.doctor.metric_sum import (
    LEAD,
    MetricSum,
    compare_sums,
    metric_statement,
    metric_sums,
    span_statement,
)
from llmcost_infra.local.server import LocalServer
from llmcost_infra.pricing import load_table
from llmcost_infra.settings import Settings
from llmcost_infra.telemetry.cost import METRIC
from tests.local.telemetry import HOUR, PROTOBUF, now, span, spans_body
from tests.pipelines.conftest import Graph
from tests.pipelines.test_canaries import CALL, put_in_place

if TYPE_CHECKING:
    from pathlib import Path

BEGIN = datetime(2026, 11, 24, tzinfo=UTC)
MINUTE = 60


@dataclass(frozen=True)
class Process:
    """A process that exports every minute until it ends.

    Args:
        start: seconds after the beginning of the time range; negative is before.
        spent: USD in each minute of its life.
        delta: whether it sends what it spent since the last time, and not since its start.
    """

    start: int
    spent: tuple[int, ...]
    delta: bool = False

    def rows(self) -> list[dict[str, Any]]:
        """Return what it sent: at the end of each minute."""
        total, rows = 0, []
        for minute, usd in enumerate(self.spent, start=1):
            total += usd
            value = usd if self.delta else total
            rows.append({"at": self.start + minute * MINUTE, "value": float(value)})
        return rows

    def truth(self) -> int:
        """Return what it told of inside the time range."""
        ends = (self.start + minute * MINUTE for minute in range(1, len(self.spent) + 1))
        return sum(usd for usd, end in zip(self.spent, ends, strict=True) if end >= 0)


def answered(number: int, process: Process) -> dict[str, Any]:
    """Return the row of the statement about a process, as a server would."""
    rows = process.rows()
    inside = [row["value"] for row in rows if row["at"] >= 0]
    earlier = [row["value"] for row in rows if -LEAD.total_seconds() <= row["at"] < 0]
    kind = "DELTA" if process.delta else "CUMULATIVE"
    start = round((BEGIN.timestamp() + process.start) * 1e9)
    return {
        "service_name": "shop",
        "__hash__": f"series {number}",
        "start_time": str(start),
        "aggregation_temporality": f"AGGREGATION_TEMPORALITY_{kind}",
        "earlier": max(earlier, default=None),
        "least": min(inside, default=None),
        "most": max(inside, default=None),
        "total": sum(inside),
    }


@given(
    st.lists(
        st.builds(
            Process,
            start=st.integers(-120 * MINUTE, 60 * MINUTE),
            spent=st.lists(st.integers(0, 50), min_size=1, max_size=90).map(tuple),
            delta=st.booleans(),
        ),
        max_size=5,
    )
)
def test_it_is_what_was_spent_in_the_time_range(processes: list[Process]) -> None:
    """Restarts, idle processes and those that run across its beginning included."""
    rows = [answered(number, process) for number, process in enumerate(processes)]
    sums = metric_sums(rows, BEGIN)
    assert sums.get("shop", 0) == sum(process.truth() for process in processes)


def test_a_series_that_was_silent_before_is_not_overstated() -> None:
    """What a process spent before it was last heard of does not count as spent today."""
    row = answered(0, Process(0, (5, 5)))
    row |= {"start_time": "0", "earlier": None, "least": 105.0, "most": 110.0}
    assert metric_sums([row], BEGIN) == {"shop": Decimal(5)}


@pytest.mark.parametrize(
    ("metric", "spans", "agrees", "says"),
    [
        ("10", "10", True, ""),
        ("10", "9.9", True, ""),
        ("0.005", "0", True, ""),
        ("10", "8", False, "not stored"),
        ("8", "10", False, "more is stored"),
    ],
)
def test_a_difference_says_what_to_look_for(
    metric: str, spans: str, *, agrees: bool, says: str
) -> None:
    """A little at the edges is none; in each direction the reasons differ."""
    one = MetricSum("shop", Decimal(metric), Decimal(spans))
    assert one.agrees is agrees
    assert says in one.means
    assert bool(one.means) is not agrees


def test_services_that_do_not_count_are_no_findings() -> None:
    """An application without the histogram has nothing to compare; a stored nothing is 0."""
    rows: list[dict[str, Any]] = [
        {"service_name": "other", "usd": 4.0},
        {"service_name": "shop", "usd": None},
    ]
    found = compare_sums({"shop": Decimal(3), "mute": Decimal(0)}, rows)
    assert found == [
        MetricSum("shop", Decimal(3), Decimal(0)),
        MetricSum("mute", Decimal(0), Decimal(0)),
    ]


def test_a_server_answers_both_and_they_agree(tmp_path: Path) -> None:
    """Sums that an SDK exported again and again, and calls that were sent twice, are the same.

    The dashboard's panels of the metric say so as well. What another environment of the same
    organization counted is in the stream of metrics too, and in none of them.
    """
    settings = Settings(environment="staging", prefix="t_", cost_metric=True)
    graph = Graph(render_pipeline(load_pipeline("llm_cost"), settings, load_table()))
    calls = [span("chat gpt-4o", now() - HOUR + at, CALL) for at in range(3)]
    auth = ("root@example.com", "Complexpass#123")
    begin = datetime.now(UTC) - timedelta(hours=2)
    with (
        LocalServer(tmp_path / "server") as local,
        httpx.Client(
            base_url=local.url,
            auth=auth,
            timeout=30,
            verify=False,  # noqa: S501 - plain HTTP, and certificates take their time to load
        ) as client,
    ):
        put_in_place(client, graph)
        headers = {**PROTOBUF, "stream-name": settings.streams.source}
        resource = {"service.name": "shop"}
        for sent in (calls, calls[:1]):
            body = spans_body(*sent, resource=resource)
            client.post("/api/default/v1/traces", content=body, headers=headers).raise_for_status()
        address = f"{local.url}/api/default/v1/metrics"
        _count(address, auth, ("0.00035",) * 2, "staging")
        _count(address, auth, ("0.00035",), None)
        _count(address, auth, ("4", "5"), "prod")

        def ask(sql: str, kind: str, start: datetime) -> list[dict[str, Any]]:
            query = {"sql": sql, "start_time": round(start.timestamp() * 1e6)}
            query |= {"end_time": now() + HOUR}
            answer = client.post(
                "/api/default/_search", params={"type": kind}, json={"query": query}
            )
            assert answer.status_code == 200, answer.text
            hits: list[dict[str, Any]] = answer.json()["hits"]
            return hits

        here = settings.environment
        metrics = metric_sums(ask(metric_statement(begin, here), "metrics", begin - LEAD), begin)
        everybody = metric_sums(ask(metric_statement(begin), "metrics", begin - LEAD), begin)
        spans = ask(span_statement(settings.streams.calls, here), "traces", begin)
        elsewhere = ask(span_statement(settings.streams.calls, "prod"), "traces", begin)

        tab = render_dashboard(load_dashboard("llm_cost_details"), settings)["tabs"]["cross_check"]
        shown = {
            name: ask(panel["query"], panel["stream_type"], begin)
            for name, panel in tab["panels"].items()
            if panel["stream_type"] == "metrics"
        }

    assert shown["counted_cost"] == [{"counted_cost": pytest.approx(0.00105, abs=1e-12)}]
    by_time = sum(row["cost"] for row in shown["counted_over_time"])
    assert by_time == pytest.approx(0.00105, abs=1e-12)
    assert float(everybody["shop"]) == pytest.approx(9.00105)
    assert elsewhere == []
    [found] = compare_sums(metrics, spans)
    assert found.service == "shop"
    assert float(found.span_usd) == pytest.approx(0.00105, abs=1e-12)
    assert float(found.metric_usd) == pytest.approx(0.00105, abs=1e-12)
    assert found.agrees


def _count(
    address: str, auth: tuple[str, str], costs: tuple[str, ...], environment: str | None
) -> None:
    """Count calls as an application does, and export the sum after each of them."""
    basic = base64.b64encode(":".join(auth).encode()).decode()
    exporter = OTLPMetricExporter(address, headers={"Authorization": f"Basic {basic}"})
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    said = {"deployment.environment.name": environment} if environment else {}
    meters = MeterProvider([reader], Resource.create({"service.name": "shop", **said}))
    histogram = meters.get_meter("t").create_histogram(METRIC)
    for usd in costs:
        histogram.record(float(usd), {"feature": "search"})
        assert meters.force_flush()
    meters.shutdown()
