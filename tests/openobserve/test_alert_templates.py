"""Templates on an embedded server: secrets in and out, and those that everybody shares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra.errors import AlreadyExists, ApiError, Conflict, TransportError
from llmcost_infra.local.faults import ResetAfter, Status
from llmcost_infra.openobserve.kinds.secret_text import HIDDEN

if TYPE_CHECKING:
    from llmcost_infra.local.faults import Faults
    from llmcost_infra.local.server import LocalServer
    from llmcost_infra.openobserve import Client
    from llmcost_infra.openobserve.kinds.base import ObjectStore
    from tests.clock import Clock

TEMPLATE = {"organization": "default", "name": "text", "body": ' {"text": "{alert_name}"}\n'}
PAGE = {
    "organization": "default",
    "name": "page",
    "body": '{"routing_key": "${secret:key}", "event_action": "trigger"}',
    "secrets": {"key": "hush-hush"},
}
URN = "urn:pulumi:dev::p::openobserve:index:AlertTemplate::text"
PATH = "/api/default/alerts/templates"


@pytest.fixture
def templates(objects: dict[str, ObjectStore]) -> ObjectStore:
    """Return the store."""
    return objects["AlertTemplate"]


def test_a_template_lives_and_dies(templates: ObjectStore, raw: Client) -> None:
    """Made, read, changed and removed: each time what was asked for is there, verbatim."""
    assert templates.find(TEMPLATE, URN) is None
    made = templates.create(TEMPLATE, URN)
    assert made.id == templates.chosen_id(TEMPLATE, URN) == "default/text"
    assert made.inputs == TEMPLATE
    assert templates.find(TEMPLATE, URN) == templates.read(made.id, None) == made
    mail = {**TEMPLATE, "type": "email", "title": "{alert_name}", "body": "<b>!</b>"}
    changed = templates.update(made, mail)
    assert changed.inputs == mail
    assert templates.read(made.id, mail) == changed
    assert raw.get(f"{PATH}/text")["body"] == "<b>!</b>"
    assert templates.delete(made.id, mail) is None
    assert templates.read(made.id, mail) is None
    assert templates.delete(made.id, mail) is None


def test_a_key_goes_in_and_comes_out_as_a_placeholder(templates: ObjectStore, raw: Client) -> None:
    """The server has the key, the state has the placeholder and, marked, the key."""
    made = templates.create(PAGE, URN)
    assert raw.get(f"{PATH}/page")["body"] == (
        '{"routing_key": "hush-hush", "event_action": "trigger"}'
    )
    assert made.inputs == PAGE
    assert templates.read(made.id, PAGE) == made


@pytest.mark.parametrize(
    ("stored", "body", "key"),
    [
        ('{"routing_key": "new", "event_action": "trigger"}', PAGE["body"], "new"),
        ('{"k": "hush-hush"}', '{"k": "${secret:key}"}', "hush-hush"),
        ('{"k": "new"}', HIDDEN, "hush-hush"),
    ],
    ids=["key", "text", "both"],
)
def test_what_somebody_changed_shows_no_key(
    templates: ObjectStore, raw: Client, stored: str, body: str, key: str
) -> None:
    """Key, text, or both exchanged in the UI: drift that never shows a key."""
    made = templates.create(PAGE, URN)
    raw.put(f"{PATH}/page", {"body": stored})
    found = templates.read(made.id, PAGE)
    assert found is not None
    assert found.inputs == {**PAGE, "body": body, "secrets": {"key": key}}


def test_a_refusal_shows_no_key(templates: ObjectStore, faults: Faults) -> None:
    """Whatever the server repeats of what it was sent, the key in it is a placeholder again."""
    faults.inject(Status(400, "cannot parse hush-hush"), method="POST", path="templates")
    with pytest.raises(ApiError, match=r"cannot parse \$\{secret:key\}") as refused:
        templates.create(PAGE, URN)
    assert "hush-hush" not in str(refused.value)


def test_a_template_of_that_name_is_not_overwritten(templates: ObjectStore, raw: Client) -> None:
    """A create refuses what appeared since one looked."""
    templates.create(TEMPLATE, URN)
    with pytest.raises(Conflict, match="same name already exists"):
        templates.create({**TEMPLATE, "body": "other"}, URN)
    assert raw.get(f"{PATH}/text")["body"] == TEMPLATE["body"]


def test_a_lost_answer_leaves_a_template_to_adopt(templates: ObjectStore, faults: Faults) -> None:
    """The create is not repeated; looking again finds an equal one."""
    faults.inject(ResetAfter(), method="POST", path="templates")
    with pytest.raises(TransportError, match="looks before it does it again"):
        templates.create(TEMPLATE, URN)
    found = templates.find(TEMPLATE, URN)
    assert found is not None
    assert found.inputs == TEMPLATE


def test_a_shared_template_is_nobody_elses(
    templates: ObjectStore, raw: Client, server: LocalServer
) -> None:
    """Another organization sees those of ``default``, and must not take, change or delete them."""
    templates.create(TEMPLATE, URN)
    team = raw.post("/api/organizations", {"name": "Team"})["identifier"]
    theirs = {**TEMPLATE, "organization": team}
    assert templates.find(theirs, URN) is None
    server.requests.clear()
    with pytest.raises(AlreadyExists, match="Refer to it by its name in a destination"):
        templates.create(theirs, URN)
    assert templates.delete(f"{team}/text", theirs) is None
    assert all(method == "GET" for method, _, _ in server.requests)
    own = templates.create({**theirs, "name": "own"}, URN)
    assert templates.read(own.id, None) == own


def test_a_template_in_use_stays(
    templates: ObjectStore, objects: dict[str, ObjectStore], clock: Clock
) -> None:
    """A destination may take a moment to let go; after ten seconds the message says what to do."""
    made = templates.create(TEMPLATE, URN)
    inputs = {
        "organization": "default",
        "name": "channel",
        "url": "https://example.com/hook",
        "template": "text",
    }
    user = objects["AlertDestination"].create(inputs, URN)
    with pytest.raises(Conflict, match=r"in use for destination channel(.|\n)*another template"):
        templates.delete(made.id, TEMPLATE)
    assert clock.waits == [1.0] * 10
    objects["AlertDestination"].delete(user.id, inputs)
    templates.delete(made.id, TEMPLATE)
    assert templates.read(made.id, TEMPLATE) is None


def test_many_templates_are_read_with_one_request(
    templates: ObjectStore, server: LocalServer
) -> None:
    """A refresh of any number of templates asks for their list once."""
    made = [templates.create({**TEMPLATE, "name": f"t{n}"}, URN) for n in range(4)]
    before = len(server.requests)
    assert [templates.read(template.id, None) for template in made] == made
    assert len(server.requests) == before + 1
