"""Stored calls: whether they are there, priced, attributed, and counted once."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from llmcost_infra.catalog.stack_statements import relation
from llmcost_infra.columns import COUNTED_STREAM
from llmcost_infra.doctor.double_counting import find_double_counting
from llmcost_infra.doctor.double_counting import statement as call_statement
from llmcost_infra.doctor.examination import Case, Said, check, fail, ok, unknown, warn
from llmcost_infra.doctor.metric_sum import (
    ENVIRONMENT,
    LEAD,
    compare_sums,
    metric_statement,
    metric_sums,
    span_statement,
)

__all__: list[str] = []

_NONE: Final = "no call in the last day"
_SHARE: Final = 0.02
_OTHERS: Final = ("gen_ai_request_model", "llm_model_name", "llm_request_model")
"""Columns that only spans about a model have, by the names that they have as they were sent."""


def _own(case: Case) -> Said | None:
    if case.settings.profile == "pipeline":
        return None
    return unknown("these columns are written by a pipeline, and this stack has none")


@check("calls")
def calls(case: Case) -> Said:
    """Calls arrived in the last day."""
    if refused := _own(case):
        return refused
    row = case.one(f"SELECT COUNT(*) AS found FROM {relation('calls', case.settings)}")  # noqa: S608
    if not row.get("found"):
        return fail(
            f"{_NONE} in {case.settings.streams.calls}",
            "look at an application with the variables of `llmcost telemetry env`",
        )
    return ok(f"{row['found']:,} calls in the last day")


@check("priced")
def priced(case: Case) -> Said:
    """Calls of the last day have a price: what has none is in no budget."""
    if refused := _own(case):
        return refused
    status = "pricing_status"
    rows = case.rows(
        "SELECT model, COUNT(*) AS found, "  # noqa: S608
        f"COUNT(CASE WHEN {status} IN ('unpriced_model', 'missing_rate') THEN 1 END) AS without "
        f"FROM {relation('calls', case.settings, 'model', status)} GROUP BY model"
    )
    total = sum(row["found"] for row in rows)
    without = {row["model"] or "unknown": row["without"] for row in rows if row["without"]}
    if not total:
        return unknown(_NONE)
    if not without:
        return ok(f"all of {total:,} calls")
    count = sum(without.values())
    models = ", ".join(sorted(without, key=lambda name: -without[name])[:5])
    said = f"{count:,} of {total:,} calls have no price: {models}"
    step = "add the models to pricing/, run `pulumi up`, then `llmcost reprice`"
    return (fail if count > _SHARE * total else warn)(said, step)


@check("usage")
def usage(case: Case) -> Said:
    """Calls report their tokens: a service that streams without asking for usage costs nothing."""
    if refused := _own(case):
        return refused
    status = "pricing_status"
    rows = case.rows(
        "SELECT service_name AS service, COUNT(*) AS found, "  # noqa: S608
        f"COUNT(CASE WHEN {status} = 'no_usage' THEN 1 END) AS without "
        f"FROM {relation('calls', case.settings, 'service_name', status)} GROUP BY service_name"
    )
    blind = [row for row in rows if row["without"] > _SHARE * row["found"]]
    if not rows:
        return unknown(_NONE)
    if not blind:
        return ok("every service reports its tokens")
    said = ", ".join(
        f"{row['service']} {row['without']:,} of {row['found']:,}" for row in blind[:5]
    )
    return fail(
        f"calls without usage: {said}", "ask for usage on streams; docs/telemetry.md says how"
    )


@check("attribution")
def attribution(case: Case) -> Said:
    """Spend has a team and a feature: else a bill comes that nobody answers for."""
    if refused := _own(case):
        return refused
    row = case.one(
        "SELECT SUM(cost_usd) AS usd, "  # noqa: S608
        "SUM(CASE WHEN team IS NULL OR team = 'unregistered' "
        "THEN cost_usd ELSE 0 END) AS teamless, "
        "SUM(CASE WHEN feature IS NULL THEN cost_usd ELSE 0 END) AS featureless "
        f"FROM {relation('calls', case.settings, 'cost_usd', 'team', 'feature')}"
    )
    usd = row.get("usd")
    if not usd:
        return unknown("no priced call in the last day")
    missing = {"team": row["teamless"] / usd, "feature": row["featureless"] / usd}
    said = ", ".join(f"{share:.1%} of spend has no {name}" for name, share in missing.items())
    if max(missing.values()) > _SHARE:
        return warn(said, "set feature and team where calls are made, or in teams.yaml")
    return ok(said)


@check("unfinished")
def unfinished(case: Case) -> Said:
    """The pipeline finished every row: what it could not is counted nowhere."""
    if refused := _own(case):
        return refused
    stream = case.settings.streams.quarantine
    if case.stream(stream, "logs") is None:
        return unknown(f"{stream} is not there", "run `pulumi up` for the stack")
    row = case.one(f'SELECT COUNT(*) AS found FROM "{stream}"', kind="logs")  # noqa: S608
    if row.get("found"):
        return fail(
            f"{row['found']:,} rows in {stream} in the last day",
            "look at their service and scope; a new version of an instrumentation is usual",
        )
    return ok("nothing is in quarantine")


@check("counted-once")
def counted_once(case: Case) -> Said:
    """No call is reported by two spans that both count."""
    if refused := _own(case):
        return refused
    found = find_double_counting(case.rows(call_statement(case.settings.streams.calls)))
    if not found:
        return ok("no call of the last day is stored twice")
    first = found[0]
    said = (
        f"{first.service}: {first.pairs:,} calls in {first.repeated} are in {first.kept} too, "
        f"{first.usd:.2f} USD"
    )
    more = f"; and {len(found) - 1} more" if len(found) > 1 else ""
    step = f"add to `repeats`: {first.setting}" if first.setting else "send each span once"
    return fail(said + more, step)


@check("overlooked")
def overlooked(case: Case) -> Said:
    """No span about a model is taken for another span: its service would cost nothing.

    Anthropic's client, for one, makes spans of its own, which are left out by default since an
    instrumentation beside it tells more (`repeats`). Where there is none beside it, they are all
    that there is.
    """
    if refused := _own(case):
        return refused
    stream = case.settings.streams.other
    named = [name for name in _OTHERS if name in case.columns(stream)]
    if not named:
        return ok(f"no span of {stream} is about a model")
    either = " OR ".join(f"{name} IS NOT NULL" for name in named)
    rows = case.rows(
        f'SELECT service_name AS service, COUNT(*) AS found FROM "{stream}" '  # noqa: S608
        f"WHERE {either} GROUP BY service_name ORDER BY found DESC"
    )
    counted = case.rows(
        "SELECT DISTINCT service_name AS service "  # noqa: S608
        f'FROM "{case.settings.streams.calls}" WHERE llmcost_is_call'
    )
    known = {row["service"] for row in counted}
    silent = [row for row in rows if row["service"] not in known]
    if not silent:
        return ok("every service with spans about models has calls")
    said = ", ".join(f"{row['service']} ({row['found']:,} spans)" for row in silent[:5])
    return fail(
        f"spans about models, and no call: {said}",
        "take its dialect out of `repeats` for that service, or instrument it",
    )


@check("metric")
def metric(case: Case) -> Said:
    """What applications counted themselves is stored: nothing is sampled, dropped or refused.

    A head sampler, a full queue and a refused batch all lose calls without a trace on the server;
    the histogram `gen_ai.usage.cost_usd` is counted before any of them. Compared are the
    applications of the stack's environment, and those that do not say theirs.
    """
    if refused := _own(case):
        return refused
    columns = case.columns(COUNTED_STREAM, "metrics")
    if not columns:
        return unknown(
            "no application counts its cost (gen_ai.usage.cost_usd)",
            "use llmcost_infra.telemetry in one, to see whether spans are lost on the way",
        )
    begin = case.now - timedelta(days=1)
    hours = (timedelta(days=1) + LEAD) / timedelta(hours=1)
    # All environments of an organization share the metric.
    environment = case.settings.environment if ENVIRONMENT in columns else None
    sql = metric_statement(begin, environment)
    counted = metric_sums(case.rows(sql, hours=hours, kind="metrics"), begin)
    if not counted:
        whose = f" of environment {environment!r}" if environment else ""
        return unknown(
            f"no application{whose} counted its cost in the last day",
            "applications say theirs in deployment.environment.name: llmcost telemetry env",
        )
    spans = case.rows(span_statement(case.settings.streams.calls, environment))
    apart = [one for one in compare_sums(counted, spans) if not one.agrees]
    if not apart:
        return ok(f"{len(counted)} services counted what is stored")
    first = apart[0]
    return fail(
        f"{first.service} counted {first.metric_usd:.2f} USD, {first.span_usd:.2f} are stored",
        first.means,
    )
