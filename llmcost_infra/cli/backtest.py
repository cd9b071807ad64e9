"""`llmcost backtest`: what alerts would have done."""

from __future__ import annotations

import os
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmcost_infra.cli.arguments import stack_option
from llmcost_infra.cli.printing import json_option, print_json, progress
from llmcost_infra.errors import ExitCode
from llmcost_infra.utc import microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from rich.status import Status

    from llmcost_infra.backtest import Report, Rows, Rule
    from llmcost_infra.sql_engine.intervals import TimeRange

__all__ = ["backtest"]

_TIMES = ["%Y-%m-%d", "%Y-%m-%dT%H:%M"]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """Where rows come from, and of when; and whether every alert is meant."""

    data: Sequence[str]
    live: bool
    days: int
    start: datetime | None
    end: datetime | None
    every: bool


@click.command()
@click.argument("alerts", nargs=-1, metavar="ALERT...")
@stack_option("whose alerts are replayed")
@click.option("--data", multiple=True, metavar="FILE", help="Rows: .parquet or NDJSON.")
@click.option("--live", is_flag=True, help="Rows from the server.")
@click.option("--days", type=click.IntRange(1, 400), default=30, show_default=True)
@click.option("--from", "start", type=click.DateTime(_TIMES), help="UTC; instead of --days.")
@click.option("--to", "end", type=click.DateTime(_TIMES), help="UTC; else where the rows end.")
@click.option("--compare", metavar="REF", help="The alert as it was there, beside it.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for a picture of each alert.")
@json_option
@click.pass_context
def backtest(  # noqa: PLR0913 - its options
    context: click.Context,
    *,
    alerts: tuple[str, ...],
    stack: str,
    data: tuple[str, ...],
    live: bool,
    days: int,
    start: datetime | None,
    end: datetime | None,
    compare: str | None,
    out: Path | None,
    as_json: bool,
) -> None:
    """Tell how often alerts would have fired in the past.

    ALERT is the name of an alert of the stack, or the name or file of its declaration; none means
    every alert. Rows are those of the stream that most alerts read; write STREAM=FILE for another.
    Exits with 4 when an alert fires more often than its declaration expects.

    With --live the server is the one that OPENOBSERVE_URL, OPENOBSERVE_USER and
    OPENOBSERVE_PASSWORD (and OPENOBSERVE_ORG) name, else the one that `llmcost up` started.
    """
    from llmcost_infra.backtest import Comparison, chosen, rules_of  # noqa: PLC0415 - heavy
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415 - heavy
    from llmcost_infra.program import program_at, run_program  # noqa: PLC0415 - heavy

    if live == bool(data):
        raise click.UsageError("Say where rows come from: --data FILE or --live.")
    project = Path(os.path.relpath(project_folder()))
    wanted = _Wanted(data, live, days, start, end, every=not alerts)
    with progress("Running the program") as shown:
        known = rules_of(run_program(project, stack), project)
        rules = chosen(known, alerts, project)
        before: list[Rule] = []
        if compare:
            before = rules_of(program_at(project, stack, compare, "--compare"), project)
        before = _named(before, rules)
        rows, time_range = _rows(wanted, known, [*rules, *before], shown)
        reports = _reports(rules, rows, time_range, wanted, shown)
        old = {one.rule.name: one for one in _reports(before, rows, time_range, wanted, shown)}
        said = list(_drawn(reports, rows, out, shown)) if out else []
    for line in said:
        click.echo(line, err=True)
    compared = [Comparison(old.get(one.rule.name), one) for one in reports] if compare else []
    if as_json:
        print_json([one.as_json() for one in compared or reports])
    for at, report in enumerate(() if as_json else reports):
        click.echo("\n".join(report.lines()))
        if compared:
            click.echo(f"  {compared[at].line()}")
    context.exit(ExitCode.FINDINGS if any(one.too_often for one in reports) else ExitCode.FINE)


def _named(rules: Sequence[Rule], wanted: Sequence[Rule]) -> list[Rule]:
    names = {rule.name for rule in wanted}
    return [rule for rule in rules if rule.name in names]


def _rows(
    wanted: _Wanted, known: Sequence[Rule], rules: Sequence[Rule], shown: Status
) -> tuple[Mapping[str, Rows], TimeRange]:
    from llmcost_infra.backtest import range_before  # noqa: PLC0415 - heavy
    from llmcost_infra.sql_engine.intervals import TimeRange  # noqa: PLC0415 - heavy

    shown.update("Reading rows")
    rows = {} if wanted.live else _read(wanted.data, known, rules)
    spans = [one.span for one in rows.values() if one.span]
    last = max((span[1] + 1 for span in spans), default=_micros(datetime.now(UTC)))
    time_range = range_before(_micros(wanted.end) if wanted.end else last, wanted.days)
    if wanted.start:
        time_range = TimeRange(_micros(wanted.start), time_range.end)
    if time_range.start >= time_range.end:
        raise click.UsageError("--from has to lie before --to.")
    return (_fetch(rules, time_range, shown) if wanted.live else rows), time_range


