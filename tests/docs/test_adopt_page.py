"""The worked example of docs/adopt.md does what the page says, typed as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import yaml

from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve import Client
from tests.adopt.handmade import recorded

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/adopt.md").read_text()
USER, PASSWORD = "root@example.com", "Complexpass#123"
HOOK = "https://hooks.slack.com/services/T/B/X"
VALUES = {"openobserve:password": PASSWORD, "team_slack_url": HOOK}
ENVIRONMENT = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"


def blocks(language: str) -> list[str]:
    """Return the page's blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def typed() -> Iterator[str]:
    """Yield what the page tells a reader to type, with the environment at hand for a new one."""
    for line in "".join(blocks("console")).splitlines():
        command = line.removeprefix("$ ")
        if command == ENVIRONMENT:
            command = f"ln -s {ROOT / '.venv'} .venv"
        if not command.startswith("export "):
            yield command


@dataclass(frozen=True)
class Typed:
    """What became of a command."""

    command: str
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Session:
    """The example, typed to its end."""

    folder: Path
    commands: dict[str, Typed]
    server: LocalServer
    environment: dict[str, str]

    def of(self, start: str) -> Typed:
        """Return what became of the command that starts like this."""
        (found,) = (one for command, one in self.commands.items() if command.startswith(start))
        return found


def typed_in(folder: Path, command: str, environment: dict[str, str]) -> Typed:
    """Type a command, and the value of a secret when it asks for one."""
    ended = subprocess.run(  # noqa: S603 - what our own page says
        ["bash", "-c", command],  # noqa: S607 - any shell will do
        cwd=folder,
        env=environment,
        input=VALUES.get(command.rpartition(" ")[2], ""),
        capture_output=True,
        text=True,
        check=False,
    )
    return Typed(command, ended.returncode, ended.stdout, ended.stderr)


def make(client: Client) -> None:
    """Click together what the example finds."""
    client.post(
        "/api/default/streams/llm_traces",
        {"fields": [{"name": "feature", "type": "Utf8"}], "settings": {"data_retention": 30}},
        {"type": "traces"},
    )
    folder = {"name": "Checkout", "description": ""}
    where = client.post("/api/v2/default/folders/dashboards", folder)["folderId"]
    panel = {
        "id": "Panel_ID1",
        "type": "metric",
        "title": "Calls",
        "description": "",
        "queryType": "sql",
        "config": {"show_legends": True},
        "layout": {"x": 0, "y": 0, "w": 96, "h": 18, "i": 1},
        "queries": [
            {
                "query": 'SELECT COUNT(*) AS n FROM "llm_traces"',
                "customQuery": True,
                "config": {"promql_legend": ""},
                "fields": {
                    "stream": "llm_traces",
                    "stream_type": "traces",
                    "x": [],
                    "y": [{"label": "n", "alias": "n", "type": "custom"}],
                    "filter": {"filterType": "group", "logicalOperator": "AND", "conditions": []},
                },
            }
        ],
    }
    tabs = [{"tabId": "default", "name": "Default", "panels": [panel]}]
    dashboard = {"version": 8, "title": "Checkout", "tabs": tabs}
    client.post("/api/default/dashboards", dashboard, {"folder": where})
    slack = recorded("06-templates-destinations", "create template")
    client.post("/api/default/alerts/templates", slack)
    client.post(
        "/api/default/alerts/destinations",
        {"name": "team-slack", "url": HOOK, "type": "http", "template": slack["name"]},
    )
    alert = recorded("07-alerts", "create")
    client.post(
        "/api/v2/default/alerts",
        {
            **alert,
            "name": "too-many-calls",
            "description": "More than a thousand calls of a feature in five minutes.",
            "destinations": ["team-slack"],
            "trigger_condition": alert["trigger_condition"] | {"frequency": 5, "silence": 30},
            "context_attributes": {},
            "row_template": "",
            "row_template_type": "String",
        },
    )


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory, pulumi_folder: Path) -> Iterator[Session]:
    """Type every command of the page, in one shell."""
    folder = tmp_path_factory.mktemp("adopt")
    (folder / "home").mkdir()
    (folder / "state").mkdir()
    with LocalServer(folder / "data", password=PASSWORD) as server:
        with Client(server.url, USER, PASSWORD) as client:
            make(client)
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("PULUMI_", "OPENOBSERVE_"))
        }
        environment = kept | {
            "PATH": os.pathsep.join(
                (str(Path(sys.executable).parent), str(pulumi_folder), kept["PATH"])
            ),
            "PULUMI_BACKEND_URL": (folder / "state").as_uri(),
            "PULUMI_HOME": str(folder / "home"),
            "PULUMI_CONFIG_PASSPHRASE": "test",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "OPENOBSERVE_URL": server.url,
            "OPENOBSERVE_USER": USER,
            "OPENOBSERVE_PASSWORD": PASSWORD,
        }
        done: dict[str, Typed] = {}
        here = folder
        for command in typed():
            if command.startswith("cd "):
                here = folder / command.removeprefix("cd ")
                continue
            # The page goes on where the reader started.
            here = folder if command.startswith("llmcost adopt") else here
            done[command] = typed_in(here, command, environment)
        yield Session(folder, done, server, environment)


