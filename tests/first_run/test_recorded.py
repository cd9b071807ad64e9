"""Recorded files on their way to a server: what arrives, what is said, what is refused."""

from __future__ import annotations

import io
import json
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from rich.console import Console

from llmcost_infra import first_run
from llmcost_infra.errors import (
    ApiError,
    DeclarationError,
    ExitCode,
    LlmCostError,
    OrganizationNotFound,
    TransportError,
    Unauthorized,
)
from llmcost_infra.first_run import embedded
from llmcost_infra.first_run.recorded import run_ingest
from llmcost_infra.first_run.target import target_of
from llmcost_infra.local.faults import Faults, Status
from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve import Client, Retry
from tests.local.telemetry import span, spans_json

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_httpx import HTTPXMock

SAMPLES = Path(__file__).parents[1] / "data" / "otlp-samples"
FILES = sorted(SAMPLES.rglob("*.json"))
USER, PASSWORD = "root@example.com", "a-password-of-these-tests"
STREAM = "demo_llm_ingest"
NOW = 1_795_466_990_000_000  # microseconds since 1970; any time does, since all are moved
HOUR = 3_600_000_000  # microseconds
ROWS = {
    "resourceSpans": ("scopeSpans", "spans"),
    "resourceLogs": ("scopeLogs", "logRecords"),
}


@dataclass(frozen=True)
class Place:
    """A server, and what goes wrong on it.

    Args:
        server: the server.
        faults: what goes wrong next.
    """

    server: LocalServer
    faults: Faults

    def client(self, password: str = PASSWORD, organization: str = "default") -> Client:
        """Return a client that does not wait."""
        return Client(self.server.url, USER, password, organization, retry=Retry(attempts=1))

    def rows(self, stream: str, kind: str = "traces") -> list[dict[str, Any]]:
        """Return what a stream has of the last six hours."""
        end = datetime.now(UTC) + timedelta(minutes=1)
        sql = f'SELECT * FROM "{stream}"'  # noqa: S608 - the tests' own names
        with self.client() as client:
            return client.search(sql, end - timedelta(hours=6), end, stream_type=kind).hits


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A server for all tests of a stream of their own."""
    faults = Faults()
    folder = tmp_path_factory.mktemp("server")
    with LocalServer(folder, user=USER, password=PASSWORD, faults=faults) as server:
        yield Place(server, faults)


def ingest(client: Client, *paths: Path, stream: str = STREAM, keep_ids: bool = False) -> str:
    """Send files and return what is printed."""
    out = io.StringIO()
    console = Console(file=out, soft_wrap=True)
    run_ingest(paths, stream=stream, keep_ids=keep_ids, client=client, console=console)
    return out.getvalue()


def recorded(file: Path, key: str) -> list[dict[str, Any]]:
    """Return the spans or log records of a file."""
    scopes, rows = ROWS[key]
    blocks = json.loads(file.read_text()).get(key, [])
    return [row for block in blocks for scope in block[scopes] for row in scope[rows]]


def written(folder: Path, *spans: dict[str, Any]) -> Path:
    """Return a file of one request."""
    file = folder / "recorded.json"
    file.write_text(json.dumps(spans_json(*spans)))
    return file


@pytest.mark.parametrize("file", FILES, ids=lambda file: f"{file.parent.name}/{file.name}")
def test_every_sample_arrives_with_times_near_now(place: Place, file: Path) -> None:
    """Each row of each kind is there, none has a time to come, and the newest is now."""
    stream = f"sample_{FILES.index(file)}"
    before = time.time_ns() // 1000

    said = ingest(place.client(), file, stream=stream)

    after = time.time_ns() // 1000
    for key, kind in (("resourceSpans", "traces"), ("resourceLogs", "logs")):
        expected = recorded(file, key)
        rows = place.rows(stream, kind) if expected else []
        assert len(rows) == len(expected)
        assert all(before - HOUR < row["_timestamp"] <= after for row in rows)
        if kind == "traces" and rows:
            assert before <= max(row["end_time"] for row in rows) // 1000 <= after
    assert "1 file went to stream" in said


@pytest.mark.parametrize("name", ["wrapper_round1", "wrapper_round2_idle", "wrapper_round3"])
def test_metrics_go_to_streams_of_their_names(place: Place, name: str) -> None:
    """A metric's times move as well: its newest point is now."""
    before = time.time_ns() // 1000

    said = ingest(place.client(), SAMPLES / "blog" / f"{name}.metrics.json")

    rows = place.rows("gen_ai_client_operation_duration_count", "metrics")
    assert before <= max(row["_timestamp"] for row in rows) <= time.time_ns() // 1000
    assert "data points from 1 file went to streams of the metrics' names" in said


