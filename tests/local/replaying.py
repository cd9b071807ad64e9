"""Plays recorded exchanges against an embedded server and tells where the answers differ."""

from __future__ import annotations

import base64
import json
import re
import string
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpx
from google.protobuf.json_format import ParseDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from llmcost_infra.local.delivery import Outbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from llmcost_infra.local.server import LocalServer

__all__ = ["Difference", "Player", "exchanges"]

Exchange = dict[str, Any]

# What differs from run to run, by key: ids are mapped, everything else here is not compared.
_ID: Final = re.compile(
    r"\d{19}|[0-9A-Za-z]{27}|[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
)
_MAPPED: Final = frozenset({"hash", "token"})
_RUN_DEPENDENT: Final = frozenset(
    {
        "build_date",
        "instance",
        "peak_memory_usage",
        "scan_size",
        "took",
        "took_detail",
        "trace_id",
    }
)
_TIMES: Final = frozenset(
    {
        "added_ts",
        "created",
        "created_at",
        "doc_time_max",
        "doc_time_min",
        "index_updated_at",
        "last_satisfied_at",
        "last_triggered_at",
        "updated_at",
    }
)
# The server lists these from hash maps or tables with random keys.
_UNORDERED: Final = frozenset({"list"})

_UUID7 = re.compile(r'"(01a2[0-9a-f]{8})[0-9a-f]{20}"')
_KSUID = re.compile(r'"(3M[0-9A-Za-z]{25})"')
_SNOWFLAKE = re.compile(r'"(75\d{17})"')


_SHORTEST = len("14207101165930945")  # of what is mapped inside texts: no word, no small number
_DELIVERED = (
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"), "(time)"),
    (re.compile(r"\b1795\d{6,12}\b"), "(time)"),
    (re.compile(r"web/short/[0-9a-f]{16}"), "web/short/(key)"),
)
_VALUES = re.compile(r'("(?:feature|spend_usd|calls)": ")((?:[^"\\]|\\.)*)')
_NEAR = 2_000_000  # microseconds between requests that followed each other at once
# Rows of one amount, as JSON and as text: the alert's ORDER BY does not tell them apart.
_TIED: Final = (
    (re.compile(r'\{"feature":"\w+","usd":([\d.]+)\}(?:,\{"feature":"\w+","usd":\1\})+'), ","),
    (re.compile(r"(?<=\\n)\w+: \$([\d.]+) in \d+ calls(?:\\n\w+: \$\1 in \d+ calls)+"), r"\n"),
)
_POLL = 10_000_000


@dataclass(frozen=True)
class Difference:
    """One way in which an answer is not the recorded one."""

    file: str
    number: int
    what: str
    path: str
    recorded: Any
    ours: Any

    def __str__(self) -> str:
        recorded, ours = (json.dumps(side)[:300] for side in (self.recorded, self.ours))
        where = f"{self.file} {self.number} ({self.what}) {self.path}"
        return f"{where}:\n    recorded {recorded}\n    ours     {ours}"


def exchanges(path: Path) -> list[Exchange]:
    """Read a recording."""
    return [json.loads(line) for line in path.read_text().splitlines()]


class _Received(Outbox):
    """Takes every message, wherever it should go."""

    def _outcome(self, destination: Mapping[str, Any], body: str) -> int:
        del destination, body
        return 200


