"""A real Collector with the configuration of examples/collector, as its Compose file starts it."""

from __future__ import annotations

import contextlib
import gzip
import json
import re
import subprocess
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Self, TypeVar

import httpx
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from google.protobuf.message import Message

    Request = TypeVar("Request", bound=Message)

__all__ = [
    "FOLDER",
    "LOST",
    "REFUSED",
    "Collector",
    "Server",
    "own_metrics",
    "serving_nothing",
    "started",
    "told",
]

FOLDER: Final = Path(__file__).parents[2] / "examples" / "collector"
LOST: Final = "otelcol_exporter_send_failed_spans"
"""What a Collector calls the spans that it gave up."""
REFUSED: Final = "otelcol_receiver_refused_spans"
"""What it calls those that it did not take."""
_ENDPOINT: Final = re.compile(r'Starting (GRPC|HTTP) server\t.*"endpoint": "([^"]+)"')
_LIMIT_S: Final = 120.0


@dataclass
class Collector:
    """A running Collector.

    Args:
        process: of the program.
        log: what it has said so far.
    """

    process: subprocess.Popen[str]
    log: list[str] = field(default_factory=list[str])
    _endpoints: dict[str, str] = field(default_factory=dict[str, str])
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        """Read along, or the program would wait for somebody who reads."""
        self._ended = False
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def http(self) -> str:
        """Where OTLP over HTTP is taken."""
        return f"http://{self._endpoints['HTTP']}"

    @property
    def grpc(self) -> str:
        """Where OTLP over gRPC is taken."""
        return self._endpoints["GRPC"]

    @property
    def said(self) -> str:
        """All that is in the log."""
        return "\n".join(self.log)

    def wait_for(self, words: str) -> str:
        """Return the first line of the log with these words as soon as there is one.

        Args:
            words: of one line.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._lines(words) or self._ended, _LIMIT_S)
            found = self._lines(words)
        assert found, f"{words!r} did not come:\n{self.said}"
        return found[0]

    def _lines(self, words: str) -> list[str]:
        return [line for line in self.log if words in line]

    def stop(self) -> None:
        """End it as a container is ended: what it has, it sends or keeps."""
        self.process.terminate()
        assert self.process.wait(_LIMIT_S) == 0, self.said

    def kill(self) -> None:
        """End it as a power cut does."""
        self.process.kill()
        self.process.wait()
        self._reader.join()

    def _read(self) -> None:
        assert self.process.stderr
        with self.process.stderr as lines:
            for line in lines:
                with self._changed:
                    self.log.append(line.rstrip("\n"))
                    if found := _ENDPOINT.search(line):
                        self._endpoints[found[1]] = found[2]
                    self._changed.notify_all()
        with self._changed:
            self._ended = True
            self._changed.notify_all()


@contextlib.contextmanager
def started(
    program: Path,
    queue: Path,
    env: dict[str, str],
    *,
    texts: bool = False,
    more: Mapping[str, object] = MappingProxyType({}),
) -> Iterator[Collector]:
    """Start one, on ports of this machine's choice; it is ready when this returns.

    Args:
        program: the Collector.
        queue: the folder that keeps what waits.
        env: the variables that the Compose file passes on.
        texts: as for a stack that captures content.
        more: settings that a test chooses.
    """
    chosen = {
        "receivers.otlp.protocols.http.endpoint": "127.0.0.1:0",
        "receivers.otlp.protocols.grpc.endpoint": "127.0.0.1:0",
        "service.telemetry.metrics.level": "none",
        "extensions.health_check.endpoint": "127.0.0.1:0",
        "extensions.file_storage.directory": queue,
        "extensions.file_storage.compaction.directory": queue,
        # Seconds are for a day's traffic, and a test has only some calls.
        "exporters.otlp_http/openobserve.sending_queue.batch.flush_timeout": "100ms",
        "exporters.otlp_http/openobserve.retry_on_failure.initial_interval": "100ms",
        **more,
    }
    files = [FOLDER / "collector.yaml", *([FOLDER / "texts.yaml"] if texts else [])]
    settings = [f"{name}={value}" for name, value in chosen.items()]
    collector = Collector(
        subprocess.Popen(  # noqa: S603 - the Collector, with our own files
            [program, *(f"--config={file}" for file in files), *(f"--set={s}" for s in settings)],
            env=env,
            stderr=subprocess.PIPE,
            text=True,
        )
    )
    try:
        collector.wait_for("Everything is ready")
        yield collector
    finally:
        collector.kill()
        if password := env.get("OPENOBSERVE_PASSWORD"):
            assert password not in collector.said


def own_metrics(port: int) -> dict[str, object]:
    """Return settings with which a Collector tells of itself.

    Args:
        port: where.
    """
    reader = {"pull": {"exporter": {"prometheus": {"host": "127.0.0.1", "port": port}}}}
    told = "service.telemetry.metrics"
    return {f"{told}.level": "normal", f"{told}.readers": json.dumps([reader])}


def told(metric: str, port: int) -> float:
    """Return the sum of a metric as soon as a Collector tells it.

    Args:
        metric: its name, all of it.
        port: where it tells its own metrics.
    """
    pause = threading.Event()
    for _ in range(2_400):
        text = httpx.get(f"http://127.0.0.1:{port}/metrics", verify=False, timeout=30).text  # noqa: S501 - plain HTTP
        values = re.findall(rf"^{metric}(?:{{.*}})? (\S+)$", text, re.MULTILINE)
        if total := sum(map(float, values)):
            return total
        pause.wait(0.05)
    return 0.0


@dataclass
class Server:
    """What was sent to a server that takes everything.

    Args:
        requests: path, headers and body, uncompressed, of each request.
        status: what it answers.
    """

    requests: list[tuple[str, dict[str, str], bytes]] = field(
        default_factory=list[tuple[str, dict[str, str], bytes]]
    )
    status: int = 200
    url: str = ""
    _came: threading.Condition = field(default_factory=threading.Condition)

    def take(self, path: str, headers: dict[str, str], body: bytes) -> None:
        """Keep a request."""
        with self._came:
            self.requests.append((path, headers, body))
            self._came.notify_all()

    def spans(self, number: int) -> ExportTraceServiceRequest:
        """Wait for so many spans; return all as one request.

        Args:
            number: how many have to be there.
        """
        with self._came:
            assert self._came.wait_for(lambda: _count(self._spans()) >= number, _LIMIT_S)
            return self._spans()

    def records(self, number: int) -> ExportLogsServiceRequest:
        """Wait for so many log records; return all as one request.

        Args:
            number: how many have to be there.
        """

        def there() -> bool:
            blocks = self._records().resource_logs
            return sum(len(s.log_records) for b in blocks for s in b.scope_logs) >= number

        with self._came:
            assert self._came.wait_for(there, _LIMIT_S)
            return self._records()

    def _spans(self) -> ExportTraceServiceRequest:
        return self._merged("traces", ExportTraceServiceRequest())

    def _records(self) -> ExportLogsServiceRequest:
        return self._merged("logs", ExportLogsServiceRequest())

    def _merged(self, signal: str, whole: Request) -> Request:
        for path, _, body in self.requests:
            if path.endswith(f"/v1/{signal}"):
                whole.MergeFromString(body)
        return whole


def _count(request: ExportTraceServiceRequest) -> int:
    return sum(len(s.spans) for block in request.resource_spans for s in block.scope_spans)


@contextlib.contextmanager
def serving_nothing() -> Iterator[Server]:
    """Start a server that takes what comes, to see what leaves a Collector."""
    server = Server()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") == "gzip":
                body = gzip.decompress(body)
            told = {name.lower(): value for name, value in self.headers.items()}
            server.take(self.path, told, body)
            self.send_response(server.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Keep quiet."""

    class Http(ThreadingHTTPServer):
        daemon_threads = True

        def __enter__(self) -> Self:
            threading.Thread(target=self.serve_forever, daemon=True).start()
            return self

        def __exit__(self, *_: object) -> None:
            self.shutdown()
            self.server_close()

    with Http(("127.0.0.1", 0), Handler) as http:
        server.url = f"http://127.0.0.1:{http.server_address[1]}"
        yield server
