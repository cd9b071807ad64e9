"""`llmcost local`: the embedded OpenObserve by itself."""

from __future__ import annotations

import os
from pathlib import Path

import click

__all__ = ["reset", "serve"]

_DATA = Path(".llmcost/serve")


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


@click.command()
@click.confirmation_option(prompt="Remove the embedded server's data and its stack's state?")
def reset() -> None:
    """Remove the embedded OpenObserve's data and state.

    Both go together, since neither means anything without the other; the next `llmcost up` starts
    from nothing. Other servers' state stays.
    """
    # Heavy, and help needs none of it.
    from llmcost_infra.first_run import embedded  # noqa: PLC0415
    from llmcost_infra.first_run.target import project_folder, target_of  # noqa: PLC0415

    organization = os.environ.get("OPENOBSERVE_ORG", "")
    target = target_of(project_folder(), {"OPENOBSERVE_ORG": organization})
    embedded.stop(target.folder)
    target.remove()
    click.echo(f"Removed {target.folder}.")
