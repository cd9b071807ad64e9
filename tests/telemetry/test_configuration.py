"""An application is set up by one call or by none, and nothing that is wrong about it hurts it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry import propagate
from opentelemetry.baggage.propagation import W3CBaggagePropagator
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from llmcost_infra.pseudonyms import pseudonym
from llmcost_infra.telemetry import attribute, closing
from llmcost_infra.telemetry.closing import Closer
from llmcost_infra.telemetry.configuration import allowed
from llmcost_infra.telemetry.cost import COST
from llmcost_infra.telemetry.processor import LlmSpanProcessor
from llmcost_infra.telemetry.propagation import AttributionPropagator
from tests.telemetry.conftest import ANSWER, CALL, KEY

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from opentelemetry.sdk.trace import ReadableSpan

NO_METRICS = {"OTEL_METRICS_EXPORTER": "none"}
NOWHERE = "http://127.0.0.1:9"
BEGINS_A_STREAM = """
from types import SimpleNamespace
from llmcost_infra.telemetry import track
create = lambda **_: iter("ab")
client = SimpleNamespace(chat=SimpleNamespace(completions=SimpleNamespace(create=create)))
stream = track(client).chat.completions.create(model="streamed", stream=True)
next(stream)
"""
MAKES_A_CALL = f"""
from opentelemetry import trace
from llmcost_infra.telemetry import attribute, tool
with attribute(feature="summarize", user="ann@example.com"), tool("lookup"):
    trace.get_tracer("t").start_span(
        "chat gpt-4o", kind=trace.SpanKind.CLIENT, attributes={ {**CALL, **ANSWER}!r}
    ).end()
"""
PATIENT = """
from llmcost_infra.telemetry import closing
closing.MOST_SECONDS = 60
"""
CONFIGURES = """
from llmcost_infra.telemetry import configure
configure(service="bot", environment="prod", team="support")
"""


@dataclass(frozen=True)
class Ended:
    """How an application ended.

    Args:
        code: its exit code.
        out: what it printed.
        err: what it and its libraries logged.
    """

    code: int
    out: str
    err: str

    @property
    def spans(self) -> dict[str, dict[str, Any]]:
        """Return the spans that the console exporter printed, by name."""
        decoder, spans, at = json.JSONDecoder(), dict[str, dict[str, Any]](), 0
        while (at := self.out.find("{", at)) >= 0:
            span, at = decoder.raw_decode(self.out, at)
            spans[span["name"]] = span
        return spans


def run(program: str, *before: str, **variables: str) -> Ended:
    """Run an application in a process of its own."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OTEL_")}
    # What is printed is printed at the exit, by one process after the other.
    console = {"OTEL_TRACES_EXPORTER": "console", "OTEL_BSP_SCHEDULE_DELAY": "3600000"}
    ended = subprocess.run(  # noqa: S603 - our own words
        [*(before or (sys.executable,)), "-c", PATIENT + program],
        env={**clean, **console, **NO_METRICS, "LLMCOST_HASH_KEY": KEY, **variables},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return Ended(ended.returncode, ended.stdout, ended.stderr)


def instrument() -> tuple[str, ...]:
    """Return what starts an application without a line of its own."""
    program = Path(sys.executable).parent / "opentelemetry-instrument"
    return (str(program), sys.executable)


def test_one_call_sets_everything_up() -> None:
    """Who and where is on the resource, whose on the span, and the call has its cost."""
    ended = run(CONFIGURES + MAKES_A_CALL)
    assert (ended.code, ended.err) == (0, "")
    call = ended.spans["chat gpt-4o"]
    resource = call["resource"]["attributes"]
    assert resource["service.name"] == "bot"
    assert resource["deployment.environment.name"] == "prod"
    assert resource["team"] == "support"
    assert call["attributes"]["feature"] == "summarize"
    assert call["attributes"][COST] == 0.005615
    assert ended.spans["execute_tool lookup"]["attributes"]["feature"] == "summarize"
    assert "ann@example.com" not in ended.out


def test_without_code_the_environment_sets_it_up() -> None:
    """`opentelemetry-instrument` with one variable does what `configure` does."""
    named = {"OTEL_SERVICE_NAME": "bot", "OTEL_PYTHON_CONFIGURATOR": "llmcost"}
    ended = run(MAKES_A_CALL, *instrument(), **named, OTEL_TRACES_SAMPLER="always_off")
    assert ended.code == 0, ended.err
    call = ended.spans["chat gpt-4o"]
    assert call["resource"]["attributes"]["service.name"] == "bot"
    assert call["attributes"]["feature"] == "summarize"
    assert call["attributes"][COST] == 0.005615
    assert "ann@example.com" not in ended.out


def test_an_installed_package_changes_nothing_by_being_there() -> None:
    """Whose configurator is asked for decides; without the variable ours adds nothing."""
    ended = run(MAKES_A_CALL, *instrument())
    assert ended.code == 0, ended.err
    assert COST not in ended.spans["chat gpt-4o"]["attributes"]
    assert "feature" not in ended.spans["chat gpt-4o"]["attributes"]


def test_an_application_that_is_set_up_keeps_its_set_up() -> None:
    """Its exporter goes on, and its spans are attributed in addition, until the exit."""
    own = """
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import ConsoleSpanExporter, SimpleSpanProcessor
trace.set_tracer_provider(TracerProvider())
trace.get_tracer_provider().add_span_processor(SimpleSpanProcessor(ConsoleSpanExporter()))
"""
    ended = run(own + CONFIGURES + MAKES_A_CALL + BEGINS_A_STREAM)
    assert ended.code == 0
    assert ended.spans["chat gpt-4o"]["attributes"]["feature"] == "summarize"
    assert ended.spans["chat streamed"]["attributes"]["llmcost.stream.end"] == "abandoned"
    assert "set up already" in ended.err


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"OTEL_TRACES_EXPORTER": "otlp"}, "llmcost telemetry env"),
        ({"OTEL_TRACES_EXPORTER": "unheard_of"}, "pip install opentelemetry-exporter-unheard-of"),
        ({"OTEL_TRACES_EXPORTER": ""}, "llmcost telemetry env"),
        ({"OTEL_TRACES_EXPORTER": "none", "OTEL_TRACES_SAMPLER": ""}, ""),
        ({"OTEL_SDK_DISABLED": "true"}, ""),
        ({"LLMCOST_HASH_KEY": ""}, "LLMCOST_HASH_KEY"),
    ],
)
def test_what_is_missing_is_said_and_harms_nothing(variables: dict[str, str], said: str) -> None:
    """The application runs to its end; the log says once what to do."""
    ended = run(CONFIGURES + MAKES_A_CALL + "print('done')", **variables)
    assert ended.code == 0
    assert "done\n" in ended.out
    assert said in ended.err
    assert len(ended.err.splitlines()) == bool(said)


