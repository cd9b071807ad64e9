"""Functions are compiled, and those of several stacks that are alike only once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from llmcost_infra.check.rules import functions
from llmcost_infra.sql_engine import vrl

if TYPE_CHECKING:
    from llmcost_infra.check.stack import StackView

REFUSED = '.x = downcase(.x)\n.who = "dev"'


@pytest.fixture
def compiled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the texts that are compiled from now on."""
    texts: list[str] = []

    def compile_error(text: str) -> str | None:
        texts.append(text)
        return vrl.compile_error(text)

    monkeypatch.setattr("llmcost_infra.check.rules.functions.compile_error", compile_error)
    return texts


def breaches(*programs: str) -> list[str]:
    """Return what is wrong with functions of these texts."""
    of = [SimpleNamespace(inputs={"function": one}, unknown=()) for one in programs]
    view = cast("StackView", SimpleNamespace(of=lambda _kind: of))
    return [breach.message for breach in functions.syntax(view)]


def test_what_differs_in_what_it_compares_with_is_compiled_once(compiled: list[str]) -> None:
    """A stack's name and those of its services are no reason to compile all of it again."""
    alike = [f'.here = .env == "{one}"\n.whose = "{one}-alike"' for one in ("dev", "prod")]

    assert breaches(*alike) == []
    assert compiled == alike[:1]


@pytest.mark.parametrize(
    "other",
    ['.a = "x {{ nobody }}"', ".a = upcase(.b)", '.a = "\\q"', '.a = contains("x", 1)'],
)
def test_what_differs_in_more_is_compiled_by_itself(compiled: list[str], other: str) -> None:
    """A template in a text, an escape and every other word decide whether it compiles."""
    assert breaches('.a = "x"') == []
    assert breaches(other) != []
    assert compiled[-1] == other


def test_what_is_refused_is_compiled_for_each(compiled: list[str]) -> None:
    """What is said of one shows its own line."""
    other = REFUSED.replace("dev", "prod")

    assert len(breaches(REFUSED, other)) == 2
    assert compiled == [REFUSED, other]