@dataclass
class Player:
    """Plays exchanges in order on one server, with the clock at the recorded time.

    Args:
        local: the server; its clock is replaced.
        now: the time before the first exchange, in microseconds.
        mapping: recorded ids → ours.
    """

    local: LocalServer
    now: int
    mapping: dict[str, str] = field(default_factory=dict[str, str])
    _ordered: bool = field(default=True, init=False)
    # Plain HTTP needs no certificates, which take their time to load.
    _client: httpx.Client = field(
        default_factory=lambda: httpx.Client(verify=False, timeout=30),  # noqa: S501 - plain HTTP
        init=False,
    )

    def close(self) -> None:
        """Drop the connection."""
        self._client.close()

    def play(self, file: str, recording: list[Exchange]) -> Iterator[Difference]:
        """Send every request and yield the differences of the answers."""
        self.local.server.clock = lambda: self.now
        self.local.server.outbox = self._outbox = _Received()
        for number, exchange in enumerate(recording, 1):
            if "request" not in exchange:
                continue
            self._turn_clock(recording[number - 1 :])
            sql = exchange["request"].get("json", {}) if _searches(exchange) else {}
            self._ordered = "ORDER BY" in json.dumps(sql).upper()
            answer = self._send(exchange["request"])
            if exchange["what"] == "create a service account" and answer.is_success:
                account = answer.json()
                self.mapping["service account"] = f"{account['user']}:{account['token']}"
            for path, recorded, ours in self._compare(exchange["response"], answer):
                yield Difference(
                    file, exchange.get("n", number), exchange["what"], path, recorded, ours
                )

        yield from self._compare_deliveries(file, recording)

    def _compare_deliveries(self, file: str, recording: list[Exchange]) -> Iterator[Difference]:
        """Let the new alerts run, and compare what arrived at the paths that were recorded."""
        recorded = sorted(
            (line["path"], _settled(line["body"])) for line in recording if "path" in line
        )
        if not recorded:
            return
        self.now += _POLL // 2
        self.local.server.scheduler.run_due()
        paths = {path for path, _ in recorded}
        ours = sorted(
            (path, _settled(sent.body))
            for sent in self._outbox.sent
            if (path := urlsplit(sent.url).path) in paths
        )
        if recorded != ours:
            yield Difference(file, len(recording), "delivered to the webhook", "", recorded, ours)

    def _turn_clock(self, upcoming: list[Exchange]) -> None:
        """Move to the recorded time, and run the alerts that are due on the way."""
        marks = (mark for exchange in upcoming if (mark := _mark(exchange)) > self.now)
        target = next(marks, self.now)
        if target - self.now > _NEAR and not _mark(upcoming[0]) > self.now:
            target = self.now
        scheduler = self.local.server.scheduler
        while self.now + _POLL < target:
            self.now += _POLL
            scheduler.run_due()
        self.now = max(self.now, target) + 1

    def _send(self, request: Exchange) -> httpx.Response:
        content, headers = self._body(request)
        return self._client.request(
            request["method"],
            self.local.url + self._known(request["path"]),
            params={
                key: self._known(str(value)) for key, value in request.get("params", {}).items()
            },
            content=content,
            files={key: (name, text) for key, (name, text) in request.get("multipart", {}).items()},
            headers=headers | self._credentials(request),
        )

    def _body(self, request: Exchange) -> tuple[bytes | None, dict[str, str]]:
        headers = dict(request.get("headers") or {})
        if "protobuf_of" in request:
            return _protobuf(request["protobuf_of"]), headers
        if "json" in request:
            text = json.dumps(request["json"], ensure_ascii=False, separators=(",", ":"))
            return self._known(text).encode(), {"content-type": "application/json", **headers}
        if "content" in request:
            return self._known(request["content"]).encode(), headers
        return None, headers

    def _credentials(self, request: Exchange) -> dict[str, str]:
        match request.get("auth"):
            case "none":
                return {}
            case "bad":
                pair = self.mapping.get("service account", "nobody@example.com:wrong")
            case _:
                pair = "root@example.com:Complexpass#123"
        return {"authorization": "Basic " + base64.b64encode(pair.encode()).decode()}

    def _known(self, text: str) -> str:
        """Write our ids where the recording has its own."""
        recorded = "|".join(re.escape(key) for key in self.mapping if len(key) >= _SHORTEST)
        if not recorded:
            return text
        return re.sub(recorded, lambda found: self.mapping[found.group()], text)

    def _compare(
        self, recorded: Exchange, answer: httpx.Response
    ) -> Iterator[tuple[str, Any, Any]]:
        if recorded["status"] != answer.status_code:
            yield "status", recorded["status"], f"{answer.status_code} {answer.text[:200]}"
            return
        media = answer.headers.get("content-type", "")
        if recorded["content_type"] != media:
            yield "content_type", recorded["content_type"], media
        ours: Any = answer.json() if media == "application/json" else answer.text
        theirs = recorded["body"]
        if (
            isinstance(ours, dict)
            and isinstance(theirs, dict)
            and "hits" in ours
            and "hits" in theirs
        ):
            ours, theirs = self._with_settled_ties(ours), self._with_settled_ties(theirs)
        yield from self._differences("body", "", theirs, ours)

    def _with_settled_ties(self, body: Exchange) -> Exchange:
        """Sort rows that the statement's order does not tell apart, or all of them without one."""
        columns = [column for column, _ in body.get("order_by_metadata", [])]
        settled: list[Any] = []
        for _, tied in groupby(body["hits"], key=lambda row: [row.get(name) for name in columns]):
            settled += sorted(tied, key=self._sortable)
        return body | {"hits": settled}

    def _differences(
        self, path: str, key: str, recorded: Any, ours: Any
    ) -> Iterator[tuple[str, Any, Any]]:
        if key in _RUN_DEPENDENT:
            return
        if key in _TIMES:
            if bool(recorded) != bool(ours) or type(recorded) is not type(ours):
                yield path, recorded, ours
            elif isinstance(recorded, str):
                self.mapping[recorded] = ours
            return
        if isinstance(recorded, dict) and isinstance(ours, dict):
            yield from self._objects(path, recorded, ours)
        elif isinstance(recorded, list) and isinstance(ours, list):
            yield from self._lists(path, key, recorded, ours)
        elif not self._same(key, recorded, ours):
            yield path, recorded, ours

    def _objects(
        self, path: str, recorded: Exchange, ours: Exchange
    ) -> Iterator[tuple[str, Any, Any]]:
        for key in recorded | ours:
            if key not in ours:
                yield f"{path}.{key}", recorded[key], "(absent)"
            elif key not in recorded:
                yield f"{path}.{key}", "(absent)", ours[key]
            else:
                yield from self._differences(f"{path}.{key}", key, recorded[key], ours[key])

    def _lists(
        self, path: str, key: str, recorded: list[Any], ours: list[Any]
    ) -> Iterator[tuple[str, Any, Any]]:
        if len(recorded) != len(ours):
            yield f"{path} (length {len(recorded)}, ours {len(ours)})", recorded, ours
            return
        if key in _UNORDERED or (key == "hits" and not self._ordered):
            recorded, ours = sorted(recorded, key=self._sortable), sorted(ours, key=self._sortable)
        for index, (left, right) in enumerate(zip(recorded, ours, strict=True)):
            yield from self._differences(f"{path}[{index}]", "", left, right)

    def _sortable(self, item: Any) -> str:
        return _ID.sub("", self._known(json.dumps(_without_times(item), sort_keys=True)))

    def _same(self, key: str, recorded: Any, ours: Any) -> bool:
        if not (isinstance(recorded, str) and isinstance(ours, str)):
            return bool(recorded == ours)
        if key in _MAPPED or (_ID.fullmatch(recorded) and _ID.fullmatch(ours)):
            return self.mapping.setdefault(recorded, ours) == ours
        return self._known(recorded) == ours