def test_every_command_works(session: Session) -> None:
    """Whoever types the page gets to its end, the preview that expects no change included."""
    assert len(session.commands) == 12
    for one in session.commands.values():
        assert one.code == 0, f"{one.command}\n{one.out}\n{one.err}"


def test_it_prints_what_the_page_shows(session: Session) -> None:
    """The table, the number of files and the next steps are those of the page."""
    shown, listing = blocks("text")
    assert session.of("llmcost adopt --out").out == shown
    written = {
        path.relative_to(session.folder).as_posix()
        for path in (session.folder / "observe/objects").rglob("*")
        if path.is_file()
    }
    assert written == set(listing.split())


def test_the_declaration_is_what_the_page_shows(session: Session) -> None:
    """The example is the file, but for the change that the page makes to it."""
    (shown,) = blocks("yaml")
    written = (session.folder / "observe/objects/alerts/too-many-calls.yaml").read_text()
    assert written.replace("silence: 60", "silence: 30") == shown.partition("\n")[2]


def test_the_steps_on_the_screen_are_those_of_the_page(session: Session) -> None:
    """What the command prints, the page explains: the same commands in the same order."""
    printed = [
        line.strip()
        for line in session.of("llmcost adopt --out").out.splitlines()
        if line[:2] == "  "
    ]
    lines = "".join(blocks("console")).splitlines()
    told = [line.removeprefix("$ ") for line in lines]
    assert told[told.index(printed[0]) : told.index(printed[-1]) + 1] == printed


def test_a_changed_file_is_the_only_change(session: Session) -> None:
    """The preview shows the path that was edited, and the update writes that one object."""
    shown = session.of("pulumi preview --diff").out
    assert "~ openobserve:index:Alert: (update)" in shown
    assert re.search(r"silence *: 30 => 60", shown)
    assert "1 to update" in shown
    with Client(session.server.url, USER, PASSWORD) as client:
        (listed,) = client.get("/api/v2/default/alerts")["list"]
        alert = client.get(f"/api/v2/default/alerts/{listed['alert_id']}")
    assert alert["trigger_condition"]["silence"] == 60


def test_the_written_files_are_a_project(session: Session) -> None:
    """Pulumi's file, a stack without secrets, what to install, and a page that says what to do."""
    project = session.folder / "observe"
    assert yaml.safe_load((project / "Pulumi.yaml").read_text())["name"] == "openobserve-default"
    stack = yaml.safe_load((project / "Pulumi.prod.yaml").read_text())["config"]
    assert stack["openobserve:url"] == session.server.url
    assert {name for name, value in stack.items() if isinstance(value, dict)} == {
        "openobserve:password",
        "openobserve-default:team_slack_url",
    }
    listed = json.loads((project / "import.json").read_text())["resources"]
    assert len(listed) == 6
    assert (project / "requirements.txt").read_text().startswith("llmcost-infra==")


def test_a_team_takes_its_folder_alone(session: Session) -> None:
    """The alert lies elsewhere and keeps its route; the stream is not the team's."""
    written = (session.folder / "checkout/objects").rglob("*.yaml")
    assert sorted(path.parent.name + "/" + path.stem for path in written) == [
        "dashboards/checkout",
        "folders/checkout",
    ]


def test_the_same_files_make_it_elsewhere(session: Session, tmp_path: Path) -> None:
    """An update makes every object in another place, and adopting that gives the same files."""
    with LocalServer(tmp_path, password=PASSWORD) as other:
        elsewhere = session.environment | {"OPENOBSERVE_URL": other.url}
        for command in (
            "pulumi stack init staging",
            "pulumi config set --secret team_slack_url",
            "pulumi up --yes --skip-preview",
            "llmcost adopt --out ../again --stack prod",
        ):
            done = typed_in(session.folder / "observe", command, elsewhere)
            assert done.code == 0, done.out + done.err
    here, there = (session.folder / name / "objects" for name in ("observe", "again"))
    assert {path.relative_to(there): path.read_text() for path in there.rglob("*.*")} == {
        path.relative_to(here): path.read_text() for path in here.rglob("*.*")
    }
