"""From spans through pipeline and server to the report: what was done to the calls is found."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.errors import ExitCode, LlmCostError, ReconcileError
from llmcost_infra.reconcile.causes import Cause
from llmcost_infra.reconcile.comparison import Period, compare
from llmcost_infra.reconcile.files import read_file
from llmcost_infra.reconcile.ours import kept_as, read_ours, read_totals
from llmcost_infra.reconcile.records import Bill, Charge, Lane, Part, Usage
from llmcost_infra.reconcile.scopes import ScopeMap
from llmcost_infra.reconcile.stored import write_days
from llmcost_infra.rollup import roll_up
from llmcost_infra.settings import Settings
from tests.alerts.conftest import DAY, HOUR, MINUTE, NOON
from tests.upkeep.tables import TABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from llmcost_infra.openobserve import Client
    from llmcost_infra.reconcile.comparison import Comparison
    from tests.alerts.conftest import Stack

TODAY = date(2026, 11, 24)
YESTERDAY = TODAY - timedelta(days=1)
DAYS = (YESTERDAY, TODAY)
SEARCH, SUPPORT = Part("proj_search"), Part("proj_support")
BILLING = [
    {
        "provider": "openai",
        "account": "org-acme",
        "scopes": [
            {"project": "proj_search", "environment": "prod", "team": "search"},
            {"project": "proj_support", "environment": "prod", "team": "support"},
        ],
    }
]
SETTINGS = Settings.from_mapping({"environment": "prod", "billing": BILLING})
RATES = {"input": "2.50", "cache_read": "1.25", "output": "10"}
FLAT = {"input": 40_000, "cache_read": 20_000, "output": 9_000}


@pytest.fixture
def kept(stack: Callable[..., Stack]) -> Stack:
    """A stack with accounts."""
    return stack(billing=BILLING)


@pytest.fixture
def client(kept: Stack) -> Iterator[Client]:
    """The way to its server."""
    with kept.client() as client:
        yield client


class Account:
    """What the provider counts, beside what is sent."""

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self._used: defaultdict[tuple[date, Part, Lane], list[dict[str, int]]] = defaultdict(list)

    def call(
        self,
        at: int,
        tokens: dict[str, int],
        part: Part = SEARCH,
        lane: Lane = Lane(),  # noqa: B008 - frozen
        **sent: Any,
    ) -> None:
        """Bill a call, and send its span unless `copies` is 0."""
        day = datetime.fromtimestamp(at / 1_000_000, tz=UTC).date()
        self._used[day, part, lane].append(tokens)
        team = "search" if part == SEARCH else "support"
        read = sent.pop("cache_read", tokens.get("cache_read", 0))
        if sent.get("copies") == 0:
            return
        given = {
            "gen_ai__usage__input_tokens": tokens["input"] + tokens.get("cache_read", 0),
            "gen_ai__usage__output_tokens": tokens["output"],
            "gen_ai__usage__cache_read__input_tokens": read,
            "team": team,
        }
        self._stack.call(at=at, **(given | sent))

    def bill(self, *items: Charge) -> Bill:
        """Return the bill."""
        usage, sums = [], defaultdict[tuple[date, Part, str], Decimal](Decimal)
        for (day, part, lane), calls in self._used.items():
            total = {one: sum(call.get(one, 0) for call in calls) for one in RATES}
            total = {one: count for one, count in total.items() if count}
            usage.append(Usage(day, part, "gpt-4o-2024-08-06", lane, total, len(calls)))
            for one, count in total.items():
                half = 2 if lane.tier == "batch" else 1
                sums[day, part, one] += Decimal(RATES[one]) * count / 10**6 / half
        charges = [
            Charge(day, part, usd, f"gpt-4o, {one}", "gpt-4o-2024-08-06", one)
            for (day, part, one), usd in sums.items()
        ]
        return Bill("openai", "stand-in", (*charges, *items), tuple(usage))


def compared(
    client: Client,
    bill: Bill,
    *chosen: str,
    settings: Settings = SETTINGS,
) -> Comparison:
    """Compare two days."""
    own = read_ours(client, settings, DAYS)
    scopes = ScopeMap.of(settings, bill.provider, None, chosen)
    return compare(Period("2026-11", DAYS), bill, own, scopes, TABLE)


def causes(found: Comparison) -> dict[tuple[str, Cause], Decimal]:
    """Return causes by scope, to the cent."""
    totals: defaultdict[tuple[str, Cause], Decimal] = defaultdict(Decimal)
    for one in found.causes:
        totals[one.scope, one.cause] += one.usd
    return {key: round(usd, 2) for key, usd in totals.items() if round(usd, 2)}


def cost(tokens: dict[str, int]) -> Decimal:
    """Return what tokens cost in the standard tier."""
    return sum((Decimal(RATES[one]) * n / 10**6 for one, n in tokens.items()), Decimal(0))


def test_calls_that_are_all_there_agree(kept: Stack, client: Client) -> None:
    """To the cent; resent spans count once, and another bill's calls are named."""
    account = Account(kept)
    for hour in range(1, 9):
        tokens = {one: count * hour for one, count in FLAT.items()}
        account.call(NOON - DAY + hour * HOUR, tokens)
        account.call(NOON - DAY + hour * HOUR, tokens, SUPPORT)
    kept.send(*kept.call(at=NOON - HOUR, usd=3.0, gen_ai__provider__name="azure.ai.openai"))
    found = compared(client, account.bill())
    assert (found.ours, found.findings) == (found.billed, ())
    assert found.exit_code is ExitCode.FINE
    assert found.left_out == ("1 calls ($3.00) through azure.ai.openai: another bill",)


