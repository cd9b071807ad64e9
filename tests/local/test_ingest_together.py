"""Many clients at once, and servers that start again."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import httpx

from llmcost_infra.local.server import LocalServer
from tests.local.telemetry import PROTOBUF, span, spans_body

if TYPE_CHECKING:
    from pathlib import Path

AUTH = ("root@example.com", "Complexpass#123")
HOUR = 3_600_000_000
NAMED = PROTOBUF | {"stream-name": "calls"}


def _client(local: LocalServer) -> httpx.Client:
    return httpx.Client(base_url=local.url, auth=AUTH, timeout=30)


def _count(client: httpx.Client, columns: str = "span_id") -> Any:
    now = time.time_ns() // 1000
    query = {
        "sql": "SELECT COUNT(*) AS n, COUNT(DISTINCT ?) AS d FROM calls".replace("?", columns),
        "start_time": now - HOUR,
        "end_time": now + HOUR,
    }
    answer = client.post("/api/default/_search", params={"type": "traces"}, json={"query": query})
    return answer.json()["hits"][0]


def test_parallel_clients_lose_nothing(local: LocalServer) -> None:
    """Columns that each of them brings are learned once, rows are kept once."""
    columns = 8

    def send(sender: int) -> None:
        with _client(local) as client:
            for at in range(10):
                key = f"column_{(sender + at) % columns}"
                spans = [span("x", time.time_ns() // 1000, {key: "y"}) for _ in range(5)]
                answer = client.post(
                    "/api/default/v1/traces", content=spans_body(*spans), headers=NAMED
                )
                assert answer.status_code == 200

    with ThreadPoolExecutor(6) as senders:
        list(senders.map(send, range(6)))

    with _client(local) as client:
        shown = client.get("/api/default/streams/calls/schema", params={"type": "traces"}).json()
        assert _count(client) == {"n": 300, "d": 300}
    names = {field["name"] for field in shown["schema"]}
    assert {f"column_{at}" for at in range(columns)} <= names


def test_searching_goes_on_while_rows_come_in(local: LocalServer) -> None:
    """A search sees whole requests, and never fewer than an earlier one."""

    def send() -> None:
        with _client(local) as client:
            for _ in range(30):
                spans = [span("x", time.time_ns() // 1000) for _ in range(7)]
                client.post("/api/default/v1/traces", content=spans_body(*spans), headers=NAMED)

    with _client(local) as client:
        body = spans_body(*[span("x", time.time_ns() // 1000) for _ in range(7)])
        client.post("/api/default/v1/traces", content=body, headers=NAMED)
        counts = [_count(client)["n"]]
        with ThreadPoolExecutor(1) as pool:
            sender = pool.submit(send)
            while not sender.done():
                counts.append(_count(client)["n"])
        sender.result()
        counts.append(_count(client)["n"])

    assert counts == sorted(counts)
    assert all(count % 7 == 0 for count in counts)
    assert counts[-1] == 31 * 7


def test_a_restart_keeps_rows_columns_and_pipelines(tmp_path: Path) -> None:
    """Telemetry goes on as if nothing had happened."""
    stream = {"node_type": "stream", "org_id": "default", "stream_type": "traces"}
    function = {"node_type": "function", "name": "f", "after_flatten": True, "num_args": 0}
    data = [stream | {"stream_name": "calls"}, function, stream | {"stream_name": "calls"}]
    nodes = [
        {"id": str(at), "io_type": kind, "position": {"x": 0, "y": 0}, "data": item}
        for at, (kind, item) in enumerate(zip(("input", "default", "output"), data, strict=True))
    ]
    edges = [{"id": f"e{at}", "source": str(at), "target": str(at + 1)} for at in range(2)]
    with LocalServer(tmp_path) as local, _client(local) as client:
        body = {"name": "f", "function": ".marked = true\n."}
        client.post("/api/default/functions", json=body)
        client.post("/api/default/pipelines", json={"name": "p", "nodes": nodes, "edges": edges})
        sent = spans_body(span("x", time.time_ns() // 1000))
        client.post("/api/default/v1/traces", content=sent, headers=NAMED)

    with LocalServer(tmp_path) as local, _client(local) as client:
        sent = spans_body(span("x", time.time_ns() // 1000))
        client.post("/api/default/v1/traces", content=sent, headers=NAMED)

        assert _count(client, "marked") == {"n": 2, "d": 1}
