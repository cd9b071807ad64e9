"""A server is asked what only it knows, and one that is slow or behind blocks nobody."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.check.live import LIVE, ask
from llmcost_infra.check.stack import StackView
from llmcost_infra.errors import DeclarationError, TransportError, Unauthorized
from llmcost_infra.openobserve.models import ServerConfig
from tests.check.cases import alert, made, panel, program, stream

if TYPE_CHECKING:
    from llmcost_infra.openobserve import Client
    from llmcost_infra.program import Program


def of_default(made_by: Program) -> StackView:
    """Return a program whose objects are those of the organization `default`."""
    resources = tuple(
        dataclasses.replace(one, inputs={"organization": "default", **one.inputs})
        for one in made_by.resources
    )
    return StackView(dataclasses.replace(made_by, resources=resources))


def told(client: Client, made_by: Program) -> list[tuple[str, str, str]]:
    """Return rule, severity and words of what is found."""
    return [(one.rule, one.severity, one.message) for one, _ in ask(client, of_default(made_by))]


def test_a_statement_that_the_server_takes_is_no_finding(client: Client) -> None:
    """Variables stand on "all", as when somebody opens the dashboard."""
    sql = 'SELECT COUNT(*) AS n FROM "llm_calls" WHERE llmcost_model IN (${team})'
    assert told(client, panel(sql, {"team": {"type": "query_values"}})) == []


def test_a_statement_that_the_server_refuses_is_an_error_in_its_words(client: Client) -> None:
    """Said once, however many panels have it."""
    sql = 'SELECT SUM(nowhere) AS n FROM "llm_calls"'
    twice = panel(sql)
    both = dataclasses.replace(
        twice, resources=(*twice.resources, dataclasses.replace(twice.resources[1], name="twin"))
    )
    [(rule, severity, message)] = told(client, both)
    assert (rule, severity) == ("live-refused", "error")
    assert "nowhere" in message


def test_a_column_that_comes_with_the_update_blocks_nobody(client: Client) -> None:
    """The stream is there and lacks what the stack declares: `pulumi up` adds it."""
    sql = 'SELECT SUM(llmcost_cost_usd) AS n FROM "llm_calls"'
    [(rule, severity, message)] = told(client, panel(sql))
    assert (rule, severity) == ("live-missing", "warning")
    assert "llmcost_cost_usd" in message


def test_a_stream_that_comes_with_the_update_blocks_nobody(client: Client) -> None:
    """What reads it is not asked: the server could only say that it is not there."""
    found = told(client, program(stream("new_calls"), *panel("SELECT 1").resources[1:]))
    assert ("live-missing", "warning", "the server has no stream new_calls of type traces yet") in (
        found
    )


class Slow:
    """A client whose server answers with an error from some question on."""

    organization = "default"

    def __init__(self, error: Exception) -> None:
        self._error = error
        self.asked = 0
        self.config = ServerConfig()

    def get_config(self) -> ServerConfig:
        """Answer at once."""
        return self.config

    def stream_schema(self, *_: object) -> dict[str, Any]:
        """Answer at once."""
        return {"schema": []}

    def search(self, *_: object, **__: object) -> None:
        """Take too long."""
        self.asked += 1
        raise self._error


def two_statements() -> Program:
    """Return an alert's statement and a panel's."""
    one, other = alert(), panel('SELECT COUNT(*) AS n FROM "llm_calls"')
    return dataclasses.replace(one, resources=(*one.resources, other.resources[1]))


def test_a_server_that_does_not_answer_in_time_is_a_warning_and_ends_the_asking() -> None:
    """A merge must not wait for somebody else's load."""
    slow: Any = Slow(TransportError("gave no answer within 30 s"))
    [(rule, severity, message)] = told(slow, two_statements())
    assert (rule, severity) == ("live-unanswered", "warning")
    assert "30 s" in message
    assert slow.asked == 1


def test_credentials_that_may_not_ask_are_no_finding() -> None:
    """They are a reason to end with 3: nothing of what was asked is known."""
    refusing: Any = Slow(Unauthorized(401, "no", request="POST /_search"))
    with pytest.raises(Unauthorized):
        told(refusing, two_statements())


def test_a_server_of_another_organization_is_refused_before_it_is_asked(client: Client) -> None:
    """Its answers would be about somebody else's streams."""
    other = dataclasses.replace(stream(), inputs={**stream().inputs, "organization": "acme"})
    with pytest.raises(DeclarationError, match="organization acme") as caught:
        list(ask(client, StackView(program(other))))
    assert "OPENOBSERVE_ORG=acme" in caught.value.hint


@pytest.mark.parametrize(
    ("config", "wanted", "said"),
    [
        ({}, made("ModelPriceTable", models={}), "does not use them"),
        ({}, stream("s", defined_schema_fields=["a"]), "no user-defined schemas"),
        ({"max_query_range": 1}, alert(trigger_condition={"period": 90}).resources[-1], "for 60"),
    ],
)
def test_a_feature_that_the_server_lacks_is_found(
    config: dict[str, Any], wanted: Any, said: str
) -> None:
    """And one that it has is not."""
    plain: Any = Slow(TransportError("never"))
    able: dict[str, Any] = {
        "model_pricing_enabled": True, "user_defined_schemas_enabled": True, "max_query_range": 2
    }  # fmt: skip
    view = of_default(program(wanted))
    for settings, found in ((config, True), (able, False)):
        plain.config = ServerConfig(**settings)
        features = [one for one, _ in ask(plain, view) if one.rule == "live-feature"]
        assert bool(features) is found
        assert all(said in one.message for one in features)


def test_every_finding_of_a_server_is_on_the_page() -> None:
    """Their ids may be allowed like those of rules."""
    assert set(LIVE) == {"live-refused", "live-missing", "live-feature", "live-unanswered"}