def test_calls_through_a_cloud_are_on_its_bill_and_not_on_the_providers(
    kept: Stack, client: Client
) -> None:
    """Each cloud is named with what it cost; neither sum has any of it, and nothing drifts."""
    account = Account(kept)
    account.call(NOON - DAY, FLAT)
    # A region of Bedrock takes a tenth more than Anthropic.
    claude = "anthropic.claude-sonnet-4-5-20250929-v1:0"
    clouds = {
        "aws.bedrock": (claude, "2 calls ($0.30) through aws.bedrock"),
        "azure.ai.openai": ("gpt-4o", "2 calls ($0.18) through azure.ai.openai"),
    }
    for number, (cloud, (model, _)) in enumerate(clouds.items(), start=1):
        for minute in (number, number + 30):
            kept.call(
                at=NOON - 2 * HOUR + minute * MINUTE,
                gen_ai__provider__name=cloud,
                gen_ai__request__model=model,
                gen_ai__response__model=model,
                gen_ai__usage__input_tokens=0,
                gen_ai__usage__output_tokens=9_000,
                team="search",
            )
    found = compared(client, account.bill())
    assert (found.ours, found.findings) == (cost(FLAT), ())
    assert found.exit_code is ExitCode.FINE
    assert {f"{said}: another bill" for _, said in clouds.values()} <= set(found.left_out)


def test_what_was_done_to_calls_is_found_by_scope(kept: Stack, client: Client) -> None:
    """Missing and doubled calls in one project, caches that nobody tells of in another."""
    account = Account(kept)
    for minute in range(1, 21):
        tokens = {one: count + 1_000 * minute for one, count in FLAT.items()}
        account.call(NOON - DAY + minute * MINUTE, tokens)
        account.call(NOON - HOUR + minute * MINUTE, tokens, SUPPORT, cache_read=None)
    lost, doubled = {**FLAT, "input": 77_777}, {**FLAT, "input": 55_555}
    account.call(NOON - DAY + HOUR, lost, copies=0)
    account.call(NOON - HOUR, doubled, copies=2)
    item = Charge(TODAY, SEARCH, Decimal("4.20"), "image generation")
    found = compared(client, account.bill(item))
    cached = sum(Decimal("1.25") * (20_000 + 1_000 * n) for n in range(1, 21)) / 10**6
    assert causes(found) == {
        ("prod/search", Cause.MISSING_TRAFFIC): round(-cost(lost), 2),
        ("prod/search", Cause.DOUBLE_COUNTING): round(cost(doubled), 2),
        ("prod/search", Cause.NOT_OBSERVABLE): Decimal("-4.20"),
        ("prod/support", Cause.CACHED): round(cached, 2),
    }
    assert sum(one.usd for one in found.findings) == found.ours - found.charged


