"""Secrets of a kind are secret everywhere, whatever the program marked."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

import pytest
from pulumi.runtime.proto import engine_pb2

from llmcost_infra.errors import ApiError
from llmcost_infra.provider.values import UNKNOWN, Secret
from tests.provider.engine import CallError, CheckError, Engine, Resource
from tests.provider.programs import destination, folder, function, template

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


def imported(engine: Engine) -> None:
    """Import a function whose text holds a secret in the open, as a server has it."""
    stored = function(function='.hash = hmac(.user, "hunter2")\n.')
    engine.up(stored)
    engine.state.clear()
    kept = engine.import_(stored, "default/llm_mark_new")
    assert kept is not None
    assert isinstance(kept.inputs["function"], Secret)
    assert "secrets" not in kept.inputs


def test_a_program_may_tell_a_secret_from_an_imported_text(engine: Engine) -> None:
    """It means the same on the server, so that an import leaves nothing to do, and stays so."""
    imported(engine)
    assert engine.preview(keyed("hunter2")) == {}
    engine.up(keyed("hunter2"))
    assert engine.preview(keyed("hunter2")) == {}


@pytest.mark.parametrize(
    "program",
    [
        keyed("another"),
        keyed("hunter2", function='.hash = sha2("${secret:key}")\n.'),
        keyed(Secret(UNKNOWN)),
    ],
    ids=["another secret", "another text", "a secret that is not known yet"],
)
def test_another_text_or_secret_is_a_change(engine: Engine, program: Resource) -> None:
    """Only what is the same to the last letter is taken for the imported text."""
    imported(engine)
    assert engine.preview(program).keys() == {program.name}


def test_a_routing_key_in_a_body_is_secret(engine: Engine, server: MemoryServer) -> None:
    """A template's body shows a placeholder; the key itself is among the secrets."""
    paging = template(body='{"routing_key": "${secret:key}"}', secrets={"key": KEY})
    engine.up(paging)
    assert engine.state[paging.urn].outputs["body"] == '{"routing_key": "${secret:key}"}'
    assert engine.state[paging.urn].outputs["secrets"] == {"key": Secret(KEY)}
    server.fail("create", "before", ApiError(400, KEY, request="POST /templates"))
    with pytest.raises(CallError, match=r"400 \[secret\]"):
        engine.up(paging, template("other", name="o", body="${secret:k}", secrets={"k": KEY}))


def test_where_notifications_go_is_secret(engine: Engine) -> None:
    """Who knows the URL of a webhook, or a header, can post there: both are always secret."""
    engine.up(destination(metadata={"integration_key": KEY}))
    kept = engine.state[destination().urn]
    for properties in (kept.inputs, kept.outputs):
        assert properties["url"] == Secret(destination().inputs["url"])
        assert properties["headers"] == {"x-token": Secret("hunter3-token")}
        assert properties["metadata"] == {"integration_key": Secret(KEY)}
    wrong = destination(url="hunter2-is-no-url")
    with pytest.raises(CheckError) as error:
        engine.preview(wrong)
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("resource", "key"), [(template(), "body"), (function(), "function")], ids=["body", "function"]
)
def test_an_imported_text_is_secret_until_a_program_says_more(
    engine: Engine, resource: Resource, key: str
) -> None:
    """Which part of a text is a key, only a program knows; that alone is no change."""
    engine.up(resource)
    id_ = engine.state[resource.urn].id
    engine.state.clear()
    kept = engine.import_(resource, id_)
    assert kept is not None
    assert kept.inputs[key] == kept.outputs[key] == Secret(resource.inputs[key])
    assert engine.refresh() == {}
    assert engine.state[resource.urn].inputs[key] == Secret(resource.inputs[key])
    assert engine.up(resource) == {resource.name: "same"}


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
