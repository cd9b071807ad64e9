"""Every panel, read from each shape of data, shows what the recorded calls cost, to the cent."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pytest

from llmcost_infra.catalog import (
    load_dashboard,
    load_pipeline,
    render_dashboard,
    render_pipeline,
)
from llmcost_infra.columns import STORED
from llmcost_infra.pricing import load_table
from llmcost_infra.profiles import ATTRIBUTED, PROFILES
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import MemoryStreams, query
from tests.catalog.conftest import ARROW
from tests.catalog.recorded_calls import ATTRIBUTES, GEN_AI, LLM, PIPELINE, Call
from tests.pipelines.conftest import Graph, hashed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Row = dict[str, Any]

ROWS = Path(__file__).parents[1] / "data" / "openobserve-transcripts" / "rows"
HOUR = 3_600_000_000
CALLS: Mapping[str, list[Call]] = {
    "pipeline": [
        call if call.user == "unknown" else replace(call, user=hashed(call.user))
        for call in PIPELINE
    ],
    "gen_ai": GEN_AI,
    "llm": LLM,
    "attributes": ATTRIBUTES,
}
# The wrapper's samples run no tools and name no team.
TEAM = {"attributes": "unknown"}
ENVIRONMENT = {"attributes": "unknown"}


def recorded(dialect: str) -> list[Row]:
    """Return the rows of a dialect's samples as a real server stored them."""
    lines = (ROWS / f"{dialect}.traces.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line)["row"] for line in lines]


def settings_of(profile: str, **more: Any) -> Settings:
    """Return the settings of a stack that reads the stream llm_calls with a profile."""
    stream = {} if profile == "pipeline" else {"stream": "llm_calls"}
    return Settings.from_mapping({"environment": "test", "profile": profile, **stream, **more})


def by_pipeline() -> list[Row]:
    """Return what the shipped pipeline makes of the rows."""
    settings = settings_of("pipeline")
    graph = Graph(render_pipeline(load_pipeline("llm_cost"), settings, load_table()))
    arrived = [graph.route(row) for row in recorded("genai")]
    return [row for streams in arrived for row in streams.get("llm_calls", [])]


def by_newer_server() -> list[Row]:
    """Return the rows with the columns that OpenObserve adds since 0.92; 0.90's are not there.

    No server of that version was recorded. The figures are 0.90's, under the names and types of
    its source.
    """
    priced = {(call.model, call.input_tokens): call for call in GEN_AI if call.usd is not None}
    rows: list[Row] = []
    for old in recorded("genai"):
        row = {name: value for name, value in old.items() if not name.startswith("llm_")}
        for name in ("gen_ai_usage_input_tokens", "gen_ai_usage_output_tokens"):
            row[name] = int(old.get(name, 0))
        model = row.get("gen_ai_response_model") or row.get("gen_ai_request_model")
        if call := priced.get((str(model), row["gen_ai_usage_input_tokens"])):
            row["gen_ai_usage_cost"] = float(call.usd or 0)
            row["gen_ai_usage_cost_input"] = float(call.input_usd or 0)
        if "gen_ai_response_time_to_first_chunk" in row:
            seconds = float(row["gen_ai_response_time_to_first_chunk"])
            row["gen_ai_response_time_to_first_chunk"] = seconds
        rows.append(row)
    return rows


STORED_ROWS: Mapping[str, Callable[[], list[Row]]] = {
    "pipeline": by_pipeline,
    "gen_ai": by_newer_server,
    "llm": lambda: recorded("genai_content"),
    "attributes": lambda: recorded("blog"),
}


@dataclass(frozen=True)
class Data:
    """A stream in the shape of a profile.

    Args:
        profile: name.
        rows: of the stream.
    """

    profile: str
    rows: list[Row]

    def ask(self, statement: str, *, before: bool = False) -> list[Row]:
        """Return what a statement answers; whatever can be chosen is all.

        Args:
            statement: SQL.
            before: over the hour before the first row.
        """
        first = min(row["_timestamp"] for row in self.rows)
        answer = query(
            re.sub(r"\$\{\w+\}", "'_o2_all_'", statement),
            MemoryStreams({"llm_calls": self._table}),
            TimeRange(first - HOUR, first) if before else TimeRange(first, first + HOUR),
        )
        assert not answer.fault
        return answer.rows

    @cached_property
    def _table(self) -> Any:
        kinds = {str: "utf8", bool: "boolean", int: "int64", float: "float64"}
        types = {name: kinds[type(value)] for row in self.rows for name, value in row.items()}
        if self.profile == "pipeline":
            types |= STORED
        else:
            sources = settings_of(self.profile).attribution
            types |= {column: "utf8" for name in ATTRIBUTED for column in getattr(sources, name)}
            types |= PROFILES[self.profile].declares
        schema = pa.schema([(name, ARROW[kind]) for name, kind in types.items()])
        return pa.Table.from_pylist(self.rows, schema=schema)


@cache
def data_of(profile: str, *, resent: bool) -> Data:
    """Return the rows of a profile; resent: every one twice, and some a third time."""
    rows = STORED_ROWS[profile]()
    return Data(profile, [*rows, *rows, *rows[::3]] if resent else rows)


@cache
def panels_of(profile: str) -> dict[str, Row]:
    """Return the panels of both dashboards by id."""
    return {
        name: panel
        for dashboard in ("llm_cost", "llm_cost_details")
        for tab in render_dashboard(load_dashboard(dashboard), settings_of(profile))[
            "tabs"
        ].values()
        for name, panel in tab["panels"].items()
    }


# What each panel shows, computed from the calls without SQL. Times are left out: all samples were
# recorded within a minute.


def groups(calls: Iterable[Call], key: str) -> dict[str, list[Call]]:
    """Return calls by an attribute."""
    found: defaultdict[str, list[Call]] = defaultdict(list)
    for call in calls:
        found[getattr(call, key)].append(call)
    return dict(found)


def usd(calls: Iterable[Call]) -> Decimal | None:
    """Return the known cost, None without any."""
    known = [call.usd for call in calls if call.usd is not None]
    return sum(known, Decimal(0)) if known else None


def tokens(calls: Iterable[Call], which: str) -> int:
    """Return the sum of the known counts."""
    return sum(getattr(call, which) or 0 for call in calls)


def counted(calls: list[Call], *statuses: str) -> int:
    """Return how many calls have one of the statuses."""
    return sum(call.status in statuses for call in calls)


def mean(calls: list[Call]) -> Decimal | None:
    """Return the mean cost of the calls with a known one."""
    total, number = usd(calls), counted(calls, "priced")
    return None if total is None else total / number


def priced_pct(calls: list[Call]) -> float:
    """Return the share of the charged calls whose cost is known, in percent."""
    charged = [call for call in calls if call.status != "failed_no_charge"]
    return 100 * counted(charged, "priced") / len(charged) if charged else 100.0


def of_users(calls: list[Call]) -> list[Call]:
    """Return the calls that name a user."""
    return [call for call in calls if call.user != "unknown"]


def per_user(calls: list[Call]) -> Row:
    """Return cost a user, and how many users there are."""
    named = [call for call in of_users(calls) if call.usd is not None]
    row: Row = {"users": len({call.user for call in of_users(calls)})}
    if named:
        row["cost_per_user"] = usd(named) / len({call.user for call in named})  # type: ignore[operator]
    return row


def split(calls: list[Call]) -> list[Row]:
    """Return input and output cost; no row where nobody knows them apart."""
    known = [call for call in calls if call.input_usd is not None]
    if not known:
        return []
    return [
        {
            "input_cost": sum(call.input_usd or 0 for call in known),
            "output_cost": sum(call.output_usd or 0 for call in known),
        }
    ]


def tools(calls: list[Call], **columns: Any) -> list[Row]:
    """Return the row of the one tool that ran, if one did."""
    ran = any(call.with_tool for call in calls)
    return [{"tool": "get_weather", **columns}] if ran else []


def tool_usd(calls: list[Call]) -> Decimal | None:
    """Return what the calls of the tool's trace cost."""
    return usd(call for call in calls if call.with_tool)


def errors(calls: list[Call]) -> list[Row]:
    """Return the number of failed calls by class."""
    failed = groups((call for call in calls if call.error), "error")
    return [{"error_class": name, "failed_calls": len(some)} for name, some in failed.items()]


def costs_by(calls: list[Call], key: str, name: str) -> list[Row]:
    """Return the known cost by an attribute."""
    found = groups((call for call in calls if call.usd is not None), key)
    return [{name: value, "cost": usd(some)} for value, some in found.items()]


def table_by(calls: list[Call], key: str, name: str) -> list[Row]:
    """Return calls, cost and mean cost by an attribute."""
    return [
        {name: value, "llm_calls": len(some), "cost": usd(some), "cost_per_call": mean(some)}
        for value, some in groups(calls, key).items()
    ]


EXPECTED: Mapping[str, Callable[[list[Call], str], list[Row]]] = {
    "total_cost": lambda calls, _: [{"total_cost": usd(calls), "calls": len(calls)}],
    "total_input_tokens": lambda calls, _: [
        {"input_tokens": tokens(calls, "input_tokens"), "calls": len(calls)}
    ],
    "total_output_tokens": lambda calls, _: [
        {"output_tokens": tokens(calls, "output_tokens"), "calls": len(calls)}
    ],
    "total_calls": lambda calls, _: [{"llm_calls": len(calls)}],
    "cost_over_time": lambda calls, _: [{"cost": usd(calls)}],
    "cost_by_model": lambda calls, _: costs_by(calls, "model", "model"),
    "input_output_cost": lambda calls, _: split(calls),
    "tokens_by_model": lambda calls, _: [
        {
            "model": model,
            "input_tokens": tokens(some, "input_tokens"),
            "output_tokens": tokens(some, "output_tokens"),
        }
        for model, some in groups(calls, "model").items()
        if tokens(some, "input_tokens")
    ],
    "tokens_over_time": lambda calls, _: [
        {
            "input_tokens": tokens(calls, "input_tokens"),
            "output_tokens": tokens(calls, "output_tokens"),
        }
    ],
    "priced_share": lambda calls, _: [{"priced_pct": priced_pct(calls), "calls": len(calls)}],
    "unpriced_calls": lambda calls, _: [
        {
            "model": model,
            "llm_calls": len(some),
            "no_price": counted(some, "unpriced_model", "missing_rate"),
            "no_usage": counted(some, "no_usage"),
            "not_charged": counted(some, "failed_no_charge"),
            "model_priced_pct": priced_pct(some),
        }
        for model, some in groups(calls, "model").items()
    ],
    "tool_calls": lambda calls, _: tools(calls, tool_runs=1),
    "tool_cost": lambda calls, _: tools(calls, cost_per_run=tool_usd(calls)),
    "tool_errors": lambda calls, _: tools(calls, error_pct=0),
    "tool_table": lambda calls, _: tools(
        calls, tool_runs=1, tool_errors=0, error_pct=0, tool_cost=tool_usd(calls)
    ),
    "cost_per_call": lambda calls, _: [{"cost_per_call": mean(calls), "calls": len(calls)}],
    "cost_per_user": lambda calls, _: [
        {
            "cost_per_user": per_user(calls)["cost_per_user"],
            "calls": counted(of_users(calls), "priced"),
        }
    ],
    "users": lambda calls, _: [{"users": per_user(calls)["users"]}],
    "cost_by_feature_over_time": lambda calls, _: costs_by(calls, "feature", "feature"),
    "cost_by_team": lambda calls, profile: [
        {"team": TEAM.get(profile, "support-platform"), "cost": usd(calls)}
    ],
    "cost_by_environment": lambda calls, profile: [
        {"environment": ENVIRONMENT.get(profile, "dev"), "cost": usd(calls)}
    ],
    "cost_by_feature": lambda calls, profile: [
        {**row, **per_user(groups(calls, "feature")[row["feature"]])}
        | {"team": TEAM.get(profile, "support-platform")}
        for row in table_by(calls, "feature", "feature")
    ],
    "cost_by_user": lambda calls, _: table_by(calls, "user", "user_id"),
    "cost_by_prompt": lambda calls, _: [
        {
            "prompt_name": "unknown",
            "llm_calls": len(calls),
            "cost": usd(calls),
            "cost_per_call": mean(calls),
        }
    ],
    "expensive_calls": lambda calls, profile: [
        {
            "model": call.model,
            "feature": call.feature,
            "team": TEAM.get(profile, "support-platform"),
            "call_cost": call.usd,
            "call_input_tokens": call.input_tokens,
            "call_output_tokens": call.output_tokens or 0,
        }
        for call in calls
        if call.usd is not None
    ],
    "first_token_by_model": lambda calls, _: [
        {"model": model} for model in groups((c for c in calls if c.streamed), "model")
    ],
    "duration_by_model": lambda calls, _: [
        {"model": model} for model in groups((c for c in calls if not c.error), "model")
    ],
    "first_token_over_time": lambda calls, _: [{}] if any(c.streamed for c in calls) else [],
    "duration_over_time": lambda _calls, _profile: [{}],
    "errors_over_time": lambda calls, _: errors(calls),
    "errors_by_model": lambda calls, _: [
        {
            "model": model,
            "llm_calls": len(some),
            "failed_calls": sum(bool(call.error) for call in some),
            "rate_limited": sum(call.error == "rate_limit" for call in some),
            "failed_pct": 100 * sum(bool(call.error) for call in some) / len(some),
        }
        for model, some in groups(calls, "model").items()
    ],
}
# Measured, so that only their order of magnitude is known; ids and times are the recording's.
MEASURED = {"p50_ms": (0, 1_000), "p95_ms": (0, 1_000)}
LEFT_OUT = {"ts", "trace_id", *MEASURED}


def comparable(rows: Iterable[Row]) -> list[tuple[Any, ...]]:
    """Return rows in an order, money and shares to nine digits, unknown left out."""
    return sorted(
        tuple(
            sorted(
                (name, value if isinstance(value, str) else round(float(value), 9))
                for name, value in row.items()
                if name not in LEFT_OUT and value is not None
            )
        )
        for row in rows
    )


def test_every_panel_has_an_expectation() -> None:
    """A panel that is added is held to the truth as well."""
    assert set(EXPECTED) == set(panels_of("pipeline"))


@pytest.mark.parametrize("resent", [False, True], ids=["once", "resent"])
@pytest.mark.parametrize("panel", EXPECTED)
@pytest.mark.parametrize("profile", PROFILES)
def test_a_panel_shows_what_the_calls_were(profile: str, panel: str, *, resent: bool) -> None:
    """The sums are those of the samples' README, whoever wrote the columns, however often."""
    shown = data_of(profile, resent=resent).ask(panels_of(profile)[panel]["query"])

    assert comparable(shown) == comparable(EXPECTED[panel](CALLS[profile], profile))
    for row in shown:
        for name, (least, most) in MEASURED.items():
            assert least < row.get(name, 1) < most


@pytest.mark.parametrize("profile", PROFILES)
def test_input_and_output_add_up_to_the_total(profile: str) -> None:
    """Where the two are known, nothing of the total is in neither."""
    data, panels = data_of(profile, resent=False), panels_of(profile)
    [total] = data.ask(panels["total_cost"]["query"])
    parts = data.ask(panels["input_output_cost"]["query"])

    summed = sum(row["input_cost"] + row["output_cost"] for row in parts)
    assert (profile == "attributes") == (parts == [])
    assert not parts or summed == pytest.approx(total["total_cost"], abs=1e-9)


@pytest.mark.parametrize("profile", PROFILES)
def test_an_hour_without_calls_answers_every_panel(profile: str) -> None:
    """Nothing errs and nothing is made up: no rows, or numbers that say that there was nothing."""
    for name, panel in panels_of(profile).items():
        for row in data_of(profile, resent=False).ask(panel["query"], before=True):
            assert set(row.values()) <= {0, 100}, name
