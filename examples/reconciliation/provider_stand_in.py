"""Serves the billing reports of OpenAI and Anthropic as they are documented, with made-up bills.

    python examples/reconciliation/provider_stand_in.py --port 8787

The bills are of the last month. It knows one admin key for each provider, `sk-admin-stand-in` and
`sk-ant-admin-stand-in`, cuts reports into pages, and the first two answers of each are failures, as
they happen. Nothing of it leaves this machine.
"""

from __future__ import annotations

import argparse
import socket
import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from starlette.requests import Request

OPENAI_KEY, ANTHROPIC_KEY = "sk-admin-stand-in", "sk-ant-admin-stand-in"

Json = dict[str, Any]


@dataclass
class Account:
    """What a provider charged and counted, by UTC day.

    Args:
        costs: results of the cost report.
        usage: report → results by day.
        page: buckets on a page.
        faults: statuses with which the next answers fail.
        late: days whose bucket has not come yet.
        asked: paths that were asked for, in order.
    """

    costs: dict[date, list[Json]] = field(default_factory=lambda: defaultdict(list))
    usage: dict[str, dict[date, list[Json]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    page: int = 7
    faults: list[int] = field(default_factory=list)
    late: set[date] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)


def days_of_last_month() -> list[date]:
    """Return the UTC days of the last month."""
    last = datetime.now(UTC).date().replace(day=1) - timedelta(days=1)
    return [last.replace(day=one) for one in range(1, last.day + 1)]


def openai_cost(usd: str, item: str, project: str, key: str | None = None) -> Json:
    """Return a result of OpenAI's costs."""
    return {
        "object": "organization.costs.result",
        "amount": {"value": usd, "currency": "usd"},
        "line_item": item,
        "project_id": project,
        "api_key_id": key,
    }


def openai_usage(
    model: str, project: str, requests: int, *, batch: bool = False, **tokens: int
) -> Json:
    """Return a result of OpenAI's usage of completions; input counts what of it was cached."""
    return {
        "object": "organization.usage.completions.result",
        "input_tokens": tokens["input"],
        "input_cached_tokens": tokens.get("cached", 0),
        "output_tokens": tokens.get("output", 0),
        "num_model_requests": requests,
        "model": model,
        "batch": batch,
        "service_tier": "default",
        "project_id": project,
        "api_key_id": None,
    }


def openai_month() -> Account:
    """Return an account with calls, batch jobs, images and something new in the last month."""
    account, model = Account(), "gpt-4o-2024-08-06"
    for day in days_of_last_month():
        account.costs[day] = [
            openai_cost("2.50", f"{model}, input", "proj_search"),
            openai_cost("0.625", f"{model}, cached input", "proj_search"),
            openai_cost("3.00", f"{model}, output", "proj_search"),
            openai_cost("6.25", f"{model}, batch input", "proj_nightly"),
            openai_cost("0.40", "image generation", "proj_search"),
        ]
        account.usage["completions"][day] = [
            openai_usage(
                model, "proj_search", 400, input=1_500_000, cached=500_000, output=300_000
            ),
            openai_usage(model, "proj_nightly", 90, batch=True, input=5_000_000),
        ]
        if day.day == 1:
            account.costs[day].append(openai_cost("1.00", "hyperloop units", "proj_search"))
    return account


def anthropic_month() -> Account:
    """Return an account with calls, written and read caches, and web searches in the last month."""
    account, model = Account(), "claude-sonnet-4-5-20250929"
    served = {"model": model, "service_tier": "standard", "context_window": "0-200k"}
    place = {"workspace_id": "wrkspc_prod", "inference_geo": "global"}
    tokens = {**served, **place, "currency": "USD", "cost_type": "tokens"}
    other = {**dict.fromkeys(served), **place, "currency": "USD", "token_type": None}
    for day in days_of_last_month():
        account.costs[day] = [
            {**tokens, "amount": cents, "token_type": kind, "description": f"{model}, {words}"}
            for cents, kind, words in (
                ("600.00", "uncached_input_tokens", "input"),
                ("90.00", "cache_read_input_tokens", "cache read"),
                ("150.00", "cache_creation.ephemeral_5m_input_tokens", "cache write"),
                ("300.00", "output_tokens", "output"),
            )
        ]
        account.costs[day].append(
            {**other, "amount": "20.00", "cost_type": "web_search", "description": "Web Search"}
        )
        written = {"ephemeral_5m_input_tokens": 400_000, "ephemeral_1h_input_tokens": 0}
        account.usage["messages"][day] = [
            {
                **served,
                **place,
                "uncached_input_tokens": 2_000_000,
                "cache_read_input_tokens": 3_000_000,
                "cache_creation": written,
                "output_tokens": 200_000,
                "server_tool_use": {"web_search_requests": 20},
            }
        ]
    return account


def grouped(results: Iterable[Json], keys: set[str], kept: set[str]) -> list[Json]:
    """Return results added up by the keys that a request groups by; the others are null."""
    totals: dict[tuple[Any, ...], Json] = {}
    for result in results:
        names = sorted(name for name in result if isinstance(result[name], str | bool | None))
        named = [name for name in names if name not in kept]
        identity = tuple(result[name] if name in keys else None for name in named)
        into = totals.setdefault(
            identity,
            {name: result[name] if name in keys or name in kept else None for name in names},
        )
        for name, value in result.items():
            if isinstance(value, int) and not isinstance(value, bool):
                into[name] = into.get(name, 0) + value
            elif isinstance(value, dict):
                into[name] = _added(into.get(name), value)
    return list(totals.values())


def _added(before: Json | None, more: Json) -> Json:
    if before is None:
        return dict(more)
    numbers = more.keys() - {"currency"}
    added = {
        name: str(Decimal(str(before[name])) + Decimal(str(more[name])))
        if isinstance(more[name], str)
        else before[name] + more[name]
        for name in numbers
    }
    return {**before, **added}


@dataclass(frozen=True)
class Guard:
    """Lets an administrator in, and fails as often as the account says.

    Args:
        account: whose reports are behind it.
        header: that carries the key.
        key: what it has to be.
        words: what the provider says to others.
    """

    account: Account
    header: str
    key: str
    words: str

    def __call__(self, answer: Callable[[Request], Response]) -> Any:
        """Return what answers a route."""

        async def respond(request: Request) -> Response:
            account = self.account
            account.asked.append(request.url.path)
            if request.headers.get(self.header) != self.key:
                return JSONResponse({"error": {"message": self.words}}, 401)
            if account.faults:
                status = account.faults.pop(0)
                headers = {"retry-after": "1"} if status == 429 else {}  # noqa: PLR2004 - HTTP
                return JSONResponse({"error": {"message": "busy"}}, status, headers)
            return answer(request)

        return respond


_NO_SCOPE = (
    "You have insufficient permissions for this operation. Missing scopes: api.usage.read. "
    "Incorrect API key provided: sk-proj-abcd1234."
)


def build_app(openai: Account, anthropic: Account) -> Starlette:
    """Return the application.

    Args:
        openai: what OpenAI knows.
        anthropic: what Anthropic knows.
    """
    of_openai = Guard(openai, "authorization", f"Bearer {OPENAI_KEY}", _NO_SCOPE)
    of_anthropic = Guard(anthropic, "x-api-key", ANTHROPIC_KEY, "invalid x-api-key")

    def of_report(request: Request) -> Response:
        report = request.path_params["report"]
        if report in {"file_search_calls", "web_search_calls"} and report not in openai.usage:
            return JSONResponse({"error": {"message": "Unknown request URL"}}, 404)
        return _openai(openai, openai.usage[report], request)

    return Starlette(
        routes=[
            Route(
                "/v1/organization/costs",
                of_openai(lambda request: _openai(openai, openai.costs, request)),
            ),
            Route("/v1/organization/usage/{report}", of_openai(of_report)),
            Route(
                "/v1/organizations/cost_report",
                of_anthropic(lambda request: _anthropic(anthropic, anthropic.costs, request)),
            ),
            Route(
                "/v1/organizations/usage_report/messages",
                of_anthropic(
                    lambda request: _anthropic(anthropic, anthropic.usage["messages"], request)
                ),
            ),
        ]
    )


def _page(account: Account, days: list[date], request: Request) -> tuple[list[date], str | None]:
    at = int(request.query_params.get("page", "page_0").removeprefix("page_"))
    size = min(account.page, int(request.query_params.get("limit", "7")))
    shown = [day for day in days[at : at + size] if day not in account.late]
    return shown, f"page_{at + size}" if at + size < len(days) else None


def _days(start: datetime, end: datetime) -> list[date]:
    count = -(-(end - start) // timedelta(days=1))
    return [(start + timedelta(days=one)).date() for one in range(count)]


def _openai(account: Account, known: dict[date, list[Json]], request: Request) -> Response:
    query = request.query_params
    start, end = (
        datetime.fromtimestamp(int(query[name]), tz=UTC) for name in ("start_time", "end_time")
    )
    keys = set(query.getlist("group_by[]"))
    days, after = _page(account, _days(start, end), request)
    data: list[Json] = []
    for day in days:
        at = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        results = grouped(known.get(day, []), keys, {"object", "quantity_unit"})
        data.append(
            {"object": "bucket", "start_time": at, "end_time": at + 86_400, "results": results}
        )
    return JSONResponse(
        {"object": "page", "data": data, "has_more": after is not None, "next_page": after}
    )


def _anthropic(account: Account, known: dict[date, list[Json]], request: Request) -> Response:
    query = request.query_params
    start, end = (datetime.fromisoformat(query[name]) for name in ("starting_at", "ending_at"))
    days, after = _page(account, _days(start, end), request)
    data: list[Json] = [
        {
            "starting_at": f"{day}T00:00:00Z",
            "ending_at": f"{day + timedelta(days=1)}T00:00:00Z",
            "results": known.get(day, []),
        }
        for day in days
    ]
    return JSONResponse({"data": data, "has_more": after is not None, "next_page": after})


@contextmanager
def served(openai: Account, anthropic: Account) -> Iterator[str]:
    """Serve from a thread of this process.

    Yields:
        The address.
    """
    config = uvicorn.Config(build_app(openai, anthropic), log_level="warning")
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/v1"
        finally:
            server.should_exit = True
            thread.join()


def main() -> None:
    """Serve until Ctrl-C."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else "")
    parser.add_argument("--port", type=int, default=8787)
    chosen = parser.parse_args()
    openai, anthropic = openai_month(), anthropic_month()
    for account in (openai, anthropic):
        account.faults = [429, 500]
    config = uvicorn.Config(build_app(openai, anthropic), log_level="warning")
    with socket.create_server(("127.0.0.1", chosen.port)) as listening:
        print(f"http://127.0.0.1:{listening.getsockname()[1]}/v1", flush=True)
        uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    main()
