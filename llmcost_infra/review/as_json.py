"""A report as JSON, for scripts; docs/review.md says what each key means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.pricing.money import per_mtok, plain
from llmcost_infra.review.leaves import ABSENT
from llmcost_infra.review.outline import headlines

if TYPE_CHECKING:
    from llmcost_infra.review.changes import Change
    from llmcost_infra.review.leaves import Leaf
    from llmcost_infra.review.prices import PriceChange
    from llmcost_infra.review.report import Report

__all__ = ["VERSION", "as_json"]

VERSION: Final = 1
"""Goes up when a key changes its meaning or leaves."""


def as_json(report: Report) -> dict[str, Any]:
    """Return a report as plain values."""
    return {
        "version": VERSION,
        "base": report.base,
        "head": report.head,
        "stacks": list(report.stacks),
        "files": list(report.files),
        "headlines": headlines(report),
        "changes": [_change(change) for change in report.changes],
        "settings": [
            {
                "key": one.key,
                "said": one.sentence,
                "stacks": list(one.stacks),
                "moves": [_subject(change) for change in one.moves],
            }
            for one in report.settings
        ],
        "prices": [_price(report, change) for change in report.prices],
        "spend": report.spend
        and {
            "usd": plain(report.spend.usd),
            "calls": report.spend.calls,
            "start_us": report.spend.start_us,
            "end_us": report.spend.end_us,
        },
        "firings": [
            {"alert": one.alert, "stack": one.stack, "said": one.sentence} for one in report.firings
        ],
        "scans": [
            {
                "path": one.subject.key,
                "name": one.subject.name,
                "stack": one.stack,
                "said": one.sentence,
            }
            for one in report.scans
        ],
        "previews": [{"title": one.title, "address": one.address} for one in report.previews],
        "pictures": [
            {
                "path": shot.subject.key,
                "stem": shot.stem,
                "sides": sorted({s for s, _ in shot.drawn}),
                "rows": shot.rows,
            }
            for shot in report.pictures
        ],
        "notes": [
            {"place": note.place, "message": note.message, "stacks": list(note.stacks)}
            for note in report.notes
        ],
    }


def _change(change: Change) -> dict[str, Any]:
    finding = change.finding
    return {
        **_subject(change),
        "aspect": finding.aspect,
        "said": finding.sentence,
        "stacks": list(change.stacks),
        "everywhere": change.everywhere,
        "leaves": [_leaf(leaf) for leaf in finding.leaves],
        "diff": list(finding.diff),
    }


def _price(report: Report, change: PriceChange) -> dict[str, Any]:
    """Return a rate's change; amounts are decimal strings, null where there is none."""
    effect = next((one.usd for one in report.effects if one.change == change), None)
    return {
        "model": change.model,
        "row": change.row,
        "over_input_tokens": change.over_input_tokens,
        "tier": change.tier,
        "token_class": change.token_class,
        "before_per_mtok": None if change.before is None else per_mtok(change.before),
        "after_per_mtok": None if change.after is None else per_mtok(change.after),
        "edited": change.edited,
        "said": change.sentence,
        "effect_usd": None if effect is None else plain(effect),
    }


def _subject(change: Change) -> dict[str, Any]:
    subject = change.finding.subject
    return {
        "resource": subject.resource,
        "kind": subject.kind,
        "name": subject.name,
        "path": subject.key,
        "parts": [{"kind": kind, "name": name} for kind, name in subject.parts],
    }


def _leaf(leaf: Leaf) -> dict[str, Any]:
    """Return a place with its values; a side that has none has no key."""
    sides = {"before": leaf.before, "after": leaf.after}
    return {
        "path": list(leaf.path),
        **{name: value for name, value in sides.items() if value is not ABSENT},
    }