def test_what_is_said_in_another_type_loses_nothing_else() -> None:
    """The rest of what `configure` is told holds, and calls are sent."""
    odd = "from llmcost_infra.telemetry import configure\nconfigure(service='bot', team=7, {})\n"
    said = "environment='two\\nlines \\ud800', baggage=None, hash_key=b'bytes'"
    ended = run(odd.format(said) + MAKES_A_CALL)
    assert ended.code == 0
    call = ended.spans["chat gpt-4o"]
    resource = call["resource"]["attributes"]
    assert resource["service.name"] == "bot"
    assert resource["team"] == "7"
    assert resource["deployment.environment.name"] == "two lines"
    assert call["attributes"]["user.id"] == pseudonym("ann@example.com", KEY)


def test_what_is_wrong_about_metrics_loses_no_call() -> None:
    """The SDK takes no such interval; spans are exported all the same."""
    wrong = {"OTEL_METRICS_EXPORTER": "console", "OTEL_METRIC_EXPORT_INTERVAL": "0"}
    ended = run(CONFIGURES + MAKES_A_CALL, **wrong)
    assert ended.code == 0
    assert ended.spans["chat gpt-4o"]["resource"]["attributes"]["service.name"] == "bot"
    assert "interval" in ended.err


def test_to_configure_twice_is_said_and_changes_nothing() -> None:
    """The first call holds; spans are exported once."""
    again = CONFIGURES + CONFIGURES.replace("bot", "another")
    ended = run(again + MAKES_A_CALL)
    assert "twice" in ended.err
    assert ended.out.count('"chat gpt-4o"') == 1
    assert ended.spans["chat gpt-4o"]["resource"]["attributes"]["service.name"] == "bot"


def test_to_configure_what_was_set_up_without_code_is_said() -> None:
    """It was called once, so that it is no use to say twice."""
    ended = run(CONFIGURES + MAKES_A_CALL, *instrument(), OTEL_PYTHON_CONFIGURATOR="llmcost")
    assert "opentelemetry-instrument has set this process up" in ended.err
    assert ended.out.count('"chat gpt-4o"') == 1


def test_a_fork_after_configure_sends_from_both_processes() -> None:
    """As servers with workers do; a stream that the parent reads is the parent's to tell of."""
    forks = """
import os
child = os.fork()
with tool("child" if child == 0 else "parent"):
    pass
if child:
    os.waitpid(child, 0)
    list(stream)
else:
    del stream
"""
    ended = run(CONFIGURES + MAKES_A_CALL + BEGINS_A_STREAM + forks)
    assert ended.code == 0, ended.err
    assert {"execute_tool child", "execute_tool parent"} <= ended.spans.keys()
    assert ended.spans["chat streamed"]["attributes"]["llmcost.stream.end"] == "complete"
    assert ended.out.count('"chat streamed"') == 1


