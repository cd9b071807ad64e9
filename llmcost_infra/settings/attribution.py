"""Where a call says whose spend it is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

from pydantic import Field

from llmcost_infra.declarations import Strict, fitting

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["RESOURCE", "Attribution", "in_logs"]

RESOURCE: Final = "service_"
"""What stands before a resource's attributes in the columns of a span."""

# A stored column: OpenObserve lowers a name and writes _ for every other sign.
_Column = Annotated[
    str,
    fitting(
        r"^[a-z_][a-z0-9_]*$",
        "write the stored column: lower-case letters and digits, _ for all else",
    ),
]
_Columns = Annotated[tuple[_Column, ...], Field(min_length=1)]


class Attribution(Strict):
    """Columns that name the owner of a call, the first one with a value winning.

    A span attribute is a column of its name with ``_`` for ``.``; a resource attribute is one with
    ``service_`` before it. The first of each is what the dashboard's choices list.
    """

    feature: _Columns = ("feature", "service_feature")
    team: _Columns = ("team", "service_team")
    environment: _Columns = (
        "environment",
        "deployment_environment_name",
        "deployment_environment",
        "service_deployment_environment_name",
        "service_deployment_environment",
        "service_environment",
    )
    user: _Columns = ("user_id", "enduser_id", "service_user_id")
    prompt_name: _Columns = ("prompt_name", "gen_ai_prompt_name")
    """OpenObserve removes ``gen_ai.prompt.*`` from spans as text: send ``prompt.name``."""


def in_logs(columns: Iterable[str]) -> tuple[str, ...]:
    """Return where log records have what spans have in some columns.

    A resource's attributes have no prefix there: its `team`, `service_team` of a span, is `team`.
    """
    names = (name for one in columns for name in (one, one.removeprefix(RESOURCE)))
    return tuple(dict.fromkeys(names))
