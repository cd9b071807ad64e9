"""What the provider is told: a stack's ``openobserve:*`` settings, or the environment."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from llmcost_infra.errors import LlmCostError
from llmcost_infra.openobserve.address import wrong_address
from llmcost_infra.openobserve.kinds.base import Problem
from llmcost_infra.openobserve.kinds.rules import nearest
from llmcost_infra.provider.marks import masked

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["SETTINGS", "Configuration", "problems", "secret_settings"]

SETTINGS: Final[Mapping[str, str]] = {
    "url": "Address of the server, e.g. https://observe.example.com (or OPENOBSERVE_URL).",
    "user": "E-mail of a user or service account (or OPENOBSERVE_USER).",
    "password": "Its password or token, secret (or OPENOBSERVE_PASSWORD).",
    "organization": "Organization of resources that name none (or OPENOBSERVE_ORG).",
    "timeout": "Seconds that an answer may take; 30 unless given.",
    "parallel": "Most requests at a time; 8 unless given.",
}
"""Every setting and what it means."""

_ENVIRONMENT: Final = {
    "url": "OPENOBSERVE_URL",
    "user": "OPENOBSERVE_USER",
    "password": "OPENOBSERVE_PASSWORD",
    "organization": "OPENOBSERVE_ORG",
}
_TIMEOUT: Final = 30.0
_PARALLEL: Final = 8
# What the engine adds to a provider's settings for itself.
_OF_THE_ENGINE: Final = frozenset(
    {"__internal", "version", "pluginDownloadURL", "parameterization"}
)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Where the server is and who asks.

    Args:
        url: address of the server; empty when nobody said it.
        user: e-mail; empty when nobody said it.
        password: empty when nobody said it; never shown.
        organization: of resources that name none.
        timeout: seconds that an answer may take.
        parallel: most requests at a time.
    """

    url: str = ""
    user: str = ""
    password: str = field(default="", repr=False)
    organization: str = "default"
    timeout: float = _TIMEOUT
    parallel: int = _PARALLEL

    @classmethod
    def read(cls, settings: Mapping[str, Any], environ: Mapping[str, str]) -> Configuration:
        """Return the configuration that these settings mean.

        Args:
            settings: as the engine gives them, without secrets' marks.
            environ: stands in for a setting that is absent or empty.
        """

        def text(name: str, default: str = "") -> str:
            given = str(settings.get(name) or "")
            return given or environ.get(_ENVIRONMENT[name], "") or default

        return cls(
            url=text("url"),
            user=text("user"),
            password=text("password"),
            organization=text("organization", "default"),
            timeout=float(settings.get("timeout") or _TIMEOUT),
            parallel=int(float(settings.get("parallel") or _PARALLEL)),
        )

    def require_access(self) -> None:
        """Make sure that there is a server to ask and somebody who asks.

        Raises:
            LlmCostError: names what is missing and how to set it.
        """
        missing = [name for name in ("url", "user", "password") if not getattr(self, name)]
        if missing:
            raise LlmCostError(
                f"The OpenObserve provider lacks {_listed(missing)}.",
                hint="; ".join(_how_to_set(name) for name in missing),
            )


def secret_settings(settings: Mapping[str, Any]) -> frozenset[str]:
    """Return the settings that must not be shown.

    That is the password, an address that carries one, and what nobody knows: a misspelt name may
    be that of the password.
    """
    hidden = {"password", *(settings.keys() - SETTINGS.keys() - _OF_THE_ENGINE)}
    url = str(masked(settings.get("url")))
    return frozenset(hidden | {"url"} if "@" in url else hidden)


def problems(settings: Mapping[str, Any]) -> Iterator[Problem]:
    """Yield what is wrong with these settings; absent and unknown ones are fine.

    Args:
        settings: as a stack or a program gives them, with marks.
    """
    for name in settings.keys() - SETTINGS.keys() - _OF_THE_ENGINE:
        yield Problem(name, f"unknown key; {nearest(name, SETTINGS)}")
    values: dict[str, Any] = {name: masked(value) for name, value in settings.items()}
    if (url := values.get("url")) and (wrong := wrong_address(str(url))):
        yield Problem("url", "; ".join(wrong))
    if _is_set(values.get("timeout")) and not _above_zero(values["timeout"]):
        yield Problem("timeout", "must be a number of seconds above 0, like 30")
    if _is_set(values.get("parallel")) and not _counts(values["parallel"]):
        yield Problem("parallel", "must be a whole number above 0, like 8")


def _is_set(value: Any) -> bool:
    return value is not None and value != ""


def _above_zero(value: Any) -> bool:
    try:
        return 0 < float(value) < float("inf")
    except (TypeError, ValueError):
        return False


def _counts(value: Any) -> bool:
    return _above_zero(value) and float(value).is_integer()


def _listed(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _how_to_set(name: str) -> str:
    secret = "--secret " if name == "password" else ""
    return f"pulumi config set {secret}openobserve:{name} … (or {_ENVIRONMENT[name]})"
