"""A stand-in for the APIs of OpenAI and Anthropic that answers with the usage that is asked for.

The path says the scenario, `/<scenario>/v1/chat/completions`, and `truth.yaml` what it costs: what
the client is told is what the tests expect. Without a scenario, `/v1/chat/completions`, the model
that is asked for says it, as an application finds its provider.
"""

from __future__ import annotations

import asyncio
import json
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import uvicorn
import yaml
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

    from starlette.requests import Request

__all__ = ["Provider", "Scenario", "serving"]

Json = dict[str, Any]

_TEXT: Final = "A short answer."
_TOOL: Final = {"city": "Oslo"}
_WORDS: Final = {
    "rate_limit_exceeded": "Rate limit reached for requests. Please try again in 20ms.",
    "insufficient_quota": "You exceeded your current quota, please check your plan.",
    "server_error": "The server had an error while processing your request.",
    "rate_limit_error": "This request would exceed the rate limit of your organization.",
    "overloaded_error": "Overloaded",
}
# For applications: who asks for this model is in that scenario.
_BY_MODEL: Final = {
    "gpt-4o": "chat_cached",
    "gpt-4o-mini": "chat_basic",
    "o3-mini": "chat_reasoning_flex",
    "gpt-4.1": "chat_429",
    "text-embedding-3-small": "embeddings",
    "claude-sonnet-4-5": "messages_cached",
    "claude-opus-4-1": "messages_529",
}
_LATER: Final = 3.0  # seconds; clients of the scenarios about timeouts wait less


@dataclass(frozen=True, slots=True)
class Scenario:
    """What the provider says in a scenario, for every call of it.

    Args:
        model: id of the model that answers.
        input: all input tokens, cached ones included, as are all others.
        output: all output tokens, reasoning included.
        cache_read: input tokens read from the cache.
        cache_write: input tokens written to it, for however long.
        cache_write_1h: those of them that live an hour.
        reasoning: output tokens spent on reasoning.
        tier: service tier, where it is told.
        refused: HTTP status of a refusal, or 0.
        code: what the refusal is called.
    """

    model: str
    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0
    cache_write_1h: int = 0
    reasoning: int = 0
    tier: str = ""
    refused: int = 0
    code: str = ""

    @classmethod
    def of(cls, told: Json) -> Scenario:
        """Return what a scenario of `truth.yaml` says."""
        return cls(**{name: told[name] for name in cls.__slots__ if name in told})


class Provider:
    """Answers requests.

    Args:
        truth: `truth.yaml`.
    """

    def __init__(self, truth: Path) -> None:
        told = yaml.safe_load(truth.read_text(encoding="utf-8"))["scenarios"]
        self._scenarios = {name: Scenario.of(one) for name, one in told.items()}

    def app(self) -> Starlette:
        """Return the application."""
        routes = {
            "chat/completions": self._chat,
            "responses": self._response,
            "embeddings": self._embeddings,
            "messages": self._messages,
        }
        return Starlette(
            routes=[
                Route(f"{before}/v1/{path}", answer, methods=["POST"])
                for path, answer in routes.items()
                for before in ("/{scenario}", "")
            ]
        )

    async def _asked(self, request: Request) -> tuple[Scenario, Json, Response | None]:
        asked = await request.json()
        name = request.path_params.get("scenario") or _BY_MODEL[asked["model"]]
        scenario = self._scenarios[name]
        if name.endswith("timeout"):
            await asyncio.sleep(_LATER)
        return scenario, asked, _refusal(scenario, request.url.path)

    async def _chat(self, request: Request) -> Response:
        scenario, asked, refusal = await self._asked(request)
        if refusal:
            return refusal
        if asked.get("stream"):
            told = bool((asked.get("stream_options") or {}).get("include_usage"))
            return _stream(_chat_chunks(scenario, told=told))
        finish = "stop"
        message: Json = {"role": "assistant", "content": _TEXT}
        if _wants_tool(asked):
            call = {"name": "get_weather", "arguments": json.dumps(_TOOL)}
            finish = "tool_calls"
            calls = [{"id": "call_1", "type": "function", "function": call}]
            message = {"role": "assistant", "content": None, "tool_calls": calls}
        choice = {"index": 0, "message": message, "finish_reason": finish, "logprobs": None}
        head = _chat_head(scenario, "chat.completion")
        return JSONResponse(head | {"choices": [choice], "usage": _chat_usage(scenario)})

    async def _response(self, request: Request) -> Response:
        scenario, asked, refusal = await self._asked(request)
        if refusal:
            return refusal
        if asked.get("stream"):
            return _stream(_response_events(scenario))
        return JSONResponse(_whole_response(scenario))

    async def _embeddings(self, request: Request) -> Response:
        scenario, _, refusal = await self._asked(request)
        one = {"object": "embedding", "index": 0, "embedding": [0.1, 0.2]}
        usage = {"prompt_tokens": scenario.input, "total_tokens": scenario.input}
        said = {"object": "list", "data": [one], "model": scenario.model, "usage": usage}
        return refusal or JSONResponse(said)

    async def _messages(self, request: Request) -> Response:
        scenario, asked, refusal = await self._asked(request)
        if refusal:
            return refusal
        if asked.get("stream"):
            return _stream(_message_events(scenario))
        reason = "end_turn"
        content: list[Json] = [{"type": "text", "text": _TEXT}]
        if _wants_tool(asked):
            tool = {"type": "tool_use", "id": "toolu_1", "name": "get_weather", "input": _TOOL}
            content, reason = [tool], "tool_use"
        message = _message(scenario) | {"content": content, "stop_reason": reason}
        return JSONResponse(message | {"usage": _message_usage(scenario)})


