"""A case that each rule must find, and one that it must not."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import llmcost_infra.check.gathering  # noqa: F401 - it registers every rule
from llmcost_infra.program import Program, Registered
from llmcost_infra.resources import Source

COLUMNS = {"llmcost_cost_usd": "float64", "llmcost_model": "utf8"}


@dataclass(frozen=True)
class Case:
    """What a rule is held to.

    Args:
        wrong: is found.
        right: is not.
    """

    wrong: Program
    right: Program


def made(kind: str, name: str = "", /, **inputs: Any) -> Registered:
    """Return a resource as a program registers it."""
    name = name or kind.lower()
    return Registered(
        urn=f"urn:pulumi:dev::shop::openobserve:index:{kind}::{name}",
        type=f"openobserve:index:{kind}",
        name=name,
        inputs=inputs,
        parent=None,
        custom=True,
        read=False,
        source=Source("__main__.py", 3),
        unknown=(),
        problems=(),
    )


def stream(name: str = "llm_calls", **inputs: Any) -> Registered:
    """Return a stream of traces."""
    given = {"fields": COLUMNS, "data_retention": 400, "stream_type": "traces", **inputs}
    return made("Stream", name, name=name, **given)


def program(*resources: Registered) -> Program:
    """Return a program with the stream `llm_calls` and other resources."""
    own = any(one.name == "llm_calls" for one in resources)
    return Program("shop", "dev", (*(() if own else (stream(),)), *resources), ())


def in_production(made: Program) -> Program:
    """Return the same program for the stack prod."""
    return replace(made, stack="prod")


def panel(sql: str, variables: dict[str, Any] | None = None, **inputs: Any) -> Program:
    """Return a program with one panel."""
    given = {
        "type": "table",
        "stream": "llm_calls",
        "stream_type": "traces",
        "config": {"unit": "numbers"},
        **inputs,
        "query": sql,
    }
    tabs = {"t": {"order": 1, "name": "T", "panels": {"p": given}}}
    return program(made("Dashboard", title="D", tabs=tabs, variables=variables or {}))


def chart(sql: str, y_axis: str, **inputs: Any) -> Program:
    """Return a program with one bar chart."""
    return panel(sql, type="bar", y_axis=[{"alias": y_axis}], **inputs)


def variable(sql: str, *, scope: tuple[str, ...] = (), **inputs: Any) -> Program:
    """Return a program whose panel may read the variable `team`."""
    given: dict[str, Any] = {
        "type": "query_values", "multi_select": True, "escape_single_quotes": True, **inputs,
    }  # fmt: skip
    if scope:
        given |= {"scope": "tabs", "tabs": list(scope)}
    return panel(sql, {"team": given})


def alert(*others: Registered, **inputs: Any) -> Program:
    """Return a program with one alert and its destination."""
    given = {
        "name": "spend",
        "stream_name": "llm_calls",
        "stream_type": "traces",
        "destinations": ["oncall"],
        "query_condition": {
            "type": "sql",
            "sql": "SELECT llmcost_model AS model, SUM(llmcost_cost_usd) AS cost "
            'FROM "llm_calls" GROUP BY llmcost_model',
        },
        "trigger_condition": {"period": 60, "operator": ">=", "threshold": 1},
        "context_attributes": {"owner": "a", "severity": "page", "runbook": "Look."},
        "row_template": '{"text": "{model}: {cost}"}',
        "row_template_type": "Json",
        **inputs,
    }
    oncall = made("AlertDestination", name="oncall", template="words")
    return program(*others, oncall, made("Alert", **given))


def template(body: str) -> Program:
    """Return a program whose alert is told in a text."""
    return alert(made("AlertTemplate", name="words", type="http", body=body))


def pipeline(
    *chain: str,
    conditions: tuple[str, ...] = (),
    name: str = "pipeline",
    types: tuple[str, str] = ("traces", "traces"),
) -> list[Registered]:
    """Return a pipeline of functions, one after another, that ends in `llm_calls`.

    Args:
        chain: texts of the functions.
        conditions: values of `state` that lead to the stream; without, every row gets there.
        name: of the pipeline.
        types: of the stream that it reads and of the one that it fills.
    """
    reads, fills = types
    nodes: dict[str, Any] = {
        "in": {"type": "stream", "stream_name": "source", "stream_type": reads}
    }
    last, functions = "in", list[Registered]()
    for number, text in enumerate(chain):
        functions.append(made("Function", f"{name}-f{number}", name=f"f{number}", function=text))
        nodes[last]["next"] = [f"f{number}"]
        last = f"f{number}"
        nodes[last] = {"type": "function", "name": last}
    nodes["out"] = {"type": "stream", "stream_name": "llm_calls", "stream_type": fills}
    nodes[last]["next"] = [f"is_{value}" for value in conditions] or ["out"]
    for value in conditions:
        test = {"filterType": "condition", "column": "state", "operator": "=", "value": value}
        group = {"filterType": "group", "logicalOperator": "AND", "conditions": [test]}
        nodes[f"is_{value}"] = {"type": "condition", "conditions": group, "next": ["out"]}
    return [*functions, made("Pipeline", name, name=name, nodes=nodes)]


MARK, DONE = '.state = "new"\n.', 'x = to_int!(.n)\n.state = "done"\n.'
LISTED = '. = {"state": .state}\n.'
TIMES = (
    'SELECT histogram(_timestamp) AS ts, span_kind AS kind, COUNT(*) AS n FROM "llm_calls" '
    "GROUP BY ts, kind"
)
SERIES = {"x_axis": [{"alias": "ts"}], "breakdown": [{"alias": "kind"}]}

CASES: dict[str, Case] = {
    "sql-syntax": Case(
        panel('SELECT COUNT(*) AS n FROM "llm_calls" WHERE ('),
        panel('SELECT COUNT(*) AS n FROM "llm_calls"'),
    ),
    "sql-unknown-stream": Case(
        panel('SELECT COUNT(*) AS n FROM "llm_cals"'),
        panel('WITH t AS (SELECT duration FROM "llm_calls") SELECT COUNT(*) AS n FROM t'),
    ),
    "sql-hidden-aggregate": Case(
        panel('SELECT COALESCE(SUM(duration), 0) AS n FROM "llm_calls"'),
        panel('SELECT COALESCE(SUM(duration), 0) AS n, COUNT(*) AS calls FROM "llm_calls"'),
    ),
    "sql-plan": Case(
        panel('SELECT SUM(llmcost_costs_usd) AS n FROM "llm_calls"'),
        panel('SELECT SUM(llmcost_cost_usd) AS n FROM "llm_calls"'),
    ),
    "sql-distinct-from": Case(
        panel(
            'SELECT COUNT(*) AS n FROM "llm_calls" '
            "WHERE span_kind IS NOT DISTINCT FROM '3' OR duration > 5"
        ),
        panel(
            "SELECT COUNT(*) FILTER (WHERE span_kind IS DISTINCT FROM '3') AS n FROM \"llm_calls\" "
            "WHERE (span_kind IS DISTINCT FROM '3') AND duration > 5 "
            "AND span_status IS DISTINCT FROM 'OK'"
        ),
    ),
    "sql-union-null": Case(
        panel('SELECT 0 AS n FROM "llm_calls" UNION ALL SELECT duration AS n FROM "llm_calls"'),
        panel(
            'SELECT 0 AS n FROM "llm_calls" '
            'UNION ALL SELECT COALESCE(duration, 0) AS n FROM "llm_calls"'
        ),
    ),
    "panel-alias": Case(
        chart('SELECT SUM(duration) AS costs FROM "llm_calls"', "cost"),
        chart('SELECT SUM(duration) AS cost FROM "llm_calls"', "cost"),
    ),
    "panel-measure": Case(
        chart('SELECT MAX(llmcost_model) AS cost FROM "llm_calls"', "cost"),
        chart('SELECT COUNT(llmcost_model) AS cost FROM "llm_calls"', "cost"),
    ),
    "panel-series": Case(
        chart(f"{TIMES} ORDER BY ts", "n", **SERIES),
        chart(f"{TIMES} ORDER BY ts, kind LIMIT 10000", "n", **SERIES),
    ),
    "panel-unit": Case(
        chart('SELECT SUM(duration) AS p95_ms FROM "llm_calls"', "p95_ms"),
        chart(
            'SELECT SUM(duration) AS p95_ms FROM "llm_calls"',
            "p95_ms",
            config={"unit": "milliseconds"},
        ),
    ),
    "panel-decimals": Case(
        chart(
            'SELECT SUM(llmcost_cost_usd) AS cost FROM "llm_calls"',
            "cost",
            config={"unit": "currency-dollar", "decimals": 1},
        ),
        chart(
            'SELECT COUNT(*) AS n FROM "llm_calls"', "n", config={"unit": "numbers", "decimals": 2}
        ),
    ),
    "panel-null": Case(
        chart(
            'SELECT llmcost_model AS model, COUNT(*) AS n FROM "llm_calls" GROUP BY llmcost_model',
            "n",
            x_axis=[{"alias": "model"}],
        ),
        chart(
            "SELECT COALESCE(llmcost_model, 'unknown') AS model, SUM(duration) AS n "
            "FROM \"llm_calls\" GROUP BY COALESCE(llmcost_model, 'unknown')",
            "n",
            x_axis=[{"alias": "model"}],
        ),
    ),
    "variable-unused": Case(
        variable('SELECT COUNT(*) AS n FROM "llm_calls"'),
        variable('SELECT COUNT(*) AS n FROM "llm_calls" WHERE llmcost_model IN (${team})'),
    ),
    "variable-scope": Case(
        variable(
            'SELECT COUNT(*) AS n FROM "llm_calls" WHERE span_kind IN (${team})', scope=("u",)
        ),
        variable(
            'SELECT COUNT(*) AS n FROM "llm_calls" WHERE span_kind IN (${team})', scope=("t",)
        ),
    ),
    "variable-quotes": Case(
        variable("SELECT COUNT(*) AS n FROM \"llm_calls\" WHERE span_kind IN ('${team}')"),
        variable(
            "SELECT COUNT(*) AS n FROM \"llm_calls\" WHERE span_kind = '${team}'",
            multi_select=False,
        ),
    ),
    "alert-context": Case(alert(context_attributes={"owner": "a"}), alert()),
    "alert-route": Case(alert(destinations=["opscall"]), alert()),
    "alert-window": Case(
        alert(stream(data_retention=7), trigger_condition={"period": 20160}),
        alert(stream(data_retention=7), trigger_condition={"period": 10080}),
    ),
    "alert-text-columns": Case(alert(row_template='{"text": "{costs}"}'), alert()),
    "alert-limit-text": Case(
        alert(
            row_template='{"text": "{cost}"}',
            query_condition={
                "type": "sql",
                "sql": 'SELECT SUM(llmcost_cost_usd) AS cost FROM "llm_calls" HAVING '
                "SUM(llmcost_cost_usd) > 5",
            },
        ),
        alert(),
    ),
    "alert-notification": Case(
        template('{"text": {alert_name}}'), template('{"text": "{alert_name}", "rows": "{rows}"}')
    ),
    "stream-retention": Case(
        program(*pipeline(LISTED), stream(data_retention=None)), program(*pipeline(LISTED))
    ),
    "stream-content": Case(
        program(stream("content", fields={"llmcost_prompt": "utf8"})),
        program(stream("content", fields={"llmcost_prompt": "utf8"}, data_retention=7)),
    ),
    "stream-ceiling": Case(
        program(stream("content", fields={"llmcost_prompt": "utf8"}, data_retention=31)),
        program(stream("content", fields={"llmcost_prompt": "utf8"}, data_retention=30)),
    ),
    "stream-protected": Case(
        in_production(program(stream(on_destroy="delete"))),
        in_production(program(stream(on_destroy="retain", allow_data_loss=False))),
    ),
    "stream-watched": Case(
        in_production(alert(name="daily_budget")),
        in_production(
            Program(
                "shop",
                "prod",
                (*alert(name="daily_budget").resources, *alert(name="cost_anomaly").resources),
                (),
            )
        ),
    ),
    "stream-client-numbers": Case(
        program(stream("other", fields={"retry_count": "int64"})),
        program(
            stream(fields={"state": "int64", "llmcost_cost_usd": "float64"}),
            *pipeline('. = {"state": .state, "llmcost_cost_usd": 1.0}\n.'),
            stream("logs", stream_type="logs", fields={"retry_count": "int64"}),
        ),
    ),
    "pipeline-source": Case(
        program(*pipeline(LISTED), *pipeline(LISTED, name="second")), program(*pipeline(LISTED))
    ),
    "pipeline-signal": Case(
        program(*pipeline(LISTED, types=("logs", "traces"))),
        program(
            *pipeline(LISTED, types=("logs", "logs")),
            *pipeline(LISTED, name="spans", types=("traces", "logs")),
        ),
    ),
    "function-syntax": Case(
        program(*pipeline(".team = downcase(.team)\n.")),
        program(*pipeline('.team = downcase(string(.team) ?? "")\n.')),
    ),
    "pipeline-allow-list": Case(program(*pipeline(DONE)), program(*pipeline(DONE, LISTED))),
    "pipeline-row-lost": Case(
        program(*pipeline(DONE, conditions=("done", "new"))),
        program(*pipeline(MARK, DONE, conditions=("done", "new"))),
    ),
}
