"""The price table as OpenObserve's own model prices charges what the table says."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.local.server import LocalServer
from llmcost_infra.openobserve import Client
from llmcost_infra.openobserve.objects import stores
from llmcost_infra.pricing import Call, Price, Unpriced, load_table, price_of
from llmcost_infra.pricing.model_prices import model_prices

if TYPE_CHECKING:
    from collections.abc import Iterator

TABLE = load_table()
ROWS = model_prices(TABLE)
NOW = datetime(2026, 11, 23, tzinfo=UTC)
TOKEN = "openobserve:index:ModelPriceTable"


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of a server that holds the whole table."""
    folder = tmp_path_factory.mktemp("prices")
    with (
        LocalServer(folder, password="Complexpass#123") as server,
        Client(server.url, "root@example.com", "Complexpass#123") as client,
    ):
        stores(client)[TOKEN].create({"models": ROWS, "organization": "default"}, "urn")
        yield client


def charged(client: Client, model: str, usage: dict[str, int]) -> dict[str, Any]:
    """Return what the server would charge (``POST /llm/models/test``)."""
    body = {"model_name": model, "usage": usage, "timestamp": int(NOW.timestamp() * 1_000_000)}
    answer: dict[str, Any] = client.post("/api/default/llm/models/test", body)
    return answer


def price(provider: str, model: str, tokens: int = 1_000) -> Price | Unpriced:
    """Return what the table says of a request of so many tokens and an answer of 200."""
    call = Call(provider=provider, model=model, at=NOW, input_tokens=tokens, output_tokens=200)
    return price_of(call, TABLE)


def models() -> list[tuple[str, str]]:
    """Return provider and an id of every model with a price now, of which the server has a row."""
    held = {name.partition("@")[0] for name in ROWS}
    return [
        (provider, min(model.pattern.literals))
        for provider, every in TABLE.providers.items()
        for model in every
        if model.id in held and isinstance(price(provider, min(model.pattern.literals)), Price)
    ]


@pytest.mark.parametrize("provider", sorted({provider for provider, _ in models()}))
def test_the_server_charges_what_the_table_says(client: Client, provider: str) -> None:
    """Input and output of every model of a provider, small requests and large ones."""
    for model in [model for owner, model in models() if owner == provider]:
        for given in (1_000, 150_000, 300_000):
            ours = price(provider, model, given)
            assert isinstance(ours, Price)
            theirs = charged(client, model, {"input": given, "output": 200})["total_cost"]
            assert theirs == pytest.approx(float(ours.cost_usd), abs=1e-9), model


def test_a_model_that_the_table_lacks_is_free_on_the_server(client: Client) -> None:
    """Which is why no panel reads the server's own cost: unknown would be 0."""
    assert charged(client, "nobody-knows-it", {"input": 9, "output": 9})["total_cost"] == 0.0
