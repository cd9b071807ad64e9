"""One team's part of an organization: whose calls are looked at, and who answers for them."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from llmcost_infra.declarations import Strict, fitting, misplaced
from llmcost_infra.settings.names import slug

__all__ = ["Owner", "Team", "TeamName"]


def _without_space_around(name: str) -> str:
    if name != name.strip():
        raise misplaced(f"{name!r} has space around it, which is cut off what applications send")
    return name


# As it stands in functions and statements, between quotes: a brace or a backslash would mean
# something there.
TeamName = Annotated[
    str,
    fitting(r"^[\p{L}\p{M}\p{N}_ .:@/&+-]*$", "use letters, digits, spaces and _ . : @ / & + -"),
    Field(min_length=1, max_length=120),
    AfterValidator(_without_space_around),
]
"""A team, a feature or a service, as applications send it."""

# The server writes it into the JSON of a notification as it is.
Owner = Annotated[
    str,
    fitting(r"^[^\"\\\x00-\x1f]+$", "write one line without quotes and backslashes"),
    Field(max_length=200),
]
"""Somebody who answers for spend: a person, a group, an address."""


class Team(Strict):
    """The team whose calls are all that dashboards and alerts read."""

    name: TeamName
    """As it is stored: the name in ``teams.yaml``, or else what applications send."""
    owners: Annotated[tuple[Owner, ...], Field(min_length=1)]
    """Who answers for what it spends; alerts name them."""

    @property
    def slug(self) -> str:
        """Its name as a part of the names of objects."""
        return slug(self.name)
