"""How fast the embedded OpenObserve is: its start, spans through a pricing pipeline, a panel.

Beside the panel, DataFusion alone on the same Parquet files.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

import httpx
import pyarrow as pa
from datafusion import SessionContext
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from llmcost_infra.catalog import load_pipeline, render_pipeline
from llmcost_infra.local.rows import RowStore, StreamKey
from llmcost_infra.openobserve.kinds.pipeline_body import fold_pipeline
from llmcost_infra.pricing import load_table
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.clauses import TIMESTAMP
from llmcost_infra.sql_engine.intervals import TimeRange

if TYPE_CHECKING:
    from collections.abc import Iterator

SPANS = 512 * 60
BATCH = 512
MANY_ROWS, MILLION = 500_000, 1_000_000
HOUR = 3_600_000_000
ALWAYS = TimeRange(0, 2**62)
AUTH = ("root@example.com", "Complexpass#123")
MODELS = ("gpt-4o-2024-08-06", "gpt-4o-mini-2024-07-18", "o3-mini-2025-01-31", "claude-sonnet-4-5")
TARGETS = {
    "start": (1.5, "s"),
    "ingest": (5_000, "spans/s"),
    "panel": (0.3, "s"),
    "panel, re-sent spans once": (0.3, "s"),
    "memory": (600, "MB"),
}
PANEL = (
    "SELECT histogram(_timestamp) AS ts, llmcost_model AS model, SUM(llmcost_cost_usd) AS usd "
    'FROM "llm_calls" GROUP BY ts, model ORDER BY ts, model'
)
ONCE = (
    "SELECT model, SUM(usd) AS usd FROM (SELECT trace_id, span_id, MAX(llmcost_model) AS model, "
    'MAX(llmcost_cost_usd) AS usd FROM "llm_calls" GROUP BY trace_id, span_id) x GROUP BY model'
)
PEER = PANEL.replace(
    "histogram(_timestamp)",
    "date_bin(interval '1 hour', to_timestamp_micros(_timestamp), timestamp '1970-01-01')",
)


def main() -> int:
    """Print the figures; return 1 when one misses its target."""
    with tempfile.TemporaryDirectory() as folder:
        measured = _measured(Path(folder))
    missed = 0
    for name, value in measured.items():
        target, unit = TARGETS.get(name, (None, "s"))
        wanted = f" (target {target:,})" if target is not None else ""
        print(f"{name:<28} {value:>10,.3f} {unit}{wanted}")
        if target is not None:
            missed += value < target if unit == "spans/s" else value > target
    return 1 if missed else 0


def _measured(folder: Path) -> dict[str, float]:
    figures: dict[str, float] = {}
    with _server(folder / "ingest") as (client, process, started):
        figures["start"] = started
        _provision(client)
        figures["ingest"] = max(_ingest(client) for _ in range(3))
        batch = _one_batch(client)
    rows = folder / "rows"
    for count, name in ((MANY_ROWS, "panel"), (MILLION, "panel over a million")):
        files = _fill(rows / "rows", batch, count)
        with _server(rows) as (client, process, _):
            _panel(client, ONCE)
            figures[name] = min(_panel(client, PANEL) for _ in range(3))
            figures[f"{name}, re-sent spans once"] = min(_panel(client, ONCE) for _ in range(3))
            figures["memory"] = _memory(process)
        if count == MANY_ROWS:
            figures["panel, DataFusion alone"] = _peer(files)
    return figures


@contextmanager
def _server(folder: Path) -> Iterator[tuple[httpx.Client, subprocess.Popen[bytes], float]]:
    """Run a server in a process of its own; yield how long it took to answer."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    began = time.perf_counter()
    command = [
        sys.executable,
        "-m",
        "llmcost_infra.local",
        "--data",
        str(folder),
        "--port",
        str(port),
    ]
    with (
        subprocess.Popen(command, stdout=subprocess.DEVNULL) as process,  # noqa: S603 - ours
        httpx.Client(base_url=f"http://127.0.0.1:{port}", auth=AUTH, timeout=60) as client,
    ):
        while not _answers(client):
            time.sleep(0.01)
        try:
            yield client, process, time.perf_counter() - began
        finally:
            process.terminate()


