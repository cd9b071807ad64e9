"""What applications import: whose spend a call is, what it costs, and a span for each tool.

It needs OpenTelemetry's API and SDK and nothing else, never raises into an application, and waits
for nothing.

    from llmcost_infra.telemetry import attribute, configure, tool, track

    configure(service="support-bot", environment="prod", team="support")

    @attribute(feature="summarize")
    def summarize(text): ...
"""

from __future__ import annotations

from llmcost_infra.telemetry.attribute import attribute
from llmcost_infra.telemetry.carrying import carried
from llmcost_infra.telemetry.configuration import configure
from llmcost_infra.telemetry.tool import tool
from llmcost_infra.telemetry.track import track

__all__ = ["attribute", "carried", "configure", "tool", "track"]
