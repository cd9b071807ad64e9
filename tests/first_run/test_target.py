"""Which server a first run works on, and what it keeps for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra.errors import DeclarationError, ExitCode, LlmCostError
from llmcost_infra.first_run.target import project_folder, target_of

if TYPE_CHECKING:
    from pathlib import Path

REAL = {
    "OPENOBSERVE_URL": "https://observe.example.com/",
    "OPENOBSERVE_USER": "ci@example.com",
    "OPENOBSERVE_PASSWORD": "hunter2hunter2",
}


def test_without_environment_the_embedded_server_is_meant(tmp_path: Path) -> None:
    """A newcomer sets nothing."""
    target = target_of(tmp_path, {})
    assert target.embedded
    assert target.organization == "default"
    assert target.folder.parent == tmp_path / ".llmcost"


def test_the_environment_names_a_real_server(tmp_path: Path) -> None:
    """All three variables set: that server, its address without the closing slash."""
    target = target_of(tmp_path, REAL | {"OPENOBSERVE_ORG": "team_a"})
    assert not target.embedded
    assert (target.url, target.user) == ("https://observe.example.com", "ci@example.com")
    assert target.organization == "team_a"


@pytest.mark.parametrize(
    "other",
    [
        {},
        REAL,
        REAL | {"OPENOBSERVE_URL": "https://other.example.com"},
        REAL | {"OPENOBSERVE_URL": "https://observe.example.com:5080"},
        REAL | {"OPENOBSERVE_URL": "http://observe.example.com"},
        {"OPENOBSERVE_ORG": "team_b"},
    ],
    ids=["embedded", "default org", "other host", "other port", "other scheme", "other org"],
)
def test_every_server_and_organization_has_a_folder_of_its_own(
    tmp_path: Path, other: dict[str, str]
) -> None:
    """The stack `local` never meets the state of another server or organization."""
    here = target_of(tmp_path, REAL | {"OPENOBSERVE_ORG": "team_a"})
    assert target_of(tmp_path, other).folder != here.folder


def test_the_folder_does_not_depend_on_the_credentials(tmp_path: Path) -> None:
    """A rotated password finds the same state."""
    rotated = REAL | {"OPENOBSERVE_USER": "new@example.com", "OPENOBSERVE_PASSWORD": "another"}
    assert target_of(tmp_path, rotated).folder == target_of(tmp_path, REAL).folder


def test_the_password_is_not_shown(tmp_path: Path) -> None:
    """No representation of a target holds the password."""
    assert "hunter2" not in repr(target_of(tmp_path, REAL))


@pytest.mark.parametrize("absent", sorted(REAL))
def test_half_a_server_is_refused(tmp_path: Path, absent: str) -> None:
    """A forgotten variable is named, rather than the embedded server silently used."""
    half = {name: value for name, value in REAL.items() if name != absent}
    with pytest.raises(DeclarationError, match=absent) as refused:
        target_of(tmp_path, half)
    assert refused.value.exit_code == ExitCode.USAGE


@pytest.mark.parametrize(
    "url", ["observe.example.com", "ftp://observe.example.com", "https://", "me:hunter22@host"]
)
def test_an_address_that_is_none_is_refused(tmp_path: Path, url: str) -> None:
    """It is told before anything is sent, and not repeated: it may carry a password."""
    with pytest.raises(DeclarationError, match="OPENOBSERVE_URL") as refused:
        target_of(tmp_path, REAL | {"OPENOBSERVE_URL": url})
    assert "hunter22" not in str(refused.value)


def test_removing_takes_state_and_data_together(tmp_path: Path) -> None:
    """Neither engine state nor data outlives the other."""
    target = target_of(tmp_path, {})
    for part in ("state", "data"):
        (target.folder / part).mkdir(parents=True)
    target.remove()
    assert not target.folder.exists()


def test_the_project_is_found_from_inside(tmp_path: Path) -> None:
    """The command works in any folder of the project."""
    (tmp_path / "Pulumi.yaml").touch()
    inside = tmp_path / "dashboards" / "sql"
    inside.mkdir(parents=True)
    assert project_folder(inside) == tmp_path


def test_no_project_is_said(tmp_path: Path) -> None:
    """Outside of a project the message says what is missing."""
    with pytest.raises(LlmCostError, match=r"no Pulumi\.yaml"):
        project_folder(tmp_path)
