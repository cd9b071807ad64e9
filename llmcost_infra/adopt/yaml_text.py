"""Values as YAML that a person reads and `llmcost_infra.declarations` reads back unchanged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

import yaml

from llmcost_infra.declarations import plain_scalar
from llmcost_infra.openobserve.kinds.rules import entries

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["yaml_text"]

_WIDTH: Final = 100
_FIRST: Final = (
    "name",
    "title",
    "email",
    "folder_type",
    "folder",
    "order",
    "type",
    "description",
    "stream_type",
    "stream_name",
    "stream",
)
"""What a reader looks for first."""
_BREAKS: Final = frozenset("\r\x85\u2028\u2029")
_TEXT: Final = "tag:yaml.org,2002:str"


def yaml_text(value: Mapping[str, Any]) -> str:
    """Return a map as YAML in which a text is never taken for something else."""
    text: str = yaml.dump(
        _in_order(value), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH
    )
    return text


class _Dumper(yaml.SafeDumper):
    """Writes texts in blocks, and quotes those that would be read as something else."""

    def ignore_aliases(self, data: Any) -> bool:
        """Write a value that stands twice out twice."""
        del data
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        """Indent the items of lists: they are easier to see."""
        del indentless
        super().increase_indent(flow, False)


def _text(_dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    if plain_scalar(text) != text or not _BREAKS.isdisjoint(text):
        # Not all that YAML takes for text is text to us, and it reads any line break as one.
        style = '"'
    return yaml.ScalarNode(_TEXT, text, style=style)


_Dumper.add_representer(str, _text)


def _in_order(value: Any) -> Any:
    """Return a value with the keys of its maps in the order in which one reads them."""
    if isinstance(value, dict):
        known = cast("dict[str, Any]", value).items()
        return {key: _in_order(inner) for key, inner in sorted(known, key=_place)}
    if isinstance(value, list | tuple):
        return [_in_order(item) for item in cast("list[Any]", value)]
    return value


def _place(item: tuple[str, Any]) -> tuple[int, float]:
    """Return where an entry stands: what is told first, then by its own order if it has one."""
    key, value = item
    first = _FIRST.index(key) if key in _FIRST else len(_FIRST)
    order = entries({key: value}).get(key, {}).get("order")
    return first, order if isinstance(order, int | float) else 0
