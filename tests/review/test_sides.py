"""The program runs at both ends of a change, as often at once as there are CPUs."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest

from llmcost_infra.review import sides

if TYPE_CHECKING:
    from pathlib import Path

    from llmcost_infra.program import Program

STACKS = [f"stack-{at}" for at in range(40)]


def test_ctrl_c_begins_no_further_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each takes seconds, and nobody waits for any of them."""
    cancelled, began = Event(), list[str]()

    class Pool(ThreadPoolExecutor):
        def shutdown(self, *args: Any, **options: Any) -> None:
            super().shutdown(wait=False, cancel_futures=options.get("cancel_futures", False))
            cancelled.set()
            super().shutdown(*args)

    def run(_folder: Path, stack: str) -> Program:
        began.append(stack)
        if stack == STACKS[0]:
            raise KeyboardInterrupt
        cancelled.wait()
        raise KeyboardInterrupt

    monkeypatch.setattr("llmcost_infra.program.run.ThreadPoolExecutor", Pool)
    monkeypatch.setattr(sides, "stack_names", lambda _folder: STACKS)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    with pytest.raises(KeyboardInterrupt):
        sides.run_sides(tmp_path, tmp_path, STACKS, run)
    assert len(began) <= 3
