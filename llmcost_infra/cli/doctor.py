"""`llmcost doctor`: the production checklist, against a server and what is on it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from llmcost_infra.cli.printing import json_option, print_json, print_table
from llmcost_infra.errors import DeclarationError, ExitCode, TransportError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.doctor import Line

__all__ = ["doctor"]


@click.command()
@click.option("--stack", required=True, help="Stack that is looked at, e.g. prod.")
@click.option("--send-test", is_flag=True, help="Have a notification sent on every route.")
@click.option("--watch", is_flag=True, help="Look again and again, and tell what has changed.")
@click.option(
    "--every",
    type=click.IntRange(min=1),
    default=15,
    metavar="MINUTES",
    show_default=True,
    help="How often --watch looks.",
)
@json_option
def doctor(stack: str, every: int, *, send_test: bool, watch: bool, as_json: bool) -> int:
    """Go through the production checklist, on a server.

    Each line says what was seen and what to do. Ends with 4 if a check fails; warnings and what
    could not be looked at are for people. Nothing is written, and nothing is sent but with
    --send-test.

    The server is the one that OPENOBSERVE_URL, OPENOBSERVE_USER and OPENOBSERVE_PASSWORD (and
    OPENOBSERVE_ORG) name, else the one that `llmcost up` started.
    """
    from llmcost_infra.doctor import changed  # noqa: PLC0415 - heavy, and help needs none of it

    lines = _looked(stack, send=send_test)
    _tell(lines, as_json=as_json)
    while watch:
        time.sleep(60 * every)
        try:
            again = _looked(stack, send=False)
        except TransportError as error:
            # A server that restarts comes back; who watches is told, and looks again.
            click.echo(f"no answer: {error.message}", err=True)
            continue
        if news := changed(lines, again):
            _tell(news, as_json=as_json)
        lines = again
    failed = any(one.said.state == "fail" for one in lines)
    return ExitCode.FINDINGS if failed else ExitCode.FINE


def _looked(stack: str, *, send: bool) -> list[Line]:
    # Heavy, and help needs none of it.
    from datetime import UTC, datetime  # noqa: PLC0415

    from llmcost_infra.doctor import Case, examine  # noqa: PLC0415
    from llmcost_infra.first_run.at_hand import client_at_hand  # noqa: PLC0415
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.program.project import read_stack  # noqa: PLC0415

    project = project_folder()
    read = read_stack(project, stack)
    settings = read.settings()
    with client_at_hand() as client:
        if settings.organization not in {None, client.organization}:
            raise DeclarationError(
                f"stack {read.name} is for the organization {settings.organization}, and the "
                f"server at hand was chosen for {client.organization}",
                path=read.document.path,
                hint=f"set OPENOBSERVE_ORG={settings.organization}",
            )
        return list(examine(Case(client, settings, datetime.now(UTC), project, send)))


def _tell(lines: Sequence[Line], *, as_json: bool) -> None:
    if as_json:
        print_json(
            [
                {
                    "check": one.check,
                    "state": one.said.state,
                    "evidence": one.said.evidence,
                    "next": one.said.next,
                }
                for one in lines
            ]
        )
        return
    cells = ((one.said.state, one.check, one.said.evidence, one.said.next) for one in lines)
    print_table(("state", "check", "evidence", "next"), cells)