def _answers(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").is_success
    except httpx.TransportError:
        return False


def _provision(client: httpx.Client) -> None:
    rendered = render_pipeline(
        load_pipeline("llm_cost"), Settings(environment="bench"), load_table()
    )
    for function in rendered.functions.values():
        body = {"name": function.name, "function": function.text}
        client.post("/api/default/functions", json=body).raise_for_status()
    inputs = {"name": "bench", "description": "", "enabled": True, "nodes": rendered.nodes}
    body = {**fold_pipeline(inputs, "default"), "pipeline_id": "1"}
    client.post("/api/default/pipelines?overwrite=true", json=body).raise_for_status()


def _ingest(client: httpx.Client) -> float:
    """Return spans a second of one exporter; the first request compiles and does not count."""
    random = Random(7)  # noqa: S311 - test data
    bodies = [_spans(random) for _ in range(SPANS // BATCH)]
    headers = {"content-type": "application/x-protobuf", "stream-name": "llm_ingest"}

    def send(body: bytes) -> None:
        answer = client.post("/api/default/v1/traces", content=body, headers=headers)
        if answer.status_code != httpx.codes.OK or answer.content:
            raise SystemExit(f"spans were refused: {answer.status_code} {answer.text}")

    send(bodies[0])
    began = time.perf_counter()
    for body in bodies:
        send(body)
    return SPANS / (time.perf_counter() - began)


def _spans(random: Random) -> bytes:
    request = ExportTraceServiceRequest()
    block = request.resource_spans.add()
    _set(block.resource.attributes, {"service.name": "bot", "team": "search"})
    scope = block.scope_spans.add()
    for _ in range(BATCH):
        span, model = scope.spans.add(), random.choice(MODELS)
        span.trace_id, span.span_id = random.randbytes(16), random.randbytes(8)
        span.name, span.kind = f"chat {model}", Span.SPAN_KIND_CLIENT
        span.start_time_unix_nano = time.time_ns() - random.randrange(4 * HOUR * 1000)
        span.end_time_unix_nano = span.start_time_unix_nano + 900_000_000
        _set(span.attributes, _call(random, model))
    return request.SerializeToString()


def _call(random: Random, model: str) -> dict[str, str | int | float]:
    return {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "anthropic" if model.startswith("claude") else "openai",
        "gen_ai.request.model": model,
        "gen_ai.response.model": model,
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.usage.input_tokens": random.randrange(3_000),
        "gen_ai.usage.output_tokens": random.randrange(300),
        "server.address": "api.example.com",
        "server.port": 443,
        "feature": random.choice(("search", "summary", "chat")),
        "user.id": f"u{random.randrange(100)}",
    }


def _set(attributes: Any, values: dict[str, Any]) -> None:
    for key, value in values.items():
        pair = attributes.add(key=key)
        kind = {str: "string_value", int: "int_value", float: "double_value"}[type(value)]
        setattr(pair.value, kind, value)


def _one_batch(client: httpx.Client) -> pa.Table:
    """Return rows of the stream that the pipeline wrote, to make many of."""
    hits = _searched(client, 'SELECT * FROM "llm_calls"', size=5_000)
    table = pa.Table.from_pylist(hits)
    times = pa.array(table["start_time"].to_pylist(), pa.uint64())
    return table.set_column(table.schema.get_field_index("start_time"), "start_time", times)


def _fill(folder: Path, table: pa.Table, count: int) -> list[str]:
    """Bring a stream to a number of rows; return its Parquet files."""
    key = StreamKey("default", "traces", "llm_calls")
    store = RowStore(folder)
    have = sum(batch.num_rows for batch in store.scan(key, {TIMESTAMP: "Int64"}, ALWAYS))
    random = Random(count)  # noqa: S311 - test data
    while have < count:
        for name, size in (("trace_id", 16), ("span_id", 8)):
            fresh = pa.array([random.randbytes(size).hex() for _ in range(table.num_rows)])
            table = table.set_column(table.schema.get_field_index(name), name, fresh)
        store.append([(key, batch) for batch in table.to_batches()])
        have += table.num_rows
    store.close()
    _declare(folder.parent, table)
    return [str(file.path) for file in store.files(key)]


def _declare(folder: Path, table: pa.Table) -> None:
    """Let the server know the columns, as ingest does."""
    from llmcost_infra.local.server import Config, Server  # noqa: PLC0415 - opens the folder
    from llmcost_infra.sql_engine.columns import type_name  # noqa: PLC0415

    server = Server(folder, Config())
    columns = {field.name: type_name(field.type) for field in table.schema}
    server.streams.learn(StreamKey("default", "traces", "llm_calls"), columns, 0)
    server.close()


def _searched(client: httpx.Client, sql: str, size: int = 1_000) -> list[dict[str, Any]]:
    now = time.time_ns() // 1000
    query = {"sql": sql, "start_time": now - 6 * HOUR, "end_time": now + HOUR, "size": size}
    answer = client.post("/api/default/_search?type=traces", json={"query": query})
    body = answer.raise_for_status().json()
    if body["is_partial"] or not body["hits"]:
        raise SystemExit(f"the answer is not whole: {body}")
    hits: list[dict[str, Any]] = body["hits"]
    return hits


def _panel(client: httpx.Client, sql: str) -> float:
    began = time.perf_counter()
    _searched(client, sql)
    return time.perf_counter() - began


def _peer(files: list[str]) -> float:
    def once() -> float:
        context = SessionContext()
        context.register_parquet("llm_calls", str(Path(files[0]).parent))
        began = time.perf_counter()
        context.sql(PEER).collect()
        return time.perf_counter() - began

    return min(once() for _ in range(3))


def _memory(process: subprocess.Popen[bytes]) -> float:
    """Return the most memory that the process had, in MB (Linux)."""
    status = Path(f"/proc/{process.pid}/status").read_text(encoding="ascii")
    peak = next(line for line in status.splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024


if __name__ == "__main__":
    sys.exit(main())
