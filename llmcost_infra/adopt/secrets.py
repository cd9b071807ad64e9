"""Secrets in what was read: taken out before anything is written, and named instead.

Addresses and headers of destinations are secret by kind. In texts and attributes a secret looks
like any other word: what is known by its name, its shape or its place is taken out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.adopt.naming import key_of, unique
from llmcost_infra.catalog.object_files import SECRETS, replaced

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from llmcost_infra.declarations import KeyPath
    from llmcost_infra.openobserve.kinds.base import Inputs

__all__ = ["Secret", "Vault"]

_PUBLIC: Final = frozenset(
    {
        "https://events.pagerduty.com/v2/enqueue",
        "https://events.eu.pagerduty.com/v2/enqueue",
        "https://api.opsgenie.com/v2/alerts",
        "https://api.eu.opsgenie.com/v2/alerts",
    }
)
"""Addresses that are the same for everybody: who posts there says so in a header or the body."""
_PUBLIC_NAMES: Final[Mapping[KeyPath, frozenset[str]]] = {
    ("headers",): frozenset({"accept", "content-type", "user-agent"}),
    ("metadata",): frozenset({"prebuilt_type", "priority", "severity"}),
}
"""What everybody may know of headers and of the UI's notes; all else is secret."""
_SHORTEST: Final = 8
"""Characters below which a secret is a word that may stand anywhere."""
_TEXT_OF: Final = {"functions": "function", "templates": "body"}

_NAME: Final = (
    r"(?:\w*(?:routing|integration|service|api|access|secret|private|account|auth|hash)[ _-]?key"
    r"|\w*(?:token|secret|passwor[dt]|passwd|passphrase|authorization|credential|salt))"
)
_NAMED: Final = re.compile(
    rf"""(?P<name>{_NAME})["']?\s*[:=]\s*["'](?P<value>[^"'{{}}\n]+)["']""", re.IGNORECASE
)
_NAME_ALONE: Final = re.compile(_NAME, re.IGNORECASE)
_SHAPES: Final = (
    re.compile(r"https://hooks\.slack\.com/services/(?P<value>[\w/]+)"),
    re.compile(r"https?://[\w.-]+/webhook(?:b2|s)?/(?P<value>[\w@/-]{16,})"),
    re.compile(r"://[^\s/:@\"'\\]*:(?P<value>[^\s/@\"'\\]+)@"),
    re.compile(r"\b(?:Bearer|Basic|GenieKey)\s+(?P<value>[\w.~+/=-]{8,})"),
    re.compile(r"(?P<value>\b(?:xox[abprs]-|gh[pousr]_|glpat-|sk-|AKIA|eyJ)[\w.-]{12,})"),
    # Long words without a sense: letters and digits, mixed.
    re.compile(r"(?P<value>\b(?=\w*\d)(?=\w*[A-Za-z])(?!\w*_)\w{24,}\b)"),
)
_KEYED: Final = re.compile(r"\b(?:hmac|sha1|sha2|sha3|md5|encrypt|decrypt)\((?P<inside>[^\n]*)")
_LITERAL: Final = re.compile(r'"(?P<value>[^"\\{}\n]+)"')
_ALGORITHM: Final = re.compile(r"(?:SHA|AES|XSALSA|CHACHA)[\w-]*")


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that the stack's configuration has to hold.

    Args:
        name: its key.
        what: what it is, for whoever sets it.
        value: what the server has; never printed and never written.
    """

    name: str
    what: str
    value: str = field(repr=False)


class Vault:
    """Takes secrets out of objects and keeps them."""

    def __init__(self) -> None:
        self.secrets: list[Secret] = []
        self._names: set[str] = set()

    def take(self, folder: str, resource: str, inputs: Inputs) -> Inputs:
        """Return the inputs of an object with ``{secret: name}`` where a secret is.

        Args:
            folder: the kind's folder.
            resource: name of the resource.
            inputs: as they were read.
        """
        if folder in _TEXT_OF:
            return self._out_of_text(folder, resource, inputs)

        def named(value: Any, at: KeyPath) -> Any:
            if not isinstance(value, str) or not _is_secret(folder, at, value):
                return value
            words = [str(one) for one in at if one not in {"headers", "context_attributes"}]
            what = f"{' '.join(words)} of the {folder[:-1]} {inputs['name']}"
            return {"secret": self._keep(key_of(resource, *words), what, value)}

        for pattern in SECRETS.get(folder, ()):
            inputs = replaced(inputs, pattern, named)
        return inputs

    def repeated_in(self, text: str) -> Iterator[Secret]:
        """Yield the secrets whose value stands in a text."""
        for secret in self.secrets:
            if len(secret.value) >= _SHORTEST and secret.value in text:
                yield secret

    def _out_of_text(self, folder: str, resource: str, inputs: Inputs) -> Inputs:
        key = _TEXT_OF[folder]
        text: str = inputs[key]
        secrets: dict[str, Any] = {}
        inside: set[str] = set()
        for name, value in _found_in(text, code=folder == "functions"):
            if value not in text:
                continue  # it stood within another one
            placed = key_of(unique(name, inside))
            what = f"{name} in the text of the {folder[:-1]} {inputs['name']}"
            text = text.replace(value, f"${{secret:{placed}}}")
            secrets[placed] = {"secret": self._keep(key_of(resource, placed), what, value)}
        return {**inputs, key: text, **({"secrets": secrets} if secrets else {})}

    def _keep(self, name: str, what: str, value: str) -> str:
        kept = unique(name, self._names).replace("-", "_")
        self.secrets.append(Secret(kept, what, value))
        return kept


def _is_secret(folder: str, at: KeyPath, value: str) -> bool:
    if folder == "alerts":
        named = _NAME_ALONE.fullmatch(str(at[-1])) is not None
        return named or any(True for _ in _shaped(value))
    if at == ("url",):
        return value not in _PUBLIC
    return str(at[-1]).lower() not in _PUBLIC_NAMES.get(at[:1], frozenset())


def _found_in(text: str, *, code: bool) -> list[tuple[str, str]]:
    """Return names and values of the secrets in a text, longest value first."""
    found: dict[str, str] = {}
    for match in _NAMED.finditer(text):
        found.setdefault(match["value"], key_of(match["name"]))
    for value in _literals(text) if code else ():
        found.setdefault(value, "key")
    for value in _shaped(text):
        found.setdefault(value, "token")
    return sorted(((name, value) for value, name in found.items()), key=lambda one: -len(one[1]))


def _shaped(text: str) -> Iterator[str]:
    for shape in _SHAPES:
        for match in shape.finditer(text):
            yield match["value"]


def _literals(text: str) -> Iterable[str]:
    """Yield texts that a program hands to a function which wants a key or a salt."""
    for call in _KEYED.finditer(text):
        for literal in _LITERAL.finditer(call["inside"]):
            if not _ALGORITHM.fullmatch(literal["value"]) and literal["value"].strip():
                yield literal["value"]
