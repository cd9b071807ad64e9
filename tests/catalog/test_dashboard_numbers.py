"""Every panel of the shipped dashboard shows the right figure, however often a span was sent."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.catalog import load_dashboard, render_dashboard
from llmcost_infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.catalog.conftest import Stream

NOON = 1_795_521_600_000_000
MINUTE = 60_000_000
CENT = 0.005

PANELS = render_dashboard(load_dashboard("llm_cost"), Settings(environment="test"))["tabs"][
    "overview"
]["panels"]
SQL: dict[str, str] = {name: panel["query"] for name, panel in PANELS.items()}


def call(span: str, minutes: float, **columns: Any) -> dict[str, Any]:
    """Return a priced call, some minutes after noon."""
    return {
        "trace_id": f"t{span}",
        "span_id": span,
        "_timestamp": NOON + int(minutes * MINUTE),
        "is_call": True,
        "is_tool": False,
        "pricing_status": "priced",
        "model": "gpt-4o",
        "state": "done",
    } | columns


# 0.10 + 0.25 + 1.05 = 1.40 USD in three priced calls; one call without a price, one that failed,
# and one run of a tool.
CALLS = [
    call("a", -130, cost_usd=0.10, input_tokens=100, output_tokens=10),
    call("b", -10, cost_usd=0.25, input_tokens=200, output_tokens=20, model="o3-mini"),
    call("c", -5, cost_usd=1.05, input_tokens=300, output_tokens=30),
    call(
        "d", -3, pricing_status="unpriced_model", model="mystery", input_tokens=7, output_tokens=1
    ),
    call("e", -70, pricing_status="failed_no_charge", error_class="rate_limit"),
    call("f", -1, is_call=False, is_tool=True, tool="search", pricing_status=None, cost_usd=9.99),
]
RESENT = [*CALLS, CALLS[1], CALLS[1], CALLS[3], CALLS[4]]


@pytest.mark.parametrize("rows", [CALLS, RESENT], ids=["once", "resent"])
@pytest.mark.parametrize(
    ("panel", "column", "truth"),
    [
        ("total_cost", "total_cost", Decimal("1.40")),
        ("total_input_tokens", "input_tokens", Decimal(607)),
        ("total_output_tokens", "output_tokens", Decimal(61)),
        ("total_calls", "llm_calls", Decimal(5)),
    ],
)
def test_a_tile_shows_the_truth(
    stream: Callable[..., Stream],
    rows: list[dict[str, Any]],
    panel: str,
    column: str,
    truth: Decimal,
) -> None:
    """A call counts once; an unknown price is in no sum; tools are no calls."""
    [answer] = stream(rows).ask(SQL[panel])
    assert answer[column] == pytest.approx(float(truth), abs=1e-9)


@pytest.mark.parametrize("rows", [CALLS, RESENT], ids=["once", "resent"])
def test_cost_over_time_falls_into_its_buckets(
    stream: Callable[..., Stream], rows: list[dict[str, Any]]
) -> None:
    """Each hour shows its own cost; an hour without a known cost shows none, not 0."""
    answer = stream(rows).ask(SQL["cost_over_time"])
    assert [row["ts"] for row in answer] == ["2026-11-24T09:00:00", "2026-11-24T11:00:00"]
    assert [row["cost"] for row in answer] == pytest.approx([0.10, 1.30], abs=1e-9)


@pytest.mark.parametrize("rows", [CALLS, RESENT], ids=["once", "resent"])
def test_cost_by_model_adds_up_to_the_total(
    stream: Callable[..., Stream], rows: list[dict[str, Any]]
) -> None:
    """The slices are the models with a known cost, the greatest first."""
    answer = stream(rows).ask(SQL["cost_by_model"])
    assert [row["model"] for row in answer] == ["gpt-4o", "o3-mini"]
    assert [row["cost"] for row in answer] == pytest.approx([1.15, 0.25], abs=1e-9)


def test_a_call_without_a_model_is_still_somebodys_cost(stream: Callable[..., Stream]) -> None:
    """A row without its dimension is shown as unknown: a chart would drop a null."""
    [answer] = stream([call("a", 0, model=None, cost_usd=0.5)]).ask(SQL["cost_by_model"])
    assert answer == {"model": "unknown", "cost": 0.5}


def test_without_calls_a_tile_shows_0(stream: Callable[..., Stream]) -> None:
    """An empty range costs nothing, and the tile says so."""
    shown = {panel: stream([]).ask(SQL[panel])[0] for panel in SQL if panel.startswith("total_")}
    assert shown["total_cost"]["total_cost"] == 0
    assert shown["total_input_tokens"]["input_tokens"] == 0
    assert shown["total_output_tokens"]["output_tokens"] == 0
    assert shown["total_calls"]["llm_calls"] == 0


def test_only_failed_calls_cost_0(stream: Callable[..., Stream]) -> None:
    """A refused call is known to cost nothing."""
    [answer] = stream([CALLS[4]]).ask(SQL["total_cost"])
    assert answer == {"total_cost": 0, "calls": 1}


@pytest.mark.parametrize("status", ["unpriced_model", "missing_rate", "no_usage", None])
def test_an_unknown_total_is_not_0(stream: Callable[..., Stream], status: str | None) -> None:
    """When no price is known the tile has no value: $0.00 would be a lie."""
    rows = [call("a", 0, pricing_status=status, cost_usd=None), CALLS[4]]
    [answer] = stream(rows).ask(SQL["total_cost"])
    assert answer == {"calls": 2}


def test_empty_charts_have_no_rows(stream: Callable[..., Stream]) -> None:
    """A chart without data shows that there is none."""
    assert stream([]).ask(SQL["cost_over_time"]) == []
    assert stream([]).ask(SQL["cost_by_model"]) == []


COSTS = st.lists(
    st.tuples(
        st.decimals("0", "10", places=4) | st.none(),
        st.integers(1, 3),
        st.sampled_from(["gpt-4o", "o3-mini", None]),
        st.integers(-600, 0),
    ),
    max_size=20,
)


@given(COSTS)
def test_tile_chart_and_pie_agree(
    stream: Callable[..., Stream], costs: list[tuple[Decimal | None, int, str | None, int]]
) -> None:
    """Whatever was sent, however often: total, buckets and slices are the same money."""
    rows = [
        call(str(index), minute, model=model, cost_usd=None if cost is None else float(cost))
        for index, (cost, copies, model, minute) in enumerate(costs)
        for _ in range(copies)
    ]
    truth = sum((cost for cost, *_ in costs if cost is not None), Decimal(0))
    sent = stream(rows)
    known = [row for row in sent.ask(SQL["total_cost"]) if "total_cost" in row]
    assert sum(row["total_cost"] for row in known) == pytest.approx(float(truth), abs=CENT / 100)
    for panel in ("cost_over_time", "cost_by_model"):
        shown = sum(row["cost"] for row in sent.ask(SQL[panel]))
        assert shown == pytest.approx(float(truth), abs=CENT / 100)
