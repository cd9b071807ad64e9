"""The production checklist: mistakes that only show on a server, with data on it."""

from llmcost_infra.doctor.double_counting import (
    DoubleCounting,
    find_double_counting,
    statement,
)
from llmcost_infra.doctor.examination import CHECKS, Case, Said
from llmcost_infra.doctor.examine import CHECKLIST, Line, changed, examine
from llmcost_infra.doctor.metric_sum import (
    MetricSum,
    compare_sums,
    metric_statement,
    metric_sums,
    span_statement,
)

__all__ = [
    "CHECKLIST",
    "CHECKS",
    "Case",
    "DoubleCounting",
    "Line",
    "MetricSum",
    "Said",
    "changed",
    "compare_sums",
    "examine",
    "find_double_counting",
    "metric_statement",
    "metric_sums",
    "span_statement",
    "statement",
]
