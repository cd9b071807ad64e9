"""Folders, streams and functions: identity, problems and normal form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.openobserve.kinds import KINDS
from llmcost_infra.openobserve.kinds.base import Found, Kind, Problem
from llmcost_infra.openobserve.kinds.function import stored_text
from llmcost_infra.openobserve.kinds.secret_text import HIDDEN, fill, take_out
from llmcost_infra.openobserve.kinds.stream import StreamKind, stored_name

if TYPE_CHECKING:
    from collections.abc import Callable

FOLDER = {"folder_type": "dashboards", "name": "LLM"}
STREAM = {"name": "llm_calls", "stream_type": "traces"}
FUNCTION = {"name": "price", "function": ".a = 1\n."}
NAMES = [token.rpartition(":")[2] for token in KINDS]


def told(kind: Kind, inputs: dict[str, Any]) -> dict[str, str]:
    """Return the problems by path."""
    return {problem.path: problem.message for problem in kind.problems(inputs)}


@pytest.mark.parametrize("name", NAMES)
def test_a_kind_is_complete(kinds: dict[str, Kind], name: str) -> None:
    """Every kind says who it is; what forces a replacement is among its inputs."""
    kind = kinds[name]
    assert kind.token == f"openobserve:index:{name}"
    assert kind.id_form.split("/")[0] == "organization"
    assert kind.told_once <= kind.computed
    assert kind.replace_on <= kind.required | kind.optional
    assert not kind.required & kind.optional
    assert not kind.computed & (kind.required | kind.optional)
    assert "organization" in kind.replace_on


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_said_about_what_is_not_known_yet(kinds: dict[str, Kind], name: str) -> None:
    """In a preview every value may be unknown; none of them is a problem then."""
    kind = kinds[name]
    assert kind.problems(dict.fromkeys(kind.required | kind.optional)) == []


@pytest.mark.parametrize("name", NAMES)
def test_the_part_that_is_known_has_a_normal_form(kinds: dict[str, Kind], name: str) -> None:
    """A preview compares what is known, however little that is."""
    assert kinds[name].canonical({"organization": "o"}).get("organization") == "o"


@pytest.mark.parametrize("name", NAMES)
def test_every_missing_and_unknown_key_is_told(kinds: dict[str, Kind], name: str) -> None:
    """A kind names each required key that is missing, and each key that it does not know."""
    found = told(kinds[name], {"zzz": 1})
    assert found["zzz"].startswith("unknown key; valid are ")
    # A destination's default type needs a URL.
    assert found.keys() - {"zzz", "url"} == kinds[name].required


@pytest.mark.parametrize(
    ("name", "inputs"), [("Folder", FOLDER), ("Stream", STREAM), ("Function", FUNCTION)]
)
def test_defaults_are_filled_in_and_mean_the_same(
    kinds: dict[str, Kind], name: str, inputs: dict[str, Any]
) -> None:
    """Filling in defaults changes neither what is meant nor what was given."""
    kind = kinds[name]
    filled = kind.defaults(inputs)
    assert inputs.items() <= filled.items()
    assert kind.defaults(filled) == filled
    assert kind.canonical(filled) == kind.canonical(inputs)
    assert kind.problems(filled) == []


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"folder_type": "dashboard"}, "folder_type", "did you mean dashboards?"),
        ({"name": "default"}, "name", "is there by itself"),
        ({"name": " LLM"}, "name", "spaces"),
        ({"name": ""}, "name", "must not be empty"),
        ({"description": 1}, "description", "must be text"),
    ],
)
def test_problems_of_folders(
    kinds: dict[str, Kind], change: dict[str, Any], path: str, words: str
) -> None:
    """A PUT takes any name, so what is wrong with one is told before."""
    assert words in told(kinds["Folder"], {**FOLDER, **change})[path]


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"name": "LLM-calls"}, "name", "store it as 'llm_calls'"),
        ({"name": ""}, "name", "must not be empty"),
        ({"stream_type": "trace"}, "stream_type", "did you mean traces?"),
        ({"data_retention": -1}, "data_retention", "at least 0"),
        ({"data_retention": 1.5}, "data_retention", "whole number"),
        ({"max_query_range": "24h"}, "max_query_range", "must be a number"),
        ({"fields": ["a"]}, "fields", "must be a map, not a list"),
        ({"fields": {"a.b": "utf8"}}, "fields.a.b", "store it as 'a_b'"),
        ({"fields": {"a": "money"}}, "fields.a", "'money' is no type of a column"),
        ({"fields": {"a": 1}}, "fields.a", "must be text"),
        ({"fields": {"a": "integer64"}}, "fields.a", "did you mean int64?"),
        ({"fields": {"_timestamp": "int64"}}, "fields._timestamp", "leave it out"),
        ({"index_fields": ["A"]}, "index_fields", "store it as 'a'"),
        ({"index_fields": ["a", "a"]}, "index_fields", "more than once"),
        (
            {"index_fields": ["a"], "full_text_search_keys": ["a"]},
            "index_fields",
            "one index",
        ),
        (
            {"full_text_search_keys": ["a"], "fields": {"a": "Int64"}},
            "full_text_search_keys",
            "a is Int64: only utf8",
        ),
        ({"partition_keys": ["a"]}, "partition_keys", "must be a map"),
        ({"partition_keys": {"a": "hash"}}, "partition_keys.a", "hash(number of partitions)"),
        ({"partition_keys": {"A": "value"}}, "partition_keys.A", "store it as 'a'"),
        ({"on_destroy": "keep"}, "on_destroy", "valid are delete, retain"),
    ],
)
def test_problems_of_streams(
    kinds: dict[str, Kind], change: dict[str, Any], path: str, words: str
) -> None:
    """What the server would refuse after it made half of the stream is told before."""
    assert words in told(kinds["Stream"], {**STREAM, **change})[path]


def test_a_stream_with_everything_has_no_problem(kinds: dict[str, Kind]) -> None:
    """All settings together, some of them not known yet."""
    inputs = {
        **STREAM,
        "organization": "default",
        "fields": {"cost": "Float64", "model": None, "name": "utf8"},
        "data_retention": 400,
        "max_query_range": 0,
        "full_text_search_keys": ["name"],
        "index_fields": ["model", None],
        "bloom_filter_fields": ["trace_id"],
        "partition_keys": {"service_name": "value", "a": "prefix", "b": "hash(8)", "c": None},
        "defined_schema_fields": [],
        "on_destroy": "delete",
    }
    assert kinds["Stream"].problems(inputs) == []


def test_lists_of_streams_are_sets(kinds: dict[str, Kind]) -> None:
    """Order and case say nothing; an empty list says that nothing is indexed."""
    canonical = kinds["Stream"].canonical
    one = {**STREAM, "index_fields": ["b", "a"], "fields": {"x": "Utf8"}, "on_destroy": "retain"}
    other = {**STREAM, "index_fields": ["a", "b"], "fields": {"x": "utf8"}}
    assert canonical(one) == canonical(other)
    assert canonical({**STREAM, "index_fields": []}) != canonical(STREAM)
    assert canonical({**STREAM, "fields": {}}) == canonical(STREAM)


@given(st.text(min_size=1, max_size=12))
def test_a_stored_name_is_stored_as_it_is(name: str) -> None:
    """The server's rule for names changes nothing the second time."""
    assert stored_name(stored_name(name)) == stored_name(name)


