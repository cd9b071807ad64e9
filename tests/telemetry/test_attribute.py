"""Attribution reaches every span that starts inside, and none that does not."""

from __future__ import annotations

import asyncio
import gc
import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.pseudonyms import pseudonym
from llmcost_infra.telemetry import attribute, attribution
from tests.telemetry.conftest import KEY

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterator

    from tests.telemetry.conftest import Telemetry


def here() -> dict[str, str]:
    """Return what a span would get that started now."""
    return dict(attribution.current())


def test_a_call_inside_has_it_and_one_outside_has_not(telemetry: Telemetry) -> None:
    """The span of an instrumentation that knows nothing of us is attributed."""
    with attribute(feature="summarize", team="search", prompt="short"):
        telemetry.call()
        inside = telemetry.last
    telemetry.call()
    assert inside["feature"] == "summarize"
    assert inside["team"] == "search"
    assert inside["prompt.name"] == "short"
    assert {"feature", "team", "prompt.name"}.isdisjoint(telemetry.last)


def test_people_leave_as_the_pipeline_would_store_them(telemetry: Telemetry) -> None:
    """Ids of users and conversations are hashed with the stack's key before a span has them."""
    with attribute(user="ann@example.com", conversation="c-1"):
        telemetry.call()
    assert telemetry.last["user.id"] == pseudonym("ann@example.com", KEY)
    assert telemetry.last["gen_ai.conversation.id"] == pseudonym("c-1", KEY)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_key_out_of_a_file_is_the_stacks_all_the_same(
    monkeypatch: pytest.MonkeyPatch, end: str
) -> None:
    """With the end of a line in it everybody would be somebody else, whom nobody could forget."""
    monkeypatch.setenv(attribution.HASH_KEY, KEY + end)
    with attribute(user="ann@example.com"):
        assert here() == {"user.id": pseudonym("ann@example.com", KEY)}
    attribution.use_hash_key(KEY + end)
    with attribute(user="ann@example.com"):
        assert here() == {"user.id": pseudonym("ann@example.com", KEY)}


def test_without_a_key_no_person_leaves(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Nobody is sent unhashed; the log says once what is missing and how to set it."""
    monkeypatch.delenv(attribution.HASH_KEY)
    for _ in range(3):
        with attribute(user="ann@example.com", feature="summarize"):
            assert here() == {"feature": "summarize"}
    (told,) = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert "LLMCOST_HASH_KEY" in told.getMessage()
    assert "ann" not in told.getMessage()


def test_what_is_not_said_inside_stays_as_it_is_outside() -> None:
    """An inner attribution changes what it names, and ends with its block."""
    with attribute(feature="agent", team="search"):
        with attribute(feature="plan"):
            assert here() == {"feature": "plan", "team": "search"}
        assert here() == {"feature": "agent", "team": "search"}
    assert here() == {}


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        ("x" * 10_000, "x" * 200),
        ("two\nlines\tand\r\nmore", "two lines and more"),
        ("  spaces  ", "spaces"),
        (7, "7"),
        ("", None),
        ("\n", None),
        (None, None),
        ("名前", "名前"),
        ("half \ud83d a character", "half a character"),
        ("\ud800", None),
    ],
)
def test_a_value_is_short_and_on_one_line(given: object, sent: str | None) -> None:
    """Nothing that an application passes makes a label that nobody can read."""
    with attribute(feature=given):
        assert here().get("feature") == sent


def test_of_a_long_id_nothing_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids that were hashed are remembered, for the next call; a whole prompt is no id."""
    kept: list[str] = []

    def remembered(text: str, _key: str) -> str:
        kept.append(text)
        return "h"

    monkeypatch.setattr(attribution, "pseudonym", remembered)
    with attribute(user="x" * 10_000_000):
        assert here() == {"user.id": "h"}
    assert kept == ["x" * 200]


def test_a_value_that_cannot_be_read_costs_the_attribution_only() -> None:
    """An object whose text raises reaches neither the application nor the other values."""

    class Broken:
        def __str__(self) -> str:
            raise RuntimeError("no text")

    with attribute(feature=Broken(), team="search"):
        assert here() == {"team": "search"}
    with attribute(feature=Broken()):
        assert here() == {}


def test_functions_and_coroutines_are_decorated() -> None:
    """A decorated function keeps its name and its answer, also when it raises."""

    @attribute(feature="f")
    def function(answer: int) -> tuple[int, dict[str, str]]:
        return answer, here()

    @attribute(feature="c")
    async def coroutine() -> dict[str, str]:
        await asyncio.sleep(0)
        return here()

    @attribute(feature="e")
    def failing() -> None:
        raise ValueError("the application's own")

    assert function(3) == (3, {"feature": "f"})
    assert function.__name__ == "function"
    assert asyncio.run(coroutine()) == {"feature": "c"}
    with pytest.raises(ValueError, match="the application's own"):
        failing()
    assert here() == {}


def test_tasks_side_by_side_keep_their_own() -> None:
    """Concurrent tasks of one loop do not see each other's attribution."""

    async def run(feature: str) -> str:
        with attribute(feature=feature):
            await asyncio.sleep(0)
            return here()["feature"]

    async def both() -> list[str]:
        return list(await asyncio.gather(*(run(f"f{n}") for n in range(5))))

    assert asyncio.run(both()) == [f"f{n}" for n in range(5)]


def test_one_object_may_be_in_use_in_many_threads() -> None:
    """A module may make its attribution once and enter it everywhere."""
    ours, seen = attribute(feature="shared"), []
    entered = threading.Barrier(3)

    def run() -> None:
        with ours:
            entered.wait(timeout=60)
            seen.append(here())
        seen.append(here())

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(len, seen)) == [0, 0, 0, 1, 1, 1]


