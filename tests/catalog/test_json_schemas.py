"""An editor learns from a schema what the models take, with what their docstrings say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.catalog.json_schemas import json_schema, names
from llmcost_infra.declarations import Strict, find, read
from llmcost_infra.errors import LlmCostError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.declarations import Kind


def nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Yield every object in a schema."""
    if isinstance(value, dict):
        yield value
        for below in value.values():
            yield from nodes(below)
    elif isinstance(value, list):
        for below in value:
            yield from nodes(below)


@pytest.mark.parametrize("name", names())
def test_a_schema_is_whole_and_strict(name: str) -> None:
    """Every reference leads somewhere, and a model takes no key that it does not know."""
    schema = json_schema(name)
    references = {node["$ref"] for node in nodes(schema) if isinstance(node.get("$ref"), str)}
    assert {ref.rpartition("/")[2] for ref in references} <= schema["$defs"].keys()
    own = [schema, *schema["$defs"].values()]
    models = [one for one in own if "additionalProperties" in one and "properties" in one]
    assert len(models) >= 5
    assert all(one["additionalProperties"] is False for one in models)


@pytest.mark.parametrize("name", names())
def test_a_pattern_has_words_or_examples(name: str) -> None:
    """An editor shows them in place of a regular expression."""
    patterns = [node for node in nodes(json_schema(name)) if isinstance(node.get("pattern"), str)]
    assert [one for one in patterns if not (one.keys() & {"patternErrorMessage", "examples"})] == []


def test_keys_have_the_words_of_their_docstrings() -> None:
    """Attribute docstrings and Args sections, on one line; a summary without its Args."""
    settings, prices = json_schema("settings"), json_schema("prices")
    assert settings["properties"]["prefix"]["description"].startswith("Stands before every stream")
    rates = prices["$defs"]["DatedRates"]
    assert rates["properties"]["from"]["description"] == "first UTC day, written `from`."
    assert rates["properties"]["per_mtok"]["description"] == "the standard tier."
    assert rates["description"] == "One dated row: append a new one when a price changes."


def test_a_base_class_describes_what_it_brings() -> None:
    """Inherited keys keep their words, and a class may say something better."""

    class Base(Strict):
        """Base."""

        kept: int
        """From the base."""
        said: int
        """From the base."""
        silent: int

    class Derived(Base):
        """Derived.

        Args:
            said: anew,
                over two lines.
        """

    from llmcost_infra.catalog import json_schemas  # noqa: PLC0415 - its inside

    def described(model: type[Strict]) -> dict[str, str | None]:
        made = model.model_json_schema(schema_generator=json_schemas._Described)
        return {key: one.get("description") for key, one in made["properties"].items()}

    assert described(Derived) == {
        "kept": "From the base.",
        "said": "anew, over two lines.",
        "silent": None,
    }


def test_money_is_text_without_a_limit_on_numbers() -> None:
    """JSON schema has no word for an amount above zero that is written as text."""
    budget = json_schema("settings")["$defs"]["Budget"]["properties"]
    assert budget["daily_usd"]["type"] == "string"
    assert [node for node in nodes(json_schema("settings")) if "gt" in node] == []


def test_the_schema_of_a_stack_s_file_leaves_the_engine_s_keys_alone() -> None:
    """Other configuration and the engine's own keys are not refused by an editor."""
    stack, settings = json_schema("stack"), json_schema("settings")
    assert "additionalProperties" not in stack
    config = stack["properties"]["config"]
    assert config["properties"] == {"llmcost:settings": {"$ref": "#/$defs/Settings"}}
    assert stack["$defs"]["Settings"]["properties"] == settings["properties"]


@pytest.mark.parametrize(
    ("name", "kind", "file"),
    [
        ("dashboard", "dashboards", "llm_cost"),
        ("pipeline", "pipelines", "llm_cost"),
        ("prices", "pricing", "openai"),
    ],
)
def test_a_shipped_declaration_has_only_keys_of_its_schema(
    name: str, kind: Kind, file: str
) -> None:
    """What we write ourselves is not underlined by an editor, and what is required is there."""
    schema, data = json_schema(name), read(find(kind, file)).data
    assert data.keys() <= schema["properties"].keys()
    assert set(schema["required"]) <= data.keys()


def test_a_schema_that_is_not_there_is_told_with_the_nearest() -> None:
    """A misspelt name is answered with the one that was meant."""
    with pytest.raises(LlmCostError, match="no schema 'pipelines'") as caught:
        json_schema("pipelines")
    assert caught.value.hint == "did you mean 'pipeline'?"
