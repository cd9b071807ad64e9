"""A stream's settings: what differs when it changes, as inputs when it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from llmcost_infra.errors import OpenObserveError
from llmcost_infra.openobserve.kinds.stream import StreamKind
from llmcost_infra.openobserve.kinds.stream_body import (
    LIST_SETTINGS,
    SCALAR_SETTINGS,
    sent_columns,
    sent_partitions,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.openobserve.kinds.base import Inputs
    from llmcost_infra.openobserve.objects.shapes import StreamShape

__all__ = ["managed_inputs", "settings_delta"]

_ALL = frozenset({*LIST_SETTINGS, *SCALAR_SETTINGS, "partition_keys"})
_LOCAL = StreamKind.local_only


def settings_delta(id_: str, stream: StreamShape, target: Inputs) -> dict[str, Any]:
    """Return the one body that turns a stream's settings into the target's.

    Args:
        id_: of the stream, for messages.
        stream: as the server has it.
        target: canonical inputs; what they leave out is left alone.

    Raises:
        OpenObserveError: a column has another type already.
    """
    there = managed_inputs(stream, target)
    delta: dict[str, Any] = {
        key: target[key] for key in SCALAR_SETTINGS & target.keys() if target[key] != there[key]
    }
    for key in LIST_SETTINGS & target.keys():
        add = sorted(set(target[key]) - set(there[key]))
        remove = sorted(set(there[key]) - set(target[key]))
        if add or remove:
            delta[key] = {"add": add, "remove": remove}
    if "partition_keys" in target and target["partition_keys"] != there["partition_keys"]:
        delta["partition_keys"] = {
            "add": sent_partitions(_less(target["partition_keys"], there["partition_keys"])),
            "remove": sent_partitions(_less(there["partition_keys"], target["partition_keys"])),
        }
    if missing := _missing(id_, there.get("fields", {}), target.get("fields", {})):
        delta["fields"] = {"add": sent_columns(missing), "remove": []}
    return delta


def managed_inputs(stream: StreamShape, known: Inputs | None) -> Inputs:
    """Return those settings as inputs that are managed, and columns that are declared.

    Columns that rows brought along are nobody's. Without known inputs, in an import, settings
    count that somebody set, and every column, because declared and learned ones look the same:
    a program may leave out any of them.
    """
    settings = stream.settings
    inputs: Inputs = {key: settings.get(key, 0) for key in SCALAR_SETTINGS}
    inputs |= {key: settings.get(key) or [] for key in LIST_SETTINGS}
    inputs["partition_keys"] = _partition_inputs(settings.get("partition_keys") or {})
    types = {column.name: column.type.lower() for column in stream.columns}
    if known is None:
        inputs["fields"] = {name: kind for name, kind in types.items() if name != "_timestamp"}
        return {key: value for key, value in inputs.items() if value}
    inputs["index_fields"] = _without_bloom(inputs, known)
    managed = {key: inputs[key] for key in _ALL if known.get(key) is not None}
    if declared := known.get("fields"):
        managed["fields"] = {column: types[column] for column in declared if column in types}
    return managed | {key: known[key] for key in _LOCAL if known.get(key)}


def _without_bloom(inputs: Inputs, known: Inputs) -> list[str]:
    """Return indexed columns without those that newer servers index because of a bloom filter."""
    wanted = set(known.get("index_fields") or [])
    bloom = set(inputs["bloom_filter_fields"]) - wanted
    return [column for column in inputs["index_fields"] if column not in bloom]


def _missing(id_: str, there: Mapping[str, str], wanted: Mapping[str, str]) -> dict[str, str]:
    for column, kind in sorted(wanted.items()):
        if there.get(column, kind) != kind:
            raise OpenObserveError(
                f"The column {column} of the stream {id_} is {there[column]}, not {kind}; nothing "
                "was written.",
                hint="A column keeps its type: declare that one, or another column.",
            )
    return {column: kind for column, kind in wanted.items() if column not in there}


def _less(these: Mapping[str, str], those: Mapping[str, str]) -> dict[str, str]:
    return {column: way for column, way in these.items() if those.get(column) != way}


def _partition_inputs(keys: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Return partition keys as inputs; removed ones stay on the server as disabled."""
    found: dict[str, str] = {}
    for key in keys.values():
        if not key.get("disabled"):
            way = key["types"]
            found[key["field"]] = way if isinstance(way, str) else f"hash({way['hash']})"
    return found
