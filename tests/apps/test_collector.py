"""A Collector with the example's files: calls arrive as without it, texts stay, nothing is lost."""

from __future__ import annotations

import base64
import json
import subprocess
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import grpc
import httpx
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)
from recorded_samples import dialects, requests, rows_of

from llmcost_infra.doctor.metric_sum import (
    compare_sums,
    metric_statement,
    metric_sums,
    span_statement,
)
from llmcost_infra.local.server import LocalServer
from tests.apps.collectors import (
    FOLDER,
    LOST,
    REFUSED,
    Collector,
    own_metrics,
    serving_nothing,
    started,
    told,
)
from tests.apps.conftest import PASSWORD, SETTINGS, USER, OpenObserve
from tests.apps.test_python_apps import are_the_bots
from tests.local.telemetry import HOUR, PROTOBUF, now, record, records_body, span, spans_body
from tests.pipelines.conftest import (  # noqa: F401 - fixtures
    counting_wrappers,
    graph,
    rendered,
    settings,
    table,
)
from tests.pipelines.test_canaries import put_in_place
from tests.pipelines.text_attributes import OTHERS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from opentelemetry.proto.trace.v1.trace_pb2 import Span

    from tests.apps.conftest import Run
    from tests.pipelines.conftest import Graph

CANARY = "canary9d41"
PARAMETERS = ("llm.invocation_parameters", "embedding.invocation_parameters")
SAID = f"call {CANARY} at once"
CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.usage.input_tokens": 100,
    "gen_ai.usage.output_tokens": 10,
}


def variables(url: str) -> dict[str, str]:
    """Return what the Compose file passes on to a Collector of stack `dev`."""
    return {
        "OPENOBSERVE_URL": url,
        "OPENOBSERVE_USER": USER,
        "OPENOBSERVE_PASSWORD": PASSWORD,
        "OPENOBSERVE_ORG": "default",
        "LLMCOST_STREAM": SETTINGS.streams.source,
    }


@pytest.fixture(scope="module")
def between(
    program: Path, kept: OpenObserve, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Collector]:
    """A Collector between the applications and the server."""
    queue = tmp_path_factory.mktemp("queue")
    with started(program, queue, variables(kept.url)) as collector:
        yield collector


def send(collector: Collector, body: bytes, signal: str = "traces") -> None:
    """Send an export request as an application does."""
    answer = posted(collector, body, signal)
    assert answer.status_code == 200, answer.text


def posted(collector: Collector, body: bytes, signal: str = "traces") -> httpx.Response:
    """Send an export request; return what the application is told."""
    return httpx.post(
        f"{collector.http}/v1/{signal}",
        content=body,
        headers=PROTOBUF,
        verify=False,  # noqa: S501 - plain HTTP, and certificates take their time to load
        timeout=30,
    )


@pytest.mark.parametrize("files", [["collector.yaml"], ["collector.yaml", "texts.yaml"]])
def test_the_collector_accepts_the_files(program: Path, files: list[str]) -> None:
    """As the page says: each part and each setting is one that this version knows."""
    command = [str(program), "validate", *(f"--config={FOLDER / name}" for name in files)]
    ended = subprocess.run(  # noqa: S603 - the Collector, with our own files
        command, env=variables("http://127.0.0.1:1"), capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "", "")


def test_an_application_without_code_is_seen_behind_a_collector(
    run: Run, openobserve: OpenObserve, between: Collector
) -> None:
    """The same rows as without one, from an application that knows no secret of the server."""
    run(
        "python-app", "opentelemetry-instrument", "python", "bot.py",
        service="bot-behind", team="support", collector=between.http,
    )  # fmt: skip

    are_the_bots(openobserve.arrived("bot-behind", 6))


def test_a_node_application_is_seen_behind_a_collector(
    run: Run, openobserve: OpenObserve, between: Collector, node: str
) -> None:
    """From another language's SDK it is the same protocol."""
    run(
        "node-app", node, "--require", "./instrumentation.cjs", "app.cjs",
        service="node-behind", collector=between.http,
    )  # fmt: skip

    rows = {row["llmcost_feature"]: row for row in openobserve.arrived("node-behind", 3)}

    assert rows.keys() == {"summarize", "story", "translate"}
    assert rows["story"]["llmcost_cost_usd"] == pytest.approx(0.008015, abs=1e-12)


