"""Price files that were read and found right before, so that nobody reads their YAML again.

What is remembered is a file's values as JSON, beside a hash of its bytes and of the rules that
accepted it: an edited file, or a newer version of the rules, is read anew. A cache that cannot be
read or written costs time and nothing else.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Final

import platformdirs

__all__ = ["key_of", "recall", "remember"]

_RULES: Final = ("../declarations.py", "build.py", "files.py", "pattern.py", "schema.py")


def key_of(content: bytes) -> str:
    """Return what identifies a file's bytes under the present rules."""
    return hashlib.sha256(_rules() + content).hexdigest()


def recall(name: str, key: str) -> str | None:
    """Return the values of a file as JSON, or None when these bytes have not been read before.

    Args:
        name: the file's name without its ending.
        key: what `key_of` says of its bytes.
    """
    try:
        seal, _, values = _path(name).read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return values if seal == _seal(key, values) else None


def remember(name: str, key: str, values: str) -> None:
    """Keep a file's values for the next time, in place of what was kept under its name."""
    path = _path(name)
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        # Renamed when it is whole: other processes read and write here too.
        handle, whole = tempfile.mkstemp(dir=path.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{_seal(key, values)}\n{values}")
        Path(whole).replace(path)


def _seal(key: str, values: str) -> str:
    return hashlib.sha256(f"{key}\n{values}".encode()).hexdigest()


def _path(name: str) -> Path:
    return platformdirs.user_cache_path("llmcost-infra") / "prices" / f"{name}.json"


@lru_cache(maxsize=1)
def _rules() -> bytes:
    here = Path(__file__).parent
    return hashlib.sha256(b"".join((here / rule).read_bytes() for rule in _RULES)).digest()
