"""The project as Git knows it: its base, laid out in a folder, and what differs from it."""

from __future__ import annotations

import io
import subprocess
import tarfile
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from llmcost_infra.errors import DeclarationError, LlmCostError, ProgramError
from llmcost_infra.program.run import run_program

if TYPE_CHECKING:
    from collections.abc import Sequence

    from llmcost_infra.program.registered import Program

__all__ = ["Base", "find_base", "program_at"]


@dataclass(frozen=True, slots=True)
class Base:
    """Where a change starts.

    Args:
        ref: as it was named.
        commit: last commit that the ref and the project have in common.
        folder: of the project in Git's work tree.
        top: of the work tree.
    """

    ref: str
    commit: str
    folder: Path
    top: Path

    def lay_out(self, where: Path) -> Path:
        """Write all files of the base below a folder, and return the project in it.

        Nothing is left behind in the repository, whatever becomes of this process.
        """
        archive = _git(self.top, "archive", "--format=tar", self.commit)
        with tarfile.open(fileobj=io.BytesIO(archive)) as files:
            # Python 3.11 has tarfile's own filters from 3.11.4 on only, and Debian 12 has 3.11.2.
            files.extraction_filter = lambda member, _: member
            for member in files:
                if _leads_inside(member, where):
                    files.extract(member, where)
        return where / self.folder.resolve().relative_to(self.top)

    def changed_files(self) -> tuple[str, ...]:
        """Return the project's files that differ from the base, new and removed ones too."""
        known = _git(self.folder, "diff", "--name-only", "--relative", "-z", self.commit)
        new = _git(self.folder, "ls-files", "--others", "--exclude-standard", "-z")
        names = (known + new).decode(errors="replace").split("\0")
        return tuple(sorted(name for name in names if name))

    def head(self) -> str:
        """Return what is reviewed: a commit, and whether files differ from it."""
        commit = _git(self.folder, "rev-parse", "--short=7", "HEAD").decode().strip()
        dirty = _git(self.folder, "status", "--porcelain", "--", ".").strip()
        return f"{commit} and changes that are not committed" if dirty else commit


def program_at(folder: Path, stack: str, ref: str, option: str) -> Program:
    """Run a project's program as it was where the work on it parted from a ref.

    Args:
        folder: of the project.
        stack: name of the stack.
        ref: branch, tag or commit.
        option: in which somebody named the ref, for errors.

    Raises:
        DeclarationError: there is no such commit.
        ProgramError: the program of then cannot be run.
    """
    base = find_base(folder, ref, option)
    with TemporaryDirectory() as scratch:
        place = base.lay_out(Path(scratch).resolve())
        try:
            return run_program(place, stack)
        except LlmCostError as error:
            said = str(error).replace(f"{place}/", "")
            raise ProgramError(f"At {ref}: {said}") from error


def find_base(folder: Path, ref: str, option: str = "--base") -> Base:
    """Return where the work on a project parted from a ref.

    Args:
        folder: of the project.
        ref: branch, tag or commit.
        option: in which somebody named the ref, for errors.

    Raises:
        DeclarationError: the folder is in no Git repository, or there is no such commit.
    """
    top = _asked(folder, "rev-parse", "--show-toplevel")
    if top is None:
        raise DeclarationError(
            "is in no Git repository", path=folder, hint="Run it in a clone of the project."
        )
    # A ref must never be taken for an option.
    named = ("--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
    found = _asked(folder, "rev-parse", *named)
    if found is None:
        raise DeclarationError(
            f"there is no commit {ref!r} in this repository",
            path=option,
            hint="Fetch it (`git fetch origin main`; on CI, a checkout with its whole history), "
            "or name another one.",
        )
    commit = _asked(folder, "merge-base", found, "HEAD") or found
    return Base(ref, commit, folder, Path(top).resolve())


def _leads_inside(member: tarfile.TarInfo, where: Path) -> bool:
    """Tell whether it stays in the repository; a link to a folder of this machine does not."""
    place = where / member.name
    target = place.parent / member.linkname if member.issym() else place
    return target.resolve().is_relative_to(where.resolve())


def _asked(folder: Path, *arguments: str) -> str | None:
    """Return what Git answers, or None when it refuses."""
    done = _run(folder, arguments)
    return done.stdout.decode().strip() if done.returncode == 0 else None


def _git(folder: Path, *arguments: str) -> bytes:
    done = _run(folder, arguments)
    if done.returncode:
        said = done.stderr.decode(errors="replace").strip()
        raise DeclarationError(f"git {arguments[0]}: {said}", path=folder)
    return done.stdout


def _run(folder: Path, arguments: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(  # noqa: S603 - no shell, and refs come after --end-of-options
        ["git", "-C", str(folder), *arguments],  # noqa: S607 - whichever Git the person uses
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=False,
    )
