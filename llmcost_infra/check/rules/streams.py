"""Streams and prices: how long rows are kept, what blanks a panel, and what is overdue."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.check.registered import COST, TEXTS
from llmcost_infra.check.registry import Breach, rule
from llmcost_infra.check.rules.pipelines import functions_before, outputs
from llmcost_infra.columns import STORED
from llmcost_infra.openobserve.kinds.rules import entries
from llmcost_infra.profiles import PROFILES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.check.stack import StackView

__all__ = ["client_numbers", "content", "retention"]

_SERVER = {column for profile in PROFILES.values() for column in profile.declares}


@rule("stream-retention")
def retention(stack: StackView) -> Iterator[Breach]:
    """Without a retention a stream keeps rows as long as the server does: by default ten years.

    Wrong::

        Stream("calls", name="llm_calls", stream_type="traces")

    Right::

        Stream("calls", name="llm_calls", stream_type="traces", data_retention=400)
    """
    filled = {out for pipeline in stack.of("Pipeline") for out in outputs(pipeline.inputs)}
    for key, stream in stack.streams.items():
        if key in filled and not stream.inputs.get("data_retention"):
            said = f"the stream {key[1]} is filled by this stack and has no retention"
            yield Breach(stream, "data_retention", said, "set data_retention (days)")


@rule("stream-content")
def content(stack: StackView) -> Iterator[Breach]:
    """Prompts and completions are kept for less long than the counts of the same calls.

    Wrong::

        Stream("content", …, fields={"llmcost_prompt": "utf8"}, data_retention=400)

    Right::

        Stream("content", …, fields={"llmcost_prompt": "utf8"}, data_retention=7)
    """
    kept = [
        stream.inputs.get("data_retention") or 0
        for stream in stack.streams.values()
        if COST in _fields(stream.inputs)
    ]
    for (_, name), stream in stack.streams.items():
        texts = [column for column in TEXTS if column in _fields(stream.inputs)]
        days: Any = stream.inputs.get("data_retention") or 0
        if texts and kept and (not days or any(most and days >= most for most in kept)):
            said = (
                f"{name} keeps texts ({', '.join(texts)}) as long as calls are counted, or longer"
            )
            yield Breach(stream, "data_retention", said, "shorten its data_retention")


@rule("stream-client-numbers")
def client_numbers(stack: StackView) -> Iterator[Breach]:
    """A client's attribute is stored as text; declared as a number, one bad value blanks panels.

    Every query that touches the column then answers with no rows or some, and status 200. Columns
    that a function of a pipeline writes, or the server itself, keep their type.

    Wrong::

        Stream(…, stream_type="traces", fields={"retry_count": "int64"})

    Right::

        Stream(…, stream_type="traces", fields={"retry_count": "utf8"})
    """
    for (kind, name), stream in stack.streams.items():
        if kind != "traces":
            continue
        written = "\n".join(functions_before(stack, kind, name))
        for column, type_ in _fields(stream.inputs).items():
            ours = column in STORED or column in _SERVER or column in written
            if str(type_).lower() not in {"utf8", "none"} and not ours:
                said = f"{column} comes from clients and is declared as {type_}"
                hint = "declare it as utf8 and cast in SQL, or write it in a function"
                yield Breach(stream, f"fields.{column}", said, hint)


def _fields(inputs: Any) -> dict[str, Any]:
    return dict(entries(inputs).get("fields", {}))
