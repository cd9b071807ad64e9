"""Parts of a client that it makes when they are used: each is seen then, and none is made for it.

OpenAI's and Anthropic's clients load most of their code with them, in hundreds of milliseconds.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.telemetry.harmless import harmless

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["follow"]

_SEE: Final = "_llmcost_see"
_OF_OURS: Final = "_llmcost_followed"
_ours: Final[dict[type, type]] = {}


def follow(
    client: object, names: tuple[str, ...], see: Callable[[Any, str, Any], object]
) -> set[str]:
    """See the parts of a client as it makes them.

    Args:
        client: gets a class of our own, under its own one and with its name.
        names: of parts.
        see: gets the client, and name and value of a part.

    Returns:
        Names of the parts that it has not made, and will when they are used.
    """
    kind = type(client)
    made: dict[str, Any] | None = getattr(client, "__dict__", None)
    if made is None:
        return set()
    late = {name for name in names if name not in made and _is_late(kind, name)}
    if not late:
        return late
    if _OF_OURS not in vars(kind):
        try:
            client.__class__ = _ours.get(kind) or _ours.setdefault(kind, _followed(kind, names))
        except TypeError:  # it is laid out in a way of its own
            return set()
    # Who tracks twice has said the first time how.
    made.setdefault(_SEE, see)
    return late


def _is_late(kind: type, name: str) -> bool:
    return isinstance(getattr(kind, name, None), cached_property)


def _followed(kind: type, names: tuple[str, ...]) -> type:
    own = {name: _seen(name, getattr(kind, name)) for name in names if _is_late(kind, name)}
    same = {name: getattr(kind, name) for name in ("__module__", "__qualname__", "__doc__")}
    return type(kind.__name__, (kind,), {**same, **own, _OF_OURS: True})


def _seen(name: str, own: cached_property[Any]) -> cached_property[Any]:
    def make(self: Any) -> Any:
        part = own.func(self)
        if see := self.__dict__.get(_SEE):
            harmless(see)(self, name, part)
        return part

    return cached_property(make)
