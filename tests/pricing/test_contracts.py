"""Contracts: who they cover and when, what they make of a price, and what is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.errors import DeclarationError
from llmcost_infra.pricing import Call, Price, load_table, price_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from llmcost_infra.pricing import PriceTable

CONTRACT = """\
provider: acme
account: proj-1
from: 2025-04-01
to: 2025-10-01
source: an order form
multiplier: "0.80"
rates:
- match: '^one$'
  per_mtok: {input: "0.50", output: "2.00"}
  context_tiers:
  - over_input_tokens: 2000
    per_mtok: {input: "0.70", output: "3.00"}
"""


def priced(table: PriceTable, call: Call) -> Price:
    """Return a call's price; it has to have one."""
    price = price_of(call, table)
    assert isinstance(price, Price), price
    return price


@pytest.mark.parametrize(
    ("changes", "contract", "usd"),
    [
        ({}, "everybody", "0.0001260"),
        ({"region": "us"}, "everybody", "0.0001260"),
        ({"region": "eu"}, "europe", "0.0001190"),
        ({"account": "proj-1"}, "first-project", "0.00007"),
        ({"account": "proj-1", "region": "eu"}, "first-project", "0.00007"),
        ({"account": "proj-1", "model": "acme/one"}, "first-project", "0.00007"),
        ({"account": "proj-1", "batch": True}, "first-project", "0.000035"),
        ({"account": "proj-1", "service_tier": "priority"}, "first-project", None),
        ({"account": "proj-1", "input_tokens": 2001}, "first-project", "0.0014307"),
        ({"at": datetime(2025, 9, 1, tzinfo=UTC)}, "", "0.00014"),
        ({"at": datetime(2025, 8, 31, 23, 59, 59, 999_999, tzinfo=UTC)}, "everybody", "0.000126"),
        ({"at": datetime(2025, 2, 28, tzinfo=UTC), "account": "proj-1"}, "", "0.00028"),
    ],
)
def test_the_most_specific_contract_in_force_decides(
    acme: PriceTable,
    call: Callable[..., Call],
    changes: dict[str, Any],
    contract: str,
    usd: str | None,
) -> None:
    """An account goes before a region and that before everybody; own rates are the whole truth."""
    price = priced(acme, call(**changes))

    assert price.contract == contract
    assert price.contract_usd == (None if usd is None else Decimal(usd))


def test_a_contract_leaves_the_list_price_as_it_is(
    acme: PriceTable, call: Callable[..., Call]
) -> None:
    """Rows carry both: what everybody pays, and what this account pays."""
    price = priced(acme, call(account="proj-1"))

    assert price.cost_usd == Decimal("0.00014")
    assert price.contract_usd == Decimal("0.00007")
    assert price.row == "acme/one@2025-06-01"


def test_own_rates_do_without_output_where_there_is_none(
    acme: PriceTable, call: Callable[..., Call]
) -> None:
    """An embedding has a contract price although nobody counts its output."""
    price = priced(acme, call(model="vectors", output_tokens=None, account="proj-1"))

    assert price.contract_usd == Decimal("0.000001")


def test_a_region_multiplies_the_list_price(acme: PriceTable, call: Callable[..., Call]) -> None:
    """Where a region costs more, every class does, and the row says so."""
    usage: dict[str, Any] = {"model": "voice", "input_audio_tokens": 40, "output_audio_tokens": 5}

    plain, uplifted = (priced(acme, call(**usage, region=region)) for region in ("us", "eu"))

    assert plain.row == "acme/voice@2025-01-01"
    assert uplifted.row == "acme/voice@2025-01-01~eu"
    assert uplifted.by_class == {name: usd * Decimal("1.1") for name, usd in plain.by_class.items()}


