"""Keeps the sample traffic of the last hours complete: sends what is missing, and nothing twice."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rich.progress import Progress

from llmcost_infra.errors import LlmCostError
from llmcost_infra.first_run.send import Endpoint, send
from llmcost_infra.first_run.traffic import WINDOW_HOURS, SampleTrace

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rich.console import Console

    from llmcost_infra.openobserve import Client
    from llmcost_infra.settings import Settings

__all__ = ["MOST_ROWS", "Samples"]

MOST_ROWS = 100_000
"""Far more rows than a first run has; the server would cut an unlimited answer at 1,000."""

_ARRIVES_WITHIN_S = 60.0


@dataclass(frozen=True, slots=True)
class Samples:
    """The sample traffic of one stack.

    Args:
        client: asks what is there.
        endpoint: takes what is not.
        settings: name the streams.
        window: start and end, UTC.
    """

    client: Client
    endpoint: Endpoint
    settings: Settings
    window: tuple[datetime, datetime]

    def fill(self, traces: Sequence[SampleTrace], out: Console) -> None:
        """Send the traces that are not there yet, and wait until they are.

        Raises:
            TransportError: the server did not take them.
            LlmCostError: they were taken and did not arrive in the LLM stream.
        """
        there = self._known()
        missing = [trace for trace in traces if _hex(trace) not in there]
        if not missing:
            out.print(f"Sample traffic of the last {WINDOW_HOURS} hours is there already.")
            return
        spans = sum(len(trace.calls) + 1 for trace in missing)
        out.print(
            f"Sending {len(missing)} sample traces ({spans} spans) of the last {WINDOW_HOURS} "
            f"hours to stream {self.endpoint.stream} of organization "
            f"{self.endpoint.organization} at {self.endpoint.url}."
        )
        with Progress(console=out, transient=True, disable=not out.is_terminal) as progress:
            task = progress.add_task("Sending", total=spans)
            send(missing, self.endpoint, lambda sent: progress.update(task, completed=sent))
        self._await({_hex(trace) for trace in traces})

    def others(self, traces: Sequence[SampleTrace]) -> int:
        """Return how many traces of the window the LLM stream holds besides the sample traces."""
        return len(self._known() - {_hex(trace) for trace in traces})

    def _await(self, expected: set[str]) -> None:
        end = time.monotonic() + _ARRIVES_WITHIN_S
        while missing := expected - self._known():
            if time.monotonic() > end:
                names = self.settings.streams
                raise LlmCostError(
                    f"{len(missing)} of {len(expected)} sample traces did not reach the stream "
                    f"{names.calls} within {_ARRIVES_WITHIN_S:.0f} s.",
                    hint=f"Look for them in the quarantine stream {names.quarantine}.",
                )
            time.sleep(0.25)

    def _known(self) -> set[str]:
        found = self.client.search(
            f'SELECT trace_id, COUNT(*) AS spans FROM "{self.settings.streams.calls}" '  # noqa: S608 - settings validate it
            f"GROUP BY trace_id ORDER BY trace_id LIMIT {MOST_ROWS}",
            *self.window,
            stream_type="traces",
            size=MOST_ROWS,
        )
        return {str(row["trace_id"]) for row in found.hits}


def _hex(trace: SampleTrace) -> str:
    return f"{trace.trace_id:032x}"
