"""The page about checks is what the rules say themselves."""

from __future__ import annotations

import check_reference

from llmcost_infra.check.registry import RULES


def test_the_page_is_current() -> None:
    """A changed rule is in docs/check.md before it is merged; `make docs` puts it there."""
    assert check_reference.reference() == check_reference.PAGE.read_text(encoding="utf-8")


def test_every_rule_is_explained_with_two_examples() -> None:
    """Who looks up a rule's id finds why there is the rule, and what to write instead."""
    page = check_reference.reference()
    for name in RULES:
        section = page.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
        assert section.count("```text\n") == 2, name
        assert section.count("```") == 4, name
