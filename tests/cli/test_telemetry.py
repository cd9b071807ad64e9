"""What `llmcost telemetry env` prints is what an application needs, and no secret."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
import yaml
from opentelemetry.util.re import parse_env_headers

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.cli.conftest import Type

ENDPOINT = "https://observe.example.com/api/acme"
PASSWORD = 'p"a$s w/o+rd='
SET = {"OPENOBSERVE_USER": "app@example.com", "OPENOBSERVE_PASSWORD": PASSWORD}


@pytest.fixture(autouse=True)
def nobody_named_a_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack's own configuration says where its server is."""
    for name in ("OPENOBSERVE_URL", "OPENOBSERVE_ORG", "OPENOBSERVE_USER", "OPENOBSERVE_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


def sent(headers: str) -> Mapping[str, str]:
    """Return the headers that OpenTelemetry makes of the variable."""
    return parse_env_headers(headers, liberal=True)


def is_let_in(headers: Mapping[str, str]) -> bool:
    """Tell whether the server knows who sends."""
    kind, _, told = headers["authorization"].partition(" ")
    return kind == "Basic" and base64.b64decode(told).decode() == f"app@example.com:{PASSWORD}"


def test_a_shell_that_evaluates_it_is_set_up(llmcost: Type) -> None:
    """Endpoint, protocol, headers with stream and authorization, and who the application is."""
    ended = llmcost("telemetry", "env", "--stack", "prod", "--service", "bot", "--team", "search")
    assert ended.code == 0, ended.err
    shell = subprocess.run(  # noqa: S603 - what we print
        ["/bin/sh", "-euc", f"{ended.out}\nenv"],
        env={**SET, "PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    told = dict(line.partition("=")[::2] for line in shell.stdout.splitlines())
    assert told["OTEL_EXPORTER_OTLP_ENDPOINT"] == ENDPOINT
    assert told["OTEL_EXPORTER_OTLP_PROTOCOL"] == "http/protobuf"
    assert told["OTEL_SERVICE_NAME"] == "bot"
    assert told["OTEL_RESOURCE_ATTRIBUTES"] == "deployment.environment.name=prod,team=search"
    assert told["OTEL_PYTHON_CONFIGURATOR"] == "llmcost"
    headers = sent(told["OTEL_EXPORTER_OTLP_HEADERS"])
    assert headers["stream-name"] == "llm_ingest"
    assert is_let_in(headers)


@pytest.mark.parametrize(("service", "exporter"), [("", "otlp"), ("bot", "otlp"), ("shop", "none")])
def test_log_records_are_sent_where_their_texts_are_kept(
    llmcost: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, service: str, exporter: str
) -> None:
    """By the same header; where nobody keeps them, texts do not leave the application."""
    content = {"capture": True, "services": ["bot"], "shared_org_ok": True}
    config = {
        "llmcost:settings": {"environment": "dev", "content": content},
        "openobserve:url": "https://observe.example.com",
    }
    (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(json.dumps({"config": config}))
    (tmp_path / "__main__.py").touch()
    monkeypatch.chdir(tmp_path)
    asked = ("--service", service) if service else ()
    told = json.loads(llmcost("telemetry", "env", "--stack", "dev", "--json", *asked).out)
    assert told["variables"]["OTEL_LOGS_EXPORTER"] == exporter
    assert "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT" not in told["variables"]


def test_without_capture_no_log_record_is_sent(llmcost: Type) -> None:
    """Instrumentations put prompts there."""
    told = json.loads(llmcost("telemetry", "env", "--stack", "prod", "--json").out)
    assert told["variables"]["OTEL_LOGS_EXPORTER"] == "none"


def test_a_shell_without_a_user_says_so(llmcost: Type) -> None:
    """Nobody sends with half of a name and gets 401s from then on."""
    ended = llmcost("telemetry", "env", "--stack", "prod")
    shell = subprocess.run(  # noqa: S603 - what we print
        ["/bin/sh", "-ec", ended.out], env={}, capture_output=True, text=True, check=False
    )
    assert "OPENOBSERVE_USER" in shell.stderr


def test_an_env_file_passes_secrets_on(llmcost: Type) -> None:
    """Docker takes a line without a value from the shell that runs it."""
    ended = llmcost("telemetry", "env", "--stack", "prod", "--for", "docker")
    lines = [line for line in ended.out.splitlines() if not line.startswith("#")]
    assert f"OTEL_EXPORTER_OTLP_ENDPOINT={ENDPOINT}" in lines
    assert [line for line in lines if "=" not in line] == [
        "OTEL_EXPORTER_OTLP_HEADERS", "LLMCOST_HASH_KEY",
    ]  # fmt: skip


def test_a_container_gets_secrets_from_a_secret(llmcost: Type) -> None:
    """Kubernetes fills a variable in where one defined before is named."""
    ended = llmcost("telemetry", "env", "--stack", "prod", "--for", "kubernetes")
    env = {one["name"]: one for one in yaml.safe_load(ended.out)["env"]}
    assert env["OTEL_EXPORTER_OTLP_ENDPOINT"]["value"] == ENDPOINT
    assert env["LLMCOST_HASH_KEY"]["valueFrom"]["secretKeyRef"]["key"] == "hash-key"
    names = list(env)
    assert names.index("LLMCOST_AUTHORIZATION") < names.index("OTEL_EXPORTER_OTLP_HEADERS")
    basic = base64.b64encode(f"app@example.com:{PASSWORD}".encode()).decode()
    told = env["OTEL_EXPORTER_OTLP_HEADERS"]["value"]
    assert is_let_in(sent(told.replace("$(LLMCOST_AUTHORIZATION)", f"Basic%20{basic}")))


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Put a stack `dev` in place whose server is at an address."""

    def put(url: str) -> None:
        config = {"llmcost:settings": {"environment": "dev"}, "openobserve:url": url}
        (tmp_path / "Pulumi.yaml").write_text("name: p\nruntime: python\n")
        (tmp_path / "Pulumi.dev.yaml").write_text(json.dumps({"config": config}))
        (tmp_path / "__main__.py").touch()
        monkeypatch.chdir(tmp_path)

    return put


@pytest.mark.parametrize(
    "url", ["observe.example.com", "http://[", "https://app:pass-word@observe.example.com"]
)
def test_an_address_that_no_application_can_send_to_is_refused(
    llmcost: Type, at: Callable[[str], None], url: str
) -> None:
    """Or that has a password in it, which is not printed."""
    at(url)
    ended = llmcost("telemetry", "env", "--stack", "dev")
    assert ended.code != 0
    assert "openobserve:url" in ended.err
    assert "pass-word" not in ended.out + ended.err


def test_what_an_address_has_in_it_stays_as_it_is_in_a_manifest(
    llmcost: Type, at: Callable[[str], None]
) -> None:
    """A quote ends no text, and Kubernetes fills nothing in."""
    at('https://observe.example.com/"$(HOME)')
    ended = llmcost("telemetry", "env", "--stack", "dev", "--for", "kubernetes")
    env = {one["name"]: one.get("value") for one in yaml.safe_load(ended.out)["env"]}
    endpoint = 'https://observe.example.com/"$$(HOME)/api/default'
    assert env["OTEL_EXPORTER_OTLP_ENDPOINT"] == endpoint


COLLECTOR = "http://collector:4318"


def test_behind_a_collector_a_shell_needs_no_secret_of_the_server(llmcost: Type) -> None:
    """The Collector has it; a header that was set before goes, or it would be sent there."""
    ended = llmcost("telemetry", "env", "--stack", "prod", "--collector", f"{COLLECTOR}/")
    shell = subprocess.run(  # noqa: S603 - what we print
        ["/bin/sh", "-euc", f"{ended.out}\nenv"],
        env={"PATH": os.environ["PATH"], "OTEL_EXPORTER_OTLP_HEADERS": "Authorization=Basic%20old"},
        capture_output=True,
        text=True,
        check=True,
    )
    told = dict(line.partition("=")[::2] for line in shell.stdout.splitlines())
    assert told["OTEL_EXPORTER_OTLP_ENDPOINT"] == COLLECTOR
    assert "OTEL_EXPORTER_OTLP_HEADERS" not in told
    assert "OPENOBSERVE" not in ended.out


@pytest.mark.parametrize("form", ["docker", "kubernetes"])
def test_behind_a_collector_containers_are_given_the_hash_key_only(
    llmcost: Type, form: str
) -> None:
    """In every form, and in what scripts are told."""
    asked = ("telemetry", "env", "--stack", "prod", "--collector", COLLECTOR)
    ended = llmcost(*asked, "--for", form)
    assert "LLMCOST_HASH_KEY" in ended.out
    assert "uthorization" not in ended.out
    assert "HEADERS" not in ended.out
    told = json.loads(llmcost(*asked, "--json").out)
    assert told["secret"] == ["LLMCOST_HASH_KEY"]
    assert told["variables"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == COLLECTOR


def test_the_collectors_own_file_has_what_its_configuration_reads(llmcost: Type) -> None:
    """All but the secrets, which Compose takes from the shell; scripts are told the same."""
    asked = ("telemetry", "env", "--stack", "prod", "--for", "collector")
    ended = llmcost(*asked)
    lines = [line for line in ended.out.splitlines() if not line.startswith("#")]
    assert lines == [
        "OPENOBSERVE_URL=https://observe.example.com",
        "OPENOBSERVE_ORG=acme",
        "LLMCOST_STREAM=llm_ingest",
    ]
    told = json.loads(llmcost(*asked, "--json").out)
    assert [f"{name}={value}" for name, value in told["variables"].items()] == lines
    assert told["secret"] == ["OPENOBSERVE_USER", "OPENOBSERVE_PASSWORD"]


@pytest.mark.parametrize(
    "address", ["collector:4318", "http://c:4318/$(id)", "grpc://c", "http://"]
)
def test_an_address_that_is_none_is_refused(llmcost: Type, address: str) -> None:
    """Before an application waits for an exporter that cannot reach it."""
    ended = llmcost("telemetry", "env", "--stack", "prod", "--collector", address)
    assert ended.code == 2
    assert "http://collector:4318" in ended.err


def test_a_collector_is_not_told_of_a_service(llmcost: Type) -> None:
    """Its file is for all applications that send to it."""
    asked = ("telemetry", "env", "--stack", "prod", "--for", "collector")
    ended = llmcost(*asked, "--team", "search")
    assert ended.code == 2
    assert "for applications" in ended.err


@pytest.mark.parametrize("form", ["shell", "docker", "kubernetes", "collector"])
def test_no_secret_is_printed(llmcost: Type, monkeypatch: pytest.MonkeyPatch, form: str) -> None:
    """Also when the environment has them: what is printed is pasted into tickets."""
    for name, value in {**SET, "LLMCOST_HASH_KEY": "grains-of-salt"}.items():
        monkeypatch.setenv(name, value)
    ended = llmcost("telemetry", "env", "--stack", "prod", "--for", form)
    assert ended.code == 0, ended.err
    for secret in (PASSWORD, "grains-of-salt", base64.b64encode(PASSWORD.encode()).decode()):
        assert secret not in ended.out + ended.err


def test_scripts_get_json(llmcost: Type) -> None:
    """With the names of what they have to fill in."""
    told = json.loads(llmcost("telemetry", "env", "--stack", "prod", "--json").out)
    assert told["variables"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == ENDPOINT
    assert told["stream"] == "llm_ingest"
    assert told["secret"] == ["OTEL_EXPORTER_OTLP_HEADERS", "LLMCOST_HASH_KEY"]


def test_a_stack_without_an_address_takes_the_environments(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And its own stream, with the stack's prefix."""
    monkeypatch.setenv("OPENOBSERVE_URL", "http://127.0.0.1:5080/")
    monkeypatch.setenv("OPENOBSERVE_ORG", "mine")
    told = json.loads(llmcost("telemetry", "env", "--stack", "local", "--json").out)
    assert told["variables"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == "http://127.0.0.1:5080/api/mine"
    assert told["stream"] == "demo_llm_ingest"


def test_an_applications_user_and_password_do_not_hide_the_embedded_server(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shell that evaluates the lines has both set before it asks for them."""
    monkeypatch.setenv("OPENOBSERVE_USER", "root@example.com")
    monkeypatch.setenv("OPENOBSERVE_PASSWORD", "its password")
    address = SimpleNamespace(url="http://127.0.0.1:5099")
    monkeypatch.setattr("llmcost_infra.first_run.embedded.running", lambda _folder: address)
    told = json.loads(llmcost("telemetry", "env", "--stack", "local", "--json").out)
    assert told["variables"]["OTEL_EXPORTER_OTLP_ENDPOINT"] == f"{address.url}/api/default"


def test_a_stack_of_no_server_says_how_to_get_one(
    llmcost: Type, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No address is an error with the next step."""
    monkeypatch.setattr("llmcost_infra.first_run.embedded.running", lambda _folder: None)
    ended = llmcost("telemetry", "env", "--stack", "local")
    assert ended.code == 3
    assert "llmcost up" in ended.err


@pytest.mark.parametrize("name", ["two words", "a,b=c", 'quo"te', "$(id)"])
def test_a_name_that_would_mean_something_else_is_refused(llmcost: Type, name: str) -> None:
    """No service or team can add variables or run commands."""
    ended = llmcost("telemetry", "env", "--stack", "prod", "--team", name)
    assert ended.code == 2
    assert "letters" in ended.err
