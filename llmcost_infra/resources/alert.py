"""Alerts: a query that runs on a schedule, or on each row, and tells when it finds rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, Required, TypedDict

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost_infra.source import Source

__all__ = [
    "Aggregation",
    "Alert",
    "Comparison",
    "Deduplication",
    "QueryCondition",
    "TriggerCondition",
]

_Operator = Literal["=", "!=", ">", ">=", "<", "<="]


class Comparison(TypedDict, total=False):
    """A column beside a number."""

    column: Required[pulumi.Input[str]]
    operator: Required[pulumi.Input[_Operator]]
    value: Required[pulumi.Input[float]]
    ignore_case: pulumi.Input[bool]


class Aggregation(TypedDict, total=False):
    """What a custom query computes for each group, and which groups count."""

    function: Required[pulumi.Input[str]]
    """``avg``, ``count``, ``max``, ``median``, ``min``, ``p50`` … ``p99`` or ``sum``."""
    having: Required[pulumi.Input[Comparison]]
    group_by: pulumi.Input[Sequence[pulumi.Input[str]]]


class QueryCondition(TypedDict, total=False):
    """What is asked; which keys it has depends on its type.

    ``sql`` takes sql. ``promql`` takes promql and promql_condition. ``custom`` takes conditions and
    aggregation. All but ``promql`` take vrl_function and multi_time_range.
    """

    type: Required[pulumi.Input[Literal["custom", "promql", "sql"]]]
    sql: pulumi.Input[str]
    """Returns the offending rows, with named columns."""
    promql: pulumi.Input[str]
    promql_condition: pulumi.Input[Comparison]
    conditions: pulumi.Input[Mapping[str, Any]]
    """The server's group of conditions, as in a pipeline."""
    aggregation: pulumi.Input[Aggregation]
    vrl_function: pulumi.Input[str]
    """VRL program that sees the rows; ``#ResultArray#`` as its first line gives it all at once."""
    multi_time_range: pulumi.Input[Sequence[Mapping[str, str]]]
    """Earlier windows to compare with: ``[{"offSet": "1d"}]``."""
    search_event_type: pulumi.Input[str]


class TriggerCondition(TypedDict, total=False):
    """When it is asked, and how many rows count as a hit; a realtime alert takes silence only."""

    period: pulumi.Input[int]
    """Minutes that the query looks back; needed."""
    frequency: pulumi.Input[int]
    """Minutes between two runs; 1 unless given."""
    cron: pulumi.Input[str]
    """Instead of `frequency`: six fields, the second first, which is no ``*``."""
    timezone: pulumi.Input[str]
    """Whose clock `cron` means; ``UTC`` unless given."""
    operator: pulumi.Input[_Operator]
    """Between the number of rows and `threshold`; ``>=`` unless given."""
    threshold: pulumi.Input[int]
    """Rows; 1 unless given."""
    silence: pulumi.Input[int]
    """Minutes without another notification after one; 0 unless given."""
    align_time: pulumi.Input[bool]
    """Whether runs start at full minutes; true unless given."""
    tolerance_in_secs: pulumi.Input[int]


class Deduplication(TypedDict, total=False):
    """Which notifications are the same."""

    fingerprint_fields: pulumi.Input[Sequence[pulumi.Input[str]]]
    time_window_minutes: pulumi.Input[int]
    grouping: pulumi.Input[Mapping[str, Any]]
    """The server's: enabled, max_group_size, send_strategy, group_wait_seconds."""


