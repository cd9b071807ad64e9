"""What the server charges for a span on arrival."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.local.model_prices import KIND
from llmcost_infra.local.objects import Objects
from llmcost_infra.local.prices import span_price

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

USAGE = {"input": 100, "output": 10, "total": 110}


@pytest.fixture
def objects(tmp_path: Path) -> Iterator[Objects]:
    """Hold the prices of one model."""
    objects = Objects(tmp_path / "objects.sqlite")
    definition: dict[str, Any] = {
        "enabled": True,
        "match_pattern": "^acme-1$",
        "sort_order": 0,
        "valid_from": 1_000,
        "tiers": [{"name": "default", "prices": {"input": 0.001, "output": 0.01}}],
    }
    objects.put("default", KIND, "acme", definition)
    yield objects
    objects.close()


def test_defined_prices_are_asked_first(objects: Objects) -> None:
    """Per token; what was not used is not named."""
    price = span_price(objects, "default", defined=True)

    assert price("acme-1", USAGE, 2_000) == {"input": 0.1, "output": 0.1, "total": 0.2}
    assert price("acme-1", {"input": 100, "output": 0, "total": 100}, 2_000) == {
        "input": 0.1,
        "total": 0.1,
    }


def test_a_price_holds_from_its_time_on(objects: Objects) -> None:
    """Earlier calls are not charged by it."""
    assert span_price(objects, "default", defined=True)("acme-1", USAGE, 999) == {}


def test_without_model_pricing_definitions_are_ignored(objects: Objects) -> None:
    """They can be kept all the same."""
    assert span_price(objects, "default", defined=False)("acme-1", USAGE, 2_000) == {}


def test_another_organization_has_other_prices(objects: Objects) -> None:
    """Definitions belong to one."""
    assert span_price(objects, "other", defined=True)("acme-1", USAGE, 2_000) == {}


@pytest.mark.parametrize("defined", [True, False])
def test_the_first_pattern_of_the_list_that_matches_wins(
    objects: Objects, *, defined: bool
) -> None:
    """So that `o1-mini` costs what `o1` costs: the recorded server does it."""
    price = span_price(objects, "default", defined=defined)

    assert price("o1-mini", USAGE, 1) == price("o1", USAGE, 1)
    assert price("gpt-4o-mini-2024-07-18", USAGE, 1)["total"] < price("gpt-4o", USAGE, 1)["total"]


def test_an_unknown_model_costs_nothing(objects: Objects) -> None:
    """The server writes minus zero then."""
    assert span_price(objects, "default", defined=False)("nobody-1", USAGE, 1) == {}
