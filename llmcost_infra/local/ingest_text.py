"""JSON bodies of telemetry, and what the server's parser says about broken ones."""

from __future__ import annotations

import json
from typing import Any

from llmcost_infra.local.json_text import JsonText, SyntaxFault, position
from llmcost_infra.local.responses import Refusal

__all__ = ["read_text"]


def read_text(text: str, prefix: str = "") -> Any:
    """Read JSON.

    Args:
        text: of a body.
        prefix: how a refusal starts.

    Raises:
        Refusal: it is none; the place is named.
    """
    try:
        return json.loads(text)
    except ValueError:
        raise Refusal(400, prefix + _fault(text)) from None
    except RecursionError:
        raise Refusal(400, f"{prefix}recursion limit exceeded") from None


def _fault(text: str) -> str:
    try:
        JsonText(text).walk()
    except SyntaxFault as fault:
        return f"{fault.words} at {position(text, fault.offset)}"
    except RecursionError:
        return "recursion limit exceeded"
    return "expected value at line 1 column 1"
