"""Where the embedded server keeps its objects: one SQLite table of JSON documents."""

from __future__ import annotations

import json
import sqlite3
from threading import RLock
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

__all__ = ["Objects"]

Documents = list[dict[str, Any]]
Names = list[str]

_SCHEMA = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    org TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    UNIQUE (org, kind, key)
)
"""
_PUT = """
INSERT INTO objects (org, kind, key, value) VALUES (?, ?, ?, ?)
ON CONFLICT (org, kind, key) DO UPDATE SET value = excluded.value
"""


class Objects:
    """A store of JSON documents by organization, kind and key, safe to use from several threads.

    What `put` returned from survives a kill of the process. Documents are copies: changing one
    that was read changes nothing in the store.

    Args:
        path: the SQLite file; made when missing.
    """

    def __init__(self, path: Path) -> None:
        self._lock = RLock()
        self._revisions: dict[str, int] = {}
        # Autocommit: every write is its own transaction and is on its way to disk on return.
        self._database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = WAL")
        self._database.execute("PRAGMA synchronous = NORMAL")
        self._database.execute(_SCHEMA)

    def get(self, org: str, kind: str, key: str) -> dict[str, Any] | None:
        """Return the document, or None."""
        with self._lock:
            row = self._database.execute(
                "SELECT value FROM objects WHERE org = ? AND kind = ? AND key = ?",
                (org, kind, key),
            ).fetchone()
        return json.loads(row[0]) if row else None

    def put(self, org: str, kind: str, key: str, value: dict[str, Any]) -> None:
        """Store the document; one that was there keeps its place in `list`."""
        with self._lock:
            self._database.execute(_PUT, (org, kind, key, json.dumps(value)))
            self._changed(kind)

    def delete(self, org: str, kind: str, key: str) -> bool:
        """Remove the document; tell whether it was there."""
        with self._lock:
            cursor = self._database.execute(
                "DELETE FROM objects WHERE org = ? AND kind = ? AND key = ?", (org, kind, key)
            )
            if cursor.rowcount:
                self._changed(kind)
            return bool(cursor.rowcount)

    def items(self, org: str, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield key and document of a kind, in the order in which they were first stored."""
        with self._lock:
            rows = self._database.execute(
                "SELECT key, value FROM objects WHERE org = ? AND kind = ? ORDER BY seq",
                (org, kind),
            ).fetchall()
        return ((key, json.loads(value)) for key, value in rows)

    def organizations_with(self, kind: str) -> Names:
        """Return the organizations that hold at least one document of a kind, sorted."""
        with self._lock:
            rows = self._database.execute(
                "SELECT DISTINCT org FROM objects WHERE kind = ? ORDER BY org", (kind,)
            ).fetchall()
        return [row[0] for row in rows]

    def list(self, org: str, kind: str) -> Documents:
        """Return all documents of a kind, in the order in which they were first stored."""
        return [value for _, value in self.items(org, kind)]

    def revision(self, kind: str) -> int:
        """Return a number that grows with every write to a kind, for caches."""
        with self._lock:
            return self._revisions.get(kind, 0)

    def exclusive(self) -> AbstractContextManager[object]:
        """Hold off other threads while a document is read, judged and written back."""
        return self._lock

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            self._database.close()

    def _changed(self, kind: str) -> None:
        self._revisions[kind] = self._revisions.get(kind, 0) + 1
