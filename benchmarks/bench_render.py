"""How long 1,000 dashboards of 12 panels take, from a checked declaration to what is sent.

Beside it as many panels with the same titles, sizes, units and queries out of the builders of
grafana-foundation-sdk.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from grafana_foundation_sdk.builders import (
    barchart,
    dashboard,
    gauge,
    piechart,
    prometheus,
    stat,
    table,
    timeseries,
)
from grafana_foundation_sdk.cog.encoder import JSONEncoder

from llmcost_infra.catalog import DashboardSpec, load_dashboard, render_dashboard
from llmcost_infra.openobserve.kinds.dashboard_body import fold_dashboard
from llmcost_infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["main"]

_LIMIT_S = 0.5
_DASHBOARDS = 1_000
_PANELS = 12
_ROUNDS = 3
_STACKS = 4
_ANY = Settings(environment="any", prefix="any_")

_PEERS = {
    "bar": barchart.Panel,
    "gauge": gauge.Panel,
    "line": timeseries.Panel,
    "metric": stat.Panel,
    "pie": piechart.Panel,
    "table": table.Panel,
}
_ENCODER = JSONEncoder()
_PEER_UNITS = {"currency-dollar": "currencyUSD", "numbers": "short", "locale": "locale"}


@dataclass(frozen=True)
class _Peer:
    """One panel as the peer builds it; its SQL reads the stream of `_ANY`."""

    builder: Callable[[], Any]
    inputs: dict[str, Any]
    unit: str
    sql: str


def main() -> int:
    """Print a table; 1 when ours takes longer than its limit."""
    spec = _twelve_panels()
    stacks = [Settings(environment="bench", prefix=f"s{n}_") for n in range(_DASHBOARDS)]
    peers = _peers(spec)
    figures = _measured(
        {
            "llmcost-infra, inputs": lambda stack: render_dashboard(spec, stack),
            "llmcost-infra, body": lambda stack: _body(spec, stack),
            "llmcost-infra, JSON": lambda stack: json.dumps(_body(spec, stack)),
            "grafana-foundation-sdk, model": lambda stack: _built(peers, stack),
            "grafana-foundation-sdk, JSON": lambda stack: _ENCODER.encode(_built(peers, stack)),
        },
        stacks,
    )
    ours, peer = figures["llmcost-infra, JSON"], figures["grafana-foundation-sdk, JSON"]
    print(f"{f'{_DASHBOARDS:,} dashboards x {_PANELS} panels':<32}{'total':>8}{'a panel':>12}")
    for name, seconds in figures.items():
        print(f"{name:<32}{seconds:>6.3f} s{seconds / _DASHBOARDS / _PANELS * 1e6:>9.1f} us")
    fast, whole = ours <= _LIMIT_S, _from_files()
    print(f"JSON: limit {_LIMIT_S} s, {'met' if fast else 'MISSED'}; {ours / peer:.2f} x the peer")
    read = whole <= _LIMIT_S
    print(f"shipped dashboards x {_STACKS} stacks, from their files: {whole:.3f} s", end="; ")
    print(f"limit {_LIMIT_S} s, {'met' if read else 'MISSED'}")
    return 0 if fast and read else 1


def _from_files() -> float:
    """Return how long reading, checking and rendering the shipped dashboards takes, in seconds."""
    began = time.perf_counter()
    specs = [load_dashboard(name) for name in ("llm_cost", "llm_cost_details")]
    for number in range(_STACKS):
        for spec in specs:
            json.dumps(_body(spec, Settings(environment="bench", prefix=f"s{number}_")))
    return time.perf_counter() - began


def _twelve_panels() -> DashboardSpec:
    """Return the shipped dashboard with its panels repeated in a second tab, twelve in all."""
    spec = load_dashboard("llm_cost")
    [(first, tab)] = list(spec.declared.tabs.items())[:1]
    panels = list(spec.panels[first].items())
    half = _PANELS // 2
    both = {
        f"tab{n}": {f"panel{n}_{index}": panels[index % len(panels)][1] for index in range(half)}
        for n in (1, 2)
    }
    declared = spec.declared.model_copy(update={"tabs": dict.fromkeys(both, tab)})
    return DashboardSpec(spec.name, spec.path, declared, both)


def _body(spec: DashboardSpec, settings: Settings) -> dict[str, Any]:
    return fold_dashboard(render_dashboard(spec, settings))


def _peers(spec: DashboardSpec) -> list[_Peer]:
    """Return the same panels for the peer."""
    return [
        _Peer(
            builder=_PEERS.get(panel.inputs["type"], timeseries.Panel),
            inputs=panel.inputs,
            unit=_PEER_UNITS[panel.inputs["config"]["unit"]],
            sql=panel.statements["pipeline"].over(_ANY.streams, _ANY.attribution),
        )
        for tab in spec.panels.values()
        for panel in tab.values()
    ]


def _built(peers: list[_Peer], settings: Settings) -> Any:
    """Return a dashboard out of the peer's builders."""
    built = dashboard.Dashboard("LLM Cost").uid("llm-cost").time("now-24h", "now")
    for peer in peers:
        inputs, sql = peer.inputs, peer.sql.replace(_ANY.streams.calls, settings.streams.calls)
        panel = peer.builder().title(inputs["title"]).description(inputs.get("description", ""))
        panel.span(inputs["width"] // 8).height(inputs["height"])
        panel.unit(peer.unit).decimals(inputs["config"]["decimals"])
        panel.display_name(inputs["y_axis"][0]["label"])
        built.with_panel(panel.with_target(prometheus.Dataquery().expr(sql)))
    return built.build()


def _measured(
    jobs: dict[str, Callable[[Settings], object]], stacks: list[Settings]
) -> dict[str, float]:
    """Return the shortest of some rounds of each job, in seconds; the jobs take turns."""
    shortest = dict.fromkeys(jobs, float("inf"))
    for _ in range(_ROUNDS):
        for name, job in jobs.items():
            started = time.perf_counter()
            for stack in stacks:
                job(stack)
            shortest[name] = min(shortest[name], time.perf_counter() - started)
    return shortest


if __name__ == "__main__":
    sys.exit(main())
