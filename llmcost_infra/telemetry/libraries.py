"""Every client of a library tracked at once, for applications that are set up without code."""

from __future__ import annotations

import sys
from contextlib import suppress
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
    _Resource("openai.resources.responses", "Responses", ("create", "parse"), "chat"),
    _Resource("openai.resources.embeddings", "Embeddings", ("create",), "embeddings"),
    _Resource("anthropic.resources.messages", "Messages", ("create", "parse", "stream"), "chat"),
    _Resource(
        "anthropic.resources.beta.messages", "Messages", ("create", "parse", "stream"), "chat"
    ),
)


def track_libraries(*, ask_for_usage: bool = True) -> None:
    """Track all clients of the libraries that are loaded; no other one is loaded for it.

    Args:
        ask_for_usage: ask OpenAI-compatible streams for usage, which they tell only then.
    """
    for resource in _RESOURCES:
        module = _loaded(resource.module)
        for kind in _classes(module, resource.name):
            for name in resource.methods:
                method = getattr(kind, name, None)
                if callable(method) and not hasattr(method, TRACKED):
                    asks = ask_for_usage and resource.usage_on_request
                    managed = name in MANAGED
                    setattr(kind, name, _watched(method, resource.operation, asks, managed))


@harmless
def _loaded(module: str) -> object:
    """Return a module of a library that is loaded; it may load that part when it is used."""
    library = module.partition(".")[0]
    if module not in sys.modules and library in sys.modules:
        with suppress(ImportError):
            import_module(module)
    return sys.modules.get(module)


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
