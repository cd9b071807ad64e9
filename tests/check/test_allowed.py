"""A comment with a reason allows what a rule finds, where it stands and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra.check.allowed import allowances, apply
from llmcost_infra.check.finding import Finding

if TYPE_CHECKING:
    from pathlib import Path

YAML = """\
panels:
  # check: allow panel-unit it is a score
  score:
    config: {}
  other:
    config: {}  # check: allow panel-unit so is this
  third: {}
"""


def left(path: Path, text: str, *lines: int, rule: str = "panel-unit") -> list[tuple[int, str]]:
    """Return line and rule of what is still found in a file, one finding a line."""
    path.write_text(text)
    found = [Finding(str(path), line, rule, "error", "said") for line in lines]
    return [(one.line, one.rule) for one in apply(found, [str(path)], {"panel-unit", "sql-plan"})]


def test_it_covers_the_block_below_it_or_its_own_line(tmp_path: Path) -> None:
    """What follows at the same depth is found all the same."""
    assert left(tmp_path / "a.yaml", YAML, 3, 4, 5, 6, 7) == [(5, "panel-unit"), (7, "panel-unit")]


def test_another_rule_is_still_found(tmp_path: Path) -> None:
    """A comment allows the rule that it names."""
    assert left(tmp_path / "a.yaml", YAML, 4, rule="sql-plan") == [(4, "sql-plan")]


def test_in_a_template_it_covers_the_statement(tmp_path: Path) -> None:
    """One file holds one statement, and a finding may be on any of its lines."""
    text = "{# check: allow panel-unit why not #}\nSELECT\nFROM\n"
    assert left(tmp_path / "a.sql.j2", text, 1, 3) == []
    assert allowances(tmp_path / "a.sql.j2")[0].reason == "why not"


@pytest.mark.parametrize(
    ("comment", "said"),
    [
        ("# check: allow panel-units a reason", "there is no rule 'panel-units' to allow"),
        ("# check: allow panel-unit", "panel-unit is allowed without a reason"),
    ],
)
def test_a_comment_that_allows_nothing_is_a_finding(
    tmp_path: Path, comment: str, said: str
) -> None:
    """A wrong id or a missing reason is an error at its line, with what to write."""
    path = tmp_path / "a.py"
    path.write_text(f"{comment}\nx = 1\n")
    wrong = Finding(str(path), 2, "panel-unit", "error", "x")
    found = list(apply([wrong], [str(path)], {"panel-unit"}))
    assert wrong in found
    [told] = [one for one in found if one.rule == "allowance"]
    assert (told.line, told.message, told.severity) == (1, said, "error")
    assert told.hint
