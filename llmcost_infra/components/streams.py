"""The streams of an organization's LLM telemetry, each with its retention."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import pulumi

from llmcost_infra.columns import BILLING, CONTENT, QUARANTINED, ROLLUP, STORED
from llmcost_infra.profiles import ATTRIBUTED, PROFILES
from llmcost_infra.resources import Stream
from llmcost_infra.settings import Streams

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.columns import ColumnType
    from llmcost_infra.settings import Settings

__all__ = ["LlmStreams"]

_TIMESTAMP = "_timestamp"  # every stream has it


class LlmStreams(pulumi.ComponentResource):
    """The streams that panels, pipeline and people use.

    With the profile ``pipeline``, applications send to the source stream, which keeps nothing
    itself: the pipeline routes every row to one of the streams that this component makes.
    With any other, the stack reads one stream that somebody else fills and owns: only the columns
    that panels name are declared there, and nothing of it is ever deleted.

    Args:
        name: Pulumi name.
        settings: stream names, retention (days) and what happens on destroy.
        opts: Pulumi options.
    """

    source: str
    """Stream that applications send to (header ``stream-name``)."""
    calls: pulumi.Output[str]
    """LLM stream: one row a call or tool run, no text."""
    other: pulumi.Output[str] | None = None
    """Traces that are not about LLMs."""
    other_logs: pulumi.Output[str] | None = None
    """Log records that are not about LLMs; of those that are, only that they came."""
    quarantine: pulumi.Output[str] | None = None
    """Rows that the pipeline did not finish; numbers only."""
    rollup: pulumi.Output[str] | None = None
    """Totals of hours and days, where the stack keeps a history."""
    content: pulumi.Output[str] | None = None
    """Scrubbed prompts and completions, where the stack keeps them here."""
    billing: pulumi.Output[str] | None = None
    """What days cost by the provider's bill and by ours, where the stack names accounts."""

    def __init__(
        self, name: str, settings: Settings, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("llmcost:index:LlmStreams", name, None, opts)
        self._name, self._settings = name, settings
        self.source = settings.streams.source
        if settings.profile == "pipeline":
            self._make()
        else:
            self._read()
        if self._settings.billing:
            self.billing = self._stream(
                "billing",
                self._settings.streams.billing,
                self._settings.retention.rollup_days,
                BILLING,
            )
        roles = ("calls", "other", "other_logs", "quarantine", "rollup", "content", "billing")
        made = {role: getattr(self, role) for role in roles}
        self.register_outputs(
            {"source": self.source} | {role: output for role, output in made.items() if output}
        )

    def _make(self) -> None:
        names, days = self._settings.streams, self._settings.retention
        # Declared before the first row arrives: a panel on a column that no row had yet fails.
        self.calls = self._stream("calls", names.calls, days.llm_days, STORED)
        self.other = self._stream("other", names.other, days.other_days, {})
        self.other_logs = self._stream("other_logs", names.other_logs, days.other_days, {})
        self.quarantine = self._stream(
            "quarantine", names.quarantine, days.quarantine_days, QUARANTINED
        )
        if self._settings.content.kept_here:
            kept_for = self._settings.content.days
            self.content = self._stream("content", names.content, kept_for, CONTENT)
        if self._settings.history:
            self.rollup = self._stream("rollup", names.rollup, days.rollup_days, ROLLUP)

    def _read(self) -> None:
        profile, sources = PROFILES[self._settings.profile], self._settings.attribution
        attributed = {column: "utf8" for name in ATTRIBUTED for column in getattr(sources, name)}
        stream = Stream(
            f"{self._name}-calls",
            name=self._settings.streams.calls,
            stream_type="traces",
            fields=cast("Mapping[str, ColumnType]", attributed | dict(profile.declares)),
            on_destroy="retain",
            organization=self._settings.organization,
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.calls = stream.name

    def _stream(
        self,
        role: str,
        stream_name: str,
        retention: int,
        fields: Mapping[str, ColumnType],
    ) -> pulumi.Output[str]:
        stream = Stream(
            f"{self._name}-{role}",
            name=stream_name,
            stream_type=Streams.type_of(role),
            fields={column: kind for column, kind in fields.items() if column != _TIMESTAMP},
            data_retention=retention,
            on_destroy=self._settings.on_destroy,
            allow_data_loss=self._settings.allow_data_loss or None,
            organization=self._settings.organization,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return stream.name
