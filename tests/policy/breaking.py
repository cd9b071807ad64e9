"""A program that breaks every policy in production, and none elsewhere that dev may break."""

from llmcost_infra.resources import Alert, Stream

calls = Stream(
    "calls",
    name="llm_calls",
    stream_type="traces",
    fields={"llmcost_cost_usd": "float64"},
    data_retention=400,
    on_destroy="delete",
    allow_data_loss=True,
)
Stream(
    "content",
    name="llm_content",
    stream_type="traces",
    fields={"llmcost_prompt": "utf8"},
    data_retention=31,
)
Alert(
    "spend",
    name="daily_budget",
    folder="default",
    stream_name=calls.name,
    stream_type="traces",
    query_condition={"type": "sql", "sql": 'SELECT trace_id FROM "llm_calls"'},
    trigger_condition={"period": 60},
    destinations=["oncall"],
    context_attributes={"severity": "page", "runbook": "Look."},
)
