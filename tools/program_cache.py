"""Programs that are got once on a machine and kept outside the checkout, for the next clone too.

Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["Unavailable", "Wanted", "cache_folder", "dotted", "home", "kept", "must", "version"]


class Unavailable(Exception):  # noqa: N818 - it says why one way does not work here
    """One of the ways to a program is closed; the message says why."""


@dataclass(frozen=True)
class Wanted:
    """Programs, and the ways to get them.

    Args:
        title: what they are, in a sentence.
        folder: of the cache that they are kept in; another one for each version.
        programs: all that have to be there.
        ways: what fills a new folder's `bin`, by name, in the order in which they are tried.
    """

    title: str
    folder: str
    programs: tuple[str, ...]
    ways: Mapping[str, Callable[[Path, Mapping[str, str]], None]]


def cache_folder(wanted: Wanted, environ: Mapping[str, str]) -> Path:
    """Return where the programs are kept.

    Args:
        wanted: the programs.
        environ: HOME and XDG_CACHE_HOME are read from it.

    Raises:
        Unavailable: this account has no home.
    """
    given = environ.get("XDG_CACHE_HOME", "")
    caches = Path(given) if given.startswith("/") else home(environ) / ".cache"
    return caches / "llmcost-infra" / wanted.folder


def home(environ: Mapping[str, str]) -> Path:
    """Return HOME, or the account's home where it is not set.

    Raises:
        Unavailable: this account has none.
    """
    if environ.get("HOME"):
        return Path(environ["HOME"])
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        raise Unavailable("neither HOME nor XDG_CACHE_HOME is set") from None


def kept(wanted: Wanted, environ: Mapping[str, str], closed: list[str]) -> Path:
    """Return the folder that holds the programs, getting them if need be.

    Args:
        wanted: the programs.
        environ: of this process.
        closed: takes the reason for each way that is closed.

    Raises:
        Unavailable: every way is closed.
        OSError: the cache cannot be written.
    """
    cache = cache_folder(wanted, environ)
    if _missing(wanted, cache):
        with _alone(wanted, cache):
            # Whoever held the lock before us may have been doing the same.
            if _missing(wanted, cache):
                _fill(wanted, cache, environ, closed)
    return cache / "bin"


def _missing(wanted: Wanted, folder: Path) -> list[str]:
    return [name for name in wanted.programs if not os.access(folder / "bin" / name, os.X_OK)]


@contextlib.contextmanager
def _alone(wanted: Wanted, cache: Path) -> Iterator[None]:
    cache.parent.mkdir(parents=True, exist_ok=True)
    with cache.with_name(f"{cache.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            watched.say(f"Another run is getting {wanted.title}; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fill(wanted: Wanted, cache: Path, environ: Mapping[str, str], closed: list[str]) -> None:
    for leftover in cache.parent.glob(f"{cache.name}.new-*"):  # of a run that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    for name, way in wanted.ways.items():
        new = Path(tempfile.mkdtemp(prefix=f"{cache.name}.new-", dir=cache.parent))
        try:
            way(new, environ)
            _keep(wanted, new, cache)
        except Unavailable as reason:
            closed.append(f"{name}: {reason}")
        else:
            watched.say(f"{wanted.title[0].upper()}{wanted.title[1:]} is in {cache / 'bin'}")
            return
        finally:
            shutil.rmtree(new, ignore_errors=True)
    raise Unavailable(f"no {wanted.programs[0]} in {cache / 'bin'}")


def _keep(wanted: Wanted, new: Path, cache: Path) -> None:
    if missing := _missing(wanted, new):
        raise Unavailable(f"it brought no {' and no '.join(missing)}")
    shutil.rmtree(cache, ignore_errors=True)  # one that lacks something
    new.chmod(0o755)
    new.rename(cache)


def must(  # noqa: PLR0913 - the options of watched.run
    command: list[str],
    *,
    title: str,
    env: Mapping[str, str],
    limit: float,
    note: Callable[[str], str | None] = lambda _line: None,
    cwd: Path | None = None,
) -> None:
    """Run a command as `watched.run` does.

    Raises:
        Unavailable: it failed, or took too long.
    """
    ended = watched.run(command, title=title, note=note, env=env, cwd=cwd, limit=limit)
    if ended.code == watched.TIMED_OUT:
        raise Unavailable(f"{title} took longer than {limit:g} s")
    if ended.code:
        raise Unavailable(f"{title} failed: {ended.tail[-1] if ended.tail else 'no output'}")


def version(
    command: list[str], environ: Mapping[str, str], cwd: Path | None = None
) -> tuple[int, ...]:
    """Return the first version in what a program prints.

    Raises:
        Unavailable: it cannot be started, fails, or prints none.
    """
    try:
        answer = subprocess.run(
            command, env=environ, cwd=cwd, capture_output=True, text=True, check=False, timeout=120
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{' '.join(command)} does not answer: {error}") from None
    numbers = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout)
    if answer.returncode or numbers is None:
        raise Unavailable(f"{' '.join(command)} fails: {answer.stderr.strip() or answer.stdout}")
    return tuple(int(number or 0) for number in numbers.groups())


def dotted(numbers: tuple[int, ...]) -> str:
    """Return a version as people write it."""
    return ".".join(map(str, numbers))
