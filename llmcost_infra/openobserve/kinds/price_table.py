"""Model prices: what the server itself charges a span, one table of rows an organization."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost_infra.openobserve.kinds.base import Found, Inputs, Kind, Problem
from llmcost_infra.openobserve.kinds.price_table_body import canonical_row
from llmcost_infra.openobserve.kinds.price_table_problems import table_problems
from llmcost_infra.openobserve.kinds.rules import anything, check, entries, trimmed
from llmcost_infra.openobserve.kinds.values import plain, without_defaults

if TYPE_CHECKING:
    from llmcost_infra.openobserve.kinds.rules import Rule

__all__ = ["ModelPriceTableKind"]

_RULES: dict[str, Rule] = {
    "models": anything,  # told in full by table_problems
    "organization": trimmed,
}


class ModelPriceTableKind(Kind):
    """The model prices of an organization, by name; rows that it does not name are left alone."""

    token = "openobserve:index:ModelPriceTable"  # noqa: S105 - a type token
    id_form = "organization"
    required = frozenset({"models"})
    optional = frozenset({"organization"})
    replace_on = frozenset({"organization"})
    computed = frozenset()
    server_changes = (
        "ids and times of rows",
        "rows that the table does not name: inherited, built in, or somebody else's",
    )

    def defaults(self, inputs: Inputs) -> Inputs:
        """Return the inputs; a row's defaults are those of the server."""
        return dict(inputs)

    def problems(self, inputs: Inputs) -> list[Problem]:
        """Return what the server would refuse, or price wrongly by."""
        return [*check(inputs, _RULES, self.required), *table_problems(inputs.get("models"))]

    def canonical(self, inputs: Inputs) -> Inputs:
        """Return the inputs without nulls and defaults, and with prices in one spelling."""
        values: Inputs = plain(inputs)
        rows = entries(values.get("models"))
        values["models"] = {name: canonical_row(row) for name, row in rows.items()}
        return without_defaults(values, {}, frozenset({"models"}))

    def adoptable(self, found: Found, target: Inputs) -> bool:
        """Return whether the rows that are there are those asked for: others are only added."""
        there, wanted = (self.canonical(one)["models"] for one in (found.inputs, target))
        return all(wanted.get(name) == row for name, row in there.items())
