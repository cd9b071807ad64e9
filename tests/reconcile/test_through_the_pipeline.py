"""One thing goes wrong, or two at once, on the whole way of spans: each is found, or in doubt."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import httpx
import pytest
from embedded_stack import make, write_project

from llmcost_infra.local.app import build_app
from llmcost_infra.local.server import Config, Server
from llmcost_infra.openobserve import Client
from llmcost_infra.program import run_program
from llmcost_infra.program.project import read_stack
from llmcost_infra.reconcile.causes import Cause
from llmcost_infra.reconcile.comparison import Comparison, Period, compare
from llmcost_infra.reconcile.ours import read_ours
from llmcost_infra.reconcile.records import Bill, Part
from llmcost_infra.reconcile.scopes import ScopeMap
from tests.local.conftest import _Direct
from tests.reconcile import deviations as happens
from tests.reconcile.spans import send_worlds
from tests.reconcile.worlds import DAYS, ZERO, World, check, ordinary, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PAIRS: Final[dict[str, tuple[Callable[[World], None], ...]]] = {
    "lost-untold": (happens.missing_traffic, happens.cache_not_told),
    "twins-batch": (happens.two_instrumentations, happens.batch_as_standard),
    "batch-flex": (happens.batch_without_spans, happens.flex_as_standard),
    "silent-new": (happens.streams_without_usage, happens.unheard_of_model),
    "contract-night": (happens.negotiated, happens.over_midnight),
    "raise-words": (happens.dearer_since_the_third_day, happens.words_nobody_knows),
    "sampled-images": (happens.a_share_of_all_spans, happens.images),
    "replayed-rounded": (happens.replayed, happens.rounded_to_cents),
    "claude-untold-night": (happens.cache_not_told, happens.over_midnight),
    "claude-told-lost": (happens.hours_told, happens.missing_traffic),
    "claude-twins-batch": (happens.two_instrumentations, happens.batch_without_spans),
    "claude-hours-lost": (happens.caches_for_an_hour, happens.missing_traffic),
}
NOT_BY_SPANS: Final = {happens.stored_at_an_old_price, happens.long_context_as_usual}
"""One pipeline has one price table, and it prices long context rightly."""
SINGLE: Final = {
    f"{prefix}{one.__name__}": (one,)
    for prefix, several in (("", happens.OPENAI), ("claude-", happens.ANTHROPIC))
    for one in several
    if one not in NOT_BY_SPANS
}
OFFSETTING: Final = {one.__name__: (one,) for one in happens.OFFSETTING}
CASES: Final = {"agree": (), **SINGLE, **PAIRS, **OFFSETTING, "same-day": (happens.offsetting,)}
DOUBTED: Final = {
    "lost-untold": {Cause.MISSING_TRAFFIC, Cause.CACHED},
    "sampled-images": {Cause.MISSING_TRAFFIC, Cause.SAMPLING},
    "a_share_of_all_spans": {Cause.MISSING_TRAFFIC, Cause.SAMPLING},
    # Anthropic counts no requests, so that copies may be among what is here.
    "claude-hours-lost": {Cause.MISSING_TRAFFIC, Cause.CACHED, Cause.DOUBLE_COUNTING},
    "same-day": {Cause.MISSING_TRAFFIC, Cause.DOUBLE_COUNTING},
}
"""Cases in which nothing tells two causes apart, and what each may be."""


def provider_of(name: str) -> str:
    """Return who bills a case."""
    return "anthropic" if name.startswith("claude") else "openai"


def made(name: str) -> World:
    """Return the world of a case; sampling shows from fifty calls a day and model on."""
    sampled = happens.a_share_of_all_spans in CASES[name]
    world = ordinary(provider_of(name), calls=60 if sampled else 20)
    world.part = Part(f"id_{name}")
    for happened in CASES[name]:
        happened(world)
    return world


@pytest.fixture(scope="module")
def worlds() -> dict[str, World]:
    """Every case, a team each."""
    return {name: made(name) for name in CASES}


@pytest.fixture(scope="module")
def found(
    worlds: dict[str, World], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Comparison]]:
    """What is found of all of them, by provider: one server, one reading, a scope each."""
    project = tmp_path_factory.mktemp("project")
    write_project(project, "prod", stack_with_a_scope_for_each())
    settings = read_stack(project, "prod").settings()
    server = Server(tmp_path_factory.mktemp("server"), Config())
    transport = _Direct(build_app(server))
    with Client("http://local", Config.user, Config.password, transport=transport) as client:
        make(run_program(project, "prod"), client)
        auth = (Config.user, Config.password)
        http = httpx.Client(transport=transport, base_url="http://local", auth=auth)
        send_worlds(server, http, worlds, settings.streams.source)
        own = read_ours(client, settings, DAYS)
    yield {
        provider: compare(
            Period("2026-10", DAYS),
            bill_of(provider, worlds),
            own,
            ScopeMap.of(settings, provider, None, ()),
            table(),
        )
        for provider in ("openai", "anthropic")
    }
    transport.close()
    server.close()


def stack_with_a_scope_for_each() -> dict[str, Any]:
    """Return settings whose accounts have a part for each case."""
    parts = {"openai": "project", "anthropic": "workspace"}
    billing = [
        {
            "provider": provider,
            "account": "acme",
            "scopes": [
                {part: f"id_{name}", "environment": "prod", "team": name}
                for name in CASES
                if provider_of(name) == provider
            ],
        }
        for provider, part in parts.items()
    ]
    return {"environment": "prod", "billing": billing}


def bill_of(provider: str, worlds: dict[str, World]) -> Bill:
    """Return a provider's bill of all worlds."""
    mine = [world for world in worlds.values() if world.provider == provider]
    charges = (one for world in mine for one in (*world.charges(), *world.items))
    usage = (one for world in mine for one in world.usage())
    return Bill(provider, "made up", tuple(charges), tuple(usage))


@pytest.mark.parametrize("name", CASES)
def test_each_cause_is_found_to_the_cent_or_within_its_range(
    name: str, worlds: dict[str, World], found: dict[str, Comparison]
) -> None:
    """Booked to its cause, and in doubt only where nothing tells the two apart."""
    all_of, scope = found[provider_of(name)], f"prod/{name}"
    findings = [one for one in all_of.findings if one.scope == scope]
    compared = [one for one in all_of.compared if one.cell.scope == scope]
    items = sum((one.usd for one in worlds[name].items), ZERO)
    doubts = check(
        worlds[name], findings, sum((one.ours - one.billed for one in compared), ZERO) - items
    )
    assert {one.cause for doubt in doubts for one in doubt.ranges} == DOUBTED.get(name, set())
    assert not [one for one in findings if one.cause is Cause.UNEXPLAINED]


@pytest.mark.parametrize("name", OFFSETTING)
def test_what_offsets_fails_though_the_net_passes(name: str, found: dict[str, Comparison]) -> None:
    """Whether the two meet on one day or not."""
    [line] = [
        one
        for one in found["openai"].lines
        if (one.scope, one.model) == (f"prod/{name}", "openai/gpt-4o")
    ]
    assert line.drift is not None
    assert abs(line.drift) < Decimal("0.05")
    assert line.problem == "offsetting differences"


def test_only_what_agrees_passes(found: dict[str, Comparison]) -> None:
    """A scope in which nothing went wrong has no problem, beside dozens that have."""
    lines = [one for all_of in found.values() for one in all_of.lines]
    failed = {one.scope.removeprefix("prod/") for one in lines if one.problem}
    assert failed - set(SINGLE) == {*PAIRS, *OFFSETTING}
