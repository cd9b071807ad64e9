"""A made-up call whose texts are full of secrets, to see whether any of them is kept."""

from __future__ import annotations

import json
import re
import secrets
import string
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.utc import microseconds

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from llmcost_infra.settings import Settings

__all__ = ["SERVICE", "Canary", "Secret", "hatch"]

SERVICE: Final = "llmcost-doctor"
"""Name of the service whose call a canary is."""
_MODEL: Final = "gpt-4o-mini"


@dataclass(frozen=True, slots=True)
class Secret:
    """What must not be kept.

    Args:
        kind: e.g. ``email``.
        text: as somebody would write it.
        telling: letters and digits by which it is known, however it is spelled.
    """

    kind: str
    text: str
    telling: str


@dataclass(frozen=True, slots=True)
class Canary:
    """A call.

    Args:
        trace_id: of its spans.
        secrets: one of each kind.
        services: that make it, a span each.
        environment: in which they run, by column of a resource attribute.
        at: when it began.
    """

    trace_id: str
    secrets: tuple[Secret, ...]
    services: tuple[str, ...]
    environment: Mapping[str, str]
    at: datetime

    @property
    def text(self) -> str:
        """What the person wrote who made the call."""
        return "\n".join(f"my {one.kind}: {one.text}" for one in self.secrets)

    @property
    def attributes(self) -> dict[str, str | int]:
        """Attributes of its spans: a call of two tokens, with texts where they usually are."""
        return self.details | {
            "gen_ai.response.model": _MODEL,
            "gen_ai.usage.input_tokens": 1,
            "gen_ai.usage.output_tokens": 1,
        }

    @property
    def details(self) -> dict[str, str | int]:
        """Attributes of its log records."""
        asked, answered = (
            json.dumps([{"role": role, "parts": [{"type": "text", "content": self.text}]}])
            for role in ("user", "assistant")
        )
        return {
            "gen_ai.operation.name": "chat",
            "gen_ai.provider.name": "openai",
            "gen_ai.request.model": _MODEL,
            "gen_ai.input.messages": asked,
            "gen_ai.output.messages": answered,
            "llmcost.doctor.note": self.text,  # which nobody foresaw
        }

    def row(self, service: str) -> dict[str, Any]:
        """Return the row that the server makes of a span, as a pipeline gets it."""
        start = microseconds(self.at)
        return _columns(self.attributes) | {
            "_timestamp": start,
            "start_time": start * 1_000,
            "end_time": (start + 1) * 1_000,
            "duration": 1,
            "trace_id": self.trace_id,
            "span_id": secrets.token_hex(8),
            "span_kind": "3",
            "span_status": "UNSET",
            "status_message": self.text,
            "operation_name": self.text,
            "service_name": service,
            "events": json.dumps([{"name": self.text, "_timestamp": start}]),
            "links": "[]",
            **self.environment,
        }

    def log_row(self, service: str) -> dict[str, Any]:
        """Return the row that the server makes of a log record, as a pipeline gets it."""
        return _columns(self.details | self._resource(service)) | {
            "_timestamp": microseconds(self.at),
            "trace_id": self.trace_id,
            "span_id": secrets.token_hex(8),
            "severity": 9,
            "body": self.text,
        }

    def log_request(self) -> bytes:
        """Return the export request that sends its log records, as protobuf."""
        # Heavy, and a look that sends nothing needs none of it.
        from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (  # noqa: PLC0415
            ExportLogsServiceRequest,
        )

        sent = ExportLogsServiceRequest()
        for service in self.services:
            block = sent.resource_logs.add()
            _add(block.resource.attributes, self._resource(service))
            record = block.scope_logs.add().log_records.add()
            record.time_unix_nano = microseconds(self.at) * 1_000
            record.trace_id, record.span_id = bytes.fromhex(self.trace_id), secrets.token_bytes(8)
            record.body.string_value = self.text
            _add(record.attributes, self.details)
        return sent.SerializeToString()

    def _resource(self, service: str) -> dict[str, str | int]:
        """Return what its resource says of a service."""
        where = {name.removeprefix("service_"): one for name, one in self.environment.items()}
        return {"service.name": service, **where}

    def request(self) -> bytes:
        """Return the export request that sends it, as protobuf."""
        # Heavy, and a look that sends nothing needs none of it.
        from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (  # noqa: PLC0415
            ExportTraceServiceRequest,
        )

        sent = ExportTraceServiceRequest()
        start = microseconds(self.at) * 1_000
        for service in self.services:
            block = sent.resource_spans.add()
            _add(block.resource.attributes, self._resource(service))
            span = block.scope_spans.add().spans.add(name=self.text, kind=3)
            span.trace_id, span.span_id = bytes.fromhex(self.trace_id), secrets.token_bytes(8)
            span.start_time_unix_nano, span.end_time_unix_nano = start, start + 1_000
            # No error by its code, so that it is counted among no failures.
            span.status.message = self.text
            span.events.add(name=self.text, time_unix_nano=start)
            _add(span.attributes, self.attributes)
        return sent.SerializeToString()

    def kept_in(self, stored: Any) -> list[str]:
        """Return the kinds of secrets that are in something stored."""
        bones = _bones(json.dumps(stored, ensure_ascii=False))
        return [one.kind for one in self.secrets if one.telling in bones]