def test_what_comes_by_grpc_is_a_call_too(openobserve: OpenObserve, between: Collector) -> None:
    """SDKs whose default is gRPC need no setting."""
    body = spans_body(span("chat", now(), CALL), resource={"service.name": "by-grpc"})
    by_grpc(between, body)

    assert [row["llmcost_input_tokens"] for row in openobserve.arrived("by-grpc", 1)] == [100]


def by_grpc(collector: Collector, body: bytes) -> None:
    """Send an export request over gRPC."""
    options = [("grpc.max_send_message_length", -1)]
    with grpc.insecure_channel(collector.grpc, options) as channel:
        export = channel.unary_unary(
            "/opentelemetry.proto.collector.trace.v1.TraceService/Export",
            request_serializer=bytes,
            response_deserializer=ExportTraceServiceResponse.FromString,
        )
        export(body, timeout=30)


@pytest.mark.parametrize("password", [PASSWORD, 'p"a$s w/o+rd=', "0007004200", "key: [of"])
def test_requests_say_who_sends_and_for_which_stream(
    program: Path, tmp_path: Path, password: str
) -> None:
    """The Collector has the secret, whatever is in it, and the header of the pipeline's stream."""
    with serving_nothing() as server:
        env = variables(server.url) | {"OPENOBSERVE_PASSWORD": password}
        with started(program, tmp_path, env) as collector:
            send(collector, spans_body(span("chat", now(), CALL)))
            server.spans(1)
        ((path, headers, _),) = server.requests

    assert path == "/api/default/v1/traces"
    assert headers["stream-name"] == SETTINGS.streams.source
    basic = base64.b64encode(f"{USER}:{password}".encode()).decode()
    assert headers["authorization"] == f"Basic {basic}"


def test_every_sample_says_the_same_behind_a_collector(
    program: Path,
    tmp_path: Path,
    counting_wrappers: Graph,  # noqa: F811 - a fixture
) -> None:
    """What is taken out is nothing that the pipeline reads, whatever instrumentation sent it."""
    sent = [request for d in dialects() for _, request in requests(d.folder)]
    sent.append(ExportTraceServiceRequest.FromString(parameters_of_a_request()))
    before = _calls(counting_wrappers, sent)
    with (
        serving_nothing() as server,
        started(program, tmp_path, variables(server.url)) as collector,
    ):
        send(collector, b"".join(request.SerializeToString() for request in sent))
        whole = server.spans(sum(len(rows_of(request)) for request in sent))

    assert len(before) > 100
    assert _calls(counting_wrappers, [whole]) == before
    for text in ("A short question", "A short answer", "Be brief", "Paris", "degrees in Oslo"):
        assert text.encode() in b"".join(one.SerializeToString() for one in sent)
        assert text.encode() not in whole.SerializeToString()


def parameters_of_a_request() -> bytes:
    """Return a call that tells beside its texts what decides its price."""
    parameters = {"max_tokens": 64, "temperature": 0.5, "service_tier": "flex", "user": "ann"}
    told = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "o3",
        "llm.token_count.prompt": 100,
        "llm.token_count.completion": 10,
        "llm.invocation_parameters": json.dumps(parameters),
    }
    return spans_body(span("ChatCompletion", now(), told))


def _calls(pipeline: Graph, sent: list[ExportTraceServiceRequest]) -> dict[str, Any]:
    stream = pipeline.rendered.nodes["calls"]["stream_name"]
    return {
        row["span_id"]: kept
        for request in sent
        for row in rows_of(request)
        for kept in pipeline.route(row).get(stream, [])
    }


def said_everywhere() -> bytes:
    """Return calls with a text in every place where an instrumentation puts one."""
    told = [{"key": name, "value": {"stringValue": SAID}} for name in ("content", *TEXTS)]
    events = [
        {"name": "gen_ai.user.message", "timeUnixNano": "1", "attributes": told},
        {"name": "LLMChatStartEvent", "timeUnixNano": "2", "attributes": told[:1]},
        {"name": "first chunk", "timeUnixNano": "3", "attributes": told[1:4]},
    ]
    parameters = dict.fromkeys(PARAMETERS, json.dumps({"instructions": SAID, "top_p": 1}))
    names = {*TEXTS, *(name.upper() for name in TEXTS), *(name.replace(".", "_") for name in TEXTS)}
    values = (SAID, [SAID], {"said": {"deeper": [SAID]}})
    return spans_body(
        span("chat", now(), CALL | parameters, events=events),
        *(span("chat", now(), CALL | dict.fromkeys(names, value)) for value in values),
        span("chat", now(), dict.fromkeys(PARAMETERS, f'{{"broken": "{SAID}')),
    )


