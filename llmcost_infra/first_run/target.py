"""Which OpenObserve a first run works on, and the folder that keeps what belongs to it."""

from __future__ import annotations

import hashlib
import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from llmcost_infra.errors import DeclarationError
from llmcost_infra.first_run.embedded import USER
from llmcost_infra.openobserve.address import wrong_address

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["FOLDER", "Target", "project_folder", "target_of"]

FOLDER = ".llmcost"
"""Git-ignored folder of a project in which first runs keep engine state and embedded data."""

_REQUIRED = ("OPENOBSERVE_URL", "OPENOBSERVE_USER", "OPENOBSERVE_PASSWORD")


@dataclass(frozen=True, slots=True)
class Target:
    """An OpenObserve, and the folder of what was made for it.

    Args:
        folder: engine state and, for the embedded server, its data; removed as a whole.
        organization: OpenObserve organization.
        url: address of a real server; None means the embedded one.
        user: e-mail of the user or service account.
        password: password or token; never printed.
    """

    folder: Path
    organization: str
    url: str | None = None
    user: str = USER
    password: str = field(default="", repr=False)

    @property
    def embedded(self) -> bool:
        """Whether this is the embedded server."""
        return self.url is None

    def remove(self) -> None:
        """Remove engine state and data together: neither means anything without the other."""
        shutil.rmtree(self.folder, ignore_errors=True)


def project_folder(start: Path | None = None) -> Path:
    """Return the nearest folder upwards that holds a ``Pulumi.yaml``.

    Raises:
        DeclarationError: there is none.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "Pulumi.yaml").is_file():
            return folder
    raise DeclarationError(
        "There is no Pulumi.yaml in it or above it.",
        path=here,
        hint="Run the command in the folder of the project.",
    )


def target_of(project: Path, environment: Mapping[str, str] = os.environ) -> Target:
    """Return the server that the environment names, else the embedded one.

    Args:
        project: folder of ``Pulumi.yaml``.
        environment: OPENOBSERVE_URL, OPENOBSERVE_USER, OPENOBSERVE_PASSWORD, OPENOBSERVE_ORG.

    Raises:
        DeclarationError: some but not all of them are set, or the URL is none.
    """
    organization = environment.get("OPENOBSERVE_ORG") or "default"
    if not any(environment.get(name) for name in _REQUIRED):
        return Target(_folder(project, "embedded", organization), organization)
    missing = [name for name in _REQUIRED if not environment.get(name)]
    if missing:
        raise DeclarationError(
            f"{' and '.join(missing)} {'is' if len(missing) == 1 else 'are'} not set, "
            "though another of its kind is.",
            path="environment",
            hint="Set all three for a real server, or none for the embedded one.",
        )
    url = environment["OPENOBSERVE_URL"].strip().rstrip("/")
    if wrong := wrong_address(url):
        raise DeclarationError(f"OPENOBSERVE_URL {wrong[0]}", path="environment", hint=wrong[1])
    return Target(
        _folder(project, url, organization),
        organization,
        url,
        environment["OPENOBSERVE_USER"],
        environment["OPENOBSERVE_PASSWORD"],
    )


def _folder(project: Path, address: str, organization: str) -> Path:
    # The hash keeps one server's state from ever being taken for another's.
    digest = hashlib.sha256(f"{address}\n{organization}".encode()).hexdigest()[:10]
    name = urlsplit(address).hostname or address
    return project / FOLDER / f"{name}-{digest}"
