"""gRPC between an engine and its provider: servers that stay, for providers that come and go.

Each run of a test's engine has a provider of its own. Starting gRPC for it anew would take longer
than most runs do.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
from pulumi.runtime.proto import engine_pb2_grpc, provider_pb2_grpc

from llmcost_infra.provider.rpc import serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["Wires", "wires"]

# The engine's own limit.
_OPTIONS = [("grpc.max_receive_message_length", 400 * 1024 * 1024)]


class _Whoever:
    """Passes a call on to whoever answers at the moment."""

    answering: Any = None

    def __getattr__(self, method: str) -> Callable[[Any, Any], Any]:
        # gRPC asks for the methods once, when the server is made.
        def answer(request: Any, context: Any) -> Any:
            return getattr(self.answering, method)(request, context)

        return answer


@dataclass
class Wires:
    """The way from an engine to a provider, and the one back to the engine's log."""

    stub: Any = field(init=False)
    """How the provider is called."""
    log_address: str = field(init=False)
    """Where the provider logs to."""
    _provider: Any = field(default_factory=_Whoever, init=False)
    _log: Any = field(default_factory=_Whoever, init=False)

    def __post_init__(self) -> None:
        log_server = grpc.server(ThreadPoolExecutor(4))
        engine_pb2_grpc.add_EngineServicer_to_server(self._log, log_server)
        self.log_address = f"127.0.0.1:{log_server.add_insecure_port('127.0.0.1:0')}"
        log_server.start()
        self._served = log_server, serve(self._provider)
        channel = grpc.insecure_channel(f"127.0.0.1:{self._served[1].port}", options=_OPTIONS)
        self.stub = provider_pb2_grpc.ResourceProviderStub(channel)

    def connect(self, servicer: Any, log: Any) -> None:
        """Let these answer from now on."""
        self._provider.answering, self._log.answering = servicer, log


_free: list[Wires] = []


@contextmanager
def wires(servicer: Any, log: Any) -> Iterator[Wires]:
    """Connect a provider and a log; nobody else's calls reach them."""
    taken = _free.pop() if _free else Wires()
    taken.connect(servicer, log)
    try:
        yield taken
    finally:
        _free.append(taken)
