"""What keeps numbers true in the long run: price reviews, totals, bills."""

from __future__ import annotations

import math
from datetime import UTC, timedelta
from typing import Final

from llmcost_infra.catalog.stack_statements import relation
from llmcost_infra.doctor.examination import Case, Said, check, fail, ok, unknown, warn
from llmcost_infra.pricing import load_table
from llmcost_infra.pricing.reports import due_rows
from llmcost_infra.rollup import closed_days, hours_of
from llmcost_infra.utc import microseconds, midnight

__all__: list[str] = []

_MOST_OFF: Final = 0.001
_BILL_DAYS: Final = 35


@check("prices")
def prices(case: Case) -> Said:
    """No price row is past the day by which somebody has to compare it with its source."""
    due = due_rows(load_table(case.project), case.now.astimezone(UTC).date())
    if due:
        return warn(
            f"{len(due)} rows are overdue, {due[0]['row']} since {due[0]['review_by']}",
            "`llmcost pricing review-due` lists them with their sources",
        )
    return ok("no row is overdue")


@check("rollup")
def rollup(case: Case) -> Said:
    """Yesterday's totals are there and are the sum of its calls."""
    if not case.settings.history:
        return ok("the stack keeps no totals")
    [day] = closed_days(case.now, 1)
    start = midnight(day)
    totals = case.one(
        "SELECT SUM(cost_usd) AS usd, COUNT(*) AS found "  # noqa: S608 - our own statement
        f"FROM {relation('rollup', case.settings, 'cost_usd')} "
        f"WHERE period_start = {microseconds(start)}",
        hours=(case.now - start) / timedelta(hours=1),
        kind="logs",
    )
    if not totals.get("found"):
        return fail(
            f"{day} was not added up", "run `llmcost rollup` every day after six o'clock UTC"
        )
    hours = hours_of(case.client, case.settings, day, case.project)
    stored = math.fsum(one["cost_usd"] or 0.0 for one in hours)
    added = totals.get("usd") or 0.0
    if abs(stored - added) > _MOST_OFF * max(stored, added):
        return fail(
            f"{day}: {added:.2f} USD in the totals, {stored:.2f} in the calls",
            "run `llmcost rollup`; see docs/upkeep.md if it comes back",
        )
    return ok(f"{day}: {added:.2f} USD on both sides")


@check("bill")
def bill(case: Case) -> Said:
    """Each provider's bill was compared with our sum within 35 days."""
    if not case.settings.billing:
        return unknown("the stack names no provider account", "add `billing` to it")
    stream = case.settings.streams.billing
    if case.stream(stream, "logs") is None:
        return fail(f"{stream} is not there", "run `pulumi up` for the stack")
    rows = case.rows(
        f'SELECT provider, MAX(computed_at) AS at FROM "{stream}" GROUP BY provider',  # noqa: S608
        hours=24 * _BILL_DAYS,
        kind="logs",
    )
    there = {row["provider"] for row in rows}
    late = sorted({one.provider for one in case.settings.billing} - there)
    if late:
        return fail(
            f"not compared within {_BILL_DAYS} days: {', '.join(late)}",
            f"run `llmcost reconcile {late[0]} --month …`, by a job on the 3rd of each month",
        )
    return ok(f"{', '.join(sorted(there))} compared within {_BILL_DAYS} days")
