"""Templates and destinations of notifications: identity, problems and normal form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.openobserve.kinds.base import Found

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.openobserve.kinds.base import Kind

TEMPLATE = {"name": "page", "body": '{"text": "{alert_name}"}'}
DESTINATION = {"name": "channel", "url": "https://hooks.example.com/x", "template": "page"}
MAIL = {"name": "mail", "type": "email", "template": "page", "emails": ["a@example.com"]}
TOPIC = {
    "name": "topic",
    "type": "sns",
    "template": "page",
    "sns_topic_arn": "arn:aws:sns:eu-central-1:1:llm",
    "aws_region": "eu-central-1",
}


def told(kind: Kind, inputs: dict[str, Any]) -> dict[str, str]:
    """Return the problems by path."""
    return {problem.path: problem.message for problem in kind.problems(inputs)}


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("AlertTemplate", TEMPLATE),
        ("AlertTemplate", {**TEMPLATE, "type": "email", "title": "{alert_name}"}),
        ("AlertTemplate", {**TEMPLATE, "type": "email", "title": None}),
        ("AlertTemplate", {**TEMPLATE, "body": "${secret:K}", "secrets": {"K": None}}),
        ("AlertDestination", DESTINATION),
        ("AlertDestination", {**DESTINATION, "headers": {"a": "b", "c": None}, "method": "put"}),
        ("AlertDestination", {**DESTINATION, "url": None, "template": None}),
        ("AlertDestination", {**DESTINATION, "output_format": {"esbulk": {"index": "i"}}}),
        ("AlertDestination", MAIL),
        ("AlertDestination", {**MAIL, "emails": [None]}),
        ("AlertDestination", TOPIC),
        ("AlertDestination", {"name": "n", "template": "t", "type": None}),
    ],
)
def test_what_the_server_takes_has_no_problem(
    kinds: dict[str, Kind], name: str, inputs: dict[str, Any]
) -> None:
    """Each form is fine, with and without its defaults, and means the same with them."""
    kind = kinds[name]
    filled = kind.defaults(inputs)
    assert kind.problems(inputs) == kind.problems(filled) == []
    assert inputs.items() <= filled.items()
    assert kind.canonical(filled) == kind.canonical(inputs)
    assert kind.canonical(kind.canonical(inputs)) == kind.canonical(inputs)


@pytest.mark.parametrize("name", ["AlertTemplate", "AlertDestination", "Alert"])
@pytest.mark.parametrize(
    ("called", "words"),
    [
        ("two words", "write 'two-words'"),
        ("a/b", "write 'a-b'"),
        ('"quoted"', "write 'quoted'"),
        ("a: b?", "write 'a-b'"),
        ("%", "must not contain spaces, quotes or any of : # ? & % /"),
        (" padded", "must not start or end with spaces"),
        ("", "must not be empty"),
        (5, "must be text"),
    ],
)
def test_names_that_the_server_refuses(
    kinds: dict[str, Kind], name: str, called: Any, words: str
) -> None:
    """A name that does not fit into a path is refused, with one that does."""
    message = told(kinds[name], {"name": called})["name"]
    assert words in message
    assert "''" not in message


@pytest.mark.parametrize(
    ("change", "path", "words"),
    [
        ({"name": "prebuilt_slack"}, "name", "is the server's own"),
        ({"body": " "}, "body", "must not be empty"),
        ({"type": "html"}, "type", "valid are email, http, sns"),
        ({"type": "email"}, "title", "is missing: the subject"),
        ({"type": "email", "title": " "}, "title", "is missing: the subject"),
        ({"title": "T"}, "title", "for e-mail only, and type is http"),
        ({"type": "sns", "title": "T"}, "title", "for e-mail only, and type is sns"),
        ({"body": "${secret:KEI}", "secrets": {"KEY": "v"}}, "body", "did you mean KEY?"),
        ({"secrets": {"KEY": "v"}}, "secrets.KEY", "write ${secret:KEY} in the body"),
        ({"secrets": []}, "secrets", "must be a map"),
        ({"titel": "T"}, "titel", "did you mean title?"),
    ],
)
def test_problems_of_templates(
    kinds: dict[str, Kind], change: dict[str, Any], path: str, words: str
) -> None:
    """What the server refuses, drops, or keeps for itself is told before."""
    assert words in told(kinds["AlertTemplate"], {**TEMPLATE, **change})[path]


@pytest.mark.parametrize(
    ("inputs", "path", "words"),
    [
        ({"name": "a", "url": "https://e.com"}, "template", "give the name of an AlertTemplate"),
        ({**DESTINATION, "template": ""}, "template", "must not be empty"),
        ({**DESTINATION, "method": "POST"}, "method", "write post"),
        ({**DESTINATION, "method": "patch"}, "method", "valid are get, post, put"),
        ({**DESTINATION, "method": 1}, "method", "must be text"),
        ({**DESTINATION, "url": "hooks.example.com"}, "url", "must start with https://"),
        ({**DESTINATION, "url": ""}, "url", "is missing: where notifications are sent"),
        ({**DESTINATION, "headers": {"a": 1}}, "headers", "a must be text, not a number"),
        ({**DESTINATION, "headers": ["a"]}, "headers", "must be a map"),
        ({**DESTINATION, "type": "slack"}, "type", "valid are email, http, sns"),
        ({**DESTINATION, "emails": ["a@b"]}, "emails", "is for type email, and type is http"),
        ({**DESTINATION, "skip_tls_verify": "no"}, "skip_tls_verify", "true or false"),
        ({"name": "a", "template": "t"}, "url", "is missing"),
        ({**MAIL, "emails": []}, "emails", "addresses of members"),
        ({**MAIL, "emails": ["A@example.com "]}, "emails", "store 'a@example.com': write that"),
        ({**MAIL, "emails": ["nobody"]}, "emails", "'nobody' is no e-mail address"),
        ({**MAIL, "emails": "a@b"}, "emails", "must be a list"),
        ({**MAIL, "url": "https://e.com"}, "url", "is for type http, and type is email"),
        ({"name": "a", "type": "sns", "template": "t"}, "aws_region", "the region of the topic"),
        ({"name": "a", "type": "sns", "template": "t"}, "sns_topic_arn", "the ARN"),
    ],
)
def test_problems_of_destinations(
    kinds: dict[str, Kind], inputs: dict[str, Any], path: str, words: str
) -> None:
    """What the server refuses, or takes and never sends to, is told before."""
    assert words in told(kinds["AlertDestination"], inputs)[path]


def test_recipients_have_no_order(kinds: dict[str, Kind]) -> None:
    """The same people in another order are the same destination."""
    canonical = kinds["AlertDestination"].canonical
    there = ["b@example.com", "a@example.com"]
    assert canonical({**MAIL, "emails": there}) == canonical({**MAIL, "emails": there[::-1]})


@pytest.mark.parametrize(
    ("name", "inputs"), [("AlertTemplate", TEMPLATE), ("AlertDestination", DESTINATION)]
)
def test_only_an_equal_one_is_adopted(
    kinds: dict[str, Kind], name: str, inputs: dict[str, Any]
) -> None:
    """Whatever differs is somebody else's."""
    found = Found("default/x", {**inputs, "organization": "default"})
    assert kinds[name].adoptable(found, {**inputs, "organization": "default"})
    assert not kinds[name].adoptable(found, {**inputs, "organization": "other"})


def test_recorded_names_are_judged_as_the_server_did(
    kinds: dict[str, Kind], recorded: Callable[[str], list[dict[str, Any]]]
) -> None:
    """Every recorded create that a real server refused for its form is refused here, and no other.

    One exception: a type of the UI brings its own template, and here a template is always named.
    """
    judged: dict[str, tuple[int, bool]] = {}
    for exchange in recorded("06-templates-destinations"):
        request, status = exchange["request"], exchange["response"]["status"]
        message = str(exchange["response"]["body"])
        if request["method"] != "POST" or "same name" in message or "SMTP" in message:
            continue
        kind = kinds["AlertTemplate" if "templates" in request["path"] else "AlertDestination"]
        inputs = {key: value for key, value in request["json"].items() if value != {}}
        if "destination_type_name" in inputs:
            inputs["template"] = f"prebuilt_{inputs['destination_type_name']}"
        judged[exchange["what"]] = (status, kind.problems(inputs) == [])
    assert len(judged) == 10
    assert {what for what, (status, fine) in judged.items() if (status == 200) != fine} == set()