@contextmanager
def serving(provider: Provider) -> Iterator[str]:
    """Serve on a free port of this machine; yield the address."""
    config = uvicorn.Config(provider.app(), port=0, log_level="critical")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join()


def _wants_tool(asked: Json) -> bool:
    """Tell whether a tool may be called and has not been yet."""
    said = json.dumps(asked["messages"])
    return bool(asked.get("tools")) and "call_1" not in said and "toolu_1" not in said


def _refusal(scenario: Scenario, path: str) -> Response | None:
    if not scenario.refused:
        return None
    error = {"type": scenario.code, "message": _WORDS[scenario.code]}
    said: Json = {"error": error | {"code": scenario.code, "param": None}}
    if path.endswith("/messages"):
        said = {"type": "error", "error": error, "request_id": "req_1"}
    # Clients that try again do not wait.
    return JSONResponse(said, scenario.refused, {"retry-after-ms": "1"})


def _stream(events: AsyncIterator[str]) -> Response:
    return StreamingResponse(events, media_type="text/event-stream")


def _chat_head(scenario: Scenario, kind: str) -> Json:
    told = {"id": "chatcmpl-1", "object": kind, "created": int(time.time())}
    return told | {"model": scenario.model, "service_tier": scenario.tier or "default"}


def _chat_usage(scenario: Scenario) -> Json:
    return {
        "prompt_tokens": scenario.input,
        "completion_tokens": scenario.output,
        "total_tokens": scenario.input + scenario.output,
        "prompt_tokens_details": {"cached_tokens": scenario.cache_read, "audio_tokens": 0},
        "completion_tokens_details": {
            "reasoning_tokens": scenario.reasoning,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _whole_response(scenario: Scenario) -> Json:
    content = {"type": "output_text", "text": _TEXT, "annotations": []}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": int(time.time()),
        "status": "completed",
        "model": scenario.model,
        "output": [message | {"content": [content]}],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "service_tier": scenario.tier or "default",
        "usage": {
            "input_tokens": scenario.input,
            "input_tokens_details": {"cached_tokens": scenario.cache_read},
            "output_tokens": scenario.output,
            "output_tokens_details": {"reasoning_tokens": scenario.reasoning},
            "total_tokens": scenario.input + scenario.output,
        },
    }


async def _response_events(scenario: Scenario) -> AsyncIterator[str]:
    whole = _whole_response(scenario)
    begun = whole | {"status": "in_progress", "output": [], "usage": None}
    where = {"item_id": "msg_1", "output_index": 0, "content_index": 0, "logprobs": []}
    yield _event("response.created", {"sequence_number": 0, "response": begun})
    for number, word in enumerate(("A ", "short ", "answer."), start=1):
        await asyncio.sleep(0.02)
        said = {"sequence_number": number, "delta": word}
        yield _event("response.output_text.delta", where | said)
    yield _event("response.completed", {"sequence_number": 4, "response": whole})


async def _chat_chunks(scenario: Scenario, *, told: bool) -> AsyncIterator[str]:
    head = _chat_head(scenario, "chat.completion.chunk")
    for word in ("A ", "short ", "answer."):
        await asyncio.sleep(0.02)
        delta = {"index": 0, "delta": {"content": word}, "finish_reason": None}
        yield f"data: {json.dumps(head | {'choices': [delta]})}\n\n"
    end = {"index": 0, "delta": {}, "finish_reason": "stop"}
    yield f"data: {json.dumps(head | {'choices': [end]})}\n\n"
    if told:
        usage = {"choices": [], "usage": _chat_usage(scenario)}
        yield f"data: {json.dumps(head | usage)}\n\n"
    yield "data: [DONE]\n\n"


def _message(scenario: Scenario) -> Json:
    told = {"id": "msg_1", "type": "message", "role": "assistant", "model": scenario.model}
    return told | {"content": [], "stop_reason": None, "stop_sequence": None}


def _message_usage(scenario: Scenario) -> Json:
    """Return usage as Anthropic tells it: the cache beside the input, not in it."""
    return {
        "input_tokens": scenario.input - scenario.cache_read - scenario.cache_write,
        "cache_creation_input_tokens": scenario.cache_write,
        "cache_read_input_tokens": scenario.cache_read,
        "cache_creation": {
            "ephemeral_5m_input_tokens": scenario.cache_write - scenario.cache_write_1h,
            "ephemeral_1h_input_tokens": scenario.cache_write_1h,
        },
        "output_tokens": scenario.output,
        "output_tokens_details": {"thinking_tokens": scenario.reasoning},
        "service_tier": scenario.tier or "standard",
    }


async def _message_events(scenario: Scenario) -> AsyncIterator[str]:
    usage = _message_usage(scenario)
    begun = _message(scenario) | {"usage": usage | {"output_tokens": 1}}
    block = {"index": 0, "content_block": {"type": "text", "text": ""}}
    ended = {"delta": {"stop_reason": "end_turn", "stop_sequence": None}}
    told = {"usage": {name: usage[name] for name in ("output_tokens", "output_tokens_details")}}
    yield _event("message_start", {"message": begun})
    yield _event("content_block_start", block)
    for word in ("A ", "short ", "answer."):
        await asyncio.sleep(0.02)
        delta = {"index": 0, "delta": {"type": "text_delta", "text": word}}
        yield _event("content_block_delta", delta)
    yield _event("content_block_stop", {"index": 0})
    yield _event("message_delta", ended | told)
    yield _event("message_stop", {})


def _event(kind: str, said: Json) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind} | said)}\n\n"
