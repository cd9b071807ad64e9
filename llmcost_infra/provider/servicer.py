"""Answers the engine's calls: decodes them, asks the handler of the kind, encodes the result."""

from __future__ import annotations

import os
import traceback
from functools import cached_property, partial, wraps
from typing import TYPE_CHECKING, Any, TypeVar

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from llmcost_infra import __version__
from llmcost_infra.errors import LlmCostError
from llmcost_infra.provider.claims import Claims
from llmcost_infra.provider.configuration import Configuration, problems, secret_settings
from llmcost_infra.provider.diff import Change, diff, render_path
from llmcost_infra.provider.failures import check_failure, failure_of
from llmcost_infra.provider.handler import Handler
from llmcost_infra.provider.marks import conceal, reveal
from llmcost_infra.provider.redaction import Redactor
from llmcost_infra.provider.rpc import EngineLog, Failure, abort
from llmcost_infra.provider.schema import package_schema
from llmcost_infra.provider.session import Connection, Session, connect
from llmcost_infra.provider.state import State
from llmcost_infra.provider.values import Secret, decode_map, encode_map

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from google.protobuf.struct_pb2 import Struct

    from llmcost_infra.openobserve.kinds.base import Kind, ObjectStore

__all__ = ["Servicer"]

_Request = TypeVar("_Request")
_Response = TypeVar("_Response")


