"""What tests of several rooms need."""

from __future__ import annotations

import fcntl
import gc
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says more about the machine than about a law.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CHECKOUT = Path(__file__).parents[1]

# Images of Python often set it. A run of the tests starts hundreds of processes, and each would
# compile the same modules again; each worker would compile all tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# A shell's jobs in the background ignore Ctrl-C, and so would what tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


OF_A_SHELL = ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
"""They have pipes taken for terminals."""
OF_A_SERVER = ("OPENOBSERVE_URL", "OPENOBSERVE_USER", "OPENOBSERVE_PASSWORD", "OPENOBSERVE_ORG")
"""Who runs the tests may have one."""


@pytest.hookimpl(trylast=True)  # pytest has read by then which colours it is to use
def pytest_configure(config: pytest.Config) -> None:
    """Take away what is set for people, and would change what programs do."""
    live = config.getoption("live", default=False)
    for name in OF_A_SHELL if live else (*OF_A_SHELL, *OF_A_SERVER):
        os.environ.pop(name, None)


def pytest_collection_finish() -> None:
    """Look for no garbage in what was collected, which is most of what there is and stays."""
    gc.freeze()


class MadeOnce(Protocol):
    """Returns a folder that one process of a run of the tests makes, and all of them use."""

    def __call__(self, name: str, make: Callable[[Path], object]) -> Path:
        """Make a folder of a name that no other has, unless it is there."""


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder that all processes of a run of the tests have in common."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def made_once(shared_folder: Path) -> MadeOnce:
    """Make what is dear once, and not once for each process."""

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, whole = shared_folder / name, shared_folder / f"{name}.whole"
        with (shared_folder / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not whole.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                whole.touch()
        return folder

    return made


@pytest.fixture(scope="session")
def pulumi_folder() -> Path:
    """Folder of a Pulumi CLI with its Python language host, found as set-up finds it."""
    found = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(CHECKOUT / "tools" / "pulumi_cli.py")],
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Path(found.stdout.strip())


@pytest.fixture
def pulumi_on_path(pulumi_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put this environment's programs and the Pulumi CLI first on PATH."""
    folders = (str(Path(sys.executable).parent), str(pulumi_folder), os.environ["PATH"])
    monkeypatch.setenv("PATH", os.pathsep.join(folders))


@pytest.fixture
def closed_port() -> Iterator[int]:
    """A loopback port that nobody listens on, and that nobody else can take meanwhile."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound.getsockname()[1]


@pytest.fixture(scope="session")
def ports_by_choice() -> list[int]:
    """Ports that the system gives to nobody who asks for just any."""
    told = Path("/proc/sys/net/ipv4/ip_local_port_range")
    low, high = map(int, told.read_text().split() if told.exists() else ("49152", "65535"))
    return [port for port in range(10_000, 65_536) if not low <= port <= high]


@pytest.fixture
def lasting_port(ports_by_choice: list[int]) -> int:
    """A free loopback port that is still free after whoever had it has ended."""
    while True:
        # Not what `random` says: its seed is the same in all processes of a run.
        port = secrets.choice(ports_by_choice)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
