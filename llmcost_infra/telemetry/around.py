"""Something that holds around code: as a decorator of functions of every kind, and in `with`."""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from llmcost_infra.telemetry.harmless import close_with, tell_once

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable, Generator
    from types import TracebackType

__all__ = ["Around"]

_F = TypeVar("_F", bound="Callable[..., Any]")
_S = TypeVar("_S")

_open: ContextVar[tuple[tuple[Around[Any], Any, object], ...]] = ContextVar(
    "llmcost_open", default=()
)
"""What `with` began here and has not ended; one object may be in use in many threads."""


class Around(ABC, Generic[_S]):
    """What begins before some code and ends after it; none of its four methods may raise.

    Around a generator it holds while that runs, not while its consumer does.
    """

    @abstractmethod
    def _begin(self) -> _S:
        """Return what this run of the code is known by."""

    @abstractmethod
    def _resume(self, state: _S) -> object:
        """Let it hold from now on; return what ends that."""

    @abstractmethod
    def _pause(self, token: object) -> None:
        """End what `_resume` began."""

    @abstractmethod
    def _end(self, state: _S, error: BaseException | None) -> None:
        """Take note that the code has ended, with an error or without."""

    def __enter__(self) -> _S:
        state = self._begin()
        _open.set((*_open.get(), (self, state, self._resume(state))))
        return state

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        begun = _open.get()
        for place in reversed(range(len(begun))):
            owner, state, token = begun[place]
            if owner is self:
                _open.set((*begun[:place], *begun[place + 1 :]))
                self._pause(token)
                self._end(state, error)
                return

    def __call__(self, function: _F) -> _F:
        """Decorate a function, a coroutine function or a generator of either kind."""
        if isinstance(function, (classmethod, staticmethod)):
            bound: Any = function  # pyright: ignore[reportUnknownVariableType] - of any class
            return cast("_F", type(bound)(self(bound.__func__)))
        given: object = function
        if isinstance(given, type) or not callable(given):
            kind = type(self).__name__.lower()
            tell_once(kind, "%s is for functions: %r is left as it is", kind, function)
            return function
        if inspect.isasyncgenfunction(function):
            wrapped: Any = self._async_generator(function)
        elif inspect.isgeneratorfunction(function):
            wrapped = self._generator(function)
        elif inspect.iscoroutinefunction(function):
            wrapped = self._coroutine(function)
        else:
            wrapped = self._function(function)
        return cast("_F", wraps(function)(wrapped))

    @contextmanager
    def _run(self) -> Generator[_S]:
        """From the beginning of the code to its end."""
        state = self._begin()
        with self._ending(state):
            yield state

    @contextmanager
    def _ending(self, state: _S) -> Generator[None]:
        """Until the end of the code."""
        try:
            yield
        except BaseException as error:
            self._end(state, error)
            raise
        self._end(state, None)

    @contextmanager
    def _step(self, state: _S) -> Generator[None]:
        """While the code runs, and nobody else."""
        token = self._resume(state)
        try:
            yield
        finally:
            self._pause(token)

    def _function(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Any:
            state = self._begin()
            try:
                with self._step(state):
                    answer = function(*args, **kwargs)
            except BaseException as error:
                self._end(state, error)
                raise
            if (later := self._later(answer)) is not None:
                return later
            self._end(state, None)
            return answer

        return run

    def _later(self, answer: Any) -> Any:
        """Return what runs as the answer does, later, or None where nothing is left to run.

        Another decorator makes a coroutine function or a generator look like any other function.
        """
        if inspect.iscoroutine(answer):
            later = self._coroutine(lambda: answer)()
            close_with(later, answer)
            return later
        if inspect.isasyncgen(answer):
            return self._async_generator(lambda: answer)()
        # Some generators are coroutines.
        if inspect.isgenerator(answer) and not inspect.isawaitable(answer):
            return self._generator(lambda: answer)()
        return None

    def _coroutine(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def run(*args: Any, **kwargs: Any) -> Any:
            with self._run() as state, self._step(state):
                return await function(*args, **kwargs)

        return run

    def _generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def run(*args: Any, **kwargs: Any) -> Generator[Any, Any, Any]:
            generator = function(*args, **kwargs)
            with self._run() as state:
                step, given = generator.send, None
                while True:
                    try:
                        with self._step(state):
                            item = step(given)
                    except StopIteration as end:
                        return end.value
                    try:
                        step, given = generator.send, (yield item)
                    except GeneratorExit:
                        with self._step(state):
                            generator.close()
                        raise
                    except BaseException as error:  # noqa: BLE001 - it is the generator's
                        step, given = generator.throw, error

        return run

    def _async_generator(self, function: Callable[..., Any]) -> Callable[..., Any]:
        async def run(*args: Any, **kwargs: Any) -> AsyncGenerator[Any, Any]:
            generator = function(*args, **kwargs)
            with self._run() as state:
                step, given = generator.asend, None
                while True:
                    try:
                        with self._step(state):
                            item = await step(given)
                    except StopAsyncIteration:
                        return
                    try:
                        step, given = generator.asend, (yield item)
                    except GeneratorExit:
                        with self._step(state):
                            await generator.aclose()
                        raise
                    except BaseException as error:  # noqa: BLE001 - it is the generator's
                        step, given = generator.athrow, error

        return run
