"""A small engine: runs programs against the provider over the real plugin protocol."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    status_pb2,
)

from llmcost_infra.provider.servicer import Servicer
from llmcost_infra.provider.values import decode_map, encode_map
from tests.provider.names import prefix
from tests.provider.wires import wires

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["CallError", "CheckError", "Engine", "Kept", "Log", "Resource"]


class Log(engine_pb2_grpc.EngineServicer):
    """The engine's log, as sentences by resource."""

    def __init__(self) -> None:
        self.entries: list[tuple[int, str, str]] = []

    def Log(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        """Keep an entry."""
        self.entries.append((request.severity, request.urn, request.message))
        return Empty()


class CallError(Exception):
    """A call ended with a gRPC status: its code, its message, its details."""

    def __init__(self, error: Any) -> None:
        super().__init__(error.details())
        self.code = error.code().name
        self.message = error.details()
        self.details = dict(error.trailing_metadata()).get("grpc-status-details-bin")


class CheckError(Exception):
    """Inputs were refused."""

    def __init__(self, failures: Any) -> None:
        self.failures = [(failure.property, failure.reason) for failure in failures]
        super().__init__(str(self.failures))


@dataclass
class Resource:
    """One resource of a program."""

    token: str
    name: str
    inputs: dict[str, Any]
    parents: str = ""

    @property
    def urn(self) -> str:
        """Its URN, in a stack of the running test: ids that clients choose follow from it."""
        return f"urn:pulumi:{prefix()}test::llmcost::{self.parents}{self.token}::{self.name}"


@dataclass
class Kept:
    """What the engine has in its state about a resource."""

    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    init_errors: list[str] = field(default_factory=list)


KINDS_OF_CHANGE = {
    value: name.lower().replace("_", "-") for name, value in provider_pb2.PropertyDiff.Kind.items()
}


class Engine:
    """Runs programs as Pulumi's engine does, one provider process for each run.

    Args:
        open_: what the provider opens connections with.
        settings: the stack's ``openobserve:*``.
        environ: the provider's environment.
        patience: seconds that a call may take.
    """

    def __init__(
        self,
        open_: Any,
        settings: dict[str, Any] | None = None,
        environ: Any = None,
        *,
        patience: float = 60.0,
    ) -> None:
        self.open = open_
        self.settings = settings or {"url": "http://localhost", "user": "u", "password": "Secr3t!"}
        self.environ = environ or {}
        self.patience = patience
        self.state: dict[str, Kept] = {}
        self.log = Log()

    @contextmanager
    def provider(self) -> Iterator[Callable[..., Any]]:
        """Start a provider; yields how to call it."""
        servicer = Servicer(self.open, self.environ)
        with wires(servicer, self.log) as connected:

            def call(method: str, request: Any) -> Any:
                try:
                    return getattr(connected.stub, method)(request, timeout=self.patience)
                except grpc.RpcError as error:
                    raise CallError(error) from None

            address = connected.log_address
            try:
                call("Handshake", provider_pb2.ProviderHandshakeRequest(engine_address=address))
                yield call
            finally:
                servicer.close()

    @contextmanager
    def configured(self) -> Iterator[Callable[..., Any]]:
        """Start a provider with the stack's settings."""
        with self.provider() as call:
            args = encode_map(self.settings)
            checked = call("CheckConfig", provider_pb2.CheckRequest(news=args))
            if checked.failures:
                raise CheckError(checked.failures)
            call("Configure", provider_pb2.ConfigureRequest(args=checked.inputs))
            yield call

    def preview(self, *program: Resource) -> dict[str, dict[str, str]]:
        """Return what an update would change, as kinds of change by path and resource."""
        with self.configured() as call:
            changes: dict[str, dict[str, str]] = {}
            for resource in program:
                inputs = self._checked(call, resource)
                kept = self.state.get(resource.urn)
                if kept is None:
                    changes[resource.name] = {"": "create"}
                elif detail := self._diff(call, resource, kept, inputs)[0]:
                    changes[resource.name] = detail
            return changes

    def preview_update(self, resource: Resource) -> dict[str, Any]:
        """Return the outputs that an update would have, as far as one can know."""
        with self.configured() as call:
            inputs = self._checked(call, resource)
            return self._update(call, resource, self.state[resource.urn], inputs, preview=True)

    def up(self, *program: Resource) -> dict[str, str]:
        """Bring the server to what the program says; returns the operation by resource."""
        with self.configured() as call:
            done = {resource.name: self._step(call, resource) for resource in program}
            for urn in reversed([urn for urn in self.state if urn not in {r.urn for r in program}]):
                self._delete(call, urn, self.state[urn])
                del self.state[urn]
            return done

    def refresh(self) -> dict[str, dict[str, str]]:
        """Read every resource; returns what differs, as kinds of change by path."""
        drift: dict[str, dict[str, str]] = {}
        with self.configured() as call:
            for urn, kept in list(self.state.items()):
                request = provider_pb2.ReadRequest(
                    id=kept.id,
                    urn=urn,
                    inputs=encode_map(kept.inputs),
                    properties=encode_map(kept.outputs),
                )
                answer = call("Read", request)
                name = urn.rpartition("::")[2]
                if not answer.id:
                    drift[name] = {"": "gone"}
                    del self.state[urn]
                    continue
                now = Kept(answer.id, decode_map(answer.inputs), decode_map(answer.properties))
                resource = Resource(urn.split("::")[2], name, {})
                if detail := self._diff(call, resource, now, kept.inputs)[0]:
                    drift[name] = detail
                self.state[urn] = now
        return drift

    def import_(self, resource: Resource, id_: str) -> Kept | None:
        """Take an object into the state, as ``pulumi import`` does."""
        with self.configured() as call:
            answer = call("Read", provider_pb2.ReadRequest(id=id_, urn=resource.urn))
            if not answer.HasField("properties"):
                return None
            kept = Kept(answer.id, decode_map(answer.inputs), decode_map(answer.properties))
            self.state[resource.urn] = kept
            return kept

    def destroy(self) -> None:
        """Delete everything in the state."""
        self.up()

    def sentences(self, severity: int = engine_pb2.INFO) -> list[str]:
        """What was logged, with the name of the resource."""
        return [
            f"{urn.rpartition('::')[2]}: {message}"
            for level, urn, message in self.log.entries
            if level == severity
        ]

    def create(self, call: Any, resource: Resource) -> Kept:
        """Check and create one resource with a provider that is already running."""
        return self._create(call, resource, self._checked(call, resource))

    def replace(self, resource: Resource) -> None:
        """Replace a resource that did not change, as ``pulumi up --replace`` does."""
        with self.configured() as call:
            inputs, kept = self._checked(call, resource), self.state[resource.urn]
            first = self._diff(call, resource, kept, inputs)[1].deleteBeforeReplace
            self._replace(call, resource, kept, inputs, first=first)

    def preview_create(self, resource: Resource) -> dict[str, Any]:
        """Return the outputs that a create would have, as far as one can know."""
        with self.configured() as call:
            inputs = encode_map(self._checked(call, resource))
            request = provider_pb2.CreateRequest(urn=resource.urn, properties=inputs, preview=True)
            return decode_map(call("Create", request).properties)

    def _checked(self, call: Any, resource: Resource) -> dict[str, Any]:
        kept = self.state.get(resource.urn)
        request = provider_pb2.CheckRequest(
            urn=resource.urn,
            olds=encode_map(kept.inputs if kept else {}),
            news=encode_map(resource.inputs),
        )
        answer = call("Check", request)
        if answer.failures:
            raise CheckError(answer.failures)
        return decode_map(answer.inputs)

    def _diff(self, call: Any, resource: Resource, kept: Kept, inputs: Any) -> Any:
        answer = call(
            "Diff",
            provider_pb2.DiffRequest(
                id=kept.id,
                urn=resource.urn,
                old_inputs=encode_map(kept.inputs),
                olds=encode_map(kept.outputs),
                news=encode_map(inputs),
            ),
        )
        assert answer.hasDetailedDiff
        assert bool(answer.detailedDiff) == (answer.changes == provider_pb2.DiffResponse.DIFF_SOME)
        detail = {path: KINDS_OF_CHANGE[d.kind] for path, d in answer.detailedDiff.items()}
        return detail, answer

    def _step(self, call: Any, resource: Resource) -> str:
        inputs = self._checked(call, resource)
        kept = self.state.get(resource.urn)
        if kept is None:
            self.state[resource.urn] = self._create(call, resource, inputs)
            return "create"
        detail, answer = self._diff(call, resource, kept, inputs)
        if answer.replaces:
            return self._replace(call, resource, kept, inputs, first=answer.deleteBeforeReplace)
        if not detail and not kept.init_errors:
            kept.inputs = inputs
            return "same"
        outputs = self._update(call, resource, kept, inputs, preview=False)
        self.state[resource.urn] = Kept(kept.id, inputs, outputs)
        return "update"

    def _update(
        self, call: Any, resource: Resource, kept: Kept, inputs: Any, *, preview: bool
    ) -> dict[str, Any]:
        request = provider_pb2.UpdateRequest(
            id=kept.id,
            urn=resource.urn,
            old_inputs=encode_map(kept.inputs),
            olds=encode_map(kept.outputs),
            news=encode_map(inputs),
            preview=preview,
        )
        try:
            return decode_map(call("Update", request).properties)
        except CallError as error:
            if left := _left_behind(error):
                outputs = decode_map(left.properties)
                self.state[resource.urn] = Kept(kept.id, inputs, outputs, list(left.reasons))
            raise

    def _create(self, call: Any, resource: Resource, inputs: dict[str, Any]) -> Kept:
        request = provider_pb2.CreateRequest(urn=resource.urn, properties=encode_map(inputs))
        try:
            answer = call("Create", request)
        except CallError as error:
            if left := _left_behind(error):
                outputs = decode_map(left.properties)
                self.state[resource.urn] = Kept(left.id, inputs, outputs, list(left.reasons))
            raise
        return Kept(answer.id, inputs, decode_map(answer.properties))

    def _replace(self, call: Any, resource: Resource, kept: Kept, inputs: Any, first: bool) -> str:
        if first:
            self._delete(call, resource.urn, kept)
        self.state[resource.urn] = self._create(call, resource, inputs)
        if not first:
            self._delete(call, resource.urn, kept)
        return "replace"

    def _delete(self, call: Any, urn: str, kept: Kept) -> None:
        call(
            "Delete",
            provider_pb2.DeleteRequest(
                id=kept.id,
                urn=urn,
                old_inputs=encode_map(kept.inputs),
                properties=encode_map(kept.outputs),
            ),
        )


def _left_behind(error: CallError) -> Any:
    """What a failed call did; the engine keeps the program's inputs and these outputs."""
    if error.details is None:
        return None
    left = provider_pb2.ErrorResourceInitFailed()
    status_pb2.Status.FromString(error.details).details[0].Unpack(left)
    return left
