"""The client: what it sends, when it sends it again, and what never appears in its words."""

from __future__ import annotations

import base64
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone
from threading import Barrier, Event, Lock
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from llmcost_infra.errors import ApiError, LlmCostError, PartialAnswer, TransportError
from llmcost_infra.openobserve import Client, Retry, delivery
from llmcost_infra.openobserve.paths import api_path, api_path_v2, organization_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_httpx import HTTPXMock

URL = "http://observe.test"
USER, PASSWORD = "root@example.com", "Complexpass#123"
START = datetime(2026, 11, 23, 20, tzinfo=UTC)
END = START + timedelta(hours=1)


@pytest.fixture
def waits() -> list[float]:
    """Collect how long the client waited."""
    return []


@pytest.fixture
def client(waits: list[float]) -> Client:
    """Return a client that waits in no time and without chance."""
    return Client(URL, USER, PASSWORD, retry=Retry(jitter=lambda: 1.0), wait=waits.append)


def test_requests_carry_the_credentials_and_json(client: Client, httpx_mock: HTTPXMock) -> None:
    """A request is Basic-authenticated JSON below the server's address."""
    httpx_mock.add_response(json={"code": 200})
    client.put("/api/default/functions/f", {"name": "f"}, {"a": "b"})
    (request,) = httpx_mock.get_requests()
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert request.headers["authorization"] == f"Basic {token}"
    assert request.headers["content-type"] == "application/json"
    assert str(request.url) == f"{URL}/api/default/functions/f?a=b"
    assert json.loads(request.content) == {"name": "f"}


def test_the_base_path_of_the_server_stays(httpx_mock: HTTPXMock) -> None:
    """A server below a path (ZO_BASE_URI) is asked below that path."""
    httpx_mock.add_response(url=f"{URL}/o2/config", json={})
    with Client(f"{URL}/o2/", USER, PASSWORD) as client:
        assert client.get_config().build_type == "opensource"


@pytest.mark.parametrize("status", [429, 502, 503, 504])
@pytest.mark.parametrize("method", ["get", "put", "delete"])
def test_what_may_pass_is_tried_again(
    client: Client, httpx_mock: HTTPXMock, waits: list[float], method: str, status: int
) -> None:
    """An idempotent request is repeated after an answer that may be another one in a moment."""
    httpx_mock.add_response(status_code=status)
    httpx_mock.add_response(json={"fine": True})
    assert getattr(client, method)("/api/default/streams") == {"fine": True}
    assert waits == [0.25]


def test_four_tries_with_growing_pauses(
    client: Client, httpx_mock: HTTPXMock, waits: list[float]
) -> None:
    """After four tries the last answer is the error."""
    for _ in range(4):
        httpx_mock.add_response(status_code=503, text="not ready")
    with pytest.raises(ApiError, match=r"GET /config: 503 not ready"):
        client.get("/config")
    assert waits == [0.25, 0.5, 1.0]


@pytest.mark.parametrize("status", [400, 401, 404, 409, 422, 500])
def test_what_does_not_pass_is_not_tried_again(
    client: Client, httpx_mock: HTTPXMock, waits: list[float], status: int
) -> None:
    """An answer that will be the same is not asked for twice."""
    httpx_mock.add_response(status_code=status, json={"code": status, "message": "no"})
    with pytest.raises(ApiError):
        client.get("/api/default/streams/x/schema")
    assert waits == []


@pytest.mark.parametrize("status", [429, 503])
def test_a_creating_post_is_not_repeated_after_an_answer(
    client: Client, httpx_mock: HTTPXMock, status: int
) -> None:
    """A POST that reached something is not repeated: it would make a second object."""
    httpx_mock.add_response(status_code=status)
    with pytest.raises(ApiError):
        client.post("/api/default/dashboards", {})
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize(
    "error", [httpx.ReadTimeout("slow"), httpx.ReadError("reset"), httpx.RemoteProtocolError("?")]
)
def test_a_creating_post_is_not_repeated_after_a_lost_answer(
    client: Client, httpx_mock: HTTPXMock, error: httpx.TransportError
) -> None:
    """When the answer to a POST is lost, the object may be there: the next run looks."""
    httpx_mock.add_exception(error)
    with pytest.raises(TransportError, match="looks before it does it again"):
        client.post("/api/default/dashboards", {})
    assert len(httpx_mock.get_requests()) == 1


