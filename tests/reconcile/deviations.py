"""What goes wrong between calls, telemetry and bill: each changes a world and notes its truth."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from llmcost_infra.reconcile.causes import Cause
from llmcost_infra.reconcile.records import Charge
from tests.reconcile.worlds import BATCH, DAYS, FLEX, LONG, MODELS, TrueCall, World, priced

if TYPE_CHECKING:
    from collections.abc import Callable

Deviation = "Callable[[World], None]"


def missing_traffic(world: World) -> None:
    """A service sends no spans."""
    for call in world.take(17):
        call.seen = 0
        world.truth[Cause.MISSING_TRAFFIC] -= call.cost()


def two_instrumentations(world: World) -> None:
    """Two of them report the same calls in the same trace."""
    for call in world.take(12):
        call.seen, call.twin = 2, True
        world.truth[Cause.DOUBLE_COUNTING] += call.cost()


def replayed(world: World) -> None:
    """A collector replays spans under new ids, long after the calls."""
    for call in world.take(9, "o3"):
        call.seen = 2
        world.truth[Cause.DOUBLE_COUNTING] += call.cost()


def cache_not_told(world: World) -> None:
    """An instrumentation does not report cached tokens, so that they count in full."""
    model = MODELS[world.provider][0]
    for call in world.calls:
        if call.model == model and call.day in DAYS[1:3]:
            call.cache_told = False
            if call.seen and call.usage_told:
                cached = {one: n for one, n in call.tokens.items() if one.startswith("cache")}
                full = {"input": sum(cached.values())}
                if hour := cached.pop("cache_write_1h", 0):  # noted by `caches_for_an_hour`
                    cached["cache_write"] += hour
                gap = priced(model, full, "standard") - priced(model, cached, "standard")
                world.truth[Cause.CACHED] += gap
                if call.seen > 1:  # the copy counts in full as well
                    world.truth[Cause.DOUBLE_COUNTING] += gap


def batch_as_standard(world: World) -> None:
    """Calls of the batch API do not say so."""
    for call in world.take(14):
        call.lane = BATCH
        call.tokens = {"input": call.tokens["input"], "output": call.tokens["output"]}
        world.truth[Cause.BATCH] += call.cost("standard") - call.cost()


def batch_without_spans(world: World) -> None:
    """Jobs of the batch API make no spans."""
    for call in world.take(13):
        call.lane, call.seen = BATCH, 0
        call.tokens = {"input": call.tokens["input"], "output": call.tokens["output"]}
        world.truth[Cause.MISSING_TRAFFIC] -= call.cost()


def flex_as_standard(world: World) -> None:
    """Calls of a cheaper tier do not say so."""
    for call in world.take(15, "o3"):
        call.lane = FLEX
        world.truth[Cause.SERVICE_TIER] += call.cost("standard") - call.cost()


def streams_without_usage(world: World) -> None:
    """Streams were asked without include_usage."""
    for call in world.take(11):
        call.usage_told = False
        world.truth[Cause.NO_USAGE] -= call.cost()


def unheard_of_model(world: World) -> None:
    """The price table lacks a model."""
    for call in list(world.calls[:8]):
        new = replace(call, model="gpt-7-unheard-of", priced="", touched=True)
        world.calls.append(new)
        world.truth[Cause.UNPRICED_MODEL] -= new.cost()


def negotiated(world: World) -> None:
    """The account pays 88 % of the list price, and nobody wrote that down."""
    for model in MODELS[world.provider]:
        for day in DAYS:
            world.factors[model, day] = Decimal("0.88")
    for call in world.calls:
        if call.model in MODELS[world.provider]:
            world.truth[Cause.CONTRACT_PRICE] += call.cost() * Decimal("0.12")


def dearer_since_the_third_day(world: World) -> None:
    """The provider raised a price, and the table does not know it."""
    for day in DAYS[2:]:
        before = world.factors.get(("gpt-4o", day), Decimal(1))
        world.factors["gpt-4o", day] = before * Decimal("1.2")
        for call in world.calls:
            if call.model == "gpt-4o" and (call.ended or call.day) == day:
                world.truth[Cause.PRICE_CHANGE] -= call.cost() * before * Decimal("0.2")


def stored_at_an_old_price(world: World) -> None:
    """The pipeline had an older table when the calls came."""
    for call in world.take(10, "o3"):
        call.priced = "old"
        world.truth[Cause.PRICE_CHANGE] += call.cost("old") - call.cost()


def over_midnight(world: World) -> None:
    """Calls begin before midnight, and the provider counts them when they end."""
    for day in DAYS[:3]:
        for call in world.take(4, None, day):
            call.ended = day + timedelta(days=1)
    world.truth[Cause.LATE_DATA] += 0


def images(world: World) -> None:
    """Images are billed, and no span shows them."""
    for day in DAYS:
        world.items.append(Charge(day, world.part, Decimal("3.21"), "image generation"))
        world.truth[Cause.NOT_OBSERVABLE] -= Decimal("3.21")


def words_nobody_knows(world: World) -> None:
    """A line item that is new."""
    item = Charge(DAYS[0], world.part, Decimal("7.50"), "hyperloop units", known=False)
    world.items.append(item)
    world.truth[Cause.UNPARSED] -= Decimal("7.50")


def rounded_to_cents(world: World) -> None:
    """Lines of the bill are rounded."""
    exact = sum(charge.usd for charge in world.charges())
    world.to_cents = True
    world.truth[Cause.ROUNDING] += exact - sum(charge.usd for charge in world.charges())


def a_share_of_all_spans(world: World) -> None:
    """A sampler keeps a quarter."""
    for number, call in enumerate(world.calls):
        if number % 4 and not call.touched:
            call.seen = 0
            world.truth[Cause.SAMPLING] -= call.cost()


def long_context_as_usual(world: World) -> None:
    """Requests above 200,000 tokens are billed dearer, and we do not price them so."""
    for call in world.take(6):
        call.lane = LONG
        call.tokens = {**call.tokens, "input": 230_000}
        world.truth[Cause.CONTEXT_TIER] += call.cost("standard") - call.cost()


def caches_for_an_hour(world: World) -> None:
    """Caches are written for an hour, and our stream knows one price of writing."""
    for call in world.take(10):
        call.tokens["cache_write_1h"] = 4_000
        gap = priced(call.model, {"cache_write": 4_000}, "standard")
        world.truth[Cause.CACHED] += gap - priced(call.model, {"cache_write_1h": 4_000}, "standard")


def hours_told(world: World) -> None:
    """Caches are written for an hour, and every call says so: nothing is wrong."""
    for call in world.take(10):
        call.tokens["cache_write_1h"] = 4_000
    for call in world.calls:
        call.hours_priced = True


OPENAI: Final[tuple[Callable[[World], None], ...]] = (
    over_midnight,
    missing_traffic,
    two_instrumentations,
    replayed,
    batch_as_standard,
    batch_without_spans,
    flex_as_standard,
    streams_without_usage,
    unheard_of_model,
    negotiated,
    dearer_since_the_third_day,
    stored_at_an_old_price,
    images,
    words_nobody_knows,
    rounded_to_cents,
    a_share_of_all_spans,
    cache_not_told,
)
ANTHROPIC: Final[tuple[Callable[[World], None], ...]] = (
    over_midnight,
    missing_traffic,
    two_instrumentations,
    batch_as_standard,
    batch_without_spans,
    long_context_as_usual,
    caches_for_an_hour,
    images,
    cache_not_told,
)


def offsetting(world: World) -> None:
    """As many tokens lack as are counted twice: the sums agree."""
    lost = world.take(6)
    for call in lost:
        call.seen = 0
        world.truth[Cause.MISSING_TRAFFIC] -= call.cost()
    for call, like in zip(world.take(6), lost, strict=True):
        world.calls.remove(call)
        twin = TrueCall(like.day, like.model, dict(like.tokens), seen=2, twin=True, touched=True)
        world.calls.append(twin)
        world.truth[Cause.DOUBLE_COUNTING] += twin.cost()


def twins_then_gaps(world: World) -> None:
    """Calls come twice on one day, and as many lack on another."""
    for call in world.take(7, None, DAYS[0]):
        call.seen, call.twin = 2, True
        world.truth[Cause.DOUBLE_COUNTING] += call.cost()
    for call in world.take(7, None, DAYS[3]):
        call.seen = 0
        world.truth[Cause.MISSING_TRAFFIC] -= call.cost()


def batches_then_silence(world: World) -> None:
    """Batches that do not say so count twice their price, and another day's streams nothing."""
    for call in world.take(14, None, DAYS[0]):
        call.lane = BATCH
        call.tokens = {"input": call.tokens["input"], "output": call.tokens["output"]}
        world.truth[Cause.BATCH] += call.cost("standard") - call.cost()
    for call in world.take(6, None, DAYS[2]):
        call.usage_told = False
        world.truth[Cause.NO_USAGE] -= call.cost()


def twins_over_batches(world: World) -> None:
    """On one day calls come twice and batch jobs make no spans: its sums agree."""
    for call in world.take(6, None, DAYS[1]):
        call.seen, call.twin = 2, True
        world.truth[Cause.DOUBLE_COUNTING] += call.cost()
    for call in world.take(13, None, DAYS[1]):
        call.lane, call.seen = BATCH, 0
        call.tokens = {"input": call.tokens["input"], "output": call.tokens["output"]}
        world.truth[Cause.MISSING_TRAFFIC] -= call.cost()


OFFSETTING: Final = (twins_then_gaps, batches_then_silence, twins_over_batches)
"""Net within 5 % of the bill and gross beyond it, for three pairs of causes."""
