"""The plugin's process: says its port first, answers in time, and ends when it is asked to."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from llmcost_infra import __version__
from llmcost_infra.provider.server import engine_address
from llmcost_infra.provider.values import encode_map

if TYPE_CHECKING:
    from collections.abc import Iterator

PLUGIN = str(Path(sys.executable).parent / "pulumi-resource-openobserve")


@contextmanager
def started(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], Any]]:
    """Start the console script; yields the process and a stub that talks to it."""
    with subprocess.Popen(  # noqa: S603 - our own console script
        [PLUGIN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            try:
                yield process, provider_pb2_grpc.ResourceProviderStub(channel)
            finally:
                process.kill()


def output_of(program: str) -> str:
    """Run a Python program to its end; returns what it printed."""
    return subprocess.run(  # noqa: S603 - the program is ours
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    ).stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_its_port_answers_and_ends(number: signal.Signals) -> None:
    """The first line is the port and the only one; a signal ends the process."""
    with started("127.0.0.1:1") as (process, stub):
        assert stub.GetPluginInfo(Empty(), timeout=60) == plugin_pb2.PluginInfo(version=__version__)
        process.send_signal(number)
        assert process.wait(timeout=60) == 0
        assert process.stdout is not None
        assert process.stdout.read() == ""


def test_a_request_under_way_does_not_keep_it() -> None:
    """A server that takes an hour to answer does not hold the process for that long."""
    with socket.create_server(("127.0.0.1", 0)) as silent, started() as (process, stub):
        settings = {
            "url": f"http://127.0.0.1:{silent.getsockname()[1]}",
            "user": "u",
            "password": "p",
            "timeout": "3600",
        }
        stub.Configure(provider_pb2.ConfigureRequest(args=encode_map(settings)), timeout=60)
        urn = "urn:pulumi:s::p::openobserve:index:Folder::f"
        call = stub.Read.future(provider_pb2.ReadRequest(id="default/dashboards/x", urn=urn))
        connection, _ = silent.accept()
        with connection:
            process.send_signal(signal.SIGTERM)
            assert process.wait(timeout=60) == 0
        assert call.exception() is not None


def test_it_ends_with_its_engine() -> None:
    """A plugin whose engine was killed does not stay behind."""
    engine = (
        "import subprocess; "
        f"plugin = subprocess.Popen([{PLUGIN!r}], stdout=subprocess.PIPE, text=True); "
        "print(plugin.stdout.readline())"
    )
    # The plugin shares the engine's stderr: this returns when both have closed it.
    assert int(output_of(engine)) > 0


def test_it_starts_without_what_only_requests_need() -> None:
    """The engine waits for the port: HTTP and models are loaded with the first request."""
    program = (
        "import sys, llmcost_infra.provider.server; "
        "print(*({'httpx', 'pydantic', 'stamina'} & sys.modules.keys()))"
    )
    assert output_of(program).split() == []


@pytest.mark.parametrize(
    ("arguments", "address"),
    [
        (["127.0.0.1:5"], "127.0.0.1:5"),
        (["--logtostderr", "-v=9", "--tracing", "http://trace", "127.0.0.1:5"], "127.0.0.1:5"),
        (["-v=9"], ""),
        ([], ""),
    ],
)
def test_the_engines_address_is_the_last_argument(arguments: list[str], address: str) -> None:
    """Flags of the engine's own logging come before it; a debugger's start has none."""
    assert engine_address(arguments) == address
