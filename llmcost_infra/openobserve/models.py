"""The shapes of answers that the client reads itself."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Listing", "Organizations", "SearchAnswer", "ServerConfig"]


class _Shape(BaseModel):
    model_config = ConfigDict(frozen=True)


class ServerConfig(_Shape):
    """What ``GET /config`` says about the server; it needs no credentials."""

    version: str = ""
    build_type: str = "opensource"
    data_retention_days: int = Field(default=3650, description="0: rows are never deleted")
    max_query_range: int = Field(default=0, description="hours; 0: none")
    query_default_limit: int = 1000
    user_defined_schemas_enabled: bool = False
    model_pricing_enabled: bool = False
    anomaly_detection_enabled: bool = False


class SearchAnswer(_Shape):
    """What ``POST /_search`` answers with status 200, complete or not."""

    hits: list[dict[str, Any]]
    total: int = 0
    took: int = Field(default=0, description="ms")
    scan_records: int = Field(default=0, description="rows that were read")
    scan_size: float = Field(default=0, description="MB that were read; 0 where nobody counted")
    histogram_interval: int | None = Field(default=None, description="s")
    is_partial: bool = False
    function_error: list[str] | str | None = None

    @property
    def failures(self) -> list[str]:
        """What is wrong with an answer that says 200."""
        said = self.function_error or []
        messages = [said] if isinstance(said, str) else list(said)
        return messages or (["the result is partial"] if self.is_partial else [])


class _Organization(_Shape):
    identifier: str


class Organizations(_Shape):
    """What ``GET /api/organizations`` answers."""

    data: list[_Organization]

    @property
    def identifiers(self) -> frozenset[str]:
        """The names by which paths call them."""
        return frozenset(organization.identifier for organization in self.data)


class Listing(_Shape):
    """Any answer of the form ``{"list": […]}``."""

    items: list[dict[str, Any]] = Field(alias="list")
