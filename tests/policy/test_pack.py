"""The policy pack as the engine asks it: what it offers, what it takes, and what it finds."""

# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import grpc
import pytest
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc

from llmcost_infra.check.policies import Policies, policies_in
from llmcost_infra.policy.servicer import serve_policies
from llmcost_infra.provider.values import UNKNOWN, Secret, encode_map
from tests.check.cases import CASES, in_production

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.program import Program, Registered

PACK = Path(__file__).parents[2] / "policy"
POLICIES = ("alert-context", "stream-ceiling", "stream-protected", "stream-watched")


@pytest.fixture
def engine() -> Iterator[Any]:
    """What the engine asks the pack of the repository with, about the stack prod."""
    served = serve_policies(policies_in(PACK))
    with grpc.insecure_channel(f"127.0.0.1:{served.port}") as channel:
        stub = analyzer_pb2_grpc.AnalyzerStub(channel)
        stub.ConfigureStack(analyzer_pb2.AnalyzerStackConfigureRequest(stack="prod"))
        yield stub
    served.stop(0)


def listed(one: Registered, kind: Any = analyzer_pb2.AnalyzeRequest) -> Any:
    """Return a resource as the engine lists it."""
    return kind(urn=one.urn, type=one.type, name=one.name, properties=encode_map(one.inputs))


def found(engine: Any, made: Program) -> list[tuple[str, str]]:
    """Return policy and resource of all that the pack finds in a program."""
    answers = [engine.Analyze(listed(one)) for one in made.resources]
    whole = [listed(one, analyzer_pb2.AnalyzerResource) for one in made.resources]
    answers.append(engine.AnalyzeStack(analyzer_pb2.AnalyzeStackRequest(resources=whole)))
    return [
        (one.policyName, one.urn.rpartition("::")[2])
        for answer in answers
        for one in answer.diagnostics
    ]


@pytest.mark.parametrize("policy", POLICIES)
def test_what_check_finds_the_pack_finds(engine: Any, policy: str) -> None:
    """Both ask the same rule: its wrong case is refused, its right one is not."""
    case = CASES[policy]
    assert policy in {name for name, _ in found(engine, in_production(case.wrong))}
    assert policy not in {name for name, _ in found(engine, in_production(case.right))}


def test_it_offers_every_policy_with_what_may_be_chosen(engine: Any) -> None:
    """One that looks at a single resource is asked before that is written; the other one last."""
    info = MessageToDict(engine.GetAnalyzerInfo(Empty()))
    assert {one["name"]: one["policyType"] for one in info["policies"]} == {
        "alert-context": "POLICY_TYPE_RESOURCE",
        "stream-ceiling": "POLICY_TYPE_RESOURCE",
        "stream-protected": "POLICY_TYPE_RESOURCE",
        "stream-watched": "POLICY_TYPE_STACK",
    }
    schemas = {
        one["name"]: one.get("configSchema", {}).get("properties", {}) for one in info["policies"]
    }
    assert schemas["stream-ceiling"].keys() == {"count_days", "text_days", "environments"}
    assert schemas["stream-watched"].keys() == {"environments"}
    assert schemas["alert-context"] == {}


def test_it_tells_what_its_own_file_chooses(engine: Any) -> None:
    """The engine puts `--policy-pack-config` over that."""
    chosen = MessageToDict(engine.GetAnalyzerInfo(Empty()))["initialConfig"]
    assert {name: one["enforcementLevel"] for name, one in chosen.items()} == dict.fromkeys(
        POLICIES, "MANDATORY"
    )
    written = json.loads((PACK / "config.json").read_text())["stream-ceiling"]
    assert chosen["stream-ceiling"]["properties"] == {
        name: value for name, value in written.items() if name != "enforcementLevel"
    }


def test_a_level_alone_is_left_to_the_rule() -> None:
    """A pack without a file has the severities of `llmcost check`."""
    served = serve_policies(Policies())
    with grpc.insecure_channel(f"127.0.0.1:{served.port}") as channel:
        info = MessageToDict(analyzer_pb2_grpc.AnalyzerStub(channel).GetAnalyzerInfo(Empty()))
    served.stop(0)
    levels = {name: one.get("enforcementLevel") for name, one in info["initialConfig"].items()}
    # Advisory is the number 0, which JSON leaves out.
    assert levels == {**dict.fromkeys(POLICIES, "MANDATORY"), "stream-watched": None}


def test_what_may_not_be_chosen_ends_the_run(engine: Any) -> None:
    """With the policy and the setting in the message."""
    config = analyzer_pb2.PolicyConfig(enforcementLevel=analyzer_pb2.MANDATORY)
    config.properties.update({"count_days": 0})
    request = analyzer_pb2.ConfigureAnalyzerRequest(policyConfig={"stream-ceiling": config})
    with pytest.raises(grpc.RpcError) as refused:
        engine.Configure(request)
    assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "stream-ceiling.count_days" in refused.value.details()


def test_what_only_an_update_knows_breaks_nothing(engine: Any) -> None:
    """An unknown value is not taken for a missing one, and a secret is never told."""
    [*_, alert] = CASES["alert-context"].wrong.resources
    request = listed(alert)
    unknown = {"context_attributes": UNKNOWN, "name": Secret("hidden")}
    request.properties.MergeFrom(encode_map(unknown))
    assert not engine.Analyze(request).diagnostics
    request.properties.MergeFrom(encode_map({"context_attributes": {}}))
    [told] = engine.Analyze(request).diagnostics
    assert "hidden" not in told.message


def test_it_changes_nothing(engine: Any) -> None:
    """What a reviewer read is what is written."""
    [wrong, *_] = CASES["stream-protected"].wrong.resources
    assert not engine.Remediate(listed(wrong)).remediations


def test_pulumi_cloud_can_run_it_too(tmp_path: Path) -> None:
    """With `runtime: python` the engine runs a program; docs/policies.md has its two lines."""
    page = (PACK.parent / "docs/policies.md").read_text()
    [program] = [text for text in page.split("```") if text.startswith("python\n")]
    (tmp_path / "__main__.py").write_text(program.removeprefix("python\n"))
    command = [sys.executable, "-u", "-m", "pulumi.policy", "127.0.0.1:1", "."]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - ours
        assert process.stdout is not None
        port = int(process.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            info = analyzer_pb2_grpc.AnalyzerStub(channel).GetAnalyzerInfo(Empty(), timeout=60)
        process.terminate()
    assert [one.name for one in info.policies] == list(POLICIES)


def test_a_pack_that_is_wrong_says_where(tmp_path: Path) -> None:
    """File, line and the nearest word are on stderr, which the engine shows; it does not start."""
    path = tmp_path / "config.json"
    path.write_text('{\n  "stream-celing": "mandatory"\n}\n')
    plugin = Path(sys.executable).with_name("pulumi-analyzer-policy-llmcost")
    done = subprocess.run(  # noqa: S603 - our own console script
        [plugin, "127.0.0.1:1", "."], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert f"{path}:2: stream-celing: " in done.stderr
    assert "did you mean 'stream-ceiling'?" in done.stderr


def test_it_starts_without_engines_of_sql() -> None:
    """It needs no extra, and a preview waits for it."""
    program = (
        "import sys, llmcost_infra.policy.server; "
        "print(*({'datafusion', 'jmespath', 'sqlglot', 'pyarrow', 'httpx'} & sys.modules.keys()))"
    )
    said = subprocess.run(  # noqa: S603 - ours
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert said.stdout.split() == []
