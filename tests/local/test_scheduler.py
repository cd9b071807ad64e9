"""Alerts at work: when they run, what they see, what is delivered, and when they are silent."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime
from threading import Event
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.local import scheduler
from llmcost_infra.local.alert_texts import Occasion, filled
from llmcost_infra.local.cron import Cron
from tests.local.webhook import Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from llmcost_infra.local.server import LocalServer

MINUTE = 60_000_000
START = 1_795_467_000_000_000  # a full minute
Body = dict[str, Any]
SQL = 'SELECT feature, SUM(cost) AS usd FROM "calls" GROUP BY feature HAVING SUM(cost) > 1'


class Scene:
    """A server with a stream, a destination and a clock that the test turns."""

    def __init__(self, local: LocalServer, client: httpx.Client, webhook: Webhook) -> None:
        self.now = START
        self.client = client
        self.webhook = webhook
        self.server = local.server
        self.server.clock = lambda: self.now
        fields = [{"name": "feature", "type": "Utf8"}, {"name": "cost", "type": "Float64"}]
        client.post("/api/default/streams/calls", json={"fields": fields, "settings": {}})
        text = '{"name": "{alert_name}", "rows": "{rows}"}'
        client.post("/api/default/alerts/templates", json={"name": "t", "body": text})
        hook: Body = {"name": "d", "url": webhook.url + "/hook", "template": "t"}
        hook["headers"] = {"x-token": "secret"}
        client.post("/api/default/alerts/destinations", json=hook)

    def alert(self, name: str = "budget", *, enabled: bool = True, **more: Any) -> str:
        """Save an alert over ten minutes, looked at every minute."""
        trigger = {"period": 10, "operator": ">=", "threshold": 1, "frequency": 1}
        body: Body = {
            "name": name,
            "stream_name": "calls",
            "enabled": enabled,
            "destinations": ["d"],
            "row_template": "{feature}={usd}",
            "query_condition": {"type": "sql", "sql": SQL, **more.pop("query", {})},
            "trigger_condition": {**trigger, **more.pop("trigger", {})},
            **more,
        }
        answer = self.client.post("/api/v2/default/alerts", json=body)
        assert answer.status_code == 200, answer.text
        made: str = answer.json()["id"]
        return made

    def spend(self, cost: float, *, ago: int = MINUTE, feature: str = "chat") -> None:
        """Store a call that cost something, some microseconds ago."""
        row = {"_timestamp": self.now - ago, "feature": feature, "cost": cost}
        self.client.post("/api/default/calls/_json", json=[row])

    def tick(self, minutes: float = 0) -> int:
        """Let time pass and run what is due."""
        self.now += int(minutes * MINUTE)
        return self.server.scheduler.run_due()

    def state(self, alert: str) -> Body:
        """Return an alert as shown."""
        shown: Body = self.client.get(f"/api/v2/default/alerts/{alert}").json()
        return shown

    @property
    def messages(self) -> list[Body]:
        """What arrived."""
        return [json.loads(body) for _, body in self.webhook.received]


@pytest.fixture
def scene(local: LocalServer, client: httpx.Client) -> Iterator[Scene]:
    """Set the scene."""
    with Webhook() as webhook:
        yield Scene(local, client, webhook)


def test_a_saved_alert_is_looked_at_at_once_and_then_at_full_minutes(scene: Scene) -> None:
    """Not in between."""
    scene.now += MINUTE // 3
    scene.alert()

    runs = [scene.tick(minutes) for minutes in (0, 0.5, 0.2, 0.5, 0.5)]

    assert runs == [1, 0, 1, 0, 1]


def test_what_is_found_is_delivered_with_the_destinations_headers(scene: Scene) -> None:
    """The rows in the template, the time of the match in the list."""
    made = scene.alert()
    scene.spend(1.5)
    scene.tick()

    assert scene.messages == [{"name": "budget", "rows": "chat=1.5"}]
    assert scene.webhook.headers[0]["x-token"] == "secret"
    assert scene.webhook.headers[0]["content-type"] == "application/json"
    assert scene.state(made)["last_satisfied_at"] == scene.now


def test_an_alert_that_finds_nothing_leaves_a_trace_only(scene: Scene) -> None:
    """That it ran shows, and nothing is sent."""
    made = scene.alert()
    scene.spend(0.5)
    scene.tick()

    shown = scene.state(made)
    assert (shown["last_triggered_at"], shown["last_satisfied_at"]) == (scene.now, None)
    assert scene.messages == []


def test_the_window_ends_when_the_run_was_due(scene: Scene) -> None:
    """Rows of ten minutes before it count; a row at its end does not."""
    scene.alert()
    scene.spend(1.2, ago=10 * MINUTE, feature="first")
    scene.spend(1.3, ago=10 * MINUTE + 1, feature="too old")
    scene.spend(1.4, ago=0, feature="too new")
    scene.now += 7_000_000
    scene.tick()

    assert scene.messages == [{"name": "budget", "rows": "first=1.2"}]


def test_silence_skips_the_looks(scene: Scene) -> None:
    """After a match nothing is seen until it is over."""
    scene.alert(trigger={"silence": 5})
    scene.spend(2)
    scene.tick()

    runs = [scene.tick(1) for _ in range(5)]

    assert runs == [0, 0, 0, 0, 1]
    assert len(scene.messages) == 2


def test_a_save_ends_the_silence(scene: Scene) -> None:
    """Every one: an unneeded update notifies again."""
    made = scene.alert(trigger={"silence": 60})
    scene.spend(2)
    scene.tick()
    body = scene.state(made)

    scene.client.put(f"/api/v2/default/alerts/{made}", json=body)
    scene.tick()

    assert len(scene.messages) == 2


def test_a_disabled_alert_is_looked_at_once_and_sends_nothing(scene: Scene) -> None:
    """As recorded: its run shows, then it rests until it is saved again."""
    made = scene.alert(enabled=False)
    scene.spend(2)

    assert [scene.tick(minutes) for minutes in (0, 1, 5)] == [1, 0, 0]
    assert scene.messages == []

    scene.client.patch(f"/api/v2/default/alerts/{made}/enable", params={"value": "true"})
    scene.tick()
    assert len(scene.messages) == 1


@pytest.mark.parametrize(
    ("operator", "threshold", "fires"),
    [
        (">=", 2, True),
        (">", 2, False),
        ("=", 2, True),
        ("!=", 2, False),
        ("<", 3, True),
        ("<=", 1, False),
    ],
)
def test_the_number_of_rows_is_compared(
    scene: Scene, operator: str, threshold: int, *, fires: bool
) -> None:
    """Two features over the limit are two rows."""
    scene.alert(trigger={"operator": operator, "threshold": threshold})
    scene.spend(2, feature="a")
    scene.spend(3, feature="b")
    scene.tick()

    assert bool(scene.messages) is fires


def test_nothing_is_sent_about_no_rows(scene: Scene) -> None:
    """Even when none is what the alert waits for; that it matched shows."""
    made = scene.alert(trigger={"operator": "=", "threshold": 0})
    scene.tick()

    assert scene.messages == []
    assert scene.state(made)["last_satisfied_at"] == scene.now


@pytest.mark.parametrize(
    "query",
    [
        {"sql": 'SELECT nosuch FROM "calls"'},
        {"type": "custom", "sql": None},
        {"vrl_function": base64.urlsafe_b64encode(b".x = nosuch()\n.").decode()},
        {"multi_time_range": [{"offSet": "yesterday"}]},
    ],
)
def test_an_alert_that_cannot_be_evaluated_keeps_quiet(scene: Scene, query: Body) -> None:
    """For ever, though it runs."""
    made = scene.alert(query=query)
    scene.spend(2)

    assert [scene.tick(minutes) for minutes in (0, 1, 1)] == [1, 1, 1]
    assert scene.messages == []
    assert scene.state(made)["last_satisfied_at"] is None


def test_a_function_sees_each_row(scene: Scene) -> None:
    """What it makes of the rows is what is told."""
    source = base64.urlsafe_b64encode(b'.feature = "the " + string!(.feature)\n.').decode()
    scene.alert(query={"vrl_function": source})
    scene.spend(2)
    scene.tick()

    assert scene.messages[0]["rows"] == "the chat=2.0"


def test_earlier_windows_reach_the_function_as_arrays(scene: Scene) -> None:
    """The current one first; what the function keeps is what counts."""
    source = (
        b"#ResultArray#\nwindows = array!(.)\nbefore = array(windows[1]) ?? []\n. = [before]\n."
    )
    query = {
        "vrl_function": base64.urlsafe_b64encode(source).decode(),
        "multi_time_range": [{"offSet": "1h"}],
    }
    scene.alert(query=query)
    scene.spend(2, feature="now")
    scene.spend(3, ago=61 * MINUTE, feature="an hour ago")
    scene.tick()

    assert scene.messages[0]["rows"] == "an hour ago=3.0"


def test_a_failed_delivery_is_tried_again_three_times(scene: Scene) -> None:
    """At the next looks, with a fresh evaluation; then the schedule goes on."""
    scene.webhook.status = 500
    scene.alert(trigger={"frequency": 30})
    scene.spend(2)

    runs = [scene.tick(0.1) for _ in range(6)]

    assert runs == [1, 1, 1, 1, 0, 0]
    assert len(scene.messages) == 4


def test_an_alerts_own_template_goes_before_the_destinations(scene: Scene) -> None:
    """A destination without any sends nothing."""
    templates = "/api/default/alerts/templates"
    scene.client.post(templates, json={"name": "own", "body": '{"own": "{alert_name}"}'})
    hook = {"name": "bare", "url": scene.webhook.url, "template": "lost"}
    scene.client.post("/api/default/alerts/destinations", json=hook)
    scene.alert("a", template="own")
    scene.alert("b", destinations=["bare"])
    scene.spend(2)
    scene.tick()

    assert scene.messages == [{"own": "a"}]


def test_trigger_sends_now_without_looking(scene: Scene) -> None:
    """Also when there is nothing to find."""
    made = scene.alert()

    scene.client.patch(f"/api/v2/default/alerts/{made}/trigger")

    assert scene.messages == [{"name": "budget", "rows": ""}]


def test_other_machines_are_not_called(scene: Scene) -> None:
    """The message is kept with the reason."""
    hook = {"name": "far", "url": "https://hooks.example.com/x", "template": "t"}
    scene.client.post("/api/default/alerts/destinations", json=hook)
    made = scene.alert(destinations=["far"])

    scene.client.patch(f"/api/v2/default/alerts/{made}/trigger")

    (sent,) = scene.server.outbox.sent
    assert not sent.arrived
    assert sent.outcome == "not sent: the embedded server only delivers to this machine"


def test_a_receiver_that_is_gone_is_a_failure_not_a_crash(scene: Scene) -> None:
    """The reason is kept."""
    hook = {"name": "gone", "url": "http://localhost:9/x", "template": "t"}
    scene.client.post("/api/default/alerts/destinations", json=hook)
    made = scene.alert(destinations=["gone"])

    scene.client.patch(f"/api/v2/default/alerts/{made}/trigger")

    (sent,) = scene.server.outbox.sent
    assert "ConnectError" in str(sent.outcome)


def test_a_cron_alert_waits_for_its_time(scene: Scene) -> None:
    """It is not looked at on save."""
    cron = {"frequency_type": "cron", "cron": "30 */5 * * * *", "timezone": "UTC"}
    scene.alert(trigger=cron)

    first = datetime.fromtimestamp(Cron(cron["cron"]).after(START) // 1_000_000, UTC)  # type: ignore[operator]  # it comes round

    assert scene.tick() == 0
    assert (first.minute % 5, first.second) == (0, 30)
    assert scene.tick(5) == 1


@given(st.integers(min_value=0, max_value=4_000_000_000))
def test_a_due_time_fits_its_expression_and_is_the_next(second: int) -> None:
    """No fitting second lies in between."""
    due = Cron("15,45 */10 8-10 * * MON-FRI").after(second * 1_000_000)

    assert due is not None
    moment = datetime.fromtimestamp(due // 1_000_000, UTC)
    assert due > second * 1_000_000
    assert moment.second in {15, 45}
    assert moment.minute % 10 == 0
    assert moment.hour in {8, 9, 10}
    assert moment.weekday() < 5
    again = Cron("15,45 */10 8-10 * * MON-FRI").after(due - 1_000_000)
    assert again == due


def test_a_cron_expression_means_its_zones_clock() -> None:
    """Nine in Berlin is eight in UTC in winter."""
    due = Cron("0 0 9 * * * *").after(START, ZoneInfo("Europe/Berlin"))

    assert due is not None
    assert datetime.fromtimestamp(due // 1_000_000, UTC).hour == 8


@pytest.mark.parametrize("text", ["", "* * * * *", "61 * * * * *", "5-1 * * * * *", "x * * * * *"])
def test_other_texts_are_no_cron_expression(text: str) -> None:
    """Five fields are not enough."""
    with pytest.raises(ValueError, match=r"cron|invalid"):
        Cron(text)


def test_a_time_that_never_comes_is_none() -> None:
    """The thirtieth of February."""
    assert Cron("0 0 0 30 FEB *").after(START) is None


def _occasion(rows: list[Body], **alert: Any) -> Occasion:
    body: Body = {
        "name": "a",
        "stream_type": "logs",
        "stream_name": "s",
        "is_real_time": False,
        "description": None,
        "row_template": "{x}",
        "row_template_type": "String",
        "trigger_condition": {"period": 5, "operator": ">=", "threshold": 1},
        **alert,
    }
    return Occasion("default", body, rows, START - MINUTE, START, START, "http://u")


ROWS: list[Body] = [{"x": "a"}, {"x": 'b"c'}, {"x": "a", "y": 2.5}]


@pytest.mark.parametrize(
    ("template", "alert", "text"),
    [
        ("{nosuch} {x:1}", {}, "{nosuch} a"),
        ("{x} {y}", {}, 'a, b\\"c 2.5'),
        ("{rows:2}", {}, 'a\\nb\\\\\\"c'),
        ("<{rows}>", {"row_template": ""}, "<>"),
        ('"{rows}"', {"row_template_type": "Json", "row_template": "{x}"}, '[a,b\\"c,a]'),
        ("{rows}", {"row_template_type": "Json", "row_template": "{x}"}, 'a\\nb\\\\\\"c\\na'),
        ("{alert_description}", {"description": 'raw "'}, 'raw "'),
        ("{limit}", {"context_attributes": {"limit": 'a"'}}, 'a\\"'),
        ("{alert_count} {alert_type} {alert_period}", {}, "3 scheduled 5"),
        ("{alert_start_time} {alert_end_time}", {}, "2026-11-23T20:49:00 2026-11-23T20:50:00"),
        ("{alert_agg_value}", {}, "{alert_agg_value}"),
        ("{{x}}", {"row_template": ""}, '{a, b\\"c}'),
    ],
)
def test_a_template_is_filled_as_recorded(template: str, alert: Body, text: str) -> None:
    """Values escaped, descriptions raw, unknown names left."""
    assert filled(template, _occasion(ROWS, **alert)) == text


def test_a_value_that_looks_like_a_variable_is_not_one() -> None:
    """What a row says is never filled in again."""
    assert filled("{x}", _occasion([{"x": "{alert_name}"}])) == "{alert_name}"


def test_a_failing_run_does_not_end_the_schedule(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The thread writes it to the log and looks again."""
    calls: list[int] = []
    enough = Event()

    def run_due() -> int:
        calls.append(1)
        if len(calls) > 1:
            enough.set()
            return 0
        raise ValueError("broken alert")

    monkeypatch.setattr(scheduler, "POLL_SECONDS", 0.01)
    monkeypatch.setattr(scene.server.scheduler, "run_due", run_due)
    scene.server.scheduler.start()

    assert enough.wait(60)
    scene.server.scheduler.stop()
    assert "broken alert" in caplog.text


@pytest.mark.parametrize("action", ["delete", "save"])
def test_what_happens_to_an_alert_while_it_runs_wins(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, action: str
) -> None:
    """A deleted one does not come back, a saved one stays due at once."""
    made = scene.alert()
    path = f"/api/v2/default/alerts/{made}"
    body = scene.state(made)

    def meddle(*_: object) -> list[Body]:
        scene.now += 1
        answer = (
            scene.client.delete(path) if action == "delete" else scene.client.put(path, json=body)
        )
        assert answer.is_success
        return []

    monkeypatch.setattr(scheduler, "rows_of", meddle)
    scene.tick()

    assert scene.tick() == (0 if action == "delete" else 1)
    assert scene.client.get(path).is_success is (action == "save")


def test_a_zone_that_nobody_knows_is_utc(scene: Scene) -> None:
    """The alert is kept and runs all the same."""
    cron = {"frequency_type": "cron", "cron": "0 * * * * *", "timezone": "Mars/Olympus"}
    scene.alert(trigger=cron)

    assert scene.tick(1) == 1
