"""Bills are read whole and exact from the documented reports, or refused with the next step."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from llmcost_infra.errors import ExitCode, ProviderError, ReconcileError
from llmcost_infra.reconcile.anthropic import anthropic_api, read_anthropic
from llmcost_infra.reconcile.openai import openai_api, read_openai
from llmcost_infra.reconcile.records import Lane, Part

if TYPE_CHECKING:
    from llmcost_infra.reconcile.records import Bill
    from tests.reconcile.conftest import Providers

DAYS = [date(2026, 10, 1) + timedelta(days=one) for one in range(31)]
FIRST = DAYS[0]
KEY, OTHER = "sk-admin-stand-in", "sk-proj-abcd1234"


def cost(usd: object, item: str | None, project: str = "proj_a", **more: Any) -> dict[str, Any]:
    """Return a result of OpenAI's costs."""
    return {
        "object": "organization.costs.result",
        "amount": {"value": usd, "currency": "usd"},
        "line_item": item,
        "project_id": project,
        "api_key_id": "key_1",
    } | more


def counted(**given: Any) -> dict[str, Any]:
    """Return a result of OpenAI's usage of completions."""
    return {
        "object": "organization.usage.completions.result",
        "input_tokens": 1_000,
        "input_cached_tokens": 400,
        "output_tokens": 50,
        "num_model_requests": 3,
        "project_id": "proj_a",
        "api_key_id": "key_1",
        "model": "gpt-4o-2024-08-06",
        "batch": False,
        "service_tier": "default",
    } | given


def read(providers: Providers, key: str = KEY, **given: Any) -> Bill:
    """Read OpenAI's month."""
    wait = providers.waits.append
    api = openai_api(key, "https://stand-in/v1", transport=providers.transport, wait=wait)
    return read_openai(api, DAYS, **given)


def read_other(providers: Providers, key: str = "sk-ant-admin-stand-in", **given: Any) -> Bill:
    """Read Anthropic's month."""
    wait = providers.waits.append
    api = anthropic_api(key, "https://stand-in/v1", transport=providers.transport, wait=wait)
    return read_anthropic(api, DAYS, **given)


@pytest.mark.parametrize(
    ("value", "usd"),
    [(1.25, "1.25"), ("0.8958740000000000", "0.895874"), (3, "3"), (0.1, "0.1"), (-2.5, "-2.5")],
)
def test_amounts_are_exact_as_numbers_and_as_texts(
    providers: Providers, value: object, usd: str
) -> None:
    """No amount passes through a float: a tenth is a tenth."""
    providers.openai.costs[FIRST] = [cost(value, "gpt-4o, input")]
    [charge] = read(providers).charges
    assert charge.usd == Decimal(usd)


def test_every_page_is_read_and_empty_days_are_days(providers: Providers) -> None:
    """31 days on five pages; one without charges is there, and costs nothing."""
    for day in DAYS[::2]:
        providers.openai.costs[day] = [cost("1", "gpt-4o, input")]
    bill = read(providers)
    assert [charge.day for charge in bill.charges] == DAYS[::2]
    assert bill.missing == ()


def test_busy_and_failing_answers_are_asked_again(providers: Providers) -> None:
    """429 waits as long as it asks for; 5xx of any kind waits a little longer each time."""
    providers.openai.costs[FIRST] = [cost("1", "gpt-4o, input")]
    providers.openai.faults = [429, 500, 503]
    assert len(read(providers).charges) == 1
    assert providers.waits[0] == 1.0
    assert providers.waits[1] < providers.waits[2]


def test_a_provider_that_stays_down_is_told(providers: Providers) -> None:
    """After six tries, with what it said."""
    providers.openai.faults = [500] * 6
    with pytest.raises(ProviderError, match="500 busy") as caught:
        read(providers)
    assert caught.value.exit_code is ExitCode.UNREACHABLE
    assert len(providers.waits) == 5


def test_a_key_that_is_no_admins_is_refused_in_the_providers_words(providers: Providers) -> None:
    """With the kind that is needed, and without the key."""
    with pytest.raises(ProviderError, match=r"Missing scopes: api\.usage\.read") as caught:
        read(providers, OTHER)
    assert "sk-admin-" in caught.value.hint
    assert OTHER not in str(caught.value)
    with pytest.raises(ProviderError, match="invalid x-api-key") as other:
        read_other(providers, OTHER)
    assert "sk-ant-admin" in other.value.hint


