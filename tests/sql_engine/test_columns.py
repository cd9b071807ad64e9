"""Column types, and which give way to which."""

from __future__ import annotations

import pytest

from llmcost_infra.sql_engine.columns import ARROW, arrow_schema, type_name, widens


@pytest.mark.parametrize(
    ("kept", "sent"),
    [
        ("Float64", "Utf8"),
        ("Int64", "Utf8"),
        ("Int64", "Float64"),
        ("Boolean", "Utf8"),
        ("UInt64", "Utf8"),
    ],
)
def test_a_type_gives_way_to_a_wider_one(kept: str, sent: str) -> None:
    """A number column becomes text once text is sent."""
    assert widens(kept, sent)


@pytest.mark.parametrize(
    ("kept", "sent"),
    [
        ("Utf8", "Int64"),
        ("Float64", "Int64"),
        ("Boolean", "Int64"),
        ("Int64", "Boolean"),
        ("Utf8", "Utf8"),
    ],
)
def test_a_type_keeps_what_fits_it(kept: str, sent: str) -> None:
    """Text never becomes a number again, and a whole number fits a double."""
    assert not widens(kept, sent)


def test_names_and_arrow_types_are_two_words_for_one_thing() -> None:
    """Every type has its name back."""
    assert {type_name(kind): kind for kind in ARROW.values()} == ARROW


def test_a_schema_keeps_the_order_of_columns() -> None:
    """Any column may be null."""
    schema = arrow_schema([("b", "Int64"), ("a", "Utf8")])

    assert schema.names == ["b", "a"]
    assert all(field.nullable for field in schema)
