"""`llmcost schema` prints a schema that an editor takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.catalog.json_schemas import json_schema, names

if TYPE_CHECKING:
    from tests.cli.conftest import Type


@pytest.mark.parametrize("name", names())
def test_it_prints_every_schema(llmcost: Type, name: str) -> None:
    """JSON and nothing else; the command offers all that there are."""
    ended = llmcost("schema", name)
    assert (ended.code, ended.err) == (0, "")
    assert json.loads(ended.out) == json_schema(name)


def test_another_name_is_wrong_usage(llmcost: Type) -> None:
    """What is offered is listed."""
    ended = llmcost("schema", "stacks")
    assert ended.code == 2
    for name in names():
        assert f"'{name}'" in ended.err
