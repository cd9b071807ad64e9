"""Dashboard variables: what people narrow a dashboard by, each over one logical column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from llmcost_infra.declarations import Strict
from llmcost_infra.profiles import PROFILES, attributed

if TYPE_CHECKING:
    from llmcost_infra.settings import Settings

__all__ = ["QueryValues"]

_MOST_CHOICES = 100
"""The server offers ten unless told otherwise."""


class QueryValues(Strict):
    """A choice of several values that a column has; all of them unless somebody chooses."""

    order: int
    type: Literal["query_values"] = "query_values"
    label: Annotated[str, Field(min_length=1)]
    column: str
    """Logical column; every call that a panel reads is narrowed by it."""

    def as_inputs(self, settings: Settings, stream_type: str) -> dict[str, Any]:
        """Return the variable as the provider takes it.

        Args:
            settings: the stack's; its LLM stream is where the choices come from.
            stream_type: the type of that stream.
        """
        return {
            "order": self.order,
            "type": self.type,
            "label": self.label,
            "multi_select": True,
            "select_all_value_for_multi_select": "all",
            # Without it a quote in a value ends the SQL text.
            "escape_single_quotes": True,
            "query_data": {
                "stream_type": stream_type,
                "stream": settings.streams.calls,
                "field": _field(self.column, settings),
                "max_record_size": _MOST_CHOICES,
            },
        }


def _field(column: str, settings: Settings) -> str:
    """Return the plain column that lists the values of a logical one."""
    profile = PROFILES[settings.profile]
    if profile.expressions[column] == attributed(column):
        sources: tuple[str, ...] = getattr(settings.attribution, column)
        return sources[0]
    return profile.choices.get(column, profile.expressions[column])
