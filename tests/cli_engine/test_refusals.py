"""Wrong address, wrong password, unknown organization: one clear message, nothing applied."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.cli_engine.conftest import Deployed, Template

pytestmark = pytest.mark.cli


@pytest.fixture(scope="module")
def empty(tmp_path_factory: pytest.TempPathFactory, never_up: Template) -> Iterator[Deployed]:
    """A stack that no test here gets up."""
    with never_up.copied(tmp_path_factory.mktemp("empty")) as deployed:
        yield deployed


@pytest.mark.parametrize(
    ("environment", "said", "next_step"),
    [
        (
            {"OPENOBSERVE_URL": "127.0.0.1:5080"},
            "openobserve:url (OPENOBSERVE_URL) has no scheme",
            "Write https:// or http:// before it",
        ),
        (
            {"OPENOBSERVE_URL": "http://127.0.0.1:9"},
            "http://127.0.0.1:9 refused the connection",
            "Start the server, or correct openobserve:url (OPENOBSERVE_URL)",
        ),
        (
            {"OPENOBSERVE_PASSWORD": "wrong-password"},
            "401 Unauthorized Access",
            "Check openobserve:user (now root@example.com) and openobserve:password",
        ),
        (
            {"OPENOBSERVE_ORG": "nosuchorg"},
            "404 Organization not found",
            "Correct openobserve:organization (OPENOBSERVE_ORG)",
        ),
    ],
    ids=["address", "refused", "password", "organization"],
)
def test_no_access_is_one_clear_error(
    empty: Deployed, environment: dict[str, str], said: str, next_step: str
) -> None:
    """What, where and the next step stand once among the diagnostics; the state stays empty."""
    empty.server.requests.clear()
    outcome = empty.stack.up(**environment)
    assert outcome.code != 0
    diagnostics = outcome.text.partition("Diagnostics:")[2]
    assert diagnostics.count(said) == 1
    assert diagnostics.count(next_step) == 1
    assert "Traceback" not in outcome.text
    assert "wrong-password" not in outcome.text
    assert empty.writes == []
    assert empty.stack.ids() == {}


def test_wrong_settings_fail_the_preview(fresh: Deployed) -> None:
    """What can be told without a server is told before anything runs, and never a password."""
    config = fresh.stack.folder / "project" / "Pulumi.test.yaml"
    settings = "  openobserve:timeout: soon\n  openobserve:pasword: hunter2\n"
    config.write_text(f"{config.read_text()}\nconfig:\n{settings}")
    outcome = fresh.stack.run("preview")
    assert outcome.code != 0
    assert "must be a number of seconds above 0, like 30" in outcome.text
    assert "unknown key; did you mean password?" in outcome.text
    assert "hunter2" not in outcome.text
    assert fresh.server.requests == []


def test_wrong_inputs_fail_the_preview(empty: Deployed) -> None:
    """The resource, the path and the rule are in the message."""
    empty.server.requests.clear()
    outcome = empty.stack.run("preview", TEST_TITLE=" ")
    assert outcome.code != 0
    assert "openobserve:index:Dashboard resource 'cost'" in outcome.text
    assert "title" in outcome.text
    assert empty.server.requests == []
