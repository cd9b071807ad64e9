"""A service of two processes that are forked when all is set up: `gunicorn --preload web:app`."""

from __future__ import annotations

import multiprocessing
import os
from typing import TYPE_CHECKING, Any

import openai

from llmcost_infra.telemetry import attribute, configure, track

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ASKED: Any = {"model": "gpt-4o", "messages": [{"role": "user", "content": "About fjords."}]}

configure(service="forked", team="content")
client = track(openai.OpenAI(max_retries=0))
# A connection that is open when processes fork is everybody's, so this client is gone by then.
with attribute(feature="before the fork"), openai.OpenAI(max_retries=0) as first:
    track(first).chat.completions.create(**ASKED)
# Requests come in pairs, and a process answers one at a time: so each gets one of a pair.
pair = multiprocessing.get_context("fork").Barrier(2)


def app(asked: dict[str, Any], start: Callable[..., Any]) -> Iterator[bytes]:
    """Answer with the number of the process, then with what the model says."""
    start("200 OK", [("content-type", "text/plain")])
    if asked["QUERY_STRING"] == "pair":
        pair.wait(30)
    return answer(asked["PATH_INFO"].strip("/"))


def answer(feature: str) -> Iterator[bytes]:
    """Yield what the model says, while it does."""
    # The response is read when the function that made it has returned.
    told = attribute(feature=feature)(_stream)
    yield f"{os.getpid()} ".encode()
    yield from told()


def _stream() -> Iterator[bytes]:
    for piece in client.chat.completions.create(stream=True, **ASKED):
        if word := piece.choices[0].delta.content:
            yield word.encode()
