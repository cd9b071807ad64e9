"""`llmcost local`: the embedded OpenObserve by itself."""

from __future__ import annotations

import os
import re
from pathlib import Path

import click

__all__ = ["ingest", "reset", "serve"]

_DATA = Path(".llmcost/serve")
_STREAM = "demo_llm_ingest"  # the source stream of the stack `local`


@click.command()
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    default=_DATA,
    show_default=True,
    help="Folder that keeps objects and rows.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=5080,
    show_default=True,
    help="Loopback port; 0 takes a free one.",
)
def serve(data: Path, port: int) -> None:
    """Serve the embedded OpenObserve on this machine.

    Runs until Ctrl-C and answers on loopback only. OPENOBSERVE_USER and OPENOBSERVE_PASSWORD set
    its root user.
    """
    from llmcost_infra.local.__main__ import main  # noqa: PLC0415 - heavy, and help needs none

    main(["--data", str(data), "--port", str(port)])


def _stream(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Read a stream's name; the server would silently change another one."""
    if re.fullmatch(r"[a-z0-9_]+", value) is None:
        raise click.BadParameter(f"{value!r} is no name of small letters, digits and _")
    return value


@click.command()
@click.argument(
    "paths", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option(
    "--stream",
    callback=_stream,
    default=_STREAM,
    show_default=True,
    help="Where traces and logs go; a metric goes to the stream of its name.",
)
@click.option(
    "--keep-ids",
    is_flag=True,
    help="Leave trace and span ids as recorded: the same calls, sent again.",
)
def ingest(paths: tuple[Path, ...], stream: str, *, keep_ids: bool) -> None:
    """Send recorded OTLP files as if they happened now.

    A FILE holds OTLP/JSON export requests, one or several, as the Collector's file exporter writes
    them; of a folder, every *.json is sent. All times move by one amount, so that the newest is
    now. Trace and span ids are replaced, so that a file that is sent twice is two sets of calls.

    The server is the one that OPENOBSERVE_URL, OPENOBSERVE_USER and OPENOBSERVE_PASSWORD (and
    OPENOBSERVE_ORG) name, else the one that `llmcost up` started.
    """
    from llmcost_infra.first_run.recorded import run_ingest  # noqa: PLC0415 - heavy

    run_ingest(paths, stream=stream, keep_ids=keep_ids)


@click.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
def reset(*, yes: bool) -> None:
    """Remove the embedded OpenObserve's data and state.

    Both go together, since neither means anything without the other; the next `llmcost up` starts
    from nothing. Other servers' state stays, and so does the data of `llmcost local serve`.
    """
    # Heavy, and help needs none of it.
    from llmcost_infra.first_run import embedded  # noqa: PLC0415
    from llmcost_infra.first_run.target import project_folder, target_of  # noqa: PLC0415

    project = project_folder()
    target = target_of(project, {"OPENOBSERVE_ORG": os.environ.get("OPENOBSERVE_ORG", "")})
    shown = target.folder.relative_to(project)
    if not target.folder.exists():
        click.echo(f"Nothing to remove: there is no {shown} in {project}.")
        return
    if not yes:
        click.confirm(
            f"Stop the embedded server, and remove its data and its stack's state ({shown})?",
            abort=True,
        )
    embedded.stop(target.folder)
    target.remove()
    click.echo(f"Removed {shown}.")