@pytest.mark.parametrize(
    ("there", "wanted", "age", "adopted"),
    [
        ({}, {}, None, True),
        ({"data_retention": 30}, {"data_retention": 400}, None, True),
        ({"data_retention": 30}, {"data_retention": 0}, None, True),
        ({"data_retention": 400}, {"data_retention": 30}, None, False),
        ({"data_retention": 400}, {"data_retention": 30}, 29.0, True),
        ({"data_retention": 400}, {"data_retention": 30}, 31.0, False),
        ({"data_retention": 0}, {"data_retention": 30}, 1.0, True),
        ({"data_retention": 0}, {"data_retention": 30}, None, False),
        ({"fields": {}}, {"fields": {"a": "utf8"}}, None, True),
        ({"fields": {"a": "int64"}}, {"fields": {"a": "utf8"}}, None, False),
        ({"index_fields": []}, {"index_fields": ["a"]}, None, True),
    ],
)
def test_a_stream_is_adopted_when_nothing_is_lost(
    there: dict[str, Any], wanted: dict[str, Any], age: float | None, adopted: bool
) -> None:
    """Shorter retention deletes rows, unless the stream is younger than that."""
    facts = {} if age is None else {"age_days": age}
    found = Found("default/traces/llm_calls", {**STREAM, **there}, facts=facts)
    assert StreamKind().adoptable(found, {**STREAM, **wanted}) is adopted


@pytest.mark.parametrize(("name", "inputs"), [("Folder", FOLDER), ("Function", FUNCTION)])
def test_others_are_adopted_when_they_are_equal(
    kinds: dict[str, Kind], name: str, inputs: dict[str, Any]
) -> None:
    """Elsewhere only an equal object may be taken over."""
    kind, found = kinds[name], Found("default/x", {**inputs, "organization": "default"})
    assert kind.adoptable(found, {**inputs, "organization": "default"})
    assert not kind.adoptable(found, {**inputs, "organization": "other"})


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"name": "a/b"}, "name", "slash"),
        ({"name": "test"}, "name", "choose another"),
        ({"name": ""}, "name", "must not be empty"),
        ({"function": " \n"}, "function", "must not be empty"),
        ({"function": ".k = ${secret:KEI}", "secrets": {"KEY": "v"}}, "function", "mean KEY?"),
        ({"secrets": {"KEY": "v"}}, "secrets.KEY", "write ${secret:KEY}"),
        ({"function": "${secret:KEY}", "secrets": {"KEY": ""}}, "secrets.KEY", "not empty"),
        ({"function": "${secret:KEY}", "secrets": {"KEY": 5}}, "secrets.KEY", "must be text"),
        ({"secrets": []}, "secrets", "must be a map"),
    ],
)
def test_problems_of_functions(
    kinds: dict[str, Kind], change: dict[str, Any], path: str, words: str
) -> None:
    """Names that the server trips over, and secrets that do not fit the text."""
    assert words in told(kinds["Function"], {**FUNCTION, **change})[path]


