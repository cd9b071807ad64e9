"""The stand-in of the providers' APIs that a user can start, called without a network."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from provider_stand_in import Account, build_app

from tests.alerts.conftest import declared, declared_before, stack  # noqa: F401 - fixtures
from tests.local.conftest import _Direct
from tests.resources.conftest import registered  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx


@dataclass
class Providers:
    """Both providers.

    Args:
        openai: what OpenAI knows.
        anthropic: what Anthropic knows.
        transport: the way there.
        waits: seconds that were waited between tries.
    """

    openai: Account
    anthropic: Account
    transport: httpx.BaseTransport
    waits: list[float] = field(default_factory=list[float])


@pytest.fixture
def providers() -> Iterator[Providers]:
    """Two accounts without anything in them."""
    openai, anthropic = Account(), Account()
    transport = _Direct(build_app(openai, anthropic))
    yield Providers(openai, anthropic, transport)
    transport.close()
