"""The body that a kind tells is the one that its store sends."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from llmcost_infra.openobserve import Client
from llmcost_infra.openobserve.kinds.base import Kind
from llmcost_infra.openobserve.objects import stores

if TYPE_CHECKING:
    from collections.abc import Callable

    from llmcost_infra.openobserve.kinds.base import Inputs

OF_THE_STORE = {"Alert": {"id"}, "Pipeline": {"pipeline_id", "version"}}
"""What a store adds: an id that it chooses, and the server's lock."""


class Sent(Exception):  # noqa: N818 - it is no error
    """The first write of a store."""


@pytest.fixture
def inputs(dashboard: Callable[..., Inputs], pipeline: Callable[..., Inputs]) -> dict[str, Inputs]:
    """Return inputs of every kind, with everything that a body can hold."""
    return {
        "Folder": {"name": "F", "folder_type": "alerts", "description": "D"},
        "Stream": {
            "name": "s",
            "stream_type": "logs",
            "fields": {"b": "utf8", "a": "int64"},
            "data_retention": 3,
            "index_fields": ["b"],
            "partition_keys": {"b": "hash(4)", "a": "value"},
            "on_destroy": "delete",
        },
        "Function": {"name": "f", "function": ".a = ${secret:k}", "secrets": {"k": "v"}},
        "Pipeline": pipeline(description="D"),
        "Dashboard": dashboard(default_time_range="3h"),
        "AlertTemplate": {"name": "t", "body": '{"k": "${secret:k}"}', "secrets": {"k": "v"}},
        "AlertDestination": {
            "name": "d",
            "url": "https://hooks.example.com/x",
            "headers": {"x-token": "y"},
            "template": "there",
        },
        "Alert": {
            "name": "a",
            "stream_name": "s",
            "stream_type": "traces",
            "query_condition": {"type": "sql", "sql": "SELECT 1 AS n FROM s"},
            "trigger_condition": {"period": 60, "frequency": 5},
            "destinations": ["d"],
            "description": "D",
        },
    }


def sent(kind: Kind, inputs: Inputs) -> dict[str, Any]:
    """Return the body of the first write with which a store makes an object."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET":
            if request.url.path.endswith("/templates"):  # a bare list
                return httpx.Response(200, json=[{"name": "there", "body": "{rows}"}])
            return httpx.Response(200, json={"list": []})
        raise Sent(request.content)

    client = Client("http://o.test", "u", "p", transport=httpx.MockTransport(answer))
    with client, pytest.raises(Sent) as caught:
        stores(client)[kind.token].create(inputs, "urn:pulumi:s::p::t::n")
    body: dict[str, Any] = json.loads(caught.value.args[0])
    return body


OF_ONE_BODY = [
    *("Folder", "Stream", "Function", "Pipeline", "Dashboard"),
    *("AlertTemplate", "AlertDestination", "Alert"),
]
"""Kinds whose object is made with one request; a table of prices takes one a row."""


@pytest.mark.parametrize("name", OF_ONE_BODY)
def test_a_kind_s_body_is_what_is_sent(
    kinds: dict[str, Kind], inputs: dict[str, Inputs], name: str
) -> None:
    """Who reads a body reads what the server would get, but for an id and a version."""
    kind = kinds[name]
    given = {"organization": "default", **inputs[name]}
    assert kind.problems(given) == []
    body = sent(kind, given)
    for key in OF_THE_STORE.get(name, ()):
        del body[key]
    assert kind.body(given, "default") == body


def test_a_text_without_its_secrets_keeps_their_names(
    kinds: dict[str, Kind], inputs: dict[str, Inputs]
) -> None:
    """A body can be shown: nothing is filled in where no secrets are given."""
    function = dict(inputs["Function"])
    del function["secrets"]
    assert kinds["Function"].body(function, "default")["function"] == ".a = ${secret:k}\n."


def test_a_kind_that_says_nothing_else_sends_its_normal_form(kinds: dict[str, Kind]) -> None:
    """A body without nulls and defaults, and without what the server never gets."""
    told = Kind.body(
        kinds["Stream"],
        {"name": "s", "stream_type": "logs", "organization": "o", "on_destroy": "delete"},
        "o",
    )
    assert told == {"name": "s", "stream_type": "logs"}