def test_a_server_that_is_away_costs_an_exit_no_error() -> None:
    """The exporter says so; the application ends as it would."""
    away = {"OTEL_EXPORTER_OTLP_ENDPOINT": NOWHERE, "OTEL_EXPORTER_OTLP_TIMEOUT": "0.2"}
    ended = run(CONFIGURES + MAKES_A_CALL, **away, OTEL_TRACES_EXPORTER="otlp")
    assert ended.code == 0
    assert "Traceback" not in ended.err


@pytest.fixture
def connections() -> list[tuple[str, int]]:
    """Where the requests of an application came from, in their order."""
    return []


@pytest.fixture
def server(request: pytest.FixtureRequest, connections: list[tuple[str, int]]) -> Iterator[str]:
    """A server that takes every batch, with the clock and the body that a test wants."""
    headers, body = request.param

    class Answers(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            connections.append(self.client_address)
            self.send_response_only(200)
            for name, value in {**headers, "content-length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    with ThreadingHTTPServer(("127.0.0.1", 0), Answers) as http:
        thread = threading.Thread(target=http.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{http.server_port}"
        http.shutdown()
        thread.join()


def refusal() -> bytes:
    """Return what OpenObserve answers to spans that it has dropped."""
    answer = ExportTraceServiceResponse()
    answer.partial_success.rejected_spans = 2
    answer.partial_success.error_message = "too\nold"
    return answer.SerializeToString()


AHEAD = (({"date": formatdate(0, usegmt=True)}, b""), "ahead of the server's")
DROPS = (({"date": formatdate()}, refusal()), "dropped 2 of what it was sent: too old")


@pytest.mark.parametrize(
    ("server", "said", "without_code"),
    [
        (*AHEAD, False),
        (({"date": formatdate(4e9)}, b""), "behind the server's", False),
        (*DROPS, False),
        (({"date": "noon"}, b"\xff"), "the application is not affected", False),
        (({"content-type": "text/html"}, b"<html>"), "answers with a web page", False),
        (({}, b""), "", False),
        (*AHEAD, True),
        (*DROPS, True),
    ],
    indirect=["server"],
)
def test_what_a_server_drops_is_said(server: str, said: str, *, without_code: bool) -> None:
    """It answers 200, so that nobody else would notice; a wrong clock is named."""
    sends = {"OTEL_EXPORTER_OTLP_ENDPOINT": server, "OTEL_TRACES_EXPORTER": "otlp"}
    sends |= {"OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}
    if without_code:
        ended = run(MAKES_A_CALL, *instrument(), **sends, OTEL_PYTHON_CONFIGURATOR="llmcost")
    else:
        ended = run(CONFIGURES + MAKES_A_CALL, **sends)
    assert ended.code == 0
    assert said in ended.err
    assert bool(ended.err) == bool(said)


@pytest.mark.parametrize("server", [({}, b"")], indirect=True)
def test_a_child_of_a_fork_sends_on_connections_of_its_own(
    server: str, connections: list[tuple[str, int]]
) -> None:
    """On one with its parent's each would read the other's answers, and break its encryption."""
    program = """
import os
flush = trace.get_tracer_provider().force_flush
def send():
    with tool("run"):
        pass
    flush()
send()
send()
if (child := os.fork()) == 0:
    send()
    os._exit(0)
os.waitpid(child, 0)
send()
"""
    sends = {"OTEL_EXPORTER_OTLP_ENDPOINT": server, "OTEL_TRACES_EXPORTER": "otlp"}
    # Python 3.12 warns of forks where there are threads.
    forks = {"PYTHONWARNINGS": "ignore::DeprecationWarning"}
    ended = run(CONFIGURES + MAKES_A_CALL + program, **sends, **forks)
    assert (ended.code, ended.err) == (0, "")
    first, second, child, last = connections[:4]
    assert first == second == last
    assert child != first


def test_the_import_needs_opentelemetrys_api_and_nothing_else() -> None:
    """No SDK until `configure`, and never what only provisioning needs."""
    program = """
import sys
import llmcost_infra.telemetry
assert not [name for name in sys.modules if name.startswith("opentelemetry.sdk")]
from llmcost_infra.telemetry import configure
configure(service="bot")
heavy = {"pydantic", "pulumi", "grpc", "httpx", "yaml", "click", "rich", "jinja2"}
print(sorted(heavy & sys.modules.keys()))
"""
    assert run(program).out == "[]\n"


class Stuck(SpanExporter):
    """An exporter whose server has stopped to answer."""

    def __init__(self) -> None:
        self.released = threading.Event()

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002
        """Wait."""
        self.released.wait(60)
        return SpanExportResult.FAILURE


def test_a_full_queue_does_not_block_calls(caplog: pytest.LogCaptureFixture) -> None:
    """More calls than the queue holds end while the exporter hangs."""
    stuck = Stuck()
    following = BatchSpanProcessor(stuck, max_queue_size=8, max_export_batch_size=4)
    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(LlmSpanProcessor(following))
    tracer = provider.get_tracer("t")
    for _ in range(50):
        tracer.start_span("chat", attributes=CALL).end()
    assert not stuck.released.is_set()
    assert "Queue full" in caplog.text
    stuck.released.set()
    provider.shutdown()


def test_an_exit_does_not_wait_for_a_server_that_hangs() -> None:
    """Whoever closes gets the word that it has not ended, in the time it gave."""
    released = threading.Event()
    closer = Closer(lambda: released.wait(60))
    assert closer.close(seconds=0.01) is False
    released.set()
    assert closer.close(seconds=60) is True


def test_an_exit_waits_for_all_exporters_at_the_same_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """One that hangs does not keep the next from beginning; nor is it waited for again."""
    both, met = threading.Barrier(2, timeout=60), list[bool]()

    def meet() -> None:
        both.wait()
        met.append(True)

    monkeypatch.setattr(closing, "_closers", {Closer(meet), Closer(meet)})
    monkeypatch.setattr(closing, "_waited", [])
    monkeypatch.setattr(closing, "MOST_SECONDS", 60)
    closing._close_all()
    assert met == [True, True]
    released = threading.Event()
    assert Closer(lambda: released.wait(60)).close(seconds=60) is False
    released.set()


@pytest.mark.parametrize("without_code", [False, True])
def test_no_exporter_is_closed_where_the_exit_would_have_to_wait(*, without_code: bool) -> None:
    """Metrics are closed from a thread of ours; the SDK would do it in the main one."""
    program = """
import threading
from opentelemetry.sdk.metrics.export import ConsoleMetricExporter
ConsoleMetricExporter.shutdown = lambda exporter, **_: exporter.out.write(
    f"by {threading.current_thread().name}\\n"
)
"""
    if without_code:
        variables = {"OTEL_PYTHON_CONFIGURATOR": "llmcost", "OTEL_METRICS_EXPORTER": "console"}
        ended = run(MAKES_A_CALL + program, *instrument(), **variables)
    else:
        ended = run(CONFIGURES + MAKES_A_CALL + program, OTEL_METRICS_EXPORTER="console")
    assert (ended.code, ended.err) == (0, "")
    assert "by llmcost_infra.telemetry\n" in ended.out
    assert "by MainThread" not in ended.out


def test_a_close_that_fails_is_an_end_too() -> None:
    """An exporter that raises at the end does not reach the application."""
    assert Closer(lambda: 1 / 0).close(seconds=60) is True


def test_a_processor_after_ours_that_breaks_is_the_sdks_to_handle() -> None:
    """What follows us is called as it would be without us."""
    ended: list[str] = []

    class Following(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            ended.append(span.name)

    provider = TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(LlmSpanProcessor(Following()))
    provider.get_tracer("t").start_span("chat", attributes=CALL).end()
    assert ended == ["chat"]


def test_only_what_is_allowed_leaves_in_baggage() -> None:
    """Baggage goes to whoever is called, so that people name what may."""
    propagator = AttributionPropagator(W3CBaggagePropagator(), ["feature", "user.id"])
    carrier: dict[str, str] = {}
    with attribute(feature="checkout", team="search", user="ann@example.com"):
        propagator.inject(carrier)
    assert "feature=checkout" in carrier["baggage"]
    assert "search" not in carrier["baggage"]
    assert "ann" not in carrier["baggage"]
    assert propagator.fields == W3CBaggagePropagator().fields
    assert propagator.extract(carrier) is not None


@pytest.mark.parametrize(
    ("said", "travels", "unknown"),
    [
        (["feature", "team"], ("feature", "team"), ""),
        ("feature, prompt.name", ("feature", "prompt.name"), ""),
        (["user", "feature"], ("feature",), "user"),
        ("", (), ""),
    ],
)
def test_an_allow_list_names_what_can_travel(
    said: Any, travels: tuple[str, ...], unknown: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A name that is none would allow nothing, and nobody would notice."""
    assert allowed(said) == travels
    assert caplog.text == "" if not unknown else f"{unknown} is not known" in caplog.text


def test_without_an_allow_list_nothing_of_ours_is_propagated() -> None:
    """The propagator that an application has is left as it is."""
    ended = run(
        CONFIGURES
        + "from opentelemetry import propagate\nprint(type(propagate.get_global_textmap()))"
    )
    assert type(propagate.get_global_textmap()).__name__ in ended.out
