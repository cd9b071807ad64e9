"""The settings of one stack, as they stand in its configuration file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import Field, ValidationError, model_validator

from llmcost_infra.declarations import (
    InvalidDeclaration,
    Name,
    Strict,
    fitting,
    misplaced,
    nearest,
    problems_of,
)
from llmcost_infra.errors import DeclarationError
from llmcost_infra.settings.alerts import AlertChoice
from llmcost_infra.settings.attribution import Attribution
from llmcost_infra.settings.billing import BillingAccount
from llmcost_infra.settings.content import ContentCapture
from llmcost_infra.settings.money import Budget
from llmcost_infra.settings.names import Environment, Functions, Streams
from llmcost_infra.settings.repeats import Repeat
from llmcost_infra.settings.routes import Route
from llmcost_infra.settings.team import Owner, Team, TeamName

if TYPE_CHECKING:
    from typing import Any

__all__ = ["Retention", "Settings"]

Days = Annotated[int, Field(ge=1)]
Address = Annotated[
    str,
    fitting(
        r"^https?://[^\s/?#]+(?:/[^\s?#]*[^\s/?#])?$",
        "write it like https://observe.example.com, without a slash at its end",
    ),
]
"""Of a server, without a slash at the end, e.g. ``https://observe.example.com``."""


class Retention(Strict):
    """How long each stream keeps rows, in days."""

    llm_days: Days = 400
    """One row a call, no text."""
    quarantine_days: Days = 1
    """Rows that the pipeline did not finish; numbers and ids only."""
    other_days: Days = 30
    """Traces and logs that are not about LLMs."""
    rollup_days: Days = 1_830
    """Totals of hours and days, and the days of the bill; five years."""


