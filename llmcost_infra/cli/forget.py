"""`llmcost forget`: what is stored of a user, and until when."""

from __future__ import annotations

import os
import sys

import click

from llmcost_infra.cli.arguments import stack_option
from llmcost_infra.cli.printing import json_option, print_json, print_table, progress
from llmcost_infra.errors import ExitCode

__all__ = ["forget"]

_KEY = "LLMCOST_HASH_KEY"


@click.command()
@stack_option("that stores the user's calls")
@click.option("--user", required=True, help="Id of the user, as the application sends it.")
@json_option
def forget(stack: str, user: str, *, as_json: bool) -> None:
    """Say what is stored of a user, and when it is gone.

    Ends with 4 if there is something.

    Ids are stored as hashes, so the key of the stack is needed: it is asked for, or read from
    LLMCOST_HASH_KEY. If the key was changed, run it once with each key.

    OpenObserve removes rows by their age only, and no single ones: what is listed goes with its
    stream's retention. For a person's sake, have the application stop sending the id first.
    """
    # Heavy, and help needs none of it.
    from dataclasses import asdict  # noqa: PLC0415
    from datetime import UTC, date, datetime  # noqa: PLC0415

    from llmcost_infra.first_run.at_hand import client_at_hand  # noqa: PLC0415
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.program.project import read_stack  # noqa: PLC0415
    from llmcost_infra.pseudonyms import pseudonym  # noqa: PLC0415
    from llmcost_infra.upkeep.forget import stored_of  # noqa: PLC0415

    settings, key = read_stack(project_folder(), stack).settings(), _key()
    with client_at_hand() as client, progress("Looking into each stream"):
        found = list(stored_of(client, settings, user, key, datetime.now(UTC)))
    if as_json:
        rows = [
            {name: str(one) if isinstance(one, date) else one for name, one in asdict(each).items()}
            for each in found
        ]
        print_json({"stored_as": pseudonym(user, key), "found": rows})
    elif found:
        head = ("stream", "column", "rows", "first day", "last day", "gone by")
        print_table(
            head,
            (
                (one.stream, one.column, f"{one.rows:,}", f"{one.first}", f"{one.last}",
                 f"{one.gone}")
                for one in found
            ),
        )  # fmt: skip
    else:
        click.echo("Nothing is stored of this user under this key.", err=True)
    if found:
        sys.exit(ExitCode.FINDINGS)


def _key() -> str:
    if key := os.environ.get(_KEY, "").rstrip("\r\n"):
        return key
    if not sys.stdin.isatty():
        raise click.UsageError(f"{_KEY} is not set, and there is nobody to ask for the key")
    return str(click.prompt("Key of the stack (llmcost:hash_key)", hide_input=True))
