"""`llmcost review` refuses what contradicts itself, and sweeps previews."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.local.server import LocalServer

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Type


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "Missing option '--base'"),
        (["--base", "main", "--live"], "name it with --stack"),
        (["--base", "main", "--preview-folder", "pr-1"], "name it with --stack"),
        (["--base", "main", "--stack", "prod", "--preview-folder", "mine"], "such as pr-12"),
        (["--base", "main", "--stack", "a", "--live", "--data", "x"], "--data FILE or --live"),
        (["sweep", "--older-than", "week"], "not a number of days"),
    ],
)
def test_wrong_usage_is_refused_before_anything_runs(
    llmcost: Type, arguments: list[str], said: str
) -> None:
    """It ends with 2 and says what is meant."""
    ended = llmcost("review", *arguments)
    assert ended.code == 2
    assert said in ended.err


def test_there_is_nothing_to_sweep_on_a_new_server(
    llmcost: Type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That is no error; scripts get a list."""
    with LocalServer(tmp_path, user="root@example.com", password="Complexpass#123") as server:
        monkeypatch.setenv("OPENOBSERVE_URL", server.url)
        monkeypatch.setenv("OPENOBSERVE_USER", "root@example.com")
        monkeypatch.setenv("OPENOBSERVE_PASSWORD", "Complexpass#123")
        monkeypatch.delenv("OPENOBSERVE_ORG", raising=False)
        assert llmcost("review", "sweep").out == "nothing to remove\n"
        assert json.loads(llmcost("review", "sweep", "--json").out) == {"removed": []}
