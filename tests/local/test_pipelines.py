"""Pipelines: the graph is checked, the id may be chosen, the version guards an update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import httpx

    from llmcost_infra.local.server import LocalServer

BASE = "/api/default/pipelines"
Body = dict[str, Any]
MINUTE = 60_000_000


def _node(node_id: str, **data: Any) -> Body:
    position = {"x": 0, "y": 0}
    return {"id": node_id, "io_type": "default", "position": position, "data": data}


def _stream(node_id: str, name: str, kind: str = "traces") -> Body:
    return _node(node_id, node_type="stream", org_id="default", stream_name=name, stream_type=kind)


def _function(node_id: str, name: str, *, after_flatten: bool = True) -> Body:
    return _node(node_id, node_type="function", name=name, after_flatten=after_flatten, num_args=0)


def _condition(node_id: str, items: list[Body]) -> Body:
    group = {"filterType": "group", "logicalOperator": "AND", "conditions": items}
    return _node(node_id, node_type="condition", version=2, conditions=group)


def _query(node_id: str, sql: str, **trigger: Any) -> Body:
    return _node(
        node_id,
        node_type="query",
        org_id="default",
        stream_type="logs",
        query_condition={"type": "sql", "sql": sql},
        trigger_condition={"period": 1, "frequency": 1, "frequency_type": "minutes", **trigger},
        tz_offset=0,
    )


def _edges(*pairs: tuple[str, str]) -> list[Body]:
    return [{"id": f"e{a}-{b}", "source": a, "target": b} for a, b in pairs]


def _body(nodes: list[Body] | None = None, edges: list[Body] | None = None, **more: Any) -> Body:
    return {
        "name": "P",
        "nodes": [_stream("1", "in"), _stream("2", "out")] if nodes is None else nodes,
        "edges": _edges(("1", "2")) if edges is None else edges,
        **more,
    }


def _save_functions(client: httpx.Client, *names: str) -> None:
    for name in names:
        body = {"name": name, "function": f".{name} = 1\n.", "params": "row"}
        client.post("/api/default/functions", json=body)


A, B, OUT = _stream("1", "in"), _stream("2", "out"), _stream("9", "out")


@pytest.mark.parametrize(
    ("nodes", "edges", "words"),
    [
        ([], [], "Empty pipeline. Please add Source/Destination nodes"),
        ([A, B], [], "Please connect all Nodes to complete pipeline creation"),
        ([_function("1", "f"), B], _edges(("1", "2")), "Source must be either a StreamNode"),
        (
            [_query("1", "SELECT 1", period=0), B],
            _edges(("1", "2")),
            "DerivedStream source's TriggerCondition period missing or is 0",
        ),
        (
            [A, _condition("3", []), OUT],
            _edges(("1", "3"), ("3", "9")),
            "ConditionNode must have non-empty conditions",
        ),
        (
            [A, B, OUT],
            _edges(("1", "2")),
            "Insufficient number of edges to connect all nodes. Need at least 2 for 3 nodes",
        ),
        ([A, B], _edges(("1", "7")), "Edge #0's target node not found in nodes list"),
        ([A, B], _edges(("7", "2")), "Edge #0's source node not found in nodes list"),
        (
            [A, _function("3", "f"), OUT],
            _edges(("1", "3"), ("3", "1"), ("3", "9")),
            "Cyclical pipeline detected.",
        ),
        ([A, _function("3", "f")], _edges(("1", "3")), "All leaf nodes must be StreamNode"),
        (
            [A, _function("3", "f"), _function("4", "f", after_flatten=False), OUT],
            _edges(("1", "3"), ("3", "4"), ("4", "9")),
            "After Flatten must be checked if a previous FunctionNode already checked it",
        ),
        (
            [A, _function("3", "nope"), OUT],
            _edges(("1", "3"), ("3", "9")),
            "Failed to load function 'nope': DbError# key /function/default/nope does not exist",
        ),
    ],
)
def test_a_graph_that_cannot_run_is_refused(
    client: httpx.Client, nodes: list[Body], edges: list[Body], words: str
) -> None:
    """400 with the server's reason."""
    _save_functions(client, "f")

    answer = client.post(BASE, json=_body(nodes, edges))

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"Invalid pipeline {words}")


def test_two_branches_may_meet_again(client: httpx.Client) -> None:
    """That is no circle."""
    _save_functions(client, "f", "g")
    nodes = [A, _function("3", "f"), _function("4", "g"), OUT]
    edges = _edges(("1", "3"), ("1", "4"), ("3", "9"), ("4", "9"))

    assert client.post(BASE, json=_body(nodes, edges)).status_code == 200


def test_an_unreachable_node_is_not_noticed(client: httpx.Client) -> None:
    """The server does not look for it, so neither does this one."""
    nodes = [A, B, OUT]

    assert client.post(BASE, json=_body(nodes, _edges(("1", "2"), ("1", "2")))).status_code == 200


