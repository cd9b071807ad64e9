"""UTC days and months, and whole µs, whatever the month or the fraction of a second."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llmcost_infra.utc import Month, at_microseconds, microseconds, midnight, month_named

MOMENTS = st.datetimes(datetime(2000, 1, 1), datetime(2099, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - bounds have no zone


@pytest.mark.parametrize(
    "text", ["2026-13", "2026-00", "2026-1", "1999-12", "october", "2026-10-01"]
)
def test_what_names_no_month_is_none(text: str) -> None:
    """Only a year and a month of two digits do."""
    assert month_named(text) is None


@given(MOMENTS)
def test_a_month_has_all_its_days_and_no_other(moment: datetime) -> None:
    """It is written as it is read, and the day after its last one is a first."""
    month = month_named(f"{moment:%Y-%m}")

    assert month == Month(moment.date().replace(day=1))
    assert str(month) == f"{moment:%Y-%m}"
    assert moment.date() in month.days
    assert (month.days[-1] + timedelta(days=1)).day == 1


@given(MOMENTS)
def test_microseconds_lose_nothing(moment: datetime) -> None:
    """Floats would, at this distance from 1970."""
    assert datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=microseconds(moment)) == moment
    assert at_microseconds(microseconds(moment)) == moment


def test_a_day_begins_at_midnight() -> None:
    """UTC."""
    assert midnight(date(2026, 11, 24)) == datetime(2026, 11, 24, tzinfo=UTC)
