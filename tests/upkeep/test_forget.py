"""What is stored of a user is found under the id that the pipeline made of it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.pseudonyms import pseudonym
from llmcost_infra.settings import Settings
from llmcost_infra.upkeep.forget import stored_of
from tests.alerts.conftest import DAY, NOON
from tests.local.telemetry import record, span

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from llmcost_infra.openobserve import Client
    from tests.alerts.conftest import Stack

KEY = "grains-of-salt"
SETTINGS = Settings(environment="prod")
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def kept(stack: Callable[..., Stack]) -> Stack:
    """A stack."""
    return stack()


@pytest.fixture
def client(kept: Stack) -> Iterator[Client]:
    """The way to its server."""
    with kept.client() as client:
        yield client


def test_calls_of_a_user_are_found_with_their_days(kept: Stack, client: Client) -> None:
    """By the hash; the day on which retention has removed them is told."""
    kept.call(at=NOON - 3 * DAY, usd=0.1, user_id="ann@example.com", copies=2)
    kept.call(at=NOON - 2 * DAY, usd=0.1, user_id=" ann@example.com ")
    kept.call(at=NOON - DAY, usd=0.1, user_id="bob@example.com")
    (found,) = stored_of(client, SETTINGS, "ann@example.com", KEY, NOW)
    assert (found.stream, found.column, found.rows) == ("llm_calls", "llmcost_user", 3)
    assert (found.first, found.last) == (date(2026, 11, 21), date(2026, 11, 22))
    assert found.gone == date(2026, 11, 22) + timedelta(days=402)


def test_other_spans_have_the_id_as_it_was_sent(kept: Stack, client: Client) -> None:
    """A span that is no call keeps its attributes, and so what they say of a person."""
    kept.now = NOON
    kept.send(span("page", NOON - DAY // 24, {"user_id": "o'hara@example.com"}))
    (found,) = stored_of(client, SETTINGS, "o'hara@example.com", KEY, NOW)
    assert (found.stream, found.column, found.rows) == ("other_traces", "user_id", 1)


def test_other_spans_may_have_the_hash_as_well(kept: Stack, client: Client) -> None:
    """An application that uses our helper hashes before it sends."""
    kept.now = NOON
    known = pseudonym("ann@example.com", KEY)
    for at, user in enumerate((known, "ann@example.com", "bob@example.com")):
        kept.send(span("page", NOON - DAY // 24 + at, {"user_id": user}))
    (found,) = stored_of(client, SETTINGS, "ann@example.com", KEY, NOW)
    assert (found.stream, found.rows) == ("other_traces", 2)


def test_other_logs_have_the_id_as_it_was_sent(kept: Stack, client: Client) -> None:
    """A resource's attributes have no prefix in a log record."""
    kept.now = NOON
    kept.log(record(NOON - DAY // 24, "page", {"enduser.id": "ann@example.com"}))
    kept.log(record(NOON - DAY // 24, "page"), user__id=pseudonym("ann@example.com", KEY))
    kept.log(record(NOON - DAY // 24, "page", {"user.id": "bob@example.com"}))
    found = list(stored_of(client, SETTINGS, "ann@example.com", KEY, NOW))
    assert [(one.stream, one.column, one.rows) for one in found] == [
        ("other_logs", "user_id", 1),
        ("other_logs", "enduser_id", 1),
    ]


def test_texts_of_a_user_are_found_whoever_sent_them(stack: Callable[..., Stack]) -> None:
    """The content stream has texts of spans and of log records, under the hash."""
    content = {"capture": True, "services": ["shop"], "shared_org_ok": True, "days": 3}
    kept = stack(content=content)
    kept.call(at=NOON - DAY, llm__input="Hello", user_id="ann@example.com")
    said = {"gen_ai.system": "openai", "user.id": "ann@example.com"}
    kept.log(record(NOON - DAY, {"content": "Hello"}, said))
    settings = Settings.from_mapping({"environment": "prod", "content": content})
    with kept.client() as client:
        listed = list(stored_of(client, settings, "ann@example.com", KEY, NOW))
    found = {one.stream: one for one in listed}
    assert {stream: one.rows for stream, one in found.items()} == {"llm_calls": 1, "llm_content": 2}
    assert found["llm_content"].gone == date(2026, 11, 23) + timedelta(days=5)


def test_of_somebody_else_nothing_is_found(kept: Stack, client: Client) -> None:
    """Nor with another key."""
    kept.call(at=NOON - DAY, usd=0.1, user_id="ann@example.com")
    assert list(stored_of(client, SETTINGS, "bob@example.com", KEY, NOW)) == []
    assert list(stored_of(client, SETTINGS, "ann@example.com", "another", NOW)) == []


@pytest.mark.parametrize("given", ["0123456789abcdef" * 2, "0123456789abcdef" * 4])
def test_an_id_that_is_a_hash_already_stays(given: str) -> None:
    """As the pipeline leaves it."""
    assert pseudonym(given, KEY) == given
    assert pseudonym(given.upper(), KEY) != given.upper()
