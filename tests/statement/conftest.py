"""A whole stack on a server whose clock tests turn."""

from tests.alerts.conftest import stack  # noqa: F401 - a fixture
from tests.resources.conftest import registered  # noqa: F401 - a fixture
