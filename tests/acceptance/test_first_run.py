"""From declarations to dollars: the real Pulumi CLI, the real SDK, and every panel's answer."""

from __future__ import annotations

import io
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from llmcost_infra.errors import (
    DeclarationError,
    ExitCode,
    LlmCostError,
    TransportError,
    Unauthorized,
)
from llmcost_infra.first_run.recorded import run_ingest
from llmcost_infra.first_run.traffic import traces_between
from llmcost_infra.first_run.up import run_down, run_up

if TYPE_CHECKING:
    from llmcost_infra.local.server import LocalServer
    from tests.acceptance.conftest import Name

RECORDED = Path(__file__).parents[1] / "data/otlp-samples/genai/chat_basic.traces.json"
READS = re.compile(r"GET|HEAD|OPTIONS")
# Searches and telemetry are posted, and configure nothing.
DATA = re.compile(r"/_search$|/v1/(traces|logs|metrics)$|/_json$")

pytestmark = [pytest.mark.cli, pytest.mark.usefixtures("pulumi_on_path")]


def writes(server: LocalServer) -> list[tuple[str, str, int]]:
    """Requests that changed the server's configuration."""
    return [
        (method, path, status)
        for method, path, status in server.requests
        if not READS.match(method) and not DATA.search(path.partition("?")[0])
    ]


def up() -> str:
    """Run it and return what it prints."""
    out = io.StringIO()
    run_up(console=Console(file=out, width=160))
    return out.getvalue()


def test_every_panel_shows_what_was_sent_and_a_second_run_writes_nothing(
    server: LocalServer,
    project: Path,
    name_server: Name,
    capfd: pytest.CaptureFixture[str],
    password: str,
) -> None:
    """The first run is true to the sent traffic; the second finds nothing to do or to send."""
    name_server()
    begin = datetime.now(UTC)
    first = up()
    for title in (
        "Total LLM Cost ($)",
        "Total Input Tokens",
        "Total Output Tokens",
        "Total LLM Calls",
        "LLM Cost Over Time ($)",
        "Cost by Model",
    ):
        (line,) = [line for line in first.splitlines() if title in line]
        assert "as sent" in line
    told = first.partition("What the alerts tell")[2]
    assert re.search(
        r"demo_unpriced_model .* warn .* ft:gpt-4o-mini:acme:legal:\w+ of openai", told
    )
    assert re.search(r"demo_heartbeat .* \d+ LLM calls in the last hour", told)
    assert re.search(r"Sending \d+ sample traces", first)
    assert "demo_llm_ingest" in first

    server.requests.clear()
    capfd.readouterr()
    second = up()
    assert writes(server) == []
    pulumi = capfd.readouterr().out
    assert re.search(r"Resources:\s+\d+ unchanged", pulumi)
    # At most the traces that ended meanwhile.
    sent_again = re.search(r"Sending (\d+) sample traces", second)
    until = traces_between(begin - timedelta(hours=1), datetime.now(UTC))
    ended = [one for one in until if one.end_ns >= begin.timestamp() * 1_000_000_000]
    assert sent_again is None or int(sent_again[1]) <= len(ended)

    state = json.dumps(
        [path.read_text() for path in (project / ".llmcost").rglob("*") if path.suffix == ".json"]
    )
    assert "demo_llm_calls" in state
    assert password not in state + first + second + pulumi


@pytest.mark.parametrize(
    ("named", "error", "said"),
    [
        ({"URL": "http://127.0.0.1:9"}, TransportError, "127.0.0.1:9"),
        ({"PASSWORD": "wrong-password"}, Unauthorized, "OPENOBSERVE_PASSWORD"),
        ({"ORG": "nosuchorg"}, LlmCostError, "nosuchorg"),
    ],
    ids=["refused connection", "wrong password", "unknown organization"],
)
@pytest.mark.usefixtures("project")
def test_a_server_that_cannot_be_used_is_one_clear_error(
    server: LocalServer,
    name_server: Name,
    named: dict[str, str],
    error: type[LlmCostError],
    said: str,
) -> None:
    """What, where and the next step, before the engine starts and before anything is written."""
    name_server(**named)
    before = writes(server)
    with pytest.raises(error) as failed:
        up()
    assert said in str(failed.value)
    assert failed.value.hint
    assert "wrong-password" not in str(failed.value)
    assert writes(server) == before


@pytest.mark.parametrize(
    ("file", "right", "wrong", "said"),
    [
        ("Pulumi.local.yaml", "prefix:", "prefx:", "did you mean 'prefix'"),
        ("dashboards/llm_cost.yaml", "title:", "titel:", "did you mean 'title'"),
        ("dashboards/sql/total_cost.sql.j2", "AS total_cost", "AS totl_cost", "llm_cost.yaml:"),
        ("dashboards/sql/total_cost.sql.j2", "COUNT(*)", "{{ nobody }}", "total_cost.sql.j2:3"),
    ],
    ids=["setting", "key", "alias", "template variable"],
)
def test_a_mistake_in_a_declaration_is_met_before_the_first_write(  # noqa: PLR0913, PLR0917 - a table
    server: LocalServer,
    project: Path,
    checkout: Path,
    name_server: Name,
    file: str,
    right: str,
    wrong: str,
    said: str,
) -> None:
    """File, line and nearest valid name, with the exit code of a mistake; nothing is sent."""
    name_server()
    mine = project / file
    mine.parent.mkdir(parents=True, exist_ok=True)
    mine.write_text((checkout / file).read_text().replace(right, wrong, 1))
    before = writes(server)
    with pytest.raises(DeclarationError, match=re.escape(said)) as refused:
        up()
    assert refused.value.exit_code == ExitCode.USAGE
    assert writes(server) == before


def test_the_embedded_server_is_started_populated_and_removed(
    project: Path, checkout: Path
) -> None:
    """Without a server named, everything up to removal happens in one git-ignored folder.

    Calls of somebody's own beside the sample calls make no second run fail.
    """
    files = {path.name for path in project.iterdir()}
    try:
        assert "as sent" in up()
        run_ingest([RECORDED], stream="demo_llm_ingest", console=Console(file=io.StringIO()))
        second = up()
        assert "demo_llm_calls holds 1 other trace as well" in second
        assert "as sent" not in second
        made = {path.name for path in project.iterdir()} - {"__pycache__"}  # Python's own
        assert made == {*files, ".llmcost"}
        # A first run leaves no change in git: the engine finds its salt in the committed file.
        for name in ("Pulumi.yaml", "Pulumi.local.yaml"):
            assert (project / name).read_bytes() == (checkout / name).read_bytes()
    finally:
        out = io.StringIO()
        run_down(remove=True, console=Console(file=out))
    assert "Removed" in out.getvalue()
    assert not list((project / ".llmcost").iterdir())
