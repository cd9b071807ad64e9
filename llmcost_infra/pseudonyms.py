"""Ids under which people are stored: pipeline, application and `forget` make the same ones."""

from __future__ import annotations

import hmac
import re
from functools import lru_cache
from typing import Final

__all__ = ["SPACE", "pseudonym"]

SPACE: Final = (
    "\t\n\x0b\x0c\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
    "\u200a\u2028\u2029\u202f\u205f\u3000"
)
"""What the pipeline takes for space around an id: Unicode's, which is less than Python's."""

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
    text = person.strip(SPACE)[:_LONGEST]
    if _HASHED.fullmatch(text):
        return text
    # Half a surrogate pair has no bytes; the pipeline gets a ? for it as well.
    said = text.encode(errors="replace")
    return hmac.digest(key.encode(), said, "sha256").hex()[:_DIGITS]
