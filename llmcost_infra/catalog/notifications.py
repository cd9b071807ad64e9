"""How notifications read: one file a kind of route, checked against what the server fills in."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final, cast

from llmcost_infra.catalog.alerts import CONTEXT, VARIABLE
from llmcost_infra.declarations import InvalidDeclaration, file, nearest
from llmcost_infra.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["load_notification"]

_FILES: Final = {
    "slack": "notifications/slack.json",
    "teams": "notifications/teams.json",
    "pagerduty": "notifications/pagerduty.json",
    "webhook": "notifications/webhook.json",
    "email": "notifications/email.txt",
}
_SERVER: Final = frozenset(
    {
        *("alert_count", "alert_description", "alert_end_time", "alert_name", "alert_period"),
        *("alert_start_time", "alert_trigger_time", "alert_trigger_time_millis"),
        *("alert_trigger_time_seconds", "alert_trigger_time_str", "alert_type", "alert_url"),
        *("org_name", "rows", "stream_name", "stream_type"),
    }
)
_EVERY_ROW: Final = frozenset({"utc_date"})
_ROWS: Final = re.compile(r"\{rows(?::\d+)?\}")


def load_notification(kind: str, project: Path | None = None) -> str:
    """Return the text of the notifications to a kind of route, with the server's variables in it.

    Args:
        kind: of the route: slack, teams, pagerduty, webhook or email.
        project: a project whose own file replaces the shipped one.

    Raises:
        InvalidDeclaration: it is not JSON where it has to be, or names what nothing fills in.
    """
    path = file("alerts", _FILES[kind], project)
    if path is None:
        missing = DeclarationError("there is no such file", path=f"alerts/{_FILES[kind]}")
        raise InvalidDeclaration([missing])
    text = path.read_text(encoding="utf-8").strip()
    problems = list(_unknown(path, text))
    if path.suffix == ".json":
        problems += _json_problems(path, text)
    if problems:
        raise InvalidDeclaration(problems)
    return text


def _unknown(path: Path, text: str) -> Iterator[DeclarationError]:
    known = _SERVER | CONTEXT | _EVERY_ROW
    for number, line in enumerate(text.splitlines(), 1):
        for name in VARIABLE.findall(re.sub(r"\$\{[^}]*\}", "", line)):
            if name not in known:
                said, hint = f"nothing fills in {{{name}}}", nearest(name, sorted(known))
                yield DeclarationError(said, path=path, line=number, hint=hint)


def _json_problems(path: Path, text: str) -> Iterator[DeclarationError]:
    try:
        value = json.loads(text)
    except json.JSONDecodeError as error:
        yield DeclarationError(f"is not JSON: {error.msg}", path=path, line=error.lineno)
        return
    for found in _texts(value):
        if _ROWS.search(found) and not _ROWS.fullmatch(found):
            hint = 'write "{rows}" as a value of its own: it becomes an array'
            line = next((n for n, it in enumerate(text.splitlines(), 1) if _ROWS.search(it)), 1)
            yield DeclarationError("rows stand inside a text", path=path, line=line, hint=hint)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for below in cast("dict[str, Any]", value).values():
            yield from _texts(below)
    elif isinstance(value, list):
        for item in cast("list[Any]", value):  # type: ignore[redundant-cast] # pyright needs it
            yield from _texts(item)
