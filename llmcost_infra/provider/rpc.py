"""The seam to gRPC: serving, failing a call, and the engine's log.

gRPC and its generated code carry no types; no other file of the provider touches them.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, NoReturn, TypeAlias

import grpc
from google.protobuf.any_pb2 import Any as Packed
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, provider_pb2_grpc, status_pb2

if TYPE_CHECKING:
    from collections.abc import Callable

    from google.protobuf.message import Message

__all__ = ["Code", "EngineLog", "Failure", "Served", "abort", "serve"]

_THREADS: Final = 32
"""More than the engine runs at a time, so that Cancel never waits behind a request."""
_MESSAGE_BYTES: Final = 400 * 1024 * 1024
"""The engine's own limit."""
_LOG_TIMEOUT: Final = 5.0

Code: TypeAlias = Literal[
    "ABORTED",
    "ALREADY_EXISTS",
    "FAILED_PRECONDITION",
    "INTERNAL",
    "INVALID_ARGUMENT",
    "NOT_FOUND",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
    "UNKNOWN",
]
"""Name of a gRPC status."""


@dataclass(frozen=True, slots=True)
class Failure:
    """How a call fails.

    Args:
        code: the engine takes INTERNAL and UNKNOWN for "may have happened", all others for "did
            not happen".
        message: what the user reads.
        detail: what the engine reads.
    """

    code: Code
    message: str
    detail: Message | None = None


def abort(context: Any, failure: Failure) -> NoReturn:
    """End a call with a failure.

    Args:
        context: gRPC's, of the call.
        failure: what to say.
    """
    code = grpc.StatusCode[failure.code]
    if failure.detail is not None:
        packed = Packed()
        packed.Pack(failure.detail)
        status = status_pb2.Status(
            code=code.value[0], message=failure.message, details=[packed]
        ).SerializeToString()
        context.set_trailing_metadata((("grpc-status-details-bin", status),))
    context.abort(code, failure.message)
    raise AssertionError(failure.message)  # pragma: no cover - abort raises


class Served:
    """A plugin that answers on a loopback port.

    Args:
        register: hands a server of gRPC's who answers.
    """

    port: int
    """Port on 127.0.0.1."""

    def __init__(self, register: Callable[[Any], None]) -> None:
        self._server = grpc.server(
            ThreadPoolExecutor(_THREADS, thread_name_prefix="rpc"),
            options=[
                ("grpc.max_receive_message_length", _MESSAGE_BYTES),
                ("grpc.max_send_message_length", _MESSAGE_BYTES),
            ],
        )
        register(self._server)
        self.port = self._server.add_insecure_port("127.0.0.1:0")
        self._server.start()

    def stop(self, grace: float) -> None:
        """Take no more calls, and end those under way after so many seconds."""
        self._server.stop(grace).wait(grace)


def serve(servicer: provider_pb2_grpc.ResourceProviderServicer) -> Served:
    """Answer the engine's calls until the result is stopped."""
    add = provider_pb2_grpc.add_ResourceProviderServicer_to_server
    return Served(lambda server: add(servicer, server))


class EngineLog:
    """The log that the user sees; says nothing until it is connected, and never fails."""

    def __init__(self) -> None:
        self._channel: Any = None
        self._engine: Any = None

    def connect(self, address: str) -> None:
        """Log to the engine at ``host:port`` from now on."""
        self.close()
        self._channel = grpc.insecure_channel(address)
        self._engine = engine_pb2_grpc.EngineStub(self._channel)

    def info(self, message: str, urn: str = "") -> None:
        """Show a sentence on the row of a resource."""
        self._log(engine_pb2.INFO, message, urn)

    def debug(self, message: str, urn: str = "") -> None:
        """Show what helps to find a mistake in the provider, with ``--debug`` only."""
        self._log(engine_pb2.DEBUG, message, urn)

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._channel is not None:
            self._channel.close()
            self._channel = self._engine = None

    def _log(self, severity: Any, message: str, urn: str) -> None:
        engine = self._engine
        if engine is None:
            return
        with suppress(grpc.RpcError, ValueError):
            request = engine_pb2.LogRequest(severity=severity, message=message, urn=urn)
            engine.Log(request, timeout=_LOG_TIMEOUT)