class Alert(pulumi.CustomResource):
    """An alert (``/api/v2/{organization}/alerts``).

    Its id, also for import, is ``organization/alert_id``; it stays the same when the alert moves to
    another folder. The server ignores another name or stream without a word, so a change of those
    makes a new alert and removes the old one.

    Args:
        resource_name: Pulumi name.
        name: no spaces, quotes or ``: # ? & % /``. A change replaces the alert.
        stream_name: stream that it is about; must be there. A change replaces the alert.
        stream_type: type of that stream. A change replaces the alert.
        query_condition: what is asked.
        trigger_condition: when, and how many rows are a hit.
        destinations: names of AlertDestinations, at least one; order means nothing.
        folder: ``folder_id`` of a folder of type ``alerts``; ``default`` unless given.
        alert_type: ``scheduled`` unless given. Anomaly detection is refused: an open-source server
            would store an ordinary alert instead.
        description: one line without quotes: templates insert it as it is.
        enabled: whether it runs; true unless given.
        template: name of an AlertTemplate, instead of those of its destinations.
        context_attributes: name to text, which templates insert for ``{name}``.
        row_template: how one row reads in ``{rows}``, which is empty without it.
        row_template_type: ``String`` unless given; with ``Json`` rows are a JSON array.
        tz_offset: minutes between UTC and the time zone of its times.
        owner: who made it; only a new alert takes it, and the server keeps it from then on.
        deduplication: which notifications are the same; none unless given.
        organization: the provider's unless given; a change replaces the alert.
        source: where it was declared; not sent.
        opts: Pulumi options.
    """

    alert_id: pulumi.Output[str]
    """Id in paths and links."""
    name: pulumi.Output[str]
    stream_name: pulumi.Output[str]
    stream_type: pulumi.Output[str]
    query_condition: pulumi.Output[Mapping[str, Any]]
    trigger_condition: pulumi.Output[Mapping[str, Any]]
    destinations: pulumi.Output[Sequence[str]]
    folder: pulumi.Output[str]
    alert_type: pulumi.Output[str | None]
    description: pulumi.Output[str]
    enabled: pulumi.Output[bool]
    template: pulumi.Output[str | None]
    context_attributes: pulumi.Output[Mapping[str, str] | None]
    row_template: pulumi.Output[str | None]
    row_template_type: pulumi.Output[str | None]
    tz_offset: pulumi.Output[int | None]
    owner: pulumi.Output[str | None]
    deduplication: pulumi.Output[Mapping[str, Any] | None]
    organization: pulumi.Output[str]

    def __init__(  # noqa: PLR0913 - the object's own properties
        self,
        resource_name: str,
        /,
        *,
        name: pulumi.Input[str],
        stream_name: pulumi.Input[str],
        stream_type: pulumi.Input[Literal["logs", "traces", "metrics"]],
        query_condition: pulumi.Input[QueryCondition],
        trigger_condition: pulumi.Input[TriggerCondition],
        destinations: pulumi.Input[Sequence[pulumi.Input[str]]],
        folder: pulumi.Input[str] | None = None,
        alert_type: pulumi.Input[Literal["scheduled", "realtime"]] | None = None,
        description: pulumi.Input[str] | None = None,
        enabled: pulumi.Input[bool] | None = None,
        template: pulumi.Input[str] | None = None,
        context_attributes: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        row_template: pulumi.Input[str] | None = None,
        row_template_type: pulumi.Input[Literal["String", "Json"]] | None = None,
        tz_offset: pulumi.Input[int] | None = None,
        owner: pulumi.Input[str] | None = None,
        deduplication: pulumi.Input[Deduplication] | None = None,
        organization: pulumi.Input[str] | None = None,
        source: Source | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.source = source
        properties = {
            "name": name,
            "stream_name": stream_name,
            "stream_type": stream_type,
            "query_condition": query_condition,
            "trigger_condition": trigger_condition,
            "destinations": destinations,
            "folder": folder,
            "alert_type": alert_type,
            "description": description,
            "enabled": enabled,
            "template": template,
            "context_attributes": context_attributes,
            "row_template": row_template,
            "row_template_type": row_template_type,
            "tz_offset": tz_offset,
            "owner": owner,
            "deduplication": deduplication,
            "organization": organization,
            "alert_id": None,
        }
        super().__init__("openobserve:index:Alert", resource_name, properties, opts)
