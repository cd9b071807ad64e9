"""Ids under which people are stored: pipeline, application and `forget` make the same ones."""

from __future__ import annotations

import hmac
import re
from functools import lru_cache
from typing import Final

__all__ = ["pseudonym"]

_HASHED: Final = re.compile(r"[0-9a-f]{32,128}")
_LONGEST: Final = 200  # as the pipeline cuts texts
_DIGITS: Final = 32


@lru_cache(maxsize=1024)
def pseudonym(person: str, key: str) -> str:
    """Return the id under which the pipeline stores a person; one that is a hash already stays.

    Args:
        person: id as the application knows it.
        key: of the stack, as it was when the rows came.
    """
    text = person.strip()[:_LONGEST]
    if _HASHED.fullmatch(text):
        return text
    # Half a surrogate pair has no bytes; the pipeline gets a ? for it as well.
    said = text.encode(errors="replace")
    return hmac.digest(key.encode(), said, "sha256").hex()[:_DIGITS]
