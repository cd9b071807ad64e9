"""Sums by minute, made on a server: they say at which looks an alert can find nothing.

Looks are at whole minutes, and windows are whole minutes long. So calls that start in the same
minute and end in the same minute come and go together, and their sum is all that has to be known.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from llmcost_infra.backtest.activity import reads
from llmcost_infra.backtest.live import answers
from llmcost_infra.backtest.prefilter import Prefilter
from llmcost_infra.backtest.shape import DIALECT, LAST, STARTED, UNKNOWN, reads_clock, shape_of
from llmcost_infra.local.schedule import MINUTE

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from llmcost_infra.backtest.activity import Read
    from llmcost_infra.backtest.rules import Rule
    from llmcost_infra.backtest.shape import Shape
    from llmcost_infra.openobserve import Client
    from llmcost_infra.sql_engine.intervals import TimeRange

__all__ = ["ServerSums", "sums_of"]

_SECONDS: Final = 60
_ADDED: Final = frozenset({"summed", "counted"})


class ServerSums:
    """Knows of one alert at which looks it can find nothing.

    Args:
        prefilter: over the sums.
    """

    def __init__(self, prefilter: Prefilter) -> None:
        self._prefilter = prefilter

    def possible(self, steps: Sequence[int]) -> list[bool]:
        """Tell for each look, in µs and ascending, whether anything can be found."""
        if any(step % MINUTE for step in steps):
            return [True] * len(steps)
        return self._prefilter.possible(steps)


def sums_of(
    rule: Rule, client: Client, time_range: TimeRange, progress: Callable[[int], object] = int
) -> ServerSums | None:
    """Return what sums on a server tell of an alert; None when its statement is of another shape.

    Args:
        rule: the alert.
        client: of the server.
        time_range: of the rows, as far back as the alert looks.
        progress: told the time that has been reached, in µs.

    Raises:
        OpenObserveError: the server refused, or left rows out.
    """
    condition = rule.body["query_condition"]
    if condition.get("multi_time_range") or condition.get("vrl_function"):
        return None
    shape = shape_of(rule.sql)
    asked = _asked(shape) if shape else None
    if shape is None or asked is None:
        return None
    kind = rule.body["stream_type"]
    hits = [hit for page in answers(client, asked.sql, kind, time_range, progress) for hit in page]
    if not hits or any(hit.get("apart") for hit in hits):
        return None  # copies of a call that lie in different windows count in some of them
    period = int(rule.body["trigger_condition"]["period"]) * MINUTE
    return ServerSums(Prefilter(shape, period, *asked.columns(hits)))


@dataclass(frozen=True, slots=True)
class _Asked:
    """A statement for sums, and what its columns mean.

    Args:
        sql: the statement.
        keys: how many columns tell groups apart.
        parts: expression → role and column.
    """

    sql: str
    keys: int
    parts: Mapping[str, tuple[str, str]]

    def columns(
        self, hits: Sequence[Mapping[str, Any]]
    ) -> tuple[dict[str, Any], dict[str, NDArray[np.float64]]]:
        """Return values and numbers of calls, by expression."""
        found: dict[str, Any] = {STARTED: np.asarray([hit["at"] for hit in hits], np.int64)}
        counts = {"*": _floats(hits, "n")}
        for text, (role, column) in self.parts.items():
            if role in _ADDED:
                counts[text] = _floats(hits, f"n_{column}")
            # Of what is counted only the number of those that have a value is asked for.
            named = {"summed": f"s_{column}", "counted": f"n_{column}"}
            found[text] = _floats(hits, named.get(role, column))
        if self.keys:
            names = [f"k{at}" for at in range(self.keys)]
            known: dict[tuple[Any, ...], int] = {}
            groups = [
                known.setdefault(tuple(hit.get(one) for one in names), len(known)) for hit in hits
            ]
            found["group"] = np.asarray(groups, np.int64)
        return found, counts


def _asked(shape: Shape) -> _Asked | None:
    """Return the statement for the sums of a shape, or None where minutes are too coarse for it."""
    every = [
        one
        for condition in (*shape.where, *(shape.having if shape.grouped else ()))
        for one in reads(condition)
    ]
    wanted = {(one.of.sql(DIALECT), one.role): one for one in every}
    if any(UNKNOWN in text for text, _ in wanted) or any(reads_clock(key) for key in shape.keys):
        return None
    # What plays two roles would need two columns of one name.
    if len({text for text, _ in wanted}) < len(wanted) or not all(map(_in_minutes, every)):
        return None
    parts = {text: (role, f"p{at}") for at, (text, role) in enumerate(wanted)}
    each = [f"{STARTED} / {MINUTE} * {MINUTE} AS at", f"{STARTED} <> {LAST} AS apart"]
    each += [f"{key.sql(DIALECT)} AS k{at}" for at, key in enumerate(shape.keys)]
    each += [f"{_rounded(one)} AS {parts[text][1]}" for (text, _), one in wanted.items()]
    kept = [column for role, column in parts.values() if role in {"moment", "condition"}]
    by = ", ".join(["at", *(f"k{at}" for at in range(len(shape.keys))), *kept])
    told = [by, "COUNT(*) AS n", "MAX(CASE WHEN apart THEN 1 ELSE 0 END) AS apart"]
    for role, column in parts.values():
        told += [f"SUM({column}) AS s_{column}"] if role == "summed" else []
        told += [f"COUNT({column}) AS n_{column}"] if role in _ADDED else []
    inner = f"SELECT {', '.join(each)} FROM ({shape.calls.sql(DIALECT)}) AS calls"  # noqa: S608 - of an alert
    sql = f"SELECT {', '.join(told)} FROM ({inner}) AS minutes GROUP BY {by}"  # noqa: S608 - of an alert
    return _Asked(sql, len(shape.keys), parts)


def _in_minutes(read: Read) -> bool:
    return read.moment is None or not (read.moment.seconds or 0) % _SECONDS


def _rounded(read: Read) -> str:
    """Return an expression that is equal for calls which no look tells apart."""
    text = f"({read.of.sql(DIALECT)})"
    if read.moment is None:
        return text
    if read.moment.unit:
        return f"{text} / {MINUTE} * {MINUTE}"
    return f"({text} + {_SECONDS - 1}) / {_SECONDS} * {_SECONDS}"


def _floats(hits: Sequence[Mapping[str, Any]], name: str) -> NDArray[np.float64]:
    # A server leaves out what is null.
    values = [hit.get(name) for hit in hits]
    return np.asarray([np.nan if one is None else float(one) for one in values], np.float64)
