"""`llmcost rollup`: closed days added up for the History tab."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from llmcost_infra.cli.arguments import stack_option
from llmcost_infra.cli.printing import json_option, print_json, print_table, progress

if TYPE_CHECKING:
    from llmcost_infra.rollup import DayTotal

__all__ = ["rollup"]


@click.command()
@stack_option("whose days are added up")
@click.option(
    "--days",
    type=click.IntRange(1, 400),
    default=3,
    show_default=True,
    help="How many closed UTC days, the last ones, before those that are still open.",
)
@json_option
def rollup(stack: str, days: int, *, as_json: bool) -> None:
    """Add the last days and their hours up into the rollup stream.

    Run it once a day, or once an hour for a History tab that shows today. A day that is added up
    again counts as it was added up last, so that a run that was missed or broke off is made up for
    by the next. A day is closed six hours after its end: no call comes later. Today, and yesterday
    until then, are added up as far as they are.

    The server is the one that OPENOBSERVE_URL, OPENOBSERVE_USER and OPENOBSERVE_PASSWORD (and
    OPENOBSERVE_ORG) name, else the one that `llmcost up` started.
    """
    # Heavy, and help needs none of it.
    from dataclasses import asdict  # noqa: PLC0415
    from datetime import UTC, datetime  # noqa: PLC0415

    from llmcost_infra.first_run.at_hand import client_at_hand  # noqa: PLC0415
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.program.project import read_stack  # noqa: PLC0415
    from llmcost_infra.rollup import closed_days, open_days, roll_up  # noqa: PLC0415

    project = project_folder()
    settings, now = read_stack(project, stack).settings(), datetime.now(UTC)
    totals: list[DayTotal] = []
    with client_at_hand() as client, progress("Asking the server") as shown:
        wanted = [*closed_days(now, days), *open_days(now)]
        for one in roll_up(client, settings, wanted, now, project):
            totals.append(one)
            shown.update(f"{one.day} is added up")
    if as_json:
        print_json([{**asdict(one), "day": one.day.isoformat()} for one in totals])
    else:
        cells = (
            (
                f"{one.day}{'' if one.closed else ' (open)'}",
                f"{one.groups:,}",
                f"{one.llm_calls:,}",
                _usd(one.cost_usd),
            )
            for one in totals
        )
        print_table(("day", "groups", "calls", "cost (USD)"), cells)


def _usd(amount: float | None) -> str:
    return "unknown" if amount is None else f"{amount:,.4f}"
