"""What a line of an OpenAI bill is; its words are no contract, so what is unknown is kept."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from llmcost_infra.pricing.table import BATCH, STANDARD
from llmcost_infra.reconcile.records import Lane

__all__ = ["LONG_CONTEXT", "LineItem", "line_item"]

LONG_CONTEXT: Final = 1
"""Stands for the limit of a lane where the item says that there is one, but not which."""

# Such as "priority | gpt-5.6-sol, cached input, long context" or "gpt-audio-mini audio, input".
_ITEM: Final = re.compile(
    r"(?:(?P<tier>batch|flex|priority|scale) \| )?"
    r"(?P<model>[A-Za-z0-9][\w.:\-]*)"
    r"(?P<modality> (?:audio|image|text))?, "
    r"(?:(?P<served>batch|flex|priority|scale) )?"
    r"(?P<kind>input|output|cached input|cache writes?|embeddings?)"
    r"(?P<long>, long context)?"
)
_CLASSES: Final = {
    "input": "input",
    "output": "output",
    "cached input": "cache_read",
    "cache write": "cache_write",
    "cache writes": "cache_write",
    "embedding": "input",
    "embeddings": "input",
}
# What calls of applications never show, by words that such items hold.
_ELSEWHERE: Final = re.compile(
    r"fine.?tun|training|image|dall-e|audio|whisper|tts|transcri|speech|realtime|video|sora"
    r"|storage|vector|web search|file search|code interpreter|container|session|moderation"
    r"|eval|tool call|assistants|credit|discount|tax\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class LineItem:
    """A line of a bill, understood.

    Args:
        model: it is about; empty if none.
        token_class: of the price table; empty where it is not sold by tokens of text.
        lane: the one that it names, else None.
        known: False where nobody knows what it is.
    """

    model: str = ""
    token_class: str = ""
    lane: Lane | None = None
    known: bool = True


def line_item(text: str) -> LineItem:
    """Return what a line item says.

    Args:
        text: the provider's words, such as `gpt-4o-2024-08-06, cached input`.
    """
    found = _ITEM.fullmatch(text.strip())
    if found is None or found["modality"] in {" audio", " image"}:
        return LineItem(known=bool(_ELSEWHERE.search(text)))
    tier = found["tier"] or found["served"]
    lane = None
    if tier or found["long"]:
        # What no batch is and no tier stands under the standard one.
        lane = Lane(
            BATCH if tier == "batch" else tier or STANDARD, LONG_CONTEXT if found["long"] else 0
        )
    return LineItem(found["model"], _CLASSES[found["kind"]], lane)
