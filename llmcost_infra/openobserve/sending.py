"""Writes rows to a logs stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.errors import LlmCostError
from llmcost_infra.openobserve.paths import api_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.openobserve.client import Client

__all__ = ["send_rows"]

_ROWS_A_REQUEST: Final = 5_000


def send_rows(client: Client, stream: str, rows: Sequence[dict[str, Any]], what: str) -> None:
    """Write rows that may be stored twice: whoever reads takes one of each.

    Args:
        client: of the server.
        stream: a logs stream.
        rows: with `_timestamp` (µs).
        what: what they are called in an error.

    Raises:
        LlmCostError: the server refused a row; it says so with status 200.
    """
    path = api_path(client.organization, stream, "_json")
    for at in range(0, len(rows), _ROWS_A_REQUEST):
        answer = client.post(path, rows[at : at + _ROWS_A_REQUEST], repeatable=True)
        refused = [one for one in answer["status"] if one.get("failed")]
        if refused:
            said = f"{refused[0]['failed']} {what}: {refused[0].get('error', '')}"
            raise LlmCostError(
                f"{client.url} refused {said}",
                hint="Run the command again: what was written counts once.",
            )
