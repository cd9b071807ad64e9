"""What somebody sees who changes nothing, or one thing, of a stack that is up."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.cli_engine.stacks import PASSWORD

if TYPE_CHECKING:
    from tests.cli_engine.conftest import Deployed

pytestmark = pytest.mark.cli

PLUGIN = Path(sys.executable).parent / "pulumi-resource-openobserve"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"
"""What Pulumi marks a secret with."""
PANELS = "tabs.overview.panels."
NOBODY = {"OPENOBSERVE_URL": "", "OPENOBSERVE_USER": "", "OPENOBSERVE_PASSWORD": ""}
"""No server and no credentials: a pull request can be previewed by anybody."""


def test_a_second_up_writes_nothing(standing: Deployed) -> None:
    """Pulumi reports everything unchanged, and the server counts no write."""
    standing.server.requests.clear()
    outcome = standing.stack.up()
    assert outcome.code == 0, outcome.text
    assert f"{len(standing.stack.ids()) + 1} unchanged" in outcome.text
    assert standing.server.requests == []


def test_a_refresh_finds_no_change(standing: Deployed) -> None:
    """What was written reads back as the same; the drift job is quiet."""
    outcome = standing.stack.run("refresh", "--preview-only", "--expect-no-changes")
    assert outcome.code == 0, outcome.text


@pytest.mark.parametrize(
    ("orders", "sql", "changes"),
    [
        (
            {"first": 5, "calls": 10, "errors": 20},
            {},
            {"first": ("add", None, "SELECT COUNT(*) AS first FROM llm_calls")},
        ),
        (
            {"calls": 20, "errors": 10},
            {},
            {"calls.order": ("update", 10, 20), "errors.order": ("update", 20, 10)},
        ),
        (
            {"calls": 10, "errors": 20},
            {"TEST_SQL_errors": "SELECT 2 AS errors"},
            {
                "errors.query": (
                    "update",
                    "SELECT COUNT(*) AS errors FROM llm_calls",
                    "SELECT 2 AS errors",
                )
            },
        ),
        (
            {"errors": 20},
            {},
            {"calls": ("delete", "SELECT COUNT(*) AS calls FROM llm_calls", None)},
        ),
    ],
    ids=["insert-first", "swap", "edit-sql", "remove"],
)
def test_a_preview_shows_what_changed_and_nothing_else(
    standing: Deployed,
    orders: dict[str, int],
    sql: dict[str, str],
    changes: dict[str, tuple[str, Any, Any]],
) -> None:
    """Only the panels that changed, with old and new value: no server is asked, by nobody."""
    standing.server.requests.clear()
    steps = standing.stack.preview(TEST_ORDERS=json.dumps(orders), **sql, **NOBODY)
    assert steps.keys() == {"cost"}
    assert steps["cost"].operation == "update"
    shown = {
        path.removeprefix(PANELS): (kind, _query_of(old), _query_of(new))
        for path, (kind, old, new) in steps["cost"].changes.items()
    }
    assert shown == changes
    assert standing.server.requests == []


def _query_of(value: Any) -> Any:
    return value["query"] if isinstance(value, dict) else value


def test_a_changed_secret_is_shown_as_changed_and_not_at_all(
    standing: Deployed, tmp_path: Path
) -> None:
    """Neither diff nor state holds the old or the new value, and no server is asked for one.

    The log of what engine and provider say to each other, which Pulumi writes when one asks for it,
    has them only where they are marked as secrets.
    """
    standing.server.requests.clear()
    log = tmp_path / "rpc.json"
    changed = {
        "TEST_SALT": "more-salt",
        "TEST_KEY": "other-of-pagerduty",
        "PULUMI_DEBUG_GRPC": str(log),
    }
    outcome = standing.stack.run("preview", "--diff", **changed)
    assert outcome.code == 0, outcome.text
    assert "2 to update" in outcome.text
    assert "[secret]" in outcome.text
    assert standing.server.requests == []
    state = standing.stack.state()
    said = [json.loads(line) for line in log.read_text().splitlines()]
    to_us = [one for one in said if one["method"].startswith("/pulumirpc.ResourceProvider/")]
    assert {one["method"].rpartition("/")[2] for one in to_us} >= {"Check", "Diff"}
    for secret in ("-salt", "-of-pagerduty", "events.pagerduty.com"):
        assert secret not in outcome.text
        assert secret not in state
        assert secret in log.read_text()
        assert secret not in json.dumps(_without_secrets(to_us))
    assert PASSWORD not in log.read_text()


def _without_secrets(value: Any) -> Any:
    """Return what was said without the values that are marked as secrets."""
    if isinstance(value, list):
        return [_without_secrets(one) for one in value]
    if isinstance(value, dict):
        marked = value.get(SIGNATURE) == SECRET
        return None if marked else {name: _without_secrets(one) for name, one in value.items()}
    return value


def test_the_state_is_complete(standing: Deployed) -> None:
    """Ids have the form of their kind, no operation is pending, a token is encrypted."""
    ids = standing.stack.ids()
    assert {name: id_.count("/") for name, (_, id_) in ids.items()} == {
        "folder": 2,
        "calls": 2,
        "mark": 1,
        "pipeline": 1,
        "cost": 1,
        "page": 1,
        "oncall": 1,
        "alerts": 2,
        "budget": 1,
        "prices": 0,
        "ci": 1,
    }
    deployment = standing.stack.deployment()
    assert not deployment.get("pending_operations")
    (account,) = (one for one in deployment["resources"] if one["urn"].endswith("::ci"))
    assert account["outputs"]["token"].keys() == {SIGNATURE, "ciphertext"}


def test_the_schema_is_valid_for_the_cli(standing: Deployed) -> None:
    """The CLI parses the provider's schema."""
    outcome = standing.stack.run("package", "get-schema", str(PLUGIN))
    assert outcome.code == 0, outcome.text
    used = {token for token, _ in standing.stack.ids().values()}
    assert json.loads(outcome.text)["resources"].keys() == used
