"""Components run as in a program, without an engine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from llmcost_infra.components import LlmCost
from llmcost_infra.settings import Settings
from tests.resources.conftest import registered  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from pathlib import Path

    from tests.resources.conftest import Registered


@pytest.fixture
def declared(
    registered: Registered,  # noqa: F811 - the fixture above
    tmp_path: Path,
) -> Any:
    """Return what declares a stack and gives what it registered, by name."""
    pulumi.runtime.set_all_config({"llmcost:hash_key": "grains-of-salt"})

    def declare(**values: Any) -> dict[str, Any]:
        settings = Settings.from_mapping({"environment": "test", **values})

        async def program() -> None:
            LlmCost("cost", settings, project=tmp_path)

        pulumi.runtime.test(program)()  # type: ignore[no-untyped-call] # Pulumi left it without types
        return {one.name: one for one in registered.resources}

    return declare


def clear(value: Any) -> Any:
    """Return a value that the engine was told to keep secret."""
    return value["value"] if isinstance(value, dict) and "value" in value else value
