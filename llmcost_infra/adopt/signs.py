"""Signs of a secret in a text: what it is called, what it looks like, and what it is used for."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from llmcost_infra.adopt.naming import key_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["Sign", "is_secret_name", "looks_secret", "shows_secret", "signs"]

_SHORTEST: Final = 8
"""Characters from which on a secret is looked for wherever else it stands: a word may be chance."""
_TAKEN: Final = "{"
"""Stands for each character of what was found: no sign goes across it."""
_NAME: Final = (
    r"(?:\w*(?:routing|integration|service|api|access|secret|private|account|auth|hash)[ _-]?key"
    r"|\w*(?:token|secret|passwor[dt]|passwd|passphrase|authorization|credential|salt))"
)
_NAME_ALONE: Final = re.compile(_NAME, re.IGNORECASE)
_NAMED: Final = re.compile(
    rf"""(?P<name>{_NAME})["']?\s*[:=]\s*(?P<quote>["'])"""
    r"""(?P<value>(?:(?!(?P=quote))[^{}\\\n]|\\[^{}\n])+)(?P=quote)""",
    re.IGNORECASE,
)
_CERTAIN: Final = (
    re.compile(r"https://hooks\.slack\.com/services/(?P<value>[\w/]+)"),
    re.compile(r"https?://[\w.-]+/webhook(?:b2|s)?/(?P<value>[\w@/-]{16,})"),
    re.compile(r"://[^\s/:@\"'\\]*:(?P<value>[^\s/@\"'\\${]+)@"),
    re.compile(r"\b(?:Bearer|Basic|GenieKey)\s+(?P<value>[\w.~+/=-]{8,})"),
    re.compile(r"(?P<value>\b(?:xox[abprs]-|gh[pousr]_|glpat-|sk-|AKIA|eyJ)[\w.-]{12,})"),
)
"""What is a secret whatever stands around it."""
# Letters and digits, mixed and long: no word of a language, but perhaps an id.
_SENSELESS: Final = re.compile(r"(?P<value>\b(?=\w*\d)(?=\w*[A-Za-z])(?!\w*_)\w{24,}\b)")
_FUNCTIONS: Final = r"\b(?:hmac|sha1|sha2|sha3|md5|encrypt|decrypt)"
_KEYED: Final = re.compile(_FUNCTIONS + r"\((?P<inside>(?:[^()\n]|\((?:[^()\n]|\([^()\n]*\))*\))*)")
_LITERAL: Final = re.compile(r'"(?P<value>(?:[^"\\{}\n]|\\[^{}\n])+)"')
_ALGORITHM: Final = re.compile(r"(?:SHA|AES|XSALSA|CHACHA)[\w-]*")


@dataclass(frozen=True, slots=True)
class Sign:
    """A part of a text that is secret.

    Args:
        start: where it starts.
        end: where it ends.
        name: what it is called there, as a key; else ``key`` or ``token``.
    """

    start: int
    end: int
    name: str


def is_secret_name(name: str) -> bool:
    """Return whether a value of that name is a secret."""
    return _NAME_ALONE.fullmatch(name) is not None


def looks_secret(text: str) -> bool:
    """Return whether a text holds what looks like a secret, or may be one."""
    return any(shape.search(text) for shape in (*_CERTAIN, _SENSELESS))


def shows_secret(text: str) -> bool:
    """Return whether a text holds what is certainly a secret."""
    return any(shape.search(text) for shape in _CERTAIN)


def signs(text: str, *, code: bool) -> list[Sign]:
    """Return the secret parts of a text, in their order and none within another.

    Args:
        text: of a template or a program.
        code: whether it is a program, which may key or salt a hash.
    """
    found: list[Sign] = []
    rest, new = text, _apart(_with_repeats(text, _first_signs(text, code=code)))
    while new:
        found += new
        for sign in new:
            rest = rest[: sign.start] + _TAKEN * (sign.end - sign.start) + rest[sign.end :]
        # What was hidden by a secret beside it shows when that one is taken out.
        new = _apart(_with_repeats(rest, _shaped(rest)))
    return sorted(found, key=lambda sign: sign.start)


def _first_signs(text: str, *, code: bool) -> Iterator[Sign]:
    yield from _named(text)
    if code:
        yield from _keyed(text)
    yield from _shaped(text)


def _with_repeats(text: str, found: Iterable[Sign]) -> Iterator[Sign]:
    """Yield signs, and every other place of a value that is long enough: it is secret there too."""
    for sign in found:
        yield sign
        value = text[sign.start : sign.end]
        if len(value) >= _SHORTEST:
            for again in re.finditer(re.escape(value), text):
                yield Sign(*again.span(), sign.name)


def _named(text: str) -> Iterator[Sign]:
    for match in _NAMED.finditer(text):
        yield Sign(*match.span("value"), key_of(match["name"]))


def _keyed(text: str) -> Iterator[Sign]:
    """Yield texts that a program hands to a function which wants a key or a salt."""
    for call in _KEYED.finditer(text):
        for literal in _LITERAL.finditer(text, *call.span("inside")):
            if not _ALGORITHM.fullmatch(literal["value"]) and literal["value"].strip():
                yield Sign(*literal.span("value"), "key")


def _shaped(text: str) -> Iterator[Sign]:
    for shape in (*_CERTAIN, _SENSELESS):
        for match in shape.finditer(text):
            yield Sign(*match.span("value"), "token")


def _apart(found: Iterable[Sign]) -> list[Sign]:
    """Return signs in their order; those that overlap are one, called like the first."""
    joined: list[Sign] = []
    for sign in sorted(found, key=lambda one: (one.start, -one.end)):
        if joined and sign.start < joined[-1].end:
            last = joined.pop()
            sign = Sign(last.start, max(last.end, sign.end), last.name)  # noqa: PLW2901 - joined
        joined.append(sign)
    return joined
