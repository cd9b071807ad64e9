"""All that a review says, as values; formats write it down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from llmcost_infra.review.backtests import AlertEffect
    from llmcost_infra.review.causes import SettingChange
    from llmcost_infra.review.changes import Change
    from llmcost_infra.review.notes import Note
    from llmcost_infra.review.previews import Preview
    from llmcost_infra.review.prices import PriceChange, SpendEffect
    from llmcost_infra.review.scans import Scan
    from llmcost_infra.review.shots import Shot
    from llmcost_infra.review.usage import Spend

__all__ = ["Report"]


@dataclass(frozen=True, slots=True)
class Report:
    """What a change does.

    Args:
        base: as it was named, with its commit.
        head: what is compared with it.
        stacks: those that were compared.
        files: files of the project that differ.
        changes: findings, equal ones of several stacks once.
        settings: what changed in the files of stacks and in arguments, and what that moves.
        prices: rates that change.
        effects: what they would have changed in the spend; none without data.
        spend: of the data or the server, if there is any.
        firings: what changed alerts would have done over the data or on the server.
        scans: what changed statements cost the server, if it was asked.
        previews: dashboards that can be opened there.
        pictures: of changed panels and their tabs.
        notes: what could not be looked at, and why.
    """

    base: str
    head: str
    stacks: tuple[str, ...]
    files: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    settings: tuple[SettingChange, ...] = ()
    prices: tuple[PriceChange, ...] = ()
    effects: tuple[SpendEffect, ...] = ()
    spend: Spend | None = None
    firings: tuple[AlertEffect, ...] = ()
    scans: tuple[Scan, ...] = ()
    previews: tuple[Preview, ...] = ()
    pictures: tuple[Shot, ...] = ()
    notes: tuple[Note, ...] = ()