def hatch(settings: Settings, at: datetime) -> Canary:
    """Return a canary for a stack, with secrets that are made up.

    Args:
        settings: of the stack; where it captures texts, one of those services calls as well.
        at: when the call begins.
    """
    capturing = settings.content.services[:1] if settings.content.capture else ()
    own = [one for one in settings.attribution.environment if one.startswith("service_")]
    columns = own or ["service_deployment_environment_name"]
    return Canary(
        secrets.token_hex(16),
        tuple(_made_up()),
        (SERVICE, *capturing),
        dict.fromkeys(columns, settings.environment),
        at,
    )


def _columns(attributes: Mapping[str, str | int]) -> dict[str, str]:
    return {name.replace(".", "_"): str(one) for name, one in attributes.items()}


def _add(attributes: Any, told: Mapping[str, str | int]) -> None:
    """Add attributes to a message of OTLP, which has no types."""
    for name, value in told.items():
        attribute = attributes.add(key=name).value
        if isinstance(value, int):
            attribute.int_value = value
        else:
            attribute.string_value = value


def _made_up() -> list[Secret]:
    word, key, token, password = (
        _of(string.ascii_lowercase + string.digits, size) for size in (16, 40, 40, 20)
    )
    card, account, phone = _card(), _account(), f"+49 15{_of(string.digits, 9)}"
    number = f"1{_of('123456789', 2)}-{_of('123456789', 2)}-{_of('123456789', 4)}"
    address = ":".join(["2001", "db8", *(f"a{_of(string.digits, 3)}" for _ in range(6))])
    return [
        Secret("email", f"{word}@example.com", word),
        Secret("phone", phone, _bones(phone)),
        Secret("card", card, card),
        Secret("iban", account, _bones(account)),
        Secret("id", number, _bones(number)),
        Secret("key", f"sk-{key}", key),
        Secret("token", f"Bearer {token}", token),
        Secret("secret", f"password: {password}", password),
        Secret("ip", address, _bones(address)),
    ]


def _of(alphabet: str, size: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(size))


def _card() -> str:
    """Return a number of a card's form, with its check digit."""
    number = f"4{_of(string.digits, 14)}"
    doubled = [int(digit) * (2 - place % 2) for place, digit in enumerate(reversed(number))]
    return f"{number}{-sum(one // 10 + one % 10 for one in doubled) % 10}"


def _account() -> str:
    """Return a number of a German account's form, with its check digits."""
    body = _of(string.digits, 18)
    return f"DE{98 - int(f'{body}131400') % 97:02}{body}"


def _bones(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())
