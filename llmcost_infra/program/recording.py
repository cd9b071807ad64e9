"""Stands in for the engine: answers a program's registrations, and keeps them."""

from __future__ import annotations

import os
from dataclasses import asdict
from threading import Lock
from typing import TYPE_CHECKING, Any

from pulumi.runtime.mocks import MockMonitor, Mocks
from pulumi.runtime.proto import resource_pb2

from llmcost_infra.errors import LlmCostError, ProgramError
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.openobserve.kinds.base import Problem
from llmcost_infra.program.registered import SECRET
from llmcost_infra.provider.checking import check
from llmcost_infra.provider.configuration import Configuration
from llmcost_infra.provider.marks import known, masked, value_at
from llmcost_infra.provider.redaction import Redactor
from llmcost_infra.provider.values import UNKNOWN, Secret, decode, encode_map, is_list, is_map

if TYPE_CHECKING:
    from collections.abc import Mapping

    from google.protobuf.struct_pb2 import Struct

    from llmcost_infra.program.places import Places

__all__ = ["Recording"]

_STACK = "pulumi:pulumi:Stack"
_PROVIDER = "pulumi:providers:openobserve"


class _Nobody(Mocks):
    """Is never asked: the monitor answers everything itself."""

    def call(self, args: Any) -> Any:
        raise NotImplementedError(args)

    def new_resource(self, args: Any) -> Any:
        raise NotImplementedError(args)


class Recording(MockMonitor):
    """What a program talks to in place of the engine; it answers as in a preview of a new stack.

    What the OpenObserve provider computes is answered with a text that names it; what other
    providers compute is unknown, as in a preview.

    Args:
        project: name of the project.
        stack: name of the stack.
        organization: of OpenObserve resources that name none.
        places: where resources are declared.
    """

    def __init__(self, project: str, stack: str, organization: str, places: Places) -> None:
        super().__init__(_Nobody())
        self.asked: list[str] = []
        self._start = f"urn:pulumi:{stack}::{project}"
        self._kept: dict[str, tuple[int, dict[str, Any]]] = {}
        self._lock = Lock()
        self._organization = organization
        self._organizations: dict[str, str] = {}
        self._places = places
        self._redactor = Redactor()

    def registered(self) -> list[dict[str, Any]]:
        """Return what was registered, in the order of declaration."""
        return [told for _, told in sorted(self._kept.values(), key=lambda kept: kept[0])]

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Return a URN as the engine gives it: with the types of all components around."""
        around = parent.split("::", 3)[2] if parent else _STACK
        types = type_ if around == _STACK else f"{around}${type_}"
        return f"{self._start}::{types}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        """Keep a resource, and answer with what is known of it before an update."""
        urn = self.make_urn(request.parent, request.type, request.name)
        if request.type == _STACK:
            return resource_pb2.RegisterResourceResponse(urn=urn)
        given, no_json = _decoded(request.object)
        if request.type == _PROVIDER:
            self._organizations[urn] = organization_of(masked(given), self._organization)
        problems: list[Problem] = []
        computed: dict[str, Any] = {}
        if kind := KINDS.get(request.type):
            checked = check(kind, given, self._organization_for(request.provider), {})
            given = checked.inputs
            problems = [*no_json, *(one for one in checked.problems if _is_known(given, one))]
            computed = {key: f"${{{request.name}.{key}}}" for key in kind.computed}
        needed = {key: tuple(one.urns) for key, one in request.propertyDependencies.items()}
        self._keep(urn, request, given, needed, problems)
        return resource_pb2.RegisterResourceResponse(
            urn=urn,
            id=f"${{{request.name}.id}}" if kind else "",
            object=encode_map({**given, **computed}) if kind else request.object,
        )

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        """Keep what the program looks up; what it would find is unknown here."""
        urn = self.make_urn(request.parent, request.type, request.name)
        given, _ = _decoded(request.properties)
        self._keep(urn, request, given, {}, [], read=True)
        return resource_pb2.ReadResourceResponse(urn=urn, properties=request.properties)

    def Invoke(self, request: Any) -> Any:  # noqa: N802 - the engine's name
        """Answer a question to a provider with nothing, and keep that it was asked."""
        with self._lock:
            self.asked.append(request.tok)
        return resource_pb2.ResourceInvokeResponse()

    def _organization_for(self, provider: str) -> str:
        return self._organizations.get(provider.rpartition("::")[0], self._organization)

    def _keep(  # noqa: PLR0913 - all that is told of a resource
        self,
        urn: str,
        request: Any,
        given: Mapping[str, Any],
        needed: Mapping[str, tuple[str, ...]],
        problems: list[Problem],
        *,
        read: bool = False,
    ) -> None:
        number, source = self._places.of(request.type, request.name)
        parent_is_stack = request.parent.split("::", 3)[2:3] in ([], [_STACK])
        told = {
            "urn": urn,
            "type": request.type,
            "name": request.name,
            "inputs": {key: _shown(value, needed.get(key, ())) for key, value in given.items()},
            "parent": None if parent_is_stack else request.parent,
            "custom": read or request.custom,
            "read": read,
            "source": source and asdict(source),
            "unknown": sorted(key for key, value in given.items() if not known(value)),
            "problems": self._told(given, problems),
        }
        with self._lock:
            if urn in self._kept:
                raise ProgramError(
                    f"The program declares {request.type} {request.name!r} twice.",
                    hint="Give one of the two another Pulumi name.",
                )
            self._kept[urn] = (number, told)

    def _told(self, given: Mapping[str, Any], problems: list[Problem]) -> list[dict[str, str]]:
        """Return problems without secrets, since a rule may repeat the value that it refuses."""
        self._redactor.learn(given)
        return [
            {"path": problem.path, "message": self._redactor.clean(problem.message)}
            for problem in problems
        ]


def organization_of(settings: Mapping[str, Any], default: str = "") -> str:
    """Return the organization that a provider's settings name, else the default or OPENOBSERVE_ORG.

    Args:
        settings: of the stack (without ``openobserve:``) or of an explicit provider.
        default: where they name none; by default what the environment says.
    """
    named = {"organization": settings.get("organization") or default}
    return Configuration.read(named, os.environ).organization


def _decoded(properties: Struct) -> tuple[dict[str, Any], list[Problem]]:
    """Return properties with their marks, and which of them are no JSON."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for key, value in properties.fields.items():
        try:
            values[key] = decode(value)
        except LlmCostError as error:
            values[key] = "[asset]"
            problems.append(Problem(key, str(error)))
    return values, problems


def _shown(value: Any, needed: tuple[str, ...]) -> Any:
    """Return a value as JSON: secrets hidden, and what is unknown as what it comes from."""
    if isinstance(value, Secret):
        return SECRET
    if is_list(value):
        return [_shown(item, needed) for item in value]
    if is_map(value):
        return {key: _shown(item, needed) for key, item in value.items()}
    if value is UNKNOWN:
        names = sorted(urn.split("::", 3)[3] for urn in needed)
        return f"${{{', '.join(names) or 'unknown'}}}"
    return value


def _is_known(inputs: Mapping[str, Any], problem: Problem) -> bool:
    """Tell whether a problem is about what is there; of a secret only its place is."""
    return SECRET not in str(value_at(inputs, problem.path.split(".")))