def test_late_buckets_are_missing_days(providers: Providers) -> None:
    """A day that a report leaves out is not a day without charges."""
    providers.openai.late = {DAYS[30]}
    assert read(providers).missing == (DAYS[30],)


@pytest.mark.parametrize(
    ("item", "found"),
    [
        ("gpt-4o-2024-08-06, input", ("gpt-4o-2024-08-06", "input", None, True)),
        ("gpt-4o-2024-08-06, cached input", ("gpt-4o-2024-08-06", "cache_read", None, True)),
        ("gpt-5.6-sol, cache writes", ("gpt-5.6-sol", "cache_write", None, True)),
        ("priority | o3, output", ("o3", "output", Lane("priority"), True)),
        ("gpt-5.4, output, long context", ("gpt-5.4", "output", Lane("standard", 1), True)),
        ("gpt-4o, batch input", ("gpt-4o", "input", Lane("batch"), True)),
        ("gpt-image-2.5 text, cached input", ("gpt-image-2.5", "cache_read", None, True)),
        ("gpt-audio-mini audio, input", ("", "", None, True)),
        ("web search tool calls", ("", "", None, True)),
        ("hyperloop units", ("", "", None, False)),
        (None, ("", "", None, False)),
    ],
)
def test_line_items_are_understood_or_kept_as_they_are(
    providers: Providers, item: str | None, found: tuple[object, ...]
) -> None:
    """What nobody knows is a charge all the same."""
    providers.openai.costs[FIRST] = [cost("1", item)]
    [charge] = read(providers).charges
    assert (charge.model, charge.token_class, charge.lane, charge.known) == found
    assert charge.item == (item or "")
    assert charge.usd == 1


def test_usage_is_counted_by_class_and_lane(providers: Providers) -> None:
    """Input without what was cached; batch before tier; embeddings are input."""
    providers.openai.usage["completions"][FIRST] = [
        counted(input_cache_write_tokens=100),
        counted(batch=True),
        counted(service_tier="flex"),
    ]
    providers.openai.usage["embeddings"][FIRST] = [
        {"input_tokens": 9, "num_model_requests": 1, "model": "e", "project_id": "proj_a"}
    ]
    standard, batch, flex, embedded = read(providers).usage
    assert standard.tokens == {"input": 500, "cache_read": 400, "cache_write": 100, "output": 50}
    assert [one.lane for one in (standard, batch, flex)] == [Lane(), Lane("batch"), Lane("flex")]
    assert (embedded.tokens, embedded.requests) == ({"input": 9}, 1)


def test_keys_are_told_apart_only_where_asked(providers: Providers) -> None:
    """Lines of two keys are one line of their project."""
    lines = [cost("1.10", "gpt-4o, input"), cost("2.20", "gpt-4o, input", api_key_id="key_2")]
    providers.openai.costs[FIRST] = lines
    [charge] = read(providers).charges
    assert (charge.usd, charge.part) == (Decimal("3.30"), Part("proj_a"))
    assert [one.part.key for one in read(providers, by_key=True).charges] == ["key_1", "key_2"]


def test_what_spans_never_show_is_noted(providers: Providers) -> None:
    """From the other usage reports, those that the provider has."""
    providers.openai.usage["images"][FIRST] = [{"images": 12, "project_id": "proj_a"}]
    assert read(providers).notes == ("OpenAI counts 12 of images (images).",)


