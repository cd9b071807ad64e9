"""Log events from the exporter's request to what a stack's streams hold of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from recorded_samples import SAMPLES

from tests.alerts.conftest import (
    HOUR,
    NOON,
    declared,  # noqa: F401 - a fixture
    declared_before,  # noqa: F401 - a fixture
    stack,  # noqa: F401 - a fixture
)
from tests.local.telemetry import record
from tests.resources.conftest import registered  # noqa: F401 - a fixture

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.alerts.conftest import Stack

CANARY = "canary9d41"
SAID = f"call {CANARY} at once"
CAPTURING = {"content": {"capture": True, "services": ["bot"], "shared_org_ok": True}}
LOGS = ("llm_ingest", "other_logs", "llm_quarantine", "llm_content")
TRACES = ("llm_ingest", "llm_calls", "other_traces", "llm_content")
# Each kind of event with what it says, and whether that was asked or answered.
EVENTS: dict[str, dict[str, Any]] = {
    "gen_ai.system.message": {"content": "Be brief."},
    "gen_ai.user.message": {"content": "I am Ann, ann@example.com", "role": "user"},
    "gen_ai.assistant.message": {
        "content": "Hello!",
        "tool_calls": [{"id": "1", "function": {"name": "f", "arguments": SAID}}],
    },
    "gen_ai.tool.message": {"content": "card 4111 1111 1111 1111", "id": "call_1"},
    "gen_ai.choice": {
        "index": 0,
        "finish_reason": "stop",
        "message": {"role": "assistant", "content": "Write to ann@example.com"},
    },
}
ELSEWHERE = {
    "another service": {"service__name": "shop"},
    "another environment": {"service__name": "bot", "deployment__environment__name": "dev"},
}

Row = dict[str, Any]


def at_noon(stack: Callable[..., Stack], values: dict[str, Any]) -> Stack:  # noqa: F811 - the fixture above
    """Return a stack on a server whose clock stands at noon."""
    put = stack("unfinished_rows", **values)
    put.now = NOON
    return put


def stored(put: Stack) -> dict[str, list[Row]]:
    """Return what a stack's streams hold, by type and name."""
    listed = {
        kind: {
            one["name"] for one in put.http.get(f"/api/default/streams?type={kind}").json()["list"]
        }
        for kind in ("logs", "traces")
    }
    found: dict[str, list[Row]] = {}
    for kind, names in (("logs", LOGS), ("traces", TRACES)):
        for name in (one for one in names if one in listed[kind]):
            query = {"sql": f'SELECT * FROM "{name}"', "start_time": NOON - 6 * HOUR}  # noqa: S608 - of a test
            answer = put.http.post(
                f"/api/default/_search?type={kind}",
                json={"query": query | {"end_time": NOON + HOUR, "size": 1000}},
            )
            if hits := answer.json().get("hits"):
                found[f"{kind}/{name}"] = hits
    return found


def events() -> Iterator[Row]:
    """Yield an event of each kind, one a second, by the conventions in which bodies have texts."""
    for at, body in enumerate(EVENTS.values()):
        yield record(NOON + (at - 60) * 1_000_000, body, {"gen_ai.system": "openai"})


def recorded_details() -> Iterator[Row]:
    """Yield the recorded events of an instrumentation that captures, as if they came at noon."""
    for path in sorted((SAMPLES / "genai_content").glob("*.logs*.json")):
        for block in json.loads(path.read_text(encoding="utf-8"))["resourceLogs"]:
            for scope in block["scopeLogs"]:
                for one in scope["logRecords"]:
                    yield one | {"observedTimeUnixNano": str(NOON * 1000)}


def canaries() -> Row:
    """Return an event with a canary in every place that a record has but its message."""
    places = (
        "gen_ai.system_instructions", "gen_ai.tool.definitions", "gen_ai.response.id", "http.url",
        "exception.message", "severity", "start_time", "span_kind", "llmcost_prompt",
        "llmcost_state", "llmcost_capture", f"{CANARY}.of.a.key", "trace_state",
    )  # fmt: skip
    body = {
        "content": "Hello",
        "tool_calls": [{"function": {"arguments": SAID}}],
        "parts": {"deep": {"deeper": {"deepest": SAID}}},
        CANARY: 1,
    }
    attributes = {"gen_ai.system": "openai", **dict.fromkeys(places, SAID)}
    return record(NOON - 1_000_000, body, attributes, severityText=SAID, eventName=SAID)


