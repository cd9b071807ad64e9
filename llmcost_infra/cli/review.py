"""`llmcost review`: what a branch changes, in words."""

from __future__ import annotations

import re
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmcost_infra.cli.arguments import days, stacks_option
from llmcost_infra.cli.lazy import LazyGroup
from llmcost_infra.cli.printing import json_option, print_json, progress
from llmcost_infra.errors import ExitCode

if TYPE_CHECKING:
    from datetime import timedelta

    from llmcost_infra.review.report import Report

__all__ = ["review", "sweep"]

_FILES = {"md": "review.md", "html": "review.html", "json": "review.json"}


def _folder(_ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    """Read the name of a folder of previews; any other could be somebody's own."""
    if value is not None and re.fullmatch(r"pr-[1-9][0-9]*", value) is None:
        raise click.BadParameter(f"{value!r} is not pr- and a number, such as pr-12")
    return value


@click.group(cls=LazyGroup, invoke_without_command=True)
@click.option("--base", metavar="REF", help="What to compare with, e.g. main.")
@stacks_option("Only this stack; repeatable.")
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", *_FILES]),
    default="terminal",
    show_default=True,
    help="What to print.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option("--sql", is_flag=True, help="Print the SQL of what is new or gone as well.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to which review.md, review.html, review.json and pictures are written as well.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rows of the LLM stream (.parquet or .ndjson): what changes come to in them.",
)
@click.option(
    "--live",
    is_flag=True,
    help="Rows and figures from the server of a stack; needs --stack, and only one.",
)
@click.option(
    "--preview-folder",
    metavar="pr-N",
    callback=_folder,
    help="Put changed dashboards into this folder on the server of a stack.",
)
@click.pass_context
def review(  # noqa: PLR0913 - each is an option
    context: click.Context,
    *,
    base: str | None,
    stacks: tuple[str, ...],
    form: str,
    as_json: bool,
    sql: bool,
    out: Path | None,
    data: Path | None,
    live: bool,
    preview_folder: str | None,
) -> int | None:
    """Say what this branch changes, in words and pictures.

    Runs the project's program at both ends of the change, without server and secrets, and compares
    what it registers. Files that are not committed count. Ends with 4 if a part of the change could
    not be looked at; the rest of the report is there all the same.
    """
    if context.invoked_subcommand:
        return None
    if base is None:
        raise click.UsageError("Missing option '--base'.")
    if live and data:
        raise click.UsageError("Say where rows come from: --data FILE or --live.")
    if (live or preview_folder) and len(stacks) != 1:
        raise click.UsageError("The server is that of one stack: name it with --stack.")
    # Heavy, and help needs none of it.
    from llmcost_infra.first_run.at_hand import client_at_hand  # noqa: PLC0415
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.program import run_program  # noqa: PLC0415
    from llmcost_infra.review.reviewing import Extras  # noqa: PLC0415
    from llmcost_infra.review.reviewing import review as reviewed  # noqa: PLC0415

    with (
        progress("Running the program at both ends of the change"),
        client_at_hand() if live or preview_folder else nullcontext() as client,
    ):
        pictures = out is not None or form == "html"
        extras = Extras(data, pictures, client, live, preview_folder)
        report = reviewed(project_folder(), base, stacks, run_program, extras)
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, file in _FILES.items():
            (out / file).write_text(_written(report, name), encoding="utf-8")
        _draw(report, out / "pictures")
    _print(report, "json" if as_json else form, sql=sql)
    return ExitCode.FINDINGS if report.notes else ExitCode.FINE


@review.command("sweep")
@click.option(
    "--older-than",
    default="7d",
    show_default=True,
    metavar="DAYS",
    callback=days,
    help="How long nobody has written to a folder.",
)
@json_option
def sweep(*, older_than: timedelta, as_json: bool) -> None:
    """Remove folders of previews that nobody has written to for a time.

    Only folders that `llmcost review --preview-folder` made are looked at, on the server that
    OPENOBSERVE_URL names, or the embedded one.
    """
    from llmcost_infra.first_run.at_hand import client_at_hand  # noqa: PLC0415 - heavy
    from llmcost_infra.review.previews import sweep as swept  # noqa: PLC0415 - heavy

    with client_at_hand() as client:
        removed = list(swept(client, older_than, datetime.now(UTC)))
    if as_json:
        print_json({"removed": removed})
    else:
        click.echo("\n".join(f"removed {name}" for name in removed) or "nothing to remove")


def _print(report: Report, form: str, *, sql: bool) -> None:
    if form == "terminal":
        from rich.console import Console  # noqa: PLC0415 - help needs none of it

        from llmcost_infra.review.as_text import print_report  # noqa: PLC0415 - the same

        print_report(report, Console(highlight=False), sql=sql)
    else:
        click.echo(_written(report, form), nl=False)


def _draw(report: Report, folder: Path) -> None:
    """Write pictures for whoever shows them himself, and remove those of an earlier run."""
    from llmcost_infra.pictures.vega import png_of  # noqa: PLC0415 - heavy, and not always there

    for old in folder.glob("*.png"):
        old.unlink()
    for shot in report.pictures:
        folder.mkdir(exist_ok=True)
        for (side, theme), svg in shot.drawn.items():
            (folder / f"{shot.stem}-{side}-{theme}.png").write_bytes(png_of(svg, 1))


def _written(report: Report, form: str) -> str:
    import json  # noqa: PLC0415 - help needs none of it

    from llmcost_infra.review.as_html import html  # noqa: PLC0415 - the same
    from llmcost_infra.review.as_json import as_json  # noqa: PLC0415 - the same
    from llmcost_infra.review.as_markdown import markdown  # noqa: PLC0415 - the same

    match form:
        case "md":
            return markdown(report, rest="review.html")
        case "html":
            return html(report)
        case _:
            return json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n"
