"""The Collector's files hang together, and with what the stack expects of them."""

from __future__ import annotations

import re
from typing import Any

import yaml

from llmcost_infra.otlp_variables import COLLECTORS_SECRETS, Destination, collectors_variables
from llmcost_infra.settings import Settings
from tests.apps.collectors import FOLDER, LOST, REFUSED

CONFIG: dict[str, Any] = yaml.safe_load((FOLDER / "collector.yaml").read_text())
TEXTS: dict[str, Any] = yaml.safe_load((FOLDER / "texts.yaml").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
COLLECTOR: dict[str, Any] = COMPOSE["services"]["collector"]


def test_every_part_that_a_pipeline_names_is_configured_and_used() -> None:
    """Nothing is named that is not there, and nothing is there that no pipeline uses."""
    for kind in ("receivers", "processors", "exporters"):
        named = {one for pipe in CONFIG["service"]["pipelines"].values() for one in pipe[kind]}
        assert named == CONFIG[kind].keys(), kind
    assert set(CONFIG["service"]["extensions"]) == CONFIG["extensions"].keys()


def test_memory_is_limited_first_and_nothing_is_held_in_it() -> None:
    """A batch processor would have calls in memory that an application was told are taken."""
    for config in (CONFIG, TEXTS):
        for pipe in config["service"]["pipelines"].values():
            assert pipe["processors"][0] == "memory_limiter"
            assert not any(name.startswith("batch") for name in pipe["processors"])
    assert "batch" in CONFIG["exporters"]["otlp_http/openobserve"]["sending_queue"]


def test_texts_pass_with_the_second_file_only() -> None:
    """And with them log events, by the same way as spans."""
    assert "logs" not in CONFIG["service"]["pipelines"]
    pipelines = TEXTS["service"]["pipelines"]
    assert pipelines["traces"] == {"processors": ["memory_limiter"]}
    assert pipelines["logs"] == CONFIG["service"]["pipelines"]["metrics"]


def test_spans_go_to_the_stacks_source_stream() -> None:
    """Into any other stream they would not be priced."""
    headers = CONFIG["exporters"]["otlp_http/openobserve"]["headers"]
    assert (
        headers["stream-name"]
        == f"${{env:LLMCOST_STREAM:-{Settings(environment='x').streams.source}}}"
    )


def test_no_secret_stands_in_a_file_and_each_variable_is_passed_on() -> None:
    """What the configuration reads is in the file that we write, but for what a shell has."""
    text = (FOLDER / "collector.yaml").read_text()
    read = set(re.findall(r"\$\{env:(\w+)", text))
    told = collectors_variables(Destination("s", "http://x", "o", "in", "dev"))
    assert read == told.keys() | set(COLLECTORS_SECRETS)
    auth = CONFIG["extensions"]["basicauth/openobserve"]["client_auth"]
    assert auth["password"] == "${env:OPENOBSERVE_PASSWORD}"


def test_what_a_shell_has_of_another_server_is_not_sent_to() -> None:
    """Compose puts a shell's variable before its file's wherever it fills one in."""
    assert COLLECTOR["env_file"] == ".env"
    assert COLLECTOR["environment"].keys() == set(COLLECTORS_SECRETS)
    for name, value in COLLECTOR["environment"].items():
        assert value.startswith(f"${{{name}:?")
    assert set(re.findall(r"\$\{(\w+)", (FOLDER / "compose.yaml").read_text())) == set(
        COLLECTORS_SECRETS
    )


def test_what_waits_survives_a_restart() -> None:
    """The queue is on a volume, and is given up before the server would refuse what is in it."""
    exporter = CONFIG["exporters"]["otlp_http/openobserve"]
    assert exporter["sending_queue"]["storage"] in CONFIG["extensions"]
    assert exporter["retry_on_failure"]["max_elapsed_time"] == "4h"
    where = CONFIG["extensions"]["file_storage"]["directory"]
    assert f"queue:{where}" in COLLECTOR["volumes"]
    assert "queue" in COMPOSE["volumes"]


def test_both_files_are_in_the_container() -> None:
    """Which of them it starts with is a matter of its command."""
    mounted = {volume.split(":")[0] for volume in COLLECTOR["volumes"]}
    assert {"./collector.yaml", "./texts.yaml"} <= mounted
    assert COLLECTOR["command"] == ["--config=/etc/otelcol/collector.yaml"]


def test_it_listens_for_this_machine_only() -> None:
    """Who can send can make up costs."""
    assert all(port.startswith("127.0.0.1:") for port in COLLECTOR["ports"])


def test_the_page_names_metrics_that_there_are() -> None:
    """Tests see a Collector tell these; an alert on another name would never fire."""
    pages = (FOLDER.parents[1] / "docs" / "telemetry-collector.md", FOLDER / "collector.yaml")
    named = {name for page in pages for name in re.findall(r"otelcol_\w+", page.read_text())}
    assert named == {LOST, REFUSED}
