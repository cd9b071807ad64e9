"""Seeded spend of twenty features over ninety days, and the rule of the cost anomaly over it.

The rule is written a second time here, over arrays of five minutes, because a statement for each of
26,000 instants would take hours; a test holds that the two agree.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

__all__ = ["DAY", "DAYS", "HOUR", "Feature", "Firing", "features", "fires", "spiked", "usual"]

HOUR: Final = 12
"""Buckets of five minutes in an hour."""
DAY: Final = 24 * HOUR
DAYS: Final = 90
KINDS: Final = ("office", "night", "flat")
QUARTER: Final = HOUR // 4
TIMES, LEAST_USD, FEWEST_CALLS = 3, 1.0, 60


@dataclass(frozen=True)
class Feature:
    """The spend of one feature; arrays have an entry for each five minutes, the first on a Monday.

    Args:
        kind: office hours, a nightly batch that starts within half an hour of 02:00, or flat.
        rate: calls that are expected.
        usd: mean cost of a call.
        cost: USD.
        calls: how many there were.
    """

    kind: str
    rate: NDArray[Any]
    usd: float
    cost: NDArray[Any]
    calls: NDArray[Any]


@dataclass(frozen=True)
class Firing:
    """Where the rule is true, by the window that says so."""

    hour: NDArray[Any]
    quarter: NDArray[Any]

    @property
    def any(self) -> NDArray[Any]:
        """Where either window says so."""
        return np.asarray(self.hour | self.quarter)


def features(seed: int) -> Iterator[Feature]:
    """Yield twenty features of 60 to 1,200 calls an hour at their busiest."""
    random = np.random.default_rng(seed)
    for number in range(20):
        kind = KINDS[number % 3]
        busiest = float(random.choice([60, 120, 300, 600, 1200])) / HOUR
        rate = busiest * _shape(kind, random)
        usd = float(random.lognormal(np.log(0.05), 0.5))
        yield Feature(kind, rate, usd, *_drawn(random, rate, usd))


def _shape(kind: str, random: np.random.Generator) -> NDArray[Any]:
    at = np.arange(DAYS * DAY)
    if kind == "flat":
        return np.ones(len(at))
    if kind == "office":
        hour, weekend = (at / HOUR) % 24, at // DAY % 7 >= 5
        ramps = np.clip(np.minimum((hour - 7) / 2, (19 - hour) / 2), 0, 1)
        return np.asarray(ramps * np.where(weekend, 0.1, 1) + 0.03)
    made = np.zeros(len(at))
    for day in range(DAYS):
        start = day * DAY + 2 * HOUR + int(random.integers(-HOUR // 2, HOUR // 2 + 1))
        made[start : start + int(random.integers(8, 11))] = 4
    return made


def _drawn(
    random: np.random.Generator, rate: NDArray[Any], usd: float
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return costs and numbers of calls; the cost of one varies by four fifths of its mean."""
    calls = random.poisson(rate)
    each = 0.8**2
    cost = random.gamma(np.maximum(calls / each, 1e-9)) * usd * each
    return np.where(calls > 0, cost, 0.0), calls


def spiked(feature: Feature, start: int, times: float, seed: int) -> tuple[Any, Any]:
    """Return costs and calls from an hour before a spike of an hour to its end."""
    busy = feature.rate[start - HOUR : start + HOUR].copy()
    busy[HOUR:] *= times
    cost, calls = _drawn(np.random.default_rng(seed), busy, feature.usd)
    before = slice(start - HOUR, start)
    cost[:HOUR], calls[:HOUR] = feature.cost[before], feature.calls[before]
    return cost, calls


def _sums(values: NDArray[Any], width: int) -> NDArray[Any]:
    """Return the sum of so many buckets up to and with each."""
    added = np.concatenate([[0], np.cumsum(values)])
    ends = np.arange(len(values)) + 1
    return np.asarray(added[ends] - added[np.maximum(ends - width, 0)])


def usual(cost: NDArray[Any]) -> NDArray[Any]:
    """Return what an hour that ends with each bucket usually costs; NaN while that is not known."""
    hours, at = _sums(cost, HOUR), np.arange(len(cost))
    age, weekend = at - np.argmax(cost > 0), at // DAY % 7 >= 5
    same = np.full((14, len(cost)), -1.0)
    dearest = same.copy()
    for day in range(1, 15):
        alike = np.zeros(len(cost), bool)
        alike[day * DAY :] = weekend[day * DAY :] == weekend[: -day * DAY]
        alike &= age >= day * DAY + 2 * HOUR
        around = [_late(hours, day * DAY + shift) for shift in range(-HOUR, HOUR + 1, QUARTER)]
        same[day - 1] = np.where(alike, around[4], -1)
        dearest[day - 1] = np.where(alike, np.max(around, axis=0), -1)
    known = (same >= 0).sum(axis=0)
    found = np.maximum(_middle(same, known), 0.8 * _middle(dearest, known))
    return np.where(3 * known >= 5, found, np.nan)


def _late(values: NDArray[Any], buckets: int) -> NDArray[Any]:
    return np.concatenate([np.zeros(buckets), values[: len(values) - buckets]])


def _middle(samples: NDArray[Any], known: NDArray[Any]) -> NDArray[Any]:
    place = np.maximum((known + 1) // 2 - 1, 0)
    return np.asarray((-np.sort(-samples, axis=0))[place, np.arange(samples.shape[1])])


def fires(
    cost: NDArray[Any], calls: NDArray[Any], usually: NDArray[Any], fewest: int = FEWEST_CALLS
) -> Firing:
    """Return where the rule is true, at the end of each bucket."""
    hour, quarter = _sums(cost, HOUR), _sums(cost, QUARTER)
    return Firing(
        (hour > (1 + TIMES) / 2 * usually)
        & (hour - usually >= LEAST_USD)
        & (_sums(calls, HOUR) >= fewest),
        (quarter > TIMES * usually / 4)
        & (quarter - usually / 4 >= LEAST_USD)
        & (_sums(calls, QUARTER) >= fewest),
    )
