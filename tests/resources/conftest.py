"""Pulumi's mocks: what a program registers, without an engine."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pulumi
import pytest
from pulumi.runtime.settings import set_root_resource

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Registered:
    """What a program registered: type token, name, inputs and options, in order."""

    resources: list[Any] = field(default_factory=list)

    def inputs(self, name: str) -> dict[str, Any]:
        """Inputs of one resource, as they are sent."""
        return next(dict(one.inputs) for one in self.resources if one.name == name)


class Recording(pulumi.runtime.Mocks):
    """Gives every resource an id, and the outputs that the provider would compute."""

    def __init__(self, registered: Registered) -> None:
        self._registered = registered

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        """Keep what was registered."""
        self._registered.resources.append(args)
        computed = dict.fromkeys(("folder_id", "pipeline_id", "dashboard_id", "alert_id"), "made")
        return f"{args.name}-id", {**args.inputs, **computed}

    def call(self, args: pulumi.runtime.MockCallArgs) -> Any:
        """There are no functions."""
        raise AssertionError(args.token)


def _end(loop: asyncio.AbstractEventLoop) -> None:
    """Close a loop; a program that failed leaves work in it that nobody waits for."""
    for task in asyncio.all_tasks(loop):
        task.cancel()
        with suppress(asyncio.CancelledError, Exception):
            loop.run_until_complete(task)
    # A thread that still answers for the mocks makes a loop of its own.
    loop.run_until_complete(loop.shutdown_default_executor())
    loop.close()


@pytest.fixture
def registered(monkeypatch: pytest.MonkeyPatch) -> Iterator[Registered]:
    """What the program under test registers."""
    loops: list[asyncio.AbstractEventLoop] = []
    new_event_loop = asyncio.new_event_loop

    def noted() -> asyncio.AbstractEventLoop:
        loops.append(new_event_loop())
        return loops[-1]

    # The mocks give every worker thread an event loop, and close none of them.
    monkeypatch.setattr(asyncio, "new_event_loop", noted)
    asyncio.set_event_loop(noted())
    # The mocks make a stack where there is none. One that a test left unregistered would never be,
    # and what the next tests of this process put below it would wait for it without end.
    set_root_resource(cast("pulumi.Resource", None))
    found = Registered()
    pulumi.runtime.set_mocks(Recording(found), project="llmcost", stack="test")
    yield found
    asyncio.set_event_loop(None)
    for loop in loops:
        _end(loop)


@pytest.fixture
def run(registered: Registered) -> Callable[[Callable[[], Any]], Any]:
    """Run a program to its end; returns the value of the output that it returns."""
    del registered

    def running(program: Callable[[], Any]) -> Any:
        seen: list[Any] = []

        def whole() -> pulumi.Output[Any]:
            return pulumi.Output.from_input(program()).apply(seen.append)

        test: Callable[..., Any] = pulumi.runtime.test
        test(whole)()
        return seen[0]

    return running