def test_a_pipeline_is_echoed_with_its_source_and_defaults(client: httpx.Client) -> None:
    """Names are lowercased on create, positions are floats."""
    made = client.post(BASE, json=_body(name=" LLM ", org="elsewhere")).json()

    pipeline = client.get(f"{BASE}/{made['id']}").json()

    assert made["name"] == pipeline["name"] == "llm"
    assert pipeline["org"] == "default"
    assert pipeline["source"] == {
        "source_type": "realtime",
        "org_id": "default",
        "stream_name": "in",
        "stream_type": "traces",
    }
    assert (pipeline["enabled"], pipeline["version"], pipeline["paused_at"]) == (True, 0, None)
    assert client.get(BASE).json() == {"list": [pipeline]}


def test_overwrite_writes_under_the_sent_id(client: httpx.Client) -> None:
    """Again and again, without a look at the version; without an id it is refused."""
    for description in ("one", "two"):
        body = _body(pipeline_id="mine", description=description)
        made = client.post(BASE, json=body, params={"overwrite": "true"}).json()
        assert made["id"] == "mine"

    missing = client.post(BASE, json=_body(), params={"overwrite": "true"})

    assert client.get(f"{BASE}/mine").json()["description"] == "two"
    assert missing.json()["message"] == "Invalid pipeline Missing pipeline ID"


def test_a_create_without_overwrite_ignores_the_sent_id(client: httpx.Client) -> None:
    """And makes a twin."""
    made = [client.post(BASE, json=_body(pipeline_id="mine")).json()["id"] for _ in range(2)]

    assert len({*made, "mine"}) == 3


def test_a_second_realtime_pipeline_is_noticed_only_when_the_source_is_sent(
    client: httpx.Client,
) -> None:
    """So a client has to look itself: the list of streams tells."""
    source = {
        "source_type": "realtime",
        "org_id": "default",
        "stream_name": "in",
        "stream_type": "traces",
    }
    statuses = [
        client.post(BASE, json=body).status_code
        for body in (_body(), _body(), _body(source=source))
    ]

    streams = client.get(f"{BASE}/streams").json()["list"]
    assert statuses == [200, 200, 400]
    assert streams == [{"org_id": "default", "stream_name": "in", "stream_type": "traces"}]


def test_an_update_needs_the_stored_version_and_raises_it(client: httpx.Client) -> None:
    """409 for another; an equal body changes nothing; the name is not lowercased here."""
    made = client.post(BASE, json=_body()).json()["id"]
    stored = client.get(f"{BASE}/{made}").json()

    equal = client.put(BASE, json=stored)
    renamed = client.put(BASE, json={**stored, "name": "Loud"})
    stale = client.put(BASE, json={**stored, "name": "Louder"})

    after = client.get(f"{BASE}/{made}").json()
    assert (equal.status_code, renamed.status_code, stale.status_code) == (200, 200, 409)
    assert (after["name"], after["version"]) == ("Loud", 1)


def test_missing_pipelines_answer_each_in_their_way(client: httpx.Client) -> None:
    """Read is 500 on this version, the others 404."""
    body = {**_body(), "pipeline_id": "nope"}

    assert client.get(f"{BASE}/nope").status_code == 500
    assert client.put(BASE, json=body).status_code == 404
    assert client.delete(f"{BASE}/nope").status_code == 404
    assert client.put(f"{BASE}/nope/enable").status_code == 404


def test_enable_without_a_value_disables(client: httpx.Client) -> None:
    """The value's default is false."""
    made = client.post(BASE, json=_body()).json()["id"]

    client.put(f"{BASE}/{made}/enable")
    off = client.get(f"{BASE}/{made}").json()["enabled"]
    client.put(f"{BASE}/{made}/enable", params={"value": "true"})

    assert (off, client.get(f"{BASE}/{made}").json()["enabled"]) == (False, True)


def test_a_used_function_cannot_go_before_its_pipeline(client: httpx.Client) -> None:
    """409 names the pipeline; afterwards it can."""
    _save_functions(client, "f")
    nodes = [A, _function("3", "f"), OUT]
    made = client.post(BASE, json=_body(nodes, _edges(("1", "3"), ("3", "9")))).json()["id"]

    refused = client.delete("/api/default/functions/f")
    client.delete(f"{BASE}/{made}")

    assert refused.status_code == 409
    assert f'[{{"id":"{made}","name":"p"}}]' in refused.json()["message"]
    assert client.delete("/api/default/functions/f").status_code == 200


