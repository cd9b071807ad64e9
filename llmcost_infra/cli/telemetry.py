"""`llmcost telemetry`: what applications need in order to be seen."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

import click

from llmcost_infra.cli.arguments import stack_option
from llmcost_infra.cli.lazy import LazyGroup
from llmcost_infra.cli.printing import json_option, print_json

if TYPE_CHECKING:
    from llmcost_infra.otlp_variables import Form
    from llmcost_infra.program.project import Stack

__all__ = ["env", "telemetry"]


@click.group(cls=LazyGroup)
def telemetry() -> None:
    """What applications need in order to be seen."""


def _plain(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    """Refuse what OpenTelemetry's variables or a manifest would read as something else."""
    if not re.fullmatch(r"[A-Za-z0-9_./-]*", value):
        raise click.BadParameter("use letters, digits and . _ - /")
    return value


def _address(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if value and not re.fullmatch(r"https?://[A-Za-z0-9._\[\]:-]+(/[A-Za-z0-9._/-]*)?", value):
        raise click.BadParameter("say it as http://collector:4318")
    return value


@telemetry.command()
@stack_option("that the application sends to")
@click.option(
    "--for",
    "form",
    type=click.Choice(["shell", "docker", "kubernetes", "collector"]),
    default="shell",
    show_default=True,
    help="Lines to evaluate, an env file, a container's env, or examples/collector/.env.",
)
@click.option("--service", default="", callback=_plain, help="service.name of the application.")
@click.option("--team", default="", callback=_plain, help="Team that pays for all of its calls.")
@click.option("--collector", default="", callback=_address, help="Send to a Collector there.")
@json_option
def env(  # noqa: PLR0913 - each is an option
    stack: str, form: Form, service: str, team: str, collector: str, *, as_json: bool
) -> None:
    """Print OpenTelemetry's variables for an application that sends to a stack.

    Secrets are not printed: the lines say where each comes from. The server is the one of the
    stack's configuration (openobserve:url), else the one that OPENOBSERVE_URL names, else the one
    that `llmcost up` started. With --collector no application needs the server's secret.
    """
    # Heavy, and help needs none of it.
    from llmcost_infra.first_run.target import project_folder  # noqa: PLC0415
    from llmcost_infra.otlp_variables import Destination, as_data, as_text  # noqa: PLC0415
    from llmcost_infra.program.project import read_stack  # noqa: PLC0415

    if form == "collector" and (service or team or collector):
        raise click.UsageError("--service, --team and --collector are for applications.")
    read = read_stack(project_folder(), stack)
    settings = read.settings()
    organization = settings.organization or _configured(read, "organization") or "default"
    whose = (settings.streams.source, settings.environment, service, team)
    content = settings.content
    captures = content.capture and (not service or service in content.services)
    to = Destination(read.name, _url(read), organization, *whose, captures, collector)
    if as_json:
        print_json(as_data(to, form))
    else:
        click.echo(as_text(to, form), nl=False)


def _configured(stack: Stack, key: str) -> str:
    variables = {"url": "OPENOBSERVE_URL", "organization": "OPENOBSERVE_ORG"}
    told = stack.config.get(f"openobserve:{key}", "")
    return os.environ.get(variables[key], "") if told in {"", "[secret]"} else told


def _url(stack: Stack) -> str:
    from llmcost_infra.first_run import embedded  # noqa: PLC0415 - heavy
    from llmcost_infra.first_run.at_hand import no_server  # noqa: PLC0415
    from llmcost_infra.first_run.target import target_of  # noqa: PLC0415
    from llmcost_infra.openobserve.address import address  # noqa: PLC0415

    if url := _configured(stack, "url"):
        return address(url)
    # An application's user and password are set for these lines; they name no server.
    here = {"OPENOBSERVE_ORG": os.environ.get("OPENOBSERVE_ORG", "")}
    running = embedded.running(target_of(stack.folder, here).folder)
    if running is None:
        raise no_server()
    return running.url
