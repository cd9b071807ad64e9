"""Resources of each kind, to vary in tests."""

from __future__ import annotations

from typing import Any

from tests.provider.engine import Resource
from tests.provider.names import named

__all__ = [
    "FIXED",
    "MORE",
    "account",
    "alert",
    "dashboard",
    "destination",
    "edits",
    "elsewhere",
    "folder",
    "function",
    "panel",
    "pipeline",
    "price",
    "price_table",
    "program",
    "select_from_calls",
    "stream",
    "template",
]


def edits() -> dict[str, tuple[Any, ...]]:
    """Other values of inputs, by kind and path, where a changed letter or number is not valid."""
    return {
        "Dashboard.default_time_range": ("7d", "30d"),
        "Alert.stream_name": (named("llm_other"),),
        "Alert.stream_type": ("logs",),
        "Function.function": ('.llmcost_state = "old"\n.', '.llmcost_state = "older"\n.'),
    }


FIXED: dict[str, str] = {
    "*.order": "means a place: another number for the same place is no change",
    "Pipeline.nodes.*.type": "a node of another type has other keys",
    "Pipeline.nodes.*.next": "an edge comes or goes with its node",
    "Pipeline.nodes.mark.name": "there is no other function that it could name",
    "Stream.fields.*": "a column keeps its type",
    "Stream.data_retention": "a shorter one needs leave, see test_data_loss",
    "Stream.partition_keys.*": "a column that partitions keeps its type, says the server",
    "Stream.defined_schema_fields": "a server of one's own may not allow it",
    "Function.secrets": "what an edit of them shows is in test_secrets",
    "Dashboard.folder": "another one is a move, see test_single_kinds",
    "AlertTemplate.type": "an e-mail has a title, nothing else has",
    "AlertTemplate.title": "only an e-mail has one",
    "AlertTemplate.secrets": "what an edit of them shows is in test_secrets",
    "AlertDestination.template": "there is no other template that it could name",
    "AlertDestination.type": "a destination of another type has other keys",
    "AlertDestination.emails": "members of the organization, for type email",
    "AlertDestination.sns_topic_arn": "for type sns",
    "AlertDestination.aws_region": "for type sns",
    "AlertDestination.output_format": "follows from the service",
    "Alert.destinations": "there is no other destination that it could name",
    "Alert.query_condition.type": "a query of another type has other keys",
    "Alert.alert_type": "there is one that an open-source server keeps",
    "Alert.folder": "another one is a move, see test_single_kinds",
    "Alert.owner": "counts for a new alert only",
    "Alert.template": "there is no other template that it could name",
}
"""Inputs, by kind and path (``*`` is any text), that nobody changes one at a time, and why."""

MORE: dict[str, dict[str, Any]] = {
    "Folder": {"description": "What LLM calls cost."},
    "Stream": {
        "max_query_range": 24,
        "full_text_search_keys": ["llmcost_model"],
        "fields": {
            "llmcost_model": "utf8",
            "llmcost_cost_usd": "float64",
            "llmcost_feature": "utf8",
            "llmcost_team": "utf8",
        },
        "index_fields": ["llmcost_feature"],
        "bloom_filter_fields": ["llmcost_team"],
        "partition_keys": {"llmcost_team": "value"},
    },
    "Pipeline": {"description": "Marks.", "enabled": True},
    "Dashboard": {
        "description": "Spend.",
        "show_dynamic_filters": True,
        "variables": {"team": {"order": 10, "type": "textbox", "label": "Team"}},
    },
    "AlertDestination": {
        "method": "put",
        "skip_tls_verify": True,
        "destination_type_name": "custom",
        "metadata": {"team": "finops"},
    },
    "Alert": {
        "description": "Runbook 1",
        "enabled": True,
        "tz_offset": 60,
        "row_template_type": "Json",
        "deduplication": {"fingerprint_fields": ["llmcost_model"], "time_window_minutes": 5},
    },
}
"""Inputs that a sample has besides, so that the laws of a kind see them."""


def folder(called: str = "folder", /, **inputs: Any) -> Resource:
    """A folder of dashboards."""
    defaults = {"folder_type": "dashboards", "name": named("LLM Cost")}
    return Resource("openobserve:index:Folder", called, defaults | inputs)


def stream(called: str = "calls", /, **inputs: Any) -> Resource:
    """A traces stream with a retention."""
    defaults = {
        "name": named("llm_calls"),
        "stream_type": "traces",
        "data_retention": 30,
        "fields": {"llmcost_model": "utf8", "llmcost_cost_usd": "float64"},
    }
    return Resource("openobserve:index:Stream", called, defaults | inputs)


def function(called: str = "mark", /, **inputs: Any) -> Resource:
    """A function without secrets."""
    defaults = {"name": named("llm_mark_new"), "function": '.llmcost_state = "new"\n.'}
    return Resource("openobserve:index:Function", called, defaults | inputs)