def test_no_text_leaves_a_collector(program: Path, tmp_path: Path) -> None:
    """Neither to the server nor into the Collector's own log, and the numbers do."""
    with serving_nothing() as server:
        with started(program, tmp_path, variables(server.url)) as collector:
            send(collector, said_everywhere())
            whole = server.spans(5)
            logs = posted(collector, b"", "logs")
        assert CANARY not in collector.said
        assert "failed to execute" not in collector.said

    left = {one.key for sent in sent_spans(whole) for one in sent.attributes if CANARY in str(one)}
    assert left == set()
    assert CANARY.encode() not in whole.SerializeToString()
    assert b"gen_ai.usage.input_tokens" in whole.SerializeToString()
    # Log events of calls are texts; nobody takes them here.
    assert logs.status_code == 404


def test_what_is_no_text_leaves_a_collector(program: Path, tmp_path: Path) -> None:
    """Models, counts, ids and names, whatever they are called."""
    with (
        serving_nothing() as server,
        started(program, tmp_path, variables(server.url)) as collector,
    ):
        send(collector, spans_body(span("chat", now(), dict.fromkeys(OTHERS, "a value"))))
        (one,) = sent_spans(server.spans(1))
    assert {told.key for told in one.attributes} == set(OTHERS)


def sent_spans(request: ExportTraceServiceRequest) -> list[Span]:
    """Return the spans of a request, whosever they are."""
    return [
        one
        for block in request.resource_spans
        for scope in block.scope_spans
        for one in scope.spans
    ]


def test_where_texts_are_captured_they_pass(program: Path, tmp_path: Path) -> None:
    """With the second file spans and log records go on as they came."""
    with (
        serving_nothing() as server,
        started(program, tmp_path, variables(server.url), texts=True) as collector,
    ):
        send(collector, said_everywhere())
        event = record(now(), SAID, {"gen_ai.system": "openai"}, eventName="gen_ai.choice")
        send(collector, records_body(event), "logs")
        spans, records = server.spans(5), server.records(1)

    assert spans.SerializeToString().count(CANARY.encode()) == said_everywhere().count(
        CANARY.encode()
    )
    (sent,) = records.resource_logs[0].scope_logs[0].log_records
    assert (sent.event_name, sent.body.string_value) == ("gen_ai.choice", SAID)


def test_the_metric_arrives_behind_a_collector(
    run: Run, openobserve: OpenObserve, between: Collector
) -> None:
    """What applications counted agrees with what is stored, each by its own way through it."""
    begin = datetime.now(UTC) - timedelta(hours=1)
    run("agent-tools", "python", "agent.py", collector=between.http)
    openobserve.arrived("travel-agent", 4)
    counted = metric_sums(openobserve.search(metric_statement(begin), "metrics"), begin)
    calls = openobserve.search(span_statement(SETTINGS.streams.calls))

    found = {one.service: one for one in compare_sums(counted, calls)}

    assert found["travel-agent"].metric_usd >= Decimal("0.0112")
    assert found["travel-agent"].agrees


def test_what_waits_survives_a_server_that_is_away_and_a_power_cut(
    program: Path,
    tmp_path: Path,
    lasting_port: int,
    graph: Graph,  # noqa: F811 - a fixture
) -> None:
    """What an application was told is taken is stored, once, as soon as the server is back."""
    env = variables(f"http://127.0.0.1:{lasting_port}") | {"LLMCOST_STREAM": "t_llm_ingest"}
    one, two = (span("chat", now() - 1_000_000, CALL) for _ in range(2))
    queue = tmp_path / "queue"
    with started(program, queue, env) as collector:
        send(collector, spans_body(one))
        collector.wait_for("connection refused")
        send(collector, spans_body(two))
        collector.kill()
    assert PASSWORD.encode() not in b"".join(path.read_bytes() for path in queue.iterdir())

    with (
        LocalServer(tmp_path / "server", port=lasting_port) as local,
        httpx.Client(base_url=local.url, auth=(USER, PASSWORD), timeout=30) as client,
    ):
        put_in_place(client, graph)
        openobserve = OpenObserve(local.url, client, stream="t_llm_calls")
        with started(program, queue, env):
            rows = openobserve.arrived("shop", 2)
        assert {row["trace_id"] for row in rows} == {one["traceId"], two["traceId"]}
        assert [row["llmcost_input_tokens"] for row in openobserve.calls("shop")] == [100, 100]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 500])
