"""The Pulumi CLI is found or got in a fixed order, and each closed way says why."""

from __future__ import annotations

import fcntl
import os
import pwd
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import go_build
import pulumi_cli
import pytest
import watched

if TYPE_CHECKING:
    from tests.tools.conftest import Programs

# Words of shell scripts that stand for the real programs.
GOOD_PULUMI = 'echo "v3.210.0"'
FAKE_GO = (
    'echo "$PWD|$*|$GOBIN|$GOFLAGS|$GOWORK|$HOME" >> "$LOG"',
    'case "$1" in',
    '  version) echo "go version go1.26.1 linux/amd64";;',
    '  install) echo "go: downloading example.org/a v1"; echo example.org/a',
    '    /bin/mkdir -p "$GOBIN"; name="${PWD##*/}"',
    '    echo "#!/bin/sh" > "$GOBIN/$name"; /bin/chmod 755 "$GOBIN/$name";;',
    '  list) echo "$SDK";;',
    "esac",
)


@dataclass(frozen=True)
class Machine:
    """A machine of the test's making: its PATH, its home and the project's tools.

    Args:
        environ: what the search is given.
        tools: a folder in place of the project's own.
        log: each call of the fake go, a line.
        cache: where a CLI is kept.
    """

    environ: dict[str, str]
    tools: Path
    log: Path
    cache: Path

    def installer(self, probe: str, install: str = "") -> None:
        """Make the installer's script do this."""
        code = ["import sys", "from pathlib import Path", "if sys.argv[1] == 'probe':"]
        code += [f"    {probe}", "else:", f"    {install or 'sys.exit(1)'}"]
        (self.tools / "official_installer.py").write_text("\n".join(code))

    def sdk(self) -> None:
        """Put the sources of the SDK, with the launcher, where `go list` says they are."""
        launcher = Path(self.environ["SDK"]) / "python/cmd/pulumi-language-python-exec"
        launcher.parent.mkdir(parents=True)
        launcher.write_text("launcher")
        launcher.chmod(0o444)


CLOSED = "print('ConnectionRefusedError: refused'); sys.exit(1)"
INSTALL = (
    "folder = Path(sys.argv[2], 'bin'); folder.mkdir(parents=True); "
    "[((folder / name).write_text(sys.argv[3]), (folder / name).chmod(0o755)) "
    "for name in ('pulumi', 'pulumi-language-python', 'pulumi-language-python-exec')]"
)


