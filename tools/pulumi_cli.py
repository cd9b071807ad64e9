"""Finds the Pulumi CLI with its Python language host, or gets it; prints its folder on stdout.

In this order: what is on PATH, what an earlier run left in the cache, the vendor's installer, a
build of pinned sources with Go.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import pwd
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import watched

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

__all__ = ["NoPulumiError", "Unavailable", "cache_folder", "main", "pulumi_folder"]

TOOLS = Path(__file__).resolve().parent
VERSION = "3.259.0"
# The last release of the SDK's module that contains the host; later hosts cannot be built apart.
HOST_VERSION = "3.78.1"
OLDEST = (3, 200)
OLDEST_GO = (1, 25, 11)
_SDK = "github.com/pulumi/pulumi/sdk/v3"
_PROGRAMS = ("pulumi", "pulumi-language-python", "pulumi-language-python-exec")


class Unavailable(Exception):  # noqa: N818 - it says why one way does not work here
    """One of the ways to a CLI is closed; the message says why."""


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
        return _from_cache(cache_folder(environ), environ, closed)
    except (Unavailable, OSError) as reason:
        closed.append(f"cache: {reason}")
    raise NoPulumiError(
        f"There is no Pulumi CLI: put pulumi {_dotted(OLDEST)} or later on PATH together with its "
        "Python language host, or let this machine reach get.pulumi.com, or put Go "
        f"{_dotted(OLDEST_GO)} or later on PATH to have it built; then run the same command again."
        + "".join(f"\n  {line}" for line in closed)
    )


def cache_folder(environ: Mapping[str, str]) -> Path:
    """Where a CLI that we got is kept: outside the checkout, so that the next clone has it too."""
    given = environ.get("XDG_CACHE_HOME", "")
    caches = Path(given) if given.startswith("/") else _home(environ) / ".cache"
    return caches / "llmcost-infra" / f"pulumi-{VERSION}"


def _home(environ: Mapping[str, str]) -> Path:
    if environ.get("HOME"):
        return Path(environ["HOME"])
    try:
        return Path(pwd.getpwuid(os.getuid()).pw_dir)
    except KeyError:
        raise Unavailable("neither HOME nor XDG_CACHE_HOME is set") from None


def _on_path(environ: Mapping[str, str]) -> Path:
    path = environ.get("PATH", "")
    found = shutil.which("pulumi", path=path)
    if found is None:
        raise Unavailable("no pulumi there")
    version = _version([found, "version"], environ)
    if version < OLDEST:
        raise Unavailable(f"{found} is {_dotted(version)}, older than {_dotted(OLDEST)}")
    beside = str(Path(found).resolve().parent)
    if shutil.which("pulumi-language-python", path=f"{beside}{os.pathsep}{path}") is None:
        raise Unavailable(f"{found} comes without pulumi-language-python")
    return Path(found).absolute().parent


def _from_cache(cache: Path, environ: Mapping[str, str], closed: list[str]) -> Path:
    if _missing(cache):
        with _alone(cache):
            # Whoever held the lock before us may have been doing the same.
            if _missing(cache):
                _fill(cache, environ, closed)
    return cache / "bin"


def _missing(folder: Path) -> list[str]:
    return [name for name in _PROGRAMS if not os.access(folder / "bin" / name, os.X_OK)]


@contextlib.contextmanager
def _alone(cache: Path) -> Iterator[None]:
    cache.parent.mkdir(parents=True, exist_ok=True)
    with cache.with_name(f"{cache.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            watched.say("Another run is getting the Pulumi CLI; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _fill(cache: Path, environ: Mapping[str, str], closed: list[str]) -> None:
    for leftover in cache.parent.glob(f"{cache.name}.new-*"):  # of a run that was killed
        shutil.rmtree(leftover, ignore_errors=True)
    for name, way in (("official installer", _by_installer), ("Go", _by_go)):
        new = Path(tempfile.mkdtemp(prefix=f"{cache.name}.new-", dir=cache.parent))
        try:
            way(new, environ)
            _keep(new, cache)
        except Unavailable as reason:
            closed.append(f"{name}: {reason}")
        else:
            watched.say(f"The Pulumi CLI {VERSION} is in {cache / 'bin'}")
            return
        finally:
            shutil.rmtree(new, ignore_errors=True)
    raise Unavailable(f"no pulumi in {cache / 'bin'}")


def _keep(new: Path, cache: Path) -> None:
    if missing := _missing(new):
        raise Unavailable(f"it brought no {' and no '.join(missing)}")
    shutil.rmtree(cache, ignore_errors=True)  # one that lacks something
    new.chmod(0o755)
    new.rename(cache)


def _by_installer(new: Path, environ: Mapping[str, str]) -> None:
    script = [sys.executable, str(TOOLS / "official_installer.py")]
    _must([*script, "probe"], title="asking for the official installer", env=environ, limit=10)
    watched.say(f"Installing the Pulumi CLI {VERSION} with the official installer")
    _must(
        [*script, "install", str(new), VERSION],
        title="downloading the Pulumi CLI",
        env=environ,
        limit=900,
    )


def _by_go(new: Path, environ: Mapping[str, str]) -> None:
    go = shutil.which("go", path=environ.get("PATH", ""))
    if go is None:
        raise Unavailable("no go on PATH")
    # The folders' go.mod decides; a workspace or flags of the user's own would get in the way.
    env = {
        **environ,
        "HOME": str(_home(environ)),
        "GOBIN": str(new / "bin"),
        "GOFLAGS": "-mod=readonly",
        "GOWORK": "off",
    }
    cli, host = TOOLS / "pulumi", TOOLS / "pulumi-language-python"
    version = _version([go, "version"], env, cwd=cli)
    if version < OLDEST_GO:
        raise Unavailable(f"{go} is {_dotted(version)}, older than {_dotted(OLDEST_GO)}")
    watched.say(f"Building the Pulumi CLI {VERSION} with Go (once; 6 to 8 minutes on two cores)")
    _go_install(go, cli, VERSION, env)
    _go_install(go, host, HOST_VERSION, env)
    sdk = subprocess.run(
        [go, "list", "-m", "-f", "{{.Dir}}", _SDK],
        cwd=cli,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    launcher = Path(sdk) / "python" / "cmd" / _PROGRAMS[2]
    if not launcher.is_file():
        raise Unavailable(f"{launcher} is not in the SDK's sources")
    shutil.copyfile(launcher, new / "bin" / launcher.name)
    (new / "bin" / launcher.name).chmod(0o755)  # files of a Go module have no run bit


def _go_install(go: str, module: Path, version: str, env: Mapping[str, str]) -> None:
    # Without the stamp, every check of versions inside Pulumi reports an error.
    stamp = f"-X {_SDK}/go/common/version.Version=v{version}"
    flags = ["-v", "-trimpath", "-tags", "osusergo,grpcnotrace", "-ldflags", f"-s -w {stamp}"]
    _must(
        [go, "install", *flags, "tool"],
        title=f"building {'the CLI' if version == VERSION else 'its Python language host'}",
        note=_GoProgress(),
        cwd=module,
        env=env,
        limit=3600,
    )


class _GoProgress:
    """Words for a line that `go install -v` prints: a download, or a package that it compiles."""

    def __init__(self) -> None:
        self._downloads = self._packages = 0

    def __call__(self, line: str) -> str:
        if line.startswith("go: downloading"):
            self._downloads += 1
        else:
            self._packages += 1
        return f"{self._downloads} modules downloaded, {self._packages} packages compiled"


def _must(  # noqa: PLR0913 - the options of watched.run
    command: list[str],
    *,
    title: str,
    env: Mapping[str, str],
    limit: float,
    note: Callable[[str], str | None] = lambda _line: None,
    cwd: Path | None = None,
) -> None:
    ended = watched.run(command, title=title, note=note, env=env, cwd=cwd, limit=limit)
    if ended.code == watched.TIMED_OUT:
        raise Unavailable(f"{title} took longer than {limit:g} s")
    if ended.code:
        raise Unavailable(f"{title} failed: {ended.tail[-1] if ended.tail else 'no output'}")


def _version(
    command: list[str], environ: Mapping[str, str], cwd: Path | None = None
) -> tuple[int, ...]:
    env = {**environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        answer = subprocess.run(
            command, env=env, cwd=cwd, capture_output=True, text=True, check=False, timeout=120
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unavailable(f"{' '.join(command)} does not answer: {error}") from None
    numbers = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", answer.stdout)
    if answer.returncode or numbers is None:
        raise Unavailable(f"{' '.join(command)} fails: {answer.stderr.strip() or answer.stdout}")
    return tuple(int(number or 0) for number in numbers.groups())


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


if __name__ == "__main__":
    sys.exit(main())
