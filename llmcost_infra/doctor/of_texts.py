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
    stream = case.settings.streams.content
    if case.stream(stream) is None:
        return fail(f"{stream} is not there", _PROVISION)
    row = case.one(
        "SELECT COUNT(*) AS found, COUNT(CASE WHEN regexp_like("  # noqa: S608
        "COALESCE(llmcost_prompt, '') || ' ' || COALESCE(llmcost_completion, ''), "
        f"'{_PERSONAL}') THEN 1 END) AS leaks FROM \"{stream}\""
    )
    if not row.get("found"):
        return unknown("no text was stored in the last day")
    if row["leaks"]:
        return fail(f"{row['leaks']:,} of {row['found']:,} texts hold an address or a key", _STOP)
    return ok(f"{row['found']:,} texts of the last day hold no address and no key")


@check("canary")
def canary(case: Case) -> Said:
    """A text that is full of secrets loses them on its way; each kind is made up for the look.

    The server tries its own functions on such a call, and stores nothing. With --canary the call
    is sent as applications send theirs, of two tokens and by the service `llmcost-doctor`, and
    where texts are captured by one of those services too; then it is looked for in every stream.
    """
    if case.settings.profile != "pipeline":
        return unknown("the pipeline is somebody else's", "ask who provisions it")
    bird = hatch(case.settings, case.now)
    return _sent(case, bird) if case.canary else _tried(case, bird)


def _tried(case: Case, bird: Canary) -> Said:
    """Have the server run its functions on a row, without storing it."""
    names, streams = case.settings.functions, case.settings.streams
    path = api_path(case.client.organization, "functions")
    there = {one["name"]: str(one["function"]) for one in case.client.get(path)["list"]}
    ways = {streams.calls: names.project, streams.quarantine: names.quarantine}
    if case.settings.content.capture:
        ways[streams.content] = names.project_content
    if absent := [
        one for one in (names.mark_new, names.normalise, *ways.values()) if one not in there
    ]:
        return fail(f"the server has no function {', '.join(absent)}", _PROVISION)
    try:
        row = bird.row(bird.services[-1])
        for name in (names.mark_new, names.normalise):
            row = _run(case, there[name], row)
        made = {stream: [_run(case, there[name], row)] for stream, name in ways.items()}
    except ApiError as error:
        return unknown(f"the server tries no function: {error.message}", "run it with --canary")
    if row.get("llmcost_state") != "done":
        return fail(f"{names.normalise} does not finish a plain call", _PROVISION)
    if said := _leaks(bird, made):
        return said
    return ok(f"{_kinds(bird)} are removed by the server's functions; --canary sends a call")


def _run(case: Case, function: str, row: Row) -> Row:
    """Return what a function makes of a row; the row itself where it stops, as in a pipeline."""
    path = api_path(case.client.organization, "functions", "test")
    answer: Any = case.client.post(path, {"function": function, "events": [row]})
    made: Row | None = answer["results"][0].get("event")
    return made or row


def _sent(case: Case, bird: Canary) -> Said:
    """Send it through the pipeline and look for it."""
    streams = case.settings.streams
    case.client.export("traces", bird.request(), streams.source)
    captured = len(bird.services) - 1
    wanted = {streams.calls: len(bird.services)} | ({streams.content: captured} if captured else {})
    found = _arrived(case, bird, wanted)
    if said := _leaks(bird, found):
        return said
    if found[streams.quarantine]:
        return fail("the pipeline does not finish a plain call", _PROVISION)
    late = [stream for stream, rows in wanted.items() if len(found[stream]) < rows]
    if late:
        return fail(
            f"a call of {SERVICE} was taken, and is not in {', '.join(late)}",
            f"look at the pipeline of {streams.source}; {_PROVISION}",
        )
    if captured and any(
        "[email]" not in str(row.get("llmcost_prompt")) for row in found[streams.content]
    ):
        return fail(f"the text in {streams.content} is not the one that was sent", _PROVISION)
    return ok(f"{_kinds(bird)} were sent, and none is kept; trace {bird.trace_id}")


def _arrived(case: Case, bird: Canary, wanted: Mapping[str, int]) -> Mapping[str, Sequence[Row]]:
    streams = case.settings.streams
    names = dict.fromkeys((streams.calls, streams.quarantine, streams.other, streams.source))
    if case.settings.content.capture:
        names[streams.content] = None
    found: defaultdict[str, Sequence[Row]] = defaultdict(tuple)
    for pause in _PAUSES:
        time.sleep(pause)
        for name in names:
            if "trace_id" in case.columns(name):
                sql = f"SELECT * FROM \"{name}\" WHERE trace_id = '{bird.trace_id}'"  # noqa: S608
                found[name] = case.rows(sql, hours=1)
        arrived = all(len(found[stream]) >= rows for stream, rows in wanted.items())
        if arrived or _leaks(bird, found):
            break
    return found


def _leaks(bird: Canary, found: Mapping[str, Sequence[Row]]) -> Said | None:
    kept = {stream: bird.kept_in(list(rows)) for stream, rows in found.items()}
    said = "; ".join(
        f"{stream} keeps {', '.join(kinds)}" for stream, kinds in kept.items() if kinds
    )
    return fail(f"of a made-up text, {said}", _STOP) if said else None


def _kinds(bird: Canary) -> str:
    return f"{len(bird.secrets)} kinds of secrets"
