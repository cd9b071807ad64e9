"""The shape of `pricing/<provider>.yaml`: what a reviewer writes, checked key by key."""

from __future__ import annotations

import inspect
import re
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from llmcost_infra.declarations import Strict, fitting, misplaced

__all__ = [
    "Card",
    "ContextTier",
    "ContractFile",
    "DatedRates",
    "ModelPrices",
    "OwnRates",
    "PriceFile",
    "Rates",
]

_ARGUMENT: Final = re.compile(r"^ {4}(\w+): ((?:.|\n {8})*)", re.MULTILINE)
_USD: Final = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
_FACTOR: Final = re.compile(r"[0-9](\.[0-9]{1,6})?")


def _text_like(pattern: re.Pattern[str], *examples: str) -> dict[str, Any]:
    """Return what an editor is told of a text."""
    return {"type": "string", "pattern": f"^{pattern.pattern}$", "examples": [*examples]}


def _described(schema: dict[str, Any], model: type[BaseModel]) -> None:
    """Tell editors what the docstrings say of a model and of each of its keys."""
    said: dict[str, str] = {}
    for base in reversed(model.__mro__):
        text = inspect.cleandoc(base.__dict__.get("__doc__") or "")
        _, _, told = text.partition("\nArgs:\n")
        said |= {name: " ".join(line.split()) for name, line in _ARGUMENT.findall(told)}
    schema["description"] = inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0]
    for key, value in schema["properties"].items():
        value["description"] = said[key if key in said else f"{key}_"]
        value.pop("title", None)


class _Described(Strict):
    model_config = ConfigDict(json_schema_extra=_described)


def _decimal_string(value: object) -> object:
    # A YAML number would pass through a float on its way here, and money must not.
    if not isinstance(value, str) or _USD.fullmatch(value) is None:
        raise misplaced(
            f"{value!r} is not a price: USD per million tokens, in quotes, not negative",
            hint='write it like "2.50"',
        )
    return value


Usd = Annotated[
    str, BeforeValidator(_decimal_string), WithJsonSchema(_text_like(_USD, "2.50", "10.00"))
]
"""USD per million tokens, as a decimal string."""


Word = Annotated[
    str,
    fitting(r"^[A-Za-z0-9_.:@/-]{1,120}$", "use up to 120 letters, digits and _ . : @ / -"),
]
"""A name that stands as it is in the pipeline's function."""

Provider = Annotated[
    str, fitting(r"^[a-z0-9_.]+$", "use lower-case letters, digits, _ and . as in azure.ai.openai")
]
"""As `gen_ai.provider.name` has it."""


def _multiplier(value: object) -> object:
    if not isinstance(value, str) or _FACTOR.fullmatch(value) is None or not Decimal(value):
        raise misplaced(
            f"{value!r} is not a multiplier: more than 0, less than 10, in quotes",
            hint='write it like "0.85"',
        )
    return value


Multiplier = Annotated[
    str, BeforeValidator(_multiplier), WithJsonSchema(_text_like(_FACTOR, "0.85", "1.10"))
]
"""What a list price is multiplied with, as a decimal string."""


AnchoredPattern = Annotated[
    str, WithJsonSchema(_text_like(re.compile(r"\^.+\$"), r"^gpt-4o(-2024-(08-06|11-20))?$"))
]
"""Text of a `llmcost_infra.pricing.pattern.Pattern`, which says what it may hold."""


class Rates(_Described):
    """USD per million tokens of each class; a class that is left out cannot be priced.

    Args:
        input: input that neither came from a cache nor went into one.
        output: output, reasoning included unless it has a rate of its own.
        cache_read: input read from the provider's cache.
        cache_write: input written to the cache; for Anthropic, for five minutes.
        cache_write_1h: input written to the cache for an hour.
        reasoning: output that the reader never sees, where it is sold at its own rate.
        input_audio: audio in the input.
        cache_read_audio: audio read from the provider's cache.
        output_audio: audio in the output.
        input_image: images in the input, where they are not charged like other input.
        output_image: images in the output.
    """

    input: Usd
    output: Usd | None = None
    cache_read: Usd | None = None
    cache_write: Usd | None = None
    cache_write_1h: Usd | None = None
    reasoning: Usd | None = None
    input_audio: Usd | None = None
    cache_read_audio: Usd | None = None
    output_audio: Usd | None = None
    input_image: Usd | None = None
    output_image: Usd | None = None


class Card(_Described):
    """What is charged at one size of input.

    Args:
        per_mtok: the standard tier.
        batch: requests of the batch API.
        service_tiers: other tiers by the name that the provider answers with; `standard` says that
            the tier is charged like the standard one.
    """

    per_mtok: Rates
    batch: Rates | None = None
    service_tiers: dict[Word, Rates | Literal["standard"]] = Field(default_factory=dict)


class ContextTier(Card):
    """Rates of the whole request when its input is larger than a limit.

    Args:
        over_input_tokens: total input, cached included, above which the tier starts.
    """

    over_input_tokens: int = Field(gt=0)


class DatedRates(Card):
    """One dated row: append a new one when a price changes.

    Args:
        from_: first UTC day, written `from`.
        to: first UTC day on which it no longer holds, where the next rates are not known.
        source: where the figures were read.
        verified: day on which they were last compared with the source.
        review_by: day by which they have to be compared again.
        context_tiers: rates of large requests, smallest limit first.
        regions: region of inference → what every rate is multiplied with there.
    """

    from_: date = Field(alias="from")
    to: date | None = None
    source: str = Field(min_length=1)
    verified: date
    review_by: date
    context_tiers: tuple[ContextTier, ...] = ()
    regions: dict[Word, Multiplier] = Field(default_factory=dict)


class ModelPrices(_Described):
    """A model's prices over time.

    Args:
        id: provider, slash, name.
        match: anchored pattern of the model ids that cost this.
        rates: oldest first.
        needs_split: audio or images are most of what it is used for, so that a call which does not
            tell them apart has no price.
    """

    id: str
    match: AnchoredPattern
    rates: list[DatedRates] = Field(min_length=1)
    needs_split: bool = False


class PriceFile(_Described):
    """One provider's file.

    Args:
        provider: the provider's OpenTelemetry name (`gen_ai.provider.name`).
        aliases: other names that instrumentation gives it, in lower case.
        models: in any order.
    """

    provider: Provider
    aliases: tuple[Word, ...] = ()
    models: list[ModelPrices] = Field(min_length=1)


class OwnRates(Card):
    """A model's negotiated rates, which are all there is for that model.

    Args:
        match: anchored pattern of the model ids.
        context_tiers: rates of large requests, smallest limit first.
    """

    match: AnchoredPattern
    context_tiers: tuple[ContextTier, ...] = ()


class ContractFile(_Described):
    """Prices that were negotiated with a provider.

    Args:
        provider: the provider's OpenTelemetry name.
        account: provider account (organization, project, subscription) it is about; all if absent.
        region: region of inference it is about; all if absent.
        from_: first UTC day, written `from`.
        to: first UTC day on which it no longer holds; open if absent.
        source: the agreement it stands in.
        multiplier: of the list price, for models without own rates.
        rates: models with own rates.
    """

    provider: Provider
    account: Word | None = None
    region: Word | None = None
    from_: date = Field(alias="from")
    to: date | None = None
    source: str = Field(min_length=1)
    multiplier: Multiplier = "1"
    rates: tuple[OwnRates, ...] = ()
