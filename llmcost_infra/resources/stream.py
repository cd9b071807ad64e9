"""Streams: where rows are stored, for how long, and how they are indexed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost_infra.source import Source

__all__ = ["Column", "Stream"]

Column = Literal["utf8", "int64", "uint64", "float64", "boolean"]
"""Type of a column."""


class Stream(pulumi.CustomResource):
    """A stream (``/api/{organization}/streams/{name}``).

    Its id, also for import, is ``organization/stream_type/name``. A setting that is absent is not
    managed: whatever the server has is fine. Columns that the server learned from rows are never
    a difference. An existing stream is adopted if no row and no column's type is lost by it.

    Args:
        resource_name: Pulumi name.
        name: lower case letters, digits, ``_`` and ``:``; a change replaces the stream.
        stream_type: ``logs``, ``traces`` or ``metrics``; a change replaces the stream.
        fields: columns that exist before the first row brings them. Client attributes belong
            here as ``utf8`` or not at all: one value of another type blanks every panel.
        data_retention: days that rows are kept; 0 is the server's own retention.
        max_query_range: longest time range of a query (hours); 0 is none.
        full_text_search_keys: ``utf8`` columns with a full text index; order means nothing.
        index_fields: columns with an index of their values; order means nothing.
        bloom_filter_fields: columns with a bloom filter; order means nothing.
        partition_keys: column to ``value``, ``prefix`` or ``hash(N)``.
        defined_schema_fields: the only columns that are kept apart; order means nothing.
        on_destroy: ``retain`` leaves the stream and its rows on the server; ``delete`` removes
            both, and needs `allow_data_loss`. It is kept in the state, because a destroy does not
            run the program.
        allow_data_loss: permits what deletes rows: a shorter retention, `on_destroy` delete, the
            adoption of a stream that keeps more. Without it the preview fails and says how many
            days would go.
        organization: the provider's unless given; a change replaces the stream.
        source: where it was declared; not sent.
        opts: Pulumi options.
    """

    name: pulumi.Output[str]
    stream_type: pulumi.Output[str]
    fields: pulumi.Output[Mapping[str, str] | None]
    data_retention: pulumi.Output[int | None]
    max_query_range: pulumi.Output[int | None]
    full_text_search_keys: pulumi.Output[Sequence[str] | None]
    index_fields: pulumi.Output[Sequence[str] | None]
    bloom_filter_fields: pulumi.Output[Sequence[str] | None]
    partition_keys: pulumi.Output[Mapping[str, str] | None]
    defined_schema_fields: pulumi.Output[Sequence[str] | None]
    on_destroy: pulumi.Output[str]
    allow_data_loss: pulumi.Output[bool | None]
    organization: pulumi.Output[str]

    def __init__(  # noqa: PLR0913 - the object's own properties
        self,
        resource_name: str,
        /,
        *,
        name: pulumi.Input[str],
        stream_type: pulumi.Input[Literal["logs", "traces", "metrics"]],
        fields: pulumi.Input[Mapping[str, pulumi.Input[Column]]] | None = None,
        data_retention: pulumi.Input[int] | None = None,
        max_query_range: pulumi.Input[int] | None = None,
        full_text_search_keys: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        index_fields: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        bloom_filter_fields: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        partition_keys: pulumi.Input[Mapping[str, pulumi.Input[str]]] | None = None,
        defined_schema_fields: pulumi.Input[Sequence[pulumi.Input[str]]] | None = None,
        on_destroy: pulumi.Input[Literal["retain", "delete"]] | None = None,
        allow_data_loss: pulumi.Input[bool] | None = None,
        organization: pulumi.Input[str] | None = None,
        source: Source | None = None,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        self.source = source
        properties = {
            "name": name,
            "stream_type": stream_type,
            "fields": fields,
            "data_retention": data_retention,
            "max_query_range": max_query_range,
            "full_text_search_keys": full_text_search_keys,
            "index_fields": index_fields,
            "bloom_filter_fields": bloom_filter_fields,
            "partition_keys": partition_keys,
            "defined_schema_fields": defined_schema_fields,
            "on_destroy": on_destroy,
            "allow_data_loss": allow_data_loss,
            "organization": organization,
        }
        super().__init__("openobserve:index:Stream", resource_name, properties, opts)
