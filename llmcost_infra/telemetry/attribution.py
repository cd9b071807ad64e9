"""Whose spend a call is: said once around some code, and on every span that starts inside it."""

from __future__ import annotations

import os
import re
from contextvars import ContextVar
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, NamedTuple

from llmcost_infra.pseudonyms import SPACE, pseudonym
from llmcost_infra.telemetry.harmless import harmless, tell_once

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "HASH_KEY",
    "NAMES",
    "Said",
    "attributes",
    "current",
    "enter",
    "from_outside",
    "leave",
    "line",
    "use_hash_key",
]

HASH_KEY: Final = "LLMCOST_HASH_KEY"
"""Variable with the stack's key; `pulumi config get llmcost:hash_key` prints it."""

_USER: Final = "user.id"
_CONVERSATION: Final = "gen_ai.conversation.id"
NAMES: Final = ("feature", "team", "prompt.name", _USER, _CONVERSATION)
"""Attributes of a span that say whose spend it is."""

_WHO: Final = {_USER: "user", _CONVERSATION: "conversation"}

_LONGEST: Final = 200  # as the pipeline cuts texts
# Halves of a character are in it because of exporters: a batch that has one in a name is lost.
_UNREADABLE: Final = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NOTHING: Final[Mapping[str, str]] = MappingProxyType({})
_END: Final = "\r\n"  # of a key that came from a file: with it everybody would be somebody else
_keys: list[str] = []


class Said(NamedTuple):
    """What `attribute` was told, before anybody is hashed.

    Args:
        feature: the part of the product.
        team: who pays.
        prompt: name of the prompt.
        user: who caused the call; leaves the process hashed.
        conversation: that the call is part of; leaves the process hashed.
    """

    feature: object = None
    team: object = None
    prompt: object = None
    user: object = None
    conversation: object = None


class _Layer(NamedTuple):
    """What holds here: of this and of all that surround it.

    Args:
        token: by which it is found again.
        own: what this one adds.
        around: the one that held before.
        values: attribute → value, of all.
    """

    token: object
    own: Mapping[str, str]
    around: _Layer | None
    values: Mapping[str, str]


_here: ContextVar[_Layer | None] = ContextVar("llmcost_attribution", default=None)


def current() -> Mapping[str, str]:
    """Return attribute → value that spans which start now get."""
    layer = _here.get()
    return layer.values if layer else _NOTHING


def enter(own: Mapping[str, str], *, alone: bool = False) -> object:
    """Let something hold from now on, in this thread or task.

    Args:
        own: attribute → value.
        alone: what holds already does not.

    Returns:
        What `leave` needs.
    """
    around = _here.get()
    values = own if alone or around is None else {**around.values, **own}
    token = object()
    _here.set(_Layer(token, own, around, values))
    return token


def leave(token: object) -> None:
    """End what `enter` began, wherever in the present order it stands."""
    # No token of the context's own: a generator may be closed in another one than it began in.
    inner: list[_Layer] = []
    at = _here.get()
    if at is not None and at.token is token:
        _here.set(at.around)
        return
    while at is not None and at.token is not token:
        inner.append(at)
        at = at.around
    if at is None:
        return
    rest = at.around
    for one in reversed(inner):
        values = {**rest.values, **one.own} if rest else one.own
        rest = _Layer(one.token, one.own, rest, values)
    _here.set(rest)


def attributes(said: Said) -> Mapping[str, str]:
    """Return attribute → value as they leave the process: short, on one line, nobody's name."""
    if (named := _attributes(said)) is not None:
        return named
    # A value that has no text does not take the others along.
    alone = (_attributes(Said(**{name: value})) for name, value in said._asdict().items())
    return {name: text for one in alone if one for name, text in one.items()}


def from_outside(told: Mapping[str, object]) -> Mapping[str, str]:
    """Return attribute → value of what another service says, as we would have said it.

    Args:
        told: attribute → value; ids that are hashed already stay as they are.
    """
    named: dict[str, str] = {}
    for name, value in told.items():
        who = _WHO.get(name)
        if text := _hashed(who, value) if who else line(value):
            named[name] = text
    return named


def use_hash_key(key: str | None) -> None:
    """Take a key in place of the variable's; None goes back to that."""
    _keys[:] = [key.rstrip(_END)] if key else []


def line(value: object) -> str:
    """Return a text as it leaves the process: on one line, of 200 characters at most."""
    if value is None:
        return ""
    # Cut before and after: whoever passes a whole prompt pays for its first characters only.
    text = str(value)[: 4 * _LONGEST]
    if not text.isprintable():
        text = _UNREADABLE.sub(" ", text)
    return text.strip()[:_LONGEST]


@harmless
def _attributes(said: Said) -> Mapping[str, str]:
    named: dict[str, str] = {}
    if text := line(said.feature):
        named["feature"] = text
    if text := line(said.team):
        named["team"] = text
    if text := line(said.prompt):
        named["prompt.name"] = text
    if text := _hashed("user", said.user):
        named[_USER] = text
    if text := _hashed("conversation", said.conversation):
        named[_CONVERSATION] = text
    return named


def _hashed(what: str, value: object) -> str:
    if value is None or not (text := str(value).strip(SPACE)[:_LONGEST]):
        return ""
    key = _keys[0] if _keys else os.environ.get(HASH_KEY, "").rstrip(_END)
    if key:
        return pseudonym(text, key)
    tell_once(
        f"no key for {what}",
        "%s ids are not sent: they leave hashed only, and there is no key. Set %s to the stack's "
        "(pulumi config get llmcost:hash_key)",
        what,
        HASH_KEY,
    )
    return ""
