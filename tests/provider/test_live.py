"""Which server tests may use, and that a run on it leaves it as it was, after a crash as well."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.local.server import Config, LocalServer
from tests.provider import holdings
from tests.provider.live import named_live
from tests.provider.world import Place

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).parents[2]
SERVER = {
    "OPENOBSERVE_URL": "http://127.0.0.1:1",
    "OPENOBSERVE_USER": Config.user,
    "OPENOBSERVE_PASSWORD": Config.password,
}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Place]:
    """A server of somebody else's, on which a killed run and its users left something."""
    with LocalServer(tmp_path / "data") as server:
        place = Place(server.url, Config.user, Config.password)
        with place.client() as client:
            for name in ("t0live_gw1n4_left", "llm_calls"):
                body = {"name": name, "function": ".", "params": "row", "transType": 0}
                client.post("/api/default/functions", body)
        yield place


def run(environ: dict[str, str], *args: str) -> subprocess.CompletedProcess[str]:
    """Run tests on the server that this environment names."""
    others = {name: value for name, value in os.environ.items() if "OPENOBSERVE" not in name}
    return subprocess.run(  # noqa: S603 - pytest, on our own tests
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--live", *args],
        cwd=CHECKOUT,
        env=others | environ | {"OPENOBSERVE_TEST_PREFIX": "t0live"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )


def test_a_run_leaves_the_server_as_it_was(server: Place) -> None:
    """It says where it goes, removes what a killed run left, and then what it made itself."""
    one = "test_a_token_is_a_secret_output"
    done = run(SERVER | {"OPENOBSERVE_URL": server.url}, f"tests/provider/test_tokens.py::{one}")
    assert done.returncode == 0, done.stdout
    where = f"{server.url}, organization default, prefix t0live_; left by"
    assert f"{where} an earlier run and removed: 1\n" in done.stdout
    assert f"{where} this run and removed: 0\n" in done.stdout
    assert "1 passed" in done.stdout
    with server.client() as client:
        assert holdings.census(client, "t0live_") == {}
        assert holdings.census(client, "llm_calls") == {"Function": 1}


def test_a_server_that_does_not_answer_is_told_in_a_sentence() -> None:
    """Nothing runs then."""
    done = run(SERVER, "tests/provider/test_tokens.py")
    assert done.returncode == 1
    assert "http://127.0.0.1:1" in done.stdout
    assert "Traceback" not in done.stdout
    assert "passed" not in done.stdout


@pytest.mark.parametrize("missing", SERVER)
def test_what_is_not_set_is_named(missing: str) -> None:
    """A run never falls back to another server than the one that was meant."""
    with pytest.raises(pytest.UsageError, match=f"^{missing} is not set"):
        named_live({**SERVER, missing: ""}, "")


@pytest.mark.parametrize("short", ["llm", "t12", "T12345", "t1234_5"])
def test_a_prefix_that_others_may_have_is_refused(short: str) -> None:
    """Everything that starts so is removed."""
    with pytest.raises(pytest.UsageError, match="OPENOBSERVE_TEST_PREFIX is"):
        named_live({**SERVER, "OPENOBSERVE_TEST_PREFIX": short}, "")


def test_each_run_has_the_same_prefix_and_each_test_its_own() -> None:
    """So one run finds what the last one left, and no test meets a name that is blocked."""
    first, second = named_live(SERVER, "gw0"), named_live(SERVER, "gw1")
    assert first.prefix == second.prefix
    names = [live.next_prefix() for live in (first, first, second)]
    assert len(set(names)) == 3
    assert all(name.startswith(first.prefix) and name.endswith("_") for name in names)


def test_the_password_is_shown_nowhere() -> None:
    """Failing tests print what they have."""
    assert Config.password not in repr(named_live(SERVER, ""))
