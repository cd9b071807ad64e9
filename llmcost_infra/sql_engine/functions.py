"""Functions that OpenObserve adds to DataFusion, as far as panels and alerts use them."""

from __future__ import annotations

from typing import Any

from llmcost_infra.sql_engine.arrow import arrow, compute, datafusion

__all__ = ["register"]


def _str_match(values: Any, pattern: Any) -> Any:
    return compute.match_substring(values, _constant(pattern))


def _str_match_ignore_case(values: Any, pattern: Any) -> Any:
    return compute.match_substring(values, _constant(pattern), ignore_case=True)


def _re_match(values: Any, pattern: Any) -> Any:
    return compute.match_substring_regex(values, _constant(pattern))


def _re_not_match(values: Any, pattern: Any) -> Any:
    return compute.invert(_re_match(values, pattern))


def _constant(pattern: Any) -> str:
    """Patterns are literals; DataFusion hands them over as an array of equal values."""
    return str(pattern[0].as_py()) if len(pattern) else ""


_FUNCTIONS = {
    "str_match": _str_match,
    "match_field": _str_match,
    "str_match_ignore_case": _str_match_ignore_case,
    "match_field_ignore_case": _str_match_ignore_case,
    "re_match": _re_match,
    "re_not_match": _re_not_match,
}
_REGISTERED = [
    datafusion.udf(function, [arrow.string(), arrow.string()], arrow.bool_(), "immutable", name)
    for name, function in _FUNCTIONS.items()
]


def register(context: Any) -> None:
    """Add the functions to a session."""
    for function in _REGISTERED:
        context.register_udf(function)
