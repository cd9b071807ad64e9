"""What the server adds to spans of language models when they arrive, as 0.90 does it.

It moves message content to `llm_input` and `llm_output`, names model and provider, counts tokens,
and prices a span, but only one that carries content. None of this is truth (cached tokens pay the
full price, refused calls are charged): it is here because pipeline functions see it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from llmcost_infra.local.naming import to_json_text
from llmcost_infra.local.shapes import is_object
from llmcost_infra.local.token_count import count_tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

__all__ = ["Cost", "Pricer", "enrich", "is_llm"]

Attributes = dict[str, Any]
Cost = dict[str, float]
"""USD by kind of usage: input, output, total, …"""

if TYPE_CHECKING:
    Pricer = Callable[[str, Mapping[str, int], int], Cost]
else:
    Pricer = object
"""From model, tokens by kind and time (µs) to the cost; empty when nobody knows the price."""

_LLM_KEYS = frozenset(
    {
        "gen_ai.operation.name",
        "gen_ai.request.model",
        "gen_ai.input.messages",
        "llm.request.type",
        "llm.model_name",
        "langfuse.observation.type",
        "traceloop.span.kind",
        "input",
        "prompt",
        "input.value",
    }
)
_BY_OPERATION = {
    "chat": "GENERATION",
    "text_completion": "GENERATION",
    "generate_content": "GENERATION",
    "embeddings": "EMBEDDING",
    "invoke_agent": "AGENT",
    "create_agent": "AGENT",
    "execute_tool": "TOOL",
}
_BY_REQUEST_TYPE = {
    "chat": "GENERATION",
    "completion": "GENERATION",
    "embedding": "EMBEDDING",
    "rerank": "RERANK",
}
_BY_SPAN_KIND = {
    "LLM": "GENERATION",
    **{
        kind: kind
        for kind in (
            "CHAIN",
            "EMBEDDING",
            "AGENT",
            "TOOL",
            "RETRIEVER",
            "EVALUATOR",
            "GUARDRAIL",
            "RERANKER",
        )
    },
}
_PRICED = frozenset({"GENERATION", "EMBEDDING"})
_MODEL_KEYS = (
    "gen_ai.response.model",
    "ai.model.id",
    "gen_ai.request.model",
    "llm.response.model",
    "llm.model_name",
    "model",
)
_PROVIDER_KEYS = ("gen_ai.provider.name", "gen_ai.system", "ai.model.provider")
_USAGE_KEYS = (
    ("llm.usage.total_tokens", "total"),
    ("gen_ai.usage.input_tokens", "input"),
    ("gen_ai.usage.output_tokens", "output"),
    ("gen_ai.usage.total_tokens", "total"),
    ("gen_ai.usage.prompt_tokens", "input"),
    ("gen_ai.usage.completion_tokens", "output"),
    ("gen_ai.usage.cache_read_tokens", "cache_read_input_tokens"),
    ("gen_ai.usage.cache_write_tokens", "cache_creation_input_tokens"),
    ("llm.token_count.prompt", "input"),
    ("llm.token_count.completion", "output"),
)
# Where content is looked for: the first input that is there decides where the output comes from.
_CONTENT = (
    ("traceloop.entity.input", "traceloop.entity.output"),
    ("gen_ai.input.messages", "gen_ai.output.messages"),
    ("gen_ai.tool.call.arguments", "gen_ai.tool.call.result"),
    ("mlflow.spanInputs", "mlflow.spanOutputs"),
    ("input.value", "output.value"),
    ("input", "output"),
    ("tool_arguments", "tool_response"),
)
_CONTENT_KEYS = frozenset(key for pair in _CONTENT for key in pair)
_CONTENT_PREFIXES = (
    "gen_ai.prompt",
    "gen_ai.completion",
    "llm.input_messages",
    "llm.output_messages",
)
_NESTED_CONTENT = (
    ("gen_ai.prompt", "gen_ai.completion"),
    ("llm.input_messages", "llm.output_messages"),
)
_PARAMETER = "gen_ai.request."
_EMPTY_SUM = -0.0  # what the server's sum of no costs is


@dataclass(frozen=True, slots=True)
class _Content:
    given: Any
    made: Any

    def __bool__(self) -> bool:
        return self.given is not None or self.made is not None


_NOTHING = _Content(None, None)


def is_llm(attributes: Attributes) -> bool:
    """Tell whether a span's attributes make it a span of a language model."""
    return not _LLM_KEYS.isdisjoint(attributes)


def enrich(
    attributes: Attributes, events: Sequence[Mapping[str, Any]], price: Pricer, at: int
) -> Attributes:
    """Return a span's attributes as the server keeps them.

    Args:
        attributes: as sent, values as text.
        events: of the span.
        price: what a usage of a model costs.
        at: start of the span, in microseconds since 1970.
    """
    kind = _observation(attributes)
    model = _first(attributes, _MODEL_KEYS)
    kept: Attributes = {}
    text: Attributes = {}
    for key, value in attributes.items():
        if _is_content(key):
            text[key] = value
        else:
            kept[key] = value
            parameter = _parameter(key)
            if parameter:
                kept[parameter] = value
    content = _content(text, events) if text or events else _NOTHING
    usage = _usage(attributes)
    cost = _client_cost(attributes)
    if content:
        if kind in _PRICED:
            _count(usage, content)
        _complete(usage)
        if not cost and kind in _PRICED and model:
            cost = price(str(model), usage, at)
    _complete(usage)
    kept["llm_observation_type"] = kind
    _put(kept, "gen_ai_response_model", model)
    _put(kept, "gen_ai_system", _first(attributes, _PROVIDER_KEYS))
    _put(kept, "llm_input", content.given)
    _put(kept, "llm_output", content.made)
    for key, tokens in usage.items():
        kept[f"llm_usage_tokens_{key}"] = tokens
    for key, usd in cost.items():
        kept[f"llm_usage_cost_{key}"] = usd
    kept.setdefault("llm_usage_cost_total", _total(cost))
    _put(kept, "user_id", attributes.get("user.id"))
    _put(kept, "session_id", _first(attributes, ("session.id", "gen_ai.conversation.id")))
    _put(kept, "gen_ai_tool_call_arguments", attributes.get("gen_ai.tool.call.arguments"))
    _put(kept, "gen_ai_tool_call_result", attributes.get("gen_ai.tool.call.result"))
    return kept


