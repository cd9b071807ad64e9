"""Words of SQL that matter when a statement is taken apart."""

from __future__ import annotations

__all__ = ["AFTER_TABLE", "AGGREGATES", "CLAUSE_STARTS", "NO_CALL", "SET_OPERATORS"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


AGGREGATES = _words(
    """
    approx_distinct approx_median approx_percentile_cont approx_percentile_cont_with_weight
    approx_topk approx_topk_distinct array_agg avg bit_and bit_or bit_xor bool_and bool_or corr
    count covar covar_pop covar_samp first_value grouping last_value max mean median min
    nth_value percentile_cont regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope
    regr_sxx regr_sxy regr_syy stddev stddev_pop stddev_samp string_agg sum summary_percentile
    var var_pop var_population var_samp var_sample
    """
)
"""Functions over many rows, in lower case."""

SET_OPERATORS = _words("UNION EXCEPT INTERSECT")
"""What joins two selects."""

CLAUSE_STARTS = _words("SELECT FROM WHERE GROUP HAVING WINDOW ORDER LIMIT OFFSET FETCH")
"""The words that a clause of a select begins with."""

NO_CALL = _words(
    """
    ALL AND ANY AS BETWEEN BY CASE CAST DISTINCT ELSE EXISTS FILTER FROM GROUP HAVING IN
    INTERVAL IS JOIN LIKE NOT ON OR OVER SELECT SOME THEN TRY_CAST UNION USING VALUES WHEN WHERE
    WITH
    """
)
"""A parenthesis after one of these does not hold the arguments of a function."""

AFTER_TABLE = _words(
    """
    CROSS EXCEPT FETCH FULL GROUP HAVING INNER INTERSECT JOIN LEFT LIMIT NATURAL OFFSET ON ORDER
    RIGHT UNION USING WHERE WINDOW
    """
)
"""What may follow a table, its alias aside."""
