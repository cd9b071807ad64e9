"""What a stack may choose: strict, typed, and refused with all problems at once."""

from llmcost_infra.settings.alerts import AlertChoice
from llmcost_infra.settings.attribution import RESOURCE, Attribution, in_logs
from llmcost_infra.settings.billing import BilledScope, BillingAccount
from llmcost_infra.settings.content import ContentCapture
from llmcost_infra.settings.money import Budget, Usd
from llmcost_infra.settings.names import Functions, Streams, StreamType, slug
from llmcost_infra.settings.repeats import Dialect, Repeat
from llmcost_infra.settings.routes import Route, Severity
from llmcost_infra.settings.stack import Retention, Settings
from llmcost_infra.settings.team import Owner, Team, TeamName

__all__ = [
    "RESOURCE",
    "AlertChoice",
    "Attribution",
    "BilledScope",
    "BillingAccount",
    "Budget",
    "ContentCapture",
    "Dialect",
    "Functions",
    "Owner",
    "Repeat",
    "Retention",
    "Route",
    "Settings",
    "Severity",
    "StreamType",
    "Streams",
    "Team",
    "TeamName",
    "Usd",
    "in_logs",
    "slug",
]
