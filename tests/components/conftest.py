"""Components run as in a program, without an engine."""

from tests.resources.conftest import registered  # noqa: F401 - a fixture
