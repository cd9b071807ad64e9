"""`llmcost statement`: what a month cost each team."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict, fields
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from llmcost_infra.cli.arguments import stack_option
from llmcost_infra.cli.printing import json_option, print_json, print_table, progress

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from decimal import Decimal

    from llmcost_infra.statement import Charge

__all__ = ["statement"]


@click.command()
@stack_option("that stores the calls")
@click.option("--month", required=True, help="UTC month, like 2026-10.")
@click.option("--team", help="Only this team, by feature and model.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["table", "csv", "focus"]),
    default="table",
    show_default=True,
    help="A table; all charges by day as CSV; or those in FOCUS columns.",
)
@json_option
def statement(stack: str, month: str, team: str | None, form: str, *, as_json: bool) -> None:
    """Say what a month cost each team.

    Every call counts once, at list price and by contract. Calls without a known cost are counted
    beside it and are not in the sum. What belongs to nobody has the team `unknown`.

    The server is the one that OPENOBSERVE_URL, OPENOBSERVE_USER and OPENOBSERVE_PASSWORD (and
    OPENOBSERVE_ORG) name, else the one that `llmcost up` started.
    """
    # Heavy, and help needs none of it.
    from datetime import UTC, datetime  # noqa: PLC0415

    from llmcost_infra.first_run.at_hand import client_at_hand  # noqa: PLC0415
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.program.project import read_stack  # noqa: PLC0415
    from llmcost_infra.statement import (  # noqa: PLC0415
        FOCUS,
        Charge,
        charges_of,
        days_of,
        focus_rows,
        of_team,
    )

    project = project_folder()
    settings = read_stack(project, stack).settings()
    days = days_of(month, settings, datetime.now(UTC))
    with client_at_hand() as client, progress("Asking the server") as shown:
        told = charges_of(
            client, settings, days, project, lambda day: shown.update(f"Adding up {day}")
        )
        found = list(told)
        account = client.organization
    charges = of_team(found, team) if team is not None else found
    if as_json:
        print_json([_plain(one) for one in charges])
    elif form == "csv":
        _csv([one.name for one in fields(Charge)], map(_plain, charges))
    elif form == "focus":
        _csv(FOCUS, focus_rows(charges, account))
    else:
        _table(charges, ("feature", "model") if team is not None else ("team",))


def _table(charges: Sequence[Charge], names: Sequence[str]) -> None:
    from llmcost_infra.statement import summed  # noqa: PLC0415 - heavy, and help needs none of it

    rows = [(key, one) for key, one in summed(charges, *names).items()]
    if len(rows) > 1:
        whole = next(iter(summed(charges).values()))
        rows.append((("all", *("" for _ in names[1:])), whole))
    cells = (
        (
            *key,
            f"{one.llm_calls:,}",
            f"{one.unpriced_calls:,}",
            f"{one.input_tokens:,}",
            f"{one.output_tokens:,}",
            _usd(one.list_usd),
            _usd(one.contract_usd),
        )
        for key, one in rows
    )
    head = ("calls", "without cost", "input tokens", "output tokens", "list USD", "contract USD")
    print_table((*names, *head), cells)


def _usd(amount: Decimal | None) -> str:
    return "unknown" if amount is None else f"{amount:,.2f}"


def _plain(one: Charge) -> dict[str, Any]:
    return {
        name: value if isinstance(value, int) or value is None else _text(value)
        for name, value in asdict(one).items()
    }


def _text(value: str | date | Decimal) -> str:
    return value.isoformat() if isinstance(value, date) else f"{value}"


def _csv(head: Sequence[str], rows: Iterable[dict[str, Any]]) -> None:
    writer = csv.DictWriter(sys.stdout, head, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
