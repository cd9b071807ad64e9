"""A report as one HTML file: nothing comes from the network, and no script runs."""

from __future__ import annotations

from base64 import b64encode
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Final

from llmcost_infra.review.outline import headlines, outline
from llmcost_infra.review.plain_words import counted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from llmcost_infra.review.outline import Item, Section, Text
    from llmcost_infra.review.report import Report
    from llmcost_infra.review.shots import Shot

__all__ = ["html"]

_STYLE: Final = Path(__file__).parent / "review.css"
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
_CLASSES: Final = {"+": "in", "-": "out"}


def html(report: Report) -> str:
    """Return a report as a page that needs nothing beside it."""
    stacks = ", ".join(report.stacks) or "none"
    lines = [
        "<!doctype html>",
        '<html lang="en"><head><meta charset="utf-8">',
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="color-scheme" content="light dark">',
        '<link rel="icon" href="data:,">',
        "<title>What this change does</title>",
        f"<style>\n{_STYLE.read_text(encoding='utf-8')}</style></head><body><main>",
        "<h1>What this change does to dashboards and alerts</h1>",
        f"<p class=range><code>{escape(report.base)}</code> → <code>{escape(report.head)}</code>",
        f"<br>Stacks: {escape(stacks)}</p>",
        "<ul class=headlines>",
        *(f"<li>{escape(line)}</li>" for line in headlines(report)),
        "</ul>",
    ]
    if report.pictures:
        lines += [f"<section><h2>Pictures, from {escape(report.pictures[0].rows)}</h2>"]
        lines += [line for shot in report.pictures for line in _shot(shot)]
        lines += ["</section>"]
    for section in outline(report):
        lines += _section(section)
    return "\n".join([*lines, "</main></body></html>", ""])


def _shot(shot: Shot) -> Iterator[str]:
    shape = "pair" if shot.subject.kind == "panel" else "column"
    yield f"<article><p class=what>{_parts(shot.subject.parts)}</p><div class={shape}>"
    for side in ("before", "after"):
        light, dark = (shot.drawn.get((side, theme)) for theme in ("light", "dark"))
        if light is None or dark is None:
            yield f"<figure><figcaption>{side}: not there</figcaption></figure>"
            continue
        name = escape(f"{shot.subject.name}, {side}", quote=True)
        yield (
            f"<figure><figcaption>{side}</figcaption><picture>"
            f'<source media="(prefers-color-scheme: dark)" srcset="{_address(dark)}">'
            f'<img alt="{name}" src="{_address(light)}"></picture></figure>'
        )
    yield "</div></article>"


def _address(svg: str) -> str:
    return f"data:image/svg+xml;base64,{b64encode(svg.encode()).decode()}"


def _section(section: Section) -> Iterator[str]:
    yield f"<section{' class=loud' if section.loud else ''}><h2>{escape(section.title)}</h2>"
    for item in section.items:
        yield from _item(item)
    yield "</section>"


def _item(item: Item) -> Iterator[str]:
    yield f"<article><p class=what>{_parts(item.parts)}{_only(item.only)}</p><ul class=said>"
    yield from (f"<li>{escape(one)}</li>" for one in item.said)
    if item.address:
        address = escape(item.address, quote=True)
        yield f'<li><a href="{address}" rel=noreferrer>{address}</a></li>'
    yield "</ul>"
    if item.also:
        yield f"<details><summary>{counted(len(item.also), 'place')}</summary><ul>"
        yield from (f"<li>{_parts(parts)}{_only(only)}</li>" for parts, only in item.also)
        yield "</ul></details>"
    for text in item.texts:
        opened = " open" if len(text.lines) <= _OPEN_LINES and not text.whole else ""
        yield f"<details{opened}><summary>{escape(text.title)}</summary>"
        yield f"<pre>{''.join(_lines(text))}</pre></details>"
    yield "</article>"


_OPEN_LINES: Final = 30
"""Lines of a diff that a reader gets without a click."""


def _lines(text: Text) -> Iterator[str]:
    for line in text.lines:
        kind = "same" if text.whole else _CLASSES.get(line[:1], "same")
        yield f"<span class={kind}>{escape(line)}</span>"


def _parts(parts: Iterable[tuple[str, str]]) -> str:
    return " · ".join(
        f"<span class=kind>{escape(kind)}</span> <b>{escape(name)}</b>" for kind, name in parts
    )


def _only(only: str) -> str:
    return f" <span class=only>{escape(only)}</span>" if only else ""
