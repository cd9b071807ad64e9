"""An organization's own rules are files: what they look at, what must be true, what is said."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.check.organisation import rule_in
from llmcost_infra.check.running import findings_of
from llmcost_infra.check.stack import StackView
from llmcost_infra.declarations import InvalidDeclaration
from tests.check.cases import alert

if TYPE_CHECKING:
    from llmcost_infra.check.registry import Breach

PAGE = Path(__file__).parents[2] / "docs" / "check.md"
SAID = "message: It is so.\nhint: Change it.\n"


def broken(tmp_path: Path, text: str, **inputs: object) -> list[Breach]:
    """Return what a rule says of a program with one alert."""
    path = tmp_path / "own.yaml"
    path.write_text(text + SAID)
    return list(rule_in(path).find(StackView(alert(**inputs))))


def test_a_rule_looks_at_a_part_of_each_object_of_a_kind(tmp_path: Path) -> None:
    """Kind, target and expression; the finding names the object and stands at the part."""
    text = "kind: Alert\ntarget: trigger_condition\nexpect: period >= `90`\n"
    [found] = broken(tmp_path, text)
    assert (found.path, found.message, found.hint) == (
        "trigger_condition",
        "alert: It is so.",
        "Change it.",
    )
    assert broken(tmp_path, text.replace("90", "60")) == []


def test_every_item_of_a_list_has_to_fit(tmp_path: Path) -> None:
    """One that does not is one finding of the object."""
    text = "kind: Alert\ntarget: destinations\nexpect: starts_with(@, 'on')\n"
    assert broken(tmp_path, text) == []
    assert len(broken(tmp_path, text, destinations=["oncall", "chat", "mail"])) == 1


def test_a_function_that_does_not_take_a_value_means_that_it_is_not_as_expected(
    tmp_path: Path,
) -> None:
    """No traceback, and no silence either."""
    assert broken(tmp_path, "kind: Alert\nexpect: length(nothing) > `0`\n")


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("kind: Alert\nexpect: 'a ='\n", 2, "no JMESPath"),
        ("kind: Alarm\nexpect: a\n", 1, "did you mean 'Alert'"),
        ("kind: Alert\nexpct: a\nexpect: a\n", 2, "expct"),
    ],
)
def test_a_rule_that_cannot_be_read_names_its_line(
    tmp_path: Path, text: str, line: int, said: str
) -> None:
    """With the next step."""
    with pytest.raises(InvalidDeclaration, match=re.escape(said)) as caught:
        broken(tmp_path, text)
    assert caught.value.line == line


def test_the_rules_of_a_project_are_held_like_ours(tmp_path: Path) -> None:
    """A wrong one is a finding beside the others."""
    own_rule(tmp_path)
    (tmp_path / "rules/wrong.yaml").write_text("kind: Alert\n")
    found = findings_of(tmp_path, {"dev": alert()})
    assert {(one.rule, one.severity) for one in found} == {
        ("rules/long", "warning"),
        ("declaration", "error"),
    }


def test_a_comment_with_a_reason_allows_what_one_finds(tmp_path: Path) -> None:
    """There is one way of allowing something, whoever wrote the rule."""
    own_rule(tmp_path)
    (tmp_path / "__main__.py").write_text("\n\nx = 1  # check: allow rules/long it is short\n")
    assert findings_of(tmp_path, {"dev": alert()}) == []


def own_rule(project: Path) -> None:
    """Write the rule `rules/long`, which an alert breaks."""
    (project / "rules").mkdir()
    text = f"kind: Alert\nexpect: period\nseverity: warning\n{SAID}"
    (project / "rules/long.yaml").write_text(text)


def test_the_example_of_the_page_is_a_rule(tmp_path: Path) -> None:
    """What people copy from docs/check.md can be loaded."""
    [text] = re.findall(r"```yaml\n(# rules/.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    path = tmp_path / "quiet-pages.yaml"
    path.write_text(text)
    assert list(rule_in(path).find(StackView(alert())))