def contract_of(project: Callable[[str], Path], acme_yaml: str, **files: str) -> PriceTable:
    """Return the table of a project with contracts."""
    folder = project(acme_yaml)
    (folder / "contracts").mkdir()
    for name, text in files.items():
        (folder / "contracts" / f"{name}.yaml").write_text(text)
    return load_table(folder)


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('"0.80"', "0.80", 6, "is not a multiplier"),
        ('"0.80"', '"0"', 6, "is not a multiplier"),
        ('"0.80"', '"12"', 6, "is not a multiplier"),
        ("to: 2025-10-01", "to: 2025-04-01", 4, "2025-04-01 is not after 2025-04-01"),
        ("account: proj-1", "account: 'a\"b'", 2, "account"),
        ("'^one$'", "'one'", 8, "not anchored"),
        ("over_input_tokens: 2000", "over_input_tokens: 0", 11, "greater than 0"),
        ("source:", "sauce:", 5, "sauce: unknown key"),
        ("- match: '^one$'", "- match: '^one$'\n  per_mtok: {input: \"1\"}\n- match: '^one$'", 10,
         "'one' has rates above already"),
    ],
)  # fmt: skip
def test_a_wrong_contract_is_refused_at_its_line(  # noqa: PLR0913, PLR0917 - columns of a table
    project: Callable[[str], Path], acme_yaml: str, old: str, new: str, line: int, said: str
) -> None:
    """A contract that cannot be meant like that is refused with file, line and what is wrong."""
    assert old in CONTRACT

    with pytest.raises(DeclarationError) as refused:
        contract_of(project, acme_yaml, ours=CONTRACT.replace(old, new, 1))

    assert f"ours.yaml:{line}: " in str(refused.value)
    assert said in str(refused.value)


def test_limits_of_own_rates_grow(project: Callable[[str], Path], acme_yaml: str) -> None:
    """The sizes of a contract's own rates stand in order, like those of the list."""
    twice = CONTRACT + '  - over_input_tokens: 1000\n    per_mtok: {input: "1"}\n'

    with pytest.raises(DeclarationError, match="the limit does not grow"):
        contract_of(project, acme_yaml, ours=twice)


def test_a_contract_s_name_is_plain(project: Callable[[str], Path], acme_yaml: str) -> None:
    """The name stands in rows and in the pipeline's function, so it holds nothing odd."""
    with pytest.raises(DeclarationError, match="is no name of a contract"):
        contract_of(project, acme_yaml, **{"a b": CONTRACT})


@pytest.mark.parametrize(
    ("changed", "collides"),
    [
        ("to: 2026-01-01", True),
        ("from: 2025-10-01\nto: 2026-01-01", False),
        ("account: proj-2", False),
    ],
)
def test_two_contracts_never_cover_one_call(
    project: Callable[[str], Path], acme_yaml: str, changed: str, *, collides: bool
) -> None:
    """Two prices for one call are refused; one after the other, or beside it, is fine."""
    lines = dict(line.split(": ", 1) for line in CONTRACT.partition("rates:")[0].splitlines())
    lines |= dict(line.split(": ", 1) for line in changed.splitlines())
    other = "\n".join(f"{name}: {value}" for name, value in lines.items())

    if collides:
        with pytest.raises(DeclarationError, match="covers calls that the contract a covers"):
            contract_of(project, acme_yaml, a=CONTRACT, b=other)
    else:
        assert len(contract_of(project, acme_yaml, a=CONTRACT, b=other).contracts) == 2


def test_the_version_follows_contracts(project: Callable[[str], Path], acme_yaml: str) -> None:
    """A changed discount is a changed table."""
    one = contract_of(project, acme_yaml, ours=CONTRACT)
    (project(acme_yaml) / "contracts/ours.yaml").write_text(CONTRACT.replace("0.80", "0.81"))

    assert load_table(project(acme_yaml)).version != one.version


def test_a_contract_holds_to_the_microsecond(
    project: Callable[[str], Path], acme_yaml: str, call: Callable[..., Call]
) -> None:
    """The first moment is midnight UTC of its first day, the last one just before `to`."""
    table = contract_of(project, acme_yaml, ours=CONTRACT)
    start, end = datetime(2025, 4, 1, tzinfo=UTC), datetime(2025, 10, 1, tzinfo=UTC)
    step = timedelta(microseconds=1)

    moments = (start - step, start, end - step, end)
    covered = [priced(table, call(at=at, account="proj-1")).contract for at in moments]

    assert covered == ["", "ours", "ours", ""]
