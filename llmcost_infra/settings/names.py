"""Names of the streams and functions of a stack, and how a name becomes a part of another."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from typing import Annotated, Final, Literal

from llmcost_infra.declarations import fitting

__all__ = ["Environment", "Functions", "StreamType", "Streams", "slug"]

Environment = Annotated[
    str, fitting(r"^[a-z][a-z0-9-]*$", "use lower-case letters, digits and -, a letter first")
]
"""dev, staging, prod, local, …"""

StreamType = Literal["logs", "traces"]

_LONGEST_SLUG: Final = 48
_OF_TRACES: Final = frozenset({"source", "calls", "other"})


@dataclass(frozen=True, slots=True)
class Streams:
    """Names of the streams of a stack.

    Args:
        source: where applications send; keeps nothing itself.
        calls: the LLM stream, one row a call or tool run, no text.
        other: where spans go that are neither.
        other_logs: where log records go that are about no call.
        quarantine: rows that the pipeline did not finish, numbers and ids only.
        rollup: totals of hours and days, kept for years.
        content: scrubbed prompts and completions, where the stack captures them.
        billing: what days cost by the provider's bill and by ours.
    """

    source: str
    calls: str
    other: str
    other_logs: str
    quarantine: str
    rollup: str
    content: str
    billing: str

    @property
    def log_source(self) -> str:
        """Where applications send log records: under one name with spans, so in one header."""
        return self.source

    @staticmethod
    def type_of(role: str) -> StreamType:
        """Return the type of a stream, e.g. of `content`.

        What spans and log records both fill is of logs: a pipeline that reads logs fills no other.
        """
        return "traces" if role in _OF_TRACES else "logs"


@dataclass(frozen=True, slots=True)
class Functions:
    """Names of the pipeline's functions, in the order in which a row meets them.

    Args:
        mark_new: marks every row as unfinished.
        normalise: reads dialects, prices, attributes, and marks the row done.
        read_logs: takes what log records say about calls apart, and marks the row done.
        project: lets the columns of the LLM stream through and nothing else.
        adjust: lets a call that was priced again through, column by column.
        scrub_other: removes LLM text from what is about no call.
        quarantine: lets numbers and ids of unfinished rows through and nothing else.
        project_content: lets scrubbed prompts and completions through, where they are captured.
    """

    mark_new: str
    normalise: str
    read_logs: str
    project: str
    adjust: str
    scrub_other: str
    quarantine: str
    project_content: str


def slug(name: str) -> str:
    """Return a part of a name; what had to be changed for that is told apart by a hash."""
    plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")[:_LONGEST_SLUG]
    if plain == name:
        return plain
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{plain}_{digest}" if plain else digest
