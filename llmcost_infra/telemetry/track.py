"""`track`: a client whose calls are told of, beside an instrumentation or without one."""

from __future__ import annotations

from functools import partial, wraps
from inspect import isawaitable, iscoroutinefunction
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

from llmcost_infra.telemetry.configuration import watch_spans
from llmcost_infra.telemetry.harmless import close_with, harmless, tell_once
from llmcost_infra.telemetry.late import follow
from llmcost_infra.telemetry.managed import TrackedManager
from llmcost_infra.telemetry.raw_responses import TrackedResponse, is_raw, reads_lines
from llmcost_infra.telemetry.requests import target_of
from llmcost_infra.telemetry.streams import tracked_stream
from llmcost_infra.telemetry.tracked import TrackedCall, tracked_now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from llmcost_infra.telemetry.requests import Target

__all__ = ["MANAGED", "METHODS", "TRACKED", "Method", "call", "in_place_of", "track"]

_C = TypeVar("_C")

METHODS: Final = (
    ("chat.completions", "create", "chat"),
    ("chat.completions", "parse", "chat"),
    ("beta.chat.completions", "create", "chat"),
    ("beta.chat.completions", "parse", "chat"),
    ("completions", "create", "text_completion"),
    ("responses", "create", "chat"),
    ("responses", "parse", "chat"),
    ("responses", "compact", "chat"),
    ("beta.responses", "create", "chat"),
    ("beta.responses", "compact", "chat"),
    ("embeddings", "create", "embeddings"),
    ("messages", "create", "chat"),
    ("messages", "parse", "chat"),
    ("messages", "stream", "chat"),
    ("beta.messages", "create", "chat"),
    ("beta.messages", "parse", "chat"),
    ("beta.messages", "stream", "chat"),
)
"""What is watched: path of a client's resource, its method, and the operation that it is."""

_PARTS: Final = tuple(dict.fromkeys(path.partition(".")[0] for path, _, _ in METHODS))
MANAGED: Final = ("stream",)
"""Methods that return what opens its stream in `with`."""

_COPIES: Final = ("with_options", "copy")
TRACKED: Final = "_llmcost_tracked"
"""Attribute of a function of ours in a client's place."""
_USAGE_ON_REQUEST: Final = ("chat.completions", "beta.chat.completions", "completions")
_OPTIONS: Final = "stream_options"
_REFUSALS: Final = frozenset({400, 422})
# Once, and not at each call.
_watch_spans: Final = harmless(watch_spans)
_tracked_call: Final = harmless(TrackedCall)
_is_awaitable: Final = harmless(isawaitable)


class Method(NamedTuple):
    """A method that is watched.

    Args:
        target: whom it calls.
        usage_on_request: whether its streams tell usage only where that is asked for.
        known: host and model → whether its streams may be asked, once an answer has told.
        managed: what it returns opens its stream in `with`.
    """

    target: Target
    usage_on_request: bool
    known: dict[tuple[str, str], bool]
    managed: bool = False


def track(client: _C, *, provider: str | None = None, ask_for_usage: bool = True) -> _C:
    """Let the calls of a client be told of: tokens, cost, time to the first token.

    Beside an instrumentation what it lacks is added to its spans; without one each call has a span.
    The client is changed in place and returned; if that is not possible it works as before.

    Args:
        client: of `openai` or `anthropic`, or one that is used like it; synchronous or not.
        provider: OpenTelemetry name of who is called, where the address does not say.
        ask_for_usage: ask OpenAI-compatible streams for usage, which they tell only then.
    """
    harmless(_track)(client, provider, ask_for_usage)
    return client


