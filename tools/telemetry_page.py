"""Writes docs/telemetry.md from the recorded samples, run through the pipeline."""

from __future__ import annotations

import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from markdown_table import table
from recorded_samples import Facts, dialects, recorded, recorded_logs, truth

from llmcost_infra.catalog import load_pipeline, render_pipeline
from llmcost_infra.pricing import load_table
from llmcost_infra.pricing.money import plain
from llmcost_infra.settings import Settings
from llmcost_infra.sql_engine.vrl import Program

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from recorded_samples import Dialect, Sample

__all__ = ["PAGE", "main", "page"]

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "telemetry.md"

_INTRODUCTION: Final = """\
# What instrumentations send, and what becomes of it

`make docs` writes this page from the samples in
[tests/data/otlp-samples](../tests/data/otlp-samples/README.md): what real instrumentations sent,
run through the pipeline. One call to a model is one row, whoever reports it. What an
instrumentation does not tell is null and has a reason in `llmcost_pricing_status`; it is never 0.

## Spans that repeat others

One call may be reported twice: by a hand-written wrapper round an instrumented client, by two
instrumentations, or by Anthropic's own client, which in its newer versions writes a span beside
that of every instrumentation. One span alone cannot tell. The setting `repeats` says whose spans
are no calls of their own; by default:

```yaml
llmcost:settings:
  repeats:
    - dialect: wrapper
    - dialect: anthropic_sdk
```

- **Nothing but the client or the wrapper reports a service's calls?** Then leave it out of
  `repeats` (`repeats: []`), or name the services in which it does repeat: `services:
  [support-bot]`. Otherwise those calls go to the other traces and cost nothing here.
- **Two instrumentations in one service?** Switch one off, or name it: `- {dialect: openinference,
  services: [support-bot]}`. Rows that were stored stay as they are.
- **Anthropic's client** is silent with `ANTHROPIC_OPEN_TELEMETRY=false`.

Agents and workflows that repeat the usage of their calls (`invoke_agent`, OpenInference's AGENT and
CHAIN, OpenLLMetry's workflows) are never calls. A client's retries are one span, hence one call.

A cache write whose lifetime nobody told is priced as one of five minutes; then
`llmcost_cache_write_1h_tokens` is null. A stream from Anthropic that was left told its input and
one token of output: it is `no_usage`, because the rest of the output is not known.
"""
_LOG_TEXTS: Final = ("llm_input", "llm_output")
_SUMMARY: Final = """
## Instrumentations

"Dialect" is what `llmcost_dialect` says. "Exact" counts the recorded scenarios whose calls, tokens
and cost are stored as the provider bills them.
"""
_LOGS: Final = """
## Log records

Calls are counted by their spans alone. Some instrumentations send what was asked and answered as
events in logs: here is how many of the recorded ones leave which text in a stack that captures
their service. One that captures nothing keeps none ([privacy.md](privacy.md#texts-in-logs)). An
application whose own capture is off sends events without texts.
"""
_SAMPLES: Final = """
## Every sample

Calls and tool runs, tokens of a call as input / output (cached and reasoning ones included), USD of
a call. Where what is stored is not what the provider bills, the last column says why.
"""


def main() -> int:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    return 0


def page() -> str:
    """Return the page."""
    default = _normaliser(Settings(environment="docs"))
    alone = _normaliser(Settings(environment="docs", repeats=()))
    true = truth()
    summary: list[tuple[str, ...]] = []
    details: list[str] = []
    for dialect in dialects():
        program = alone if dialect.alone else default
        stored = {one.name: _stored(program, one) for one in recorded(dialect.folder)}
        exact = sum(_told(facts) == _told(true[name]) for name, facts in stored.items())
        summary.append(
            (
                dialect.instrumentation,
                f"`{dialect.row}`",
                dialect.sends,
                f"{exact} of {len(stored)}",
            )
        )
        details += _details(dialect, stored, true)
    head = ("instrumentation", "dialect", "what it sends", "exact")
    parts = [_INTRODUCTION + _SUMMARY, *table(head, summary), _LOGS, *_logs(), _SAMPLES, *details]
    return "\n".join(parts) + "\n"