def test_the_lines_say_what_went_where_and_how_far_it_moved(place: Place) -> None:
    """A line a kind: rows, files, stream, organization, server, time; and no password."""
    folders = SAMPLES / "genai_content", SAMPLES / "blog"

    said = ingest(place.client(), *folders, stream="lines")

    def count(key: str) -> tuple[int, int]:
        rows = [recorded(file, key) for folder in folders for file in folder.iterdir()]
        return sum(map(len, rows)), sum(map(bool, rows))

    spans, logs, metrics = said.splitlines()
    where = f"went to stream lines of organization default at {place.server.url}, moved "
    for line, key, row in (
        (spans, "resourceSpans", "spans"),
        (logs, "resourceLogs", "log records"),
    ):
        rows, files = count(key)
        assert line.startswith(f"{rows} {row} from {files} files {where}")
    assert "data points from 3 files went to streams of the metrics' names" in metrics
    assert PASSWORD not in said


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (-50, "moved forward by 2 days, 2:00:00."),
        (30, "moved back by 1 day, 6:00:00."),
        (0, "moved forward by 0:00:00."),
    ],
)
def test_the_way_and_the_amount_of_the_move_are_told(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hours: int, told: str
) -> None:
    """A recording may be from the past, or from a clock that goes ahead."""
    now = time.time_ns()
    monkeypatch.setattr(first_run.recorded, "time", SimpleNamespace(time_ns=lambda: now))
    ended = span("chat", now // 1000 + hours * HOUR)
    ended["endTimeUnixNano"] = ended["startTimeUnixNano"]

    assert told in ingest(place.client(), written(tmp_path, ended), stream="amount")


def test_the_same_file_twice_is_two_sets_of_calls(place: Place) -> None:
    """Ids are new each time, parents and log records still fit."""
    files = sorted((SAMPLES / "genai_content").glob("chat_attributed.*.json"))
    for _ in range(2):
        ingest(place.client(), *files, stream="twice")

    spans = place.rows("twice")
    known = {(row["trace_id"], row["span_id"]) for row in spans}
    sent = recorded(files[1], "resourceSpans")
    assert len(known) == len(spans) == 2 * len(sent)
    assert not {row["traceId"] for row in sent} & {trace for trace, _ in known}
    parents = [(row["trace_id"], row.get("reference_parent_span_id")) for row in spans]
    assert {parent for parent in parents if parent[1]} <= known
    logs = place.rows("twice", "logs")
    assert len(logs) == 2 * len(recorded(files[0], "resourceLogs"))
    assert {(row["trace_id"], row["span_id"]) for row in logs} <= known


def test_kept_ids_are_the_same_calls_again(place: Place) -> None:
    """What a query counts once by trace and span id stays one call."""
    file = SAMPLES / "genai" / "chat_tools.traces.json"
    for _ in range(2):
        ingest(place.client(), file, stream="again", keep_ids=True)

    rows = place.rows("again")
    sent = {(row["traceId"], row["spanId"]) for row in recorded(file, "resourceSpans")}
    assert {(row["trace_id"], row["span_id"]) for row in rows} == sent
    assert len(rows) == 2 * len(sent)


def test_what_is_too_old_is_counted_and_fails(place: Place, tmp_path: Path) -> None:
    """Rows that were recorded six hours before the newest: how many, why, and what to do."""
    old, new = span("old", NOW - 6 * HOUR), span("new", NOW)
    record = {"timeUnixNano": str((NOW - 6 * HOUR) * 1000), "body": {"stringValue": "old"}}
    file = written(tmp_path, old, new)
    other = tmp_path / "logs.json"
    other.write_text(
        json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": [record, record]}]}]})
    )

    with pytest.raises(LlmCostError) as failed:
        ingest(place.client(), file, other, stream="old")

    assert "1 span (Some spans were rejected due to exceeding" in failed.value.message
    assert "2 log records (Too old data, only last 5 hours" in failed.value.message
    assert "send that by itself" in failed.value.hint
    assert failed.value.exit_code == ExitCode.FAILED
    assert [row["operation_name"] for row in place.rows("old")] == ["new"]


def test_a_warning_of_the_server_is_shown(tmp_path: Path, httpx_mock: HTTPXMock) -> None:
    """A partial success that refuses nothing is no failure, but its words are not swallowed."""
    answer = ExportTraceServiceResponse()
    answer.partial_success.error_message = "use another endpoint"
    httpx_mock.add_response(method="GET", json={"list": []})
    httpx_mock.add_response(
        method="POST",
        content=answer.SerializeToString(),
        headers={"content-type": "application/x-protobuf"},
    )

    said = ingest(Client("http://observe.test", USER, PASSWORD), written(tmp_path, span("a", NOW)))

    assert "The server says: use another endpoint." in said


def test_nothing_is_sent_when_one_file_is_bad(place: Place, tmp_path: Path) -> None:
    """The last of many files is read before the first is sent."""
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    place.server.requests.clear()

    with pytest.raises(DeclarationError, match=r"bad\.json:1"):
        ingest(place.client(), SAMPLES / "genai", bad)

    assert place.server.requests == []


def test_a_wrong_password_is_told_and_not_shown(place: Place) -> None:
    """Exit code 3, the user's name, no secret."""
    with pytest.raises(Unauthorized) as refused:
        ingest(place.client(password="wrong-password"), FILES[0])

    assert USER in refused.value.hint
    assert refused.value.exit_code == ExitCode.UNREACHABLE
    assert "wrong-password" not in str(refused.value)


def test_an_unknown_organization_is_told_and_not_made(place: Place) -> None:
    """The server would make an organization that telemetry is sent to; a typo must not."""
    for _ in range(2):
        with pytest.raises(OrganizationNotFound) as refused:
            ingest(place.client(organization="acmee"), FILES[0])

        assert "OPENOBSERVE_ORG" in refused.value.hint
        assert refused.value.exit_code == ExitCode.UNREACHABLE


def test_a_server_that_fails_midway_leaves_a_count_of_what_it_took(
    place: Place, tmp_path: Path
) -> None:
    """What went before the failure is printed, and the failure names request and status."""
    file = tmp_path / "two.jsonl"
    lines = [json.dumps(spans_json(span("a", NOW))), json.dumps({"resourceLogs": []})]
    file.write_text("\n".join(lines))
    place.faults.inject(Status(500, "disk full"), path="/v1/logs")
    out = io.StringIO()

    with pytest.raises(ApiError, match=r"POST /api/default/v1/logs: 500 disk full") as refused:
        run_ingest([file], stream="midway", client=place.client(), console=Console(file=out))

    assert out.getvalue().startswith("1 span from 1 file went to")
    assert "log" in refused.value.hint


def test_a_server_that_is_not_there_is_told(tmp_path: Path, closed_port: int) -> None:
    """Refused connection: address, next step, exit code 3."""
    url = f"http://127.0.0.1:{closed_port}"
    client = Client(url, USER, PASSWORD, retry=Retry(attempts=1))

    with pytest.raises(TransportError, match=f"{url} refused the connection") as failed:
        ingest(client, written(tmp_path, span("a", NOW)))

    assert "OPENOBSERVE_URL" in failed.value.hint
    assert failed.value.exit_code == ExitCode.UNREACHABLE


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Go to a project whose embedded server does not run, without variables."""
    (tmp_path / "Pulumi.yaml").touch()
    monkeypatch.chdir(tmp_path)
    for name in ("URL", "USER", "PASSWORD", "ORG"):
        monkeypatch.delenv(f"OPENOBSERVE_{name}", raising=False)
    yield tmp_path
    embedded.stop(target_of(tmp_path, {}).folder)


def test_the_environment_names_the_server(
    place: Place, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The variables win over an embedded server, and need no project."""
    (project / "Pulumi.yaml").unlink()
    for name, value in {"URL": place.server.url, "USER": USER, "PASSWORD": PASSWORD}.items():
        monkeypatch.setenv(f"OPENOBSERVE_{name}", value)
    out = io.StringIO()

    run_ingest([FILES[0]], stream="named", console=Console(file=out, soft_wrap=True))

    assert place.server.url in out.getvalue()


def test_without_variables_the_project_s_own_server_gets_it(project: Path) -> None:
    """What `llmcost up` started is found, with its password."""
    server = embedded.start(target_of(project, {}).folder)
    out = io.StringIO()

    run_ingest([FILES[0]], stream="own", console=Console(file=out, soft_wrap=True))

    assert server.url in out.getvalue()
    assert server.password not in out.getvalue()


@pytest.mark.parametrize("inside", [True, False], ids=["in a project", "outside"])
def test_no_server_at_all_is_told(project: Path, inside: bool) -> None:
    """Both ways to get one are named."""
    if not inside:
        (project / "Pulumi.yaml").unlink()

    with pytest.raises(TransportError, match="no server to send to") as failed:
        run_ingest([FILES[0]], stream=STREAM)

    assert "llmcost up" in failed.value.hint
    assert "llmcost local serve" in failed.value.hint
