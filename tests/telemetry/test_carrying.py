"""Nothing of an attribution is lost across threads, pools and processes."""

from __future__ import annotations

import asyncio
import pickle
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from llmcost_infra.telemetry import attribute, attribution, carried
from llmcost_infra.telemetry.carrying import carry_across_threads


def here() -> dict[str, str]:
    """Return what a span would get that started now."""
    return dict(attribution.current())


class Own(threading.Thread):
    """A thread with a `run` of its own."""

    seen: dict[str, str] | None = None

    def run(self) -> None:
        """Look."""
        self.seen = here()


@pytest.mark.usefixtures("threads_carry")
def test_a_thread_begins_with_what_held_where_it_was_started() -> None:
    """Also one whose class has a `run` of its own."""
    seen: list[dict[str, str]] = []
    with attribute(feature="batch"):
        plain, own = threading.Thread(target=lambda: seen.append(here())), Own()
        plain.start()
        own.start()
    plain.join()
    own.join()
    assert seen == [{"feature": "batch"}]
    assert own.seen == {"feature": "batch"}


@pytest.mark.usefixtures("threads_carry")
def test_a_task_of_a_pool_has_what_held_where_it_was_submitted() -> None:
    """Not what held when the pool's thread began, nor what the task before had."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        with attribute(feature="first"):
            first = pool.submit(here)
        second = pool.submit(here)
        with attribute(feature="third"):
            third = list(pool.map(lambda _: here(), range(2)))
    assert first.result() == {"feature": "first"}
    assert second.result() == {}
    assert third == [{"feature": "third"}] * 2


@pytest.mark.usefixtures("threads_carry")
def test_an_event_loops_own_pool_carries_too() -> None:
    """`to_thread` and `run_in_executor` are no exceptions."""

    async def run() -> list[dict[str, str]]:
        with attribute(feature="loop"):
            loop = asyncio.get_running_loop()
            return [await asyncio.to_thread(here), await loop.run_in_executor(None, here)]

    assert asyncio.run(run()) == [{"feature": "loop"}] * 2


@pytest.mark.usefixtures("threads_carry")
def test_a_thread_that_lets_nothing_be_changed_starts_all_the_same() -> None:
    """It runs without what holds where it was made."""
    seen: list[dict[str, str]] = []

    class Closed(threading.Thread):
        run: Any = property(lambda _: lambda: seen.append(here()))

    with attribute(feature="closed"):
        thread = Closed()
        thread.start()
        thread.join()
    assert seen == [{}]


@pytest.mark.usefixtures("threads_carry")
def test_to_ask_for_it_twice_is_the_same_as_once() -> None:
    """Nothing is wrapped in itself."""
    once = (threading.Thread.start, ThreadPoolExecutor.submit)
    carry_across_threads()
    assert (threading.Thread.start, ThreadPoolExecutor.submit) == once


def test_what_is_carried_runs_with_it_and_nothing_else() -> None:
    """A function for a queue has the attribution of when it was made."""
    with attribute(feature="queued"):
        task = carried(here)
    with attribute(team="worker"):
        assert task() == {"feature": "queued"}
        assert here() == {"team": "worker"}


def test_what_is_carried_can_be_pickled() -> None:
    """So it reaches the process of a pool."""
    with attribute(feature="elsewhere"):
        task = carried(here)
    assert pickle.loads(pickle.dumps(task))() == {"feature": "elsewhere"}  # noqa: S301 - our own
