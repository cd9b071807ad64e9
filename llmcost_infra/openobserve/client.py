"""The client of OpenObserve's REST API: requests in, JSON or an error with a next step out."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Self, TypeVar

import httpx

from llmcost_infra.errors import ApiError, NotFound, OrganizationNotFound, PartialAnswer
from llmcost_infra.openobserve.address import address
from llmcost_infra.openobserve.answers import Answer, checked, error_of
from llmcost_infra.openobserve.delivery import Delivery
from llmcost_infra.openobserve.models import Listing, Organizations, SearchAnswer, ServerConfig
from llmcost_infra.openobserve.paths import api_path, api_path_v2, organization_of
from llmcost_infra.openobserve.retry import Retry
from llmcost_infra.openobserve.unreached import unanswered
from llmcost_infra.utc import microseconds

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from pydantic import BaseModel

__all__ = ["Client", "SearchResult"]

_Model = TypeVar("_Model", bound="BaseModel")

_REPEATABLE = frozenset({"GET", "PUT", "DELETE", "PATCH"})
_PROTOBUF = "application/x-protobuf"
_CONNECT_S = 10.0
_SHORTEST_REDACTED = 4


@dataclass(frozen=True, slots=True)
class SearchResult:
    """Rows of a complete answer.

    Args:
        hits: one object a row.
        total: number of rows that the server counted.
        took_ms: how long the server took (ms).
        scanned_rows: that it read.
        scanned_mb: that it read (MB); 0 where it does not say.
        bucket_s: width of a bucket of ``histogram()`` (s); None without one.
    """

    hits: list[dict[str, Any]]
    total: int
    took_ms: int
    scanned_rows: int = 0
    scanned_mb: float = 0.0
    bucket_s: int | None = None


class Client:
    """Talks to one OpenObserve server as one user; threads may share it.

    Args:
        url: address of the server, with ``ZO_BASE_URI`` if it has one, without ``/api``.
        user: e-mail of a user or service account.
        password: its password or token; never in a message.
        organization: identifier of the organization that calls without another one use.
        timeout: seconds that an answer may take.
        parallel: most requests at a time; more than 4 to 8 buy nothing on one node.
        transport: replaces the network.
        retry: how often and how long to try.
        wait: waits for so many seconds between tries; by default until `cancel` at most.

    Raises:
        OpenObserveError: the address cannot be one.
    """

    def __init__(  # noqa: PLR0913 - each is a choice of the caller
        self,
        url: str,
        user: str,
        password: str,
        organization: str = "default",
        *,
        timeout: float = 30.0,
        parallel: int = 8,
        transport: httpx.BaseTransport | None = None,
        retry: Retry | None = None,
        wait: Callable[[float], object] | None = None,
    ) -> None:
        self.url = address(url)
        self.user = user
        self.organization = organization
        self._password = password
        self._timeout = timeout
        self._config: ServerConfig | None = None
        self._http = httpx.Client(
            base_url=self.url,
            auth=httpx.BasicAuth(user, password),
            timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_S)),
            limits=httpx.Limits(max_connections=parallel, max_keepalive_connections=parallel),
            transport=transport,
        )
        self._delivery = Delivery(self._http, parallel, retry or Retry(), wait)

    def __repr__(self) -> str:
        return f"Client({self.url!r}, {self.user!r}, organization={self.organization!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond `cancel`."""
        self._delivery.pause(seconds)

    def cancel(self) -> None:
        """Send nothing any more, stop waiting, and give up answers that take over a second."""
        self._delivery.cancel()

    def get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Return what a GET answers, as JSON."""
        return self._call("GET", path, params).content

    def read(
        self, model: type[_Model], path: str, params: Mapping[str, str] | None = None
    ) -> _Model:
        """Return what a GET answers, as a model.

        Raises:
            ApiError: the server refused it, or answered something else.
        """
        return checked(model, self.get(path, params), f"GET {path}")

    def put(self, path: str, body: Any = None, params: Mapping[str, str] | None = None) -> Any:
        """Return what a PUT answers, as JSON."""
        return self._call("PUT", path, params, body).content

    def patch(self, path: str, body: Any = None) -> Any:
        """Return what a PATCH answers, as JSON."""
        return self._call("PATCH", path, None, body).content

    def post(
        self,
        path: str,
        body: Any,
        params: Mapping[str, str] | None = None,
        *,
        repeatable: bool = False,
    ) -> Any:
        """Return what a POST answers, as JSON.

        Args:
            path: path of the call.
            body: JSON.
            params: query of the URL.
            repeatable: whether doing it twice is the same as doing it once; else it is only sent
                again when it provably never reached the server.
        """
        return self._call("POST", path, params, body, repeatable=repeatable).content

    def delete(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        """Return what a DELETE answers, as JSON."""
        return self._call("DELETE", path, params).content

    def get_config(self) -> ServerConfig:
        """Return version, edition and limits of the server (``GET /config``), asked for once."""
        if self._config is None:
            self._config = self.read(ServerConfig, "/config")
        return self._config

    def check(self) -> None:
        """Ask something small, so that a wrong address, user or organization shows early.

        Raises:
            TransportError: nobody answers at the address.
            Unauthorized: the user or the password is wrong.
            OrganizationNotFound: the organization is unknown.
            ApiError: the address is not that of an OpenObserve.
        """
        self.read(Listing, api_path_v2(self.organization, "folders", "dashboards"))

    def stream_schema(self, name: str, stream_type: str = "traces") -> dict[str, Any] | None:
        """Return what a stream is (``GET /api/{org}/streams/{name}/schema``): columns and settings.

        Args:
            name: as it is stored.
            stream_type: ``logs``, ``traces`` or ``metrics``.

        Returns:
            The answer, with columns in ``schema`` and ``settings``; None where there is none.
        """
        path = api_path(self.organization, "streams", name, "schema")
        try:
            found: dict[str, Any] = self.get(path, {"type": stream_type})
        except NotFound:
            return None
        return found

    def search(
        self,
        sql: str,
        start: datetime,
        end: datetime,
        *,
        stream_type: str = "traces",
        size: int = 1000,
    ) -> SearchResult:
        """Run SQL in the client's organization and return its rows.

        Args:
            sql: one statement.
            start: oldest row, with a time zone.
            end: end of the range, exclusive, with a time zone.
            stream_type: ``logs``, ``traces`` or ``metrics``.
            size: most rows.

        Raises:
            PartialAnswer: the server said 200, but rows are missing.
            ApiError: the server refused the statement.
        """
        query = {
            "sql": sql,
            "start_time": microseconds(start),
            "end_time": microseconds(end),
            "from": 0,
            "size": size,
        }
        answer = self._call(
            "POST",
            api_path(self.organization, "_search"),
            # Rows are added to days that somebody has looked at before.
            {"type": stream_type, "use_cache": "false"},
            {"query": query},
            repeatable=True,
        )
        found = checked(SearchAnswer, answer.content, answer.request)
        if found.failures:
            raise PartialAnswer(
                answer.status,
                self._redact("; ".join(found.failures)),
                request=answer.request,
                hint="Rows are missing from this answer: the range or a column's type is why.",
            )
        return SearchResult(
            found.hits,
            found.total,
            found.took,
            found.scan_records,
            found.scan_size,
            found.histogram_interval,
        )

    def export(self, signal: str, body: bytes, stream: str = "") -> bytes:
        """Send an OTLP export request and return the answer, both as protobuf.

        Like an exporter, it sends again when the answer is lost; the server may then keep rows
        twice (``POST /api/{org}/v1/{signal}``).

        Args:
            signal: ``traces``, ``metrics`` or ``logs``.
            body: the request.
            stream: where traces or logs go; metrics each have a stream of their own.

        Raises:
            TransportError: nobody answered.
            ApiError: the server refused it as a whole.
        """
        path = api_path(self.organization, "v1", signal)
        headers = {"content-type": _PROTOBUF} | ({"stream-name": stream} if stream else {})
        request = self._http.build_request("POST", path, content=body, headers=headers)
        response = self._deliver(request, f"POST {path}", repeatable=True)
        media = response.headers.get("content-type", "").partition(";")[0]
        if response.status_code == HTTPStatus.OK and media == _PROTOBUF:
            return response.content
        raise self._error(Answer.read(response, f"POST {path}"), path)

    def _call(
        self,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        *,
        repeatable: bool = False,
    ) -> Answer:
        repeatable = repeatable or method in _REPEATABLE
        request = self._http.build_request(method, path, params=params, json=body)
        label = f"{method} {path}"
        answer = Answer.read(self._deliver(request, label, repeatable=repeatable), label)
        if answer.status < HTTPStatus.MULTIPLE_CHOICES and answer.is_json:
            return answer
        raise self._error(answer, path)

    def _deliver(self, request: httpx.Request, label: str, *, repeatable: bool) -> httpx.Response:
        try:
            return self._delivery.deliver(request, repeatable=repeatable)
        except httpx.TransportError as error:
            raise unanswered(error, self.url, label, self._timeout, repeatable=repeatable) from None

    def _error(self, answer: Answer, path: str) -> ApiError:
        error = error_of(answer, self.user, self._redact)
        if isinstance(error, OrganizationNotFound):
            error.hint = self._which_is_unknown(organization_of(path)) or error.hint
        return error

    def _which_is_unknown(self, organization: str) -> str | None:
        """Return a hint that tells an unknown organization from an unknown route."""
        try:
            found = Answer.read(self._http.get("/api/organizations"), "GET /api/organizations")
            known = checked(Organizations, found.content, found.request).identifiers
        except (httpx.TransportError, ApiError):
            return None
        if organization in known:
            return (
                f"The organization {organization} exists, so the server does not know the route: "
                "it is another version of OpenObserve, or an edition without it."
            )
        return (
            f"{self.user} sees no organization {organization}; there is "
            f"{', '.join(sorted(known)) or 'none'}. Correct openobserve:organization "
            "(OPENOBSERVE_ORG)."
        )

    def _redact(self, text: str) -> str:
        token = base64.b64encode(f"{self.user}:{self._password}".encode()).decode()
        for secret in (token, self._password):
            if len(secret) >= _SHORTEST_REDACTED:
                text = text.replace(secret, "***")
        return text
