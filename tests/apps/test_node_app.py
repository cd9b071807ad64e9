"""The Node application is in the LLM stream call by call, as far as its instrumentation tells."""

from __future__ import annotations

import json
import socket
import subprocess
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from example_apps import NODE_APP

from llmcost_infra.doctor import compare_sums, metric_statement, metric_sums
from llmcost_infra.pricing.compiled import SHIPPED
from llmcost_infra.pseudonyms import pseudonym
from llmcost_infra.telemetry.cost import usd_of
from tests.apps.conftest import SETTINGS
from tests.pipelines.conftest import HASH_KEY

if TYPE_CHECKING:
    from tests.apps.conftest import OpenObserve, Run

APP = ("node", "--require", "./instrumentation.cjs", "app.cjs")
MAY_2026_NS = 1_778_000_000_000_000_000


def told_by(node: str, program: str) -> Any:
    """Return what a program prints as JSON, run in the application's folder."""
    told = subprocess.run(  # noqa: S603 - our own words
        [node, "-e", program], cwd=NODE_APP, capture_output=True, text=True, check=True
    )
    return json.loads(told.stdout)


def test_a_node_application_is_seen(run: Run, openobserve: OpenObserve, node: str) -> None:
    """With features, a hashed user, a stream's usage and a refusal.

    Its instrumentation tells no cached tokens, so that the stream counts them at the full price.
    """
    printed = run("node-app", node, *APP[1:], service="node-bot")
    assert printed.splitlines() == ["A short answer.", "A short answer.", "refused: 429"]

    rows = {row["llmcost_feature"]: row for row in openobserve.calls("node-bot")}

    assert rows.keys() == {"summarize", "story", "translate"}
    assert rows["summarize"]["llmcost_cost_usd"] == pytest.approx(0.000231, abs=1e-12)
    assert rows["story"]["llmcost_cost_usd"] == pytest.approx(0.008015, abs=1e-12)
    assert rows["translate"]["llmcost_error_class"] == "rate_limit"
    assert {row["llmcost_user"] for row in rows.values()} == {
        pseudonym("ann@example.com", HASH_KEY)
    }
    assert {row["llmcost_team"] for row in rows.values()} == {"content"}
    assert {row["llmcost_environment"] for row in rows.values()} == {"dev"}


@pytest.mark.usefixtures("node")
def test_every_call_is_there_however_little_is_sampled(run: Run, openobserve: OpenObserve) -> None:
    """A share of 0 is one of all other traces; the metric counts what is stored."""
    begin = datetime.fromtimestamp(openobserve.since / 1e6, UTC)
    run("node-app", "env", "OTEL_TRACES_SAMPLER_ARG=0", *APP, service="node-sampled")

    rows = openobserve.calls("node-sampled")
    asked = metric_statement(begin - timedelta(minutes=1), SETTINGS.environment)
    counted = metric_sums(openobserve.search(asked, "metrics"), begin)

    usd = sum(row["llmcost_cost_usd"] for row in rows if "llmcost_cost_usd" in row)
    spans = [{"service_name": "node-sampled", "usd": usd}]
    mine = {name: one for name, one in counted.items() if name == "node-sampled"}
    [found] = compare_sums(mine, spans)
    assert len(rows) == 3
    assert usd == pytest.approx(0.000231 + 0.008015, abs=1e-12)
    assert float(found.metric_usd) == pytest.approx(usd, abs=1e-12)


def test_a_sampler_leaves_all_other_spans_to_their_parents(node: str) -> None:
    """Under a parent that is not kept a call is kept, and a database query is not."""
    program = """
        const { LlmSampler } = require('./sampler.cjs');
        const { ROOT_CONTEXT, trace } = require('@opentelemetry/api');
        const ids = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 0 };
        const under = trace.setSpanContext(ROOT_CONTEXT, ids);
        const one = (attributes) => new LlmSampler().shouldSample(
            under, ids.traceId, 'a span', 2, attributes, []).decision;
        const call = { 'gen_ai.operation.name': 'chat' };
        console.log(JSON.stringify([one(call), one({ 'db.system': 'x' })]));
    """
    assert told_by(node, program) == [2, 0]


