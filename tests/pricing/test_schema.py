"""An editor is told what a price file may hold, by the same models that read it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra import declarations
from llmcost_infra.pricing.schema import ContractFile, PriceFile

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel


def nodes(schema: Any) -> Iterator[dict[str, Any]]:
    """Yield a schema and every schema in it."""
    if isinstance(schema, dict):
        yield schema
        for below in schema.values():
            yield from nodes(below)
    elif isinstance(schema, list):
        for below in schema:
            yield from nodes(below)


@pytest.mark.parametrize("model", [PriceFile, ContractFile])
def test_every_key_is_described_in_one_sentence(model: type[BaseModel]) -> None:
    """Whoever hovers over a key reads what it means, in words and not in the code's form."""
    schema = model.model_json_schema()

    described = [node for node in nodes(schema) if "properties" in node]
    assert len(described) >= 4
    for node in described:
        assert node["additionalProperties"] is False
        for text in (
            node["description"],
            *(one["description"] for one in node["properties"].values()),
        ):
            assert text.strip(), node
            assert "\n\n" not in text
            assert "Args:" not in text


def test_keys_are_those_of_the_file() -> None:
    """The schema speaks of `from`, and of prices as decimal text."""
    definitions = PriceFile.model_json_schema()["$defs"]
    row, price = definitions["DatedRates"], definitions["Rates"]["properties"]["input"]

    assert row["properties"]["from"]["description"] == "first UTC day, written `from`."
    assert row["properties"]["per_mtok"]["description"] == "the standard tier."
    assert "from_" not in row["properties"]
    assert re.search(price["pattern"], "2.50")
    for wrong in ("-2.50", "1e3", "2,50", ""):
        assert not re.search(price["pattern"], wrong)


def test_the_schema_accepts_what_is_shipped_as_text() -> None:
    """Every pattern in the schema fits the shipped values that stand under its key."""
    definitions = PriceFile.model_json_schema()["$defs"]
    pattern = definitions["ModelPrices"]["properties"]["match"]["pattern"]

    for name in declarations.names("pricing"):
        data = declarations.read(declarations.find("pricing", name)).data
        assert json.loads(json.dumps(data)) == data
        for model in data["models"]:
            assert re.search(pattern, model["match"])
