"""`llmcost render`: what a stack would put on the server, as files."""

from __future__ import annotations

import os
from pathlib import Path

import click

from llmcost_infra.cli.arguments import stack_option
from llmcost_infra.cli.printing import json_option, print_json, print_table, progress

__all__ = ["render"]


@click.command()
@stack_option("that is rendered")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    help="Folder to write to: new, empty, or filled by an earlier render.",
)
@json_option
def render(*, stack: str, out: Path, as_json: bool) -> None:
    """Write what a stack would put on the server, as files.

    Runs the project's program without engine, server and secrets, and writes the JSON body of each
    object, with SQL and VRL once more as text. Rendering the same twice gives the same bytes.
    """
    # Heavy, and help needs none of it.
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.program import run_program  # noqa: PLC0415
    from llmcost_infra.program.output_folder import write  # noqa: PLC0415
    from llmcost_infra.program.rendering import render as rendered  # noqa: PLC0415

    # As seen from here, so that an error names a file as a person would type it.
    with progress("Running the program"):
        program = run_program(Path(os.path.relpath(project_folder())), stack)
        rendering = rendered(program)
    written = write(rendering, out)
    asked = sorted(set(program.asked))
    if as_json:
        counts = {"files": written.files, "changed": written.changed, "removed": written.removed}
        print_json({**rendering.as_json(), "asked": asked, "written": counts})
        return
    rows = [
        (one.kind, one.resource.name, next(iter(one.files)), str(len(one.files)))
        for one in rendering.objects
    ]
    print_table(("kind", "name", "body", "files"), rows)
    for resource, why in rendering.others:
        click.echo(f"not rendered: {resource.type} {resource.name} ({why})")
    for function in asked:
        click.echo(f"not asked: {function}; what the program makes of its answer is missing")
    click.echo(
        f"{written.files} files in {out}: {len(written.changed)} changed, "
        f"{len(written.removed)} removed."
    )
