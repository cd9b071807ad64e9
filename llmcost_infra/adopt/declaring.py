"""Object files of what was read: defaults left out, texts apart, references by name."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.adopt.naming import slug, unique
from llmcost_infra.adopt.yaml_text import yaml_text
from llmcost_infra.catalog.object_files import FOLDER, TEXTS, replaced

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.declarations import KeyPath
    from llmcost_infra.openobserve.kinds.base import Inputs

__all__ = ["object_files"]

_ENDINGS: Final[Mapping[str, str]] = {
    "custom_chart_content": "js",
    "function": "vrl",
    "html_content": "html",
    "markdown_content": "md",
    "promql": "promql",
    "row_template": "txt",
    "vrl_function": "vrl",
    "vrl_function_query": "vrl",
}
_OF_ONE_LINE: Final = frozenset({"html_content", "markdown_content", "row_template"})
"""What stays in the declaration as long as it is a line."""
_WITH_PARTS: Final = frozenset({"dashboards", "pipelines"})
"""Kinds whose objects have many texts: each has a folder for them."""


def object_files(folder: str, name: str, inputs: Inputs) -> dict[str, str]:
    """Return the files of one object: its declaration and its texts, by path in the project.

    Args:
        folder: the kind's folder.
        name: of the resource.
        inputs: canonical, with references and secrets by name.
    """
    texts: dict[str, str] = {}
    taken: dict[str, set[str]] = defaultdict(set)

    def apart(value: Any, at: KeyPath) -> Any:
        key = str(at[-1])
        if not isinstance(value, str) or (key in _OF_ONE_LINE and "\n" not in value):
            return value
        stem = name
        if folder in _WITH_PARTS:
            stem = f"{name}/{_part(inputs, at)}"
        ending = _ending(inputs, at)
        path = f"{unique(stem, taken[ending])}.{ending}"
        # The file's last line ends like every other; the reader takes that end off again.
        texts[f"{FOLDER}/{folder}/{path}"] = value + "\n"
        return {"file": path}

    declared = inputs
    for pattern in TEXTS.get(folder, ()):
        declared = replaced(declared, pattern, apart)
    return {f"{FOLDER}/{folder}/{name}.yaml": yaml_text(declared), **texts}


def _part(inputs: Inputs, at: KeyPath) -> str:
    """Return what people call the panel or node that a text belongs to."""
    if at[0] == "nodes":
        return slug(str(at[1]), "query")
    panel: Inputs = inputs["tabs"][at[1]]["panels"][at[3]]
    return slug(str(panel.get("title", "")), slug(str(at[3]), "panel"))


def _ending(inputs: Inputs, at: KeyPath) -> str:
    key = str(at[-1])
    if key == "body":
        return "html" if inputs.get("type") == "email" else "json"
    if key == "query" and at[0] == "tabs":
        language = inputs["tabs"][at[1]]["panels"][at[3]].get("query_type", "sql")
        return "sql" if language == "sql" else "promql"
    return _ENDINGS.get(key, "sql")
