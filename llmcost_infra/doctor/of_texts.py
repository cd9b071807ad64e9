"""Texts: what is stored of them, and what becomes of one that is full of secrets."""

from __future__ import annotations

import time
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.doctor.canary import SERVICE, hatch
from llmcost_infra.doctor.examination import Case, Row, Said, check, fail, ok, unknown
from llmcost_infra.errors import ApiError
from llmcost_infra.openobserve.paths import api_path

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from llmcost_infra.doctor.canary import Canary

__all__: list[str] = []

_PERSONAL: Final = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+\.[A-Za-z]{2,}|\bsk-[A-Za-z0-9]{16,}"
"""An e-mail address or an API key: what scrubbing has to find first."""
_PAUSES: Final = (0, 1, 2, 4, 8)
"""Seconds before each look whether a canary has arrived."""
_PROVISION: Final = "run `pulumi up` for the stack"
_STOP: Final = "set content.capture to false and run `pulumi up`; then look at what passed"


@check("scrubbing")
def scrubbing(case: Case) -> Said:
    """No stored text has an address or a key in it."""
    content = case.settings.content
    if not content.capture:
        return ok("no text is captured")
    if content.remote:
        return _elsewhere(case, content.remote)
    stream = case.settings.streams.content
    if case.stream(stream, "logs") is None:
        return fail(f"{stream} is not there", _PROVISION)
    row = case.one(
        "SELECT COUNT(*) AS found, COUNT(CASE WHEN regexp_like("  # noqa: S608
        "COALESCE(llmcost_prompt, '') || ' ' || COALESCE(llmcost_completion, ''), "
        f"'{_PERSONAL}') THEN 1 END) AS leaks FROM \"{stream}\"",
        kind="logs",
    )
    if not row.get("found"):
        return unknown("no text was stored in the last day")
    if row["leaks"]:
        return fail(f"{row['leaks']:,} of {row['found']:,} texts hold an address or a key", _STOP)
    return ok(f"{row['found']:,} texts of the last day hold no address and no key")


def _elsewhere(case: Case, remote: str) -> Said:
    if case.client.get_config().build_type == "opensource":
        return fail(
            f"an open-source build drops what a pipeline leads to {remote}",
            "take content.remote out, and say with shared_org_ok that texts may be kept here",
        )
    return unknown(f"texts go to {remote}", "look at them there")


@check("originals")
def originals(case: Case) -> Said:
    """No stream of log records keeps them as they were before the pipeline.

    OpenObserve's setting Store Original Data adds each record, texts included, to what a pipeline
    made of it. Somebody may have switched it on in the UI.
    """
    if case.settings.profile != "pipeline":
        return unknown("the streams are somebody else's", "ask who provisions them")
    names = case.settings.streams
    keep: list[str] = []
    for name in (names.log_source, names.other_logs, names.quarantine, names.content):
        found = case.stream(name, "logs") or {}
        own: dict[str, Any] = found.get("settings") or {}
        keep += [name] if own.get("store_original_data") else []
    if keep:
        return fail(
            f"{', '.join(keep)} keeps each record as it came",
            "switch Store Original Data off in its settings; what is stored goes with its days",
        )
    return ok("no stream keeps records as they came")


@check("canary")
def canary(case: Case) -> Said:
    """A text that is full of secrets loses them on its way; each kind is made up for the look.

    The server tries its own functions on such a call, its span and its log record, and stores
    nothing. With --canary both are sent as applications send theirs, of two tokens and by the
    service `llmcost-doctor`, and where texts are captured by one of those services too; then they
    are looked for in every stream.
    """
    if case.settings.profile != "pipeline":
        return unknown("the pipeline is somebody else's", "ask who provisions it")
    bird = hatch(case.settings, case.now)
    return _sent(case, bird) if case.canary else _tried(case, bird)


