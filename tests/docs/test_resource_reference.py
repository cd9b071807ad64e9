"""The page about resources is what classes and kinds say themselves."""

from __future__ import annotations

import pytest
import resource_reference

from llmcost_infra.openobserve.kinds import KINDS

PAGE = resource_reference.PAGE.read_text(encoding="utf-8")


def test_the_page_is_current() -> None:
    """A changed argument is in docs/resources.md before it is merged; `make docs` puts it there."""
    assert resource_reference.reference() == PAGE


@pytest.mark.parametrize("token", KINDS)
def test_every_argument_of_a_kind_is_explained(token: str) -> None:
    """Nothing that can be declared is missing from the page, and nothing is there in vain."""
    kind = KINDS[token]
    section = PAGE.partition(f"| type | `{token}` |")[0].rpartition("\n## ")[2]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    assert {row[1].strip(" `") for row in rows} == kind.required | kind.optional
    assert {row[1].strip(" `") for row in rows if row[2].strip()} == kind.required
    assert all(len(row[3].strip()) > 10 for row in rows)


@pytest.mark.parametrize("token", KINDS)
def test_a_kind_says_whether_writes_are_atomic(token: str) -> None:
    """A reader learns where somebody else's change can still be lost."""
    section = PAGE.partition(f"| type | `{token}` |")[2].partition("\n## ")[0]
    assert KINDS[token].id_form in section
    assert ("atomic" in section) == KINDS[token].atomic
