"""Destinations on an embedded server: never without a template, never one of a pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.errors import ApiError, Conflict, OpenObserveError, TransportError
from llmcost_infra.local.faults import ResetAfter

if TYPE_CHECKING:
    from llmcost_infra.local.faults import Faults
    from llmcost_infra.local.server import LocalServer
    from llmcost_infra.openobserve import Client
    from llmcost_infra.openobserve.kinds.base import ObjectStore

DESTINATION: dict[str, Any] = {
    "organization": "default",
    "name": "channel",
    "url": "https://hooks.example.com/services/T/B/X",
    "headers": {"x-token": "hush"},
    "template": "text",
}
TEMPLATE = {"organization": "default", "name": "text", "body": "{alert_name}"}
URN = "urn:pulumi:dev::p::openobserve:index:AlertDestination::channel"
PATH = "/api/default/alerts/destinations"


@pytest.fixture
def destinations(objects: dict[str, ObjectStore]) -> ObjectStore:
    """Return the store, with a template on the server."""
    objects["AlertTemplate"].create(TEMPLATE, URN)
    return objects["AlertDestination"]


def test_a_destination_lives_and_dies(destinations: ObjectStore) -> None:
    """Made, read, changed and removed: each time what was asked for is there."""
    assert destinations.find(DESTINATION, URN) is None
    made = destinations.create(DESTINATION, URN)
    assert made.id == destinations.chosen_id(DESTINATION, URN) == "default/channel"
    assert made.inputs == DESTINATION
    assert destinations.find(DESTINATION, URN) == destinations.read(made.id, None) == made
    target = {key: value for key, value in DESTINATION.items() if key != "headers"}
    target |= {"method": "put", "skip_tls_verify": True, "metadata": {"team": "llm"}}
    changed = destinations.update(made, target)
    assert changed.inputs == target
    assert destinations.read(made.id, DESTINATION) == changed
    assert destinations.delete(made.id, target) is None
    assert destinations.read(made.id, target) is None
    assert destinations.delete(made.id, target) is None


def test_a_topic_lives_as_well(destinations: ObjectStore) -> None:
    """Another type has other properties and none of those of a webhook."""
    topic = {
        "organization": "default",
        "name": "topic",
        "type": "sns",
        "sns_topic_arn": "arn:aws:sns:eu-central-1:1:llm",
        "aws_region": "eu-central-1",
        "template": "text",
    }
    made = destinations.create(topic, URN)
    assert made.inputs == topic
    assert destinations.read(made.id, None) == made


@pytest.mark.parametrize(
    ("change", "sent"),
    [
        ({"url": "https://other.example.com"}, {"url": "https://other.example.com"}),
        ({"headers": {"x-token": "new"}}, {"headers": {"x-token": "new"}}),
        ({"method": "get"}, {"method": "get"}),
        ({"template": "prebuilt_slack"}, {"template": "prebuilt_slack"}),
        ({"skip_tls_verify": True}, {"skip_tls_verify": True}),
        ({"destination_type_name": "custom"}, {"destination_type_name": "custom"}),
        ({"metadata": {"a": "b"}}, {"metadata": {"a": "b"}}),
        ({"output_format": "json"}, {"output_format": "json"}),
    ],
)
def test_each_change_outside_is_seen(
    destinations: ObjectStore, raw: Client, change: dict[str, Any], sent: dict[str, Any]
) -> None:
    """A field that somebody edited is all that differs."""
    made = destinations.create(DESTINATION, URN)
    raw.put(f"{PATH}/channel", raw.get(f"{PATH}/channel") | sent)
    found = destinations.read(made.id, DESTINATION)
    assert found is not None
    assert found.inputs == {**DESTINATION, **change}


@pytest.mark.parametrize("write", ["create", "update"])
def test_a_template_that_is_not_there_is_refused(
    destinations: ObjectStore, server: LocalServer, write: str
) -> None:
    """The server would take it, lose the template and never send anything: nothing is written."""
    lost = {**DESTINATION, "template": "txt"}
    made = destinations.create({**DESTINATION, "name": "other"}, URN)
    server.requests.clear()
    with pytest.raises(OpenObserveError, match=r"no template txt(.|\n)*did you mean text\?"):
        destinations.create(lost, URN) if write == "create" else destinations.update(made, lost)
    assert all(method == "GET" for method, _, _ in server.requests)


def test_a_lost_template_is_drift(destinations: ObjectStore, raw: Client) -> None:
    """A destination that sends nothing any more is not what was asked for."""
    made = destinations.create(DESTINATION, URN)
    raw.put(f"{PATH}/channel", {**DESTINATION, "template": "nope"})
    found = destinations.read(made.id, DESTINATION)
    assert found is not None
    assert found.inputs == {key: v for key, v in DESTINATION.items() if key != "template"}


def test_a_destination_of_a_pipeline_is_something_else(
    destinations: ObjectStore, raw: Client
) -> None:
    """It has the same path and the same names, and is neither read nor overwritten."""
    raw.post(PATH, {"name": "channel", "url": "https://example.com"}, {"module": "pipeline"})
    assert destinations.find(DESTINATION, URN) is None
    with pytest.raises(Conflict, match="same name already exists"):
        destinations.create(DESTINATION, URN)


def test_mail_that_the_server_cannot_send_is_explained(destinations: ObjectStore) -> None:
    """A server without SMTP refuses; the message names the setting."""
    mail = {
        "organization": "default",
        "name": "mail",
        "type": "email",
        "emails": ["root@example.com"],
        "template": "text",
    }
    with pytest.raises(ApiError, match=r"must have SMTP configured\n  .*ZO_SMTP_ENABLED"):
        destinations.create(mail, URN)


def test_a_lost_answer_leaves_a_destination_to_adopt(
    destinations: ObjectStore, faults: Faults
) -> None:
    """The create is not repeated; looking again finds an equal one."""
    faults.inject(ResetAfter(), method="POST", path="destinations")
    with pytest.raises(TransportError, match="looks before it does it again"):
        destinations.create(DESTINATION, URN)
    found = destinations.find(DESTINATION, URN)
    assert found is not None
    assert found.inputs == DESTINATION


def test_many_destinations_are_read_with_one_request(
    destinations: ObjectStore, server: LocalServer
) -> None:
    """A refresh of any number of destinations asks for their list once."""
    made = [destinations.create({**DESTINATION, "name": f"d{n}"}, URN) for n in range(4)]
    before = len(server.requests)
    assert [destinations.read(one.id, None) for one in made] == made
    assert len(server.requests) == before + 1
