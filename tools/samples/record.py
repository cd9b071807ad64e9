"""Records what instrumentations send: real libraries, real clients, a stand-in for the provider.

    python -m venv samples && samples/bin/pip install -r tools/samples/requirements.txt
    samples/bin/python tools/samples/record.py            # all, or the dialects that are named
    npm --prefix tools/samples/node ci                    # for the dialect node

It writes `tests/data/otlp-samples/<dialect>/<scenario>.traces.json`. Ids and times differ with each
recording; `make docs` then shows in docs/telemetry.md what else does.
"""

from __future__ import annotations

import argparse
import base64
import json
import re
import subprocess
import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from google.protobuf.json_format import MessageToDict
from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.common.trace_encoder import encode_spans
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from provider import Provider, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["main"]

_HERE: Final = Path(__file__).resolve().parent
_SAMPLES: Final = _HERE.parent.parent / "tests" / "data" / "otlp-samples"
_RESOURCE: Final = {
    "service.name": "support-bot",
    "service.version": "1.4.2",
    "deployment.environment.name": "dev",
    "team": "support-platform",
}
_IDS: Final = ("traceId", "spanId", "parentSpanId")
# Where a library is installed is of no interest to anybody else.
_INSTALLED: Final = re.compile(r'"[^"]*?/(?:site-packages|lib/python3\.\d+|tools/samples)/')


def _genai_tool(name: str) -> AbstractContextManager[Any]:
    from opentelemetry.util.genai.handler import get_telemetry_handler  # noqa: PLC0415 - of a dialect

    handler = get_telemetry_handler(tracer_provider=trace.get_tracer_provider())
    run: AbstractContextManager[Any] = handler.tool(name, tool_type="function")
    return run


def _openinference_tool(name: str) -> AbstractContextManager[Any]:
    kind = {"openinference.span.kind": "TOOL", "tool.name": name}
    return trace.get_tracer("demo.app").start_as_current_span(name, attributes=kind)


def _anthropic_sdk() -> tuple[Any, Any]:
    from anthropic_calls import ANTHROPIC  # noqa: PLC0415 - a process records one dialect

    # The client writes spans of its own accord, beside those of every instrumentation.
    return ANTHROPIC, nullcontext


def _openinference() -> tuple[Any, Any]:
    from openai_calls import OPENAI  # noqa: PLC0415 - a process records one dialect
    from openinference.instrumentation.openai import OpenAIInstrumentor  # noqa: PLC0415

    OpenAIInstrumentor().instrument()
    return OPENAI, _openinference_tool


def _openinference_anthropic() -> tuple[Any, Any]:
    from anthropic_calls import ANTHROPIC  # noqa: PLC0415 - a process records one dialect
    from openinference.instrumentation.anthropic import AnthropicInstrumentor  # noqa: PLC0415

    AnthropicInstrumentor().instrument()
    return ANTHROPIC, _openinference_tool


def _openllmetry_anthropic() -> tuple[Any, Any]:
    from anthropic_calls import ANTHROPIC  # noqa: PLC0415 - a process records one dialect
    from opentelemetry.instrumentation.anthropic import AnthropicInstrumentor  # noqa: PLC0415

    AnthropicInstrumentor().instrument()
    return ANTHROPIC, nullcontext


def _genai_anthropic() -> tuple[Any, Any]:
    from anthropic_calls import ANTHROPIC  # noqa: PLC0415 - a process records one dialect
    from opentelemetry.instrumentation.genai.anthropic import (  # noqa: PLC0415
        AnthropicInstrumentor,
    )

    AnthropicInstrumentor().instrument()
    return ANTHROPIC, _genai_tool


def _pydantic_ai() -> tuple[Any, Any]:
    from agent_calls import AGENTS  # noqa: PLC0415 - a process records one dialect
    from pydantic_ai import Agent  # noqa: PLC0415

    Agent.instrument_all()
    return AGENTS, nullcontext


_DIALECTS: Final[Mapping[str, Callable[[], tuple[Any, Any]]]] = {
    "anthropic_sdk": _anthropic_sdk,
    "genai_anthropic": _genai_anthropic,
    "openinference": _openinference,
    "openinference_anthropic": _openinference_anthropic,
    "openllmetry_anthropic": _openllmetry_anthropic,
    "pydantic_ai": _pydantic_ai,
}


def main() -> int:
    """Record the dialects that are named, each in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    known = [*_DIALECTS, "node"]
    parser.add_argument("dialects", nargs="*", help=", ".join(known))
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    names = chosen.dialects or known
    if chosen.alone:
        return _record(names[0])
    for name in names:
        subprocess.run([sys.executable, __file__, "--alone", name], check=True)
    return 0


def _record(dialect: str) -> int:
    folder = _SAMPLES / dialect
    folder.mkdir(exist_ok=True)
    with serving(Provider(_SAMPLES / "truth.yaml")) as address:
        if dialect == "node":
            command = ["node", str(_HERE / "node" / "record.mjs"), address, str(folder)]
            subprocess.run(command, check=True)
            for path in sorted(folder.glob("*.json")):
                _write(path, json.loads(path.read_text(encoding="utf-8")))
        else:
            _run(dialect, address, folder)
    return 0


def _run(dialect: str, address: str, folder: Path) -> None:
    memory = InMemorySpanExporter()
    traces = TracerProvider(resource=Resource.create(_RESOURCE))
    traces.add_span_processor(SimpleSpanProcessor(memory))
    trace.set_tracer_provider(traces)
    scenarios, tool = _DIALECTS[dialect]()
    for name, run in scenarios.items():
        run(f"{address}/{name}", tool)
        request = MessageToDict(encode_spans(memory.get_finished_spans()))
        memory.clear()
        _write(folder / f"{name}.traces.json", _hexadecimal(request))
        print(f"{dialect}/{name}")


def _hexadecimal(value: Any) -> Any:
    if isinstance(value, list):
        return [_hexadecimal(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {
        key: base64.b64decode(one).hex() if key in _IDS else _hexadecimal(one)
        for key, one in value.items()
    }


def _write(path: Path, request: Any) -> None:
    def relative(value: Any) -> Any:
        if isinstance(value, dict):
            return {key: relative(one) for key, one in value.items()}
        if isinstance(value, list):
            return [relative(one) for one in value]
        return _INSTALLED.sub('"', value) if isinstance(value, str) else value

    path.write_text(json.dumps(relative(request), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