def test_what_a_server_refuses_is_said_and_not_sent_again(
    program: Path, tmp_path: Path, lasting_port: int, status: int
) -> None:
    """A wrong token is in the log, with the number of what was lost and without the token."""
    with serving_nothing() as server:
        server.status = status
        env, more = variables(server.url), own_metrics(lasting_port)
        with started(program, tmp_path, env, more=more) as collector:
            send(collector, spans_body(span("chat", now(), CALL)))
            line = collector.wait_for("Exporting failed")
            assert told(LOST, lasting_port) == 1
        assert len(server.requests) == 1
    assert f"HTTP Status Code {status}" in line
    assert '"dropped_items": 1' in line


def test_what_waited_too_long_is_said(between: Collector) -> None:
    """The server refuses what is older than five hours, and answers 200 all the same."""
    send(between, spans_body(span("chat", now() - 6 * HOUR, CALL)))
    assert '"dropped_spans": 1' in between.wait_for("Partial success response")


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_what_a_busy_server_puts_off_is_sent_again(
    program: Path, tmp_path: Path, status: int
) -> None:
    """They are no answers to give anything up for."""
    with serving_nothing() as server:
        server.status = status
        with started(program, tmp_path, variables(server.url)) as collector:
            send(collector, spans_body(span("chat", now(), CALL)))
            collector.wait_for("Will retry the request after interval")
            server.status = 200
            server.spans(2)
    first, second, *_ = server.requests
    assert first[2] == second[2]


def test_what_waits_at_a_stop_is_kept(program: Path, tmp_path: Path) -> None:
    """Whatever the log says of it then, it is sent by the next run."""
    sent = span("chat", now(), CALL)
    with serving_nothing() as server:
        server.status = 503
        with started(program, tmp_path, variables(server.url)) as collector:
            send(collector, spans_body(sent))
            collector.wait_for("Will retry the request after interval")
            collector.stop()
            assert "interrupted due to shutdown" in collector.wait_for("Exporting failed. Dropping")
        server.status, server.requests = 200, []
        with started(program, tmp_path, variables(server.url)):
            (kept,) = sent_spans(server.spans(1))
    assert kept.span_id.hex() == sent["spanId"]


def test_what_does_not_fit_is_the_applications_to_send_again(
    program: Path, tmp_path: Path, lasting_port: int
) -> None:
    """With a full queue nothing is taken, and the answer is one after which SDKs try again."""
    full = {"exporters.otlp_http/openobserve.sending_queue.queue_size": 100} | own_metrics(
        lasting_port
    )
    env = variables("http://127.0.0.1:1")
    with started(program, tmp_path, env, more=full) as collector:
        answer = posted(collector, spans_body(span("chat", now(), CALL)))
        assert told(REFUSED, lasting_port) == 1
    assert (answer.status_code, "sending queue is full" in answer.text) == (503, True)


def test_what_is_large_is_taken(program: Path, tmp_path: Path) -> None:
    """A request full of texts and pictures, by either protocol, and sent on as it came."""
    body = spans_body(*(span("chat", now(), CALL | {"picture": "x" * 220_000}) for _ in range(100)))
    assert len(body) > 20 * 1024 * 1024
    with (
        serving_nothing() as server,
        started(program, tmp_path, variables(server.url)) as collector,
    ):
        send(collector, body)
        by_grpc(collector, body)
        assert len(sent_spans(server.spans(200))) == 200


def test_no_request_is_larger_than_one_of_an_sdk(program: Path, tmp_path: Path) -> None:
    """Of what waited not so much is sent at once that a proxy on the way would refuse it."""
    with (
        serving_nothing() as server,
        started(program, tmp_path, variables(server.url)) as collector,
    ):
        for _ in range(3):
            send(collector, spans_body(*(span("chat", now(), CALL) for _ in range(400))))
        server.spans(1200)
        sizes = [
            len(sent_spans(ExportTraceServiceRequest.FromString(body)))
            for _, _, body in server.requests
        ]
    assert max(sizes) <= 512
