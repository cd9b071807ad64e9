"""`llmcost doctor`: the production checklist, against a server and what is on it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from llmcost_infra.cli.arguments import stack_option
from llmcost_infra.cli.printing import json_option, print_json, print_table, progress
from llmcost_infra.errors import DeclarationError, ExitCode, TransportError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.doctor import Line

__all__ = ["doctor"]


@click.command()
@stack_option("that is looked at")
@click.option("--send-test", is_flag=True, help="Have a notification sent on every route.")
@click.option("--canary", is_flag=True, help="Send a made-up call with secrets, and look for them.")
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
def doctor(  # noqa: PLR0913 - each is an option
    stack: str, every: int, *, send_test: bool, canary: bool, watch: bool, as_json: bool
) -> int:
    """Go through the production checklist, on a server.

    Each line says what was seen and what to do. Ends with 4 if a check fails; warnings and what
    could not be looked at are for people. Nothing is written and nothing is sent, but with
    --send-test and --canary, and those on the first look only.

    As a scheduled job, run it without --watch: it looks once, and the exit code tells. With
    --watch it stays until it is stopped, and each change has its time.

    The server is the one that OPENOBSERVE_URL, OPENOBSERVE_USER and OPENOBSERVE_PASSWORD (and
    OPENOBSERVE_ORG) name, else the one that `llmcost up` started.
    """
    from llmcost_infra.doctor import changed  # noqa: PLC0415 - heavy, and help needs none of it

    lines = _looked(stack, send=send_test, canary=canary)
    _tell(lines, as_json=as_json)
    while watch:
        time.sleep(60 * every)
        try:
            again = _looked(stack, send=False, canary=False)
        except TransportError as error:
            # A server that restarts comes back; who watches is told, and looks again.
            click.echo(f"{_now()}: no answer: {error.message}", err=True)
            continue
        if news := changed(lines, again):
            _tell(news, as_json=as_json, at=_now())
        lines = again
    failed = any(one.said.state == "fail" for one in lines)
    return ExitCode.FINDINGS if failed else ExitCode.FINE


def _now() -> str:
    from datetime import UTC, datetime  # noqa: PLC0415 - help needs none of it

    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _looked(stack: str, *, send: bool, canary: bool) -> list[Line]:
    # Heavy, and help needs none of it.
    from datetime import UTC, datetime  # noqa: PLC0415

    from llmcost_infra.doctor import Case, examine  # noqa: PLC0415
    from llmcost_infra.first_run.at_hand import client_at_hand  # noqa: PLC0415
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.program.project import read_stack  # noqa: PLC0415

    project = project_folder()
    read = read_stack(project, stack)
    settings = read.settings()
    with client_at_hand() as client, progress(f"Looking at {read.name}"):
        if settings.organization not in {None, client.organization}:
            raise DeclarationError(
                f"stack {read.name} is for the organization {settings.organization}, and the "
                f"server at hand was chosen for {client.organization}",
                path=read.document.path,
                hint=f"set OPENOBSERVE_ORG={settings.organization}",
            )
        return list(examine(Case(client, settings, datetime.now(UTC), project, send, canary)))


def _tell(lines: Sequence[Line], *, as_json: bool, at: str = "") -> None:
    """Print lines; what has changed since with its time."""
    if as_json:
        when = {"at": at} if at else {}
        print_json(
            [
                {
                    **when,
                    "check": one.check,
                    "state": one.said.state,
                    "evidence": one.said.evidence,
                    "next": one.said.next,
                }
                for one in lines
            ]
        )
        return
    if at:
        click.echo(f"\n{at}")
    cells = ((one.said.state, one.check, one.said.evidence, one.said.next) for one in lines)
    print_table(("state", "check", "evidence", "next"), cells)