def test_a_secret_may_be_unknown(kinds: dict[str, Kind]) -> None:
    """A secret that another resource makes is not known in a preview."""
    inputs = {**FUNCTION, "function": ".k = ${secret:KEY}", "secrets": {"KEY": None}}
    assert kinds["Function"].problems(inputs) == []


@pytest.mark.parametrize(
    ("written", "stored"),
    [
        (".x = 1", ".x = 1\n."),
        (".x = 1 \n .", ".x = 1\n."),
        (".x = 1\n.", ".x = 1\n."),
        ("\n.x = 1\r\n.y = 2\r\n\r\n.\r\n", ".x = 1\n.y = 2\n."),
        (".", "."),
        (".x = .", ".x = ."),
    ],
)
def test_a_text_ends_with_the_row(written: str, stored: str) -> None:
    """The server appends a dot to what does not end with one; all forms are one."""
    assert stored_text(written) == stored


@given(st.text(alphabet=".x \n", max_size=12))
def test_a_stored_text_stays(text: str) -> None:
    """What was stored is stored as it is."""
    assert stored_text(stored_text(text)) == stored_text(text)


SECRETS = st.dictionaries(
    st.sampled_from(["A", "B", "KEY_2"]), st.text(alphabet="abc$'\\\n", min_size=1), min_size=1
)


@given(SECRETS, st.lists(st.text(alphabet=".= \nxy", max_size=6), min_size=1, max_size=4))
def test_secrets_come_out_as_they_went_in(secrets: dict[str, str], parts: list[str]) -> None:
    """A text on the server becomes the text with placeholders that it was made of."""
    names = sorted(secrets)
    text = "".join(part + f"${{secret:{names[i % len(names)]}}}" for i, part in enumerate(parts))
    text = stored_text(text)
    assert take_out(fill(text, secrets), text, secrets) == (text, secrets)


def test_a_rotated_secret_is_found_in_its_place() -> None:
    """Somebody exchanged the key in the UI: the key changed, the text did not."""
    text, known = '.k = "${secret:KEY}"\n.l = "${secret:KEY}"\n.', {"KEY": "old"}
    assert take_out('.k = "new"\n.l = "new"\n.', text, known) == (text, {"KEY": "new"})


def test_a_changed_text_keeps_its_placeholders() -> None:
    """Somebody changed the text around a secret: the change shows, the secret does not."""
    text, known = '.k = "${secret:KEY}"\n.', {"KEY": "hush"}
    assert take_out('.k = "hush"\n.new = 1\n.', text, known) == (
        '.k = "${secret:KEY}"\n.new = 1\n.',
        known,
    )


def test_longer_secrets_are_taken_out_first() -> None:
    """A secret that contains another one does not leave a rest behind."""
    text, known = ".a = ${secret:A}${secret:B}\n.", {"A": "abc", "B": "ab"}
    found, _ = take_out(".z = 1 abc ab\n.", text, known)
    assert found == ".z = 1 ${secret:A} ${secret:B}\n."


def test_a_text_that_may_hold_an_unknown_secret_is_not_shown() -> None:
    """Text and secret both changed: which part is the secret cannot be told, so none is shown."""
    text, known = '.k = "${secret:KEY}"\n.', {"KEY": "old"}
    found, values = take_out('.other = "brand-new-key"\n.', text, known)
    assert (found, values) == (HIDDEN, known)
    assert found != text


def test_an_empty_secret_is_everywhere_and_nowhere() -> None:
    """A secret without a value cannot be found in a text, and must not be looked for."""
    text, known = ".a = ${secret:A}${secret:B}\n.", {"A": "abc", "B": ""}
    assert take_out(".z = abc\n.", text, known) == (HIDDEN, known)


def test_a_text_without_placeholders_is_shown_as_it_is() -> None:
    """Without secrets there is nothing to hide."""
    assert take_out(".x = 2\n.", ".x = 1\n.", {}) == (".x = 2\n.", {})


def test_problem_is_a_value() -> None:
    """Two problems with the same words are the same."""
    assert Problem("a", "b") == Problem("a", "b")


def test_recorded_functions_are_in_normal_form(
    kinds: dict[str, Kind], recorded: Callable[[str], list[dict[str, Any]]]
) -> None:
    """What a real server stored for a text is that text's normal form."""
    sent = {
        exchange["request"]["json"]["name"]: exchange["request"]["json"]["function"]
        for exchange in recorded("08-functions-pipelines")
        if exchange["what"].startswith("create")
        and exchange["request"]["path"].endswith("/functions")
    }
    (listed,) = (
        exchange["response"]["body"]["list"]
        for exchange in recorded("08-functions-pipelines")[:10]
        if exchange["what"] == "list" and exchange["response"]["body"]["list"]
    )
    canonical = kinds["Function"].canonical
    for function in listed:
        name = function["name"]
        assert canonical({"function": function["function"]}) == canonical({"function": sent[name]})
