"""`llmcost adopt`: a project from what an organization holds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from llmcost_infra.cli.printing import json_option, print_json, print_table, progress

if TYPE_CHECKING:
    from llmcost_infra.adopt import Adoption

__all__ = ["adopt"]


def _stack(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if re.fullmatch(r"[\w.-]{1,100}", value, re.ASCII) is None:
        raise click.BadParameter(f"{value!r} is no name of a stack: letters, digits, . _ and -")
    return value


@click.command()
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("adopted"),
    show_default=True,
    help="Folder to write the project to: new or empty.",
)
@click.option(
    "--folder",
    "folders",
    multiple=True,
    metavar="NAME",
    help="Only the dashboards and alerts of this folder, and their routes; may be repeated.",
)
@click.option(
    "--stack",
    default="prod",
    show_default=True,
    metavar="NAME",
    callback=_stack,
    help="Name of the project's stack.",
)
@click.option(
    "--set-secrets",
    is_flag=True,
    help="Make the stack too, and set its secrets to what the server has, with the Pulumi CLI.",
)
@json_option
def adopt(
    *, out: Path, folders: tuple[str, ...], stack: str, set_secrets: bool, as_json: bool
) -> None:
    """Write a project that declares what an organization holds.

    Reads the organization of OPENOBSERVE_ORG on the server that OPENOBSERVE_URL, OPENOBSERVE_USER
    and OPENOBSERVE_PASSWORD name, and changes nothing there. The project has one file an object,
    the texts beside it, a program, a stack, and what `pulumi import --file` reads. Secrets are
    never written: the commands that set them are named.
    """
    # Heavy, and help needs none of it.
    from datetime import UTC, datetime  # noqa: PLC0415

    from llmcost_infra.adopt import setting  # noqa: PLC0415
    from llmcost_infra.adopt.adopting import Place, refuse_existing, write  # noqa: PLC0415
    from llmcost_infra.adopt.adopting import adopt as adopted  # noqa: PLC0415
    from llmcost_infra.adopt.organization import read_organization  # noqa: PLC0415
    from llmcost_infra.adopt.project import PAGE  # noqa: PLC0415
    from llmcost_infra.adopt.selection import in_folders, whole  # noqa: PLC0415
    from llmcost_infra.first_run.at_hand import client_at_hand  # noqa: PLC0415

    refuse_existing(out)
    if set_secrets:
        setting.require_cli()
    with client_at_hand() as client, progress("Reading the organization") as shown:
        organization = read_organization(
            client, lambda folder, count: shown.update(f"Reading {count} {folder}")
        )
        place = Place(client.url, client.user, client.organization, stack)
    chosen = in_folders(organization, folders) if folders else whole(organization)
    moment = datetime.now(UTC)
    adoption = adopted(chosen, place, moment)
    write(adoption.files, out)
    if set_secrets:
        setting.set_secrets(out, stack, adoption.secrets, _tell_secret)
        adoption = adoption.with_secrets_set(place, moment)
        write({PAGE: adoption.files[PAGE]}, out)
    if as_json:
        print_json({"out": str(out), **adoption.as_json()})
    else:
        _print(adoption, out)


def _tell_secret(name: str) -> None:
    click.echo(f"setting {name}", err=True)


def _print(adoption: Adoption, out: Path) -> None:
    print_table(
        ("kind", "adopted"), [(kind, f"{count}") for kind, count in adoption.counts.items()]
    )
    for name, resources in adoption.twins.items():
        click.echo(f"of one name: {name} is {', '.join(resources)}")
    for one in adoption.left:
        click.echo(f"not adopted: {one.kind} {one.name} ({one.why})")
    click.echo(f"{len(adoption.files)} files in {out}. Next, in that folder:")
    for step in adoption.steps:
        click.echo(f"  {step}")
