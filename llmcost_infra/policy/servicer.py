"""Answers the engine's questions about policies: Pulumi's `Analyzer` service.

The generated code carries no types; no other file of the room touches it. Pulumi's own library for
packs is not used: it holds protobuf to a release line that ended.
"""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false
# An underscore says what an answer does not depend on.
# pyright: reportIncompatibleMethodOverride=false
# ruff: noqa: N802 - the methods have the protocol's names

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc, plugin_pb2

from llmcost_infra import __version__
from llmcost_infra.check.policies import Policies, policies_from
from llmcost_infra.check.registry import RULES
from llmcost_infra.errors import LlmCostError
from llmcost_infra.policy.pack import OF_A_STACK, OF_ONE_RESOURCE, violations
from llmcost_infra.program import Registered
from llmcost_infra.program.registered import SECRET
from llmcost_infra.provider.rpc import Failure, Served, abort
from llmcost_infra.provider.values import UNKNOWN, Secret, decode_map, is_list, is_map

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from llmcost_infra.check.registry import Rule
    from llmcost_infra.policy.pack import Find, Violation

__all__ = ["PolicyServicer", "serve_policies"]

_NAME: Final = "llmcost"
_LEVELS: Final = {
    None: analyzer_pb2.DISABLED,
    "error": analyzer_pb2.MANDATORY,
    "warning": analyzer_pb2.ADVISORY,
}
_WORDS: Final = {
    analyzer_pb2.ADVISORY: "advisory",
    analyzer_pb2.DISABLED: "disabled",
    analyzer_pb2.MANDATORY: "mandatory",
    # Nothing is remediated, and the engine then takes the level for mandatory.
    analyzer_pb2.REMEDIATE: "mandatory",
}


class PolicyServicer(analyzer_pb2_grpc.AnalyzerServicer):
    """The policies of an organization, for one run of the engine.

    Args:
        chosen: what the pack's own file chooses.
    """

    def __init__(self, chosen: Policies) -> None:
        self._chosen = chosen
        self._stack = ""

    def Handshake(self, _request: Any, _context: Any) -> Any:
        """Be there: the engine's log and folders are not needed."""
        return analyzer_pb2.AnalyzerHandshakeResponse()

    def GetPluginInfo(self, _request: Any, _context: Any) -> Any:
        """Return the version of the package."""
        return plugin_pb2.PluginInfo(version=__version__)

    def GetAnalyzerInfo(self, _request: Any, _context: Any) -> Any:
        """Return the policies, what may be chosen, and what the pack's own file chooses."""
        info = analyzer_pb2.AnalyzerInfo(name=_NAME, supportsConfig=True)
        for policies, kind in (
            (OF_ONE_RESOURCE, analyzer_pb2.POLICY_TYPE_RESOURCE),
            (OF_A_STACK, analyzer_pb2.POLICY_TYPE_STACK),
        ):
            for rule in (RULES[name] for name in policies):
                info.policies.append(self._told(rule, kind))
                chosen = info.initialConfig[rule.id]
                chosen.enforcementLevel = _LEVELS[self._chosen.severity(rule)]
                chosen.properties.update(self._chosen.properties(rule.id))
        return info

    def ConfigureStack(self, request: Any, _context: Any) -> Any:
        """Remember which stack is looked at."""
        self._stack = str(request.stack)
        return analyzer_pb2.AnalyzerStackConfigureResponse()

    def Configure(self, request: Any, context: Any) -> Any:
        """Take what is chosen in all: the pack's own file and ``--policy-pack-config``."""
        given = {
            name: {
                **decode_map(one.properties),
                "enforcementLevel": _WORDS[one.enforcementLevel],
            }
            for name, one in request.policyConfig.items()
        }
        try:
            self._chosen = policies_from(given)
        except LlmCostError as error:
            abort(context, Failure("INVALID_ARGUMENT", str(error)))
        return Empty()

    def Analyze(self, request: Any, _context: Any) -> Any:
        """Say which policies one resource breaks that is about to be written."""
        return self._answer(OF_ONE_RESOURCE, [request])

    def AnalyzeStack(self, request: Any, _context: Any) -> Any:
        """Say which policies the resources of the stack break together."""
        return self._answer(OF_A_STACK, request.resources)

    def Remediate(self, _request: Any, _context: Any) -> Any:
        """Change nothing: what a reviewer read is what is written."""
        return analyzer_pb2.RemediateResponse()

    def Cancel(self, _request: Any, _context: Any) -> Any:
        """Nothing takes long enough to be cancelled."""
        return Empty()

    def _told(self, rule: Rule, kind: Any) -> Any:
        told = analyzer_pb2.PolicyInfo(
            name=rule.id,
            description=rule.doc.partition("\n")[0],
            enforcementLevel=_LEVELS[rule.severity],
            policy_type=kind,
        )
        told.configSchema.properties.update(Policies.schema_of(rule.id))
        return told

    def _answer(self, policies: Mapping[str, Find], listed: Iterable[Any]) -> Any:
        found = violations(policies, map(_registered, listed), self._stack, self._chosen)
        return analyzer_pb2.AnalyzeResponse(diagnostics=map(_diagnostic, found))


def serve_policies(chosen: Policies) -> Served:
    """Answer the engine's questions until the result is stopped.

    Args:
        chosen: what the pack's own file chooses.
    """
    add = analyzer_pb2_grpc.add_AnalyzerServicer_to_server
    return Served(lambda server: add(PolicyServicer(chosen), server))


def _diagnostic(found: Violation) -> Any:
    return analyzer_pb2.AnalyzeDiagnostic(
        policyName=found.rule.id,
        policyPackName=_NAME,
        description=found.rule.doc.partition("\n")[0],
        message=found.message,
        urn=found.urn,
        enforcementLevel=_LEVELS[found.severity],
    )


def _registered(listed: Any) -> Registered:
    """Return a resource of the engine's list; its properties have the names of its inputs."""
    properties = decode_map(listed.properties)
    return Registered(
        urn=listed.urn,
        type=listed.type,
        name=listed.name,
        inputs={name: _plain(value) for name, value in properties.items()},
        parent=None,
        custom=True,
        read=False,
        source=None,
        unknown=tuple(name for name, value in properties.items() if _is_unknown(value)),
        problems=(),
    )


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return SECRET
    if is_list(value):
        return [_plain(item) for item in value]
    if is_map(value):
        return {name: _plain(item) for name, item in value.items()}
    return None if value is UNKNOWN else value


def _is_unknown(value: Any) -> bool:
    if is_list(value):
        return any(map(_is_unknown, value))
    if is_map(value):
        return any(map(_is_unknown, value.values()))
    return value is UNKNOWN
