"""The environment follows the lock, and each failure on the way has a next step."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import create_venv
import pytest
import watched

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.tools.conftest import Programs

PYPROJECT = """\
[build-system]
requires = ["hatchling"]
[project]
name = "x"
[tool.ruff]
line-length = 80
"""


@dataclass
class Commands:
    """Stands for `watched.run`: notes each command, and answers as the test wants.

    Args:
        root: the checkout.
        fails: word of a command, and what that command says before it fails.
        ran: first words of each command that ran.
    """

    root: Path
    fails: tuple[str, tuple[str, ...]] | None = None
    ran: list[str] = field(default_factory=list)
    environments: list[dict[str, str]] = field(default_factory=list)

    def __call__(self, command: Sequence[str], **how: Any) -> watched.Finished:
        """Run nothing; make a program that answers as an environment's Python does."""
        self.ran.append("venv" if "venv" in command else command[-2].lstrip("-"))
        self.environments.append(how.get("env") or {})
        if self.fails and self.fails[0] in command:
            return watched.Finished(1, self.fails[1])
        return watched.Finished(0, ())


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a checkout with a lock of two packages."""
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    (checkout / "pyproject.toml").write_text(PYPROJECT)
    (checkout / "requirements.lock").write_text("a==1 \\\n    --hash=sha256:0\nb==2\n")
    return checkout


@pytest.fixture
def commands(root: Path, monkeypatch: pytest.MonkeyPatch, program: Programs) -> Commands:
    """Return what stands for `watched.run`; making an environment makes its Python."""
    made = Commands(root)

    def run(command: Sequence[str], **how: Any) -> watched.Finished:
        ended = made(command, **how)
        if "venv" in command and ended.code == 0:
            python_of(root / ".venv", program)
        return ended

    monkeypatch.setattr(watched, "run", run)
    return made


def python_of(venv: Path, program: Programs, answer: str | None = None) -> None:
    """Put a Python into an environment that answers the question whether it fits."""
    fitting = "{} {} {}".format(*sys.version_info[:2], venv)
    program("python", f"echo '{answer or fitting}'", folder=venv / "bin")


def test_a_new_checkout_gets_everything_in_order(root: Path, commands: Commands) -> None:
    """Environment, then the lock by hash, then the project without asking for anything more."""
    create_venv.create(root, root / ".venv")

    assert commands.ran == ["venv", "r", "editable"]


def test_a_second_run_does_nothing(root: Path, commands: Commands) -> None:
    """`make up` again costs no installation."""
    create_venv.create(root, root / ".venv")
    commands.ran.clear()

    create_venv.create(root, root / ".venv")

    assert commands.ran == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("requirements.lock", "a==2\n"),
        ("pyproject.toml", PYPROJECT.replace('"x"', '"x"\ndependencies = ["c"]')),
    ],
)
def test_a_changed_lock_or_packaging_is_installed(
    root: Path, commands: Commands, name: str, text: str
) -> None:
    """After a pull the same command brings the environment up to date, without a new one."""
    create_venv.create(root, root / ".venv")
    commands.ran.clear()
    (root / name).write_text(text)

    create_venv.create(root, root / ".venv")

    assert commands.ran == ["r", "editable"]


def test_the_configuration_of_a_linter_changes_no_environment(
    root: Path, commands: Commands
) -> None:
    """Only what is installed counts: pyproject.toml holds much else."""
    create_venv.create(root, root / ".venv")
    commands.ran.clear()
    (root / "pyproject.toml").write_text(PYPROJECT.replace("80", "100"))

    create_venv.create(root, root / ".venv")

    assert commands.ran == []


@pytest.mark.parametrize("answer", ["2 7 /elsewhere", "", "3 11 /an/old/place"])
def test_an_environment_that_was_moved_or_is_of_another_python_is_made_anew(
    root: Path, commands: Commands, program: Programs, answer: str
) -> None:
    """A moved checkout or a changed PYTHON would otherwise fail later, with strange words."""
    create_venv.create(root, root / ".venv")
    commands.ran.clear()
    python_of(root / ".venv", program, answer or "nothing")

    create_venv.create(root, root / ".venv")

    assert commands.ran == ["venv", "r", "editable"]


def test_a_broken_python_is_made_anew(root: Path, commands: Commands, program: Programs) -> None:
    """An environment whose Python was removed or is broken is replaced."""
    create_venv.create(root, root / ".venv")
    commands.ran.clear()
    program("python", "exit 1", folder=root / ".venv/bin")

    create_venv.create(root, root / ".venv")

    assert commands.ran[0] == "venv"


def test_after_a_failure_the_next_run_installs_again(root: Path, commands: Commands) -> None:
    """An environment that was not finished is never taken for a finished one."""
    create_venv.create(root, root / ".venv")
    (root / "requirements.lock").write_text("a==2\n")
    commands.fails = ("--editable", ("ERROR: boom",))
    with pytest.raises(create_venv.SetupError, match="The project itself could not be installed"):
        create_venv.create(root, root / ".venv")
    (root / "requirements.lock").write_text("a==1 \\\n    --hash=sha256:0\nb==2\n")
    commands.fails = None
    commands.ran.clear()

    create_venv.create(root, root / ".venv")

    assert commands.ran == ["r", "editable"]


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        (
            ("ERROR: Could not find a version that satisfies a", "ERROR: No matching distribution"),
            ("could not be fetched: ERROR: No matching distribution", "Check the network"),
        ),
        (
            ("WARNING: Retrying: NewConnectionError", "ERROR: nothing"),
            ("could not be fetched: ERROR: nothing", "what was downloaded is kept"),
        ),
        (
            ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES", "    a==1: got 00"),
            ("differs from the one that requirements.lock names", "make lock"),
        ),
        (
            ("ERROR: Could not install: [Errno 28] No space left on device",),
            ("The disk is full", "Make room"),
        ),
        (("error: a compiler is missing",), ("compiler is missing", "To see all of it")),
        ((), ("it said nothing", "To see all of it")),
    ],
)
def test_each_failure_of_the_installation_is_explained(
    root: Path, commands: Commands, said: tuple[str, ...], expected: tuple[str, str]
) -> None:
    """Cause and next step are told apart: network, hash, disk, anything else."""
    commands.fails = ("--require-hashes", said)

    with pytest.raises(create_venv.SetupError) as caught:
        create_venv.create(root, root / ".venv")

    cause, next_step = str(caught.value).splitlines()
    assert expected[0] in cause
    assert expected[1] in next_step


def test_an_environment_that_cannot_be_made_is_explained(root: Path, commands: Commands) -> None:
    """The words of the failed command, and the command itself to run by hand."""
    commands.fails = ("venv", ("Error: read-only file system",))

    with pytest.raises(create_venv.SetupError, match="could not be made: Error: read-only") as got:
        create_venv.create(root, root / ".venv")

    assert f"-m venv --clear {root / '.venv'}" in str(got.value)


def test_what_a_shell_sets_for_python_does_not_reach_pip(
    root: Path, commands: Commands, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PYTHONPATH would pass for installed packages; --user would install them elsewhere."""
    monkeypatch.setenv("PYTHONPATH", "/elsewhere")
    monkeypatch.setenv("PIP_USER", "1")

    create_venv.create(root, root / ".venv")

    for environment in commands.environments[1:]:
        assert "PYTHONPATH" not in environment
        assert environment["PIP_USER"] == "0"


