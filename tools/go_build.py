"""Builds a program from a committed Go module: its go.sum pins every source by hash.

Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from program_cache import Unavailable, dotted, home, must, version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

__all__ = ["OLDEST_GO", "Go"]

OLDEST_GO: Final = (1, 25, 11)
_LIMIT_S: Final = 3600


@dataclass(frozen=True)
class Go:
    """Go on this machine, and where its programs go.

    Args:
        program: the path of `go`.
        env: what it runs with.
    """

    program: str
    env: Mapping[str, str]

    @classmethod
    def found(cls, environ: Mapping[str, str], module: Path, to: Path) -> Go:
        """Return Go, if it is on PATH and new enough.

        Args:
            environ: of this process.
            module: a folder with a go.mod, which may choose a toolchain.
            to: the folder whose `bin` takes the programs.

        Raises:
            Unavailable: it is not.
        """
        go = shutil.which("go", path=environ.get("PATH", ""))
        if go is None:
            raise Unavailable("no go on PATH")
        # The folders' go.mod decides; a workspace or flags of the user's own would get in the way.
        env = {
            **environ,
            "HOME": str(home(environ)),
            "GOBIN": str(to / "bin"),
            "GOFLAGS": "-mod=readonly",
            "GOWORK": "off",
        }
        seen = version([go, "version"], env, cwd=module)
        if seen < OLDEST_GO:
            raise Unavailable(f"{go} is {dotted(seen)}, older than {dotted(OLDEST_GO)}")
        return cls(go, env)

    def install(
        self, module: Path, what: str, *, title: str, link: str = "", tags: str = ""
    ) -> None:
        """Build a program.

        Args:
            module: the folder of its go.mod.
            what: `tool` for the module's tools, `.` for its own program.
            title: what is built, in a sentence.
            link: flags for the linker.
            tags: of the build.

        Raises:
            Unavailable: it cannot be built here.
        """
        flags = ["-v", "-trimpath", "-tags", tags, "-ldflags", f"-s -w {link}".strip()]
        command = [self.program, "install", *flags, what]
        note = _Progress()
        title = f"building {title}"
        must(command, title=title, note=note, cwd=module, env=self.env, limit=_LIMIT_S)

    def folder_of(self, package: str, module: Path) -> str:
        """Return where the sources of a module that another one needs are; empty if nowhere.

        Args:
            package: the path of the module that is looked for.
            module: the folder of the go.mod that names it.
        """
        return subprocess.run(
            [self.program, "list", "-m", "-f", "{{.Dir}}", package],
            cwd=module,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
        ).stdout.strip()


class _Progress:
    """Words for a line that `go install -v` prints: a download, or a package that it compiles."""

    def __init__(self) -> None:
        self._downloads = self._packages = 0

    def __call__(self, line: str) -> str:
        if line.startswith("go: downloading"):
            self._downloads += 1
        else:
            self._packages += 1
        return f"{self._downloads} modules downloaded, {self._packages} packages compiled"
