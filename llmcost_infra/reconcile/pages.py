"""A comparison as a picture, and as a page that stands by itself."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Final

from llmcost_infra.reconcile.amounts import ZERO
from llmcost_infra.reconcile.report import headline, sections, usd

if TYPE_CHECKING:
    from decimal import Decimal

    from llmcost_infra.reconcile.comparison import Comparison
    from llmcost_infra.reconcile.report import Section

__all__ = ["as_html", "as_svg"]

_WIDTH: Final = 860
_NAMES: Final = 190
_AMOUNTS: Final = 110
_ROW: Final = 30
_TOP: Final = 56
_BILL, _LESS, _MORE, _OURS = "#4b5b76", "#c2553f", "#c9922e", "#2f7d6b"
_THICK: Final = f'height="{_ROW - 8}" rx="2"'
_OPENED: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" '
    'height="{height}" font-family="system-ui, sans-serif" font-size="13">'
)
_STYLE: Final = (
    "body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:72rem;padding:0 1rem;"
    "color:#1d2430;background:#fff}table{border-collapse:collapse;width:100%;margin:.5rem 0}"
    "th,td{padding:.35rem .6rem;border-bottom:1px solid #dfe3ea;text-align:left;vertical-align:top}"
    "th{font-weight:600;background:#f5f7fa}.n{text-align:right;white-space:nowrap;"
    "font-variant-numeric:tabular-nums}h2{margin-top:2rem;font-size:1.15rem}svg{max-width:100%;"
    "height:auto}.v{font-size:1.1rem}"
)


@dataclass(frozen=True, slots=True)
class _Bar:
    name: str
    start: Decimal
    end: Decimal
    colour: str
    amount: str


def as_svg(found: Comparison) -> str:
    """Return a waterfall: from what was billed for tokens, cause by cause, to our sum."""
    bars = _bars(found)
    low = min(ZERO, *(min(bar.start, bar.end) for bar in bars))
    high = max(*(max(bar.start, bar.end) for bar in bars), low + 1)
    height = _TOP + _ROW * len(bars) + 16
    title = escape(f"{found.provider} {found.month}: from the bill to our sum, in USD")
    parts = [
        _OPENED.format(width=_WIDTH, height=height),
        f'<rect width="{_WIDTH}" height="{height}" fill="#ffffff"/>',
        f'<text x="16" y="30" font-size="16" font-weight="600" fill="#1d2430">{title}</text>',
    ]
    span = _WIDTH - _NAMES - _AMOUNTS - 32
    for number, bar in enumerate(bars):
        left, right = (
            _NAMES + 16 + float((one - low) / (high - low)) * span
            for one in sorted((bar.start, bar.end))
        )
        y = _TOP + _ROW * number
        width = max(right - left, 1.5)
        parts += [
            _text(_NAMES + 6, y, bar.name),
            f'<rect x="{left:.1f}" y="{y + 4}" width="{width:.1f}" {_THICK} fill="{bar.colour}"/>',
            _text(_WIDTH - 16, y, bar.amount),
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _text(right: int, y: int, text: str) -> str:
    at = f'x="{right}" y="{y + _ROW // 2 + 4}" text-anchor="end"'
    return f'<text {at} fill="#1d2430">{escape(text)}</text>'


def _bars(found: Comparison) -> list[_Bar]:
    totals: defaultdict[str, Decimal] = defaultdict(lambda: ZERO)
    for one in found.findings:
        if one.cause not in {"not observable", "unparsed line items"}:
            totals[one.cause] += one.usd
    bars = [_Bar("billed for tokens", ZERO, found.billed, _BILL, usd(found.billed))]
    at = found.billed
    for cause, amount in sorted(totals.items(), key=lambda one: (one[1], one[0])):
        colour = _LESS if amount < 0 else _MORE
        bars.append(_Bar(cause, at, at + amount, colour, usd(amount, signed=True)))
        at += amount
    return [*bars, _Bar("our sum", ZERO, found.ours, _OURS, usd(found.ours))]


def as_html(found: Comparison) -> str:
    """Return a page without anything that has to be loaded."""
    title = escape(f"Reconciliation: {found.provider} {found.month}")
    body = "".join(_section(one) for one in sections(found))
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{_STYLE}</style></head>\n<body><h1>{title}</h1>\n"
        f'<p class="v">{escape(headline(found))}</p>\n{as_svg(found)}{body}</body></html>\n'
    )


def _section(one: Section) -> str:
    title = f"<h2>{escape(one.title)}</h2>\n"
    if not one.head:
        return f"{title}<ul>{''.join(f'<li>{escape(row[0])}</li>' for row in one.rows)}</ul>\n"
    head = "".join(_cell("th", place, text, one) for place, text in enumerate(one.head))
    rows = "".join(
        f"<tr>{''.join(_cell('td', place, text, one) for place, text in enumerate(row))}</tr>\n"
        for row in one.rows
    )
    return f"{title}<table><thead><tr>{head}</tr></thead><tbody>\n{rows}</tbody></table>\n"


def _cell(tag: str, place: int, text: str, section: Section) -> str:
    mark = ' class="n"' if place in section.numbers else ""
    return f"<{tag}{mark}>{escape(text)}</{tag}>"
