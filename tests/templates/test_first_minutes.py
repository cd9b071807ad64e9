"""A new team's first minutes: the page, the wheel, `pulumi up`, spans, panels."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from contextlib import suppress
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


@pytest.fixture
def shell(pulumi_folder: Path, installed: Installed, tmp_path: Path) -> dict[str, str]:
    """Return the variables of a shell in which nothing of the checkout is."""
    (tmp_path / "state").mkdir()
    folders = (str(installed.folder / "bin"), str(pulumi_folder), os.defpath)
    return {
        "PATH": os.pathsep.join(folders),
        "HOME": str(tmp_path),
        "PULUMI_BACKEND_URL": (tmp_path / "state").as_uri(),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_CONFIG_PASSPHRASE": "x",
        "PULUMI_SKIP_CONFIRMATIONS": "true",
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "OPENOBSERVE_USER": USER,
        "OPENOBSERVE_PASSWORD": PASSWORD,
        "ALERTS_URL": ALERTS_URL,
    }


def typed(script: str, folder: Path, shell: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Type a script that comes to its end."""
    done = subprocess.run(  # noqa: S603 - what our own pages say
        ["sh", "-euc", script],  # noqa: S607 - the system's shell
        cwd=folder,
        env=shell,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def variables(lines: str, folder: Path, shell: dict[str, str]) -> dict[str, str]:
    """Return what a shell exports to an application that types a README's lines."""
    told = typed(f"{lines}\nenv", folder, shell).stdout
    found = dict(line.partition("=")[::2] for line in told.splitlines())
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
        timeout=30,
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
    with suppress(FileExistsError):  # other processes have the same environment
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
    installed: Installed, platform: LocalServer, shell: dict[str, str], tmp_path: Path
) -> None:
    """Line by line as typed, and nothing of the checkout takes part: it is the wheel that runs."""
    _bring_pip(installed)
    script = transcript(
        copier=str(Path(sys.executable).parent / "copier"),
        template=str(TEMPLATE),
        server=platform.url,
        environment=f"ln -s {installed.folder} .venv",
        install=".venv/bin/python -c 'import llmcost_infra'",
    )
    done = typed(script, tmp_path, shell)
    team = tmp_path / "team-search"
    kept = (team / "Pulumi.dev.yaml").read_text()
    assert kept.count("secure:") == 2
    for text in (kept, done.stdout, done.stderr):
        assert PASSWORD not in text
        assert ALERTS_URL not in text

    lines = re.search(r"In dev:\n\n```sh\n(.*?)```", (team / "README.md").read_text(), re.DOTALL)
    assert lines is not None
    _shown(platform, variables(lines[1], team, shell))


def test_a_project_of_pulumi_leads_to_panels(
    installed: Installed, platform: LocalServer, shell: dict[str, str], tmp_path: Path
) -> None:
    """`pulumi new`, its questions answered, then what its README says."""
    _bring_pip(installed)
    team = tmp_path / "team"
    # Without --generate-only it installs the package from an index, which has none yet.
    answers = {
        "llmcost:team": "search",
        "llmcost:monthly_usd": "4000",
        "llmcost:owner": "ann@example.com",
        "llmcost:features": "rank",
        "llmcost:prefix": "dev_",
        "openobserve:url": platform.url,
        "openobserve:organization": "default",
        "openobserve:user": USER,
    }
    plain = " ".join(f"--plaintext {name}={value}" for name, value in answers.items())
    typed(
        f"pulumi new {CHECKOUT}/templates/team-pulumi --generate-only --yes --offline "
        f"--name llmcost-search --description d --dir {team}\n"
        f"cd {team}; ln -s {installed.folder} .venv; pulumi stack init dev\n"
        f"pulumi config set-all {plain} "
        '--secret openobserve:password="$OPENOBSERVE_PASSWORD" '
        '--secret llmcost:alerts_url="$ALERTS_URL"',
        tmp_path,
        shell,
    )
    readme = (team / "README.md").read_text()
    [up] = re.findall(r"```console\n(.*?)```", readme, re.DOTALL)
    typed(re.sub(r"(?m)^\$ (source .*)?", "", up), team, shell)

    [lines] = re.findall(r"```sh\n(.*?)```", readme, re.DOTALL)
    _shown(platform, variables(lines, team, shell | {"PREFIX": "dev_"}))


def _shown(platform: LocalServer, otel: dict[str, str]) -> None:
    """Send calls with an application's variables, and see them on the team's panels alone."""
    send(otel, 3)
    send(otel, 5, team="somebody-else")
    with Client(platform.url, USER, PASSWORD) as client:
        answers = {one.panel: one for one in _answers(client)}
    assert answers["Total LLM Cost ($)"].headline == "$3.00"
    assert answers["Total LLM Calls"].headline == "3"
    assert answers["What Features Cost"].rows == 1
    assert all(one.good for one in answers.values() if one.rows)
