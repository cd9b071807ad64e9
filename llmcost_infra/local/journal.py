"""The write-ahead journal: what was acknowledged is on disk, whatever happens to the process.

A record is a length, a checksum, a key and a payload. A record that was cut off by a crash was
never acknowledged; reading stops in front of it.
"""

from __future__ import annotations

import os
import struct
import zlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

__all__ = ["Journal", "Record"]

Record = tuple[str, bytes]
"""Key and payload."""

_HEAD = struct.Struct("<III")  # key length, payload length, checksum of both


class Journal:
    """One append-only file.

    Args:
        path: the file; made when missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = path.open("ab")
        self.size = self._file.tell()

    def append(self, records: Sequence[Record]) -> None:
        """Write records; on return they are on disk, all of them."""
        written = b"".join(_encoded(key.encode(), payload) for key, payload in records)
        self._file.write(written)
        self._file.flush()
        os.fsync(self._file.fileno())
        self.size += len(written)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @classmethod
    def recover(cls, path: Path) -> tuple[Journal, list[Record]]:
        """Open a file, cut off what a crash left half-written, and return its records."""
        content = path.read_bytes() if path.exists() else b""
        records: list[Record] = []
        end = 0
        for record, end in _decoded(content):  # noqa: B007 - the last end is where writing goes on
            records.append(record)
        if end < len(content):
            os.truncate(path, end)
        return cls(path), records


def _encoded(key: bytes, payload: bytes) -> bytes:
    return _HEAD.pack(len(key), len(payload), zlib.crc32(payload, zlib.crc32(key))) + key + payload


def _decoded(content: bytes) -> Iterator[tuple[Record, int]]:
    at = 0
    view = memoryview(content)
    while at + _HEAD.size <= len(content):
        key_length, payload_length, checksum = _HEAD.unpack_from(content, at)
        middle = at + _HEAD.size + key_length
        at = middle + payload_length
        if at > len(content):
            return
        key = bytes(view[middle - key_length : middle])
        payload = bytes(view[middle:at])
        if zlib.crc32(payload, zlib.crc32(key)) != checksum:
            return
        yield (key.decode(), payload), at
