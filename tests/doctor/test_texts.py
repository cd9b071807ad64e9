"""Texts: what is stored of them, and what a canary shows."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.doctor import Said
from llmcost_infra.doctor.canary import hatch
from llmcost_infra.settings import Settings
from tests.alerts.conftest import MINUTE, NOON
from tests.doctor.checkup import CAPTURING, NOW, Doctor
from tests.local.telemetry import record, span

if TYPE_CHECKING:
    from collections.abc import Callable

KINDS = ["email", "phone", "card", "iban", "id", "key", "token", "secret", "ip"]


def function(one: Doctor, name: str, text: str) -> None:
    """Write another text into a function, as somebody would by hand."""
    body = {"name": name, "function": text, "params": "row", "transType": 0}
    answer = one.stack.http.put(f"/api/default/functions/{name}", json=body)
    assert answer.status_code == 200, answer.text


def stored(one: Doctor, stream: str, kind: str = "traces") -> list[dict[str, Any]]:
    """Return the rows of a stream."""
    return list(one.case().rows(f'SELECT * FROM "{stream}"', kind=kind))  # noqa: S608 - of a test


def test_texts_are_looked_at_where_they_are_kept(doctor: Callable[..., Doctor]) -> None:
    """An address that passed the scrubbing stops it."""
    assert doctor().says("scrubbing") == Said("ok", "no text is captured")


def test_a_text_that_was_not_scrubbed_is_a_failure(doctor: Callable[..., Doctor]) -> None:
    """Found in what is stored, whatever the pipeline meant to do."""
    one = doctor(**CAPTURING)
    assert one.says("scrubbing").state == "unknown"
    texts = {"gen_ai.input.messages": '[{"role":"user","parts":[{"type":"text","content":"Hi"}]}]'}
    given: dict[str, Any] = {"gen_ai.operation.name": "chat", **texts}
    given |= {"gen_ai.provider.name": "openai", "gen_ai.request.model": "gpt-4o"}
    given |= {"gen_ai.usage.input_tokens": 3}
    one.stack.now = NOON
    one.stack.send(span("chat", NOON - MINUTE, given), service="bot")
    assert one.says("scrubbing").state == "ok"
    said = record(NOON, {"content": "Hello"}, {"gen_ai.system": "openai"})
    one.stack.log(said, service__name="bot")
    assert one.says("scrubbing").evidence.startswith("2 texts")
    leak = {"llmcost_prompt": "write to ann@example.com"}
    one.stack.http.post("/api/default/llm_content/_json", json=[leak])
    told = one.says("scrubbing")
    assert (told.state, "1 of 3 texts" in told.evidence) == ("fail", True)


def test_texts_that_an_open_source_server_would_drop_are_a_failure(
    doctor: Callable[..., Doctor],
) -> None:
    """Only the Enterprise build sends to a remote destination."""
    one = doctor()
    content = {"capture": True, "services": ["bot"], "remote": "texts"}
    one.settings = Settings.from_mapping({"environment": "prod", "content": content})
    said = one.says("scrubbing")
    assert (said.state, "drops what a pipeline leads to texts" in said.evidence) == ("fail", True)


@pytest.mark.parametrize("stream", ["other_logs", "llm_quarantine", "llm_content"])
def test_a_stream_that_keeps_records_as_they_came_is_a_failure(
    doctor: Callable[..., Doctor], stream: str
) -> None:
    """The server would add the texts that a pipeline took out."""
    one = doctor(**CAPTURING)
    assert one.says("originals").state == "ok"
    path = f"/api/default/streams/{stream}/settings?type=logs"
    assert one.stack.http.put(path, json={"store_original_data": True}).status_code == 200

    said = one.says("originals")

    assert (said.state, said.evidence) == ("fail", f"{stream} keeps each record as it came")


def test_a_canary_has_a_secret_of_each_kind() -> None:
    """Made up anew for each look, and found again however it is spelled."""
    settings = Settings(environment="prod")
    one, other = hatch(settings, NOW), hatch(settings, NOW)
    assert [secret.kind for secret in one.secrets] == KINDS
    assert one.kept_in({"a": one.text}) == KINDS
    assert one.kept_in([one.text.upper().replace("", " ")]) == KINDS
    assert one.kept_in({"a": other.text, "trace_id": one.trace_id}) == []


@pytest.mark.parametrize("values", [{}, CAPTURING], ids=["no texts", "texts"])
def test_the_functions_of_the_server_are_tried_without_storing_anything(
    doctor: Callable[..., Doctor], values: dict[str, Any]
) -> None:
    """A look is a look: no row anywhere."""
    one = doctor(**values)
    said = one.says("canary")
    assert (said.state, "9 kinds of secrets are removed" in said.evidence) == ("ok", True)
    assert stored(one, "llm_calls") == []


def test_no_canary_of_many_gets_through(doctor: Callable[..., Doctor]) -> None:
    """What is made up differs each time, and what finds it has to hold for all."""
    one = doctor(**CAPTURING)
    assert {one.says("canary").state for _ in range(20)} == {"ok"}


@pytest.mark.parametrize(("values", "rows"), [({}, (1, 1, 0)), (CAPTURING, (2, 1, 2))])
def test_a_canary_is_sent_and_looked_for(
    doctor: Callable[..., Doctor], values: dict[str, Any], rows: tuple[int, int, int]
) -> None:
    """A call of a service of its own, and where texts are captured one of such a service.

    Each is a span and a log record.
    """
    one = doctor(**values)

    said = one.says("canary", canary=True)

    assert (said.state, "9 kinds of secrets were sent, and none is kept" in said.evidence) == (
        "ok",
        True,
    )
    calls = stored(one, "llm_calls")
    logs = stored(one, "other_logs", "logs")
    texts = stored(one, "llm_content", "logs") if values else []
    assert (len(calls), len(logs), len(texts)) == rows
    assert "llmcost-doctor" in {row["service_name"] for row in calls}
    assert {row["llmcost_pricing_status"] for row in calls} == {"priced"}
    assert sum(row["llmcost_cost_usd"] for row in calls) < 0.00001
    assert all("[email]" in row["llmcost_prompt"] for row in texts)


@pytest.mark.parametrize("canary", [False, True], ids=["tried", "sent"])
def test_a_secret_that_is_kept_is_named_by_its_kind(
    doctor: Callable[..., Doctor], canary: bool
) -> None:
    """Kind and stream are told, and never what was in it."""
    one = doctor()
    project = one.settings.functions.project
    function(one, project, ".operation_name = .gen_ai_input_messages\n.")

    said = one.says("canary", canary=canary)

    assert said.state == "fail"
    assert f"llm_calls keeps {', '.join(KINDS)}" in said.evidence
    assert "@" not in said.evidence


def test_a_function_that_is_gone_or_does_not_finish_is_a_failure(
    doctor: Callable[..., Doctor],
) -> None:
    """Then nobody knows what becomes of a text."""
    one = doctor()
    one.settings = Settings.from_mapping({"environment": "prod", "prefix": "other_"})
    assert "the server has no function other_" in one.says("canary").evidence


@pytest.mark.parametrize("name", ["llm_cost", "llm_logs"])
def test_a_pipeline_that_is_switched_off_is_found(doctor: Callable[..., Doctor], name: str) -> None:
    """Then the source stream keeps what applications send, as they send it."""
    one = doctor()
    listed = one.stack.http.get("/api/default/pipelines").json()["list"]
    ids = {pipeline["name"]: pipeline["pipeline_id"] for pipeline in listed}
    path = f"/api/default/pipelines/{ids[name]}/enable?value=false"
    assert one.stack.http.put(path).status_code == 200

    said = one.says("canary", canary=True)

    assert (said.state, "llm_ingest keeps email" in said.evidence) == ("fail", True)


def test_a_canary_that_does_not_arrive_is_a_failure(
    doctor: Callable[..., Doctor], monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some looks: a server may take its time."""
    one = doctor()
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(one.client, "export", lambda *_: b"")

    said = one.says("canary", canary=True)

    assert (said.state, "is not in llm_calls" in said.evidence) == ("fail", True)
    assert len(slept) > 2
