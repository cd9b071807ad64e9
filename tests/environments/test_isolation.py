"""Environments and teams side by side: whose call a row is, and where nothing crosses."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from llmcost_infra.components import LlmCost, TeamBudget
from llmcost_infra.errors import AlreadyExists
from llmcost_infra.first_run.panels import all_selected
from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve import Client
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.openobserve.objects import stores
from llmcost_infra.settings import Settings
from tests.alerts.conftest import MAKE, clear
from tests.local.telemetry import span, spans_body
from tests.resources.conftest import registered  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.resources.conftest import Registered

USER, PASSWORD = "root@example.com", "Complexpass#123"
TEAMS = ("search", "support", "data")
CALLS = {
    (environment, team): environment * 10 + team + 1 for environment in (0, 1) for team in range(3)
}
"""How many calls each team makes in each environment: no two the same."""
CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.usage.input_tokens": 10,
    "gen_ai.usage.output_tokens": 10,
}
ONE_ORGANIZATION = (
    {"environment": "dev", "prefix": "dev_", "folder": "LLM Cost (dev)"},
    {"environment": "prod"},
)
ONE_EACH = ({"environment": "dev"}, {"environment": "prod"})
FOLDERS = {"Alert": "alerts", "Dashboard": "dashboards"}
ROUTES = {"hook": {"kind": "webhook", "secret": "hook_url"}}
SECRETS = {"llmcost:hash_key": "grains-of-salt", "llmcost:hook_url": "https://hooks.example.com/x"}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[LocalServer]:
    """A running server."""
    with LocalServer(tmp_path / "server", password=PASSWORD) as local:
        yield local


def stacks(settings: Settings, project: Path) -> None:
    """Declare a platform's stack and those of three teams."""
    LlmCost(f"{settings.environment}-cost", settings, project=project)
    for team in TEAMS:
        TeamBudget(team=team, monthly_usd="900", owners=["ann"], settings=settings, project=project)


def put(found: list[Any], client: Client, stack: str) -> list[str]:
    """Make what stacks registered, as the provider would, and return the ids."""
    every, made = stores(client), list[str]()
    folders: dict[tuple[str, str], str] = {}
    for kind in (*MAKE, "Dashboard"):
        for one in (one for one in found if one.typ == f"openobserve:index:{kind}"):
            given = KINDS[one.typ].defaults(clear(dict(one.inputs)))
            if kind in FOLDERS:
                (given["folder"],) = (
                    folder
                    for (name, holds), folder in folders.items()
                    if one.name.startswith(name) and holds == FOLDERS[kind]
                )
            done = every[one.typ].create(given, f"urn:pulumi:{stack}::{one.name}")
            if kind == "Folder":
                name = one.name.removesuffix("-folder")
                folders[name, given["folder_type"]] = str(done.computed["folder_id"])
            made.append(f"{kind} {done.id}")
    return made


def send(client: Client, settings: Settings, number: int) -> None:
    """Send the calls of every team to the source stream of an environment."""
    start = time.time_ns() // 1000 - 60_000_000
    for team, name in enumerate(TEAMS):
        calls = [span("chat", start + n, CALL) for n in range(CALLS[number, team])]
        body = spans_body(*calls, resource={"service.name": "s", "team": name})
        client.export("traces", body, settings.streams.source)


def counted(client: Client, found: list[Any]) -> dict[str, int]:
    """Return what the panel Total LLM Calls shows on each dashboard, by its Pulumi name."""
    now = datetime.now(UTC)
    counts: dict[str, int] = {}
    for one in found:
        if one.typ.endswith(":Dashboard") and not one.name.endswith("-details"):
            panel = one.inputs["tabs"]["overview"]["panels"]["total_calls"]
            sql = all_selected(panel["query"], one.inputs["variables"])
            (row,) = client.search(sql, now - timedelta(hours=1), now).hits
            counts[one.name] = int(row["llm_calls"])
    return counts


@pytest.mark.parametrize("each", [False, True], ids=["one organization", "one each"])
def test_nothing_crosses(
    server: LocalServer,
    registered: Registered,  # noqa: F811 - the fixture above
    tmp_path: Path,
    *,
    each: bool,
) -> None:
    """Two environments, three teams each: every panel counts its own calls and no other's."""
    pulumi.runtime.set_all_config(SECRETS)
    made: list[str] = []
    running: list[tuple[str, Settings, list[Any]]] = []
    for chosen in ONE_EACH if each else ONE_ORGANIZATION:
        organization = _organization(server, chosen["environment"]) if each else "default"
        settings = Settings.from_mapping({"routes": ROUTES, "organization": organization, **chosen})
        before = len(registered.resources)

        async def program(settings: Settings = settings) -> None:
            stacks(settings, tmp_path)

        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # Pulumi left it without types
        found = registered.resources[before:]
        with Client(server.url, USER, PASSWORD, organization) as client:
            made += put(found, client, settings.environment)
        running.append((organization, settings, found))
    assert len(made) == len(set(made)) > 100

    for number, (organization, settings, _found) in enumerate(running):
        with Client(server.url, USER, PASSWORD, organization) as client:
            send(client, settings, number)
    for number, (organization, settings, found) in enumerate(running):
        own = [CALLS[number, team] for team in range(3)]
        with Client(server.url, USER, PASSWORD, organization) as client:
            assert counted(client, found) == {
                f"{settings.environment}-cost-dashboard": sum(own),
                **{f"team-{name}-dashboard": own[n] for n, name in enumerate(TEAMS)},
            }


def _organization(server: LocalServer, name: str) -> str:
    with Client(server.url, USER, PASSWORD) as client:
        made: dict[str, Any] = client.post("/api/organizations", {"name": name})
    return str(made["identifier"])


def test_a_source_that_has_a_pipeline_is_refused(
    server: LocalServer,
    registered: Registered,  # noqa: F811 - the fixture above
    tmp_path: Path,
) -> None:
    """A second platform's stack is told whose the source is, and how to join it."""
    pulumi.runtime.set_all_config(SECRETS)
    settings = Settings.from_mapping({"environment": "dev"})

    async def program() -> None:
        LlmCost("first", settings, project=tmp_path)

    pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # Pulumi left it without types
    with Client(server.url, USER, PASSWORD) as client:
        put([one for one in registered.resources if "Dash" not in one.typ], client, "dev")
        pipelines = [one for one in registered.resources if one.typ.endswith("index:Pipeline")]
        pipeline = next(one for one in pipelines if one.name == "first-pipeline")
        given = KINDS[pipeline.typ].defaults(clear(dict(pipeline.inputs)))
        store = stores(client)[pipeline.typ]
        with pytest.raises(AlreadyExists) as caught:
            store.create(given, "urn:second")
        assert len(store.ids("default")) == len(pipelines)
    said = str(caught.value)
    assert "already takes the rows of the traces stream llm_ingest; nothing was written" in said
    assert "or join it: a stack whose program is TeamBudget reads its streams" in said