def _tried(case: Case, bird: Canary) -> Said:
    """Have the server run its functions on rows, without storing them."""
    names, captures = case.settings.functions, case.settings.content.capture
    path = api_path(case.client.organization, "functions")
    there = {one["name"]: str(one["function"]) for one in case.client.get(path)["list"]}
    kept = {"content": names.project_content} if captures else {}
    spans = {"calls": names.project, "quarantine": names.quarantine} | kept
    # A record whose texts are kept does not come to other logs.
    logs = {"quarantine": names.quarantine} | (kept or {"other_logs": names.scrub_other})
    ways = (
        (names.normalise, spans, bird.row(bird.services[-1])),
        (names.read_logs, logs, bird.log_row(bird.services[-1])),
    )
    needed = [names.mark_new, *(one for reader, to, _ in ways for one in (reader, *to.values()))]
    if absent := [one for one in dict.fromkeys(needed) if one not in there]:
        return fail(f"the server has no function {', '.join(absent)}", _PROVISION)
    for reader, to, sent in ways:
        try:
            row = sent
            for name in (names.mark_new, reader):
                row = _run(case, there[name], row)
            made = {role: [_run(case, there[name], row)] for role, name in to.items()}
        except ApiError as error:
            return unknown(f"the server tries no function: {error.message}", "run it with --canary")
        if row.get("llmcost_state") != "done":
            return fail(f"{reader} does not finish a plain row", _PROVISION)
        if said := _leaks(case, bird, made):
            return said
    return ok(f"{_kinds(bird)} are removed by the server's functions; --canary sends a call")


def _run(case: Case, function: str, row: Row) -> Row:
    """Return what a function makes of a row; the row itself where it stops, as in a pipeline."""
    path = api_path(case.client.organization, "functions", "test")
    answer: Any = case.client.post(path, {"function": function, "events": [row]})
    made: Row | None = answer["results"][0].get("event")
    return made or row


def _sent(case: Case, bird: Canary) -> Said:
    """Send it through the pipelines and look for it."""
    streams = case.settings.streams
    case.client.export("traces", bird.request(), streams.source)
    case.client.export("logs", bird.log_request(), streams.log_source)
    services, captured = len(bird.services), len(bird.services) - 1
    wanted = {"calls": services, "other_logs": services - captured}
    if case.settings.content.kept_here:
        wanted["content"] = 2 * captured
    found = _arrived(case, bird, wanted)
    if said := _leaks(case, bird, found):
        return said
    if found["quarantine"]:
        return fail("a pipeline does not finish a plain row", _PROVISION)
    late = [getattr(streams, role) for role, rows in wanted.items() if len(found[role]) < rows]
    if late:
        return fail(
            f"a call of {SERVICE} was taken, and is not in {', '.join(late)}",
            f"look at the pipelines of {streams.source}; {_PROVISION}",
        )
    if any("[email]" not in str(row.get("llmcost_prompt")) for row in found["content"]):
        return fail(f"a text in {streams.content} is not one that was sent", _PROVISION)
    return ok(f"{_kinds(bird)} were sent, and none is kept; trace {bird.trace_id}")


def _arrived(case: Case, bird: Canary, wanted: Mapping[str, int]) -> Mapping[str, Sequence[Row]]:
    """Return what is found of it, by what a stream is for."""
    streams = case.settings.streams
    found: defaultdict[str, Sequence[Row]] = defaultdict(tuple)
    for pause in _PAUSES:
        time.sleep(pause)
        for role in (
            "calls",
            "quarantine",
            "other",
            "other_logs",
            "source",
            "log_source",
            "content",
        ):
            name, kind = getattr(streams, role), streams.type_of(role)
            if "trace_id" in case.columns(name, kind):
                sql = f"SELECT * FROM \"{name}\" WHERE trace_id = '{bird.trace_id}'"  # noqa: S608
                found[role] = case.rows(sql, hours=1, kind=kind)
        arrived = all(len(found[role]) >= rows for role, rows in wanted.items())
        if arrived or _leaks(case, bird, found):
            break
    return found


def _leaks(case: Case, bird: Canary, found: Mapping[str, Sequence[Row]]) -> Said | None:
    kept = {role: bird.kept_in(list(rows)) for role, rows in found.items()}
    said = "; ".join(
        f"{getattr(case.settings.streams, role)} keeps {', '.join(kinds)}"
        for role, kinds in kept.items()
        if kinds
    )
    return fail(f"of a made-up text, {said}", _STOP) if said else None


def _kinds(bird: Canary) -> str:
    return f"{len(bird.secrets)} kinds of secrets"
