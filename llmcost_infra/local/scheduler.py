"""Runs alerts and scheduled pipelines when they are due, as the server does."""

from __future__ import annotations

import hashlib
import logging
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

from llmcost_infra.local.alert_query import rows_of
from llmcost_infra.local.alert_texts import Occasion, filled
from llmcost_infra.local.schedule import after_match, is_hit, next_run, window
from llmcost_infra.local.scheduled import run_due_pipelines
from llmcost_infra.local.search import run_sql
from llmcost_infra.local.templates import find as find_template

if TYPE_CHECKING:
    from collections.abc import Mapping

    from llmcost_infra.local.server import Server

__all__ = ["POLL_SECONDS", "Scheduler"]

_LOG = logging.getLogger(__name__)

POLL_SECONDS = 10
_RETRIES = 3
_KIND = "alerts"
Record = dict[str, Any]


class Scheduler:
    """The alerts and scheduled pipelines of one server.

    Args:
        server: holds alerts, rows, clock and outbox.
    """

    def __init__(self, server: Server) -> None:
        self._server = server
        self._stop = Event()
        self._thread: Thread | None = None

    def start(self) -> None:
        """Look for due alerts every few seconds, until `stop`."""
        self._thread = Thread(target=self._poll, name="alert-scheduler", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Finish the alert that is running, and stop."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join()

    def _poll(self) -> None:
        while not self._stop.wait(POLL_SECONDS):
            try:
                self.run_due()
            except Exception:  # noqa: BLE001 - logged; a schedule that ends helps nobody
                # One alert must not end the schedule of all others; it is tried again next time.
                _LOG.exception("an alert or scheduled pipeline could not be run")

    def run_due(self) -> int:
        """Run every scheduled pipeline and alert that is due now; return how many there were."""
        now, ran = self._server.now(), run_due_pipelines(self._server)
        for org in self._server.objects.organizations_with(_KIND):
            for record in self._server.objects.list(org, _KIND):
                due = record["run"].get("next_run_at")
                if due is not None and due <= now:
                    self._remember(org, record, self._run(org, record, due, now))
                    ran += 1
        return ran

    def fire(self, org: str, record: Record) -> None:
        """Send an alert's message now, without looking for rows."""
        now = self._server.now()
        self._deliver(org, record, Occasion(org, record["body"], (), now, now, now, self._url(org)))

    def _remember(self, org: str, record: Record, run: dict[str, Any]) -> None:
        """Write back the run, unless the alert was saved or deleted meanwhile."""
        objects = self._server.objects
        with objects.exclusive():
            current = objects.get(org, _KIND, record["id"])
            if current is None:
                return
            if current["run"]["next_run_at"] != record["run"]["next_run_at"]:
                run = run | {"next_run_at": current["run"]["next_run_at"]}
            objects.put(org, _KIND, record["id"], current | {"run": run})

    def _run(self, org: str, record: Record, due: int, now: int) -> dict[str, Any]:
        """Evaluate an alert and return its state afterwards."""
        alert = record["body"]
        state: dict[str, Any] = {**record["run"], "last_triggered_at": now, "retries": 0}
        if not alert["enabled"]:
            return state | {"next_run_at": None}
        start, end = window(alert, due, now)

        def looked(shift: int, size: int) -> list[Record]:
            kind, sql = alert["stream_type"], alert["query_condition"]["sql"]
            return run_sql(self._server, org, kind, sql, start - shift, end - shift, size)

        rows = rows_of(alert, looked)
        if rows is None or not is_hit(alert, len(rows)):
            return state | {"next_run_at": next_run(alert, now)}
        state["last_satisfied_at"] = now
        occasion = Occasion(org, alert, rows, start, end, now, self._url(org))
        # Nothing is sent about no rows, even when that is what the alert waits for.
        if rows and not self._deliver(org, record, occasion):
            retries = record["run"].get("retries", 0) + 1
            if retries <= _RETRIES:
                return state | {"next_run_at": now, "retries": retries}
        return state | {"next_run_at": after_match(alert, now)}

    def _deliver(self, org: str, record: Record, occasion: Occasion) -> bool:
        """Send to every destination; tell whether any message arrived."""
        alert = record["body"]
        arrived = False
        for name in alert["destinations"]:
            destination = self._server.objects.get(org, "destinations", name)
            if destination is None:
                continue
            template = self._template(org, alert, destination)
            if template is not None:
                arrived |= self._server.outbox.send(destination, filled(template, occasion)).arrived
        return arrived

    def _template(
        self, org: str, alert: Mapping[str, Any], destination: Mapping[str, Any]
    ) -> str | None:
        name = alert.get("template") or destination.get("template")
        template = find_template(self._server, org, name) if name else None
        return str(template["body"]) if template else None

    def _url(self, org: str) -> str:
        key = hashlib.sha256(f"{org}/{self._server.now()}".encode()).hexdigest()[:16]
        return f"http://localhost:5080/web/short/{key}?org_identifier={org}"
