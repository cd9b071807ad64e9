"""The server and its streams: version, retention, clock."""

from __future__ import annotations

from typing import Any, Final

from llmcost_infra.doctor.examination import Case, Said, check, fail, ok, unknown, warn
from llmcost_infra.openobserve import SUPPORTED_VERSIONS
from llmcost_infra.utc import microseconds

__all__: list[str] = []

_MONTH_DAYS: Final = 32
"""A month, and a day in which its last calls may still come."""
_SKEW_US: Final = 120_000_000


@check("server")
def server(case: Case) -> Said:
    """The server has a version that was recorded and tested with.

    Another one may well work; what it answers otherwise shows in `pulumi refresh`.
    """
    found = case.client.get_config()
    if not found.version:
        return unknown("a build that does not say which version it is")
    oldest, newest = SUPPORTED_VERSIONS
    said = f"OpenObserve {found.version.lstrip('v')}, {found.build_type}"
    if _release(oldest) <= _release(found.version) <= _release(newest):
        features = f"model prices {'on' if found.model_pricing_enabled else 'off'}"
        reach = f"queries reach {found.max_query_range} hours" if found.max_query_range else ""
        return ok("; ".join(one for one in (said, features, reach) if one))
    return warn(
        f"{said}; tested with {oldest} to {newest}",
        "run `pulumi refresh`, and look at what differs",
    )


def _release(version: str) -> tuple[int, ...]:
    words = version.lstrip("v").split("-")[0].split(".")[:2]
    return tuple(int(word) if word.isdigit() else 0 for word in words)


@check("retention")
def retention(case: Case) -> Said:
    """Every stream keeps its rows as long as the stack says, and calls for a month at least.

    A stream without a setting of its own keeps rows as long as the server does, often years.
    """
    settings, days, wrong = case.settings, case.settings.retention, list[str]()
    if settings.profile != "pipeline":
        return unknown("the streams are somebody else's", "ask who provisions them")
    names = settings.streams
    wanted = {"calls": days.llm_days, "other": days.other_days, "other_logs": days.other_days}
    wanted["quarantine"] = days.quarantine_days
    if settings.content.kept_here:
        wanted["content"] = settings.content.days
    if settings.history:
        wanted["rollup"] = days.rollup_days
    if settings.billing:
        wanted["billing"] = days.rollup_days
    for role, kept in wanted.items():
        name = getattr(names, role)
        found = case.stream(name, names.type_of(role))
        if found is None:
            wrong.append(f"{name} is not there")
            continue
        own: dict[str, Any] = found.get("settings") or {}
        there = own.get("data_retention")
        if there != kept:
            wrong.append(f"{name} keeps {there or 'what the server does'}, the stack says {kept}")
    if wrong:
        return fail("; ".join(wrong), "run `pulumi up` for the stack")
    if days.llm_days < _MONTH_DAYS:
        return warn(
            f"calls are kept {days.llm_days} days: budgets and statements of a month see a part",
            f"set retention.llm_days to {_MONTH_DAYS} or more",
        )
    return ok(", ".join(f"{getattr(names, role)} {kept} days" for role, kept in wanted.items()))


@check("clock")
def clock(case: Case) -> Said:
    """No call ends in the future: a clock that is ahead puts calls where no alert looks.

    A clock that is five hours behind loses them: OpenObserve drops such spans, with status 200.
    """
    calls = case.settings.streams.calls
    row = case.one(f'SELECT MAX(_timestamp) AS newest, COUNT(*) AS found FROM "{calls}"')  # noqa: S608 - a stream's name
    if not row.get("found"):
        return unknown("no call in the last day", "see the check `calls`")
    ahead = int(row["newest"]) - microseconds(case.now)
    if ahead > _SKEW_US:
        return fail(
            f"the newest call began {ahead // 1_000_000} seconds from now",
            "set the clock of the machine that sends it (NTP), or of this one",
        )
    return ok(f"the newest call began {-ahead // 1_000_000} seconds ago")
