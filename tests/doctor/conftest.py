"""A whole stack on a server whose clock tests turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.alerts.conftest import declared, declared_before, stack  # noqa: F401 - fixtures
from tests.doctor.checkup import Doctor
from tests.pipelines.test_canaries import server  # noqa: F401 - a fixture
from tests.resources.conftest import registered  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.alerts.conftest import Stack


@pytest.fixture
def doctor(
    stack: Callable[..., Stack],  # noqa: F811 - the fixture above
) -> Callable[..., Doctor]:
    """Return what puts a stack on a server and looks at it."""

    def put(*alerts: str, **values: Any) -> Doctor:
        return Doctor(stack(*(alerts or ("daily_budget",)), **values), **values)

    return put
