"""Streams: their columns, settings and life, and how ingested columns change them.

A stream keeps versions of its columns by the time from which they hold. Types that give way make
a new version that begins with the batch's earliest row; the version that begins last is the one
that everybody reads, so that rows from before a declaration never undo it.
"""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, cast

from llmcost_infra.local import stream_settings
from llmcost_infra.local.responses import Refusal
from llmcost_infra.local.rows import StreamKey
from llmcost_infra.sql_engine.columns import widens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from llmcost_infra.local.objects import Objects
    from llmcost_infra.local.rows import RowStore
    from llmcost_infra.local.server import Server

__all__ = ["KIND", "Streams", "column_type", "track_distinct"]

KIND = "stream"
"""What streams are called in the object store."""

_DELETING = "deleting_stream"
_DELETE_MICROS = 5_000_000
_HOUR = 3_600_000_000  # microseconds
_TYPES = {
    "utf8": "Utf8",
    "largeutf8": "LargeUtf8",
    "int64": "Int64",
    "uint64": "UInt64",
    "float64": "Float64",
    "boolean": "Boolean",
}
_NO_CHANGE: dict[str, str] = {}


def column_type(written: str) -> str | None:
    """Return the server's name of a column type, or None when it has no such type."""
    return _TYPES.get(written.lower())


