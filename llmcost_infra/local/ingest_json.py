"""`_json`: log records as plain JSON."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

from llmcost_infra.local.ingest_text import read_text
from llmcost_infra.local.naming import flatten
from llmcost_infra.local.shapes import is_list, is_object
from llmcost_infra.utc import microseconds

if TYPE_CHECKING:
    from llmcost_infra.local.ingest_window import Window

__all__ = ["Records", "read_records"]

Row = dict[str, Any]

# A number below each of these counts seconds, milliseconds, microseconds; above, nanoseconds.
_UNITS = ((10**11, 1_000_000), (10**14, 1_000), (10**17, 1))


class Records:
    """The records of a request: rows, and those that are refused."""

    def __init__(self) -> None:
        self.rows: list[Row] = []
        self.failed = 0
        self.error = ""

    def add(self, record: Row, window: Window) -> None:
        """Take one record in, or note why not."""
        row = flatten(record)
        time = _time(row.get("_timestamp"), window.now)
        if time is None:
            self.refuse("invalid timestamp")
        else:
            self.add_flat(row, time, window)

    def add_flat(self, row: Row, time: int, window: Window) -> None:
        """Take a flat row in, or note that its time is refused."""
        refusal = window.refusal(time)
        if refusal:
            self.refuse(refusal)
        else:
            row["_timestamp"] = time
            self.rows.append(row)

    def refuse(self, reason: str) -> None:
        """Count a record that is not taken in."""
        self.failed += 1
        self.error = reason

    def status(self, stream: str) -> dict[str, Any]:
        """Return what the answer says about a stream."""
        status: dict[str, Any] = {
            "name": stream,
            "successful": len(self.rows),
            "failed": self.failed,
        }
        return status | ({"error": self.error} if self.error else {})


def read_records(body: bytes, window: Window) -> Records:
    """Read a list of records, or one.

    Raises:
        Refusal: the body is no JSON.
    """
    content = read_text(body.decode("utf-8", errors="replace"))
    records = Records()
    sent: list[Any] = content if is_list(content) else [content]
    for record in sent:
        if is_object(record):
            records.add(record, window)
        else:
            records.refuse("invalid record: expected an object")
    return records


def _time(value: Any, now: int) -> int | None:
    """Return a time in microseconds, whatever unit or form it has; now when there is none."""
    if value is None:
        return now
    if isinstance(value, str):
        return _in_micros(int(value)) if value.isdigit() else _parsed(value)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return _in_micros(value) if value else now


def _parsed(text: str) -> int | None:
    try:
        parsed = dt.datetime.fromisoformat(text)
    except ValueError:
        return None
    zoned = parsed if parsed.tzinfo else parsed.replace(tzinfo=dt.UTC)
    return microseconds(zoned)


def _in_micros(value: float) -> int:
    """Return a number as microseconds, by its size."""
    for limit, factor in _UNITS:
        if abs(value) < limit:
            return int(value * factor)
    return int(value) // 1000