def call(
    method: Callable[..., Any], how: Method, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    """Call a client's method as the application does, and watch what becomes of it.

    Args:
        method: of the client.
        how: it is watched.
        args: of the application.
        kwargs: of the application.

    Returns:
        What the method returns; of a stream, one that is read like it.
    """
    if (outer := tracked_now.get()) is not None and not outer.done:
        # The client is tracked, and so is its library. One that is done left a task behind.
        return method(*args, **kwargs)
    _watch_spans()
    return _Attempt(method, how, args, kwargs).run()


def _track(client: object, provider: str | None, ask_for_usage: bool) -> None:
    see = partial(_track_part, provider=provider, ask_for_usage=ask_for_usage)
    late = follow(client, _PARTS, see)
    there = [see(client, name, getattr(client, name, None)) for name in _PARTS if name not in late]
    found = bool(late) or any(there)
    for name in _COPIES if found else ():
        copy = getattr(client, name, None)
        if callable(copy) and not hasattr(copy, TRACKED):
            setattr(client, name, _copied(copy, provider, ask_for_usage))
    if not found:
        kind = type(client).__qualname__
        tell_once(kind, "track: %s has no method that is known, so its calls are not told of", kind)


def _track_part(
    client: object, part_name: str, part: object, *, provider: str | None, ask_for_usage: bool
) -> bool:
    """Watch the methods of a part of a client; tell whether it has any."""
    found = False
    for path, name, operation in METHODS:
        first, *steps = path.split(".")
        resource: Any = part if first == part_name else None
        for step in steps:
            resource = getattr(resource, step, None)
        method = getattr(resource, name, None)
        if not callable(method):
            continue
        found = True
        if not hasattr(method, TRACKED):
            on_request = ask_for_usage and path in _USAGE_ON_REQUEST
            target = target_of(client, operation, provider)
            how = Method(target, on_request, {}, name in MANAGED)
            setattr(resource, name, _watched(method, how))
    return found


def _copied(
    copy: Callable[..., Any], provider: str | None, ask_for_usage: bool
) -> Callable[..., Any]:
    """Return what makes a client with other options, which is tracked as well."""

    @wraps(copy)
    def copied(*args: Any, **kwargs: Any) -> Any:
        return track(copy(*args, **kwargs), provider=provider, ask_for_usage=ask_for_usage)

    setattr(copied, TRACKED, True)
    return copied


def _watched(method: Callable[..., Any], how: Method) -> Callable[..., Any]:
    def watched(*args: Any, **kwargs: Any) -> Any:
        return call(method, how, args, kwargs)

    return in_place_of(method, watched)


def in_place_of(method: Callable[..., Any], watched: Callable[..., Any]) -> Callable[..., Any]:
    """Return what takes the place of a client's method, and is one of its kind to whoever asks.

    Args:
        method: of the client.
        watched: calls it and returns what it returns.
    """
    if iscoroutinefunction(method):

        async def later(*args: Any, **kwargs: Any) -> Any:
            return await watched(*args, **kwargs)

        replaced: Any = wraps(method)(later)
    else:
        replaced = wraps(method)(watched)
    setattr(replaced, TRACKED, True)
    return cast("Callable[..., Any]", replaced)


class _Attempt:
    """One call to a client, made at most twice: again if what we asked for may have been refused.

    Args:
        method: of the client.
        how: it is watched.
        args: of the application.
        kwargs: of the application.
        again: a first attempt asked for usage, and was refused.
    """

    def __init__(
        self,
        method: Callable[..., Any],
        how: Method,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        again: bool = False,
    ) -> None:
        self._first = (method, how, args, kwargs)
        self._method, self._how, self._args = method, how, args
        self._again = again
        self._asked = dict(kwargs)
        self._usage_is_ours = not again and bool(self._ask())
        told = {**self._asked, "stream": True} if how.managed else self._asked
        self._call = _tracked_call(how.target, told, managed=how.managed)

    def run(self) -> Any:
        """Make the call."""
        if self._call is None:
            return self._method(*self._args, **self._first[-1])
        try:
            with self._call.under_way():
                answer = self._method(*self._args, **self._asked)
        except BaseException as error:
            if not self._was_refused(error):
                self._call.ended(error=error)
                raise
        else:
            if self._how.managed:
                return TrackedManager(answer, self._call)
            if _is_awaitable(answer):
                later = self._awaited(answer)
                close_with(later, answer)
                return later
            return self._answered(answer, asynchronous=False)
        return _Attempt(*self._first, again=True).run()

    async def _awaited(self, answer: Awaitable[Any]) -> Any:
        call = cast("TrackedCall", self._call)
        try:
            with call.under_way():
                told = await answer
        except BaseException as error:
            if not self._was_refused(error):
                call.ended(error=error)
                raise
        else:
            return self._answered(told, asynchronous=True)
        return await _Attempt(*self._first, again=True).run()

    def _answered(self, answer: Any, *, asynchronous: bool) -> Any:
        """Return what the application gets: the answer, or what is read like it."""
        call = cast("TrackedCall", self._call)
        read_like_it = self._watched(answer, call, asynchronous=asynchronous)
        if read_like_it is not None:
            return read_like_it
        call.take(answer)
        call.ended()
        return answer

    @harmless
    def _watched(self, answer: Any, call: TrackedCall, *, asynchronous: bool) -> Any:
        """Return what is read like an answer that is not all there yet, or None."""
        streamed = self._asked.get("stream") is True
        if self._usage_is_ours or self._again:
            self._how.known[self._whom] = self._usage_is_ours
        if is_raw(answer):
            call.begun()
            how = {"asynchronous": asynchronous, "usage_is_ours": self._usage_is_ours}
            return TrackedResponse(answer, call, streamed=streamed, **how)
        if not streamed:
            return None
        call.begun()
        stream = tracked_stream(
            answer, call, asynchronous=asynchronous, usage_is_ours=self._usage_is_ours
        )
        return None if stream is answer else stream

    @harmless
    def _ask(self) -> bool:
        """Ask a stream for usage, unless the application has said what it wants."""
        options: Any = self._asked.get(_OPTIONS) or {}
        if not self._how.usage_on_request or not self._how.known.get(self._whom, True):
            return False
        if self._asked.get("stream") is not True or not isinstance(options, dict):
            return False
        said = cast("dict[str, Any]", options)
        if "include_usage" in said or reads_lines(self._asked):
            return False
        self._asked[_OPTIONS] = {**said, "include_usage": True}
        return True

    @harmless
    def _was_refused(self, error: BaseException) -> bool:
        """Tell whether it may be what we asked for that a server or a client does not know.

        A model that took it once does; then the error is the application's own.
        """
        if not self._usage_is_ours:
            return False
        named = _OPTIONS in str(error)
        if not (named and isinstance(error, TypeError)):
            if getattr(error, "status_code", None) not in _REFUSALS:
                return False
            if not named and self._how.known.get(self._whom):
                return False
        cast("TrackedCall", self._call).finish()
        return True

    @property
    def _whom(self) -> tuple[str, str]:
        return self._how.target.host, str(self._asked.get("model"))
