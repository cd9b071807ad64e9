"""Writes the pictures of README and docs: the shipped dashboards, filled by a day of sample calls.

The time is fixed and the calls are seeded, so the same code draws the same bytes on every machine.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from embedded_stack import make

from llmcost_infra.first_run.send import Endpoint, send
from llmcost_infra.first_run.traffic import traces_between
from llmcost_infra.local.server import Config, LocalServer
from llmcost_infra.local.tab_pictures import picture_of
from llmcost_infra.openobserve import Client
from llmcost_infra.program import run_program
from llmcost_infra.utc import microseconds

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.pictures import ThemeName
    from llmcost_infra.program import Program

__all__ = ["FOLDER", "main", "pictures"]

ROOT: Final = Path(__file__).resolve().parent.parent
FOLDER: Final = ROOT / "docs" / "images"

_NOON: Final = datetime(2026, 11, 24, 12, tzinfo=UTC)
_HOURS: Final = 24
_AT_ONCE_HOURS: Final = 4
"""OpenObserve refuses spans that are older than five hours."""
_ORGANIZATION: Final = "default"
_DRAWN: Final[tuple[tuple[str, str, ThemeName], ...]] = (
    ("LLM Cost", "overview", "light"),
    ("LLM Cost", "overview", "dark"),
    ("LLM Cost", "tools", "light"),
    ("LLM Cost Details", "attribution", "light"),
    ("LLM Cost Details", "latency", "light"),
)


def main() -> int:
    """Write the pictures."""
    FOLDER.mkdir(exist_ok=True)
    for name, svg in pictures():
        (FOLDER / name).write_text(svg, encoding="utf-8")
    return 0


def pictures() -> Iterator[tuple[str, str]]:
    """Yield the name of each file and the SVG that belongs in it."""
    program = run_program(ROOT, "local")
    now = _NOON - timedelta(hours=_HOURS)

    def clock() -> int:
        return microseconds(now)

    with TemporaryDirectory() as folder, LocalServer(folder, clock=clock) as server:
        boards = _dashboards(program, server)
        endpoint = Endpoint(
            server.url,
            _ORGANIZATION,
            Config.user,
            Config.password,
            stream="demo_llm_ingest",
            environment="local",
        )
        while now < _NOON:
            now += timedelta(hours=_AT_ONCE_HOURS)
            send(traces_between(now - timedelta(hours=_AT_ONCE_HOURS), now), endpoint)
        for title, tab, theme in _DRAWN:
            picture = picture_of(
                server.server,
                _ORGANIZATION,
                boards[title],
                tab,
                seconds=_HOURS * 3_600,
                theme=theme,
                width=1_200,
            )
            yield f"{tab}-{theme}.svg", picture.svg


def _dashboards(program: Program, server: LocalServer) -> dict[str, dict[str, Any]]:
    """Make what the pictures need on a server; return dashboards by their titles."""
    with Client(server.url, Config.user, Config.password) as client:
        make(program, client)
    stored = server.server.objects.items(_ORGANIZATION, "dashboards")
    return {record["body"]["title"]: record["body"] for _, record in stored}


if __name__ == "__main__":
    sys.exit(main())
