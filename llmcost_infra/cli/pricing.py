"""`llmcost pricing`: what a call costs, what the table says, and whether it is still right."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from llmcost_infra.cli.arguments import days
from llmcost_infra.cli.lazy import LazyGroup
from llmcost_infra.cli.printing import json_option, print_json, print_table
from llmcost_infra.errors import ExitCode

if TYPE_CHECKING:
    from datetime import timedelta

__all__ = ["check", "cost", "pricing", "review_due", "show"]

_PROJECT = Path()  # the working directory's own price files go before the shipped ones
_COUNT = click.IntRange(0)


def _moment(_ctx: click.Context, _param: click.Parameter, value: str | None) -> datetime | None:
    """Read a day or a time in ISO 8601; UTC unless it says otherwise."""
    if value is None:
        return None
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as error:
        raise click.BadParameter(f"{value!r} is not a date like 2026-11-23") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@click.group(cls=LazyGroup)
def pricing() -> None:
    """The price table: what a call costs, and by which row."""


@pricing.command()
@click.option("--model", required=True, help="Model id, as the provider answers it.")
@click.option("--input", "input_tokens", type=_COUNT, help="Input tokens, cached ones included.")
@click.option("--cached", type=_COUNT, default=0, help="Of these, read from the cache.")
@click.option("--cache-write", type=_COUNT, default=0, help="Of these, written to the cache.")
@click.option("--cache-write-1h", type=_COUNT, default=0, help="Of these, written for an hour.")
@click.option("--output", "output_tokens", type=_COUNT, help="Output tokens, reasoning included.")
@click.option("--reasoning", type=_COUNT, default=0, help="Of these, reasoning.")
@click.option("--tier", default="", help="Service tier, such as flex; standard by default.")
@click.option("--batch", is_flag=True, help="The call went through the batch API.")
@click.option(
    "--at", callback=_moment, metavar="DATE", help="When the call started; now by default."
)
@click.option("--provider", help="OpenTelemetry provider name; by default whoever has the model.")
@json_option
def cost(
    *, model: str, provider: str | None, at: datetime | None, as_json: bool, **usage: Any
) -> None:
    """Print what one call costs, to the last token.

    A call that cannot be priced has no cost, and a reason instead; never 0.
    """
    # Heavy, and help needs none of it.
    from llmcost_infra.pricing import load_table  # noqa: PLC0415
    from llmcost_infra.pricing.reports import Usage, priced_call  # noqa: PLC0415

    asked = Usage(at=at or datetime.now(UTC), **usage)
    told = priced_call(load_table(_PROJECT), provider=provider, model=model, usage=asked)
    if as_json:
        print_json(told)
        return
    if told["cost_usd"] is None:
        click.echo(f"no price: {told['reason']} ({told['detail']})")
        return
    rows = [(name, f"${usd}") for name, usd in told["split_usd"].items()]
    print_table(("class", "cost"), [*rows, ("total", f"${told['cost_usd']}")])
    click.echo(f"by {told['row']}, table {told['version']}")


@pricing.command()
@click.argument("model", required=False)
@json_option
def show(model: str | None, *, as_json: bool) -> None:
    """Show the rates that are valid now, or every rate of one model.

    Rates are USD per million tokens.
    """
    from llmcost_infra.pricing import load_table  # noqa: PLC0415 - heavy, and help needs none
    from llmcost_infra.pricing.reports import rates_of  # noqa: PLC0415 - the same

    told = rates_of(load_table(_PROJECT), model, datetime.now(UTC))
    if as_json:
        print_json(told)
        return
    columns = list(dict.fromkeys(name for row in told for name in row["per_mtok"]))
    print_table(
        ("row", *columns),
        [(row["row"], *(row["per_mtok"].get(name, "") for name in columns)) for row in told],
    )


@pricing.command("review-due")
@click.option(
    "--within",
    callback=days,
    metavar="DAYS",
    default="0d",
    help="Also what is due so soon, as in 30d.",
)
@json_option
def review_due(*, within: timedelta, as_json: bool) -> int:
    """List the rows whose review is due; ends with 4 if there are any."""
    from llmcost_infra.pricing import load_table  # noqa: PLC0415 - heavy, and help needs none
    from llmcost_infra.pricing.reports import due_rows  # noqa: PLC0415 - the same

    due = due_rows(load_table(_PROJECT), datetime.now(UTC).date() + within)
    if as_json:
        print_json(due)
    elif due:
        columns = ("review_by", "row", "source")
        print_table(columns, [tuple(row[name] for name in columns) for row in due])
    else:
        click.echo("No row is due.")
    return ExitCode.FINDINGS if due else ExitCode.FINE


@pricing.command()
@json_option
def check(*, as_json: bool) -> int:
    """Compare the table with public price data; ends with 4 if it fails.

    Works offline, against the genai-prices package of the extra `dev`. Differences above 0.5 % in
    input, output and cache reads fail, unless a waiver in pricing/waivers/ covers them; all
    else is a warning.
    """
    from llmcost_infra.pricing.check import check_table  # noqa: PLC0415 - heavy, help needs none

    findings = check_table(_PROJECT, datetime.now(UTC))
    failed = any(finding.level == "error" for finding in findings)
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    else:
        for finding in findings:
            click.echo(f"{finding.level:<8} {finding.kind:<16} {finding.subject}: {finding.said}")
        errors = sum(finding.level == "error" for finding in findings)
        click.echo(f"{errors} errors, {len(findings) - errors} warnings and notes")
    return ExitCode.FINDINGS if failed else ExitCode.FINE
