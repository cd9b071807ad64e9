"""A project's own dashboards and alerts, as stacks with other column profiles would have them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.catalog.alert_files import load_alert
from llmcost_infra.catalog.alerts import render_alert
from llmcost_infra.catalog.dashboard_files import load_dashboard
from llmcost_infra.catalog.dashboards import render_dashboard
from llmcost_infra.columns import BILLING
from llmcost_infra.declarations import find, names
from llmcost_infra.errors import DeclarationError
from llmcost_infra.profiles import ATTRIBUTED, PROFILES
from llmcost_infra.program import Program, Registered
from llmcost_infra.settings import Settings
from llmcost_infra.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from llmcost_infra.declarations import Kind

__all__ = ["other_profiles"]

_CHOICES: Final[Mapping[str, Any]] = {
    "environment": "any",
    "stream": "default",
    "budget": {
        "monthly_usd": "900",
        "team_daily_usd": {"any": "5"},
        "feature_daily_usd": {"any": "5"},
    },
    "billing": [{"provider": "openai", "account": "any"}],
    "cost_metric": True,
}
"""What brings every tab and every alert in."""


def other_profiles(project: Path) -> Iterator[tuple[str, Program]]:
    """Yield what the project's declarations register with each profile but `pipeline`.

    Those that cannot be loaded are left out: the program of a stack says why.
    """
    dashboards = list(_loaded("dashboards", project, load_dashboard))
    alerts = list(_loaded("alerts", project, load_alert))
    for profile in PROFILES if dashboards or alerts else ():
        if profile == "pipeline":
            continue
        settings = Settings.from_mapping({**_CHOICES, "profile": profile})
        made = [
            _made("Dashboard", f"dashboards/{one.name}.yaml", render_dashboard(one, settings))
            for one in dashboards
        ]
        made += [
            _made("Alert", f"alerts/{spec.name}.yaml", one.inputs)
            for spec in alerts
            for one in render_alert(spec, settings)
        ]
        yield profile, Program(project.name, profile, (*_streams(settings), *made), ())


def _loaded(kind: Kind, project: Path, load: Any) -> Iterator[Any]:
    """Yield the declarations of a kind that are the project's own."""
    for name in names(kind, project):
        try:
            if find(kind, name, project).resolve().is_relative_to(project.resolve()):
                yield load(name, project)
        except DeclarationError:
            continue


def _streams(settings: Settings) -> Iterator[Registered]:
    sources = settings.attribution
    fields = {column: "utf8" for name in ATTRIBUTED for column in getattr(sources, name)}
    fields |= PROFILES[settings.profile].declares
    streams = settings.streams
    yield _made("Stream", "", _stream(streams.calls, "traces", fields))
    yield _made("Stream", "", _stream(streams.billing, "logs", dict(BILLING)))


def _stream(name: str, stream_type: str, fields: Mapping[str, str]) -> dict[str, Any]:
    return {"name": name, "stream_type": stream_type, "fields": dict(fields)}


def _made(kind: str, path: str, inputs: dict[str, Any]) -> Registered:
    return Registered(
        urn=f"{kind}::{path}::{inputs.get('name')}",
        type=f"openobserve:index:{kind}",
        name=Path(path).stem,
        inputs=inputs,
        parent=None,
        custom=True,
        read=False,
        source=Source(path) if path else None,
        unknown=(),
        problems=(),
    )