def _read(data: Sequence[str], known: Sequence[Rule], rules: Sequence[Rule]) -> dict[str, Rows]:
    from llmcost_infra.backtest import needed_columns, read_rows  # noqa: PLC0415 - heavy

    streams = [rule.stream for rule in known]
    found: dict[str, Rows] = {}
    for one in data:
        named, equals, path = one.partition("=")
        stream = named if equals else max(set(streams), key=streams.count)
        statements = [rule.sql for rule in rules if rule.stream == stream]
        found[stream] = read_rows(Path(path if equals else one), needed_columns(statements))
    return found


def _fetch(rules: Sequence[Rule], time_range: TimeRange, shown: Status) -> dict[str, Rows]:
    """Return the rows of each stream whose rows fit this machine; those of others stay there."""
    from llmcost_infra.backtest import fetch_rows, needed_columns  # noqa: PLC0415 - heavy
    from llmcost_infra.backtest.on_server import extent_of  # noqa: PLC0415 - heavy
    from llmcost_infra.first_run.at_hand import client_at_hand  # noqa: PLC0415 - heavy
    from llmcost_infra.sql_engine.intervals import TimeRange  # noqa: PLC0415 - heavy

    found: dict[str, Rows] = {}
    with client_at_hand() as client:
        for stream in {rule.stream: None for rule in rules}:
            own = [rule for rule in rules if rule.stream == stream]
            period = max(int(rule.body["trigger_condition"]["period"]) for rule in own)
            reach = TimeRange(time_range.start - period * 60_000_000, time_range.end)
            columns, kind = needed_columns(rule.sql for rule in own), own[0].body["stream_type"]
            if not extent_of(client, stream, kind, reach).fits:
                continue
            now = datetime.now(UTC)
            told = _tenths(shown, f"Reading rows of {stream}", reach)
            found[stream] = fetch_rows(client, stream, kind, columns, reach, now, told)
    return found


def _reports(
    rules: Sequence[Rule],
    rows: Mapping[str, Rows],
    time_range: TimeRange,
    wanted: _Wanted,
    shown: Status,
) -> list[Report]:
    from llmcost_infra.backtest import backtest as run  # noqa: PLC0415 - heavy

    found: list[Report] = []
    for rule in rules:
        told = _tenths(shown, f"Replaying {rule.name}", time_range)
        if rule.stream not in rows and wanted.live:
            found.append(_on_server(rule, time_range, told))
        elif rule.stream not in rows and wanted.every:
            click.echo(f"{rule.name}: not replayed, no rows of {rule.stream}", err=True)
        else:
            found.append(run(rule, rows, time_range, progress=told))
    return found


def _on_server(rule: Rule, time_range: TimeRange, told: Callable[[int], object]) -> Report:
    from llmcost_infra.backtest.on_server import backtest_on_server  # noqa: PLC0415 - heavy
    from llmcost_infra.first_run.at_hand import client_at_hand  # noqa: PLC0415 - heavy

    with client_at_hand() as client:
        return backtest_on_server(rule, client, time_range, datetime.now(UTC), progress=told)


def _drawn(
    reports: Sequence[Report], rows: Mapping[str, Rows], out: Path, shown: Status
) -> Iterator[str]:
    """Draw a picture of each alert; yield what is to be said of it."""
    from llmcost_infra.backtest.picture import draw  # noqa: PLC0415 - heavy

    out.mkdir(parents=True, exist_ok=True)
    for report in reports:
        if report.rule.stream not in rows:
            yield f"{report.rule.name}: not drawn, its rows stayed on the server"
            continue
        told = _tenths(shown, f"Drawing {report.rule.name}", report.time_range)
        for path in draw(report, rows, out, progress=told):
            yield f"drawn: {path}"


def _tenths(shown: Status, what: str, time_range: TimeRange) -> Callable[[int], object]:
    """Return what is told each step; it shows every tenth of the way."""
    shown.update(what)
    reached = 0

    def told(at: int) -> None:
        nonlocal reached
        tenth = 10 * (at - time_range.start) // max(1, time_range.end - time_range.start)
        if tenth > reached:
            reached = tenth
            shown.update(f"{what}: {tenth}0 %")

    return told


def _micros(moment: datetime) -> int:
    return microseconds(moment.replace(tzinfo=UTC))