@pytest.mark.parametrize("error", [httpx.ConnectError("x"), httpx.ConnectTimeout("x")])
def test_a_creating_post_is_repeated_when_it_was_never_sent(
    client: Client, httpx_mock: HTTPXMock, error: httpx.TransportError
) -> None:
    """A POST that provably never reached the server can be sent again."""
    httpx_mock.add_exception(error)
    httpx_mock.add_response(json={"id": "1"})
    assert client.post("/api/default/dashboards", {}) == {"id": "1"}


def test_a_repeatable_post_is_repeated(client: Client, httpx_mock: HTTPXMock) -> None:
    """A POST that is an upsert or a question is repeated like a PUT."""
    httpx_mock.add_exception(httpx.ReadError("reset"))
    httpx_mock.add_response(json={"id": "1"})
    assert client.post("/api/default/pipelines", {}, repeatable=True) == {"id": "1"}


def test_a_lost_connection_is_tried_again(client: Client, httpx_mock: HTTPXMock) -> None:
    """A kept-alive connection that the server closed costs a retry, not an error."""
    httpx_mock.add_exception(httpx.RemoteProtocolError("Server disconnected"))
    httpx_mock.add_response(json={})
    assert client.get("/config") == {}


def test_a_slow_answer_is_not_asked_for_again(client: Client, httpx_mock: HTTPXMock) -> None:
    """A server that is too slow would be slower with a second request."""
    httpx_mock.add_exception(httpx.ReadTimeout("slow"))
    with pytest.raises(TransportError, match=r"gave no answer within 30 s.\n.*openobserve:timeout"):
        client.get("/config")


def test_retry_after_in_seconds_wins(
    client: Client, httpx_mock: HTTPXMock, waits: list[float]
) -> None:
    """The server's own wish decides how long to wait."""
    httpx_mock.add_response(status_code=429, headers={"Retry-After": "7"})
    httpx_mock.add_response(json={})
    client.get("/config")
    assert waits == [7.0]


def test_cancel_stops_retries_at_once() -> None:
    """A cancelled client waits no more and sends nothing more."""
    asked: list[str] = []
    answered = Event()

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.path)
        answered.set()
        return httpx.Response(503, headers={"Retry-After": "3600"})

    transport, patient = httpx.MockTransport(answer), Retry(longest=3_600)
    client = Client(URL, USER, PASSWORD, transport=transport, retry=patient)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.get, "/config")
        assert answered.wait(60)
        client.cancel()
        with pytest.raises(LlmCostError):
            waiting.result(timeout=60)
    with pytest.raises(TransportError, match="Cancelled"):
        client.get("/config")
    assert asked == ["/config"]


def test_an_answer_that_does_not_come_is_given_up() -> None:
    """Ctrl-C ends a run although the server holds the line; what became of it is unknown."""
    reached, late = Event(), Event()

    def answer(_: httpx.Request) -> httpx.Response:
        reached.set()
        late.wait(600)
        return httpx.Response(200, json={})

    client = Client(URL, USER, PASSWORD, transport=httpx.MockTransport(answer))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.get, "/config")
        assert reached.wait(60)
        client.cancel()
        with pytest.raises(TransportError, match="nobody waited") as error:
            waiting.result(timeout=60)
    assert not late.is_set()
    assert "next `pulumi up`" in error.value.hint
    late.set()


def test_an_answer_that_comes_at_once_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is under way when a run is cancelled is waited for a moment."""
    monkeypatch.setattr(delivery, "_GRACE_S", 60.0)  # a busy machine's moment
    reached = Event()

    def answer(_: httpx.Request) -> httpx.Response:
        reached.set()
        assert go.wait(60)
        return httpx.Response(200, json={"version": "1"})

    go = Event()
    client = Client(URL, USER, PASSWORD, transport=httpx.MockTransport(answer))
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.get, "/config")
        assert reached.wait(60)
        client.cancel()
        go.set()
        assert waiting.result(timeout=60) == {"version": "1"}


def test_a_pause_ends_with_cancel() -> None:
    """Who waits for the server on the client's behalf is let go at once."""
    client = Client(URL, USER, PASSWORD)
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(client.pause, 3_600)
        client.cancel()
        waiting.result(timeout=60)


