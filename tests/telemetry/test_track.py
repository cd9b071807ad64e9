"""A tracked client is told of whatever becomes of its calls, and is used as before."""

from __future__ import annotations

import asyncio
import contextvars
import gc
import inspect
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Self

import pytest
from opentelemetry import trace

from llmcost_infra.telemetry import attribute, track
from llmcost_infra.telemetry.cost import COST
from tests.telemetry.clients import (
    END,
    USD,
    AsyncStream,
    RefusedError,
    anthropic,
    chat,
    chunks,
    completion,
    openai,
    streaming,
    told,
)

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.telemetry.conftest import Telemetry


def test_a_call_has_a_span_with_its_tokens_and_cost(telemetry: Telemetry) -> None:
    """In the words of OpenTelemetry, attributed, with cached tokens; and without its texts."""
    client = track(openai(lambda **_: completion()))
    with attribute(feature="summarize"):
        answer = chat(client, temperature=0.2, max_tokens=50)
    assert answer.usage.prompt_tokens == 2006
    (span,) = telemetry.spans
    assert (span.name, span.kind) == ("chat gpt-4o", trace.SpanKind.CLIENT)
    assert dict(telemetry.last) == {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.request.temperature": 0.2,
        "gen_ai.request.max_tokens": 50,
        "server.address": "api.openai.com",
        "server.port": 443,
        "feature": "summarize",
        "gen_ai.response.id": "chatcmpl-1",
        "gen_ai.response.model": "gpt-4o-2024-08-06",
        "gen_ai.response.finish_reasons": ("stop",),
        "openai.response.service_tier": "default",
        "gen_ai.usage.input_tokens": 2006,
        "gen_ai.usage.output_tokens": 300,
        "gen_ai.usage.cache_read.input_tokens": 1920,
        COST: USD,
    }
    assert "secret" not in span.to_json()


def test_other_operations_and_providers_are_told_as_what_they_are(telemetry: Telemetry) -> None:
    """Embeddings have no output; Anthropic's cache counts inside the input, as by convention."""
    usage = {"prompt_tokens": 16, "total_tokens": 16}
    client = track(openai(lambda **_: told({"model": "text-embedding-3-small", "usage": usage})))
    client.embeddings.create(model="text-embedding-3-small", input="x")
    assert telemetry.last["gen_ai.operation.name"] == "embeddings"
    assert telemetry.last[COST] == 0.00000032
    spent = {
        "input_tokens": 86,
        "cache_read_input_tokens": 1500,
        "cache_creation_input_tokens": 420,
        "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 420},
        "output_tokens": 300,
        "service_tier": "standard",
    }
    message = {"model": "claude-sonnet-4-5", "stop_reason": "end_turn", "usage": spent}
    track(anthropic(lambda **_: told(message))).messages.create(model="claude-sonnet-4-5")
    assert telemetry.last["gen_ai.provider.name"] == "anthropic"
    assert telemetry.last["gen_ai.usage.input_tokens"] == 2006
    assert telemetry.last["anthropic.usage.cache_creation.ephemeral_1h_input_tokens"] == 420
    assert telemetry.last[COST] == pytest.approx((86 * 3 + 1500 * 0.3 + 420 * 6 + 300 * 15) / 1e6)


def test_what_a_library_calls_beta_is_told_of_as_well(telemetry: Telemetry) -> None:
    """Its helpers for streams call it there."""
    compacted = told({"id": "cmp_1", "usage": {"input_tokens": 2006, "output_tokens": 300}})
    chats = SimpleNamespace(create=streaming)
    client: Any = openai(streaming)
    client.beta = SimpleNamespace(
        chat=SimpleNamespace(completions=chats),
        responses=SimpleNamespace(create=lambda **_: completion(), compact=lambda **_: compacted),
    )
    track(client)
    assert len(list(client.beta.chat.completions.create(model="gpt-4o", stream=True))) == 3
    client.beta.responses.create(model="gpt-4o")
    client.beta.responses.compact(model="gpt-4o")
    costs = [(span.attributes or {}).get(COST) for span in telemetry.spans]
    assert costs == [USD, USD, pytest.approx((2006 * 2.5 + 300 * 10) / 1e6)]


