"""The package schema, for other languages and for `pulumi import`: from the kinds themselves."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.provider.configuration import SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from llmcost_infra.openobserve.kinds.base import Kind

__all__ = ["package_schema"]

_ANY: Final = {"$ref": "pulumi.json#/Any"}
_TEXT: Final = {"type": "string"}
_NUMBER: Final = {"type": "number"}
_TEXTS: Final = {"type": "array", "items": _TEXT}
_TEXT_MAP: Final = {"type": "object", "additionalProperties": _TEXT}
_ANY_MAP: Final = {"type": "object", "additionalProperties": _ANY}

# Names mean the same in every kind; what is not named here is text.
_TYPES: Final[dict[str, dict[str, Any]]] = {
    "allow_data_loss": {"type": "boolean"},
    "bloom_filter_fields": _TEXTS,
    "context_attributes": _TEXT_MAP,
    "data_retention": _NUMBER,
    "deduplication": _ANY_MAP,
    "defined_schema_fields": _TEXTS,
    "destinations": _TEXTS,
    "emails": _TEXTS,
    "enabled": {"type": "boolean"},
    "fields": _TEXT_MAP,
    "full_text_search_keys": _TEXTS,
    "headers": _TEXT_MAP,
    "index_fields": _TEXTS,
    "max_query_range": _NUMBER,
    "metadata": _TEXT_MAP,
    "models": _ANY_MAP,
    "nodes": _ANY_MAP,
    "output_format": _ANY,
    "parallel": {"type": "integer"},
    "partition_keys": _TEXT_MAP,
    "query_condition": _ANY_MAP,
    "secrets": _TEXT_MAP,
    "show_dynamic_filters": {"type": "boolean"},
    "skip_tls_verify": {"type": "boolean"},
    "tabs": _ANY_MAP,
    "timeout": _NUMBER,
    "trigger_condition": _ANY_MAP,
    "tz_offset": _NUMBER,
    "variables": _ANY_MAP,
}


def package_schema(kinds: Iterable[Kind], version: str) -> str:
    """Return Pulumi's package schema as JSON.

    Args:
        kinds: every kind of resource.
        version: of the provider.
    """
    settings = {
        name: {**_property(name, name == "password"), "description": text}
        for name, text in SETTINGS.items()
    }
    return json.dumps(
        {
            "name": "openobserve",
            "version": version,
            "description": "Objects of OpenObserve: streams, pipelines, dashboards, alerts.",
            "config": {"variables": settings},
            "provider": {"inputProperties": settings},
            "resources": {kind.token: _resource(kind) for kind in kinds},
        },
        sort_keys=True,
    )


def _resource(kind: Kind) -> dict[str, Any]:
    secrets = {path.split(".")[0] for path in kind.secret_paths}
    inputs = {
        name: {
            **_property(name, name in secrets),
            **({"willReplaceOnChanges": True} if name in kind.replace_on else {}),
        }
        for name in sorted(kind.required | kind.optional)
    }
    return {
        "description": f"{_summary(kind)}\n\nIts id, also for import: `{kind.id_form}`.",
        "inputProperties": inputs,
        "requiredInputs": sorted(kind.required),
        "properties": {
            **inputs,
            **{name: _property(name, name in secrets) for name in sorted(kind.computed)},
        },
        "required": sorted({*kind.required, *kind.computed - kind.told_once, "organization"}),
    }


def _property(name: str, secret: bool) -> dict[str, Any]:
    return {**_TYPES.get(name, _TEXT), **({"secret": True} if secret else {})}


def _summary(kind: Kind) -> str:
    return (type(kind).__doc__ or "").strip().split("\n", 1)[0]
