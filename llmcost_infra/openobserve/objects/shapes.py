"""The shapes of answers that hold objects; what they do not name is kept where it matters."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Created",
    "DashboardShape",
    "DashboardsShape",
    "FolderShape",
    "FoldersShape",
    "FunctionShape",
    "FunctionsShape",
    "PipelineShape",
    "PipelinesShape",
    "StreamShape",
]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


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
    """A dashboard in its wrapper; a list adds where it is."""

    version: int
    hash: str
    v8: dict[str, Any] | None = None
    dashboard_id: str = ""
    folder_id: str = ""


class DashboardsShape(_Shape):
    """Dashboards of one folder, or those whose title holds a text."""

    dashboards: list[DashboardShape]
