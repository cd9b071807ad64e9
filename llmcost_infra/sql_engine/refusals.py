"""How OpenObserve words a statement that it does not run, and the code it gives."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from llmcost_infra.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["SqlRefusal", "execution_failed", "not_valid", "refused", "unknown_stream"]

_NOT_VALID = 20001
_NO_STREAM = 20002
_NO_FIELD = 20004
_NO_FUNCTION = 20005
_EXECUTION = 20008

_PARSER = re.compile(r'^SQL error: ParserError\("(.*)"\)$', re.DOTALL)


class SqlRefusal(EngineError):  # noqa: N818 - the server refuses
    """OpenObserve refuses a statement.

    Args:
        code: its code, such as 20004.
        server_message: its message.
        detail: its `error_detail`.
    """

    def __init__(self, code: int, server_message: str, detail: str = "") -> None:
        super().__init__(f"{server_message}: {detail}" if detail else server_message)
        self.code = code
        self.server_message = server_message
        self.detail = detail


def not_valid(words: str) -> SqlRefusal:
    """Return the refusal of a text that is no statement."""
    return SqlRefusal(_NOT_VALID, f"Search SQL not valid: {words}")


def unknown_stream(name: str) -> SqlRefusal:
    """Return the refusal of a stream that is not there, or has no column yet."""
    return SqlRefusal(_NO_STREAM, f"Search stream not found: {name}")


def execution_failed(detail: str) -> SqlRefusal:
    """Return the refusal of a statement that is valid SQL and cannot be run."""
    return SqlRefusal(_EXECUTION, "Search SQL execute error", detail)


def refused(words: str, syntax: Callable[[], str]) -> SqlRefusal:
    """Return the refusal for what DataFusion said about a rewritten statement.

    Args:
        words: of DataFusion.
        syntax: gives its words about the statement as it was written, for syntax errors.
    """
    if words.startswith("SQL error:"):
        written = _PARSER.match(syntax() or words)
        said = written.group(1).replace('\\"', '"') if written else words
        return not_valid(f"sql parser error: {said}")
    if words.startswith("Schema error: No field named"):
        return SqlRefusal(_NO_FIELD, f"Search field not found: {words}")
    if "Invalid function" in words:
        return SqlRefusal(_NO_FUNCTION, f"Search function not defined: {words}")
    return execution_failed(words)
