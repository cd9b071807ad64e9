"""`llmcost up` and `llmcost down`: the first run and its end."""

from __future__ import annotations

import click

__all__ = ["down", "up"]


@click.command()
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    help="Loopback port of the embedded server; by default the remembered or a free one.",
)
def up(port: int | None) -> None:
    """Provision the local stack, send sample calls, show what it shows.

    Works on the embedded OpenObserve, or on the one that OPENOBSERVE_URL, OPENOBSERVE_USER and
    OPENOBSERVE_PASSWORD (and OPENOBSERVE_ORG) name. A second run changes nothing that is in place
    and fills only the hours that have no sample calls yet.
    """
    from llmcost_infra.first_run.up import run_up  # noqa: PLC0415 - heavy, and help needs none

    run_up(port=port)


@click.command()
@click.option(
    "--remove",
    is_flag=True,
    help="Also destroy what the stack made, and remove its state and data.",
)
def down(*, remove: bool) -> None:
    """Stop what `llmcost up` started.

    Nothing else is stopped, and data and state stay for the next `llmcost up`.
    """
    from llmcost_infra.first_run.up import run_down  # noqa: PLC0415 - heavy, and help needs none

    run_down(remove=remove)