@pytest.mark.parametrize(
    "said",
    [
        {"gen_ai.response.model": "gpt-4o-2024-08-06"},
        {"gen_ai.usage.cache_read.input_tokens": 1920},
        {"gen_ai.response.model": "gpt-4.1-mini", "openai.response.service_tier": "priority"},
        {"openai.response.service_tier": "no-such-tier"},
        {"gen_ai.response.model": "gpt-7-unheard-of"},
        {"gen_ai.response.model": "text-embedding-3-small", "gen_ai.usage.output_tokens": None},
        {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0},
        {"gen_ai.usage.cache_read.input_tokens": 9_999},
        {"gen_ai.provider.name": "nobody"},
        {"gen_ai.response.model": None},
    ],
)
def test_a_call_costs_the_same_in_every_language(node: str, said: dict[str, Any]) -> None:
    """Node counts what Python counts, and nothing where Python does not know."""
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": "openai",
        "gen_ai.request.model": "gpt-4o-mini",
        "gen_ai.usage.input_tokens": 2006,
        "gen_ai.usage.output_tokens": 300,
    } | said
    attributes = {name: value for name, value in attributes.items() if value is not None}
    program = (
        f"const usd = require('./cost.cjs').usdOf({json.dumps(attributes)},"
        f" {MAY_2026_NS // 1000}, require({json.dumps(str(SHIPPED))}));"
        "console.log(JSON.stringify(usd ?? null))"
    )
    usd = usd_of(attributes, MAY_2026_NS)
    assert told_by(node, program) == (None if usd is None else pytest.approx(float(usd)))