def _bucket(second: int, **more: Any) -> dict[str, Any]:
    return {"object": "bucket", "start_time": second, "results": [], **more}


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ({"data": [_bucket(1_790_812_800), _bucket(1_790_812_800)]}, "came twice"),
        ({"data": [_bucket(1_790_812_801)]}, "not at a UTC midnight"),
        ({"data": [_bucket(1_790_726_400)]}, "nobody asked for"),
        ({"data": [], "has_more": True}, "the next one is not named"),
        ({"data": [], "has_more": True, "next_page": "again"}, "the next one is not named"),
        ({"data": [{"results": []}]}, "does not say when it starts"),
        ({"results": []}, "no list of buckets"),
        ({"data": [_bucket(1_790_812_800, results=[cost("x", "i")])]}, "'x' is no amount"),
        ({"data": [_bucket(1_790_812_800, results=[cost("NaN", "i")])]}, "is no amount"),
        ({"data": [_bucket(1_790_812_800, results=[{"amount": 1}])]}, "not what is documented"),
        ({"data": [_bucket(1_790_812_800, results=[cost("1", "i")] * 2)]}, "this line twice"),
    ],
)
def test_what_is_not_as_documented_stops_before_a_wrong_sum(
    page: dict[str, Any], said: str
) -> None:
    """Amounts would be missing or counted twice."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200, json=page))
    api = openai_api(KEY, "https://stand-in/v1", transport=transport)
    with pytest.raises(ReconcileError, match=said):
        read_openai(api, DAYS)


def test_another_currency_is_refused(providers: Providers) -> None:
    """Nothing is converted here."""
    line = cost("1", "gpt-4o, input") | {"amount": {"value": 1, "currency": "eur"}}
    providers.openai.costs[FIRST] = [line]
    with pytest.raises(ReconcileError, match="in eur, and our prices are in USD"):
        read(providers)


@pytest.mark.parametrize("url", ["http://api.openai.com/v1", "ftp://x", "api.openai.com"])
def test_a_key_never_travels_unencrypted(url: str) -> None:
    """Plain http is for this machine only."""
    with pytest.raises(ReconcileError, match="may be sent to"):
        openai_api(KEY, url)
    openai_api(KEY, "http://127.0.0.1:8787/v1").close()


def test_no_answer_is_told_without_the_key() -> None:
    """With the kind of failure, and what to check."""

    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout(KEY, request=request)

    api = openai_api(KEY, "https://stand-in/v1", transport=httpx.MockTransport(refuse))
    with pytest.raises(ProviderError, match="ReadTimeout, no answer") as caught:
        read_openai(api, DAYS)
    assert KEY not in str(caught.value)


def anthropic_cost(cents: object, **given: Any) -> dict[str, Any]:
    """Return a result of Anthropic's cost report."""
    return {
        "amount": cents,
        "currency": "USD",
        "cost_type": "tokens",
        "description": "Claude Sonnet 4.5 Usage - Input Tokens",
        "model": "claude-sonnet-4-5-20250929",
        "token_type": "uncached_input_tokens",
        "service_tier": "standard",
        "context_window": "0-200k",
        "inference_geo": "global",
        "workspace_id": "wrkspc_1",
    } | given


@pytest.mark.parametrize(("cents", "usd"), [("123.45", "1.2345"), (50, "0.5"), ("0", "0")])
def test_anthropic_counts_cents(providers: Providers, cents: object, usd: str) -> None:
    """Its amounts are decimal texts in cents."""
    providers.anthropic.costs[FIRST] = [anthropic_cost(cents)]
    [charge] = read_other(providers).charges
    assert charge.usd == Decimal(usd)
    assert (charge.token_class, charge.lane, charge.part) == ("input", Lane(), Part("wrkspc_1"))


def test_anthropic_tells_lanes_and_other_costs_apart(providers: Providers) -> None:
    """Batch and long context are lanes; searches are no tokens; what is new is not known."""
    providers.anthropic.costs[FIRST] = [
        anthropic_cost("1", service_tier="batch"),
        anthropic_cost("2", context_window="200k-1M"),
        anthropic_cost("3", cost_type="web_search", model=None, token_type=None),
        anthropic_cost("4", token_type="hyper_tokens"),
    ]
    batch, long, search, new = read_other(providers).charges
    assert (batch.lane, long.lane) == (Lane("batch"), Lane("standard", 200_000))
    assert (search.token_class, search.known) == ("", True)
    assert (new.token_class, new.known) == ("", False)


def test_anthropics_usage_is_by_class_without_requests(providers: Providers) -> None:
    """Its input leaves caches out already; the Priority Tier is noted, for no report charges it."""
    used = {
        "uncached_input_tokens": 5,
        "cache_read_input_tokens": 4,
        "cache_creation": {"ephemeral_5m_input_tokens": 3, "ephemeral_1h_input_tokens": 2},
        "output_tokens": 1,
        "model": "claude-sonnet-4-5-20250929",
        "service_tier": "priority",
        "context_window": "0-200k",
        "workspace_id": "wrkspc_1",
    }
    providers.anthropic.usage["messages"][FIRST] = [used]
    bill = read_other(providers)
    [usage] = bill.usage
    assert usage.tokens == {
        "input": 5, "cache_read": 4, "cache_write": 3, "cache_write_1h": 2, "output": 1,
    }  # fmt: skip
    assert usage.requests is None
    assert bill.notes == (
        "15 tokens of the Priority Tier are in no cost report: it is a commitment.",
    )


def test_anthropic_cannot_tell_keys_apart(providers: Providers) -> None:
    """Said before anything is asked."""
    with pytest.raises(ReconcileError, match="does not tell API keys apart"):
        read_other(providers, by_key=True)
    assert providers.anthropic.asked == []