def _put(kept: Attributes, key: str, value: Any) -> None:
    if value is not None:
        kept[key] = value


def _first(attributes: Attributes, keys: Sequence[str]) -> Any:
    return next((attributes[key] for key in keys if attributes.get(key)), None)


def _observation(attributes: Attributes) -> str:
    """Return what the server calls the span, such as GENERATION or TOOL."""
    found = _BY_OPERATION.get(str(attributes.get("gen_ai.operation.name", "")).lower())
    found = found or _BY_REQUEST_TYPE.get(str(attributes.get("llm.request.type", "")).lower())
    found = found or _BY_SPAN_KIND.get(str(attributes.get("openinference.span.kind", "")).upper())
    if found:
        return found
    if "gen_ai.tool.name" in attributes or "gen_ai.tool.call.id" in attributes:
        return "TOOL"
    return "GENERATION" if any(key in attributes for key in _MODEL_KEYS) else "SPAN"


def _content(attributes: Attributes, events: Sequence[Mapping[str, Any]]) -> _Content:
    from_events = _event_content(events)
    if from_events:
        return from_events
    if _CONTENT[0][0] in attributes:
        return _Content(attributes[_CONTENT[0][0]], attributes.get(_CONTENT[0][1]))
    nested = _nested_content(attributes, *_NESTED_CONTENT[0])
    if nested:
        return nested
    for given, made in _CONTENT[1:]:
        if given in attributes:
            return _Content(attributes[given], attributes.get(made))
    return _nested_content(attributes, *_NESTED_CONTENT[1])


def _event_content(events: Sequence[Mapping[str, Any]]) -> _Content:
    given: list[Any] = []
    made: list[Any] = []
    for event in events:
        name = str(event["name"])
        said = {key: value for key, value in event.items() if key not in {"name", "_timestamp"}}
        if name == "gen_ai.choice":
            made.append(said)
        elif name.startswith("gen_ai.") and name.endswith(".message"):
            given.append({"role": name[len("gen_ai.") : -len(".message")], **said})
    return _Content(given or None, made[0] if len(made) == 1 else made or None)


def _nested_content(attributes: Attributes, given: str, made: str) -> _Content:
    sides: list[Any] = []
    for prefix in (given, made):
        found = {
            key[len(prefix) :].lstrip("."): value
            for key, value in attributes.items()
            if key.startswith(prefix)
        }
        sides.append(_unflattened(found) if found else None)
    return _Content(*sides)


def _unflattened(paths: dict[str, Any]) -> Any:
    """Turn `0.role`, `0.content` into a list of objects."""
    if "" in paths and len(paths) == 1:
        return paths[""]
    tree: dict[str, Any] = {}
    for path, value in sorted(paths.items()):
        place = tree
        *above, last = path.split(".")
        for step in above:
            inner: Any = place.setdefault(step, {})
            place = inner if is_object(inner) else {}
        place[last] = value
    return _lists(tree)


def _lists(tree: Any) -> Any:
    if not is_object(tree):
        return tree
    if all(key.isdigit() for key in tree):
        return [_lists(tree[key]) for key in sorted(tree, key=int)]
    return {key: _lists(value) for key, value in tree.items()}


def _usage(attributes: Attributes) -> dict[str, int]:
    usage: dict[str, int] = {}
    for key, kind in _USAGE_KEYS:
        if key in attributes:
            try:
                usage[kind] = int(float(attributes[key]))
            except (TypeError, ValueError, OverflowError):
                continue
    return usage


def _count(usage: dict[str, int], content: _Content) -> None:
    """Estimate tokens that the client did not report from the text."""
    for key, text in (("input", content.given), ("output", content.made)):
        if key not in usage and text is not None:
            usage[key] = count_tokens(to_json_text(text))


def _complete(usage: dict[str, int]) -> None:
    usage.setdefault("input", 0)
    usage.setdefault("output", 0)
    usage.setdefault("total", usage["input"] + usage["output"])


def _client_cost(attributes: Attributes) -> Cost:
    try:
        return {"total": float(attributes["gen_ai.usage.cost"])}
    except (KeyError, TypeError, ValueError):
        return {}


def _total(cost: Cost) -> float:
    return sum(cost.values()) if cost else _EMPTY_SUM


@lru_cache(maxsize=4096)
def _parameter(key: str) -> str:
    """Return where a parameter of the request, such as `gen_ai.request.seed`, is repeated."""
    if not key.startswith(_PARAMETER) or key == "gen_ai.request.model":
        return ""
    return f"llm_request_parameters_{key[len(_PARAMETER) :]}"


@lru_cache(maxsize=4096)
def _is_content(key: str) -> bool:
    return key in _CONTENT_KEYS or key.startswith(_CONTENT_PREFIXES)