def test_events_of_a_captured_service_are_kept_scrubbed(
    stack: Callable[..., Stack],  # noqa: F811 - the fixture above
) -> None:
    """Each message is a row of the content stream; nothing is left anywhere else."""
    put = at_noon(stack, CAPTURING)

    put.log(*events(), service__name="bot")
    put.log(*recorded_details(), service__name="bot")

    found = stored(put)
    assert set(found) == {"logs/llm_content"}
    kept = sorted(found["logs/llm_content"], key=lambda row: row["_timestamp"])
    texts = [(row.get("llmcost_prompt"), row.get("llmcost_completion")) for row in kept]
    assert texts[:5] == [
        ('[{"content":"Be brief."}]', None),
        ('[{"content":"I am Ann, [email]","role":"user"}]', None),
        ('[{"content":"Hello!"}]', None),
        ('[{"content":"card [card]"}]', None),
        (None, '[{"content":"Write to [email]","role":"assistant"}]'),
    ]
    details = texts[5:]
    assert len(details) == 25
    assert all('"role":"user"' in str(asked) for asked, _ in details)
    assert len([answered for _, answered in details if answered]) == 15
    assert CANARY not in json.dumps(found)


@pytest.mark.parametrize("where", ["captures nothing", *ELSEWHERE])
def test_elsewhere_events_leave_that_they_came(
    stack: Callable[..., Stack],  # noqa: F811 - the fixture above
    where: str,
) -> None:
    """Without capture, of another service, or in another environment: no text of any event."""
    put = at_noon(stack, CAPTURING if where in ELSEWHERE else {})
    resource = ELSEWHERE.get(where, {"service__name": "bot"})

    put.log(*events(), *recorded_details(), canaries(), **resource)

    found = stored(put)
    assert set(found) == {"logs/other_logs"}
    kept = found["logs/other_logs"]
    assert len(kept) == 31
    allowed = {"_timestamp", "trace_id", "span_id", "service_name", "body"}
    assert {name for row in kept for name in row} == allowed
    assert {row["body"] for row in kept} == {"[not kept: about a call to a model]"}


@pytest.mark.parametrize("broken", ["", "llm_read_logs", "llm_project_content"])
def test_a_canary_beside_a_message_is_kept_nowhere(
    stack: Callable[..., Stack],  # noqa: F811 - the fixture above
    broken: str,
) -> None:
    """In attributes, parts of the body, the event's name and the resource; also when it fails."""
    put = at_noon(stack, CAPTURING)
    if broken:
        before = {"llm_read_logs": "told = ", "llm_project_content": "prompt = "}[broken]
        listed = put.http.get("/api/default/functions").json()["list"]
        (known,) = (one for one in listed if one["name"] == broken)
        text = known["function"].replace(f"\n{before}", f'\n.x = to_int!("x")\n{before}', 1)
        put.http.put(f"/api/default/functions/{broken}", json={**known, "function": text})

    put.log(canaries(), service__name="bot", note=SAID, scope=SAID)

    found = stored(put)
    assert set(found) == {"logs/llm_quarantine" if broken else "logs/llm_content"}
    assert sum(map(len, found.values())) == 1
    assert CANARY not in json.dumps(found)


def test_logs_of_an_application_go_where_other_logs_are(
    stack: Callable[..., Stack],  # noqa: F811 - the fixture above
) -> None:
    """As they came, with what their resource says."""
    put = at_noon(stack, {})

    put.log(record(NOON - 1_000_000, "GET / took 3 ms", {"http.status": 200}), scope="shop.web")

    ((stream, (kept,)),) = stored(put).items()
    assert stream == "logs/other_logs"
    assert (kept["body"], kept["http_status"], kept["service_name"]) == (
        "GET / took 3 ms", 200, "shop",
    )  # fmt: skip
    assert not [name for name in kept if name.startswith("llmcost")]
