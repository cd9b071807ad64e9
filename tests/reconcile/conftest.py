"""The stand-in of the providers' APIs that a user can start, called without a network."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.alerts.conftest import stack  # noqa: F401 - a fixture
from tests.local.conftest import _Direct
from tests.resources.conftest import registered  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

SCRIPT = Path(__file__).parents[2] / "examples" / "reconciliation" / "provider_stand_in.py"


def load_stand_in() -> Any:
    """Return the stand-in's module: an example is no package."""
    name = "provider_stand_in"
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, SCRIPT)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@dataclass
class Providers:
    """Both providers.

    Args:
        openai: what OpenAI knows.
        anthropic: what Anthropic knows.
        transport: the way there.
        waits: seconds that were waited between tries.
    """

    openai: Any
    anthropic: Any
    transport: httpx.BaseTransport
    waits: list[float] = field(default_factory=list[float])


@pytest.fixture
def providers() -> Iterator[Providers]:
    """Two accounts without anything in them."""
    module = load_stand_in()
    openai, anthropic = module.Account(), module.Account()
    transport = _Direct(module.build_app(openai, anthropic))
    yield Providers(openai, anthropic, transport)
    transport.close()
