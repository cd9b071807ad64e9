"""A report as Markdown that GitHub and GitLab show, within the length of a comment."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from llmcost_infra.review.outline import headlines, outline
from llmcost_infra.review.plain_words import counted

if TYPE_CHECKING:
    from llmcost_infra.review.outline import Item
    from llmcost_infra.review.report import Report

__all__ = ["LIMIT", "MARKER", "markdown"]

LIMIT: Final = 65_536
"""Characters that GitHub takes in a comment."""

MARKER: Final = "<!-- llmcost review -->"
"""Begins the comment, so that the next run finds it and writes over it."""

_SPECIAL: Final = re.compile(r"([\\`*_\[\]<>|#~$])")
_LEFT_OUT: Final = (
    "\n\n**The rest is left out: a comment holds 65,536 characters.** All of it is in {rest}.\n"
)


def markdown(report: Report, rest: str = "the full report", limit: int = LIMIT) -> str:
    """Return a report as Markdown.

    Args:
        report: what to say.
        rest: where the whole report is found when it has to be cut.
        limit: characters it may have.
    """
    blocks = [_head(report)]
    for section in outline(report):
        blocks.append(f"\n### {section.title}\n")
        blocks += [_item(item) for item in section.items]
    if report.pictures:
        blocks.append(f"\n### Pictures, from {_escaped(report.pictures[0].rows)}\n")
        blocks += [f"- {_parts(shot.subject.parts)}, in {rest}" for shot in report.pictures]
    return _cut(blocks, _LEFT_OUT.format(rest=rest), limit)


def _head(report: Report) -> str:
    stacks = ", ".join(report.stacks) or "none"
    lines = [
        MARKER,
        "## What this change does to dashboards and alerts",
        "",
        f"`{report.base}` → `{report.head}`, stacks: {_escaped(stacks)}",
        "",
        *(f"- {_escaped(line)}" for line in headlines(report)),
    ]
    return "\n".join(lines) + "\n"


def _item(item: Item) -> str:
    only = f" ({_escaped(item.only)})" if item.only else ""
    said = "; ".join(_escaped(one) for one in item.said)
    if item.address:
        said += f"<{item.address}>"
    lines = [f"- {_parts(item.parts)}: {said}{only}"]
    if item.also:
        lines += ["", *_folded(counted(len(item.also), "place"), _listed(item))]
    for text in item.texts:
        runs = re.findall(r"`+", "\n".join(text.lines))
        fence = "`" * max(3, *(len(run) + 1 for run in runs), 3)
        title, language = (text.title, "sql") if text.whole else (f"{text.title} as a diff", "diff")
        lines += ["", *_folded(title, [f"{fence}{language}", *text.lines, fence])]
    return "\n".join(lines) + "\n"


def _listed(item: Item) -> list[str]:
    return [
        f"- {_parts(parts)}{f' ({_escaped(only)})' if only else ''}" for parts, only in item.also
    ]


def _folded(title: str, lines: list[str]) -> list[str]:
    inner = [f"  {line}" if line else "" for line in lines]
    return [f"  <details><summary>{title}</summary>", "", *inner, "", "  </details>"]


def _parts(parts: tuple[tuple[str, str], ...]) -> str:
    said = " · ".join(f"{kind} *{_escaped(name)}*".strip() for kind, name in parts)
    return said[:1].upper() + said[1:]


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _cut(blocks: list[str], left_out: str, limit: int) -> str:
    """Return as many blocks as fit, and a word about the others."""
    whole = "\n".join(blocks)
    if len(whole) <= limit:
        return whole
    room, kept = limit - len(left_out), list[str]()
    for block in blocks:
        room -= len(block) + 1
        if room < 0:
            break
        kept.append(block)
    return "\n".join(kept) + left_out
