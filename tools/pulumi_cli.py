"""Finds the Pulumi CLI with its Python language host, or gets it; prints its folder on stdout.

In this order: what is on PATH, what an earlier run left in the cache, the vendor's installer, a
build of pinned sources with Go.
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import program_cache
import watched
from go_build import OLDEST_GO, Go
from program_cache import Unavailable, Wanted, dotted, must, version

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["NoPulumiError", "cache_folder", "main", "pulumi_folder"]

TOOLS = Path(__file__).resolve().parent
VERSION = "3.259.0"
# The last release of the SDK's module that contains the host; later hosts cannot be built apart.
HOST_VERSION = "3.78.1"
OLDEST = (3, 200)
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_PROGRAMS = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")


class NoPulumiError(Exception):
    """Every way is closed."""


def main() -> int:
    """Print the folder; 1 and the reasons on stderr when there is none."""
    try:
        folder = pulumi_folder(os.environ)
    except NoPulumiError as error:
        watched.say(str(error))
        return 1
    print(folder)
    return 0


def pulumi_folder(environ: Mapping[str, str]) -> Path:
    """Return the folder that holds a usable CLI, getting one if need be.

    Args:
        environ: PATH, HOME and XDG_CACHE_HOME are read from it.

    Raises:
        NoPulumiError: no way leads to a CLI here.
    """
    closed: list[str] = []
    try:
        return _on_path(environ)
    except Unavailable as reason:
        closed.append(f"PATH: {reason}")
    try:
        return program_cache.kept(_CLI, environ, closed)
    except (Unavailable, OSError) as reason:
        closed.append(f"cache: {reason}")
    raise NoPulumiError(
        f"There is no Pulumi CLI: put pulumi {dotted(OLDEST)} or later on PATH together with its "
        "Python language host, or let this machine reach get.pulumi.com, or put Go "
        f"{dotted(OLDEST_GO)} or later on PATH to have it built; then run the same command again."
        + "".join(f"\n  {line}" for line in closed)
    )


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where a CLI that we got is kept: outside the checkout, so that the next clone has it too."""
    return program_cache.cache_folder(_CLI, environ)


def _on_path(environ: Mapping[str, str]) -> Path:
    path = environ.get("PATH", "")
    found = shutil.which("pulumi", path=path)
    if found is None:
        raise Unavailable("no pulumi there")
    seen = version([found, "version"], {**environ, "PULUMI_SKIP_UPDATE_CHECK": "true"})
    if seen < OLDEST:
        raise Unavailable(f"{found} is {dotted(seen)}, older than {dotted(OLDEST)}")
    beside = str(Path(found).resolve().parent)
    if shutil.which("pulumi-language-python", path=f"{beside}{os.pathsep}{path}") is None:
        raise Unavailable(f"{found} comes without pulumi-language-python")
    return Path(found).absolute().parent


def _by_installer(new: Path, environ: Mapping[str, str]) -> None:
    script = [sys.executable, str(TOOLS / "official_installer.py")]
    must([*script, "probe"], title="asking for the official installer", env=environ, limit=10)
    watched.say(f"Installing the Pulumi CLI {VERSION} with the official installer")
    must(
        [*script, "install", str(new), VERSION],
        title="downloading the Pulumi CLI",
        env=environ,
        limit=900,
    )


def _by_go(new: Path, environ: Mapping[str, str]) -> None:
    cli, host = TOOLS / "pulumi", TOOLS / "pulumi-language-python"
    go = Go.found(environ, cli, new)
    watched.say(f"Building the Pulumi CLI {VERSION} with Go (once; 6 to 8 minutes on two cores)")
    _install(go, cli, "the CLI", VERSION)
    _install(go, host, "its Python language host", HOST_VERSION)
    launcher = Path(go.folder_of(_SDK, cli)) / "python" / "cmd" / _PROGRAMS[2]
    if not launcher.is_file():
        raise Unavailable(f"{launcher} is not in the SDK's sources")
    shutil.copyfile(launcher, new / "bin" / launcher.name)
    (new / "bin" / launcher.name).chmod(0o755)  # files of a Go module have no run bit


def _install(go: Go, module: Path, title: str, stamped: str) -> None:
    # Without the stamp, every check of versions inside Pulumi reports an error.
    stamp = f"-X {_SDK}/go/common/version.Version=v{stamped}"
    go.install(module, "tool", title=title, link=stamp, tags="osusergo,grpcnotrace")


_CLI = Wanted(
    title=f"the Pulumi CLI {VERSION}",
    folder=f"pulumi-{VERSION}",
    programs=_PROGRAMS,
    ways={"official installer": _by_installer, "Go": _by_go},
)


if __name__ == "__main__":
    sys.exit(main())