def _normaliser(settings: Settings) -> Program:
    rendered = render_pipeline(load_pipeline("llm_cost"), settings, load_table())
    return Program(rendered.functions["normalise"].text)


def _logs() -> Iterator[str]:
    """Yield a line for each kind of event that was recorded."""
    content = {"capture": True, "services": ["support-bot"], "shared_org_ok": True}
    # What the recorded applications say of themselves.
    settings = Settings.from_mapping({"environment": "dev", "content": content})
    rendered = render_pipeline(load_pipeline("llm_logs"), settings, load_table())
    reader = Program(rendered.functions["read_logs"].text)
    found: dict[tuple[str, str], Counter[str]] = {}
    for dialect in dialects():
        for event, row in recorded_logs(dialect.folder):
            made: dict[str, Any] = reader.run(row)
            counted = found.setdefault((dialect.instrumentation, event), Counter())
            counted.update(name for name in _LOG_TEXTS if made.get(name))
            counted["records"] += 1
    yield from table(
        ("instrumentation", "event", "records", "what was asked", "what was answered"),
        (
            (who, f"`{event}`", *(f"{counted[one]}" for one in ("records", *_LOG_TEXTS)))
            for (who, event), counted in found.items()
        ),
    )


def _stored(program: Program, sample: Sample) -> Facts:
    """Return what the pipeline makes of a sample; its calls are alike."""
    rows: list[dict[str, Any]] = [program.run(row) for row in sample.rows]
    calls = [row for row in rows if row["llmcost_is_call"]]
    tools = sum(row["llmcost_is_tool"] for row in rows)
    if not calls:
        return Facts(calls=0, tools=tools)
    first = calls[0]
    usd = first["llmcost_cost_usd"]
    return Facts(
        calls=len(calls),
        tools=tools,
        status=first["llmcost_pricing_status"],
        input=first["llmcost_input_tokens"],
        output=first["llmcost_output_tokens"],
        usd=None if usd is None else _exact(usd),
    )


def _details(
    dialect: Dialect, stored: Mapping[str, Facts], true: Mapping[str, Facts]
) -> Iterator[str]:
    yield f"\n### {dialect.folder}: {dialect.instrumentation}\n"
    head = ("scenario", "calls", "tools", "tokens", "USD", "the provider bills", "why")
    yield from table(
        head,
        (
            (
                f"`{name}`", f"{facts.calls}", f"{facts.tools}", _tokens(facts), _usd(facts),
                "" if _told(facts) == _told(true[name]) else _bill(true[name]),
                dialect.differs.get(name, {}).get("why", ""),
            )
            for name, facts in stored.items()
        ),
    )  # fmt: skip


def _exact(usd: float) -> Decimal:
    # The pipeline's floats are exact to far below what a price table can say.
    return round(Decimal(usd), 12).normalize()


def _told(facts: Facts) -> tuple[object, ...]:
    return (facts.calls, facts.tools, facts.status, facts.input, facts.output, facts.usd)


def _tokens(facts: Facts) -> str:
    told = ("" if one is None else f"{one:,}" for one in (facts.input, facts.output))
    return "" if facts.input is None and facts.output is None else " / ".join(told).rstrip()


def _usd(facts: Facts) -> str:
    if not facts.calls:
        return ""
    return f"`{facts.status}`" if facts.usd is None else plain(facts.usd)


def _bill(facts: Facts) -> str:
    calls = f"{facts.calls} {'call' if facts.calls == 1 else 'calls'}"
    tools = f", {facts.tools} tool run" if facts.tools else ""
    return f"{calls}{tools}, {_tokens(facts)}, {_usd(facts)}"


if __name__ == "__main__":
    sys.exit(main())