def test_batches_that_do_not_say_so_are_found(kept: Stack, client: Client) -> None:
    """They cost half of what we think; those that say so agree."""
    account = Account(kept)
    plain = {"input": 400_000, "output": 90_000}
    account.call(NOON - 2 * HOUR, plain, lane=Lane("batch"), batch="true")
    account.call(NOON - 3 * HOUR, {**plain, "input": 500_000}, lane=Lane("batch"))
    account.call(NOON - 4 * HOUR, plain)
    found = compared(client, account.bill())
    half = cost({**plain, "input": 500_000}) / 2
    assert causes(found) == {("prod/search", Cause.BATCH): round(half, 2)}
    assert found.exit_code is ExitCode.FINDINGS


def test_a_range_with_too_many_groups_is_read_in_halves(
    kept: Stack, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is lost or read twice; what no half makes fewer is refused, with a likely reason."""
    for hour in range(1, 7):
        kept.call(at=NOON - DAY + hour * HOUR, usd=1.0, team=f"team-{hour}")
    whole = read_ours(client, SETTINGS, DAYS)
    monkeypatch.setattr("llmcost_infra.openobserve.groups.MOST_GROUPS", 3)
    halves = read_ours(client, SETTINGS, DAYS)
    assert sorted(halves, key=repr) == sorted(whole, key=repr)
    assert len(whole) == 6
    for team in ("a", "b", "c"):
        kept.call(at=NOON - HOUR, usd=1.0, team=team)
    with pytest.raises(LlmCostError, match="has 3 groups of calls or more") as caught:
        read_ours(client, SETTINGS, DAYS)
    assert "team, feature or service tier" in caught.value.hint


def test_a_clouds_own_file_compares_what_went_through_it(
    kept: Stack, client: Client, tmp_path: Path
) -> None:
    """By a FOCUS export; then the calls that went to the maker are those on another bill."""
    for at in (NOON - DAY, NOON):
        kept.call(at=at, usd=2.0, gen_ai__provider__name="azure.ai.openai")
    kept.call(at=NOON, usd=4.0)
    export = tmp_path / "azure.csv"
    lines = [
        f"{day}T00:00:00Z,{usd},USD,Azure OpenAI,Microsoft,gpt-4o Output Tokens,Usage,200,1K Tokens"
        for day, usd in zip(DAYS, ("2.00", "2.60"), strict=True)
    ]
    heading = (
        "ChargePeriodStart,BilledCost,BillingCurrency,ServiceName,ServiceProviderName,"
        "ChargeDescription,ChargeCategory,ConsumedQuantity,ConsumedUnit"
    )
    export.write_text("\n".join([heading, *lines]))
    bill = read_file(export, "openai", DAYS, TABLE)
    found = compared(client, bill, settings=Settings(environment="prod"))
    assert (found.ours, found.billed) == (Decimal(4), Decimal("4.60"))
    assert [(one.cause, one.usd) for one in found.causes] == [(Cause.PRICE_CHANGE, Decimal("-0.6"))]
    assert "1 calls ($4.00) through openai: another bill" in found.left_out


def test_a_share_of_an_unmapped_project_fails(kept: Stack, client: Client) -> None:
    """Above 1 % of the bill, with a line of its own."""
    account = Account(kept)
    account.call(NOON - HOUR, FLAT)
    stray = Charge(TODAY, Part("proj_stray"), Decimal("0.50"), "gpt-4o, input", "gpt-4o", "input")
    found = compared(client, account.bill(stray))
    assert found.unmapped == Decimal("0.50")
    [problem] = found.problems
    assert "of projects that no scope names" in problem
    assert found.exit_code is ExitCode.FINDINGS


def test_one_scope_is_compared_alone(kept: Stack, client: Client) -> None:
    """The others are named, and so is a scope of which nobody knows anything."""
    account = Account(kept)
    account.call(NOON - HOUR, FLAT)
    found = compared(client, account.bill(), "prod/search")
    assert found.missing == ()
    alone = compared(client, account.bill(), "prod/support")
    assert alone.exit_code is ExitCode.FAILED
    assert "scope prod/support" in alone.missing[0]
    assert any("billed to prod/search" in said for said in alone.left_out)


def test_calls_over_midnight_even_out(kept: Stack, client: Client) -> None:
    """They lack on one day and are too many on the other; the month is right."""
    account = Account(kept)
    night = NOON - 12 * HOUR
    for minute in range(1, 9):
        account.call(night - 4 * HOUR + minute * MINUTE, FLAT)
        account.call(night + minute * MINUTE + HOUR, FLAT)
    account.call(night + MINUTE, {**FLAT, "input": 90_000}, seconds=600)
    found = compared(client, account.bill())
    assert causes(found) == {}
    assert {one.cause for one in found.findings} == {Cause.LATE_DATA}


def test_a_day_that_is_compared_again_counts_once(kept: Stack, client: Client) -> None:
    """Its rows are there again, and readers take those of the last comparison."""
    account = Account(kept)
    account.call(NOON - HOUR, FLAT)
    kept.now = NOON + 2 * DAY
    found = compared(client, account.bill())
    for later in range(2):
        kept.now += later * HOUR
        now = datetime.fromtimestamp(kept.now / 1_000_000, tz=UTC)
        write_days(client, SETTINGS, found, now)
    start, end = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 31, tzinfo=UTC)
    rows = client.search(
        'SELECT model, ours_usd, billed_usd FROM "llm_billing_daily"',
        start,
        end,
        stream_type="logs",
    ).hits
    assert len(rows) == 2
    assert {row["model"] for row in rows} == {"openai/gpt-4o"}
    assert rows[0]["ours_usd"] == pytest.approx(float(cost(FLAT)))


def test_old_months_are_compared_by_their_totals(
    stack: Callable[..., Stack],
) -> None:
    """They agree or not; what they do not tell apart is not explained."""
    kept = stack(billing=BILLING, history=True)
    account = Account(kept)
    for minute in range(1, 4):
        account.call(NOON - HOUR + minute * MINUTE, FLAT)
    account.call(NOON, {**FLAT, "input": 900_000}, SUPPORT, copies=0)
    kept.now = NOON + DAY
    settings = SETTINGS.model_copy(update={"history": True})
    now = datetime.fromtimestamp(kept.now / 1_000_000, tz=UTC)
    with kept.client() as client:
        list(roll_up(client, settings, [TODAY], now))
        own = read_totals(client, settings, [TODAY], lambda _: "openai")
    scopes = ScopeMap.of(settings, "openai", None, ())
    found = compare(Period("2026-11", (TODAY,)), account.bill(), own, scopes, TABLE)
    assert found.ours == pytest.approx(3 * cost(FLAT))
    lost = {key: usd for key, usd in causes(found).items() if key[0] == "prod/support"}
    assert lost == {
        ("prod/support", Cause.UNEXPLAINED): round(-cost({**FLAT, "input": 900_000}), 2)
    }
    assert ("prod/search", Cause.UNEXPLAINED) not in causes(found)


def test_a_month_that_is_gone_in_part_is_refused_before_it_is_read() -> None:
    """With what to do next time; where a history is kept, its totals do."""
    settings = Settings.from_mapping({"environment": "prod", "retention": {"llm_days": 30}})
    now, first = datetime(2026, 11, 3, 6, tzinfo=UTC), date(2026, 10, 1)
    with pytest.raises(ReconcileError, match="kept 30 days, and 2026-10-01 is longer ago"):
        kept_as(settings, first, now)
    assert kept_as(settings.model_copy(update={"history": True}), first, now) == "totals"
    assert kept_as(Settings(environment="prod"), first, now) == "calls"