def test_at_most_so_many_requests_at_a_time() -> None:
    """The number of parallel requests is bounded, and used."""
    lock, running, most = Lock(), 0, 0
    together = Barrier(3)

    def answer(_: httpx.Request) -> httpx.Response:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait(timeout=60)
        with lock:
            running -= 1
        return httpx.Response(200, json={})

    transport = httpx.MockTransport(answer)
    with (
        Client(URL, USER, PASSWORD, parallel=3, transport=transport) as client,
        ThreadPoolExecutor(9) as pool,
    ):
        list(pool.map(client.get, ["/config"] * 9))
    assert most == 3


def test_secrets_are_in_no_words(client: Client, httpx_mock: HTTPXMock) -> None:
    """The password and the header are in no message and no representation."""
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    echo = f"bad header Basic {token}, password {PASSWORD}"
    httpx_mock.add_response(status_code=400, json={"code": 400, "message": echo})
    with pytest.raises(ApiError) as refused:
        client.get("/api/default/streams")
    for words in (str(refused.value), repr(refused.value), repr(client)):
        assert PASSWORD not in words
        assert token not in words
    assert USER in repr(client)
    assert "bad header Basic ***, password ***" in str(refused.value)


def test_a_short_password_does_not_garble_messages(httpx_mock: HTTPXMock) -> None:
    """Words are not searched for passwords so short that they are parts of words."""
    httpx_mock.add_response(status_code=400, text="a bad thing")
    with pytest.raises(ApiError, match="a bad thing"):
        Client(URL, USER, "a").get("/config")


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("", "is no address of a server"),
        (" ", "is no address of a server"),
        ("ftp://observe.test", "is no address of a server"),
        ("http://", "is no address of a server"),
        ("http://[::1", "is no address of a server"),
        ("http://observe.test:65536", "is no address of a server"),
        ("http://observe.test/a b", "is no address of a server"),
        ("observe.test", "has no scheme"),
        ("localhost:5080", "has no scheme"),
        ("http://observe.test/web/login", "is the address of a page"),
        ("http://observe.test/base/api/", "is the address of a page"),
        ("http://observe.test/?org_identifier=default", "is the address of a page"),
    ],
)
def test_an_address_is_scheme_and_host(url: str, said: str) -> None:
    """What cannot be a server's is refused before anything is sent."""
    with pytest.raises(LlmCostError, match=said) as refused:
        Client(url, USER, PASSWORD)
    assert refused.value.hint


@pytest.mark.parametrize("url", [f"{URL}/", f" {URL} ", f"{URL}//"])
def test_space_around_an_address_and_a_slash_at_its_end_are_left_out(url: str) -> None:
    """Both come along when an address is copied."""
    assert Client(url, USER, PASSWORD).url == URL


@pytest.mark.parametrize("scheme", ["http://", ""])
def test_an_address_holds_no_password(scheme: str) -> None:
    """An address with credentials is refused, and not repeated in the message."""
    with pytest.raises(LlmCostError, match="openobserve:password") as refused:
        Client(f"{scheme}root:hunter22@observe.test", USER, PASSWORD)
    assert "hunter22" not in str(refused.value)


def test_the_configuration_is_asked_for_once(client: Client, httpx_mock: HTTPXMock) -> None:
    """Version and limits do not change while we run."""
    httpx_mock.add_response(url=f"{URL}/config", json={"version": "v0.90.0", "max_query_range": 24})
    assert client.get_config().version == "v0.90.0"
    assert client.get_config().max_query_range == 24


