"""What is published is complete: library, provider, command and declarations, and nothing else."""

from __future__ import annotations

import json
import shutil
import subprocess
import tomllib
from email.parser import Parser
from pathlib import Path
from typing import TYPE_CHECKING
from zipfile import ZipFile

import pytest

from llmcost_infra import __version__
from llmcost_infra.catalog.json_schemas import json_schema
from llmcost_infra.local.server import LocalServer
from llmcost_infra.program import run_program
from llmcost_infra.program.rendering import render
from tests.package.conftest import CHECKOUT, add

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.package.conftest import Installed

PASSWORD = "Complexpass#123"
DECLARATIONS = ("alerts", "dashboards", "pipelines", "pricing")


@pytest.fixture(scope="session")
def members(wheel: Path) -> Mapping[str, bytes]:
    """Return the files in the wheel."""
    with ZipFile(wheel) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project of a user's own, outside of the checkout."""
    for name in ("Pulumi.yaml", "Pulumi.prod.yaml", "__main__.py"):
        shutil.copy(CHECKOUT / name, tmp_path)
    return tmp_path


def test_it_holds_the_package_and_nothing_else(members: Mapping[str, bytes]) -> None:
    """No test, tool or page is installed into anybody's environment."""
    tops = {name.partition("/")[0] for name in members}
    assert tops == {"llmcost_infra", f"llmcost_infra-{__version__}.dist-info"}
    assert "llmcost_infra/py.typed" in members
    committed = {
        path.relative_to(CHECKOUT).as_posix()
        for path in (CHECKOUT / "llmcost_infra").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert committed <= members.keys()


@pytest.mark.parametrize("kind", DECLARATIONS)
def test_it_holds_every_declaration(members: Mapping[str, bytes], kind: str) -> None:
    """What a checkout declares, an installed package declares, byte for byte."""
    files = [path for path in (CHECKOUT / kind).rglob("*") if path.is_file()]
    assert files
    for path in files:
        inside = f"llmcost_infra/declarations_data/{path.relative_to(CHECKOUT).as_posix()}"
        assert members[inside] == path.read_bytes()


def test_its_extras_are_those_of_the_project(members: Mapping[str, bytes]) -> None:
    """Each extra is there to be asked for, and the licence is in it."""
    (name,) = (name for name in members if name.endswith(".dist-info/METADATA"))
    metadata = Parser().parsestr(members[name].decode())
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]
    assert set(metadata.get_all("Provides-Extra") or []) == set(project["optional-dependencies"])
    assert {"dev", "local", "review", "telemetry"} <= set(project["optional-dependencies"])
    assert any(name.endswith("/licenses/LICENSE") for name in members)


def test_the_command_is_there_and_says_what_takes_part(installed: Installed) -> None:
    """It runs with what the wheel says it needs, and the provider beside it is found."""
    told = installed.run("llmcost", "--version")
    assert (told.returncode, told.stderr) == (0, "")
    lines = told.stdout.splitlines()
    assert lines[0] == f"llmcost {__version__}"
    provider = installed.folder / "bin/pulumi-resource-openobserve"
    assert lines[1] == f"provider openobserve {__version__}, {provider}"
    assert lines[3] == "OpenObserve 0.90 to 0.92"


def test_the_library_is_the_installed_one(installed: Installed) -> None:
    """These tests would prove nothing if the checkout were imported."""
    where = "import llmcost_infra; print(llmcost_infra.__file__)"
    told = installed.run("python", "-c", where)
    assert Path(told.stdout.strip()).is_relative_to(installed.site)


@pytest.mark.parametrize(
    "plugin", ["pulumi-resource-openobserve", "pulumi-analyzer-policy-llmcost"]
)
def test_what_the_engine_starts_starts(installed: Installed, plugin: str) -> None:
    """Provider and policy pack say their port; the engine waits for it, and ends them."""
    with subprocess.Popen(  # noqa: S603 - the program of our own wheel
        [str(installed.folder / "bin" / plugin), "127.0.0.1:1"],
        env=installed.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        process.terminate()
    assert 0 < int(line) < 65536


def test_it_renders_what_a_checkout_renders(installed: Installed, project: Path) -> None:
    """A user's program makes of the shipped declarations what ours makes of the committed ones."""
    told = installed.run(
        "llmcost", "render", "--stack", "prod", "--out", "out", "--json", cwd=str(project)
    )
    assert (told.returncode, told.stderr) == (0, "")
    assert json.loads(told.stdout)["written"]["files"] > 50
    for name, text in render(run_program(CHECKOUT, "prod")).files().items():
        assert (project / "out" / name).read_text(encoding="utf-8") == text


def test_it_prints_schemas(installed: Installed) -> None:
    """An editor gets what it needs without a checkout."""
    told = installed.run("llmcost", "schema", "stack")
    assert json.loads(told.stdout) == json_schema("stack")


def test_it_adopts_without_an_extra(installed: Installed, tmp_path: Path) -> None:
    """A project that was written needs the package alone, and so does writing it."""
    with LocalServer(tmp_path / "data", password=PASSWORD) as server:
        access = {"URL": server.url, "USER": "root@example.com", "PASSWORD": PASSWORD}
        told = installed.run(
            "llmcost",
            "adopt",
            cwd=str(tmp_path),
            **{f"OPENOBSERVE_{name}": value for name, value in access.items()},
        )
    assert (told.returncode, told.stderr) == (0, "")
    requirements = tmp_path / "adopted/requirements.txt"
    assert requirements.read_text() == f"llmcost-infra=={__version__}\n"


def test_what_an_extra_is_for_says_which(installed: Installed) -> None:
    """Without the embedded server's libraries its command tells how to get them."""
    told = installed.run("llmcost", "local", "serve", "--port", "0")
    assert told.returncode == 1
    assert "pip install 'llmcost-infra[local]'" in told.stderr


@pytest.mark.parametrize(
    ("extra", "modules"),
    [
        ("local", ("local.app", "local.tab_pictures", "check.gathering", "first_run.up")),
        ("review", ("review.reviewing", "review.shots", "backtest.run", "backtest.picture")),
        ("telemetry", ("telemetry",)),
    ],
)
def test_an_extra_brings_all_that_it_is_for(
    installed: Installed, tmp_path: Path, extra: str, modules: tuple[str, ...]
) -> None:
    """Whoever asks for one extra needs no second one for what the page says that it is for."""
    add(installed, tmp_path, extra)
    for module in modules:
        imported = installed.run(
            "python",
            "-W",
            "error",
            "-c",
            f"import llmcost_infra.{module}",
            PYTHONPATH=str(tmp_path),
        )
        assert (imported.returncode, imported.stderr) == (0, ""), module
