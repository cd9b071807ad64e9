"""A whole stack on a server whose clock tests turn."""

from tests.alerts.conftest import declared, declared_before, stack  # noqa: F401 - fixtures
from tests.resources.conftest import registered  # noqa: F401 - a fixture
