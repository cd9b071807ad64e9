"""The streams of an organization's LLM telemetry, each with its retention."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from llmcost_infra.columns import STORED
from llmcost_infra.resources import Stream

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.columns import ColumnType
    from llmcost_infra.settings import Settings

__all__ = ["LlmStreams"]

_TIMESTAMP = "_timestamp"  # every stream has it


class LlmStreams(pulumi.ComponentResource):
    """LLM stream, quarantine, and the stream for traces that are not about LLMs.

    Applications send to the source stream, which keeps nothing itself: the pipeline routes every
    row to one of the three streams that this component makes.

    Args:
        name: Pulumi name.
        settings: stream names, retention (days) and what happens on destroy.
        opts: Pulumi options.
    """

    source: str
    """Stream that applications send to (header ``stream-name``)."""
    calls: pulumi.Output[str]
    """LLM stream: one row a call or tool run, no text."""
    other: pulumi.Output[str]
    """Traces that are not about LLMs."""
    quarantine: pulumi.Output[str]
    """Rows that the pipeline did not finish; numbers only."""

    def __init__(
        self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("llmcost:index:LlmStreams", name, None, opts)
        names, days = settings.streams, settings.retention
        self.source = names.source

        def stream(
            role: str, stream_name: str, retention: int, fields: Mapping[str, ColumnType]
        ) -> Stream:
            return Stream(
                f"{name}-{role}",
                name=stream_name,
                stream_type="traces",
                fields=fields,
                data_retention=retention,
                on_destroy=settings.on_destroy,
                organization=settings.organization,
                opts=pulumi.ResourceOptions(parent=self),
            )

        # Declared before the first row arrives: a panel on a column that no row had yet fails.
        calls = stream("calls", names.calls, days.llm_days, _declared(STORED))
        other = stream("other", names.other, days.other_days, {})
        quarantine = stream(
            "quarantine", names.quarantine, days.quarantine_days, {"llmcost_state": "utf8"}
        )
        self.calls, self.other, self.quarantine = calls.name, other.name, quarantine.name
        self.register_outputs(
            {
                "source": self.source,
                "calls": self.calls,
                "other": self.other,
                "quarantine": self.quarantine,
            }
        )


def _declared(columns: Mapping[str, ColumnType]) -> dict[str, ColumnType]:
    return {name: type_ for name, type_ in columns.items() if name != _TIMESTAMP}
