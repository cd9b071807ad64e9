"""Model prices: which definition matches, which tier holds, and what a usage costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.local.model_prices import costs_of, matching, tier_for

if TYPE_CHECKING:
    import httpx

BASE = "/api/default/llm/models"
Body = dict[str, Any]


def _definition(name: str = "m", **more: Any) -> Body:
    tiers = [{"name": "default", "prices": {"input": 2e-06, "output": 1e-05}}]
    return {"name": name, "match_pattern": "^gpt-4o$", "tiers": tiers, **more}


def _stored(**more: Any) -> Body:
    return {"enabled": True, "sort_order": 0, **_definition(), **more}


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (_definition(" "), "Model name is required"),
        (_definition(tiers=[]), "At least one pricing tier is required"),
        (_definition(match_pattern="x" * 513), "Invalid regex pattern"),
        (_definition(match_pattern="["), "Invalid regex pattern: regex parse error:\n    [\n"),
    ],
)
def test_some_definitions_are_refused(client: httpx.Client, body: Body, words: str) -> None:
    """400 with the reason."""
    answer = client.post(BASE, json=body)

    assert answer.status_code == 400
    assert answer.json()["message"].startswith(words)


def test_a_definition_is_replaced_but_for_its_id_and_birth(client: httpx.Client) -> None:
    """A rename is fine, a twin's name is not."""
    first = client.post(BASE, json=_definition("a")).json()
    client.post(BASE, json=_definition("b"))

    renamed = client.put(f"{BASE}/{first['id']}", json=_definition("c"))
    taken = client.put(f"{BASE}/{first['id']}", json=_definition("b"))

    assert (renamed.status_code, taken.status_code) == (200, 400)
    after = renamed.json()
    assert (after["id"], after["created_at"]) == (first["id"], first["created_at"])
    assert after["updated_at"] >= first["updated_at"]


def test_a_definition_is_deleted_once(client: httpx.Client) -> None:
    """Then it is not found."""
    made = client.post(BASE, json=_definition()).json()["id"]

    assert [client.delete(f"{BASE}/{made}").status_code for _ in range(2)] == [200, 404]


def test_a_definition_counts_from_its_day_on() -> None:
    """The latest that is valid wins; a disabled one never does."""
    old, new = _stored(name="old", valid_from=100), _stored(name="new", valid_from=200)
    off = _stored(name="off", enabled=False)

    found = [matching([old, new, off], "gpt-4o", at) for at in (50, 150, 250)]

    assert [item and item["name"] for item in found] == [None, "old", "new"]


def test_the_lower_sort_order_goes_first() -> None:
    """Before the date."""
    late, early = _stored(name="late", valid_from=9), _stored(name="early", sort_order=-1)

    found = matching([late, early], "gpt-4o", 10)

    assert found is not None
    assert found["name"] == "early"


@pytest.mark.parametrize(
    ("operator", "amount", "tier"),
    [
        ("gt", 101, "big"),
        ("gt", 100, "small"),
        ("gte", 100, "big"),
        ("lt", 99, "big"),
        ("lte", 101, "small"),
        ("eq", 100, "big"),
        ("neq", 100, "small"),
    ],
)
def test_a_tier_holds_by_its_condition(operator: str, amount: int, tier: str) -> None:
    """Else the one without a condition does."""
    condition = {"usage_key": "input", "operator": operator, "value": 100.0}
    big = {"name": "big", "condition": condition, "prices": {}}
    definition = {"tiers": [big, {"name": "small", "prices": {}}]}

    assert tier_for(definition, {"input": float(amount)})["name"] == tier


@given(st.dictionaries(st.sampled_from(["input", "output", "other"]), st.floats(0, 1e9)))
def test_only_priced_usage_costs(usage: dict[str, float]) -> None:
    """Amount times price for each priced key; others are left out."""
    costs = costs_of({"prices": {"input": 0.5, "output": 2.0}}, usage)

    assert set(costs) == set(usage) - {"other"}
    assert sum(costs.values()) == pytest.approx(
        0.5 * usage.get("input", 0) + 2 * usage.get("output", 0)
    )
