"""Secrets of a kind are secret everywhere, whatever the program marked."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime.proto import engine_pb2

from llmcost_infra.errors import ApiError
from llmcost_infra.provider.values import Secret
from tests.provider.engine import CallError, CheckError, Engine, Resource
from tests.provider.programs import folder, function

if TYPE_CHECKING:
    from tests.provider.memory import MemoryServer

KEY = 'hunter2 "quoted"'


def keyed(value: Any = KEY, **inputs: Any) -> Resource:
    """A function with a secret in its text."""
    text = '.hash = hmac(.user, "${secret:key}")\n.'
    return function(**{"function": text, "secrets": {"key": value}} | inputs)


def test_secrets_are_marked_in_inputs_and_outputs(engine: Engine, server: MemoryServer) -> None:
    """A plain value at a secret path is encrypted in the state; the server gets it in clear."""
    engine.up(keyed())
    kept = engine.state[keyed().urn]
    assert kept.inputs["secrets"] == kept.outputs["secrets"] == {"key": Secret(KEY)}
    ((_, stored),) = server.objects.items()
    assert stored["secrets"] == {"key": KEY}


def test_a_whole_map_marked_secret_stays_so(engine: Engine) -> None:
    """What the program marks beyond the kind's paths is kept as it is."""
    engine.up(keyed(secrets=Secret({"key": KEY})), folder(description=Secret("internal")))
    assert engine.state[keyed().urn].outputs["secrets"] == Secret({"key": KEY})
    assert engine.state[folder().urn].outputs["description"] == Secret("internal")
    assert engine.refresh() == {}
    assert engine.state[folder().urn].inputs["description"] == Secret("internal")


def test_imported_secrets_are_secret(engine: Engine) -> None:
    """An import has no marks to go by: the kind's paths are enough."""
    engine.up(keyed())
    engine.state.clear()
    kept = engine.import_(keyed(), "default/llm_mark_new")
    assert kept is not None
    assert kept.inputs["secrets"] == kept.outputs["secrets"] == {"key": Secret(KEY)}
    assert engine.preview(keyed()) == {}


def test_marking_a_value_secret_is_no_change(engine: Engine) -> None:
    """Only the value counts; the mark goes into the state without a write."""
    engine.up(folder(description="internal"))
    assert engine.up(folder(description=Secret("internal"))) == {"folder": "same"}


def test_a_conflict_over_a_secret_shows_none(engine: Engine, server: MemoryServer) -> None:
    """All three values are hidden where a secret is concerned."""
    engine.up(keyed("first secret"))
    for key in server.objects:
        server.objects[key] = {**server.objects[key], "secrets": {"key": "their secret"}}
    with pytest.raises(CallError, match="secrets") as error:
        engine.up(keyed("second secret"))
    assert "last known: [secret]" in error.value.message
    assert "first" not in error.value.message
    assert "their" not in error.value.message
    assert "second" not in error.value.message


def test_the_servers_words_are_cleaned(
    engine: Engine, server: MemoryServer, caplog: pytest.LogCaptureFixture
) -> None:
    """A server that repeats what it was sent does not make us print secrets or passwords."""
    words = 'cannot parse {"k": "hunter2 \\"quoted\\""} for Secr3t! or hunter2%20%22quoted%22'
    server.fail("create", "before", ApiError(400, words, request="POST /functions"))
    with caplog.at_level(logging.DEBUG), pytest.raises(CallError) as error:
        engine.up(keyed())
    assert error.value.message == (
        'POST /functions: 400 cannot parse {"k": "[secret]"} for [secret] or [secret]'
    )
    assert "hunter2" not in caplog.text


def test_the_debug_log_is_cleaned(engine: Engine, server: MemoryServer) -> None:
    """What nobody foresaw ends as one sentence, with the details in the debug log only."""
    server.fail("create", "before", ValueError(f"{KEY} Secr3t!"))  # type: ignore[arg-type] # a bug
    with pytest.raises(CallError, match="mistake in the OpenObserve provider") as error:
        engine.up(keyed())
    assert error.value.code == "INTERNAL"
    assert error.value.message.startswith("ValueError: [secret] [secret]\n")
    (traceback,) = engine.sentences(engine_pb2.DEBUG)
    assert "Traceback" in traceback
    assert "hunter2" not in traceback


def test_a_check_that_quotes_a_secret_hides_it(engine: Engine) -> None:
    """A rule's words may hold the value that it refuses."""
    with pytest.raises(CheckError) as error:
        engine.preview(folder(name=Secret(" padded secret ")))
    ((path, reason),) = error.value.failures
    assert path == ""
    assert "padded" not in reason


def test_short_secrets_do_not_wreck_messages(engine: Engine, server: MemoryServer) -> None:
    """A secret of a letter or two is in many words by chance, and is left in them."""
    server.fail("create", "before", ApiError(400, "stream is bad", request="POST /functions"))
    with pytest.raises(CallError, match="stream is bad"):
        engine.up(keyed("a"))
