"""Finds an OpenTelemetry Collector that knows the parts of examples/collector, or builds one.

In this order: `otelcol-contrib` on PATH, what an earlier run built, a build of pinned sources with
Go. Standard library only.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import program_cache
import watched
from go_build import Go
from program_cache import Unavailable, Wanted

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["VERSION", "NoCollectorError", "collector", "main"]

VERSION: Final = "0.158.0"
_MODULE: Final = Path(__file__).resolve().parent / "collector"
_DISTRIBUTION: Final = "otelcol-contrib"


class NoCollectorError(Exception):
    """Every way is closed; the message says what to do."""


def main() -> int:
    """Print the program's path; 1 and the reasons on stderr when there is none."""
    try:
        print(collector(os.environ))
    except NoCollectorError as error:
        watched.say(str(error))
        return 1
    return 0


def collector(environ: Mapping[str, str]) -> Path:
    """Return a Collector, which is built if that is possible here.

    Args:
        environ: PATH, HOME and XDG_CACHE_HOME are read from it.

    Raises:
        NoCollectorError: there is none, and none can be built.
    """
    if found := shutil.which(_DISTRIBUTION, path=environ.get("PATH", "")):
        return Path(found)
    closed: list[str] = []
    wanted = _wanted(_MODULE)
    try:
        return program_cache.kept(wanted, environ, closed) / wanted.programs[0]
    except (Unavailable, OSError) as reason:
        closed.append(f"cache: {reason}")
    raise NoCollectorError(
        f"There is no Collector: put {_DISTRIBUTION} on PATH, or Go to have one built."
        + "".join(f"\n  {line}" for line in closed)
    )


def _wanted(module: Path) -> Wanted:
    # Parts may change while the version stays.
    parts = b"".join((module / name).read_bytes() for name in ("main.go", "go.mod", "go.sum"))

    def build(new: Path, environ: Mapping[str, str]) -> None:
        go = Go.found(environ, module, new)
        watched.say(f"Building a Collector {VERSION} with Go (once; 2 minutes on two cores)")
        go.install(module, ".", title="the Collector")

    return Wanted(
        title="the Collector",
        folder=f"collector-{VERSION}-{hashlib.sha256(parts).hexdigest()[:12]}",
        programs=("collector",),
        ways={"Go": build},
    )


if __name__ == "__main__":
    sys.exit(main())
