"""What says who somebody is, or opens a door, does not stay in a text; figures do."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from llmcost_infra import declarations
from llmcost_infra.catalog.vrl_templates import render_vrl
from llmcost_infra.errors import DeclarationError
from llmcost_infra.settings import ContentCapture
from llmcost_infra.sql_engine.vrl import Program
from tests.pipelines.secrets import HARMLESS, SECRETS, SURROUNDINGS, bones, telling

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TEMPLATE = """\
scrubbed = map_values({"text": string(.text) ?? ""}) -> |text| {
{% include "scrub.vrl.j2" %}
text
}
.text = scrubbed.text
.
"""


def scrubber(folder: Path, **patterns: str) -> Callable[[str], str]:
    """Return what removes secrets from a text, with a stack's own patterns."""
    path = folder / "scrubber.vrl.j2"
    path.write_text(TEMPLATE)
    own = ContentCapture(patterns=patterns).as_rust()
    program = Program(render_vrl(path, {"patterns": own}, declarations.roots("pipelines")))

    def scrub(text: str) -> str:
        made: str = program.run({"text": text})["text"]
        return made

    return scrub


@pytest.fixture(scope="session")
def scrub(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """Return what removes secrets from a text."""
    return scrubber(tmp_path_factory.mktemp("scrub"))


@pytest.mark.parametrize("surrounding", SURROUNDINGS)
@pytest.mark.parametrize("kind", SECRETS)
def test_no_secret_survives(kind: str, surrounding: str, scrub: Callable[[str], str]) -> None:
    """Of every kind, in every surrounding, none is left, and the text around it is."""

    @settings(max_examples=60)
    @given(SECRETS[kind])
    def holds(secret: str) -> None:
        kept = scrub(SURROUNDINGS[surrounding](secret))

        assert telling(kind, secret) not in bones(kept), kept
        assert re.search(r"\[(email|card|iban|id|key|token|secret|ip|phone)\]", kept), kept

    holds()


@settings(max_examples=200)
@given(
    st.lists(st.sampled_from(sorted(SECRETS)).flatmap(
        lambda kind: st.tuples(st.just(kind), SECRETS[kind])
    ), min_size=2, max_size=4),
    st.sampled_from([", ", "\n", " and ", "; "]),
)  # fmt: skip
def test_no_secret_hides_another(
    scrub: Callable[[str], str], secrets: list[tuple[str, str]], between: str
) -> None:
    """Several in a row are all removed, whatever follows what."""
    kept = scrub(json.dumps(between.join(secret for _, secret in secrets)))

    for kind, secret in secrets:
        assert telling(kind, secret) not in bones(kept), (kind, kept)


@pytest.mark.parametrize("surrounding", ["alone", "sentence", "json", "json_in_json", "list"])
def test_harmless_numbers_survive(surrounding: str, scrub: Callable[[str], str]) -> None:
    """Token counts, times, prices and versions are what the text was kept for."""

    @settings(max_examples=300)
    @given(HARMLESS)
    def holds(number: str) -> None:
        text = SURROUNDINGS[surrounding](number)
        assert scrub(text) == text

    holds()


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Write to ann@example.com, not to bob!", "Write to [email], not to bob!"),
        (r"{\"to\":\"ann\\u0040example.com\",\"n\":12}", r"{\"to\":\"[email]\",\"n\":12}"),
        ("DE89 3704 0044 0532 0130 00 is mine", "[iban] is mine"),
        (
            "DE89370400440532013000, GB29 NWBK 6016 1331 9268 19 on 2026-01-31",
            "[iban], [iban] on 2026-01-31",
        ),
        ("NO12 was not GB29 NWBK 6016 1331 9268 19", "[iban]"),
        ("DE88 3704 0044 0532 0130 00", "DE88 3704 [phone]"),
        (r"pay\n4111 1111 1111 1111", r"pay\n[card]"),
        ("4111111111111112", "4111111111111112"),
        ("5555 4111 1111 1111 1111", "[card]"),
        ("ip:2001:db8::1 and [fe80::1]:443 at 12:30:45", "ip:[ip] and [[ip]]:443 at 12:30:45"),
        ("12345678A", "12345678A"),
        ("0.4111111111111111 for a_b, +49.1711234567", "0.4111111111111111 for a_b, [phone]"),
        ("0.001953125 +49 171 1234567", "0.001953125 [phone]"),
        ("SSN: 123456789 and SSN: 123456780", "SSN: [id] and SSN: [id]"),
        ("OID 1.3.6.1.4.1", "OID 1.3.6.1.4.1"),
        ("电话13800138000号", "电话[phone]号"),
        ("\uff14\uff11\uff11\uff11" + " \uff11\uff11\uff11\uff11" * 3, "[card]"),
        ("my secret: password: hunter22", "my secret: password: [secret]"),
        ("https://ann:hunter22@db.example.com/x", "https://[secret]@db.example.com/x"),
        ("-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg", "[key]"),
        (r"\u00e9t\u00e9\u0022\u000a\ud83d\ude42", r"été\u0022\u000a\ud83d\ude42"),
        ("", ""),
    ],
)
def test_examples(text: str, kept: str, scrub: Callable[[str], str]) -> None:
    """What a reader finds afterwards says what stood there, and the rest is as it was."""
    assert scrub(text) == kept


@settings(max_examples=300)
@given(st.text(max_size=200) | st.text("0123456789 -.:@\\u+_abcdef[]{}\"'", max_size=120))
def test_any_text_is_scrubbed_and_once_is_enough(scrub: Callable[[str], str], text: str) -> None:
    """No text stops the function, and what it left it leaves again."""
    once = scrub(text)

    assert scrub(once) == once


def test_a_stacks_own_patterns_are_removed(tmp_path: Path) -> None:
    """Each leaves the word under which it was declared; ends of words are those of ASCII."""
    scrub = scrubber(tmp_path, employee=r"\bEMP-\d{6}\b", ticket=r"\b(?:JIRA|OPS)-[0-9]+\b")

    assert scrub("EMP-004711 of OPS-1") == "[employee] of [ticket]"
    assert scrub("_EMP-004711_ 员工EMP-004711号") == "_[employee]_ 员工[employee]号"
    assert scrub("EMP-0047112 XEMP-004711") == "EMP-0047112 XEMP-004711"


def test_an_included_file_that_is_missing_is_named(tmp_path: Path) -> None:
    """A template of somebody's own that includes what is not there names both files."""
    path = tmp_path / "own.vrl.j2"
    path.write_text('{% include "scrubb.vrl.j2" %}')

    with pytest.raises(DeclarationError, match=r"own\.vrl\.j2: includes 'scrubb\.vrl\.j2'"):
        render_vrl(path, {}, declarations.roots("pipelines"))