def _answered(method: Callable[[Servicer, _Request], _Response]) -> Callable[..., _Response]:
    """Turn what a method raises into what the engine and its user read."""

    @wraps(method)
    def answer(self: Servicer, request: _Request, context: Any) -> _Response:
        try:
            return method(self, request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the engine must hear of it
            abort(context, self.failure(request, error))

    return answer


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """The provider as the engine sees it.

    Args:
        open_: opens the way to the server.
        environ: stands in for settings that a stack does not have.
    """

    def __init__(
        self,
        open_: Callable[[Configuration], Connection] = connect,
        environ: Mapping[str, str] = os.environ,
    ) -> None:
        self._open = open_
        self._environ = environ
        self._session = Session(Configuration(), open_)
        self._redactor = Redactor()
        self._claims = Claims()
        self.log = EngineLog()

    @cached_property
    def kinds(self) -> Mapping[str, Kind]:
        """Every kind by its type token."""
        # Imported late: the engine waits for the port, and the first call comes some time after.
        from llmcost_infra.openobserve.kinds import KINDS  # noqa: PLC0415

        return KINDS

    @cached_property
    def handlers(self) -> Mapping[str, Handler]:
        """The handler of every kind by its type token."""
        return {
            token: Handler(kind, partial(self._store, token), self._tell, self._claims)
            for token, kind in self.kinds.items()
        }

    def close(self) -> None:
        """End requests under way and close all connections."""
        self._session.cancel()
        self._session.close()
        self.log.close()

    def failure(self, request: Any, error: Exception) -> Failure:
        """Return how a call fails; what nobody foresaw goes to the debug log as well."""
        if not isinstance(error, LlmCostError):
            text = "".join(traceback.format_exception(error))
            self.log.debug(self._redactor.clean(text), getattr(request, "urn", ""))
        return failure_of(error, self._redactor.clean)

    @_answered
    def Handshake(  # noqa: N802 - the protocol's name, as all below
        self, request: provider_pb2.ProviderHandshakeRequest
    ) -> provider_pb2.ProviderHandshakeResponse:
        """Agree with the engine on what values look like."""
        self.log.connect(request.engine_address)
        return provider_pb2.ProviderHandshakeResponse(
            accept_secrets=True, accept_resources=False, accept_outputs=False
        )

    @_answered
    def Attach(self, request: plugin_pb2.PluginAttach) -> Empty:  # noqa: N802
        """Log to the engine of a debugger's run."""
        self.log.connect(request.address)
        return Empty()

    @_answered
    def GetPluginInfo(self, _: Empty) -> plugin_pb2.PluginInfo:  # noqa: N802
        """Return the version."""
        return plugin_pb2.PluginInfo(version=__version__)

    @_answered
    def GetSchema(self, _: provider_pb2.GetSchemaRequest) -> provider_pb2.GetSchemaResponse:  # noqa: N802
        """Return the package schema."""
        schema = package_schema(self.kinds.values(), __version__)
        return provider_pb2.GetSchemaResponse(schema=schema)

    @_answered
    def CheckConfig(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:  # noqa: N802
        """Return the settings as they are, and what is wrong with them."""
        given = decode_map(request.news)
        settings = conceal(given, secret_settings(given))
        self._redactor.learn(settings)
        found = sorted(problems(settings), key=lambda problem: problem.path)
        return provider_pb2.CheckResponse(
            inputs=encode_map(settings),
            failures=[check_failure(problem, settings, self._redactor.clean) for problem in found],
        )

    @_answered
    def DiffConfig(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:  # noqa: N802
        """Return which settings changed; none of them replaces a resource."""
        old, new = (reveal(decode_map(struct)) for struct in (request.old_inputs, request.news))
        return _diff_response(list(diff(old, new)))

    @_answered
    def Configure(self, request: provider_pb2.ConfigureRequest) -> provider_pb2.ConfigureResponse:  # noqa: N802
        """Take the settings; the environment stands in for what is absent."""
        configuration = Configuration.read(reveal(decode_map(request.args)), self._environ)
        self._redactor.learn(Secret(configuration.password))
        self._session = Session(configuration, self._open)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, supportsPreview=True, acceptResources=False, acceptOutputs=False
        )

    @_answered
    def Check(self, request: provider_pb2.CheckRequest) -> provider_pb2.CheckResponse:  # noqa: N802
        """Return the inputs with defaults, and what is wrong with them."""
        handler = self._handler(request.urn)
        given, old = (self._properties(handler, one) for one in (request.news, request.olds))
        checked = handler.check(given, self._session.configuration.organization, old)
        return provider_pb2.CheckResponse(
            inputs=encode_map(checked.inputs),
            failures=[
                check_failure(problem, checked.inputs, self._redactor.clean)
                for problem in checked.problems
            ],
        )

    @_answered
    def Diff(self, request: provider_pb2.DiffRequest) -> provider_pb2.DiffResponse:  # noqa: N802
        """Return which inputs changed, by path, and whether that replaces the object."""
        handler = self._handler(request.urn)
        old = self._properties(handler, request.old_inputs)
        new = self._properties(handler, request.news)
        changes = handler.diff(request.urn, request.id, old, new)
        response = _diff_response(changes, handler.kind.replace_on)
        response.deleteBeforeReplace = handler.kind.delete_before_replace
        response.stables.extend([] if response.replaces else sorted(handler.kind.computed))
        return response

    @_answered
    def Create(self, request: provider_pb2.CreateRequest) -> provider_pb2.CreateResponse:  # noqa: N802
        """Make the object, or adopt the one that is there."""
        handler = self._handler(request.urn)
        inputs = self._properties(handler, request.properties)
        if request.preview:
            state = handler.preview_create(inputs)
        else:
            state = handler.create(request.urn, inputs)
        self._redactor.learn(state.outputs)
        return provider_pb2.CreateResponse(id=state.id, properties=encode_map(state.outputs))

    @_answered
    def Read(self, request: provider_pb2.ReadRequest) -> provider_pb2.ReadResponse:  # noqa: N802
        """Return the object as the server has it; an empty answer means that it is gone."""
        handler = self._handler(request.urn)
        last = State(
            request.id,
            self._properties(handler, request.inputs),
            self._properties(handler, request.properties),
        )
        state = handler.read(request.urn, last)
        if state is None:
            return provider_pb2.ReadResponse()
        return provider_pb2.ReadResponse(
            id=state.id, inputs=encode_map(state.inputs), properties=encode_map(state.outputs)
        )

    @_answered
    def Update(self, request: provider_pb2.UpdateRequest) -> provider_pb2.UpdateResponse:  # noqa: N802
        """Turn the object into what the inputs say."""
        handler = self._handler(request.urn)
        new = self._properties(handler, request.news)
        old = State(
            request.id,
            self._properties(handler, request.old_inputs),
            self._properties(handler, request.olds),
        )
        update = handler.preview_update if request.preview else handler.update
        return provider_pb2.UpdateResponse(properties=encode_map(update(old, new).outputs))

    @_answered
    def Delete(self, request: provider_pb2.DeleteRequest) -> Empty:  # noqa: N802
        """Remove the object; gone already is fine."""
        handler = self._handler(request.urn)
        inputs = self._properties(handler, request.old_inputs)
        handler.delete(request.urn, request.id, inputs)
        return Empty()

    @_answered
    def Cancel(self, _: Empty) -> Empty:  # noqa: N802
        """Start no further request; those under way come to their end."""
        self._session.cancel()
        return Empty()

    def _store(self, token: str) -> ObjectStore:
        return self._session.store(token)

    def _tell(self, urn: str, sentence: str) -> None:
        self.log.info(self._redactor.clean(sentence), urn)

    def _handler(self, urn: str) -> Handler:
        token = urn.split("::")[2].rpartition("$")[2]
        if token not in self.handlers:
            raise LlmCostError(
                f"OpenObserve's provider has no resource {token}.",
                hint=f"It has {', '.join(sorted(self.handlers))}.",
            )
        return self.handlers[token]

    def _properties(self, handler: Handler, struct: Struct) -> dict[str, Any]:
        """Return decoded properties, with the kind's secrets marked and known to the redactor."""
        properties: dict[str, Any] = conceal(decode_map(struct), handler.kind.secret_paths)
        self._redactor.learn(properties)
        return properties


def _diff_response(
    changes: list[Change], replace_on: frozenset[str] = frozenset()
) -> provider_pb2.DiffResponse:
    answer, one = provider_pb2.DiffResponse, provider_pb2.PropertyDiff
    kinds = {
        ("add", False): one.ADD,
        ("add", True): one.ADD_REPLACE,
        ("delete", False): one.DELETE,
        ("delete", True): one.DELETE_REPLACE,
        ("update", False): one.UPDATE,
        ("update", True): one.UPDATE_REPLACE,
    }
    return answer(
        changes=answer.DIFF_SOME if changes else answer.DIFF_NONE,
        hasDetailedDiff=True,
        detailedDiff={
            render_path(change.path): one(
                kind=kinds[change.kind, change.path[0] in replace_on], inputDiff=True
            )
            for change in changes
        },
        diffs=sorted({change.path[0] for change in changes}),
        replaces=sorted({change.path[0] for change in changes} & replace_on),
    )
