"""Secrets leave what was read before anything is written, and are named instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.adopt.secrets import Vault
from llmcost_infra.openobserve.kinds.secret_text import fill

if TYPE_CHECKING:
    from llmcost_infra.openobserve.kinds.base import Inputs


def destination(**more: object) -> Inputs:
    """Return a destination."""
    return {"name": "oncall", "template": "page", "url": "https://x.example/1", **more}


def test_an_address_is_secret_and_its_key_says_whose() -> None:
    """Whoever knows a webhook can post there."""
    vault = Vault()
    taken = vault.take("destinations", "oncall", destination())
    assert taken["url"] == {"secret": "oncall_url"}
    (secret,) = vault.secrets
    assert (secret.name, secret.what, secret.value) == (
        "oncall_url",
        "url of the destination oncall",
        "https://x.example/1",
    )
    assert "https://x.example/1" not in repr(vault.secrets)


def test_what_everybody_knows_stays() -> None:
    """PagerDuty's address is the same for all, and so is the type of a body."""
    inputs = destination(
        url="https://events.pagerduty.com/v2/enqueue",
        headers={"Content-Type": "application/json", "Authorization": "GenieKey 1"},
        metadata={"severity": "critical", "integration_key": "k"},
    )
    vault = Vault()
    taken = vault.take("destinations", "oncall", inputs)
    assert taken == {
        **inputs,
        "headers": {
            "Content-Type": "application/json",
            "Authorization": {"secret": "oncall_authorization"},
        },
        "metadata": {
            "severity": "critical",
            "integration_key": {"secret": "oncall_metadata_integration_key"},
        },
    }


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ('{"routing_key": "R1"}', '{"routing_key": "${secret:routing_key}"}'),
        ('{"apiKey" : "a b"}', '{"apiKey" : "${secret:apikey}"}'),
        ('{"dedup_key": "{alert_name}"}', '{"dedup_key": "{alert_name}"}'),
        ('{"api_key": "{key_of_alert}"}', '{"api_key": "{key_of_alert}"}'),
        (
            '{"u": "https://hooks.slack.com/services/T/B/X"}',
            '{"u": "https://hooks.slack.com/services/${secret:token}"}',
        ),
        ('{"u": "https://me:pass@x.example"}', '{"u": "https://me:${secret:token}@x.example"}'),
        ('{"h": "Bearer abcdefgh1"}', '{"h": "Bearer ${secret:token}"}'),
        ('{"k": "R0UTEKEY0123456789abcdefgh12"}', '{"k": "${secret:token}"}'),
        ('{"k": "sk-abcdefghijklmnop"}', '{"k": "${secret:token}"}'),
        ('{"text": "{alert_name} of {stream_name}"}', '{"text": "{alert_name} of {stream_name}"}'),
    ],
)
def test_secrets_are_found_in_a_body(body: str, left: str) -> None:
    """By their name, or by their shape; what the server fills in is none."""
    vault = Vault()
    taken = vault.take("templates", "page", {"name": "page", "body": body})
    assert taken["body"] == left
    values = {secret.name: secret.value for secret in vault.secrets}
    names = taken.get("secrets", {})
    assert fill(left, {name: values[one["secret"]] for name, one in names.items()}) == body


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ('.u = hmac(.u, "pepper")', '.u = hmac(.u, "${secret:key}")'),
        (
            '.u = encode_base16(hmac(.u, "pepper", algorithm: "SHA-256"))',
            '.u = encode_base16(hmac(.u, "${secret:key}", algorithm: "SHA-256"))',
        ),
        ('.u = sha2(string!(.u) + "salt")', '.u = sha2(string!(.u) + "${secret:key}")'),
        ('api_token = "abc"', 'api_token = "${secret:api_token}"'),
        (".usage_tokens = to_int(.x) ?? 0", ".usage_tokens = to_int(.x) ?? 0"),
        ('.kind = "chat"', '.kind = "chat"'),
    ],
)  # fmt: skip
def test_secrets_are_found_in_a_program(text: str, left: str) -> None:
    """What a hash is keyed or salted with is a secret; what it counts is none."""
    vault = Vault()
    taken = vault.take("functions", "hash", {"name": "hash", "function": text})
    assert taken["function"] == left
    assert ("secrets" in taken) == (left != text)


