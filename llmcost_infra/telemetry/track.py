"""`track`: a client whose calls are told of, beside an instrumentation or without one."""

from __future__ import annotations

from functools import wraps
from inspect import isawaitable
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar, cast

from llmcost_infra.telemetry.configuration import watch_spans
from llmcost_infra.telemetry.harmless import harmless, tell_once
from llmcost_infra.telemetry.managed import TrackedManager
from llmcost_infra.telemetry.requests import target_of
from llmcost_infra.telemetry.streams import tracked_stream
from llmcost_infra.telemetry.tracked import TrackedCall, tracked_now

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from llmcost_infra.telemetry.requests import Target

__all__ = ["MANAGED", "METHODS", "TRACKED", "Method", "call", "track"]

_C = TypeVar("_C")

METHODS: Final = (
    ("chat.completions", "create", "chat"),
    ("chat.completions", "parse", "chat"),
    ("beta.chat.completions", "parse", "chat"),
    ("completions", "create", "text_completion"),
    ("responses", "create", "chat"),
    ("responses", "parse", "chat"),
    ("embeddings", "create", "embeddings"),
    ("messages", "create", "chat"),
    ("messages", "stream", "chat"),
    ("beta.messages", "create", "chat"),
    ("beta.messages", "stream", "chat"),
)
"""What is watched: path of a client's resource, its method, and the operation that it is."""

MANAGED: Final = ("stream",)
"""Methods that return what opens its stream in `with`."""

_COPIES: Final = ("with_options", "copy")
TRACKED: Final = "_llmcost_tracked"
"""Attribute of a function of ours in a client's place."""
_USAGE_ON_REQUEST: Final = ("chat.completions", "completions")
_REFUSALS: Final = frozenset({400, 422})


class Method(NamedTuple):
    """A method that is watched.

    Args:
        target: whom it calls.
        usage_on_request: whether its streams tell usage only where that is asked for.
        refused: holds something once the server has refused to be asked.
        managed: what it returns opens its stream in `with`.
    """

    target: Target
    usage_on_request: bool
    refused: list[bool]
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
    if tracked_now.get() is not None:
        # The client is tracked, and so is its library.
        return method(*args, **kwargs)
    harmless(watch_spans)()
    return _Attempt(method, how, args, kwargs).run()


def _track(client: object, provider: str | None, ask_for_usage: bool) -> None:
    found = False
    for path, name, operation in METHODS:
        resource: Any = client
        for step in path.split("."):
            resource = getattr(resource, step, None)
        method = getattr(resource, name, None)
        if not callable(method):
            continue
        found = True
        if not hasattr(method, TRACKED):
            on_request = ask_for_usage and path in _USAGE_ON_REQUEST
            target = target_of(client, operation, provider)
            how = Method(target, on_request, [], name in MANAGED)
            setattr(resource, name, _watched(method, how))
    for name in _COPIES if found else ():
        copy = getattr(client, name, None)
        if callable(copy) and not hasattr(copy, TRACKED):
            setattr(client, name, _copied(copy, provider, ask_for_usage))
    if not found:
        kind = type(client).__qualname__
        tell_once(kind, "track: %s has no method that is known, so its calls are not told of", kind)


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
    @wraps(method)
    def watched(*args: Any, **kwargs: Any) -> Any:
        return call(method, how, args, kwargs)

    setattr(watched, TRACKED, True)
    return watched


class _Attempt:
    """One call to a client, made at most twice: again if only what we asked for was refused."""

    def __init__(
        self, method: Callable[..., Any], how: Method, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> None:
        self._again = (method, how, args, kwargs)
        self._method, self._how, self._args = method, how, args
        self._asked = dict(kwargs)
        self._usage_is_ours = bool(self._ask())
        told = {**self._asked, "stream": True} if how.managed else self._asked
        self._call = harmless(TrackedCall)(how.target, told)

    def run(self) -> Any:
        """Make the call."""
        if self._call is None:
            return self._method(*self._args, **self._asked)
        try:
            with self._call.under_way():
                answer = self._method(*self._args, **self._asked)
        except BaseException as error:
            if self._was_refused(error):
                return _Attempt(*self._again).run()
            self._call.ended(error=error)
            raise
        if self._how.managed:
            return TrackedManager(answer, self._call)
        if isawaitable(answer):
            return self._awaited(answer)
        return self._answered(answer, asynchronous=False)

    async def _awaited(self, answer: Awaitable[Any]) -> Any:
        call = cast("TrackedCall", self._call)
        try:
            with call.under_way():
                told = await answer
        except BaseException as error:
            if self._was_refused(error):
                return await _Attempt(*self._again).run()
            call.ended(error=error)
            raise
        return self._answered(told, asynchronous=True)

    def _answered(self, answer: Any, *, asynchronous: bool) -> Any:
        call = cast("TrackedCall", self._call)
        if self._asked.get("stream") is True:
            call.begun()
            stream = tracked_stream(
                answer, call, asynchronous=asynchronous, usage_is_ours=self._usage_is_ours
            )
            if stream is not answer:
                return stream
        call.take(_parsed(answer))
        call.ended()
        return answer

    @harmless
    def _ask(self) -> bool:
        """Ask a stream for usage, unless the application has said what it wants."""
        options: Any = self._asked.get("stream_options") or {}
        if not self._how.usage_on_request or self._how.refused:
            return False
        if self._asked.get("stream") is not True or not isinstance(options, dict):
            return False
        said = cast("dict[str, Any]", options)
        if "include_usage" in said:
            return False
        self._asked["stream_options"] = {**said, "include_usage": True}
        return True

    def _was_refused(self, error: BaseException) -> bool:
        """Tell whether a server does not know what we asked for; then it is not asked again."""
        ours = self._usage_is_ours and getattr(error, "status_code", None) in _REFUSALS
        if ours and "stream_options" in str(error):
            self._how.refused.append(True)
            return True
        return False


def _parsed(answer: Any) -> Any:
    """Return what a raw response holds; the client keeps it for the application too."""
    if type(answer).__name__ == "LegacyAPIResponse":
        return harmless(answer.parse)()
    return answer
