"""Ids in the server's two forms: snowflake (decimal, 64 bit) and KSUID (27 characters)."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.local.objects import Objects

__all__ = ["Snowflakes", "is_ksuid", "ksuid"]

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_KSUID_EPOCH = 1_400_000_000  # seconds
_KSUID_LENGTH = 27
_KSUID_BYTES = 20


class Snowflakes:
    """Hands out ever-growing snowflake ids, also across restarts and when the clock stands still.

    Args:
        objects: remembers the last id.
        clock: microseconds since 1970.
    """

    def __init__(self, objects: Objects, clock: Callable[[], int]) -> None:
        self._objects = objects
        self._clock = clock

    def __call__(self) -> str:
        """Return the next id."""
        with self._objects.exclusive():
            stored = self._objects.get("", "ids", "snowflake")
            last = stored["last"] if stored else 0
            fresh: int = max(last + 1, self._clock() // 1000 << 22)
            self._objects.put("", "ids", "snowflake", {"last": fresh})
        return str(fresh)


def ksuid(clock: int) -> str:
    """Return a new KSUID for a time in microseconds."""
    number = int.from_bytes(
        (clock // 1_000_000 - _KSUID_EPOCH).to_bytes(4, "big") + secrets.token_bytes(16), "big"
    )
    digits = ""
    for _ in range(_KSUID_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits


def is_ksuid(text: str) -> bool:
    """Tell whether a text is a KSUID that fits its 160 bits."""
    if len(text) != _KSUID_LENGTH or any(character not in _ALPHABET for character in text):
        return False
    number = 0
    for character in text:
        number = number * len(_ALPHABET) + _ALPHABET.index(character)
    return number < 1 << (8 * _KSUID_BYTES)
