"""What a person types works as help says, and a Python that is too old gets a sentence."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.tools.conftest import Programs

ROOT = Path(__file__).parent.parent.parent


def make(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make in the checkout, without what an outer make may have set."""
    return subprocess.run(  # noqa: S603 - make, with a test's own arguments
        ["/usr/bin/env", "-u", "MAKEFLAGS", "-u", "MAKELEVEL", "make", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )


def test_make_alone_lists_every_target_that_is_for_people() -> None:
    """A newcomer who types `make` changes nothing and sees what there is."""
    listed = set(re.findall(r"make ([\w-]+)", make().stdout))

    assert {"up", "down", "test", "test-live", "bench", "lock", "clean"} <= listed


def test_every_listed_target_is_phony() -> None:
    """A file called `test` or `docs` must not make a target do nothing."""
    text = (ROOT / "Makefile").read_text()
    phony = re.search(r"^\.PHONY: (.*)$", text, re.MULTILINE)

    assert phony
    assert set(re.findall(r"^([\w-]+):", text, re.MULTILINE)) == set(phony[1].split())


@pytest.mark.parametrize("target", ["up", "down", "test", "bench", "lock"])
def test_a_python_that_is_too_old_gets_a_sentence(program: Programs, target: str) -> None:
    """The check comes first, in a language that every Python reads, and names the next step."""
    old = program("python", '[ "$1" = -V ] && echo "Python 3.9.2" || exit 1')

    ended = make(target, f"PYTHON={old}")

    assert ended.returncode != 0
    assert f"Python 3.11 or later is needed; {old} is: Python 3.9.2" in ended.stderr
    assert "make up PYTHON=" in ended.stderr


def test_a_python_that_is_missing_gets_the_same_sentence() -> None:
    """Also a machine without any Python is told what to install."""
    ended = make("up", "PYTHON=no-such-python")

    assert "Python 3.11 or later is needed; no-such-python is: " in ended.stderr
    assert "not found" in ended.stderr


def test_ci_runs_the_same_as_a_person() -> None:
    """What holds on CI is what three targets show on any machine."""
    script = (ROOT / ".ci/run").read_text().splitlines()

    assert script[-3:] == ["make test", "make test-apps", "exec make test-browser"]
