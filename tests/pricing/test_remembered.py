"""A price file is read once, and never remembered wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from llmcost_infra import declarations
from llmcost_infra.errors import DeclarationError
from llmcost_infra.pricing import load_table, remembered

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the cache folder of a user without a past."""
    monkeypatch.setattr("platformdirs.user_cache_path", lambda name: tmp_path / "cache" / name)
    return tmp_path / "cache" / "llmcost-infra" / "prices"


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the YAML files that are read from now on."""
    names: list[str] = []
    really = declarations.read

    def noted(path: Path) -> declarations.Document:
        names.append(path.name)
        return really(path)

    monkeypatch.setattr(declarations, "read", noted)
    return names


def test_a_file_s_yaml_is_read_once(
    project: Callable[[str], Path], acme_yaml: str, read: list[str]
) -> None:
    """The second time a table comes from what was remembered, and is the same table."""
    folder = project(acme_yaml)
    first = load_table(folder)
    assert "acme.yaml" in read
    read.clear()

    second = load_table(folder)

    assert read == []
    assert second == first
    assert second.version == first.version


def test_an_edited_file_is_read_anew(
    project: Callable[[str], Path], acme_yaml: str, read: list[str]
) -> None:
    """One other byte, and what was remembered counts for nothing; the other files are left."""
    folder = project(acme_yaml)
    load_table(folder)
    read.clear()

    project(acme_yaml.replace('"8.00"', '"8.01"'))
    model = load_table(folder).model("acme", "one")

    assert read == ["acme.yaml"]
    assert model is not None
    assert str(model.rows[0].cards[0].tiers["standard"].output) == "0.00000801"


def test_new_rules_read_every_file_anew(
    project: Callable[[str], Path], acme_yaml: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an older version accepted is not taken over."""
    folder = project(acme_yaml)
    load_table(folder)

    old = remembered.key_of(b"text")
    monkeypatch.setattr(remembered, "_rules", lambda: b"other rules")

    assert remembered.key_of(b"text") != old
    assert remembered.recall("acme", remembered.key_of(acme_yaml.encode())) is None


@pytest.mark.parametrize("damage", [b"", b"\xff\xfe", b"half", b"x\n{}"])
def test_a_damaged_cache_is_no_harm(
    project: Callable[[str], Path], acme_yaml: str, cache: Path, read: list[str], damage: bytes
) -> None:
    """A cache that holds anything else than what was put there is not believed."""
    folder = project(acme_yaml)
    table = load_table(folder)
    path = cache / "acme.json"
    for content in (damage, path.read_bytes().replace(b"8.00", b"0.01")):
        path.write_bytes(content)
        read.clear()

        assert load_table(folder) == table
        assert read == ["acme.yaml"]


def test_a_cache_that_cannot_be_written_is_no_harm(
    project: Callable[[str], Path], acme_yaml: str, cache: Path
) -> None:
    """Without a place to remember anything, files are read every time."""
    cache.parent.mkdir(parents=True)
    cache.write_text("a file where the folder should be")

    assert "acme" in load_table(project(acme_yaml)).providers
    assert cache.is_file()


def test_a_wrong_file_is_not_remembered(
    project: Callable[[str], Path], acme_yaml: str, cache: Path
) -> None:
    """A file with a problem is refused each time it is read."""
    folder = project(acme_yaml.replace('"8.00"', '"-8.00"'))

    for _ in range(2):
        with pytest.raises(DeclarationError, match="is not a price"):
            load_table(folder)
    assert not (cache / "acme.json").exists()