def test_search_asks_in_microseconds(client: Client, httpx_mock: HTTPXMock) -> None:
    """Times of any zone become microseconds UTC; milliseconds would give an empty answer.

    No answer is from a cache: rows are added to days that somebody has looked at before.
    """
    httpx_mock.add_response(
        url=f"{URL}/api/default/_search?type=logs&use_cache=false",
        json={"hits": [{"n": 3}], "total": 1, "took": 5},
    )
    local = START.astimezone(timezone(timedelta(hours=5, minutes=30)))
    found = client.search("SELECT 1", local, END, stream_type="logs", size=7)
    assert (found.hits, found.total, found.took_ms) == ([{"n": 3}], 1, 5)
    (request,) = httpx_mock.get_requests()
    assert json.loads(request.content)["query"] == {
        "sql": "SELECT 1",
        "start_time": 1_795_464_000_000_000,
        "end_time": 1_795_467_600_000_000,
        "from": 0,
        "size": 7,
    }


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ({"is_partial": True}, "the result is partial"),
        ({"function_error": ["Cast error", "again"]}, "Cast error; again"),
        ({"function_error": "Query duration is modified"}, "Query duration is modified"),
        ({"is_partial": True, "function_error": ["Cast error"]}, "200 Cast error"),
    ],
)
def test_a_partial_answer_is_an_error(
    client: Client, httpx_mock: HTTPXMock, answer: dict[str, Any], words: str
) -> None:
    """Status 200 with missing rows is a failure, or panels would look empty or low."""
    httpx_mock.add_response(json={"hits": [{"n": 1}], **answer})
    with pytest.raises(PartialAnswer, match=words):
        client.search("SELECT 1", START, END)


@pytest.mark.parametrize("nothing", [[], "", None])
def test_an_empty_function_error_is_none(
    client: Client, httpx_mock: HTTPXMock, nothing: object
) -> None:
    """A complete answer may carry the key with nothing in it."""
    httpx_mock.add_response(json={"hits": [], "function_error": nothing})
    assert client.search("SELECT 1", START, END).hits == []


def test_an_answer_of_another_shape_is_an_error(client: Client, httpx_mock: HTTPXMock) -> None:
    """JSON that OpenObserve does not answer says that the address is another server's."""
    httpx_mock.add_response(json={"hello": "world"})
    with pytest.raises(
        ApiError, match=r"not what OpenObserve answers \(list: .*\n.*openobserve:url"
    ):
        client.check()


@pytest.mark.parametrize(
    ("build", "path"),
    [(api_path, "/api/o%2Fr/a%20b/c%3Ad"), (api_path_v2, "/api/v2/o%2Fr/a%20b/c%3Ad")],
)
def test_paths_quote_every_segment(build: Callable[..., str], path: str) -> None:
    """A name with a slash stays one segment, and the organization can be read back."""
    assert build("o/r", "a b", "c:d") == path
    assert organization_of(path) == "o/r"


PROTOBUF = {"content-type": "application/x-protobuf"}


@pytest.mark.parametrize("stream", ["", "llm_ingest"])
def test_telemetry_is_posted_as_protobuf(
    client: Client, httpx_mock: HTTPXMock, stream: str
) -> None:
    """The body goes out and comes back as it is, the stream is a header if one is named."""
    httpx_mock.add_response(content=b"answer", headers=PROTOBUF)

    assert client.export("traces", b"request", stream) == b"answer"

    (request,) = httpx_mock.get_requests()
    assert (request.method, str(request.url)) == ("POST", f"{URL}/api/default/v1/traces")
    assert request.content == b"request"
    assert request.headers["content-type"] == "application/x-protobuf"
    assert request.headers.get("stream-name", "") == stream


def test_telemetry_is_sent_again_as_an_exporter_does(
    client: Client, httpx_mock: HTTPXMock, waits: list[float]
) -> None:
    """A server that is busy for a moment, or a connection that breaks, loses nothing."""
    httpx_mock.add_response(status_code=503)
    httpx_mock.add_exception(httpx.ReadError("reset"))
    httpx_mock.add_response(content=b"", headers=PROTOBUF)

    assert client.export("logs", b"request", "s") == b""
    assert len(waits) == 2


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ({"text": "<html>", "headers": {"content-type": "text/html"}}, "an HTML page"),
        ({"json": {"message": "no place"}, "status_code": 400}, "400 no place"),
        ({"content": b"", "status_code": 500, "headers": PROTOBUF}, "500 no message"),
    ],
    ids=["a page", "refused", "failed"],
)
def test_an_answer_that_takes_no_telemetry_is_an_error(
    client: Client, httpx_mock: HTTPXMock, answer: dict[str, Any], told: str
) -> None:
    """Only protobuf with status 200 means that the rows were taken."""
    httpx_mock.add_response(**answer)

    with pytest.raises(ApiError, match=f"POST /api/default/v1/traces: .*{told}"):
        client.export("traces", b"request")