class Streams:
    """All streams of one server.

    Args:
        objects: keeps columns and settings.
        rows: keeps the rows.
        clock: microseconds since 1970.
    """

    def __init__(self, objects: Objects, rows: RowStore, clock: Callable[[], int]) -> None:
        self._objects = objects
        self._rows = rows
        self._clock = clock
        self._lock = RLock()
        self._known: dict[StreamKey, dict[str, Any] | None] = {}
        self._expired_at = 0

    def get(self, key: StreamKey) -> dict[str, Any] | None:
        """Return a stream's record: columns (name → type), settings, created_at."""
        with self._lock:
            if key not in self._known:
                self._known[key] = self._objects.get(key.org, KIND, _object_key(key))
            return self._known[key]

    def list(self, org: str, kind: str) -> list[dict[str, Any]]:
        """Return the records of an organization's streams of one type, by name."""
        records = [record for record in self._objects.list(org, KIND) if record["type"] == kind]
        return sorted(records, key=lambda record: record["name"])

    def columns(self, key: StreamKey) -> dict[str, str] | None:
        """Return the columns that a query sees, or None when there are none."""
        record = self.get(key)
        return (record["columns"] or None) if record else None

    def create(self, key: StreamKey, columns: Mapping[str, str], settings: dict[str, Any]) -> None:
        """Make a stream, as declared.

        Raises:
            Refusal: it is there, is being deleted, or its settings are refused; in the last two
                cases the stream is there afterwards, with default settings.
        """
        with self._lock:
            if self.get(key) is not None:
                raise Refusal(400, "stream already exists")
            now = self._clock()
            declared = {**columns}
            declared.setdefault("_timestamp", "Int64")
            record = self._put(key, _record(key, declared, now))
            self.refuse_deleting(key)
            record["settings"] = stream_settings.created(settings, declared, now)
            self._put(key, record)

    def change(self, key: StreamKey, sent: dict[str, Any]) -> None:
        """Change settings and add columns.

        Raises:
            Refusal: there is no such stream, or the change is refused.
        """
        with self._lock:
            self.refuse_deleting(key)
            record = self.get(key)
            if record is None:
                raise Refusal(404, "stream not found")
            after = {**record}
            after["settings"] = stream_settings.changed(record["settings"], sent, self._clock())
            fields = cast("dict[str, list[dict[str, str]]]", sent.get("fields") or {})
            after["columns"] = _with_fields(record["columns"], fields)
            self._put(key, after)

    def delete(self, key: StreamKey) -> None:
        """Remove a stream and its rows; its name stays taken for some seconds.

        Raises:
            Refusal: there is no such stream.
        """
        with self._lock:
            if self.get(key) is None:
                raise Refusal(404, "stream not found")
            # Rows first: a crash in between leaves a stream without rows, never rows without one.
            self._rows.drop(key)
            until = {"until": self._clock() + _DELETE_MICROS}
            self._objects.put(key.org, _DELETING, _object_key(key), until)
            self._objects.delete(key.org, KIND, _object_key(key))
            self._known[key] = None

    def refuse_deleting(self, key: StreamKey) -> None:
        """Refuse to touch a stream whose deletion still runs."""
        deleting = self._objects.get(key.org, _DELETING, _object_key(key))
        if deleting is None:
            return
        if self._clock() < deleting["until"]:
            raise Refusal(400, f"stream [{key.name}] is being deleted")
        self._objects.delete(key.org, _DELETING, _object_key(key))

    def learn(self, key: StreamKey, columns: Mapping[str, str], earliest: int) -> Mapping[str, str]:
        """Take in the columns of a batch; return the types to store where they differ.

        Args:
            key: the stream; made when missing.
            columns: name → type, as the values are.
            earliest: time of the first row, in microseconds since 1970.

        Raises:
            Refusal: a second change of types begins at the same time as an earlier one.
        """
        with self._lock:
            record = self.get(key)
            if record is None or not record["columns"]:
                settings = record["settings"] if record else stream_settings.defaults()
                fresh = _record(key, dict(sorted(columns.items())), earliest)
                self._put(key, {**fresh, "settings": settings})
                return _NO_CHANGE
            kept: dict[str, str] = record["columns"]
            if kept.keys() >= columns.keys() and all(
                kept[name] == kind for name, kind in columns.items()
            ):
                return _NO_CHANGE
            return self._merge(key, record, columns, earliest)

    def _merge(
        self, key: StreamKey, record: dict[str, Any], columns: Mapping[str, str], earliest: int
    ) -> Mapping[str, str]:
        kept: dict[str, str] = record["columns"]
        given_up = {
            name: kind
            for name, kind in columns.items()
            if name in kept and kept[name] != kind and widens(kept[name], kind)
        }
        new = {name: kind for name, kind in columns.items() if name not in kept}
        merged = dict(sorted({**kept, **new, **given_up}.items()))
        if given_up:
            self._add_version(key, record, merged, earliest)
        elif new:
            self._put(key, {**record, "columns": merged})
        return {
            name: kept[name]
            for name, kind in columns.items()
            if name in kept and name not in given_up and kept[name] != kind
        }

    def _add_version(
        self, key: StreamKey, record: dict[str, Any], merged: dict[str, str], earliest: int
    ) -> None:
        versions: list[int] = record["versions"]
        if earliest in versions:
            raise Refusal(
                400,
                "error returned from database: (code: 2067) UNIQUE constraint failed: "
                "meta.module, meta.key1, meta.key2, meta.start_dt",
            )
        after = {**record, "versions": [*versions, earliest]}
        if earliest > max(versions):
            after["columns"] = merged
        self._put(key, after)

    def expire(self) -> None:
        """Remove the rows that are older than their stream's retention; once an hour is enough."""
        now = self._clock()
        with self._lock:
            if now < self._expired_at + _HOUR:
                return
            self._expired_at = now
            for org in self._objects.organizations_with(KIND):
                for record in self._objects.list(org, KIND):
                    days = record["settings"]["data_retention"]
                    if days > 0 and record["type"] != "enrichment_tables":
                        key = StreamKey(org, record["type"], record["name"])
                        self._rows.expire(key, now - days * 24 * _HOUR)

    def know(self, key: StreamKey) -> None:
        """Note that a stream exists, without columns."""
        with self._lock:
            if self.get(key) is None:
                self._put(key, _record(key, {}, self._clock()))

    def mark_llm(self, key: StreamKey) -> None:
        """Note that spans of language models arrived for a stream, whether it keeps them or not."""
        with self._lock:
            record = self.get(key) or _record(key, {}, self._clock())
            if not record["settings"]["is_llm_stream"]:
                self._put(
                    key, {**record, "settings": {**record["settings"], "is_llm_stream": True}}
                )

    def track_distinct(self, key: StreamKey, column: str) -> None:
        """Note that a dashboard variable lists the values of a column."""
        with self._lock:
            record = self.get(key) or _record(key, {}, self._clock())
            settings = stream_settings.changed(
                record["settings"], {"distinct_value_fields": {"add": [column]}}, self._clock()
            )
            self._put(key, {**record, "settings": settings})

    def note_load(self, key: StreamKey, moment: int) -> None:
        """Note when an enrichment table was loaded: its figures name the first and the last time.

        Args:
            key: the table, which is there.
            moment: microseconds since 1970.
        """
        with self._lock:
            record = self.get(key) or _record(key, {}, moment)
            first: int = record.get("loaded", [moment])[0]
            self._put(key, {**record, "loaded": [first, moment]})

    def _put(self, key: StreamKey, record: dict[str, Any]) -> dict[str, Any]:
        self._objects.put(key.org, KIND, _object_key(key), record)
        self._known[key] = record
        return {**record}


def _object_key(key: StreamKey) -> str:
    return f"{key.type}/{key.name}"


def _record(key: StreamKey, columns: dict[str, str], created_at: int) -> dict[str, Any]:
    return {
        "name": key.name,
        "type": key.type,
        "columns": columns,
        "settings": stream_settings.defaults(),
        "created_at": created_at,
        "versions": [created_at],
    }


def _with_fields(
    columns: dict[str, str], change: dict[str, list[dict[str, str]]]
) -> dict[str, str]:
    added: dict[str, str] = {}
    for item in change.get("add") or []:
        kind = column_type(item["type"])
        if kind is None:
            raise Refusal(500, f"invalid data type: {item['type']}")
        added[item["name"]] = kind
    removed = {item["name"] for item in change.get("remove") or []}
    if not added and not removed:
        return columns
    merged = {**added, **columns}
    return {name: merged[name] for name in sorted(merged) if name not in removed}


def track_distinct(server: Server, org: str, kind: str, stream: str, column: str) -> None:
    """Note that a dashboard variable lists the values of a column; only logs and traces do."""
    if kind in {"logs", "traces"}:
        server.streams.track_distinct(StreamKey(org, kind, stream), column)
