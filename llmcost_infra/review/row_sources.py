"""Where pictures get their rows: the sample calls, a file, or a server."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final, Protocol

from llmcost_infra.backtest import needed_columns, read_rows
from llmcost_infra.columns import STORED
from llmcost_infra.errors import LlmCostError
from llmcost_infra.pictures import PanelData, TimeRange
from llmcost_infra.review.notes import words_of
from llmcost_infra.review.sample import SAMPLE_END, SAMPLE_START, sample_rows
from llmcost_infra.review.showable import withheld
from llmcost_infra.sql_engine.arrow import arrow
from llmcost_infra.sql_engine.intervals import TimeRange as Window
from llmcost_infra.sql_engine.sql import MemoryStreams, query
from llmcost_infra.utc import at_microseconds, microseconds

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from llmcost_infra.openobserve import Client
    from llmcost_infra.openobserve.kinds.base import Inputs
    from llmcost_infra.pricing import PriceTable

__all__ = ["LIVE_RANGE", "FileRows", "RowSource", "SampleRows", "ServerRows"]

LIVE_RANGE: Final = timedelta(hours=24)
"""What pictures of recorded and live rows show: the last day."""

_KINDS: Final = {
    "utf8": arrow.string(),
    "int64": arrow.int64(),
    "uint64": arrow.uint64(),
    "float64": arrow.float64(),
    "boolean": arrow.bool_(),
}


class RowSource(Protocol):
    """Answers the statements of panels."""

    @property
    def label(self) -> str:
        """What a report calls it, e.g. ``sample calls``."""
        ...

    @property
    def time_range(self) -> TimeRange:
        """What pictures show."""
        ...

    def answer(self, sql: str, panel: Inputs) -> PanelData:
        """Return what a statement answers, every variable on "all"; a refusal is an answer too."""
        ...


class SampleRows:
    """The sample calls of `make up`: always the same, and nobody's.

    Args:
        table: prices of the calls.
    """

    def __init__(self, table: PriceTable) -> None:
        self.label = "sample calls"
        self.time_range = TimeRange(SAMPLE_START, SAMPLE_END)
        schema = arrow.schema([(name, _KINDS[kind]) for name, kind in STORED.items()])
        self._rows = arrow.Table.from_pylist(list(sample_rows(table)), schema=schema)

    def answer(self, sql: str, panel: Inputs) -> PanelData:
        """Return what a statement answers, whatever its stream is called."""
        return _asked(sql, str(panel.get("stream")), self._rows, self.time_range)


class FileRows:
    """Rows of the LLM stream in a file: their last day, or all if they are fewer.

    Args:
        path: Parquet or NDJSON.
        first_us: time of the first row, Unix µs.
        last_us: time of the last row, Unix µs.
    """

    def __init__(self, path: Path, first_us: int, last_us: int) -> None:
        self._path = path
        start, end = at_microseconds(first_us), at_microseconds(last_us + 1)
        self.label = f"the last day of {path.name}"
        self.time_range = TimeRange(max(start, end - LIVE_RANGE), end)

    def answer(self, sql: str, panel: Inputs) -> PanelData:
        """Return what a statement answers, unless it would show users or free text."""
        if panel.get("stream_type") != "traces":
            return PanelData(withheld=f"of {panel.get('stream')} there are no rows")
        if why := withheld(sql):
            return PanelData(withheld=why)
        try:
            batch = read_rows(self._path, needed_columns([sql])).batch
        except LlmCostError as error:
            return PanelData(withheld=error.message)
        table = arrow.Table.from_batches([batch])
        return _asked(sql, str(panel.get("stream")), table, self.time_range)


@dataclass(frozen=True, slots=True)
class ServerRows:
    """Rows of a server: its last day.

    Args:
        client: of the stack's server.
        now: UTC.
    """

    client: Client
    now: datetime
    label: str = "the last day on the server"

    @property
    def time_range(self) -> TimeRange:
        """The day before now."""
        return TimeRange(self.now - LIVE_RANGE, self.now)

    def answer(self, sql: str, panel: Inputs) -> PanelData:
        """Return what the server answers, unless it would show users or free text."""
        if why := withheld(sql):
            return PanelData(withheld=why)
        start, end = self.now - LIVE_RANGE, self.now
        try:
            found = self.client.search(sql, start, end, stream_type=str(panel.get("stream_type")))
        except LlmCostError as error:
            return PanelData(refusal=words_of(error))
        return PanelData(found.hits, found.bucket_s)


def _asked(sql: str, stream: str, rows: Any, time_range: TimeRange) -> PanelData:
    start, end = (microseconds(one) for one in (time_range.start, time_range.end))
    try:
        answer = query(sql, MemoryStreams({stream: rows}), Window(start, end), now=end)
    except LlmCostError as error:
        return PanelData(refusal=error.message)
    return PanelData(answer.rows, answer.bucket)