@pytest.mark.parametrize(
    ("absent", "named"),
    [({"ensurepip"}, "ensurepip"), ({"venv", "ensurepip"}, "venv and ensurepip")],
)
def test_a_python_without_venv_is_told_what_to_install(
    absent: set[str],
    named: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Debian packages the module apart: the message names the package, and another way."""
    real = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, "find_spec", lambda name: None if name in absent else real(name)
    )

    assert create_venv.main() == 1

    said = capsys.readouterr().err
    assert f"comes without {named}, so it cannot make a virtual environment" in said
    assert "apt-get install python{}.{}-venv".format(*sys.version_info) in said
    assert "make up PYTHON=" in said


def test_a_complete_environment_is_silent(
    root: Path,
    commands: Commands,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """When there is nothing to do there is nothing to say."""
    create_venv.create(root, root / ".venv")
    monkeypatch.setattr(create_venv, "ROOT", root)
    commands.ran.clear()
    capsys.readouterr()

    assert create_venv.main() == 0
    assert capsys.readouterr() == ("", "")


def test_progress_counts_packages_and_notices_a_silent_network() -> None:
    """The line says how far it is, and when it waits for the network."""
    words = create_venv.PipProgress(2)

    assert words("Collecting a==1 (from -r requirements.lock)") == "1 of 2: a"
    assert words("  Downloading a-1.whl") is None
    assert words("Collecting b==2") == "2 of 2: b"
    assert words("WARNING: Retrying (Retry(total=4))") == (
        "the package index does not answer, trying again"
    )
    assert words("Installing collected packages: a, b") == "unpacking"


def test_the_script_needs_nothing_but_the_standard_library() -> None:
    """It runs before anything is installed."""
    tools = Path(create_venv.__file__).parent
    own = {path.stem for path in tools.glob("*.py")}

    for name in ("create_venv.py", "watched.py", "lock.py"):
        lines = (tools / name).read_text().splitlines()
        imported = {
            line.split()[1].partition(".")[0]
            for line in lines
            if line.startswith(("import ", "from "))
        }
        assert imported <= sys.stdlib_module_names | own
