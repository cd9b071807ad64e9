"""Secrets in what was read: taken out before anything is written, and named instead.

Addresses and headers of destinations are secret by kind. In texts and attributes a secret looks
like any other word, and is known by signs only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.adopt.naming import key_of, unique
from llmcost_infra.adopt.signs import is_secret_name, looks_secret, shows_secret, signs
from llmcost_infra.catalog.object_files import SECRETS, replaced

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

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
_PLACEHOLDER: Final = re.compile(r"\$\{secret:\w+\}")
_TEXT_OF: Final = {"functions": "function", "templates": "body"}


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret that the stack's configuration has to hold.

    Args:
        name: its key.
        what: what it is, for whoever sets it.
        owner: kind's folder and resource's name of the object that holds it.
        value: what the server has; never printed and never written.
    """

    name: str
    what: str
    owner: tuple[str, str]
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

        owner = (folder, resource)

        def named(value: Any, at: KeyPath) -> Any:
            if not isinstance(value, str) or not _is_secret(folder, at, value):
                return value
            words = [str(one) for one in at if one not in {"headers", "context_attributes"}]
            what = f"{' '.join(words)} of the {folder[:-1]} {inputs['name']}"
            return {"secret": self._keep(key_of(resource, *words), what, owner, value)}

        for pattern in SECRETS.get(folder, ()):
            inputs = replaced(inputs, pattern, named)
        return inputs

    def of(self, owners: Collection[tuple[str, str]]) -> tuple[Secret, ...]:
        """Return the secrets of some objects, by kind's folder and name of their resource."""
        return tuple(secret for secret in self.secrets if secret.owner in owners)

    def shown_in(self, text: str) -> Iterator[str]:
        """Yield what secrets a text shows, in words: those that are kept, and others."""
        # What a secret is called there may be what another one is.
        text = _PLACEHOLDER.sub("{}", text)
        for secret in self.secrets:
            if len(secret.value) >= _SHORTEST and secret.value in text:
                yield secret.what
        if shows_secret(text):
            yield "an address or a key"

    def _out_of_text(self, folder: str, resource: str, inputs: Inputs) -> Inputs:
        key = _TEXT_OF[folder]
        text: str = inputs[key]
        placed: dict[str, str] = {}
        secrets: dict[str, Any] = {}
        parts, last = list[str](), 0
        for sign in signs(text, code=folder == "functions"):
            value = text[sign.start : sign.end]
            if value not in placed:
                name = placed[value] = unique(sign.name, set(placed.values()), "_")
                what = f"{name} in the text of the {folder[:-1]} {inputs['name']}"
                kept = self._keep(key_of(resource, name), what, (folder, resource), value)
                secrets[name] = {"secret": kept}
            parts += [text[last : sign.start], f"${{secret:{placed[value]}}}"]
            last = sign.end
        taken = "".join((*parts, text[last:]))
        return {**inputs, key: taken, **({"secrets": secrets} if secrets else {})}

    def _keep(self, name: str, what: str, owner: tuple[str, str], value: str) -> str:
        kept = unique(name, self._names, "_")
        self.secrets.append(Secret(kept, what, owner, value))
        return kept


def _is_secret(folder: str, at: KeyPath, value: str) -> bool:
    if folder == "alerts":
        return is_secret_name(str(at[-1])) or looks_secret(value)
    if at == ("url",):
        return value not in _PUBLIC
    return str(at[-1]).lower() not in _PUBLIC_NAMES.get(at[:1], frozenset())
