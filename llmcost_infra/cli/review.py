"""`llmcost review`: what a branch changes, in words."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmcost_infra.errors import ExitCode

if TYPE_CHECKING:
    from rich.status import Status

    from llmcost_infra.review.report import Report

__all__ = ["review"]

_FILES = {"md": "review.md", "html": "review.html", "json": "review.json"}


@click.command()
@click.option("--base", required=True, metavar="REF", help="What to compare with, e.g. main.")
@click.option(
    "--stack", "stacks", multiple=True, metavar="NAME", help="Only this stack; repeatable."
)
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", *_FILES]),
    default="terminal",
    show_default=True,
    help="What to print.",
)
@click.option("--json", "as_json", is_flag=True, help="The same as --format json.")
@click.option(
    "--out",
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to which review.md, review.html, review.json and pictures are written as well.",
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="Rows of the LLM stream (.parquet or .ndjson): what changed prices come to in them.",
)
def review(  # noqa: PLR0913 - each is an option
    *,
    base: str,
    stacks: tuple[str, ...],
    form: str,
    as_json: bool,
    out: Path | None,
    data: Path | None,
) -> int:
    """Say what this branch changes, in words and pictures.

    Runs the project's program at both ends of the change, without server and secrets, and compares
    what it registers. Files that are not committed count. Ends with 4 if a part of the change could
    not be looked at; the rest of the report is there all the same.
    """
    # Heavy, and help needs none of it.
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.review.reviewing import review as reviewed  # noqa: PLC0415

    with _progress():
        report = reviewed(
            project_folder(), base, stacks, data=data, pictures=out is not None or form == "html"
        )
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        for name, file in _FILES.items():
            (out / file).write_text(_written(report, name), encoding="utf-8")
        _draw(report, out / "pictures")
    _print(report, "json" if as_json else form)
    return ExitCode.FINDINGS if report.notes else ExitCode.FINE


def _print(report: Report, form: str) -> None:
    if form == "terminal":
        from rich.console import Console  # noqa: PLC0415 - help needs none of it

        from llmcost_infra.review.as_text import print_report  # noqa: PLC0415 - the same

        print_report(report, Console(highlight=False))
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


def _progress() -> Status:
    from rich.console import Console  # noqa: PLC0415 - help needs none of it

    return Console(stderr=True).status("Running the program at both ends of the change")
