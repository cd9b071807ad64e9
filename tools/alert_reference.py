"""Writes docs/alerts.md from the declarations in alerts/, so that the two cannot disagree."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from stories_of_alerts import STORIES

from llmcost_infra.catalog import load_alerts
from llmcost_infra.catalog.alerts import EXPORT_DELAY_MINUTES, shown
from llmcost_infra.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from llmcost_infra.catalog import AlertSpec

__all__ = ["PAGE", "main", "reference"]

PAGE = Path(__file__).resolve().parent.parent / "docs" / "alerts.md"
_HOUR, _DAY = 60, 24 * 60
_LONGEST_CALL = Settings(environment="any").max_call_minutes

_INTRODUCTION = f"""\
# Alerts

`make docs` writes this page from the files in [alerts/](../alerts). A stack has alerts as soon as
its settings name a route; the value of a secret goes to `pulumi config set --secret`:

```yaml
llmcost:settings:
  environment: prod
  budget:
    daily_usd: "500"
    monthly_usd: "12000"
    team_daily_usd: {{search: "120"}}
  routes:
    team: {{kind: slack, secret: slack_url}}
    oncall: {{kind: pagerduty, secret: pagerduty_key}}
    deadman: {{kind: webhook, secret: heartbeat_url, severities: [heartbeat]}}
```

A stack changes what it wants of an alert, by its name below; what it leaves out stays as declared:

```yaml
llmcost:settings:
  alerts:
    rate_limit: {{limits: {{at_least: "20"}}, silence_minutes: 60}}
    slow_duration: {{enabled: false}}
    cost_anomaly: {{severity: page, routes: [oncall, team]}}
```

- **Severity** decides who is told. `page` wakes somebody, `warn` is for the working day, `info` is
  to know. PagerDuty takes `page`, every other route `page`, `warn` and `info`, unless its
  `severities` say otherwise. An alert that no route takes is refused in the preview; `heartbeat`
  alone is left out then.
- **An alert is a statement that returns what is wrong**: one row is enough to fire, and each row is
  a line of the message. Limits are dollars in the YAML and in the message. `budget.hourly_usd` is a
  24th of `budget.daily_usd`.
- **Windows go by the end of a call.** A row carries its start and arrives when it is over, so the
  server looks {_LONGEST_CALL} minutes (the longest call that is seen, `max_call_minutes` of the
  settings) and {EXPORT_DELAY_MINUTES} minutes (exporters and collectors) further back than
  the window.
- **Silence** mutes a whole alert. So a team, a feature and a step of the month have one each.
- **An incident of PagerDuty** has the key environment, alert, team or owner, and UTC date: a
  deploy, after which OpenObserve looks again at once, opens no second one. OpenObserve never tells
  that something is over: close incidents by hand.
- **Microsoft Teams** gets an adaptive card; the secret holds the URL of a workflow that posts what
  a webhook sends. A row for Slack is none for Teams, so that a stack with routes of both kinds has
  each alert twice, the second one with `_teams` at the end of its name.
- **What it costs the server.** 40 teams, 20 features with a budget and 500,000 calls a day in three
  environments keep one worker of the embedded server busy for about 40 % of the time, a third of it
  for the budgets of teams; OpenObserve has five workers. It reads its own columnar files with the
  same engine, so each statement takes about as long; objects far away and hot disks of others are
  what differs. `python benchmarks/bench_alerts.py` measures each alert.
- **What the anomaly misses and invents**, on seeded traffic of 20 features over 90 days: 0.3 false
  firings a month on average, 97 % of hours at three times the usual told within 45 minutes, and all
  at ten times within 15. A feature with fewer than 20 calls an hour is left to the budgets.
- **OpenObserve's own limits.** E-mail needs SMTP on the server and shows rows as JSON; on a server
  without SMTP a route of kind `email` is refused.
- **Pictures** show what a rule compares, its limit, and when it fired, over made-up calls: what
  [llmcost backtest](backtest.md) `--out` draws of yours. A line breaks where nothing is known.
- **Before you change a limit**: [llmcost backtest](backtest.md) tells how often it would have fired
  over the last month.
- **Your own**: a project's file of the same name takes the place of a shipped one, also for the
  words in `alerts/notifications/`; a new `alerts/NAME.yaml` with `alerts/sql/NAME.sql.j2` is one
  more alert.

| alert | severity | looks at | every | silent for |
|---|---|---|---|---|
"""


def main() -> int:
    """Write the page."""
    PAGE.write_text(reference(), encoding="utf-8")
    return 0


def reference() -> str:
    """Return the page: the alerts in a table, then each by itself."""
    specs = load_alerts()
    return _INTRODUCTION + "".join(map(_line, specs)) + "".join(map(_section, specs))


def _line(spec: AlertSpec) -> str:
    declared = spec.declared
    times = (declared.window_minutes, declared.frequency_minutes, declared.silence_minutes)
    link = f"[{declared.title}](#{declared.title.lower().replace(' ', '-')})"
    return f"| {link} | {declared.severity} | {' | '.join(map(_length, times))} |\n"


def _section(spec: AlertSpec) -> str:
    declared = spec.declared
    rows = {
        "rule": f"[{spec.name}.sql.j2](../alerts/sql/{spec.name}.sql.j2)",
        "limits": "; ".join(_limits(spec)) or "none",
        "one alert for each": _each(spec),
        "says": f"`{declared.text}`",
        "reason": declared.reason,
        "what to do": declared.runbook,
        "owner, severity": f"{declared.owner}, {declared.severity}",
        "expected in 30 days": f"at most {declared.expected_firings_per_30d}",
    }
    table = "".join(f"| {key} | {value} |\n" for key, value in rows.items() if value)
    story = STORIES[spec.name].shows
    picture = (
        f"![{declared.title}: value, limit and firings over time](images/alerts/{spec.name}.svg)"
    )
    head = f"\n## {declared.title}\n\n{declared.description}\n"
    return f"{head}\n{picture}\n\n*{story}*\n\n| | |\n|---|---|\n{table}"


def _limits(spec: AlertSpec) -> Iterator[str]:
    for name, limit in spec.declared.limits.items():
        value = f"`{limit.setting}`" if limit.value is None else shown(name, Decimal(limit.value))
        yield f"{name} {value}"


def _each(spec: AlertSpec) -> str:
    each = spec.declared.each
    if each is None:
        return ""
    return f"entry of `{each.setting}`" if each.setting else "of " + ", ".join(each.values)


def _length(minutes: int) -> str:
    """Return minutes as people say them."""
    if minutes == 0:
        return "not at all"
    for unit, name in ((_DAY, "day"), (_HOUR, "hour")):
        if minutes >= unit and minutes % unit == 0:
            count = minutes // unit
            return f"{count} {name}{'s' if count > 1 else ''}"
    return f"{minutes} minutes"


if __name__ == "__main__":
    sys.exit(main())