@pytest.mark.parametrize(
    ("address", "given", "provider"),
    [
        ("https://acme.openai.azure.com/", None, "azure.ai.openai"),
        ("https://api.deepseek.com", None, "deepseek"),
        ("http://127.0.0.1:8000/v1", "groq", "groq"),
        ("http://127.0.0.1:8000/v1", None, "tests"),
    ],
)
def test_who_is_called_follows_from_the_address(
    telemetry: Telemetry, address: str, given: str | None, provider: str
) -> None:
    """Or from what the application says, or else it is the library's own provider."""
    client = openai(lambda **_: completion())
    client.base_url = address
    chat(track(client, provider=given))
    assert telemetry.last["gen_ai.provider.name"] == provider


@pytest.mark.parametrize(
    ("kind", "provider"),
    [
        ("AsyncAzureOpenAI", "azure.ai.openai"),
        ("AnthropicBedrock", "aws.bedrock"),
        ("AnthropicVertex", "gcp.vertex_ai"),
    ],
)
def test_behind_a_gateway_it_follows_from_the_client(
    telemetry: Telemetry, kind: str, provider: str
) -> None:
    """A company's own address says nothing."""
    client = openai(lambda **_: completion())
    client.__class__ = type(kind, (type(client),), {"base_url": "https://models.acme.internal"})
    chat(track(client))
    assert telemetry.last["gen_ai.provider.name"] == provider


@pytest.mark.parametrize("status", [429, 529, 500])
def test_a_refusal_reaches_the_application_and_the_span(telemetry: Telemetry, status: int) -> None:
    """With its type and status, and no message, which may quote somebody."""

    def answer(**_: Any) -> Any:
        raise RefusedError(status, "slow down, ann@example.com")

    with pytest.raises(RefusedError, match="slow down"):
        chat(track(openai(answer)))
    (span,) = telemetry.spans
    assert telemetry.last["error.type"] == "RefusedError"
    assert telemetry.last["http.response.status_code"] == status
    assert "ann" not in span.to_json()


def test_asynchronous_clients_are_tracked_as_well(telemetry: Telemetry) -> None:
    """Calls, streams, streams that are left, and tasks that are cancelled."""

    async def answer(**asked: Any) -> Any:
        await asyncio.sleep(0)
        if asked.get("stream"):
            usage = "stream_options" in asked
            return AsyncStream(chunks(usage=usage))
        return completion()

    async def run() -> None:
        client = track(openai(answer))
        assert (await chat(client)).usage.prompt_tokens == 2006
        assert len([piece async for piece in await chat(client, stream=True)]) == 3
        async with await chat(client, stream=True) as left:
            await anext(aiter(left))
        closed = await chat(client, stream=True)
        await closed.close()
        cancelled = await chat(client, stream=True)
        cancelled._stream.pieces = iter([asyncio.CancelledError()])
        with pytest.raises(asyncio.CancelledError):
            await anext(cancelled)

    asyncio.run(run())
    ends = [(span.attributes or {}).get(END) for span in telemetry.spans]
    costs = [(span.attributes or {}).get(COST) for span in telemetry.spans]
    assert ends == [None, "complete", "abandoned", "abandoned", "abandoned"]
    assert costs == [USD, USD, None, None, None]


def test_a_client_with_other_options_is_tracked_too(telemetry: Telemetry) -> None:
    """Libraries make one for a single call that may take longer."""
    client = track(openai(lambda **_: completion()), provider="groq")
    chat(client.with_options(timeout=60))
    assert telemetry.last["gen_ai.provider.name"] == "groq"
    assert len(telemetry.spans) == 1


class Lazy:
    """A client that makes its parts when they are used, and so do copies of it."""

    base_url = "https://api.openai.com/v1/"

    def __init__(self) -> None:
        self.made: list[str] = []

    @cached_property
    def chat(self) -> Any:
        """Return a part."""
        self.made.append("chat")
        return openai(lambda **_: completion()).chat

    @cached_property
    def responses(self) -> Any:
        """Return a part whose code takes long to load."""
        self.made.append("responses")
        return SimpleNamespace(create=lambda **_: completion())

    def with_options(self, **_: Any) -> Self:
        """Return a copy."""
        return self.__class__()


def test_a_part_of_a_client_is_tracked_when_it_is_used(telemetry: Telemetry) -> None:
    """To track loads none of its code; it stays the client that it was, and so do copies."""
    client = track(Lazy(), provider="groq")
    assert client.made == []
    chat(client)
    chat(track(client).with_options(timeout=60))
    assert client.made == ["chat"]
    client.responses.create(model="gpt-4o")
    assert [dict(span.attributes or {})["gen_ai.provider.name"] for span in telemetry.spans] == [
        "groq"
    ] * 3
    assert isinstance(client, Lazy)
    assert repr(type(client)) == repr(Lazy)
    plain = Lazy()
    chat(plain)
    assert len(telemetry.spans) == 3


