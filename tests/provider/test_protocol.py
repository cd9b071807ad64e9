"""The rest of what the engine and other tools ask: info, schema, logs, many calls at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2

from llmcost_infra import __version__
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.provider.configuration import SETTINGS
from llmcost_infra.provider.rpc import EngineLog
from llmcost_infra.provider.values import encode_map
from tests.provider.engine import CallError, Engine
from tests.provider.programs import folder, function

if TYPE_CHECKING:
    from tests.provider.memory import MemoryServer


def test_the_handshake_says_what_values_look_like(engine: Engine) -> None:
    """Secrets are understood; references to resources and output values are not sent."""
    with engine.provider() as call:
        shaken = call("Handshake", provider_pb2.ProviderHandshakeRequest(engine_address="h:1"))
        configured = call("Configure", provider_pb2.ConfigureRequest())
    assert (shaken.accept_secrets, shaken.accept_resources, shaken.accept_outputs) == (
        True,
        False,
        False,
    )
    assert configured.acceptSecrets
    assert configured.supportsPreview
    assert not configured.acceptResources
    assert not configured.acceptOutputs


def test_the_version_is_the_packages(engine: Engine) -> None:
    """Plugin and package are one thing."""
    with engine.provider() as call:
        assert call("GetPluginInfo", Empty()).version == __version__


def test_what_is_not_there_is_unimplemented(engine: Engine) -> None:
    """The engine goes on without the parts of the protocol that we lack."""
    with engine.provider() as call, pytest.raises(CallError) as error:
        call("Invoke", provider_pb2.InvokeRequest(tok="openobserve:index:getFolder"))
    assert error.value.code == "UNIMPLEMENTED"


def test_a_debugger_can_attach(engine: Engine) -> None:
    """A provider that somebody started by hand logs to the engine that attaches."""
    with engine.provider() as call:
        call("Attach", plugin_pb2.PluginAttach(address="127.0.0.1:1"))
        call("Configure", provider_pb2.ConfigureRequest(args=encode_map(engine.settings)))
        # Nobody listens there: a log that fails must not fail the call.
        assert engine.create(call, folder()).id


def test_the_schema_holds_every_kind(engine: Engine) -> None:
    """Other languages get the same resources, inputs and settings as Python."""
    with engine.provider() as call:
        schema = json.loads(call("GetSchema", provider_pb2.GetSchemaRequest()).schema)
    assert schema["name"] == "openobserve"
    assert schema["version"] == __version__
    assert schema["config"]["variables"].keys() == SETTINGS.keys()
    assert schema["provider"]["inputProperties"]["password"]["secret"]
    assert schema["resources"].keys() == KINDS.keys()
    for token, kind in KINDS.items():
        resource = schema["resources"][token]
        assert resource["inputProperties"].keys() == kind.required | kind.optional
        assert set(resource["requiredInputs"]) == kind.required
        assert resource["properties"].keys() == kind.required | kind.optional | kind.computed
        replacing = {
            name
            for name, spec in resource["inputProperties"].items()
            if spec.get("willReplaceOnChanges")
        }
        assert replacing == kind.replace_on
        assert kind.id_form in resource["description"]
    function_inputs = schema["resources"]["openobserve:index:Function"]["inputProperties"]
    assert function_inputs["secrets"]["secret"]
    account = schema["resources"]["openobserve:index:ServiceAccount"]
    assert account["properties"]["token"]["secret"]
    assert "token" not in account["required"]


def test_many_creates_run_at_once(engine: Engine, server: MemoryServer) -> None:
    """Fifty resources at a time are made once each, and Cancel is answered meanwhile."""
    resources = [function(f"f{i}", name=f"f{i}") for i in range(50)]
    with engine.configured() as call, ThreadPoolExecutor(50) as pool:
        made = list(pool.map(lambda resource: engine.create(call, resource), resources))
        call("Cancel", Empty())
    assert len({kept.id for kept in made}) == len(server.objects) == 50
    assert server.requests.count("check") == 1


def test_a_big_dashboard_passes(engine: Engine, server: MemoryServer) -> None:
    """Ten megabytes, beyond gRPC's own limit, go both ways."""
    big = function(function="# " + "x" * 10_000_000 + "\n.")
    assert engine.up(big) == {"mark": "create"}
    assert engine.refresh() == {}
    assert len(server.objects) == 1


def test_a_log_that_nobody_reads_is_no_failure() -> None:
    """Before the handshake, and after the end, there is nobody to log to."""
    log = EngineLog()
    log.info("nobody")
    log.connect("127.0.0.1:1")
    log.debug("nobody either")
    log.close()
    log.info("nobody any more")
