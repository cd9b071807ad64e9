"""Pipelines: what happens to a row between its arrival and a stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost_infra.source import Source

__all__ = ["Node", "Pipeline", "Position"]


class Position(TypedDict):
    """Where a node is drawn (pixels); derived from the edges unless given."""

    x: pulumi.Input[float]
    y: pulumi.Input[float]


class Node(TypedDict, total=False):
    """One step of a pipeline; which keys it has depends on its type.

    ``stream`` takes stream_name and stream_type: the source if nothing leads to it, else a sink.
    ``function`` takes name and after_flatten. ``condition`` takes conditions.
    ``query`` takes stream_type, query_condition and trigger_condition, and is a scheduled source.
    ``remote_stream`` takes destination_name.
    """

    type: Required[
        pulumi.Input[Literal["stream", "function", "condition", "query", "remote_stream"]]
    ]
    next: pulumi.Input[Sequence[pulumi.Input[str]]]
    """Ids of the nodes that get this one's rows; order means nothing."""
    stream_name: pulumi.Input[str]
    stream_type: pulumi.Input[Literal["logs", "traces", "metrics"]]
    name: pulumi.Input[str]
    """Name of the function."""
    after_flatten: pulumi.Input[bool]
    """Whether the function sees flat rows; true unless given."""
    conditions: pulumi.Input[Mapping[str, Any]]
    """The server's group of conditions. A column that a row lacks matches neither = nor !=."""
    version: pulumi.Input[int]
    """Form of the conditions: 2 unless given."""
    query_condition: pulumi.Input[Mapping[str, Any]]
    """The server's query; its SQL selects ``_timestamp``."""
    trigger_condition: pulumi.Input[Mapping[str, Any]]
    """When the query runs; ``period`` in minutes."""
    delay: pulumi.Input[int]
    """Minutes that the query's time range ends before now."""
    start_at: pulumi.Input[int]
    tz_offset: pulumi.Input[int]
    """Minutes between UTC and the time zone of a cron expression."""
    destination_name: pulumi.Input[str]
    """Name of a destination of type ``remote_pipeline``."""
    position: Position
    meta: pulumi.Input[Mapping[str, pulumi.Input[str]]]


class Pipeline(pulumi.CustomResource):
    """A pipeline (``/api/{organization}/pipelines``).

    Its id, also for import, is ``organization/pipeline_id``. A stream has one realtime pipeline:
    a second one is refused before it is made.

    Args:
        resource_name: Pulumi name.
        name: lower case; unique in the organization.
        nodes: steps by id; exactly one of them is no other's ``next``.
        description: one line, shown beside the name.
        enabled: whether rows pass through it; true unless given.
        organization: the provider's unless given; a change replaces the pipeline.
        source: where it was declared; not sent.
        opts: Pulumi options.
    """

    pipeline_id: pulumi.Output[str]
    """Id in paths."""
    name: pulumi.Output[str]
    nodes: pulumi.Output[Mapping[str, Any]]
    description: pulumi.Output[str]
    enabled: pulumi.Output[bool]
    organization: pulumi.Output[str]

    def __init__(  # noqa: PLR0913 - the object's own properties
        self,
        resource_name: str,
        /,
        *,
        name: pulumi.Input[str],
        nodes: pulumi.Input[Mapping[str, pulumi.Input[Node]]],
        description: pulumi.Input[str] | None = None,
        enabled: pulumi.Input[bool] | None = None,
        organization: pulumi.Input[str] | None = None,
        source: Source | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.source = source
        properties = {
            "name": name,
            "nodes": nodes,
            "description": description,
            "enabled": enabled,
            "organization": organization,
            "pipeline_id": None,
        }
        super().__init__("openobserve:index:Pipeline", resource_name, properties, opts)
