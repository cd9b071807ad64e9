"""Writes docs/resources.md from the resource classes and their kinds, so that none can disagree."""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import llmcost_infra.resources as classes
from llmcost_infra.openobserve.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.openobserve.kinds.base import Kind

__all__ = ["PAGE", "main", "reference"]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "resources.md"

_INTRODUCTION = """\
# Resources

Every kind of object that the provider manages, as classes of `llmcost_infra.resources`. `make docs`
writes this page from the classes and from what the provider knows about each kind.

An argument takes a value or an output of another resource. `pulumi import TYPE NAME ID` takes an
object over; the ids are those of terraform-provider-openobserve.
"""
_OURS = frozenset({"resource_name", "source", "opts"})
_ARGUMENT = re.compile(r"^    (\w+): ((?:.|\n(?!    \w+: |\w))*)", re.MULTILINE)


def main() -> int:
    """Write the page."""
    PAGE.write_text(reference(), encoding="utf-8")
    return 0


def reference() -> str:
    """Return the page."""
    return _INTRODUCTION + "".join("\n" + "\n".join(_section(kind)) for kind in KINDS.values())


def _section(kind: Kind) -> Iterator[str]:
    name = kind.token.rpartition(":")[2]
    words, _, arguments = (inspect.getdoc(getattr(classes, name)) or "").partition("\n\nArgs:\n")
    yield f"## {name}\n"
    yield _paragraphs(words) + "\n"
    yield "| argument | needed | meaning |\n|---|---|---|"
    for argument, meaning in _ARGUMENT.findall(arguments):
        if argument not in _OURS:
            needed = "yes" if argument in kind.required else ""
            yield f"| `{argument}` | {needed} | {_cell(meaning)} |"
    yield ""
    yield "| | |\n|---|---|"
    yield f"| type | `{kind.token}` |"
    yield f"| import id | `{kind.id_form}` |"
    yield f"| outputs | {_names(kind.computed)} |"
    yield f"| a change of these replaces it | {_names(kind.replace_on)} |"
    yield f"| always secret | {_names(kind.secret_paths)} |"
    yield f"| left alone when absent | {_names(kind.unmanaged_if_absent)} |"
    yield f"| what the server changes on its own, and is no difference | {_told(kind)} |"
    yield f"| a write on what somebody else changed meanwhile | {_written(kind)} |\n"


def _paragraphs(text: str) -> str:
    return "\n\n".join(" ".join(part.split()) for part in _plain(text).split("\n\n"))


def _cell(text: str) -> str:
    return " ".join(_plain(text).split()).replace("|", "\\|")


def _plain(text: str) -> str:
    return text.replace("``", "`")


def _names(paths: frozenset[str]) -> str:
    return ", ".join(f"`{path}`" for path in sorted(paths)) or "none"


def _told(kind: Kind) -> str:
    return "; ".join(kind.server_changes) or "nothing"


def _written(kind: Kind) -> str:
    if kind.atomic:
        return "is refused by the server: atomic"
    return "is refused if it was changed before our read; in the moment between, it is overwritten"


if __name__ == "__main__":
    sys.exit(main())