def test_a_client_that_cannot_be_followed_is_tracked_at_once(telemetry: Telemetry) -> None:
    """Where its class does not let another take its place."""

    class Fixed(Lazy):
        __slots__ = ("more",)

    class Strict(Lazy):
        def __setattr__(self, name: str, value: Any) -> None:
            if name == "__class__":
                raise TypeError(name)
            super().__setattr__(name, value)

    for kind in (Fixed, Strict):
        chat(track(kind()))
    assert len(telemetry.spans) == 2


def test_to_track_twice_is_the_same_as_once(telemetry: Telemetry) -> None:
    """One span a call."""
    chat(track(track(openai(lambda **_: completion()))))
    assert len(telemetry.spans) == 1


def test_what_is_no_client_is_returned_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """The log says that it is not told of."""
    thing = object()
    assert track(thing) is thing
    assert "track" in caplog.text


def test_an_answer_that_nobody_understands_goes_through(telemetry: Telemetry) -> None:
    """Whatever a compatible server answers is the application's."""
    for odd in (None, 7, "text", {"usage": "much", "choices": {}}, told({"usage": {}})):
        assert chat(track(openai(lambda odd=odd, **_: odd))) == odd
    assert all(COST not in (span.attributes or {}) for span in telemetry.spans)


def test_an_answer_that_nobody_may_look_at_goes_through(telemetry: Telemetry) -> None:
    """Proxies raise what they like when they are asked for something; it is not asked for us."""

    class Closed:
        __class__: Any = property(lambda _: 1 / 0)

        def __getattr__(self, name: str) -> Any:
            raise LookupError(name)

    closed = Closed()
    client = track(openai(lambda **_: closed))
    assert chat(client) is closed
    assert chat(client, stream=True) is closed
    assert chat(client, stream=True, model_=closed) is closed
    assert len(telemetry.spans) == 3


def test_a_call_may_be_given_up_in_another_context(telemetry: Telemetry) -> None:
    """A loop that ends closes what still waits, from wherever it is."""

    class Never:
        def __await__(self) -> Generator[None]:
            yield

    async def answer(**_: Any) -> Any:
        await Never()

    waiting = chat(track(openai(answer)))
    contextvars.copy_context().run(waiting.send, None)
    waiting.close()
    assert len(telemetry.spans) == 1
    assert "error.type" not in telemetry.last


def test_a_call_that_is_never_started_leaves_no_warning(telemetry: Telemetry) -> None:
    """As of a task that is cancelled at once: the client's own coroutine would be left behind."""

    async def answer() -> Any:
        return completion()

    # A library's decorators make a coroutine function look like any other.
    chat(track(openai(lambda **_: answer()))).close()
    gc.collect()
    assert not telemetry.spans


def test_broken_tracking_leaves_the_client_working(
    telemetry: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A defect of ours costs the telemetry of a call, and nothing of the call."""

    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("a defect")

    monkeypatch.setattr("llmcost_infra.telemetry.tracked.request_attributes", broken)
    client = track(openai(streaming))
    assert len(list(chat(client, stream=True))) == 3 or telemetry.spans == ()


def test_who_looks_sees_an_asynchronous_method(telemetry: Telemetry) -> None:
    """Libraries that try again ask what kind of function they were given."""

    async def answer(**_: Any) -> Any:
        await asyncio.sleep(0)
        return completion()

    create = track(openai(answer)).chat.completions.create
    assert inspect.iscoroutinefunction(create)
    asyncio.run(create(model="gpt-4o"))
    assert telemetry.last[COST] == USD


def test_a_task_that_a_call_leaves_behind_is_no_part_of_it(telemetry: Telemetry) -> None:
    """Clients start tasks that live on, and calls are made from these too."""

    async def run() -> None:
        later: list[asyncio.Task[Any]] = []
        inner = track(openai(lambda **_: completion()))

        async def refresh() -> None:
            await begin.wait()
            chat(inner)

        async def answer(**_: Any) -> Any:
            later.append(asyncio.create_task(refresh()))
            await asyncio.sleep(0)
            return completion()

        begin = asyncio.Event()
        await chat(track(openai(answer)))
        begin.set()
        await later[0]

    asyncio.run(run())
    assert [(span.attributes or {}).get(COST) for span in telemetry.spans] == [USD, USD]
