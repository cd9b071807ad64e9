"""A whole organization is adopted by the real engine, and nothing is left to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from llmcost_infra.adopt.adopting import Place, adopt, write
from llmcost_infra.adopt.organization import read_organization
from llmcost_infra.adopt.selection import whole
from llmcost_infra.catalog.object_files import KIND_FOLDERS
from tests.adopt.conftest import CHECKOUT, USER
from tests.adopt.handmade import SECRETS
from tests.cli_engine.stacks import Stack

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from tests.adopt.conftest import Filled
    from tests.cli_engine.stacks import Cli


def test_nothing_is_left_to_do(filled: Filled, cli: Cli, tmp_path: Path, moment: datetime) -> None:
    """Imported as its page says, a preview of what was written shows no change of anything."""
    with filled.client() as client:
        organization = whole(read_organization(client, lambda _folder, _count: None))
    adoption = adopt(organization, Place(filled.server.url, USER, "default", "prod"), moment)
    stack = Stack(tmp_path, cli, {**filled.access, "OPENOBSERVE_URL": ""})
    for name in ("state", "home"):
        (tmp_path / name).mkdir()
    project = tmp_path / "project"
    write(adoption.files, project)
    (project / ".venv").symlink_to(CHECKOUT / ".venv")
    assert stack.run("stack", "init", "prod").code == 0
    values = [f"--secret={one.name}={one.value}" for one in adoption.secrets]
    assert stack.run("config", "set-all", *values).code == 0
    (command,) = (step.split()[1:] for step in adoption.steps if step.startswith("pulumi import"))
    imported = stack.run(*command)
    assert imported.code == 0, imported.text

    assert stack.preview() == {}

    assert adoption.counts.keys() == KIND_FOLDERS.keys()
    types = [one["type"] for one in stack.deployment()["resources"]]
    ours = [type_ for type_ in types if type_.startswith("openobserve:index:")]
    assert len(ours) == sum(adoption.counts.values())
    left = {(one.kind, one.name): one.why for one in adoption.left}
    assert {kind for kind, _ in left} == {"2 traces streams", "dashboard", "destination"}
    assert ("2 traces streams", "default, nobody_cares") in left
    assert "template: is missing" in left["destination", "d1"]
    assert any("'Odd' is stored in schema version 3" in why for why in left.values())
    state = stack.state()
    for value in SECRETS:
        assert value not in state
        assert not any(value in text for text in adoption.files.values())
