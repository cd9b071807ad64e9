"""From a clean checkout to a populated dashboard, and back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Console

from llmcost_infra.catalog import (
    load_alerts,
    load_dashboard,
    load_pipeline,
    load_teams,
    render_alerts,
    render_dashboard,
    render_pipeline,
)
from llmcost_infra.declarations import names
from llmcost_infra.errors import LlmCostError
from llmcost_infra.first_run import embedded
from llmcost_infra.first_run.alerts import ask_alerts
from llmcost_infra.first_run.engine import STACK, Engine
from llmcost_infra.first_run.panels import PanelAnswer, ask_panels
from llmcost_infra.first_run.printed import print_alerts, print_panels
from llmcost_infra.first_run.samples import MOST_ROWS, Samples
from llmcost_infra.first_run.target import Target, project_folder, target_of
from llmcost_infra.first_run.traffic import WINDOW_HOURS, traces_between
from llmcost_infra.first_run.truth import truth_of
from llmcost_infra.openobserve import Client
from llmcost_infra.openobserve.objects import stores
from llmcost_infra.pricing import load_table
from llmcost_infra.program.project import read_stack

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from decimal import Decimal
    from pathlib import Path

    from llmcost_infra.settings import Settings

__all__ = ["run_down", "run_up"]


def run_up(*, port: int | None = None, console: Console | None = None) -> None:
    """Provision the local stack, send sample traffic and show what every panel answers.

    Args:
        port: loopback port of the embedded server; by default the remembered or a free one.
        console: where to print.

    Raises:
        LlmCostError: something failed, or a panel does not show what was sent.
    """
    out = console or Console(soft_wrap=True, highlight=False)
    project = project_folder()
    target = target_of(project)
    engine = _engine(project, target, port, out)
    with _client(engine) as client:
        client.check()
        engine.select()
        settings = read_stack(project, STACK).settings()
        _read_declarations(project, settings)
        engine.up()
        outputs = engine.outputs()
        end = datetime.now(UTC)
        window = (end - timedelta(hours=WINDOW_HOURS), end)
        traces = traces_between(*window)
        samples = Samples(client, engine.endpoint(settings), settings, window)
        samples.fill(traces, out)
        others = samples.others(traces)
        truth = {} if others else truth_of(traces, load_table(project)).by_column()
        answers = _ask(client, outputs["dashboard_ids"], truth, window)
        pack = render_alerts(load_alerts(project), settings) if settings.routes else []
        alerts = list(ask_alerts(client, pack, datetime.now(UTC)))
    print_panels(answers, window, out)
    print_alerts(alerts, out)
    if others:
        out.print(
            f"The stream {settings.streams.calls} holds {others} other "
            f"{'trace' if others == 1 else 'traces'} as well, so the "
            "figures are not compared with the sample calls."
        )
    _close(engine, out)
    if not all(answer.good for answer in answers):
        raise LlmCostError(
            "A panel does not show what was sent.",
            hint="The table above says which; `make down` stops what was started.",
        )


def run_down(*, remove: bool = False, console: Console | None = None) -> None:
    """Stop what `run_up` started, and nothing else.

    Args:
        remove: also destroy what the stack made and remove its state and data.
        console: where to print.
    """
    out = console or Console(soft_wrap=True, highlight=False)
    project = project_folder()
    target = target_of(project)
    if remove:
        _remove(project, target, out)
        return
    if not target.embedded:
        out.print(
            f"Nothing was started: {target.url} is not ours. "
            "`llmcost down --remove` destroys what the stack made there."
        )
    elif embedded.stop(target.folder):
        out.print("The embedded OpenObserve has stopped; its data stays for the next `make up`.")
    else:
        out.print("Nothing runs that `make up` started.")


def _remove(project: Path, target: Target, out: Console) -> None:
    if target.embedded:
        embedded.stop(target.folder)
    elif (target.folder / "state").exists():
        _engine(project, target, None, out).destroy()
    target.remove()
    out.print(f"Removed {target.folder.relative_to(project)}.")


def _engine(project: Path, target: Target, port: int | None, out: Console) -> Engine:
    if target.url is not None:
        return Engine(project, target, target.url, target.password)
    server = embedded.start(target.folder, port)
    out.print(f"The embedded OpenObserve is at {server.url}.")
    return Engine(project, target, server.url, server.password)


def _read_declarations(project: Path, settings: Settings) -> None:
    """Meet every mistake in a declaration here, where it has a line and an exit code of its own."""
    table, teams = load_table(project), load_teams(project)
    for name in names("pipelines", project):
        render_pipeline(load_pipeline(name, project), settings, table, teams)
    for name in names("dashboards", project):
        render_dashboard(load_dashboard(name, project), settings)
    render_alerts(load_alerts(project), settings)


def _client(engine: Engine) -> Client:
    target = engine.target
    return Client(engine.url, target.user, engine.password, target.organization)


def _ask(
    client: Client,
    dashboard_ids: Sequence[str],
    truth: Mapping[str, Decimal],
    window: tuple[datetime, datetime],
) -> list[PanelAnswer]:
    dashboards = stores(client)["openobserve:index:Dashboard"]

    def search(sql: str, stream_type: str) -> list[dict[str, Any]]:
        return client.search(sql, *window, stream_type=stream_type, size=MOST_ROWS).hits

    answers: list[PanelAnswer] = []
    for dashboard_id in dashboard_ids:
        found = dashboards.read(f"{client.organization}/{dashboard_id}", None)
        if found is None:
            raise LlmCostError(
                f"Dashboard {dashboard_id} is not on the server.",
                hint="`pulumi refresh` notices; `make up` makes it again.",
            )
        answers.extend(ask_panels(found.inputs, search, truth))
    return answers


def _close(engine: Engine, out: Console) -> None:
    out.print(
        f"Dashboards: {engine.url}/web/dashboards?org_identifier={engine.target.organization}"
    )
    if engine.target.embedded:
        memory = engine.target.folder.relative_to(engine.project) / "server.json"
        out.print(f"Log in as {engine.target.user}; the password stands in {memory}.")
        out.print("`make down` stops the embedded server.")
    else:
        out.print("`llmcost down --remove` destroys what the stack made there.")
