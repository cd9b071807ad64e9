"""The shapes of answers that hold objects; what they do not name is kept where it matters."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator

__all__ = [
    "AlertDestinationShape",
    "AlertDestinationsShape",
    "AlertShape",
    "AlertTemplateShape",
    "AlertTemplatesShape",
    "AlertsShape",
    "Created",
    "DashboardShape",
    "DashboardsShape",
    "FolderShape",
    "FoldersShape",
    "FunctionShape",
    "FunctionsShape",
    "ListedAlertShape",
    "ListedStreamShape",
    "ModelPriceShape",
    "ModelPricesShape",
    "NewAccountShape",
    "PipelineShape",
    "PipelinesShape",
    "ServiceAccountShape",
    "ServiceAccountsShape",
    "StreamShape",
    "StreamsShape",
]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class _Array(_Shape):
    """What the server lists as a bare array."""

    @model_validator(mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:
        return {"list": value}


class FolderShape(_Shape):
    """A folder."""

    folder_id: str = Field(alias="folderId")
    name: str
    description: str = ""


class FoldersShape(_Shape):
    """All folders of a type."""

    items: list[FolderShape] = Field(alias="list")


class _Column(_Shape):
    name: str
    type: str


class _Stats(_Shape):
    created_at: int = Field(default=0, description="µs since 1970; 0: not known")


class StreamShape(_Shape):
    """A stream with its real settings, which the list of streams does not show."""

    columns: list[_Column] = Field(alias="schema")
    settings: dict[str, Any]
    stats: _Stats = _Stats()


class ListedStreamShape(_Shape):
    """A stream in the list, which shows neither its columns nor its real settings."""

    name: str


class StreamsShape(_Shape):
    """All streams of a type."""

    items: list[ListedStreamShape] = Field(alias="list")


class FunctionShape(_Shape):
    """A function."""

    name: str
    function: str


class FunctionsShape(_Shape):
    """All functions of an organization."""

    items: list[FunctionShape] = Field(alias="list")


class PipelineShape(_Shape):
    """A pipeline."""

    pipeline_id: str
    version: int
    name: str
    description: str = ""
    enabled: bool = True
    source: dict[str, Any] = Field(default_factory=dict[str, Any])
    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]


class PipelinesShape(_Shape):
    """All pipelines of an organization."""

    items: list[PipelineShape] = Field(alias="list")


class Created(_Shape):
    """What the server says about something that it made."""

    id: str


class DashboardShape(_Shape):
    """A dashboard in its wrapper, which has a key for each version; a list adds where it is."""

    model_config = ConfigDict(frozen=True, extra="allow")

    version: int
    hash: str
    dashboard_id: str = ""
    folder_id: str = ""

    @property
    def body(self) -> dict[str, Any]:
        """The dashboard as it is stored; empty if it is in no version that the wrapper shows."""
        return (self.model_extra or {}).get(f"v{self.version}") or {}


class DashboardsShape(_Shape):
    """Dashboards of one folder, or those whose title holds a text."""

    dashboards: list[DashboardShape]


class AlertTemplateShape(_Shape):
    """A template of notifications."""

    name: str
    body: str
    type: str = "http"
    title: str = ""
    shared: bool | None = Field(default=None, alias="isDefault", description="of `default`")


class AlertTemplatesShape(_Array):
    """All templates that an organization sees."""

    items: list[AlertTemplateShape] = Field(alias="list")


class AlertDestinationShape(_Shape):
    """A destination of notifications."""

    name: str
    type: str = "http"
    url: str = ""
    method: str = "post"
    skip_tls_verify: bool = False
    headers: dict[str, str] | None = None
    template: str | None = None
    emails: list[str] = Field(default_factory=list[str])
    sns_topic_arn: str | None = None
    aws_region: str | None = None
    output_format: Any = None
    destination_type_name: str | None = None
    metadata: dict[str, Any] = Field(default_factory=dict[str, Any])


class AlertDestinationsShape(_Array):
    """All destinations of an organization, for alerts or for pipelines."""

    items: list[AlertDestinationShape] = Field(alias="list")


class ListedAlertShape(_Shape):
    """An alert in the list, which alone says where it is."""

    alert_id: str
    folder_id: str
    name: str


class AlertsShape(_Shape):
    """All alerts of an organization."""

    items: list[ListedAlertShape] = Field(alias="list")


class AlertShape(_Shape):
    """An alert; what newer servers add is kept."""

    model_config = ConfigDict(frozen=True, extra="allow")

    name: str
    stream_type: str
    stream_name: str
    is_real_time: bool = False
    query_condition: dict[str, Any]
    trigger_condition: dict[str, Any]
    destinations: list[str]
    template: str | None = None
    context_attributes: dict[str, str] | None = None
    row_template: str = ""
    row_template_type: str = "String"
    description: str | None = None
    enabled: bool
    tz_offset: int = 0
    owner: str | None = None
    deduplication: dict[str, Any] | None = None


class _Tier(_Shape):
    name: str
    condition: dict[str, Any] | None = None
    prices: dict[str, float]


class ModelPriceShape(_Shape):
    """What a model costs; a list nests the rows that this one hides."""

    id: str
    name: str
    match_pattern: str
    enabled: bool = True
    tiers: list[_Tier]
    valid_from: int | None = Field(default=None, description="µs since 1970")
    sort_order: int = 0
    source: str = "org"
    provider: str | None = None
    description: str | None = None
    children: list[ModelPriceShape] | None = None


class ModelPricesShape(_Shape):
    """All model prices that hold in an organization, inherited and built-in ones included."""

    items: list[ModelPriceShape]

    @model_validator(mode="before")
    @classmethod
    def _name_the_list(cls, answer: Any) -> Any:
        """The answer is the list itself."""
        return {"items": answer}

    def own(self) -> dict[str, ModelPriceShape]:
        """Return the organization's own rows by name, hidden ones included."""
        own: dict[str, ModelPriceShape] = {}
        waiting = list(self.items)
        while waiting:
            row = waiting.pop()
            waiting += row.children or []
            if row.source == "org":
                own[row.name] = row
        return own


class ServiceAccountShape(_Shape):
    """A service account; its token is shown as its start and asterisks."""

    email: str
    first_name: str = ""
    last_name: str = ""


class ServiceAccountsShape(_Shape):
    """All service accounts of an organization."""

    items: list[ServiceAccountShape] = Field(alias="data")


class NewAccountShape(_Shape):
    """What the server says once about a service account that it made."""

    token: str
