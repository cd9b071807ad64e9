"""What the pages about applications tell a reader to type works, from the first line on."""

from __future__ import annotations

import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from example_apps import NODE_APP, VENV

from tests.apps.collectors import started
from tests.apps.conftest import PASSWORD, SETTINGS, USER
from tests.pipelines.conftest import HASH_KEY

if TYPE_CHECKING:
    from tests.apps.conftest import OpenObserve

ROOT = Path(__file__).parents[2]
FENCE = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def typed(page: str) -> list[str]:
    """Return the lines that a page tells to type, but for those with a value to fill in."""
    text = "\n".join(FENCE.findall((ROOT / "docs" / page).read_text()))
    lines = [line.removeprefix("$ ") for line in text.splitlines() if line.startswith("$ ")]
    return [line for line in lines if "…" not in line]


@pytest.fixture
def project(tmp_path: Path, openobserve: OpenObserve) -> Path:
    """A checkout whose stack `dev` is on the embedded server."""
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path)
    told = (ROOT / "Pulumi.dev.yaml").read_text()
    told = re.sub(r"openobserve:url: .*", f"openobserve:url: {openobserve.url}", told)
    told = re.sub(r"openobserve:organization: .*", "openobserve:organization: default", told)
    (tmp_path / "Pulumi.dev.yaml").write_text(told)
    (tmp_path / "examples").symlink_to(ROOT / "examples")
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "llmcost").symlink_to(Path(sys.executable).parent / "llmcost")
    # The key is in the engine's state, and here there is none.
    _program(programs / "pulumi", f"printf %s '{HASH_KEY}'")
    # What set-up has installed from the lock counts as installed; nothing else may be named.
    if npm := shutil.which("npm"):
        _program(programs / "npm", f'[ "$1" != ci ] || exec {npm} ls --silent')
    return tmp_path


def _program(path: Path, words: str) -> None:
    path.write_text(f"#!/bin/sh\n{words}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)


def follow(project: Path, lines: list[str], provider: str) -> str:
    """Type what a page says, line by line in one shell; return what was printed."""
    path = (str(project / "bin"), str(VENV / "bin"), os.environ["PATH"])
    ended = subprocess.run(  # noqa: S603 - what our pages say
        ["/bin/sh", "-eu", "-c", "\n".join(lines)],
        env={
            "PATH": os.pathsep.join(path),
            "OPENOBSERVE_USER": USER,
            "OPENOBSERVE_PASSWORD": PASSWORD,
            "OPENAI_API_KEY": "none",
            "OPENAI_BASE_URL": f"{provider}/v1",
            "ANTHROPIC_API_KEY": "none",
            "ANTHROPIC_BASE_URL": provider,
            # Named packages have to be there already: from the lock, checked by hash.
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        },
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
        timeout=180,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


def test_the_page_about_python_works(
    project: Path, openobserve: OpenObserve, provider: str
) -> None:
    """Every command of it runs, and calls of each example arrive."""
    follow(project, typed("telemetry-python.md"), provider)
    assert len(openobserve.calls("support-bot")) == 6 + 5
    features = openobserve.search(
        f'SELECT DISTINCT llmcost_feature FROM "{SETTINGS.streams.calls}"'  # noqa: S608 - of a test
    )
    assert {"story", "plan-a-trip"} <= {row.get("llmcost_feature") for row in features}


@pytest.mark.usefixtures("node")
def test_the_page_about_node_works(project: Path, openobserve: OpenObserve, provider: str) -> None:
    """Every command of it runs, and the calls arrive."""
    assert (NODE_APP / "package-lock.json").is_file()
    follow(project, typed("telemetry-node.md"), provider)
    assert len(openobserve.calls("node-bot")) == 3


def test_the_page_about_a_collector_works(
    project: Path, openobserve: OpenObserve, provider: str, program: Path, tmp_path: Path
) -> None:
    """The file that it tells to write starts the Collector, and applications know no secret."""
    (project / "examples").unlink()
    for name in ("collector", "python-app"):
        shutil.copytree(ROOT / "examples" / name, project / "examples" / name)
    lines = [line for line in typed("telemetry-collector.md") if not line.startswith("docker ")]
    writes, *starts = lines
    follow(project, [writes], provider)
    told = (project / "examples/collector/.env").read_text().splitlines()
    file = dict(line.split("=", 1) for line in told if not line.startswith("#"))

    secrets = {"OPENOBSERVE_USER": USER, "OPENOBSERVE_PASSWORD": PASSWORD}
    with started(program, tmp_path / "queue", file | secrets) as collector:
        starts = [line.replace("http://localhost:4318", collector.http) for line in starts]
        follow(project, [*starts, 'test -z "${OTEL_EXPORTER_OTLP_HEADERS:-}"'], provider)
        assert len(openobserve.arrived("support-bot", 6)) == 6
