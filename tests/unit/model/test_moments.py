"""Moments as text: to the second, in UTC, and in order."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from hypothesis import given
from hypothesis import strategies as st

from gatewright.model.moments import rfc3339

ZONES = st.sampled_from((UTC, timezone(timedelta(hours=5.5))))
# Within a day of either end, a moment of another zone is none in UTC.
MOMENTS = st.datetimes(datetime(1, 1, 3), datetime(9999, 12, 29), timezones=ZONES)


def test_what_is_less_than_a_second_is_cut_off() -> None:
    assert rfc3339(datetime(2026, 11, 22, 11, 43, 48, 999_999, UTC)) == "2026-11-22T11:43:48Z"


def test_another_zone_becomes_utc() -> None:
    assert rfc3339(datetime(2026, 1, 1, 0, 30, tzinfo=timezone(timedelta(hours=1)))) == "2025-12-31T23:30:00Z"


@given(MOMENTS, MOMENTS)
def test_moments_compare_as_text(one: datetime, other: datetime) -> None:
    assert (rfc3339(one) < rfc3339(other)) <= (one < other)
    assert datetime.fromisoformat(rfc3339(one)) == one.replace(microsecond=0)