def pipeline(called: str = "pipeline", /, **inputs: Any) -> Resource:
    """A pipeline from one stream through a function to another."""
    nodes = {
        "in": {
            "type": "stream",
            "stream_name": named("llm_ingest"),
            "stream_type": "traces",
            "next": ["mark"],
        },
        "mark": {"type": "function", "name": named("llm_mark_new"), "next": ["out"]},
        "out": {"type": "stream", "stream_name": named("llm_calls"), "stream_type": "traces"},
    }
    return Resource(
        "openobserve:index:Pipeline", called, {"name": named("llm"), "nodes": nodes} | inputs
    )


def select_from_calls(columns: str) -> str:
    """SQL on the calls of the program's stream."""
    return f"SELECT {columns} FROM {named('llm_calls')}"  # noqa: S608 - both are ours


def panel(order: int, select: str = "COUNT(*) AS calls") -> dict[str, Any]:
    """A tile that shows one number."""
    return {
        "order": order,
        "type": "metric",
        "title": f"Panel {order}",
        "width": 48,
        "height": 9,
        "query": select_from_calls(select),
        "stream": named("llm_calls"),
        "stream_type": "traces",
        "y_axis": [{"alias": "calls", "label": "Calls"}],
        "config": {"unit": "numbers", "decimals": 2, "show_legends": True},
    }


def dashboard(called: str = "cost", /, panels: Any = None, **inputs: Any) -> Resource:
    """A dashboard of one tab."""
    panels = panels or {"calls": panel(10), "errors": panel(20)}
    defaults = {
        "title": named("LLM Cost"),
        "default_time_range": "24h",
        "tabs": {"overview": {"order": 10, "name": "Overview", "panels": panels}},
    }
    return Resource("openobserve:index:Dashboard", called, defaults | inputs)


def template(called: str = "text", /, **inputs: Any) -> Resource:
    """A template without secrets."""
    defaults = {"name": named("llm-text"), "body": '{"text": "{alert_name}: {rows}"}'}
    return Resource("openobserve:index:AlertTemplate", called, defaults | inputs)


def destination(called: str = "channel", /, **inputs: Any) -> Resource:
    """A webhook that takes the template's text."""
    defaults = {
        "name": named("llm-channel"),
        "url": "https://hooks.example.com/services/T0/B0/hunter2",
        "headers": {"x-token": "hunter3-token"},
        "template": named("llm-text"),
    }
    return Resource("openobserve:index:AlertDestination", called, defaults | inputs)


def alert(called: str = "budget", /, **inputs: Any) -> Resource:
    """An alert on the calls of the program's stream."""
    sql = select_from_calls("llmcost_model, COUNT(*) AS calls") + " GROUP BY llmcost_model"
    defaults = {
        "name": named("llm-budget"),
        "stream_name": named("llm_calls"),
        "stream_type": "traces",
        "query_condition": {"type": "sql", "sql": sql},
        "trigger_condition": {"period": 60, "frequency": 5, "silence": 30},
        "destinations": [named("llm-channel")],
        "context_attributes": {"limit_usd": "500"},
        "row_template": "{llmcost_model}: {calls}",
    }
    return Resource("openobserve:index:Alert", called, defaults | inputs)


def price(pattern: str = "^gpt-4o(-2024-08-06)?$", **row: Any) -> dict[str, Any]:
    """A row of a price table with one tier."""
    prices = {
        "input": "0.0000025",
        "output": "0.00001",
        "cache_read_input_tokens": "0.00000125",
        "cache_creation_input_tokens": "0.0000025",
    }
    return {"match_pattern": pattern, "tiers": {"default": {"prices": prices}}} | row


def price_table(called: str = "prices", /, **inputs: Any) -> Resource:
    """A table of two rows, one of them with everything."""
    condition = {"usage_key": "input", "operator": "gt", "value": 200000}
    prices = price()["tiers"]["default"]["prices"]
    tiers = {
        "long": {"order": 10, "condition": condition, "prices": {**prices, "input": "0.000005"}},
        "default": {"prices": prices},
    }
    full = price(
        "^gemini-2\\.5-pro$",
        tiers=tiers,
        valid_from="2025-06-17",
        sort_order=1,
        provider="google",
        description="Twice the price for long prompts.",
    )
    models = {"openai/gpt-4o@2024-10-01": price(), "google/gemini-2.5-pro": full}
    defaults = {"models": {named(name): row for name, row in models.items()}}
    return Resource("openobserve:index:ModelPriceTable", called, defaults | inputs)


def account(called: str = "ci", /, **inputs: Any) -> Resource:
    """A service account."""
    defaults = {"email": named("ci@llmcost.example"), "first_name": "CI", "last_name": "deploys"}
    return Resource("openobserve:index:ServiceAccount", called, defaults | inputs)


def program() -> tuple[Resource, ...]:
    """One resource of every kind, in the order of their dependencies."""
    return (
        folder(),
        stream(),
        function(),
        pipeline(),
        dashboard(),
        template(),
        destination(),
        alert(),
        price_table(),
        account(),
    )


def elsewhere() -> dict[str, tuple[Resource, ...]]:
    """What the sample of a kind may move to, by kind."""
    return {
        "Alert": (stream("other", name=named("llm_other")), stream("logs", stream_type="logs")),
    }