@pytest.fixture
def machine(tmp_path: Path, bin_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Return a machine with nothing on PATH and an installer that cannot be reached."""
    tools = tmp_path / "tools"
    for folder in ("pulumi", "pulumi-language-python"):
        (tools / folder).mkdir(parents=True)
    monkeypatch.setattr(pulumi_cli, "TOOLS", tools)
    home = tmp_path / "home"
    home.mkdir()
    log = tmp_path / "go.log"
    environ = {"PATH": str(bin_folder), "HOME": str(home), "LOG": str(log)}
    environ["SDK"] = str(tmp_path / "sdk")
    made = Machine(environ, tools, log, home / ".cache/llmcost-infra/pulumi-3.259.0")
    made.installer(CLOSED)
    return made


def test_a_cli_on_path_with_its_language_host_is_used(
    machine: Machine, program: Programs, bin_folder: Path
) -> None:
    """What a person installed wins, and nothing is installed beside it."""
    program("pulumi", GOOD_PULUMI)
    program("pulumi-language-python")

    assert pulumi_cli.pulumi_folder(machine.environ) == bin_folder
    assert not machine.cache.parent.exists()


def test_a_language_host_elsewhere_on_path_counts(
    machine: Machine, program: Programs, bin_folder: Path, tmp_path: Path
) -> None:
    """The CLI looks its host up on PATH, so it may live in another folder of PATH."""
    program("pulumi", GOOD_PULUMI)
    program("pulumi-language-python", folder=tmp_path / "other")
    environ = {**machine.environ, "PATH": f"{bin_folder}:{tmp_path / 'other'}"}

    assert pulumi_cli.pulumi_folder(environ) == bin_folder


def test_a_language_host_beside_the_linked_cli_counts(
    machine: Machine, program: Programs, bin_folder: Path, tmp_path: Path
) -> None:
    """Package managers link the CLI alone into PATH and keep the host beside the real file."""
    real = program("pulumi", GOOD_PULUMI, folder=tmp_path / "real")
    program("pulumi-language-python", folder=tmp_path / "real")
    (bin_folder / "pulumi").symlink_to(real)

    assert pulumi_cli.pulumi_folder(machine.environ) == bin_folder


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ('echo "v3.199.9"', "is 3.199.9, older than 3.200"),
        ("exit 1", "version fails"),
        ('echo "no number"', "version fails: no number"),
    ],
)
def test_a_cli_on_path_that_cannot_be_used_says_why(
    machine: Machine, program: Programs, script: str, reason: str
) -> None:
    """A CLI that is too old or broken is passed over, and the reason is in the last message."""
    program("pulumi", script)
    program("pulumi-language-python")

    with pytest.raises(pulumi_cli.NoPulumiError, match=reason):
        pulumi_cli.pulumi_folder(machine.environ)


def test_a_cli_without_its_language_host_is_passed_over(
    machine: Machine, program: Programs
) -> None:
    """A CLI that cannot run a Python program is of no use here."""
    program("pulumi", GOOD_PULUMI)

    with pytest.raises(pulumi_cli.NoPulumiError, match="comes without pulumi-language-python"):
        pulumi_cli.pulumi_folder(machine.environ)


def test_a_program_that_cannot_be_started_is_passed_over(
    machine: Machine, bin_folder: Path
) -> None:
    """A file that is marked as a program but is none ends no search."""
    (bin_folder / "pulumi").write_bytes(b"\x00not a program")
    (bin_folder / "pulumi").chmod(0o755)

    with pytest.raises(pulumi_cli.NoPulumiError, match="does not answer"):
        pulumi_cli.pulumi_folder(machine.environ)


def test_what_an_earlier_run_got_is_used_again(machine: Machine, program: Programs) -> None:
    """The cache is outside the checkout, so a second clone starts at once."""
    for name in ("pulumi", "pulumi-language-python", "pulumi-language-python-exec"):
        program(name, folder=machine.cache / "bin")

    assert pulumi_cli.pulumi_folder(machine.environ) == machine.cache / "bin"
    assert list(machine.cache.parent.iterdir()) == [machine.cache]


def test_the_official_installer_comes_before_a_build(machine: Machine, program: Programs) -> None:
    """The vendor's CLI brings the newest language host, so it is preferred to ours."""
    program("go", *FAKE_GO)
    machine.installer("print('reached')", INSTALL)

    folder = pulumi_cli.pulumi_folder(machine.environ)

    assert folder == machine.cache / "bin"
    assert (folder / "pulumi").read_text() == "3.259.0"
    assert not machine.log.exists()


def test_an_installer_that_hangs_is_ended_and_passed_over(
    machine: Machine, program: Programs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A network that swallows packets costs a limited time."""
    program("go", *FAKE_GO)
    machine.sdk()
    machine.installer("import signal; signal.pause()")
    limits: list[float] = []
    real = watched.run

    def impatient(command: list[str], *, limit: float, **how: Any) -> watched.Finished:
        limits.append(limit)
        return real(command, limit=0.3 if "probe" in command else limit, **how)

    monkeypatch.setattr(watched, "run", impatient)

    assert pulumi_cli.pulumi_folder(machine.environ) == machine.cache / "bin"
    assert limits == [10, 3600, 3600]


def test_a_half_installation_is_not_kept(machine: Machine, program: Programs) -> None:
    """An installer that brings no language host has not done what it was asked for."""
    program("go", *FAKE_GO)
    machine.sdk()
    only_cli = INSTALL.replace("'pulumi-language-python', 'pulumi-language-python-exec'", "")
    machine.installer("print('reached')", only_cli)

    folder = pulumi_cli.pulumi_folder(machine.environ)

    assert (folder / "pulumi").read_text() == "#!/bin/sh\n"  # built, not installed


def test_go_builds_the_pinned_sources(machine: Machine, program: Programs) -> None:
    """Both programs are built from the committed modules, stamped, with the launcher beside."""
    program("go", *FAKE_GO)
    machine.sdk()

    folder = pulumi_cli.pulumi_folder(machine.environ)

    calls = [line.split("|") for line in machine.log.read_text().splitlines()]
    assert [(Path(call[0]).name, call[1].split()[0]) for call in calls] == [
        ("pulumi", "version"),
        ("pulumi", "install"),
        ("pulumi-language-python", "install"),
        ("pulumi", "list"),
    ]
    assert "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v3.259.0" in calls[1][1]
    assert "version.Version=v3.78.1 tool" in calls[2][1]
    assert "-trimpath -tags osusergo,grpcnotrace" in calls[1][1]
    assert {tuple(call[3:]) for call in calls} == {
        ("-mod=readonly", "off", machine.environ["HOME"])
    }
    assert (folder / "pulumi-language-python-exec").read_text() == "launcher"
    assert os.access(folder / "pulumi-language-python-exec", os.X_OK)


def test_a_build_leaves_nothing_but_the_cache(machine: Machine, program: Programs) -> None:
    """Temporary folders are renamed into place or removed, also those of a run that was killed."""
    program("go", *FAKE_GO)
    machine.sdk()
    killed = machine.cache.with_name("pulumi-3.259.0.new-killed")
    killed.mkdir(parents=True)
    (machine.cache / "bin").mkdir(parents=True)  # lacks everything

    pulumi_cli.pulumi_folder(machine.environ)

    left = {path.name for path in machine.cache.parent.iterdir()}
    assert left == {"pulumi-3.259.0", "pulumi-3.259.0.lock"}


@pytest.mark.parametrize(
    ("go", "reason"),
    [
        (('echo "go version go1.25.10 linux/amd64"',), "is 1.25.10, older than 1.25.11"),
        (('[ "$1" = version ] && echo go1.26 || { echo boom; exit 1; }',), "failed: boom"),
        (('[ "$1" = version ] && echo go1.26 || exit 1',), "failed: no output"),
        (FAKE_GO, "pulumi-language-python-exec is not in the SDK's sources"),
    ],
)
def test_a_build_that_cannot_be_says_why(
    machine: Machine, program: Programs, go: tuple[str, ...], reason: str
) -> None:
    """The last message names what Go lacked, and no half build stays in the cache."""
    program("go", *go)

    with pytest.raises(pulumi_cli.NoPulumiError, match=reason):
        pulumi_cli.pulumi_folder(machine.environ)

    assert [path.name for path in machine.cache.parent.iterdir()] == ["pulumi-3.259.0.lock"]


def test_without_any_way_one_message_names_the_three(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person learns in one sentence what would help, and then why each way was closed."""
    monkeypatch.setattr(os, "environ", machine.environ)

    assert pulumi_cli.main() == 1

    said = capsys.readouterr()
    sentence, *reasons = said.err.splitlines()
    assert said.out == ""
    for way in ("pulumi 3.200 or later on PATH", "get.pulumi.com", "Go 1.25.11 or later"):
        assert way in sentence
    refused = "asking for the official installer failed: ConnectionRefusedError: refused"
    assert reasons == [
        "  PATH: no pulumi there",
        f"  official installer: {refused}",
        "  Go: no go on PATH",
        f"  cache: no pulumi in {machine.cache / 'bin'}",
    ]


def test_stdout_has_the_folder_and_nothing_else(
    machine: Machine,
    program: Programs,
    bin_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The Makefile puts stdout on PATH, so no word may stray into it."""
    program("pulumi", GOOD_PULUMI)
    program("pulumi-language-python")
    monkeypatch.setattr(os, "environ", machine.environ)

    assert pulumi_cli.main() == 0
    assert capsys.readouterr().out == f"{bin_folder}\n"


def test_a_cache_that_cannot_be_written_is_a_reason(machine: Machine, tmp_path: Path) -> None:
    """A cache folder that is a file is named, without a traceback."""
    (tmp_path / "file").touch()
    environ = {**machine.environ, "XDG_CACHE_HOME": str(tmp_path / "file")}

    with pytest.raises(pulumi_cli.NoPulumiError, match=r"cache: .*Not a directory"):
        pulumi_cli.pulumi_folder(environ)


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"XDG_CACHE_HOME": "/caches", "HOME": "/people/a"}, "/caches"),
        ({"XDG_CACHE_HOME": "relative", "HOME": "/people/a"}, "/people/a/.cache"),
        ({"XDG_CACHE_HOME": "", "HOME": "/people/a"}, "/people/a/.cache"),
        ({"HOME": ""}, "~/.cache"),
        ({}, "~/.cache"),
    ],
)
def test_the_cache_is_where_the_system_keeps_caches(
    environ: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """XDG_CACHE_HOME counts when it is absolute; without HOME the account's home is asked."""
    monkeypatch.delenv("HOME", raising=False)
    caches = Path(expected).expanduser()

    assert pulumi_cli.cache_folder(environ) == caches / "llmcost-infra/pulumi-3.259.0"


def test_an_account_without_a_home_is_told_what_to_set(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a container whose user is in no list, the message names the two variables."""

    def unknown(_uid: int) -> None:
        raise KeyError

    monkeypatch.setattr(pwd, "getpwuid", unknown)

    with pytest.raises(pulumi_cli.NoPulumiError, match="neither HOME nor XDG_CACHE_HOME is set"):
        pulumi_cli.pulumi_folder({**machine.environ, "HOME": ""})


def test_two_runs_do_not_build_at_once(
    machine: Machine, program: Programs, capsys: pytest.CaptureFixture[str]
) -> None:
    """The second run waits for the first one's lock, says so, and takes what the first one got."""
    lock = machine.cache.with_name("pulumi-3.259.0.lock")
    lock.parent.mkdir(parents=True)
    waiting = threading.Event()
    said: list[str] = []

    def say(message: str) -> None:
        said.append(message)
        waiting.set()

    with lock.open("w") as held, pytest.MonkeyPatch.context() as patched:
        fcntl.flock(held, fcntl.LOCK_EX)
        patched.setattr(watched, "say", say)
        found: list[Path] = []
        second = threading.Thread(
            target=lambda: found.append(pulumi_cli.pulumi_folder(machine.environ))
        )
        second.start()
        assert waiting.wait(60)
        for name in ("pulumi", "pulumi-language-python", "pulumi-language-python-exec"):
            program(name, folder=machine.cache / "bin")
        fcntl.flock(held, fcntl.LOCK_UN)
        second.join(60)

    assert found == [machine.cache / "bin"]
    assert said == ["Another run is getting the Pulumi CLI 3.259.0; waiting for it"]
    assert capsys.readouterr().err == ""


def test_the_pins_agree_with_the_modules_and_the_lock() -> None:
    """One version of Pulumi: in the build, in the committed modules and in the Python lock."""
    root = Path(pulumi_cli.__file__).parent.parent

    cli = (root / "tools/pulumi/go.mod").read_text()
    host = (root / "tools/pulumi-language-python/go.mod").read_text()
    lock = (root / "requirements.lock").read_text()
    oldest_go = ".".join(map(str, go_build.OLDEST_GO))
    assert f"github.com/pulumi/pulumi/pkg/v3 v{pulumi_cli.VERSION}" in cli
    assert f"github.com/pulumi/pulumi/sdk/v3 v{pulumi_cli.VERSION}" in cli
    assert f"\ngo {oldest_go}\n" in cli
    assert f"github.com/pulumi/pulumi/sdk/v3 v{pulumi_cli.HOST_VERSION}" in host
    assert f"\npulumi=={pulumi_cli.VERSION} " in lock


def test_the_script_runs_with_an_empty_environment(tmp_path: Path) -> None:
    """Set-up may be called by a service that sets nothing; then it still ends with a sentence."""
    tools = Path(pulumi_cli.__file__).parent
    copy = tmp_path / "tools"
    copy.mkdir()
    for name in ("pulumi_cli.py", "go_build.py", "program_cache.py", "watched.py"):
        shutil.copy(tools / name, copy)
    (copy / "official_installer.py").write_text("raise SystemExit('closed')")

    ended = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(copy / "pulumi_cli.py")],
        env={"XDG_CACHE_HOME": str(tmp_path / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (1, "")
    assert ended.stderr.startswith("There is no Pulumi CLI: ")
    assert "Traceback" not in ended.stderr
