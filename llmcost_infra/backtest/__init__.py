"""What alerts would have done: their rules replayed over rows of the past."""

from llmcost_infra.backtest.compare import Comparison
from llmcost_infra.backtest.data import Rows, read_rows
from llmcost_infra.backtest.live import fetch_rows
from llmcost_infra.backtest.report import Report
from llmcost_infra.backtest.rows import needed_columns
from llmcost_infra.backtest.rules import Rule, chosen, rules_of
from llmcost_infra.backtest.run import backtest, range_before

__all__ = [
    "Comparison",
    "Report",
    "Rows",
    "Rule",
    "backtest",
    "chosen",
    "fetch_rows",
    "needed_columns",
    "range_before",
    "read_rows",
    "rules_of",
]
