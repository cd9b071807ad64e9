"""`llmcost doctor`, as somebody types it."""

from __future__ import annotations

import json
import re
import time
from typing import TYPE_CHECKING

import pytest

from llmcost_infra import doctor as room
from llmcost_infra.cli import doctor as command
from llmcost_infra.doctor import Line, Said
from llmcost_infra.errors import TransportError

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Type

FINE = Line("calls", Said("ok", "2 calls in the last day"))
BAD = Line("clock", Said("fail", "600 seconds from now", "set the clock"))


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[list[Line]]:
    """What is seen, look by look; after the last one somebody interrupts."""
    given: list[list[Line]] = []

    def looked(stack: str, *, send: bool, canary: bool) -> list[Line]:
        assert (stack, send, canary) == ("prod", False, False)
        if not given:
            raise KeyboardInterrupt
        return given.pop(0)

    monkeypatch.setattr(command, "_looked", looked)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    return given


def test_every_line_says_what_to_do(llmcost: Type, looks: list[list[Line]]) -> None:
    """A failure is a finding."""
    looks.append([FINE, BAD])

    ended = llmcost("doctor", "--stack", "prod")

    assert ended.code == 4
    assert "set the clock" in ended.out


def test_json_has_all_of_it(llmcost: Type, looks: list[list[Line]]) -> None:
    """Without a failure it ends with 0."""
    looks.append([FINE])

    ended = llmcost("doctor", "--stack", "prod", "--json")

    assert ended.code == 0
    (line,) = json.loads(ended.out)
    assert line == {
        "check": "calls",
        "state": "ok",
        "evidence": "2 calls in the last day",
        "next": "",
    }


def test_who_watches_hears_of_changes_only(llmcost: Type, looks: list[list[Line]]) -> None:
    """Nothing new is no line; a point that mended itself is one."""
    mended = Line("clock", Said("ok", "1 second ago"))
    looks += [[FINE, BAD], [FINE, BAD], [FINE, mended]]

    ended = llmcost("doctor", "--stack", "prod", "--watch", "--every", "1")

    assert ended.code == 130
    assert ended.out.count("set the clock") == 1
    assert ended.out.count("2 calls in the last day") == 1
    assert ended.out.count("1 second ago") == 1
    assert len(re.findall(r"(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$", ended.out)) == 1


def test_what_is_sent_is_sent_once(llmcost: Type, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who watches does not want a notification and a call every quarter of an hour."""
    asked: list[dict[str, bool]] = []

    def looked(_stack: str, **allowed: bool) -> list[Line]:
        asked.append(allowed)
        if len(asked) == 3:
            raise KeyboardInterrupt
        return [FINE]

    monkeypatch.setattr(command, "_looked", looked)
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)

    llmcost("doctor", "--stack", "prod", "--send-test", "--canary", "--watch")

    assert asked == [{"send": True, "canary": True}, *2 * [{"send": False, "canary": False}]]


def test_who_watches_outlasts_a_server_that_restarts(
    llmcost: Type, looks: list[list[Line]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told, and what changed meanwhile is told by the next look."""
    mended = Line("clock", Said("ok", "1 second ago"))
    looks += [[FINE, BAD], [], [FINE, mended]]
    kept = command._looked

    def looked(stack: str, **allowed: bool) -> list[Line]:
        found = kept(stack, **allowed)
        if not found:
            raise TransportError("nobody answers")
        return found

    monkeypatch.setattr(command, "_looked", looked)

    ended = llmcost("doctor", "--stack", "prod", "--watch", "--every", "1")

    assert ended.code == 130
    assert "no answer: nobody answers" in ended.err
    assert ended.out.count("1 second ago") == 1


def test_a_server_of_another_organization_is_refused(
    llmcost: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What one organization has says nothing about the stack of another."""
    (tmp_path / "Pulumi.yaml").write_text("name: mine\nruntime: python\n")
    (tmp_path / "__main__.py").write_text("")
    stack = "config:\n  mine:settings:\n    environment: test\n    organization: acme\n"
    (tmp_path / "Pulumi.test.yaml").write_text(stack)
    monkeypatch.chdir(tmp_path)
    for name, value in {
        "URL": "http://127.0.0.1:1",
        "USER": "a@b.example",
        "PASSWORD": "x",
    }.items():
        monkeypatch.setenv(f"OPENOBSERVE_{name}", value)
    monkeypatch.delenv("OPENOBSERVE_ORG", raising=False)

    ended = llmcost("doctor", "--stack", "test")

    assert ended.code == 2
    assert "set OPENOBSERVE_ORG=acme" in ended.err


def test_the_command_and_the_room_speak_of_the_same_checks() -> None:
    """The checklist is registered by importing the room."""
    assert [one.id for one in room.CHECKLIST][:3] == ["server", "retention", "clock"]
    assert len(room.CHECKLIST) == len(room.CHECKS)
