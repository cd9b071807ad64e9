"""No secret is left in a message, however it is spelt there."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from llmcost_infra.provider.redaction import Redactor
from llmcost_infra.provider.values import Secret

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("spelling", [str, str.strip, str.lower, json.dumps, quote])
@given(secret=st.text(st.characters(min_codepoint=33, max_codepoint=255), min_size=4))
def test_a_secret_is_taken_out(spelling: Callable[[str], str], secret: str) -> None:
    """As it is, trimmed, in lower case, in JSON or in a URL."""
    assume(len(secret.strip()) >= 4)
    redactor = Redactor()
    redactor.learn({"key": Secret(secret)})
    message = f"<<{spelling(secret)}>>"
    cleaned = redactor.clean(message)
    assert "[secret]" in cleaned
    assert spelling(secret).strip('"') not in cleaned.replace("[secret]", "")


def test_a_part_of_a_longer_secret_is_taken_out_as_a_whole() -> None:
    """The longer secret goes first, so that nothing of it is left."""
    redactor = Redactor()
    redactor.learn(Secret("hunter"))
    redactor.learn(Secret("hunter2-and-more"))
    assert redactor.clean("hunter2-and-more, hunter") == "[secret], [secret]"


def test_without_secrets_nothing_changes() -> None:
    """A message stays as it is, and so does one that only looks like a short secret."""
    redactor = Redactor()
    assert redactor.clean("a message") == "a message"
    redactor.learn({"a": Secret("me"), "b": Secret(" a  "), "c": "message"})
    assert redactor.clean("a message") == "a message"
