"""Sends recorded telemetry as if it happened now."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import Progress

from llmcost_infra.errors import LlmCostError
from llmcost_infra.first_run.at_hand import client_at_hand
from llmcost_infra.first_run.otlp_files import SIGNALS, Recorded, Signal, files_of, read_file
from llmcost_infra.first_run.otlp_move import FreshIds, newest, row_count, shift

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.openobserve import Client

__all__ = ["run_ingest"]


def run_ingest(
    paths: Sequence[Path],
    *,
    stream: str,
    keep_ids: bool = False,
    client: Client | None = None,
    console: Console | None = None,
) -> None:
    """Send recorded OTLP files, with their times moved so that the newest is now.

    Args:
        paths: files of OTLP/JSON, or folders of ``*.json``.
        stream: where traces and logs go.
        keep_ids: leave trace and span ids as recorded, so that the same calls are sent again.
        client: of the server; by default of the one that the environment names, else of the
            embedded one of this project.
        console: where to print.

    Raises:
        DeclarationError: a file cannot be read; nothing was sent.
        OpenObserveError: no server is there, or it refused a request.
        LlmCostError: the server refused rows.
    """
    out = console or Console(soft_wrap=True, highlight=False)
    files = files_of(paths)
    with Progress(console=out, transient=True, disable=not out.is_terminal) as progress:
        recorded = [
            request
            for file in progress.track(files, description="Reading")
            for request in read_file(file)
        ]
        with client or client_at_hand() as server:
            # Sending to an organization that is not there would make it.
            server.check()
            moved = _move(recorded, time.time_ns(), keep_ids=keep_ids)
            sending = _Sending(server, stream, moved)
            try:
                for request in progress.track(recorded, description="Sending"):
                    sending.send(request)
            finally:
                sending.report(out)
    sending.complain()


def _move(recorded: Sequence[Recorded], now: int, *, keep_ids: bool) -> timedelta:
    """Move all times by one amount, give ids, and return the amount."""
    latest = newest(request.message for request in recorded)
    by = now - latest if latest else 0
    ids = FreshIds()
    for request in recorded:
        shift(request.message, by)
        if not keep_ids:
            ids.give(request.message)
    return timedelta(seconds=round(by / 1e9))


@dataclass
class _Tally:
    """What became of one kind of telemetry.

    Args:
        signal: the kind.
    """

    signal: Signal
    rows: int = 0
    refused: int = 0
    files: set[Path] = field(default_factory=set[Path])
    said: set[str] = field(default_factory=set[str])


class _Sending:
    """Sends requests and counts.

    Args:
        client: of the server.
        stream: where traces and logs go.
        moved: by how much times were moved.
    """

    def __init__(self, client: Client, stream: str, moved: timedelta) -> None:
        self._client = client
        self._stream = stream
        self._moved = moved
        self._tallies = {signal.key: _Tally(signal) for signal in SIGNALS}

    def send(self, request: Recorded) -> None:
        """Send a request and note what the server says."""
        signal = request.signal
        # A metric's stream has the name of the metric.
        stream = "" if signal.name == "metrics" else self._stream
        body = request.message.SerializeToString()
        answer: Any = signal.answer()
        answer.ParseFromString(self._client.export(signal.name, body, stream))
        tally = self._tallies[signal.key]
        tally.rows += row_count(request.message)
        tally.files.add(request.file)
        partial = answer.partial_success
        tally.refused += getattr(partial, f"rejected_{signal.row.replace(' ', '_')}s")
        tally.said |= {partial.error_message} - {""}

    def report(self, out: Console) -> None:
        """Print a line for each kind of telemetry that was sent."""
        place = f"organization {self._client.organization} at {self._client.url}"
        for tally in self._tallies.values():
            if not tally.files:
                continue
            metrics = tally.signal.name == "metrics"
            stream = "streams of the metrics' names" if metrics else f"stream {self._stream}"
            out.print(
                f"{_count(tally.rows, tally.signal.row)} from {_count(len(tally.files), 'file')} "
                f"went to {stream} of {place}, {_words(self._moved)}.",
                markup=False,
            )
            if tally.said and not tally.refused:
                out.print(f"The server says: {'; '.join(sorted(tally.said))}.", markup=False)

    def complain(self) -> None:
        """Tell what the server refused.

        Raises:
            LlmCostError: there was something.
        """
        refused = [
            f"{_count(tally.refused, tally.signal.row)} ({'; '.join(sorted(tally.said))})"
            for tally in self._tallies.values()
            if tally.refused
        ]
        if refused:
            raise LlmCostError(
                f"{self._client.url} refused {' and '.join(refused)}.",
                hint="The newest time of a command becomes now, and what was recorded more than "
                "five hours before it is too old for the server: send that by itself.",
            )


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _words(moved: timedelta) -> str:
    if moved < timedelta():
        return f"moved back by {-moved}"
    return f"moved forward by {moved}"
