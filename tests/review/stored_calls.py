"""A server that holds calls, as far as a review asks one."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from llmcost_infra.columns import STORED
from llmcost_infra.openobserve.client import SearchResult
from llmcost_infra.sql_engine.intervals import TimeRange
from llmcost_infra.sql_engine.sql import MemoryStreams, query
from tests.alerts.stored import TYPES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

STREAM = "llm_calls"


@dataclass
class StoredCalls:
    """Answers statements over rows of the LLM stream, in the engine that the server uses.

    Args:
        rows: by stored names; what one has not is null.
        days: that they are kept; 0 as long as the server does.
    """

    rows: Sequence[dict[str, Any]]
    days: int = 0
    url: str = "http://localhost"
    organization: str = "default"
    asked: list[str] = field(default_factory=list[str])

    @cached_property
    def _table(self) -> pa.Table:
        schema = pa.schema([(name, TYPES[kind]) for name, kind in STORED.items()])
        return pa.Table.from_pylist(list(self.rows), schema=schema)

    def get(self, path: str, params: dict[str, str]) -> Any:
        """Return the schema of the stream."""
        assert path.endswith(f"/streams/{STREAM}/schema"), (path, params)
        settings = {"data_retention": self.days}
        return {"schema": [{"name": name} for name in STORED], "settings": settings}

    def search(
        self, sql: str, start: datetime, end: datetime, *, stream_type: str = "", size: int = 1000
    ) -> SearchResult:
        """Return what the statement finds in a range."""
        del stream_type
        self.asked.append(sql)
        reach = TimeRange(*(round(at.timestamp() * 1_000_000) for at in (start, end)))
        found = query(sql, MemoryStreams({STREAM: self._table}), reach, size=size, now=reach.end)
        assert not found.fault, found.fault
        return SearchResult(list(found.rows), len(found.rows), 1)