def test_a_generator_has_it_while_it_runs_and_its_consumer_does_not() -> None:
    """Between two items the consumer's own attribution holds."""

    @attribute(feature="stream")
    def stream() -> Iterator[dict[str, str]]:
        given = yield here()
        assert given == "more"
        with suppress(KeyError):
            yield here()
        yield here()

    with attribute(feature="consumer"):
        generator = stream()
        seen = [next(generator)]
        assert here() == {"feature": "consumer"}
        seen.append(generator.send("more"))  # type: ignore[attr-defined]
        seen.append(generator.throw(KeyError()))  # type: ignore[attr-defined]
        assert seen == [{"feature": "stream"}] * 3
        generator.close()  # type: ignore[attr-defined]
        assert here() == {"feature": "consumer"}


def test_an_async_generator_has_it_while_it_runs() -> None:
    """As a generator; also when it is left half way."""
    closed = []

    @attribute(feature="stream")
    async def stream() -> AsyncIterator[dict[str, str]]:
        try:
            yield here()
            await asyncio.sleep(0)
            yield here()
        finally:
            closed.append(here())

    async def consume() -> list[dict[str, str]]:
        seen = [item async for item in stream()]
        seen.append(here())
        left = stream()
        await anext(left)
        await left.aclose()  # type: ignore[attr-defined]
        return seen

    assert asyncio.run(consume()) == [{"feature": "stream"}, {"feature": "stream"}, {}]
    assert closed == [{"feature": "stream"}] * 2


def test_a_block_inside_a_generator_that_is_closed_elsewhere_ends_harmlessly() -> None:
    """Ending a block in another context than it began in changes nothing there."""

    def stream() -> Iterator[int]:
        with attribute(feature="inner"):
            yield 1

    generator = stream()
    thread = threading.Thread(target=lambda: next(generator))
    thread.start()
    thread.join()
    with attribute(feature="outer"):
        generator.close()  # type: ignore[attr-defined]
        assert here() == {"feature": "outer"}


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.booleans()), max_size=12),
)
def test_whatever_order_blocks_end_in_nothing_is_left(steps: list[tuple[str, bool]]) -> None:
    """Entering and leaving in any order ends with what held at the beginning."""
    layers = []
    for name, leave_first in steps:
        layers.append(attribution.enter({"feature": name}))
        if leave_first:
            attribution.leave(layers.pop(0))
    for layer in layers:
        attribution.leave(layer)
    assert here() == {}


def test_methods_of_every_kind_are_decorated_in_any_order() -> None:
    """Above `classmethod` or below it."""

    class Service:
        @attribute(feature="a")
        @classmethod
        def above(cls) -> dict[str, str]:
            return here()

        @classmethod
        @attribute(feature="b")
        def below(cls) -> dict[str, str]:
            return here()

        @attribute(feature="c")
        @staticmethod
        def static() -> dict[str, str]:
            return here()

    told = (Service.above(), Service().below(), Service.static())
    assert [one["feature"] for one in told] == ["a", "b", "c"]


def quietly(function: Callable[..., Any]) -> Callable[..., Any]:
    """Decorate a function so that nothing tells of what kind it is."""

    def run(*args: Any) -> Any:
        return function(*args)

    return run


def test_a_coroutine_function_behind_another_decorator_is_one_all_the_same() -> None:
    """What it returns is awaited later, and attributed then; an error is the application's."""

    @attribute(feature="later")
    @quietly
    async def call(*errors: Exception) -> dict[str, str]:
        await asyncio.sleep(0)
        for error in errors:
            raise error
        return here()

    assert asyncio.run(call()) == {"feature": "later"}
    with pytest.raises(LookupError):
        asyncio.run(call(LookupError()))
    assert here() == {}


def test_a_coroutine_that_nobody_starts_takes_the_one_inside_with_it() -> None:
    """A task that is cancelled at once leaves no warning that is ours; it is an error here."""

    @attribute(feature="later")
    @quietly
    async def call() -> None:
        await asyncio.sleep(0)

    call().close()
    gc.collect()


def test_a_generator_behind_another_decorator_is_one_all_the_same() -> None:
    """Its own attribution holds while it runs, whichever function has made it."""

    @attribute(feature="pieces")
    @quietly
    def pieces() -> Iterator[dict[str, str]]:
        yield here()

    @attribute(feature="pieces")
    @quietly
    async def later() -> AsyncIterator[dict[str, str]]:
        await asyncio.sleep(0)
        yield here()

    async def read() -> list[dict[str, str]]:
        return [piece async for piece in later()]

    assert [*pieces(), *asyncio.run(read())] == [{"feature": "pieces"}] * 2
    assert here() == {}


def test_what_is_no_function_is_left_as_it_is(caplog: pytest.LogCaptureFixture) -> None:
    """A class stays one, to whoever asks, and so does a property; the log says so."""
    part: Any = property(lambda _: here())

    @attribute(feature="whole")
    class Service:
        name = attribute(feature="part")(part)

    service = Service()
    assert isinstance(service, Service)
    assert service.name == {}
    assert "attribute is for functions" in caplog.text
