"""A folder holds what was rendered last, and nobody else's file is touched."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.errors import DeclarationError
from llmcost_infra.program import Registered
from llmcost_infra.program.output_folder import MANIFEST, write
from llmcost_infra.program.rendering import RenderedObject, Rendering

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def rendering(*files: str, text: str = "x\n") -> Rendering:
    """Return objects with a file each."""
    return Rendering("shop", "dev", tuple(rendered(file, text) for file in files), ())


def rendered(file: str, text: str) -> RenderedObject:
    """Return an object with one file."""
    resource = Registered("u", "t", file, {}, None, True, False, None, (), ())
    return RenderedObject("kind", resource, {}, {file: text})


def there(folder: Path) -> set[str]:
    """Return all files and empty folders."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() or not any(path.iterdir())
    }


@pytest.mark.parametrize("make", [lambda _: None, Path.mkdir], ids=["new", "empty"])
def test_a_new_or_empty_folder_is_filled(tmp_path: Path, make: Callable[[Path], None]) -> None:
    """Files, and a manifest that says what they are."""
    out = tmp_path / "out"
    make(out)
    written = write(rendering("stream/a.json", "folder/b.json"), out)
    assert there(out) == {"stream/a.json", "folder/b.json", MANIFEST}
    assert (out / "stream/a.json").read_bytes() == b"x\n"
    assert (written.files, len(written.changed), written.removed) == (3, 3, ())
    assert json.loads((out / MANIFEST).read_text())["stack"] == "dev"


@pytest.mark.parametrize("after", range(6))
def test_what_was_interrupted_is_finished_by_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """At whatever file: the folder is still ours, and ends up as if nothing had happened."""
    write(rendering("stream/a.json", "old/b.json"), tmp_path / "filled")
    new = rendering("stream/a.json", "folder/c.json", "folder/d.json", text="y\n")
    for out in (tmp_path / "new", tmp_path / "filled"):
        steps = iter(range(after))
        with monkeypatch.context() as interrupted:
            for name in ("unlink", "write_bytes"):
                interrupted.setattr(Path, name, _until_the_end_of(steps, getattr(Path, name)))
            with suppress(KeyboardInterrupt):
                write(new, out)
        write(new, out)
        assert there(out) == {"stream/a.json", "folder/c.json", "folder/d.json", MANIFEST}
        assert (out / "stream/a.json").read_bytes() == b"y\n"


def _until_the_end_of(steps: Iterator[int], original: Callable[..., Any]) -> Callable[..., Any]:
    def step(path: Path, *given: Any) -> Any:
        if next(steps, None) is None:
            raise KeyboardInterrupt
        return original(path, *given)

    return step


def test_the_same_again_changes_nothing(tmp_path: Path) -> None:
    """A second run writes no byte."""
    write(rendering("stream/a.json"), tmp_path)
    before = (tmp_path / "stream/a.json").stat().st_mtime_ns
    written = write(rendering("stream/a.json"), tmp_path)
    assert (written.changed, written.removed) == ((), ())
    assert (tmp_path / "stream/a.json").stat().st_mtime_ns == before


def test_what_no_longer_belongs_is_removed_with_its_folders(tmp_path: Path) -> None:
    """The folder is as if it had been made anew."""
    write(rendering("stream/a.json", "d/x/t/p.sql", "d/y.json"), tmp_path)
    written = write(rendering("stream/a.json", text="z\n"), tmp_path)
    assert there(tmp_path) == {"stream/a.json", MANIFEST}
    assert written.removed == ("d/x/t/p.sql", "d/y.json")
    assert written.changed == (MANIFEST, "stream/a.json")
    assert (tmp_path / "stream/a.json").read_text() == "z\n"


def test_a_file_of_somebody_else_stays(tmp_path: Path) -> None:
    """Notes that a reviewer put beside ours survive, and keep their folder."""
    write(rendering("stream/a.json"), tmp_path)
    (tmp_path / "stream/notes.txt").write_text("mine")
    write(rendering("folder/b.json"), tmp_path)
    assert there(tmp_path) == {"folder/b.json", "stream/notes.txt", MANIFEST}


def test_a_file_that_is_gone_already_is_no_matter(tmp_path: Path) -> None:
    """Whoever removed one of ours has our blessing."""
    write(rendering("stream/a.json"), tmp_path)
    (tmp_path / "stream/a.json").unlink()
    assert write(rendering("folder/b.json"), tmp_path).removed == ()


@pytest.mark.parametrize("manifest", [None, "{", "[]", '{"objects": 3}', '{"objects": [{}]}'])
def test_a_folder_that_is_not_ours_is_refused(tmp_path: Path, manifest: str | None) -> None:
    """A folder with other files, or with another manifest, stays as it is."""
    (tmp_path / "notes.txt").write_text("mine")
    if manifest is not None:
        (tmp_path / MANIFEST).write_text(manifest)
    before = there(tmp_path)
    with pytest.raises(DeclarationError, match="not empty, and no earlier render") as caught:
        write(rendering("stream/a.json"), tmp_path)
    assert there(tmp_path) == before
    assert "--out" in caught.value.hint


def test_a_file_is_no_folder(tmp_path: Path) -> None:
    """A file of that name stays."""
    (tmp_path / "out").write_text("mine")
    with pytest.raises(DeclarationError, match="is not a folder"):
        write(rendering("stream/a.json"), tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_a_foreign_file_in_the_way_stops_everything(tmp_path: Path) -> None:
    """Nothing is removed or written when one of the new files is somebody else's."""
    write(rendering("stream/a.json"), tmp_path)
    (tmp_path / "stream/b.json").write_text("mine")
    with pytest.raises(DeclarationError, match="not a file of an earlier render"):
        write(rendering("stream/b.json"), tmp_path)
    assert (tmp_path / "stream/a.json").is_file()
    assert (tmp_path / "stream/b.json").read_text() == "mine"


def test_a_link_out_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """A folder of ours that was exchanged for a link leads nowhere."""
    out, elsewhere = tmp_path / "out", tmp_path / "elsewhere"
    elsewhere.mkdir()
    write(rendering("folder/b.json"), out)
    (out / "stream").symlink_to(elsewhere)
    with pytest.raises(DeclarationError, match="leads out of the folder"):
        write(rendering("stream/a.json"), out)
    assert there(elsewhere) == set()


@pytest.mark.parametrize("listed", ['"../mine.txt"', '"{folder}/mine.txt"', "3"])
def test_a_manifest_cannot_make_us_remove_what_is_elsewhere(tmp_path: Path, listed: str) -> None:
    """Only files inside of the folder are ours, whatever the manifest says."""
    (tmp_path / "mine.txt").write_text("mine")
    out = tmp_path / "out"
    out.mkdir()
    named = listed.replace("{folder}", str(tmp_path))
    (out / MANIFEST).write_text(f'{{"objects": [{{"files": [{named}]}}]}}')
    write(rendering("stream/a.json"), out)
    assert (tmp_path / "mine.txt").read_text() == "mine"
