"""Ctrl-C ends the command whatever it is doing, and is never lost."""

from __future__ import annotations

import gc
import signal
import sys
import threading
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from llmcost_infra.cli.main import main as run
from llmcost_infra.cli.start import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

# As parts of libraries do that are written in other languages.
SWALLOWS = """
import signal
try:
    signal.raise_signal(signal.SIGINT)
except BaseException:
    raise ValueError
"""


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    """Leave the process as it was."""
    handler, threshold = signal.getsignal(signal.SIGINT), gc.get_threshold()
    yield
    signal.signal(signal.SIGINT, handler)
    gc.set_threshold(*threshold)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Let the command do something else."""

    def does(what: Callable[[], object]) -> None:
        module = ModuleType(run.__module__)
        module.main = what  # type: ignore[attr-defined] # a stand-in for the real one
        monkeypatch.setitem(sys.modules, run.__module__, module)

    return does


def test_ctrl_c_waits_until_a_module_is_loaded(
    command: Callable[[Callable[[], object]], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Within one it would be lost, or be taken for an error of the library's own."""
    (tmp_path / "swallows_ctrl_c.py").write_text(SWALLOWS)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    loaded: list[ModuleType] = []

    def works() -> None:
        loaded.append(import_module("swallows_ctrl_c"))
        threading.Event().wait(60)

    command(works)
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (130, "\nAborted.\n")
    assert [one.__name__ for one in loaded] == ["swallows_ctrl_c"]


def test_ctrl_c_counts_at_once_elsewhere(
    command: Callable[[Callable[[], object]], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """What comes after it is not begun."""
    begun: list[str] = []

    def works() -> None:
        signal.raise_signal(signal.SIGINT)
        begun.append("what comes after")

    command(works)
    with pytest.raises(SystemExit) as ended:
        main()
    assert (ended.value.code, capsys.readouterr().err) == (130, "\nAborted.\n")
    assert begun == []


def test_what_does_not_hear_ctrl_c_goes_on_so(
    command: Callable[[Callable[[], object]], None],
) -> None:
    """A shell starts what runs in its background that way."""
    heard: list[object] = []
    command(lambda: heard.append(signal.getsignal(signal.SIGINT)))
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    main()
    assert heard == [signal.SIG_IGN]
