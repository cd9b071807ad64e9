"""What a stack's settings make of the components: streams, pipeline, dashboards."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest

from llmcost_infra.columns import CONTENT, ROLLUP, STORED
from llmcost_infra.declarations import find
from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.profiles import PROFILES
from tests.components.conftest import clear

if TYPE_CHECKING:
    from pathlib import Path


def tokens(resources: dict[str, Any]) -> dict[str, int]:
    """Count resources by kind."""
    kinds = [one.typ.rpartition(":")[2] for one in resources.values()]
    return {kind: kinds.count(kind) for kind in kinds}


def test_a_stack_of_our_own_has_everything(declared: Any) -> None:
    """Four streams, the pipelines with their functions, two dashboards in one folder."""
    found = tokens(declared())
    own = {"Stream": 4, "Function": 7, "Pipeline": 2, "Folder": 1, "Dashboard": 2}
    assert {kind: found[kind] for kind in own} == own


def test_the_llm_stream_declares_every_column(declared: Any) -> None:
    """A panel on a column that no row had yet fails on the server."""
    inputs = declared(prefix="a_")["cost-streams-calls"].inputs
    assert inputs["name"] == "a_llm_calls"
    assert inputs["fields"].items() == {
        (name, kind) for name, kind in STORED.items() if name != "_timestamp"
    }


def test_history_adds_a_stream_that_lasts(declared: Any) -> None:
    """Totals outlive the calls; it is a stream of logs because a pipeline will write it."""
    rollup = declared(history=True, retention={"rollup_days": 2_000})["cost-streams-rollup"].inputs
    assert (rollup["stream_type"], rollup["data_retention"]) == ("logs", 2_000)
    assert dict(rollup["fields"]) == dict(ROLLUP)


def test_the_server_gets_prices_when_a_stack_wants_them(declared: Any) -> None:
    """Off by default: the server would charge calls by them only in part."""
    assert "cost-prices" not in declared()
    rows = declared(server_prices=True)["cost-prices"].inputs["models"]
    assert "openai/gpt-4o@2024-10-01" in rows


def test_without_history_there_is_none(declared: Any) -> None:
    """Nobody would fill it."""
    assert "cost-streams-rollup" not in declared()


CAPTURE = {"capture": True, "services": ["support-bot"], "shared_org_ok": True, "days": 3}


def test_capture_adds_a_stream_that_does_not_last(declared: Any) -> None:
    """Prompts and completions have a stream, a function and days of their own."""
    found = declared(content=CAPTURE)
    content = found["cost-streams-content"].inputs
    assert (content["name"], content["data_retention"]) == ("llm_content", 3)
    assert content["fields"].items() == {
        (name, kind) for name, kind in CONTENT.items() if name != "_timestamp"
    }
    assert tokens(found)["Function"] == 8
    for pipeline in ("cost-pipeline", "cost-pipeline-logs"):
        assert "content" in found[pipeline].inputs["nodes"]


def test_without_capture_there_is_neither_stream_nor_branch(declared: Any) -> None:
    """What is not there cannot be filled by mistake."""
    found = declared(content=CAPTURE | {"capture": False})
    assert "cost-streams-content" not in found
    assert "cost-pipeline-project_content" not in found
    for pipeline in ("cost-pipeline", "cost-pipeline-logs"):
        nodes = found[pipeline].inputs["nodes"]
        assert {"is_content", "project_content", "is_scrubbed", "content"}.isdisjoint(nodes)


def test_texts_that_go_elsewhere_have_no_stream_here(declared: Any) -> None:
    """Who may open this organization finds none."""
    found = declared(content={"capture": True, "services": ["bot"], "remote": "texts"})
    assert "cost-streams-content" not in found
    for pipeline in ("cost-pipeline", "cost-pipeline-logs"):
        node = found[pipeline].inputs["nodes"]["content"]
        assert node["destination_name"] == "texts"


def test_one_function_has_one_text(declared: Any, tmp_path: Path) -> None:
    """Pipelines share functions, so a file of one's own has to be named in both."""
    (tmp_path / "pipelines").mkdir()
    shipped = find("pipelines", "llm_logs").read_text(encoding="utf-8")
    own = shipped.replace("quarantine: quarantine.vrl.j2", "quarantine: mark_new.vrl")
    (tmp_path / "pipelines" / "llm_logs.yaml").write_text(own, encoding="utf-8")
    with pytest.raises(pulumi.RunError, match="the function quarantine is another one in llm_logs"):
        declared()


@pytest.mark.parametrize("profile", [name for name in PROFILES if name != "pipeline"])
def test_a_stream_of_somebody_else_is_only_read(declared: Any, profile: str) -> None:
    """No pipeline, no retention, and a destroy leaves it: it is not ours."""
    found = declared(profile=profile, stream="default", on_destroy="delete")
    assert tokens(found).keys().isdisjoint({"Pipeline", "Function"})
    assert tokens(found)["Stream"] == 1
    stream = found["cost-streams-calls"].inputs
    assert (stream["name"], stream["on_destroy"]) == ("default", "retain")
    assert "data_retention" not in stream
    assert PROFILES[profile].declares.items() <= dict(stream["fields"]).items()
    assert {"service_team", "user_id"} <= set(stream["fields"])


@pytest.mark.parametrize(
    "chosen",
    [
        {"history": True, "cost_metric": True},
        {"content": CAPTURE},
        {"profile": "llm", "stream": "default"},
    ],
)
def test_the_provider_takes_all_of_it(declared: Any, chosen: dict[str, Any]) -> None:
    """No kind finds anything wrong with what a stack declares."""
    for one in declared(**chosen).values():
        if one.typ in KINDS:
            kind = KINDS[one.typ]
            given = {name: clear(value) for name, value in one.inputs.items() if value is not None}
            assert kind.problems(kind.defaults(given)) == [], one.name


def test_an_address_with_which_links_are_made_reaches_the_dashboards(declared: Any) -> None:
    """A click on a call opens its trace."""
    found = declared(ui_url="https://o2.example.com")
    panel = found["cost-dashboard-details"].inputs["tabs"]["attribution"]["panels"]
    (click,) = panel["expensive_calls"]["config"]["drilldown"]
    assert click["data"]["url"].startswith("https://o2.example.com/web/traces/")


def test_the_key_of_hashes_is_a_secret_of_the_function(declared: Any) -> None:
    """It is filled in on the way to the server: neither the text nor the state shows it."""
    function = declared()["cost-pipeline-normalise"].inputs
    assert "${secret:hash_key}" in function["function"]
    assert "grains-of-salt" not in function["function"]
    assert function["secrets"]["value"] == {"hash_key": "grains-of-salt"}


def test_a_missing_key_names_the_command_that_sets_it(declared: Any) -> None:
    """Without it ids would be hashed with nothing."""
    pulumi.runtime.set_all_config({})
    with pytest.raises(pulumi.RunError, match="pulumi config set --secret llmcost:hash_key"):
        declared()
