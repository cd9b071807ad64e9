"""A fresh copy of the program, and a server that counts what it is asked."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest

from llmcost_infra.local.server import LocalServer

if TYPE_CHECKING:
    from collections.abc import Iterator

PASSWORD = "a-password-of-the-acceptance-test"


class Name(Protocol):
    """Names the server in the environment, as a user names a real one."""

    def __call__(self, **other: str) -> None:
        """Set the variables; `URL`, `USER`, `PASSWORD` and `ORG` may be given otherwise."""


@pytest.fixture(scope="session")
def checkout() -> Path:
    """Folder of the repository."""
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def password() -> str:
    """Password of the server's root user."""
    return PASSWORD


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalServer]:
    """A running server."""
    local = LocalServer(tmp_path_factory.mktemp("data"), password=PASSWORD)
    local.start()
    yield local
    local.stop()


@pytest.fixture
def project(tmp_path: Path, checkout: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The program as a clone has it; the current folder."""
    for name in ("Pulumi.yaml", "Pulumi.local.yaml", "__main__.py"):
        shutil.copy(checkout / name, tmp_path)
    (tmp_path / ".venv").symlink_to(checkout / ".venv")
    monkeypatch.chdir(tmp_path)
    for name in ("URL", "USER", "PASSWORD", "ORG"):
        monkeypatch.delenv(f"OPENOBSERVE_{name}", raising=False)
    return tmp_path


@pytest.fixture
def name_server(server: LocalServer, monkeypatch: pytest.MonkeyPatch) -> Name:
    """Name the server in the environment."""

    def name(**other: str) -> None:
        named = {"URL": server.url, "USER": "root@example.com", "PASSWORD": PASSWORD} | other
        for variable, value in named.items():
            monkeypatch.setenv(f"OPENOBSERVE_{variable}", value)

    return name