def _without_times(value: Any) -> Any:
    if isinstance(value, dict):
        skipped = _TIMES | _RUN_DEPENDENT
        return {key: _without_times(item) for key, item in value.items() if key not in skipped}
    return [_without_times(item) for item in value] if isinstance(value, list) else value


def _settled(body: str) -> str:
    """Write a delivered text without what differs from run to run."""
    for pattern, text in _DELIVERED:
        body = pattern.sub(text, body)
    for pattern, between in _TIED:
        for tied in pattern.finditer(body):
            body = body.replace(tied[0], between.join(sorted(tied[0].split(between))))
    return _VALUES.sub(lambda found: found[1] + ", ".join(sorted(found[2].split(", "))), body)


def _searches(exchange: Exchange) -> bool:
    path: str = exchange["request"]["path"]
    return path.endswith("/_search")


def _mark(exchange: Exchange) -> int:
    """Return the latest time that the ids of a recorded answer carry, in microseconds."""
    text = json.dumps(exchange.get("response", {}))
    seen = [int(found, 16) * 1000 for found in _UUID7.findall(text)]
    seen += [(int(found) >> 22) * 1000 for found in _SNOWFLAKE.findall(text)]
    seen += [_ksuid_time(found) for found in _KSUID.findall(text)]
    return max(seen, default=0)


def _ksuid_time(text: str) -> int:
    number = 0
    for character in text:
        number = number * 62 + (
            string.digits + string.ascii_uppercase + string.ascii_lowercase
        ).index(character)
    return ((number >> 128) + 1_400_000_000) * 1_000_000


def _protobuf(payload: dict[str, Any]) -> bytes:
    """Encode the JSON form, whose ids are hexadecimal, as OTLP protobuf."""
    copy = json.loads(json.dumps(payload))
    for resource in copy.get("resourceSpans", []):
        for scope in resource.get("scopeSpans", []):
            for span in scope.get("spans", []):
                for key in ("traceId", "spanId", "parentSpanId"):
                    if span.get(key):
                        span[key] = base64.b64encode(bytes.fromhex(span[key])).decode()
    return ParseDict(copy, ExportTraceServiceRequest()).SerializeToString()
