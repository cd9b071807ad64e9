"""A new team's first minutes: the page, the wheel, `pulumi up`, spans, panels."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pip
import pulumi
import pytest

from llmcost_infra.components import LlmCost
from llmcost_infra.first_run.panels import ask_panels
from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve import Client
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.openobserve.objects import stores
from llmcost_infra.settings import Settings
from tests.alerts.conftest import clear
from tests.local.telemetry import PROTOBUF, span, spans_body
from tests.resources.conftest import registered  # noqa: F401 - a fixture
from tests.templates.conftest import CHECKOUT, TEMPLATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.first_run.panels import PanelAnswer
    from tests.package.conftest import Installed
    from tests.resources.conftest import Registered

pytestmark = [pytest.mark.cli]

USER, PASSWORD = "root@example.com", "a-password-of-the-first-minutes"
PLATFORM = ("Stream", "Function", "Pipeline")
DASHBOARD = "openobserve:index:Dashboard"
ALERTS_URL = "https://hooks.example.com/secret-part"
WORDS = {
    "copier": "copier",
    "template": "gh:OWNER/llmcost-infra",
    "server": "https://observe.example.com",
    "environment": "python3 -m venv .venv",
    "install": ".venv/bin/python -m pip install -r requirements.txt",
}
"""What a test cannot type as it stands: there is no network, and the wheel is not published."""


@pytest.fixture
def platform(
    registered: Registered,  # noqa: F811 - the fixture above
    tmp_path: Path,
) -> Iterator[LocalServer]:
    """Return a server on which the platform's stack of dev is up."""
    server = LocalServer(tmp_path / "server", password=PASSWORD)
    server.start()
    pulumi.runtime.set_all_config({"llmcost:hash_key": "grains-of-salt"})
    settings = Settings.from_mapping({"environment": "dev", "prefix": "dev_"})

    async def program() -> None:
        LlmCost("platform", settings, project=tmp_path)

    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # Pulumi left it without types
    with Client(server.url, USER, PASSWORD) as client:
        every = stores(client)
        for kind in PLATFORM:
            for one in registered.resources:
                if one.typ == f"openobserve:index:{kind}":
                    given = KINDS[one.typ].defaults(clear(dict(one.inputs)))
                    every[one.typ].create(given, f"urn:{one.name}")
    yield server
    server.stop()


def variables(readme: str, environment: str) -> dict[str, str]:
    """Return what a shell exports that runs the README's lines for an environment."""
    lines = re.search(rf"In {environment}:\n\n```sh\n(.*?)```", readme, re.DOTALL)
    assert lines is not None
    told = subprocess.run(  # noqa: S603 - what our own template says
        ["sh", "-euc", f"{lines[1]}\nenv"],  # noqa: S607 - the system's shell
        env={"PATH": os.defpath, "OPENOBSERVE_USER": USER, "OPENOBSERVE_PASSWORD": PASSWORD},
        capture_output=True,
        text=True,
        check=True,
    )
    found = dict(line.partition("=")[::2] for line in told.stdout.splitlines())
    return {name: value for name, value in found.items() if name.startswith("OTEL_")}


def send(otel: dict[str, str], calls: int, **resource: str) -> None:
    """Send calls of gpt-4o that cost a dollar each, as an exporter with these variables does."""
    pairs = (pair.partition("=")[::2] for pair in otel["OTEL_EXPORTER_OTLP_HEADERS"].split(","))
    headers = {name: value.replace("%20", " ") for name, value in pairs}
    token = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
    assert headers["Authorization"] == f"Basic {token}"
    attributes = dict(
        pair.partition("=")[::2] for pair in otel["OTEL_RESOURCE_ATTRIBUTES"].split(",")
    )
    call = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.model": "gpt-4o",
        "gen_ai.usage.input_tokens": 0,
        "gen_ai.usage.output_tokens": 100_000,
        "feature": "rank",
        "user.id": "u1",
    }
    at = int(datetime.now(UTC).timestamp() * 1_000_000)
    answer = httpx.post(
        f"{otel['OTEL_EXPORTER_OTLP_ENDPOINT']}/v1/traces",
        content=spans_body(
            *(span("chat", at - 1_000_000 - n, call) for n in range(calls)),
            resource={"service.name": "ranker", **attributes, **resource},
        ),
        headers={**PROTOBUF, **headers},
    )
    assert answer.status_code == 200, answer.text


def _answers(client: Client) -> Iterator[PanelAnswer]:
    """Yield what the panels of the team's dashboards answer about the last hour."""
    now = datetime.now(UTC)

    def search(sql: str, stream_type: str) -> list[dict[str, Any]]:
        since, until = now - timedelta(hours=1), now + timedelta(minutes=1)
        return client.search(sql, since, until, stream_type=stream_type).hits

    boards = stores(client)[DASHBOARD]
    for identity in boards.ids("default"):
        found = boards.read(identity, None)
        assert found is not None
        yield from ask_panels(found.inputs, search, {})


def _bring_pip(installed: Installed) -> None:
    """Put pip where `python -m venv` has it: Pulumi asks it what is installed."""
    if not (installed.site / "pip").exists():
        (installed.site / "pip").symlink_to(Path(pip.__file__).parent)


def transcript(**instead: str) -> str:
    """Return what the page tells to type, as a script; some words stand for what is there.

    Args:
        instead: what is typed here, by the name of the words in `WORDS`.
    """
    page = (CHECKOUT / "docs/onboarding.md").read_text(encoding="utf-8")
    block = re.search(r"```console\n(.*?)```", page, re.DOTALL)
    assert block is not None
    script = re.sub(r"^\$ ", "", block[1], flags=re.MULTILINE)
    for name, words in WORDS.items():
        assert words in script, words
        script = script.replace(words, instead[name])
    return f"set -eu\n{script}"


def test_the_page_leads_from_template_to_panels(
    installed: Installed, platform: LocalServer, pulumi_folder: Path, tmp_path: Path
) -> None:
    """Line by line as typed, and nothing of the checkout takes part: it is the wheel that runs."""
    _bring_pip(installed)
    (tmp_path / "state").mkdir()
    script = transcript(
        copier=str(Path(sys.executable).parent / "copier"),
        template=str(TEMPLATE),
        server=platform.url,
        environment=f"ln -s {installed.folder} .venv",
        install=".venv/bin/python -c 'import llmcost_infra'",
    )
    done = subprocess.run(  # noqa: S603 - what our own page says
        ["sh", "-c", script],  # noqa: S607 - the system's shell
        cwd=tmp_path,
        env={
            "PATH": os.pathsep.join(
                (str(installed.folder / "bin"), str(pulumi_folder), os.defpath)
            ),
            "HOME": str(tmp_path),
            "PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(),
            "PULUMI_HOME": str(tmp_path / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "x",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "OPENOBSERVE_PASSWORD": PASSWORD,
            "ALERTS_URL": ALERTS_URL,
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    team = tmp_path / "team-search"
    kept = (team / "Pulumi.dev.yaml").read_text()
    assert kept.count("secure:") == 2
    for text in (kept, done.stdout, done.stderr):
        assert PASSWORD not in text
        assert ALERTS_URL not in text

    otel = variables((team / "README.md").read_text(), "dev")
    send(otel, 3)
    send(otel, 5, team="somebody-else")
    with Client(platform.url, USER, PASSWORD) as client:
        answers = {one.panel: one for one in _answers(client)}
    assert answers["Total LLM Cost ($)"].headline == "$3.00"
    assert answers["Total LLM Calls"].headline == "3"
    assert answers["What Features Cost"].rows == 1
    assert all(one.good for one in answers.values() if one.rows)
