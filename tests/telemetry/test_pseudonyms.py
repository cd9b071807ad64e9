"""A person has one id, whoever makes it: the application, the pipeline, or who looks for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import example, given
from hypothesis import strategies as st

from llmcost_infra.pseudonyms import SPACE, pseudonym
from tests.pipelines.conftest import HASH_KEY, graph, rendered, settings, table  # noqa: F401 - fixtures

if TYPE_CHECKING:
    from tests.pipelines.conftest import Graph


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=250))
@example("ann@example.com")
@example("  Ann ")
@example("\x1cann\x1f")
@example("ann\u2003")
@example("0123456789abcdef" * 2)
@example("0123456789abcdef" * 9)
@example("x" * 199 + " y")
@example("\0")
def test_an_application_makes_the_id_that_the_pipeline_would_make(
    graph: Graph,  # noqa: F811 - the fixture above
    person: str,
) -> None:
    """So that it is the same person, hashed before sending or after; and a hash stays as it is."""
    normalise = graph.function("normalise")
    call: dict[str, Any] = {"_timestamp": 1795467397879571, "span_kind": "3"}
    stored = normalise.run(call | {"user_id": person})["llmcost_user"]
    sent = pseudonym(person, HASH_KEY)
    assert stored == (sent if person.strip(SPACE) else None)
    assert stored is None or normalise.run(call | {"user_id": sent})["llmcost_user"] == sent
