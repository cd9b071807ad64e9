"""What a stack may choose: strict, typed, and refused with all problems at once."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator, Field, ValidationError

from llmcost_infra.declarations import InvalidDeclaration, Strict, problems_of
from llmcost_infra.errors import DeclarationError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Budget", "Functions", "Retention", "Settings", "Streams"]

_AMOUNT: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?")


def _amount(value: object) -> Decimal:
    """Read money from text: a YAML number would pass through a float."""
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not _AMOUNT.fullmatch(value):
        raise ValueError('write an amount in quotes, like "500" or "0.25"')
    return Decimal(value)


Usd = Annotated[Decimal, BeforeValidator(_amount, json_schema_input_type=str), Field(gt=0)]
Days = Annotated[int, Field(ge=1)]


class Retention(Strict):
    """How long each stream keeps rows, in days."""

    llm_days: Days = 400
    quarantine_days: Days = 1
    other_days: Days = 30


class Budget(Strict):
    """What may be spent."""

    daily_usd: Usd = Decimal(500)
    """USD a day, over the whole stack."""

    @property
    def hourly_usd(self) -> Decimal:
        """An hour's share of the daily budget, in USD, to a hundredth of a cent."""
        return (self.daily_usd / 24).quantize(Decimal("0.0001"))


@dataclass(frozen=True, slots=True)
class Streams:
    """Names of the streams of a stack.

    Args:
        source: where applications send; keeps nothing itself.
        calls: the LLM stream, one row a call or tool run, no text.
        other: where spans go that are neither.
        quarantine: rows that the pipeline did not finish, numbers and ids only.
    """

    source: str
    calls: str
    other: str
    quarantine: str


@dataclass(frozen=True, slots=True)
class Functions:
    """Names of the pipeline's functions, in the order in which a row meets them.

    Args:
        mark_new: marks every row as unfinished.
        normalise: reads dialects, prices, attributes, and marks the row done.
        project: lets the columns of the LLM stream through and nothing else.
        scrub_other: deletes LLM text from spans that are no call.
        quarantine: lets numbers and ids of unfinished rows through and nothing else.
    """

    mark_new: str
    normalise: str
    project: str
    scrub_other: str
    quarantine: str


class Settings(Strict):
    """One stack's choices, as they stand in ``Pulumi.<stack>.yaml`` under ``llmcost:settings``."""

    environment: Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]*$")]
    """dev, staging, prod, local, …"""
    organization: Annotated[str, Field(pattern=r"^[A-Za-z0-9_]+$")] | None = None
    """OpenObserve organization; by default the one that the provider is configured with."""
    prefix: Annotated[str, Field(pattern=r"^(?:[a-z][a-z0-9_]*)?$")] = ""
    """Stands before every stream, function and pipeline name, e.g. ``demo_``."""
    folder: Annotated[str, Field(min_length=1)] = "LLM Cost"
    """Name of the dashboard folder."""
    profile: Literal["pipeline"] = "pipeline"
    """Which shape of data the panels read."""
    retention: Retention = Retention()
    budget: Budget = Budget()
    on_destroy: Literal["retain", "delete"] = "retain"
    """What becomes of the streams' data when the stack is destroyed."""

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], source: str = "llmcost:settings") -> Settings:
        """Read settings from plain values.

        Args:
            values: the mapping under ``llmcost:settings``.
            source: what error messages call it.

        Raises:
            InvalidDeclaration: with every problem, each with the nearest valid key.
        """
        try:
            return cls.model_validate_json(json.dumps(dict(values)))
        except ValidationError as error:
            raise InvalidDeclaration(
                [
                    DeclarationError(f"{'.'.join(map(str, at))}: {said}", path=source, hint=hint)
                    for at, said, hint in problems_of(error, cls)
                ]
            ) from error

    def prefixed(self, name: str) -> str:
        """Return the name of an object of this stack."""
        return f"{self.prefix}{name}"

    @property
    def streams(self) -> Streams:
        """Names of the streams of this stack."""
        return Streams(
            source=self.prefixed("llm_ingest"),
            calls=self.prefixed("llm_calls"),
            other=self.prefixed("other_traces"),
            quarantine=self.prefixed("llm_quarantine"),
        )

    @property
    def functions(self) -> Functions:
        """Names of the pipeline's functions of this stack."""
        return Functions(
            mark_new=self.prefixed("llm_mark_new"),
            normalise=self.prefixed("llm_normalise"),
            project=self.prefixed("llm_project"),
            scrub_other=self.prefixed("llm_scrub_other"),
            quarantine=self.prefixed("llm_quarantine"),
        )
