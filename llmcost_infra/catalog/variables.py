"""Dashboard variables: what people narrow a dashboard by, each over one logical column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from llmcost_infra.declarations import Strict

if TYPE_CHECKING:
    from llmcost_infra.columns import Profile

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

    def as_inputs(self, profile: Profile, stream: str, stream_type: str) -> dict[str, Any]:
        """Return the variable as the provider takes it.

        Args:
            profile: how logical columns are read.
            stream: stream that the choices come from.
            stream_type: its type.
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
                "stream": stream,
                "field": profile.expressions[self.column],
                "max_record_size": _MOST_CHOICES,
            },
        }
