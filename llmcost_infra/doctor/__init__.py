"""What stored data says about a stack: mistakes that only show in production."""

from llmcost_infra.doctor.double_counting import (
    DoubleCounting,
    find_double_counting,
    statement,
)
from llmcost_infra.doctor.metric_sum import (
    MetricSum,
    compare_sums,
    metric_statement,
    metric_sums,
    span_statement,
)

__all__ = [
    "DoubleCounting",
    "MetricSum",
    "compare_sums",
    "find_double_counting",
    "metric_statement",
    "metric_sums",
    "span_statement",
    "statement",
]
