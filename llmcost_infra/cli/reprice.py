"""`llmcost reprice`: stored calls priced again, by prices that came late or changed."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from llmcost_infra.cli.arguments import stack_option
from llmcost_infra.cli.printing import json_option, print_json, print_table, progress
from llmcost_infra.errors import ExitCode

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Sequence

    from llmcost_infra.upkeep.reprice import DayRepriced

__all__ = ["reprice"]

_MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.command()
@stack_option("whose calls are priced again")
@click.option("--from", "start", type=_MOMENT, required=True, help="First moment, UTC.")
@click.option("--to", "end", type=_MOMENT, help="First moment that is left out, UTC; default now.")
@click.option("--dry-run", is_flag=True, help="Say what would change, and store nothing.")
@json_option
def reprice(
    stack: str, start: datetime, end: datetime | None, *, dry_run: bool, as_json: bool
) -> None:
    """Price stored calls again, by the present price table.

    Run it after a price row or a contract came late or was corrected. Every panel, alert and total
    then counts the new price, at the time of the call. A second run stores nothing. A call that has
    no price by the present table keeps the one that it had, and is told; the command then ends
    with 4.

    The server is the one that OPENOBSERVE_URL, OPENOBSERVE_USER and OPENOBSERVE_PASSWORD (and
    OPENOBSERVE_ORG) name, else the one that `llmcost up` started.
    """
    # Heavy, and help needs none of it.
    from llmcost_infra.first_run.at_hand import client_at_hand  # noqa: PLC0415
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.pricing import load_table  # noqa: PLC0415
    from llmcost_infra.program.project import read_stack  # noqa: PLC0415
    from llmcost_infra.upkeep.reprice import reprice as repriced  # noqa: PLC0415

    now = datetime.now(UTC)
    first = start.replace(tzinfo=UTC)
    last = min(now, end.replace(tzinfo=UTC)) if end else now
    if first >= last:
        raise click.UsageError("--from has to be before --to, and in the past")
    project = project_folder()
    settings, table = read_stack(project, stack).settings(), load_table(project)
    days: list[DayRepriced] = []
    with client_at_hand() as client, progress("Asking the server") as shown:
        for day in repriced(
            client,
            settings,
            table,
            start=first,
            end=last,
            now=now,
            dry_run=dry_run,
            project=project,
        ):
            days.append(day)
            shown.update(f"{day.start:%Y-%m-%d} is priced again")
    lost = sum((day.lost for day in days), start=_nothing())
    if as_json:
        print_json(_told(days, lost, table.version, dry_run=dry_run))
    else:
        _show(days, lost, history=settings.history, dry_run=dry_run)
    if lost:
        raise SystemExit(ExitCode.FINDINGS)


def _nothing() -> Counter[tuple[str, str]]:
    from collections import Counter  # noqa: PLC0415 - typing only needs it otherwise

    return Counter()


def _told(
    days: Sequence[DayRepriced], lost: Counter[tuple[str, str]], version: str, *, dry_run: bool
) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        "price_version": version,
        "days": [
            {
                "day": f"{day.start:%Y-%m-%d}",
                "calls": day.calls,
                "changed": day.changed,
                "difference_usd": float(day.usd),
                "contract_difference_usd": float(day.contract_usd),
            }
            for day in days
        ],
        "without_price": [
            {"model": model, "reason": reason, "calls": calls}
            for (model, reason), calls in sorted(lost.items())
        ],
    }


def _show(
    days: Sequence[DayRepriced], lost: Counter[tuple[str, str]], *, history: bool, dry_run: bool
) -> None:
    cells = (
        (f"{one.start:%Y-%m-%d}", f"{one.calls:,}", f"{one.changed:,}", f"{one.usd:+,.4f}",
         f"{one.contract_usd:+,.4f}")
        for one in days
    )  # fmt: skip
    print_table(("day", "calls", "changed", "list (USD)", "contract (USD)"), cells)
    for (model, reason), calls in sorted(lost.items()):
        click.echo(f"{calls:,} calls of {model} keep their price: {reason}", err=True)
    changed = any(day.changed for day in days)
    if changed and dry_run:
        click.echo("Nothing was stored: run it without --dry-run.", err=True)
    elif changed and history:
        back = (datetime.now(UTC) - days[0].start).days + 1
        click.echo(f"Next: llmcost rollup --days {back}, for the History tab.", err=True)
