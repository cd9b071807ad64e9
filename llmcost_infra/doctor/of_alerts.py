"""Alerts: whether they are there, on, looked at, and reach somebody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.catalog import load_alerts, render_alerts
from llmcost_infra.doctor.examination import Case, Said, check, fail, ok, unknown
from llmcost_infra.openobserve.paths import api_path, api_path_v2
from llmcost_infra.utc import microseconds

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__: list[str] = []

_NEEDED: Final = ("daily_budget", "cost_anomaly")
_PROVISION: Final = "run `pulumi up` for the stack"
_MINUTE_US: Final = 60_000_000


def _declared(case: Case) -> Mapping[str, Mapping[str, Any]]:
    """Return the alerts of the stack by name, without those that are nobody's."""
    heard = {one for route in case.settings.routes.values() for one in route.takes}
    rendered = render_alerts(load_alerts(case.project), case.settings)
    return {one.name: one.inputs for one in rendered if one.severity in heard or one.routes}


def _on_server(case: Case) -> Mapping[str, Mapping[str, Any]]:
    answer = case.client.get(api_path_v2(case.client.organization, "alerts"))
    return {one["name"]: one for one in answer["list"]}


@check("alerts")
def alerts(case: Case) -> Said:
    """Every alert of the stack is on the server and on, budget and anomaly among them."""
    if not case.settings.routes:
        return fail("the stack has no route: nobody is told anything", "add `routes` to it")
    declared, there = _declared(case), _on_server(case)
    absent = [name for name in declared if name not in there]
    if absent:
        return fail(f"not on the server: {', '.join(absent[:5])}", _PROVISION)
    off = [name for name in declared if not there[name].get("enabled", True)]
    if off:
        return fail(f"switched off: {', '.join(off[:5])}", _PROVISION)
    lacking = [
        name
        for name in _NEEDED
        if not any(one.startswith(case.settings.named(name)) for one in declared)
    ]
    if lacking:
        return fail(f"the stack does without {', '.join(lacking)}", "set a budget; enable it")
    return ok(f"{len(declared)} alerts are on")


@check("scheduler")
def scheduler(case: Case) -> Said:
    """The server looked at every alert within twice its frequency: else alerting itself is dead."""
    declared, there = _declared(case), _on_server(case)
    now = microseconds(case.now)
    late: list[str] = []
    looked = 0
    for name, inputs in declared.items():
        if name not in there:
            continue
        looked += 1
        last = int(there[name].get("last_triggered_at") or 0)
        every = int(inputs["trigger_condition"]["frequency"])
        if now - last > 2 * every * _MINUTE_US:
            ago = f"{(now - last) // _MINUTE_US:,} minutes ago" if last else "never"
            late.append(f"{name} ({ago})")
    if not looked:
        return unknown("no alert of the stack is on the server", _PROVISION)
    if late:
        return fail(
            f"not looked at in time: {', '.join(late[:5])}",
            "look at the server's log of its scheduler (alert manager), and at its load",
        )
    return ok(f"{looked} alerts were looked at in time")


@check("routes")
def routes(case: Case) -> Said:
    """Every route has its destination; with --send-test a notification goes to each.

    The server delivers an alert that is told to, whatever it finds; it says when nobody took it.
    """
    wanted = {case.settings.named(f"llm_cost_{name}"): name for name in case.settings.routes}
    if not wanted:
        return fail("the stack has no route: nobody is told anything", "add `routes` to it")
    path = api_path(case.client.organization, "alerts", "destinations")
    there = {one["name"] for one in case.client.get(path)}
    absent = [route for name, route in wanted.items() if name not in there]
    if absent:
        return fail(f"no destination for: {', '.join(absent)}", _PROVISION)
    if not case.send:
        return unknown(
            f"{len(wanted)} routes are there; whether they answer was not tried",
            "run it with --send-test",
        )
    return _sent(case, set(wanted))


def _sent(case: Case, wanted: set[str]) -> Said:
    """Have one alert delivered for each destination."""
    reached: set[str] = set()
    for one in _on_server(case).values():
        path = api_path_v2(case.client.organization, "alerts", str(one["alert_id"]))
        own = set(case.client.get(path).get("destinations") or ()) & wanted
        if own <= reached:
            continue
        case.client.patch(f"{path}/trigger")
        reached |= own
    if missing := wanted - reached:
        return fail(f"no alert goes to: {', '.join(sorted(missing))}", _PROVISION)
    return ok(f"a test notification went to {len(reached)} routes; look whether it arrived")
