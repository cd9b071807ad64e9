"""Keeps secrets out of messages, whoever wrote them: the server may repeat what it was sent."""

from __future__ import annotations

import json
import re
from threading import Lock
from typing import Any, Final
from urllib.parse import quote

from llmcost_infra.provider.marks import secret_texts

__all__ = ["Redactor"]

_SHORTEST: Final = 4
"""Characters; shorter texts are in many words by chance."""


class Redactor:
    """Knows the secrets of a run; threads may share it."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._texts: frozenset[str] = frozenset()

    def learn(self, value: Any) -> None:
        """Remember every text that is marked secret in a value."""
        texts = {text for text in secret_texts(value) if len(text.strip()) >= _SHORTEST}
        with self._lock:
            self._texts |= {form for text in texts for form in _forms(text)}

    def clean(self, message: str) -> str:
        """Return the message without any secret in it."""
        # The longest first: one secret may be part of another.
        texts = sorted(self._texts, key=len, reverse=True)
        if not texts:
            return message
        # A rule that refuses a value may propose it in lower case.
        return re.sub("|".join(map(re.escape, texts)), "[secret]", message, flags=re.IGNORECASE)


def _forms(text: str) -> set[str]:
    """Return the spellings of a text: trimmed, in JSON, in URLs."""
    trimmed = text.strip()
    return {
        text,
        trimmed,
        json.dumps(trimmed)[1:-1],
        json.dumps(trimmed, ensure_ascii=False)[1:-1],
        quote(trimmed),
        quote(trimmed, safe=""),
    }
