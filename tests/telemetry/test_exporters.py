"""What the environment asks for is exported, however nearly right it is."""

from __future__ import annotations

import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

from llmcost_infra.telemetry.exporters import exporters

NOWHERE = "http://127.0.0.1:9"


@pytest.mark.parametrize(("protocol", "told"), [("HTTP/protobuf", 0), ("http/json", 1)])
def test_a_protocol_that_is_not_known_is_the_one_that_servers_take(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, protocol: str, told: int
) -> None:
    """A name that is nearly right loses no call."""
    monkeypatch.delenv("OTEL_TRACES_EXPORTER", raising=False)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", NOWHERE)
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", protocol)
    (exporter,) = exporters("traces")
    assert isinstance(exporter, OTLPSpanExporter)
    assert len(caplog.records) == told
