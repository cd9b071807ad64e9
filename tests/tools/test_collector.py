"""A Collector for the example's tests is found or built, of the version that users run."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import collector
import go_build
import pytest

if TYPE_CHECKING:
    from tests.tools.conftest import Programs

ROOT = Path(collector.__file__).parent.parent
MODULE = ROOT / "tools" / "collector"
GO = (
    'echo "${PWD##*/}|$*|$GOFLAGS" >> "$LOG"',
    'case "$1" in',
    '  version) echo "go version go1.26.1 linux/amd64";;',
    '  install) /bin/mkdir -p "$GOBIN"; echo "#!/bin/sh" > "$GOBIN/collector"',
    '    /bin/chmod 755 "$GOBIN/collector";;',
    "esac",
)


@pytest.fixture
def environ(tmp_path: Path, bin_folder: Path) -> dict[str, str]:
    """Return the environment of a machine with nothing on PATH."""
    return {
        "PATH": str(bin_folder),
        "HOME": str(tmp_path / "home"),
        "LOG": str(tmp_path / "go.log"),
    }


def test_the_distribution_on_path_is_used(
    environ: dict[str, str], program: Programs, tmp_path: Path
) -> None:
    """What a person installed wins, and nothing is built beside it."""
    installed = program("otelcol-contrib")

    assert collector.collector(environ) == installed
    assert not (tmp_path / "home").exists()


def test_it_is_built_once_from_the_committed_sources(
    environ: dict[str, str], program: Programs, tmp_path: Path
) -> None:
    """A second run takes what the first one built; no source may differ from the lock."""
    program("go", *GO)

    first = collector.collector(environ)
    second = collector.collector(environ)

    assert first == second
    assert first.parents[2] == tmp_path / "home/.cache/llmcost-infra"
    asked, built = Path(environ["LOG"]).read_text().splitlines()
    assert asked == "collector|version|-mod=readonly"
    assert built.startswith("collector|install -v -trimpath ")
    assert built.endswith(" .|-mod=readonly")


def test_another_set_of_parts_is_another_build(
    environ: dict[str, str], program: Programs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part more must not run with the build of yesterday, which does not know it."""
    program("go", *GO)
    other = tmp_path / "collector"
    other.mkdir()
    for name in ("main.go", "go.mod", "go.sum"):
        (other / name).write_bytes((MODULE / name).read_bytes())
    before = collector.collector(environ)

    with (other / "main.go").open("a") as source:
        source.write("// another part\n")
    monkeypatch.setattr(collector, "_MODULE", other)

    assert collector.collector(environ) != before


def test_without_any_way_one_message_names_both(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A person learns what would help, and stdout stays for the path."""
    monkeypatch.setattr(os, "environ", environ)

    assert collector.main() == 1

    said = capsys.readouterr()
    sentence, *reasons = said.err.splitlines()
    assert said.out == ""
    assert (
        sentence == "There is no Collector: put otelcol-contrib on PATH, or Go to have one built."
    )
    assert reasons[0] == "  Go: no go on PATH"
    assert reasons[1].startswith("  cache: no collector in ")


def test_stdout_has_the_path_and_nothing_else(
    environ: dict[str, str],
    program: Programs,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A script can take the path from there."""
    installed = program("otelcol-contrib")
    monkeypatch.setattr(os, "environ", environ)

    assert collector.main() == 0
    assert capsys.readouterr().out == f"{installed}\n"


def test_tests_run_the_version_that_the_compose_file_names() -> None:
    """One version: of each part, in the program, in the image that users run."""
    module = (MODULE / "go.mod").read_text()
    minor = int(collector.VERSION.split(".")[1])
    parts = dict(re.findall(r"^\t(\S*(?:collector)\S*) v(\S+)$", module, re.MULTILINE))

    compose = (ROOT / "examples/collector/compose.yaml").read_text()
    assert f"opentelemetry-collector-contrib:{collector.VERSION}\n" in compose
    assert f'"{collector.VERSION}"' in (MODULE / "main.go").read_text()
    # Parts that are stable have a version of their own: 1.0 came out with 0.94.
    assert set(parts.values()) == {collector.VERSION, f"1.{minor - 94}.0"}
    assert f"\ngo {'.'.join(map(str, go_build.OLDEST_GO))}\n" in module
