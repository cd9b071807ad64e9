"""What changed statements cost a server: rows and bytes that it reads, before and after."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from llmcost_infra.errors import ApiError, LlmCostError
from llmcost_infra.first_run.panels import all_selected
from llmcost_infra.openobserve.kinds.rules import entries
from llmcost_infra.review.notes import Note, words_of
from llmcost_infra.review.objects import inputs_of
from llmcost_infra.review.row_sources import LIVE_RANGE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from llmcost_infra.openobserve import Client
    from llmcost_infra.openobserve.client import SearchResult
    from llmcost_infra.program import Program
    from llmcost_infra.review.changes import Change
    from llmcost_infra.review.finding import Subject

__all__ = ["Scan", "scans"]

_MB: Final = 1_000_000
_ASPECTS: Final = frozenset({"added", "limit", "sql"})


@dataclass(frozen=True, slots=True)
class Scan:
    """What a changed statement costs.

    Args:
        subject: the panel or alert.
        stack: its stack.
        sentence: rows and bytes that are read, and how many rows come back.
    """

    subject: Subject
    stack: str
    sentence: str


@dataclass(frozen=True, slots=True)
class _Asked:
    """A statement as somebody would send it.

    Args:
        sql: every variable on "all".
        stream_type: of what it reads.
        span: how far back it looks.
    """

    sql: str
    stream_type: str
    span: timedelta


def scans(  # noqa: PLR0913 - a server, a change, its stack and a time
    client: Client,
    changes: Iterable[Change],
    sides: Mapping[str, Program],
    stack: str,
    now: datetime,
    *,
    prefix: str = "",
) -> tuple[tuple[Scan, ...], tuple[Note, ...]]:
    """Ask a server each changed statement as it was and as it will be.

    Only numbers are kept of an answer. A server that does not answer ends the asking.

    Args:
        client: of the stack's server.
        changes: what the review found in the stack.
        sides: ``before`` and ``after``, the stack's program at both ends.
        stack: its name.
        now: UTC.
        prefix: of names of the stack.
    """
    found: list[Scan] = []
    for change in changes:
        finding = change.finding
        wanted = finding.aspect in _ASPECTS and finding.subject.kind in {"alert", "panel"}
        if not wanted:
            continue
        pair = [_statement(program, finding.subject, prefix) for program in sides.values()]
        try:
            told = [None if one is None else _answered(client, one, now) for one in pair]
        except LlmCostError as error:
            return tuple(found), (Note("--live", error.message, (stack,)),)
        sentence = _sentence(told, pair[-1])
        if sentence and all(one.subject != finding.subject for one in found):
            found.append(Scan(finding.subject, stack, sentence))
    return tuple(found), ()


def _statement(program: Program, subject: Subject, prefix: str) -> _Asked | None:
    inputs = inputs_of(program, subject, prefix)
    if inputs is None:
        return None
    if subject.kind == "alert":
        sql = entries(inputs).get("query_condition", {}).get("sql")
        minutes = entries(inputs).get("trigger_condition", {}).get("period", 0)
        return (
            _Asked(str(sql), str(inputs["stream_type"]), timedelta(minutes=minutes))
            if sql
            else None
        )
    _, tab, _, panel = subject.key.split(".")
    found = entries(entries(inputs["tabs"]).get(tab, {}).get("panels")).get(panel)
    if not found or not found.get("query"):
        return None
    sql = all_selected(found["query"], entries(inputs.get("variables")))
    return _Asked(sql, str(found["stream_type"]), LIVE_RANGE)


def _answered(client: Client, asked: _Asked, now: datetime) -> SearchResult | str:
    """Return an answer, or the words of a refusal."""
    try:
        return client.search(asked.sql, now - asked.span, now, stream_type=asked.stream_type)
    except ApiError as error:
        return words_of(error)


def _sentence(told: list[SearchResult | str | None], asked: _Asked | None) -> str:
    before, after = told
    if after is None or asked is None:
        return ""
    if isinstance(after, str):
        return f"the server refuses it: {after}"
    hours = round(asked.span.total_seconds() / 3600)
    window = f"{hours} hours" if hours > 1 else f"{asked.span.total_seconds() / 60:.0f} minutes"
    was = "" if before is None or isinstance(before, str) else f" instead of {_read(before)}"
    if was.endswith(f" {_read(after)}"):
        was = ", as before,"
    rows = f"{len(after.hits):,} row{'s' if len(after.hits) != 1 else ''}"
    return f"reads {_read(after)}{was} for {window}, and answers with {rows}"


def _read(answer: SearchResult) -> str:
    size = f" ({answer.scanned_mb:,.1f} MB)" if answer.scanned_mb else ""
    return f"{answer.scanned_rows:,} rows{size}"