@pytest.mark.parametrize(
    "conditions",
    [
        [{"column": "a", "operator": "=", "value": 1}],
        {"or": [{"column": "a", "operator": "!=", "value": "x"}]},
        {"not": {"column": "a", "operator": "Contains", "value": "x"}},
    ],
)
def test_conditions_of_the_first_kind_are_read_as_well(
    client: httpx.Client, conditions: Any
) -> None:
    """A list, or a tree."""
    nodes = [A, _node("3", node_type="condition", conditions=conditions), OUT]

    answer = client.post(BASE, json=_body(nodes, _edges(("1", "3"), ("3", "9"))))

    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("conditions", [{}, [{"column": "a"}], {"and": [5]}])
def test_conditions_that_are_none_are_422(client: httpx.Client, conditions: Any) -> None:
    """In text."""
    nodes = [A, _node("3", node_type="condition", conditions=conditions), OUT]

    answer = client.post(BASE, json=_body(nodes, _edges(("1", "3"), ("3", "9"))))

    assert answer.status_code == 422


def test_a_scheduled_pipeline_is_tried_before_it_is_saved(client: httpx.Client) -> None:
    """Its stream has to be there."""
    nodes = [_query("1", 'SELECT MAX(_timestamp) AS _timestamp FROM "nope"'), B]

    message = client.post(BASE, json=_body(nodes)).json()["message"]

    assert message.startswith("Invalid DerivedStream config: DerivedStream not saved")
    assert '"code":20002' in message


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("", "Scheduled pipeline with SQL mode should have a query"),
        (
            'SELECT SUM(cost) AS cost FROM "calls"',
            "SQL for scheduled pipeline must include _timestamp, or aliased as _timestamp.",
        ),
        ("SELEC 1", "DerivedStream not saved due to failed test run"),
    ],
)
def test_a_scheduled_statement_has_to_be_readable_and_give_a_time(
    client: httpx.Client, sql: str, words: str
) -> None:
    """400 with the reason."""
    client.post("/api/default/calls/_json", json=[{"cost": 1.5}])

    answer = client.post(BASE, json=_body([_query("1", sql), _stream("2", "hourly", "logs")]))

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(f"Invalid DerivedStream config: {words}")


def test_a_scheduled_pipeline_writes_its_rows_every_interval(
    local: LocalServer, client: httpx.Client
) -> None:
    """From the first full interval on, with the types that its statement gives."""
    now = local.server.now()
    clock = [now]
    local.server.clock = lambda: clock[0]
    rows = [{"_timestamp": now + 1_000_000, "cost": cost} for cost in (0.25, 0.5)]
    client.post("/api/default/calls/_json", json=rows)
    sql = 'SELECT MAX(_timestamp) AS _timestamp, SUM(cost) AS cost FROM "calls"'
    made = client.post(BASE, json=_body([_query("1", sql), _stream("2", "hourly", "logs")]))
    assert made.status_code == 200, made.text

    ran = []
    for _ in range(3):
        ran.append(local.server.scheduler.run_due())
        clock[0] += MINUTE

    question = {
        "sql": 'SELECT cost FROM "hourly"',
        "start_time": 0,
        "end_time": clock[0],
        "size": 9,
    }
    found = client.post("/api/default/_search", json={"query": question}).json()["hits"]
    assert ran == [0, 1, 1]
    assert [row["cost"] for row in found if row.get("cost")] == [0.75]


def test_a_scheduled_pipeline_that_fails_keeps_quiet(
    local: LocalServer, client: httpx.Client
) -> None:
    """Its stream may go away afterwards; a disabled one does not run at all."""
    clock = [local.server.now()]
    local.server.clock = lambda: clock[0]
    client.post("/api/default/calls/_json", json=[{"cost": 1.5}])
    sql = 'SELECT MAX(_timestamp) AS _timestamp FROM "calls"'
    made = client.post(BASE, json=_body([_query("1", sql), _stream("2", "hourly", "logs")])).json()
    local.server.scheduler.run_due()
    client.delete("/api/default/streams/calls")

    clock[0] += MINUTE
    failed = local.server.scheduler.run_due()
    client.put(f"{BASE}/{made['id']}/enable", params={"value": "false"})
    clock[0] += MINUTE

    assert (failed, local.server.scheduler.run_due()) == (1, 0)


def test_a_pipeline_needs_a_name(client: httpx.Client) -> None:
    """Blanks are none."""
    answer = client.post(BASE, json=_body(name="  "))

    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid pipeline")


def test_scheduled_sources_may_be_alike(client: httpx.Client) -> None:
    """Only realtime pipelines exclude each other."""
    client.post("/api/default/calls/_json", json=[{"cost": 1.5}])
    query = _query("1", 'SELECT MAX(_timestamp) AS _timestamp FROM "calls"')
    source = {"source_type": "scheduled", **query["data"]}
    body = _body([query, _stream("2", "hourly", "logs")], source=source)

    assert [client.post(BASE, json=body).status_code for _ in range(2)] == [200, 200]
