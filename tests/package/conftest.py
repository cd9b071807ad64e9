"""The wheel as it is published, installed where nothing else is but what it says it needs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from packaging.requirements import Requirement

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.conftest import MadeOnce

CHECKOUT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Installed:
    """An environment with the wheel.

    Args:
        wheel: the file.
        folder: of the environment.
        site: where its packages are.
    """

    wheel: Path
    folder: Path
    site: Path

    def run(
        self, program: str, *arguments: str, **options: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a program of the environment; outside of the checkout, and with nothing else on PATH.

        Args:
            program: its name.
            arguments: its arguments.
            options: variables; ``cwd`` is the folder to run it in.
        """
        cwd = options.pop("cwd", str(self.folder))
        return subprocess.run(  # noqa: S603 - programs of our own wheel
            [str(self.folder / "bin" / program), *arguments],
            cwd=cwd,
            env=self.environment() | options,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        """Return the variables of a shell in which the environment is active."""
        return {
            "PATH": os.pathsep.join((str(self.folder / "bin"), os.defpath)),
            "HOME": str(self.folder),
        }


@pytest.fixture(scope="session")
def wheel(made_once: MadeOnce) -> Path:
    """Build the wheel of this checkout."""
    (built,) = made_once("wheel", _build).glob("*.whl")
    return built


@pytest.fixture(scope="session")
def installed(wheel: Path, made_once: MadeOnce) -> Installed:
    """Install the wheel into a new environment, with its own requirements and no extra's."""

    def make(folder: Path) -> None:
        _install(wheel, folder)
        add(_of(wheel, folder), _of(wheel, folder).site, "")

    return _of(wheel, made_once("clean", make))


def _of(wheel: Path, folder: Path) -> Installed:
    paths = {"base": str(folder), "platbase": str(folder)}
    return Installed(wheel, folder, Path(sysconfig.get_path("purelib", "venv", vars=paths)))


def _build(folder: Path) -> None:
    subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)],
        cwd=CHECKOUT,
        capture_output=True,
        check=True,
    )


def _install(wheel: Path, folder: Path) -> None:
    subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True
    )
    pip = ["pip", "--python", str(folder / "bin/python"), "install", "--no-index", "--no-deps"]
    subprocess.run(  # noqa: S603 - this interpreter
        [sys.executable, "-m", *pip, "--disable-pip-version-check", "-q", str(wheel)],
        capture_output=True,
        check=True,
    )


def add(installed: Installed, site: Path, extra: str) -> None:
    """Put what the wheel says that it needs, with an extra or none, into a folder of packages."""
    (about,) = installed.site.glob("llmcost_infra-*.dist-info")
    for name in _tops(_needed(Distribution.at(about), extra, set())):
        if not (site / name.name).exists():
            (site / name.name).symlink_to(name)


def _needed(package: Distribution, extra: str, seen: set[str]) -> Iterator[Distribution]:
    """Yield what a package needs with an extra or none, and what that needs."""
    for line in package.requires or []:
        needed = Requirement(line)
        name = re.sub(r"[-_.]+", "-", needed.name).lower()
        wanted = needed.marker is None or needed.marker.evaluate({"extra": extra})
        if name in seen or not wanted:
            continue
        seen.add(name)
        found = distribution(name)
        yield found
        yield from _needed(found, "", seen)


def _tops(packages: Iterable[Distribution]) -> set[Path]:
    """Return the files and folders at the top of what packages installed."""
    found: set[Path] = set()
    for package in packages:
        for file in package.files or []:
            if not file.parts[0].startswith("."):
                found.add(Path(str(package.locate_file(file.parts[0]))))
    return found