class Settings(Strict):
    """One stack's choices, as they stand in ``Pulumi.<stack>.yaml`` under ``llmcost:settings``."""

    environment: Environment
    organization: (
        Annotated[str, fitting(r"^[A-Za-z0-9_]+$", "use letters, digits and _")] | None
    ) = None
    """OpenObserve organization; by default the one that the provider is configured with."""
    team: Team | None = None
    """Whose calls are all that dashboards and alerts read; `TeamBudget` sets it."""
    prefix: Annotated[
        str,
        fitting(r"^(?:[a-z][a-z0-9_]*)?$", "use lower-case letters, digits and _, a letter first"),
    ] = ""
    """Stands before every stream, function and pipeline name, e.g. ``demo_``."""
    folder: Annotated[str, Field(min_length=1)] = "LLM Cost"
    """Name of the dashboard folder."""
    ui_url: Address | None = None
    """Where people open OpenObserve; links to traces need it."""
    profile: Literal["pipeline", "gen_ai", "llm", "attributes"] = "pipeline"
    """Which shape of data the panels read."""
    stream: Name | None = None
    """Trace stream that the panels read, for every profile but ``pipeline``, e.g. ``default``."""
    history: bool = False
    """Whether the rollup stream and the tab that reads it are there."""
    cost_metric: bool = False
    """Whether applications send `gen_ai.usage.cost_usd`; a tab compares it with the calls."""
    query_range_hours: Annotated[int, Field(ge=1)] | None = None
    """Longest time range of a query that the server allows on the streams, if it has a limit."""
    max_call_minutes: Annotated[int, Field(ge=1, le=1440)] = 60
    """Longest call that alerts see: they look back so much further than their windows."""
    retention: Retention = Retention()
    attribution: Attribution = Attribution()
    repeats: tuple[Repeat, ...] = (Repeat(dialect="wrapper"), Repeat(dialect="anthropic_sdk"))
    """Spans that repeat calls of another instrumentation: by default hand-written wrappers, and
    what Anthropic's client writes of its own accord. ``[]`` where nothing else reports those."""
    budget: Budget = Budget()
    features: Mapping[TeamName, Owner] = Field(default_factory=dict[str, str])
    """Who answers for a feature, by its name; with any there is a tab of what features cost."""
    routes: Mapping[Name, Route] = Field(default_factory=dict[str, Route])
    """Where alerts go, by name."""
    alerts: Mapping[Name, AlertChoice] = Field(default_factory=dict[str, AlertChoice])
    """What this stack changes of the declared alerts, by name."""
    content: ContentCapture = ContentCapture()
    billing: tuple[BillingAccount, ...] = ()
    """Provider accounts that this stack pays for."""
    server_prices: bool = False
    """Whether the price table also becomes OpenObserve's own model prices; no panel reads them."""
    on_destroy: Literal["retain", "delete"] = "retain"
    """What becomes of the streams' data when the stack is destroyed; delete needs the next."""
    allow_data_loss: bool = False
    """Permits what deletes rows, such as a shorter retention; true for one update only."""

    @model_validator(mode="after")
    def _profile_has_its_stream(self) -> Self:
        ours = self.profile == "pipeline"
        if ours and self.stream is not None:
            hint = "choose another profile, or leave the stream out"
            raise misplaced("profile pipeline reads the stream that it fills", "stream", hint=hint)
        if not ours and self.stream is None:
            hint = "for example stream: default"
            raise misplaced(f"profile {self.profile} reads a stream", "stream", hint=hint)
        if not ours and self.history:
            raise misplaced("only profile pipeline has a rollup", "history")
        if self.team is not None and self.cost_metric:
            raise misplaced("the metric is everybody's, not a team's", "cost_metric")
        if not ours and self.content.capture:
            hint = "whoever fills the stream decides what it keeps"
            raise misplaced("only profile pipeline captures", "content", "capture", hint=hint)
        return self

    @model_validator(mode="after")
    def _alerts_have_their_routes(self) -> Self:
        for name, choice in self.alerts.items():
            for route in choice.routes or ():
                if route not in self.routes:
                    said, hint = f"there is no route {route!r}", nearest(route, sorted(self.routes))
                    raise misplaced(said, "alerts", name, "routes", hint=hint)
        return self

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], source: str = "llmcost:settings") -> Settings:
        """Read settings from plain values.

        Args:
            values: the mapping under ``llmcost:settings``.
            source: what error messages call it.

        Raises:
            InvalidDeclaration: with every problem, each with the nearest valid key.
        """
        try:
            return cls.model_validate_json(json.dumps(dict(values)))
        except ValidationError as error:
            raise InvalidDeclaration(
                [
                    DeclarationError(f"{'.'.join(map(str, at))}: {said}", path=source, hint=hint)
                    for at, said, hint in problems_of(error, cls)
                ]
            ) from error

    def prefixed(self, name: str) -> str:
        """Return the name of an object of this stack."""
        return f"{self.prefix}{name}"

    def named(self, name: str) -> str:
        """Return the name of an alert, a template or a destination: with its team in it, if any."""
        return self.prefixed(f"{self.team.slug}_{name}" if self.team else name)

    def of_team(self, words: str) -> str:
        """Return words that people read, with the team before them, if there is one."""
        return f"{self.team.name}: {words}" if self.team else words

    @property
    def streams(self) -> Streams:
        """Names of the streams of this stack."""
        return Streams(
            source=self.stream or self.prefixed("llm_ingest"),
            calls=self.stream or self.prefixed("llm_calls"),
            other=self.prefixed("other_traces"),
            other_logs=self.prefixed("other_logs"),
            quarantine=self.prefixed("llm_quarantine"),
            rollup=self.prefixed("llm_rollup"),
            content=self.prefixed("llm_content"),
            billing=self.prefixed("llm_billing_daily"),
        )

    @property
    def functions(self) -> Functions:
        """Names of the pipeline's functions of this stack."""
        return Functions(
            mark_new=self.prefixed("llm_mark_new"),
            normalise=self.prefixed("llm_normalise"),
            read_logs=self.prefixed("llm_read_logs"),
            project=self.prefixed("llm_project"),
            adjust=self.prefixed("llm_adjust"),
            scrub_other=self.prefixed("llm_scrub_other"),
            quarantine=self.prefixed("llm_quarantine"),
            project_content=self.prefixed("llm_project_content"),
        )
