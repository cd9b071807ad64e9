"""One resource of every kind; the environment says what is different this time."""

import json
import os

import pulumi

from llmcost_infra.resources import (
    Alert,
    AlertDestination,
    AlertTemplate,
    Dashboard,
    Folder,
    Function,
    ModelPriceTable,
    Panel,
    Pipeline,
    ServiceAccount,
    Stream,
)

ORDERS = json.loads(os.environ.get("TEST_ORDERS", '{"calls": 10, "errors": 20}'))


def panel(name: str, order: int) -> Panel:
    """A tile that shows one number."""
    counting = f"SELECT COUNT(*) AS {name} FROM llm_calls"  # noqa: S608 - names are ours
    return {
        "order": order,
        "type": "metric",
        "title": name.title(),
        "width": 48,
        "height": 9,
        "query": os.environ.get(f"TEST_SQL_{name}", counting),
        "stream": "llm_calls",
        "stream_type": "traces",
        "y_axis": [{"alias": name, "label": name.title()}],
        "config": {"unit": "numbers", "decimals": 2, "show_legends": True},
    }


folder = Folder("folder", name="LLM Cost", description="What LLM calls cost.")
calls = Stream(
    "calls",
    name="llm_calls",
    stream_type="traces",
    fields={"llmcost_model": "utf8", "llmcost_cost_usd": "float64"},
    data_retention=400,
)
mark = Function(
    "mark",
    name="llm_mark_new",
    function='.user = sha2(string!(.user) + "${secret:salt}")\n.',
    secrets={"salt": os.environ.get("TEST_SALT", "grains-of-salt")},
)
pipeline = Pipeline(
    "pipeline",
    name="llm",
    nodes={
        "in": {
            "type": "stream",
            "stream_name": "llm_ingest",
            "stream_type": "traces",
            "next": ["mark"],
        },
        "mark": {"type": "function", "name": mark.name, "next": ["out"]},
        "out": {"type": "stream", "stream_name": calls.name, "stream_type": "traces"},
    },
)
dashboard = Dashboard(
    os.environ.get("TEST_NAME", "cost"),
    title=os.environ.get("TEST_TITLE", "LLM Cost"),
    folder=folder.folder_id,
    default_time_range="24h",
    tabs={
        "overview": {
            "order": 10,
            "name": "Overview",
            "panels": {name: panel(name, order) for name, order in ORDERS.items()},
        }
    },
    opts=pulumi.ResourceOptions(depends_on=[calls]),
)
page = AlertTemplate(
    "page",
    name="llm-page",
    body='{"routing_key": "${secret:key}", "event_action": "trigger", "dedup_key": "{alert_name}"}',
    secrets={"key": os.environ.get("TEST_KEY", "key-of-pagerduty")},
)
oncall = AlertDestination.pagerduty("oncall", name="llm-oncall", template=page.name)
alerts = Folder("alerts", name="LLM Cost", folder_type="alerts")
budget = Alert(
    "budget",
    name="llm-budget",
    folder=alerts.folder_id,
    stream_name=calls.name,
    stream_type="traces",
    query_condition={
        "type": "sql",
        "sql": "SELECT llmcost_model, COUNT(*) AS calls FROM llm_calls GROUP BY llmcost_model",
    },
    trigger_condition={"period": 60, "cron": "0 0 9 * * MON-FRI", "timezone": "Europe/Berlin"},
    destinations=[oncall.name],
    row_template="{llmcost_model}: {calls}",
)

prices = ModelPriceTable(
    "prices",
    models={
        "openai/gpt-4o@2024-10-01": {
            "match_pattern": "^gpt-4o(-2024-08-06)?$",
            "valid_from": "2024-10-01",
            "tiers": {
                "default": {
                    "prices": {
                        "input": "0.0000025",
                        "output": "0.00001",
                        "cache_read_input_tokens": "0.00000125",
                        "cache_creation_input_tokens": "0.0000025",
                    }
                }
            },
        }
    },
)
ci = ServiceAccount("ci", email="ci@llmcost.example", first_name="CI")
pulumi.export("token", ci.token)
pulumi.export("dashboard_id", dashboard.dashboard_id)
