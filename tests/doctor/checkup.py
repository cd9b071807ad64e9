"""A stack on a server, looked at as the doctor does."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from llmcost_infra.doctor import CHECKS, Case, Said
from llmcost_infra.settings import Settings
from tests.alerts import conftest as alerts
from tests.alerts.conftest import NOON

if TYPE_CHECKING:
    from tests.alerts.conftest import Stack

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
BILLED = {"billing": [{"provider": "openai", "account": "org-acme"}]}
CAPTURING = {"content": {"capture": True, "services": ["bot"], "shared_org_ok": True}}
ROUTES = {"routes": alerts.ROUTES}


class Doctor:
    """Looks at a stack as it is at noon, or at another time."""

    def __init__(self, stack: Stack, **values: Any) -> None:
        self.stack = stack
        self.settings = Settings.from_mapping({"environment": "prod", **ROUTES, **values})
        self.client = stack.client()

    def case(self, *, later: timedelta = timedelta(), **allowed: bool) -> Case:
        """Return the stack as a check sees it, with what it is allowed to do."""
        return Case(self.client, self.settings, NOW + later, None, **allowed)

    def says(self, check: str, *, later: timedelta = timedelta(), **allowed: bool) -> Said:
        """Return what one check says."""
        self.stack.now = max(self.stack.now, NOON)
        return CHECKS[check].look(self.case(later=later, **allowed))
