"""OpenTelemetry's variables for an application that sends to a stack, without the secrets in them.

Each form says where the two secrets come from: what the application is let in with, and the key
that ids of users are hashed with. With a Collector in between, the first is the Collector's.
"""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = [
    "COLLECTORS_SECRETS",
    "Destination",
    "Form",
    "as_data",
    "as_text",
    "collectors_variables",
]

Form = Literal["shell", "docker", "kubernetes", "collector"]

COLLECTORS_SECRETS: Final = ("OPENOBSERVE_USER", "OPENOBSERVE_PASSWORD")
"""Variables that a Collector needs and nobody is told."""

_HEADERS: Final = "OTEL_EXPORTER_OTLP_HEADERS"
_HASH_KEY: Final = "LLMCOST_HASH_KEY"

_BASIC: Final = (
    "$(printf %s \"${OPENOBSERVE_USER:?}:${OPENOBSERVE_PASSWORD:?}\" | base64 | tr -d '\\n')"
)


class Destination(NamedTuple):
    """Where an application sends.

    Args:
        stack: name of the stack.
        url: address of the server.
        organization: OpenObserve organization.
        stream: that takes spans, and log records under the same name.
        environment: the stack's.
        service: `service.name` of the application; empty if it says so itself.
        team: who pays for all of its calls; empty if calls say so themselves.
        logs: whether the stack keeps texts that instrumentations send in log records.
        collector: address of a Collector that sends on to the stack; empty if there is none.
    """

    stack: str
    url: str
    organization: str
    stream: str
    environment: str
    service: str = ""
    team: str = ""
    logs: bool = False
    collector: str = ""


def collectors_variables(to: Destination) -> dict[str, str]:
    """Return name → value of all that a Collector of examples/collector reads and is no secret.

    Args:
        to: where it sends on.
    """
    return {
        "OPENOBSERVE_URL": to.url.rstrip("/"),
        "OPENOBSERVE_ORG": to.organization,
        "LLMCOST_STREAM": to.stream,
    }


def as_data(to: Destination, form: Form) -> dict[str, Any]:
    """Return what scripts read: variables, the stream, and names of those without a value.

    Args:
        to: where the application sends.
        form: for what.
    """
    told, secret = _variables(to), _secret_variables(to)
    if form == "collector":
        told, secret = collectors_variables(to), COLLECTORS_SECRETS
    return {"variables": told, "stream": to.stream, "secret": [*secret]}


def as_text(to: Destination, form: Form) -> str:
    """Return what somebody pastes, or evaluates.

    Args:
        to: where the application sends.
        form: for what.
    """
    forms: Mapping[Form, Iterator[str]] = {
        "shell": _shell(to),
        "docker": _docker(to),
        "kubernetes": _kubernetes(to),
        "collector": _collector(to),
    }
    return "\n".join(forms[form]) + "\n"


def _command(to: Destination) -> str:
    between = f" --collector {shlex.quote(to.collector)}" if to.collector else ""
    return f"llmcost telemetry env --stack {shlex.quote(to.stack)}{between}"


def _get_key(to: Destination) -> str:
    return f'"$(pulumi config get llmcost:hash_key --stack {shlex.quote(to.stack)})"'


def _secret_variables(to: Destination) -> tuple[str, ...]:
    return (_HASH_KEY,) if to.collector else (_HEADERS, _HASH_KEY)


def _variables(to: Destination) -> dict[str, str]:
    resource = {"deployment.environment.name": to.environment, "team": to.team}
    told = {
        "OTEL_SERVICE_NAME": to.service,
        "OTEL_RESOURCE_ATTRIBUTES": ",".join(f"{k}={v}" for k, v in resource.items() if v),
        "OTEL_EXPORTER_OTLP_ENDPOINT": to.collector.rstrip("/")
        or f"{to.url.rstrip('/')}/api/{to.organization}",
        "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf",
        "OTEL_TRACES_EXPORTER": "otlp",
        "OTEL_METRICS_EXPORTER": "otlp",
        # Instrumentations put prompts there: what nobody keeps need not be sent.
        "OTEL_LOGS_EXPORTER": "otlp" if to.logs else "none",
        "OTEL_PYTHON_CONFIGURATOR": "llmcost",
    }
    return {name: value for name, value in told.items() if value}


def _shell(to: Destination) -> Iterator[str]:
    yield f'# eval "$({_command(to)})"'
    if not to.collector:
        yield "# OPENOBSERVE_USER and OPENOBSERVE_PASSWORD have to be set: e-mail and token of a"
        yield "# service account, or a user's."
    yield "# LLMCOST_HASH_KEY is the stack's:"
    yield f"#   export {_HASH_KEY}={_get_key(to)}"
    for name, value in _variables(to).items():
        yield f"export {name}={shlex.quote(value)}"
    if to.collector:
        yield f"unset {_HEADERS}"
    else:
        yield f'export {_HEADERS}="Authorization=Basic%20{_BASIC},stream-name={to.stream}"'


def _docker(to: Destination) -> Iterator[str]:
    yield "# docker run --env-file FILE: a line without = passes a variable of your shell on. Set:"
    if not to.collector:
        yield f'#   eval "$({_command(to)})"'
    yield f"#   export {_HASH_KEY}={_get_key(to)}"
    for name, value in _variables(to).items():
        yield f"{name}={value}"
    yield from _secret_variables(to)


def _kubernetes(to: Destination) -> Iterator[str]:
    yield "# kubectl create secret generic llmcost \\"
    if not to.collector:
        yield f'#   --from-literal=authorization="Basic%20{_BASIC}" \\'
    yield f"#   --from-literal=hash-key={_get_key(to)}"
    yield "# Then, in the container:"
    yield "env:"
    for name, value in _variables(to).items():
        yield f"  - name: {name}"
        # A name in $() would be filled in.
        yield f"    value: {json.dumps(value).replace('$(', '$$(')}"
    if not to.collector:
        yield from _secret("LLMCOST_AUTHORIZATION", "authorization")
        yield f"  - name: {_HEADERS}"
        yield f'    value: "Authorization=$(LLMCOST_AUTHORIZATION),stream-name={to.stream}"'
    yield from _secret(_HASH_KEY, "hash-key")


def _collector(to: Destination) -> Iterator[str]:
    yield "# examples/collector/.env: docker compose reads it, and takes OPENOBSERVE_USER and"
    yield "# OPENOBSERVE_PASSWORD from your shell: e-mail and token of a service account."
    for name, value in collectors_variables(to).items():
        yield f"{name}={value}"


def _secret(name: str, key: str) -> Iterator[str]:
    yield f"  - name: {name}"
    yield "    valueFrom:"
    yield f"      secretKeyRef: {{name: llmcost, key: {key}}}"
