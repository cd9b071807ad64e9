"""Reads the pages of a provider's administration API; the key goes nowhere but into its header."""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, ValidationError

from llmcost_infra.errors import ProviderError, ReconcileError
from llmcost_infra.openobserve.delivery import Delivery
from llmcost_infra.openobserve.retry import Retry
from llmcost_infra.reconcile.amounts import exact_json

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

__all__ = ["ProviderApi", "checked", "results_of"]

_Model = TypeVar("_Model", bound=BaseModel)

_TIMEOUT_S: Final = 60.0
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})
# Providers repeat the beginning of a wrong key in their words.
_KEY: Final = re.compile(r"\bsk-[\w*.\-]{4,}")
_MOST_PAGES: Final = 1_000


@dataclass(frozen=True, slots=True)
class _ProviderRetry(Retry):
    """Billing is read once a month: it may wait longer than an interactive request."""

    attempts: int = 6
    first: float = 1.0
    longest: float = 60.0

    def temporary(self, response: httpx.Response) -> bool:
        """Return whether the answer may be another one in a moment: 429, or any failure inside."""
        busy = response.status_code == HTTPStatus.TOO_MANY_REQUESTS
        return busy or response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR


class ProviderApi:
    """One provider's API, read as an administrator.

    Args:
        provider: its name, for people.
        url: address, e.g. `https://api.openai.com/v1`.
        headers: of every request, the key's among them; never in a message.
        needed: which kind of key is needed and where it is made, for the hint of a refusal.
        transport: replaces the network.
        wait: waits for so many seconds between tries.

    Raises:
        ReconcileError: the key would travel unencrypted.
    """

    def __init__(  # noqa: PLR0913 - each is a choice of the caller
        self,
        provider: str,
        url: str,
        headers: Mapping[str, str],
        needed: str,
        *,
        transport: httpx.BaseTransport | None = None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        parts = urlsplit(url)
        encrypted = parts.scheme == "https" or parts.hostname in _LOOPBACK
        if not parts.hostname or not encrypted:
            raise ReconcileError(
                f"{url} is no address that the key of an administrator may be sent to.",
                hint="Use https; plain http is for an address of this machine only.",
            )
        self.provider, self.url, self._needed = provider, url.rstrip("/"), needed
        # No redirect is followed: the key stays with the address that was asked for.
        self._http = httpx.Client(headers=dict(headers), timeout=_TIMEOUT_S, transport=transport)
        self._delivery = Delivery(self._http, 1, _ProviderRetry(), wait)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def buckets(
        self, path: str, params: Mapping[str, str | int | Sequence[str]]
    ) -> Iterator[dict[str, Any]]:
        """Yield the buckets of a report, page after page.

        Args:
            path: of the report, below the address.
            params: query.

        Raises:
            ProviderError: a page was refused, or is not of the documented form.
        """
        page: str | None = None
        seen: set[str | None] = set()
        while page not in seen and len(seen) < _MOST_PAGES:
            seen.add(page)
            answer = self._page(path, {**params, **({"page": page} if page else {})})
            data = answer.get("data")
            if not isinstance(data, list):
                raise ProviderError(f"{self._label(path)}: the answer has no list of buckets.")
            yield from data  # pyright: ignore[reportUnknownVariableType] # JSON
            if not answer.get("has_more"):
                return
            page = answer.get("next_page")
            if not page:
                break
        raise ProviderError(
            f"{self._label(path)}: there are more pages, but the next one is not named.",
            hint="Nothing was compared, because amounts would be missing or counted twice.",
        )

    def offers(self, path: str, params: Mapping[str, str | int | Sequence[str]]) -> bool:
        """Return whether the provider has a report: some come and go with its products."""
        return self._get(path, params).status_code != HTTPStatus.NOT_FOUND

    def _page(self, path: str, params: Mapping[str, str | int | Sequence[str]]) -> dict[str, Any]:
        response = self._get(path, params)
        try:
            content: Any = exact_json(response.content)
        except ValueError:
            content = None
        if response.status_code != HTTPStatus.OK:
            raise self._refused(path, response, content)
        if not isinstance(content, dict):
            raise ProviderError(f"{self._label(path)}: the answer is no JSON object.")
        return content  # pyright: ignore[reportUnknownVariableType] # JSON

    def _get(self, path: str, params: Mapping[str, str | int | Sequence[str]]) -> httpx.Response:
        # httpx writes a list as one parameter for each of its values.
        query: Any = dict(params)
        request = self._http.build_request("GET", f"{self.url}/{path}", params=query)
        try:
            return self._delivery.deliver(request, repeatable=True)
        except httpx.TransportError as error:
            raise ProviderError(
                f"{self._label(path)}: {type(error).__name__}, no answer.",
                hint="Check the network and the address, and run the command again.",
            ) from None

    def _refused(self, path: str, response: httpx.Response, content: Any) -> ProviderError:
        words = _KEY.sub("sk-***", _words(content) or response.reason_phrase)
        status = HTTPStatus(response.status_code)
        hint = "Run the command again; if it stays, the provider's status page may say more."
        if status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            hint = self._needed
        elif status == HTTPStatus.TOO_MANY_REQUESTS:
            hint = "It was tried several times; run the command again in some minutes."
        return ProviderError(f"{self._label(path)}: {status.value} {words}", hint=hint)

    def _label(self, path: str) -> str:
        return f"{self.provider}, GET {path}"


def _words(content: Any) -> str:
    """Return what a provider says about a refusal: both wrap it as error.message."""
    try:
        return str(content["error"]["message"])
    except (KeyError, TypeError, IndexError):
        return ""


def results_of(bucket: dict[str, Any]) -> list[Any]:
    """Return the results of a bucket; a day without any has an empty list."""
    results: Any = bucket.get("results")
    return results if isinstance(results, list) else []  # pyright: ignore[reportUnknownVariableType] # JSON


def checked(model: type[_Model], content: Any, where: str) -> _Model:
    """Return a result of a bucket as a model.

    Raises:
        ProviderError: it is something else than documented.
    """
    try:
        return model.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"]) or "result"
        raise ProviderError(
            f"{where}: {key} is not what is documented ({first['msg']}).",
            hint="The provider may have changed its form; report it with this message.",
        ) from None
