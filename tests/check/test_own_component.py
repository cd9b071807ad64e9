"""A program of one's own: what its components declare is checked, at the lines of its files."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.check.running import check

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.check.finding import Finding

FILES = {
    "Pulumi.yaml": "name: shop\nruntime: python\n",
    "Pulumi.dev.yaml": "config: {}\n",
    "Pulumi.prod.yaml": "config: {'shop:alerts': 'true'}\n",
    "__main__.py": '''\
"""The shop's monitoring."""

import pulumi
from monitoring.shop import Shop

Shop("shop", alerts=bool(pulumi.Config().get("alerts")))
''',
    "monitoring/__init__.py": "",
    "monitoring/shop.py": '''\
"""What the shop spends."""

import pulumi

from llmcost_infra.resources import Alert, Dashboard, Stream


class Shop(pulumi.ComponentResource):
    """A stream, what is shown of it, and whom it wakes."""

    def __init__(self, name: str, *, alerts: bool) -> None:
        super().__init__("acme:index:Shop", name, {"alerts": alerts})
        inside = pulumi.ResourceOptions(parent=self)
        Stream(
            f"{name}-calls",
            name="shop_calls",
            stream_type="traces",
            data_retention=30,
            fields={"usd": "float64", "model": "utf8"},
            opts=inside,
        )
        self.show(name, inside)
        if alerts:
            self.wake(name, inside)
        self.register_outputs({})

    def show(self, name: str, inside: pulumi.ResourceOptions) -> None:
        panel = {
            "type": "bar",
            "order": 1,
            "title": "Cost",
            "stream": "shop_calls",
            "stream_type": "traces",
            "query": "SELECT model, SUM(used) AS cost FROM shop_calls GROUP BY model",
            "x_axis": [{"alias": "model"}],
            "y_axis": [{"alias": "cost"}],
            "config": {"unit": "currency-dollar", "decimals": 2},
        }
        tabs = {"t": {"name": "T", "order": 1, "panels": {"cost": panel}}}
        Dashboard(f"{name}-board", title="Shop", folder="default", tabs=tabs, opts=inside)

    def wake(self, name: str, inside: pulumi.ResourceOptions) -> None:
        sql = "SELECT SUM(usd) AS spent FROM shop_calls HAVING SUM(usd) > 5"
        Alert(
            f"{name}-spend",
            name="shop_spend",
            folder="default",
            stream_name="shop_calls",
            stream_type="traces",
            query_condition={"type": "sql", "sql": sql},
            trigger_condition={"period": 60, "frequency": 5, "operator": ">=", "threshold": 1},
            destinations=["nobody"],
            row_template="{spend} USD, limit 5",
            opts=inside,
        )
''',
}
SHOP = FILES["monitoring/shop.py"].splitlines()


@pytest.fixture(scope="module")
def findings(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, tuple[Finding, ...]]:
    """Return the project, and what a check of both stacks finds in it."""
    folder = tmp_path_factory.mktemp("shop")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    report = check(folder, ("dev", "prod"), today=date(2026, 11, 28))
    return folder, report.findings


def line_of(text: str) -> int:
    """Return the line of the component's file on which a text stands."""
    (found,) = (number for number, line in enumerate(SHOP, 1) if line.strip() == text)
    return found


@pytest.mark.parametrize(
    ("rule", "declared", "stacks"),
    [
        (
            "sql-plan",
            'Dashboard(f"{name}-board", title="Shop", folder="default", tabs=tabs, opts=inside)',
            ("dev", "prod"),
        ),
        ("alert-context", "Alert(", ("prod",)),
        ("alert-route", "Alert(", ("prod",)),
        ("alert-text-columns", "Alert(", ("prod",)),
    ],
)
def test_what_a_component_declares_is_found_at_its_own_line(
    findings: tuple[Path, tuple[Finding, ...]], rule: str, declared: str, stacks: tuple[str, ...]
) -> None:
    """Not at the line of the program that makes the component, and once for all of its stacks."""
    folder, found = findings
    places = {(one.path, one.line, one.stacks) for one in found if one.rule == rule}
    assert places == {(str(folder / "monitoring/shop.py"), line_of(declared), stacks)}


def test_nothing_is_found_anywhere_else(findings: tuple[Path, tuple[Finding, ...]]) -> None:
    """Every finding names the file that somebody has to mend."""
    folder, found = findings
    assert {one.path for one in found} == {str(folder / "monitoring/shop.py")}
