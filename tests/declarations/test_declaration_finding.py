"""A project's own file wins over the shipped one, from a checkout and from a wheel alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra import declarations
from llmcost_infra.declarations import file, find, names, roots
from llmcost_infra.errors import DeclarationError

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path) -> Path:
    """Write a file whose content does not matter."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("a: 1\n", encoding="utf-8")
    return path


@pytest.fixture
def wheel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the declarations of a package as a wheel installs it."""
    package = tmp_path / "site-packages" / "llmcost_infra"
    write(package / "declarations_data" / "dashboards" / "shipped.yaml")
    write(package / "declarations_data" / "dashboards" / "sql" / "cost.sql.j2")
    monkeypatch.setattr(declarations, "_PACKAGE", package)
    return package / "declarations_data"


def test_a_checkout_finds_its_own_declarations() -> None:
    """Without a wheel the folders beside the package are read."""
    assert find("dashboards", "llm_cost").is_file()
    assert "llm_cost" in names("dashboards")


def test_a_wheel_finds_what_it_ships(wheel: Path) -> None:
    """The same call finds the same declaration inside an installed package."""
    assert find("dashboards", "shipped") == wheel / "dashboards" / "shipped.yaml"
    assert names("dashboards") == ["shipped"]


@pytest.mark.usefixtures("wheel")
def test_a_project_overrides_a_file_of_the_same_id(tmp_path: Path) -> None:
    """Declaration and template are replaced one by one; what is not replaced is shipped."""
    own = write(tmp_path / "mine" / "dashboards" / "shipped.yaml")
    assert find("dashboards", "shipped", tmp_path / "mine") == own
    template = file("dashboards", "sql/cost.sql.j2", tmp_path / "mine")
    assert template is not None
    assert "declarations_data" in template.parts
    assert file("dashboards", "sql/none.sql.j2", tmp_path / "mine") is None


@pytest.mark.usefixtures("wheel")
def test_a_project_adds_declarations(tmp_path: Path) -> None:
    """The names of a project are its own and the shipped ones, each once."""
    write(tmp_path / "mine" / "dashboards" / "own.yaml")
    write(tmp_path / "mine" / "dashboards" / "shipped.yaml")
    assert names("dashboards", tmp_path / "mine") == ["own", "shipped"]


def test_the_checkout_as_a_project_is_searched_once() -> None:
    """Developing in the checkout does not list a folder twice."""
    checkout = find("dashboards", "llm_cost").parent.parent
    assert roots("dashboards", checkout) == roots("dashboards")


def test_a_missing_declaration_names_the_nearest(wheel: Path, tmp_path: Path) -> None:
    """The error says which file would have been read, and which name is meant."""
    with pytest.raises(DeclarationError) as caught:
        find("dashboards", "shiped", tmp_path)
    assert caught.value.path == tmp_path / "dashboards" / "shiped.yaml"
    assert caught.value.hint == "did you mean 'shipped'?"
    with pytest.raises(DeclarationError, match="no declaration 'x' in alerts"):
        find("alerts", "x", wheel)
