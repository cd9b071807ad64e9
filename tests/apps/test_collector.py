"""The Collector's configuration hangs together, and keeps what the stack expects of it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from llmcost_infra.settings import Settings

FOLDER = Path(__file__).parents[2] / "examples" / "collector"
CONFIG: dict[str, Any] = yaml.safe_load((FOLDER / "collector.yaml").read_text())
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())
COLLECTOR: dict[str, Any] = COMPOSE["services"]["collector"]


def test_every_part_that_a_pipeline_names_is_configured_and_used() -> None:
    """Nothing is named that is not there, and nothing is there that no pipeline uses."""
    for kind in ("receivers", "processors", "exporters"):
        named = {one for pipe in CONFIG["service"]["pipelines"].values() for one in pipe[kind]}
        assert named == CONFIG[kind].keys(), kind
    assert set(CONFIG["service"]["extensions"]) == CONFIG["extensions"].keys()


def test_memory_is_limited_first_and_batches_are_made_last() -> None:
    """The order that the Collector's own documentation asks for."""
    for pipe in CONFIG["service"]["pipelines"].values():
        assert pipe["processors"][0] == "memory_limiter"
        assert pipe["processors"][-1] == "batch"


def test_spans_go_to_the_stacks_source_stream() -> None:
    """Into any other stream they would not be priced."""
    headers = CONFIG["exporters"]["otlphttp/openobserve"]["headers"]
    assert (
        headers["stream-name"]
        == f"${{env:LLMCOST_STREAM:-{Settings(environment='x').streams.source}}}"
    )


def test_no_secret_stands_in_a_file_and_each_variable_is_passed_on() -> None:
    """What the configuration reads from the environment is what the Compose file sets."""
    text = (FOLDER / "collector.yaml").read_text()
    read = set(re.findall(r"\$\{env:(\w+)", text))
    assert read == COLLECTOR["environment"].keys()
    auth = CONFIG["extensions"]["basicauth/openobserve"]["client_auth"]
    assert auth["password"] == "${env:OPENOBSERVE_PASSWORD}"


def test_what_waits_survives_a_restart() -> None:
    """The queue is on a volume, and is given up before the server would refuse what is in it."""
    exporter = CONFIG["exporters"]["otlphttp/openobserve"]
    assert exporter["sending_queue"]["storage"] in CONFIG["extensions"]
    assert exporter["retry_on_failure"]["max_elapsed_time"] == "4h"
    where = CONFIG["extensions"]["file_storage"]["directory"]
    assert f"queue:{where}" in COLLECTOR["volumes"]
    assert "queue" in COMPOSE["volumes"]


def test_it_listens_for_this_machine_only() -> None:
    """Who can send can make up costs."""
    assert all(port.startswith("127.0.0.1:") for port in COLLECTOR["ports"])