def test_without_prices_the_application_runs_and_counts_nothing(node: str) -> None:
    """What is missing is said once."""
    ended = subprocess.run(  # noqa: S603 - our own words
        [node, "-e", "new (require('./cost.cjs').CostProcessor)('nowhere.json').onEnd({})"],
        cwd=NODE_APP,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "no prices in nowhere.json (ENOENT)" in ended.stderr


CALLS = """
    const OpenAI = require("openai");
    const { completions } = new OpenAI({ maxRetries: 0 }).chat;
    const asked = { model: "gpt-4o-mini", messages: [{ role: "user", content: "Fjords?" }] };
"""


def test_what_a_client_parses_is_seen(run: Run, openobserve: OpenObserve, node: str) -> None:
    """The instrumentation and the client's own `parse` take one answer, which can be read once."""
    program = f"""{CALLS}
        completions.parse(asked).then((told) => console.log(told.choices[0].message.content));
    """
    printed = run("node-app", node, *APP[1:3], "-e", program, service="node-parses")
    assert printed == "A short answer.\n"
    (row,) = openobserve.calls("node-parses")
    assert row["llmcost_cost_usd"] == pytest.approx(0.000231, abs=1e-12)


@pytest.mark.parametrize(("signal", "code"), [("SIGTERM", 143), ("SIGINT", 130)])
def test_a_signal_sends_what_is_left(
    run: Run, openobserve: OpenObserve, node: str, signal: str, code: int
) -> None:
    """And ends the application as it would without us."""
    program = f"""{CALLS}
        setInterval(() => {{}}, 1000);
        completions.create(asked).then(() => process.kill(process.pid, "{signal}"));
    """
    ends = 'node --require "$1" -e "$2"; echo $?'
    command = ("/bin/sh", "-c", ends.replace("node", node, 1), "sh", APP[2], program)
    assert run("node-app", *command, service=f"node-{signal}") == f"{code}\n"
    assert len(openobserve.calls(f"node-{signal}")) == 1


@pytest.mark.parametrize(
    "person", ["ann@example.com", "  Bob ", "üñí", "🦊" * 250, "0123456789abcdef" * 2]
)
def test_a_person_is_the_same_in_every_language(node: str, person: str) -> None:
    """What Node sends as an id is what Python sends, and what the pipeline would store."""
    program = (
        "const { pseudonym } = require('./attribution.cjs');"
        f"console.log(JSON.stringify(pseudonym({json.dumps(person)}, 'grains-of-salt\\n')))"
    )
    assert told_by(node, program) == pseudonym(person, "grains-of-salt")


def test_without_a_key_no_person_leaves_node(node: str) -> None:
    """Nobody is sent unhashed; it is said once, and names nobody."""
    program = """
        const { pseudonym } = require('./attribution.cjs');
        const said = [];
        console.warn = (text) => said.push(text);
        const ids = ['ann', 'bob', ''].map((one) => pseudonym(one, '') ?? null);
        console.log(JSON.stringify([ids, said]));
    """
    ids, (said,) = told_by(node, program)
    assert ids == [None, None, None]
    assert "LLMCOST_HASH_KEY" in said
    assert "ann" not in said


def test_who_says_nothing_is_run_all_the_same(node: str) -> None:
    """What an application was not told either is no reason to throw."""
    program = """
        const { attribute } = require('./attribution.cjs');
        const ran = [undefined, null, {}].map((said) => attribute(said, () => 'ran'));
        console.log(JSON.stringify(ran));
    """
    assert told_by(node, program) == ["ran"] * 3


def test_whatever_an_application_says_is_short_and_on_one_line(node: str) -> None:
    """As in Python; what has no text is left out, and what a span says of itself stays."""
    program = """
        const { attribute, AttributionProcessor } = require('./attribution.cjs');
        const span = {
            attributes: { team: 'own' },
            setAttributes(more) { Object.assign(this.attributes, more); },
        };
        const said = { feature: 'a\\nb\\t' + 'x'.repeat(10000), team: 'search', user: 0,
            conversation: '', prompt: Object.create(null) };
        attribute(said, () => new AttributionProcessor().onStart(span));
        console.log(JSON.stringify(span.attributes));
    """
    with_key = f"process.env.LLMCOST_HASH_KEY = {HASH_KEY!r};{program}"
    assert told_by(node, with_key) == {
        "team": "own",
        "feature": "a b " + "x" * 196,
        "user.id": pseudonym("0", HASH_KEY),
    }


def test_a_price_file_of_another_shape_does_not_reach_the_application(node: str) -> None:
    """It is said once, and calls go on."""
    program = """
        const { CostProcessor } = require('./cost.cjs');
        const counter = new CostProcessor();
        const rows = [['x', 0, null, 'x', []]];
        counter.table = { aliases: {}, models: [['openai', 'm', '.', null, rows]] };
        const attributes = { 'gen_ai.operation.name': 'chat', 'gen_ai.system': 'openai',
            'gen_ai.usage.input_tokens': 1, 'gen_ai.request.model': 'm' };
        for (const _ of [1, 2]) counter.onEnd({ attributes, kind: 2, startTime: [1, 0] });
        console.log('null');
    """
    assert told_by(node, program) is None


@pytest.mark.usefixtures("node")
def test_an_exit_does_not_wait_for_a_server_that_hangs(run: Run) -> None:
    """Not for as long as an export may take, here longer than the test would wait."""
    with socket.create_server(("127.0.0.1", 0)) as hangs:
        address = f"OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:{hangs.getsockname()[1]}"
        patient = "OTEL_EXPORTER_OTLP_TIMEOUT=900000"
        printed = run("node-app", "env", address, patient, *APP, service="node-hangs")
    assert "refused: 429" in printed


def test_the_lock_checks_every_package_and_names_no_registry() -> None:
    """Set-up installs nothing that could have been exchanged on the way."""
    packages = json.loads((NODE_APP / "package-lock.json").read_text())["packages"]
    installed = [one for name, one in packages.items() if name]
    assert len(installed) > 20
    assert all(one.get("integrity", "").startswith("sha512-") for one in installed)
    assert not any("resolved" in one for one in installed)
