"""Every client of a library tracked at once, for applications that are set up without code."""

from __future__ import annotations

import sys
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final, NamedTuple, cast

from llmcost_infra.telemetry.harmless import harmless
from llmcost_infra.telemetry.requests import target_of
from llmcost_infra.telemetry.track import MANAGED, TRACKED, Method, call, in_place_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["track_libraries"]


class _Resource(NamedTuple):
    """A class of a client library.

    Args:
        module: where it is.
        name: of the synchronous one; the other has Async before it.
        methods: that call a model.
        operation: `gen_ai.operation.name` of them.
        usage_on_request: whether streams tell usage only where that is asked for.
    """

    module: str
    name: str
    methods: tuple[str, ...]
    operation: str
    usage_on_request: bool = False


_RESOURCES: Final = (
    _Resource(
        "openai.resources.chat.completions", "Completions", ("create", "parse"), "chat", True
    ),
    _Resource("openai.resources.completions", "Completions", ("create",), "text_completion", True),
    _Resource("openai.resources.responses", "Responses", ("create", "parse", "compact"), "chat"),
    _Resource("openai.resources.beta.responses", "Responses", ("create", "compact"), "chat"),
    _Resource("openai.resources.embeddings", "Embeddings", ("create",), "embeddings"),
    _Resource("anthropic.resources.messages", "Messages", ("create", "parse", "stream"), "chat"),
    _Resource(
        "anthropic.resources.beta.messages", "Messages", ("create", "parse", "stream"), "chat"
    ),
)


def track_libraries(*, ask_for_usage: bool = True) -> None:
    """Track all clients of the libraries that are loaded; nothing is loaded for it.

    Args:
        ask_for_usage: ask OpenAI-compatible streams for usage, which they tell only then.
    """
    for resource in _RESOURCES:
        _when_loaded(resource.module, partial(_track, resource, ask_for_usage))


@harmless
def _when_loaded(module: str, track: Callable[[object], None]) -> None:
    """Track a module of a library that is loaded: now, or when the application first uses it."""
    if module in sys.modules:
        track(sys.modules[module])
    elif module.partition(".")[0] in sys.modules:
        # Who instruments without code has it.
        import_module("wrapt").register_post_import_hook(harmless(track), module)


def _track(resource: _Resource, ask_for_usage: bool, module: object) -> None:
    for kind in _classes(module, resource.name):
        for name in resource.methods:
            method = getattr(kind, name, None)
            if callable(method) and not hasattr(method, TRACKED):
                asks = ask_for_usage and resource.usage_on_request
                setattr(kind, name, _watched(method, resource.operation, asks, name in MANAGED))


def _classes(module: object, name: str) -> Iterator[Any]:
    for full in (name, f"Async{name}"):
        kind = getattr(module, full, None)
        if isinstance(kind, type):
            yield kind


def _watched(
    method: Callable[..., Any], operation: str, asks: bool, managed: bool
) -> Callable[..., Any]:
    known: dict[tuple[str, str], bool] = {}

    def watched(self: Any, *args: Any, **kwargs: Any) -> Any:
        bound: Any = cast("Any", method).__get__(self, type(self))
        how = harmless(_how)(self, operation, asks, known, managed)
        return call(bound, how, args, kwargs) if how else bound(*args, **kwargs)

    return in_place_of(method, watched)


def _how(
    resource: object, operation: str, asks: bool, known: dict[tuple[str, str], bool], managed: bool
) -> Method:
    target = target_of(getattr(resource, "_client", None), operation)
    return Method(target, asks, known, managed)
