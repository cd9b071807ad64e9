"""Texts in panels: Markdown as plain lines, and what is said where there is no chart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from markdown_it import MarkdownIt

from llmcost_infra.pictures.letters import wrapped
from llmcost_infra.pictures.svg import text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

    from llmcost_infra.pictures.themes import Theme

__all__ = ["draw_markdown", "draw_message"]

_SIZE: Final = 13
_HEADINGS: Final = {"h1": 20, "h2": 17, "h3": 15}
_MOST_LINES: Final = 6


def draw_markdown(content: str, width: float, height: float, theme: Theme) -> str:
    """Return a text, as SVG elements that fill a box of px; what does not fit is left out."""
    parts: list[str] = []
    y = 0.0
    for line, size, bold in _lines(content):
        for piece in wrapped(line, width, size, bold=bold) or [""]:
            y += size * 1.4
            if y > height:
                return "".join(parts)
            parts.append(text(piece, 0, y, size=size, fill=theme.ink, bold=bold))
        y += size * 0.35
    return "".join(parts)


def _lines(content: str) -> Iterator[tuple[str, int, bool]]:
    heading, bullets = "", 0
    for token in MarkdownIt().enable("table").parse(content):
        match token.type:
            case "heading_open":
                heading = token.tag
            case "heading_close":
                heading = ""
            case "list_item_open":
                bullets += 1
            case "list_item_close":
                bullets -= 1
            case "inline":
                mark = "• " if bullets else ""
                for line in _words(token).split("\n"):
                    yield mark + line, _HEADINGS.get(heading, _SIZE), bool(heading)
            case "fence" | "code_block" | "html_block":
                for line in token.content.rstrip("\n").split("\n"):
                    yield line, _SIZE, False
            case _:
                pass


def _words(token: Token) -> str:
    return "".join(
        "\n" if child.type in {"softbreak", "hardbreak"} else child.content
        for child in token.children or ()
    )


def draw_message(  # noqa: PLR0913, PLR0917 - a sentence, its place and its colour
    message: str, detail: str, width: float, height: float, fill: str, theme: Theme
) -> str:
    """Return a sentence in the middle of a box of px, with what explains it below."""
    lines = wrapped(detail, width, 12)[: max(0, min(_MOST_LINES, int((height - 30) // 17)))]
    top = height / 2 - len(lines) * 8.5 + 5
    said = text(message, width / 2, top, size=15, fill=fill, anchor="middle")
    return said + "".join(
        text(line, width / 2, top + 22 + 17 * row, size=12, fill=theme.soft, anchor="middle")
        for row, line in enumerate(lines)
    )