def test_two_secrets_of_one_name_are_two() -> None:
    """Each gets a key of its own, in the text and in the configuration."""
    vault = Vault()
    body = '[{"api_key": "first"}, {"api_key": "second"}]'
    taken = vault.take("templates", "page", {"name": "page", "body": body})
    values = {secret.name: secret.value for secret in vault.secrets}
    filled = {name: values[one["secret"]] for name, one in taken["secrets"].items()}
    assert sorted(filled.values()) == ["first", "second"]
    assert fill(taken["body"], filled) == body


def test_attributes_of_alerts_may_be_secret() -> None:
    """Templates insert them, so that people keep keys in them."""
    attributes = {"routing_key": "R1", "team": "search", "hook": "https://a:b@x.example"}
    inputs = {"name": "budget", "context_attributes": attributes}
    taken = Vault().take("alerts", "budget", inputs)
    assert taken["context_attributes"] == {
        "routing_key": {"secret": "budget_routing_key"},
        "team": "search",
        "hook": {"secret": "budget_hook"},
    }


def test_a_secret_that_stands_elsewhere_is_noticed() -> None:
    """An address that somebody pasted into a note is as secret there; a short word is a word."""
    vault = Vault()
    vault.take("destinations", "oncall", destination(headers={"x-token": "secret"}))
    assert list(vault.shown_in("see https://x.example/1!")) == ["url of the destination oncall"]
    assert list(vault.shown_in("a secret word, and an id: 0af7651916cd43dd8448eb211c80319c")) == []
    assert list(Vault().shown_in("Bearer abcdefgh1")) == ["an address or a key"]


def test_a_short_secret_is_taken_from_its_place_alone() -> None:
    """A key that is called key is a word everywhere else, in the names of other keys as well."""
    vault = Vault()
    body = '{"api_key": "key", "routing_key": "R1", "key": "a key"}'
    taken = vault.take("templates", "page", {"name": "page", "body": body})
    assert taken["body"] == (
        '{"api_key": "${secret:api_key}", "routing_key": "${secret:routing_key}", "key": "a key"}'
    )


def test_names_in_the_configuration_are_unique() -> None:
    """A number is added, and never to a name that is there already."""
    vault = Vault()
    for resource in ("a", "a", "a-2", "A"):
        vault.take("destinations", resource, destination(name=resource))
    assert [one.name for one in vault.secrets] == ["a_url", "a_url_2", "a_2_url", "a_url_3"]


FRAGMENTS = st.sampled_from(
    [
        '"routing_key": "R1"', "token: 'a\\'b c'", r'password="x\"y"', "key", "R1", "{alert_name}",
        "https://hooks.slack.com/services/T/B/X", "https://me:pass@x.example", "Bearer abcdefgh1",
        "R0UTEKEY0123456789abcdefgh12", '.u = hmac(.u, "pepper", algorithm: "SHA-256")', "\n", " ",
        '"', "'", "pepper", "pass", "sk-abcdefghijklmnop", "eyJhbGciOiJIUzI1NiJ9.e30", ",", "token",
    ]
)  # fmt: skip


@given(parts=st.lists(FRAGMENTS | st.text(max_size=4), max_size=12), code=st.booleans())
def test_a_text_without_its_secrets_is_the_text(parts: list[str], code: bool) -> None:
    """Filled in again it is what it was, and nothing that is certainly a secret is left in it."""
    text = "".join(parts)
    folder, key = ("functions", "function") if code else ("templates", "body")
    vault = Vault()
    taken = vault.take(folder, "x", {"name": "x", key: text})
    values = {secret.name: secret.value for secret in vault.secrets}
    names = {name: values[one["secret"]] for name, one in taken.get("secrets", {}).items()}
    assert fill(taken[key], names) == text
    assert list(vault.shown_in(taken[key])) == []
