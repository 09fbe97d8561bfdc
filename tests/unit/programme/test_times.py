"""Moments and durations as programmes write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.programme import times

CEST = timezone(timedelta(hours=2))


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2021-06-28T14:00:00+02:00", datetime(2021, 6, 28, 14, tzinfo=CEST)),
        ("2021-06-28 14:00", datetime(2021, 6, 28, 14)),
        ("20210628T1430", datetime(2021, 6, 28, 14, 30)),
        ("20210628T14", datetime(2021, 6, 28, 14)),
        ("2021-06-28T14:00:00.123Z", datetime(2021, 6, 28, 14, tzinfo=UTC)),
        ("2021-06-28T14:00:00+0200", datetime(2021, 6, 28, 14, tzinfo=CEST)),
        ("2021-06-28T24:00:00", datetime(2021, 6, 29)),
        ("2021-06-28", None),
        ("2021-02-30T14:00", None),
        ("2021-06-28T14:61", None),
        ("9999-12-31T24:00", None),
        ("٢٠٢١-٠٦-٢٨T14:00", None),
        ("tomorrow", None),
    ],
)
def test_moments(written: str, expected: datetime | None) -> None:
    """Extended and basic ISO 8601 with any offset are moments; a date alone and impossible times are not."""
    assert times.moment(written) == expected


@pytest.mark.parametrize(
    ("written", "day_first", "expected"),
    [
        ("2021-06-28", False, date(2021, 6, 28)),
        ("03/04/2021", False, date(2021, 3, 4)),
        ("03/04/2021", True, date(2021, 4, 3)),
        ("28.06.2021", False, date(2021, 6, 28)),
        ("28.6.21", False, date(2021, 6, 28)),
        ("28/06/2021", False, None),
        ("Monday, 28 June 2021", False, date(2021, 6, 28)),
        ("June 28th, 2021", False, date(2021, 6, 28)),
        ("28. Juni 2021", False, date(2021, 6, 28)),
        ("28 de junio de 2021", False, date(2021, 6, 28)),
        ("1er février 2021", False, date(2021, 2, 1)),
        ("2021年6月28日", False, date(2021, 6, 28)),
        ("3-Jun-2024", False, date(2024, 6, 3)),
        ("03-Jun-24", False, date(2024, 6, 3)),
        ("2024/6/3", False, date(2024, 6, 3)),
        ("3 мая 2024", False, date(2024, 5, 3)),
        ("3. června 2024", False, date(2024, 6, 3)),
        ("3 października 2024", False, date(2024, 10, 3)),
        ("1-2-3", False, None),
        ("31 June 2021", False, None),
        ("June 2021", False, None),
        ("", False, None),
    ],
)
def test_days(written: str, day_first: bool, expected: date | None) -> None:
    """Dates in words and figures; only the explicit setting makes a slashed date day-first, never a guess."""
    assert times.day(written, day_first=day_first) == expected


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("9:30", 570),
        ("0930", 570),
        ("9h30", 570),
        ("9.30 Uhr", 570),
        ("14 Uhr", 840),
        ("2 pm", 840),
        ("12:15 a.m.", 15),
        ("25:30", 1530),
        ("24:00", 1440),
        ("17h", 1020),
    ],
)
def test_clocks(written: str, minutes: int) -> None:
    """Times of day are the time since midnight, and may run past it."""
    assert times.clock(written) == timedelta(minutes=minutes)


@pytest.mark.parametrize("written", ["", "9", "30:00", "12:60", "13 pm", "noon", "03.06.2024", "9:30.5"])
def test_no_clocks(written: str) -> None:
    """A bare number and impossible times are not times of day."""
    assert times.clock(written) is None


@pytest.mark.parametrize(
    ("written", "minutes"),
    [
        ("00:30", 30),
        ("1:30", 90),
        ("01:30:00", 90),
        ("PT1H30M", 90),
        ("P1D", 1440),
        ("45", 45),
        ("45.0", 45),
        ("90 min", 90),
        ("1h30", 90),
        ("1 h 30 min", 90),
        ("1,5 Stunden", 90),
        ("2 hours and 15 minutes", 135),
        ("20分", 20),
    ],
)
def test_durations(written: str, minutes: int) -> None:
    """Lengths as clocks, by ISO 8601, in words, or as minutes."""
    assert times.duration(written) == timedelta(minutes=minutes)


@pytest.mark.parametrize("written", ["", "0", "00:00", "-30", "P", "PT", "long", "99999999", "1:75"])
def test_no_durations(written: str) -> None:
    """Nothing, zero, negative, endless and unreadable lengths are none."""
    assert times.duration(written) is None


def test_the_small_hours_belong_to_the_night_after_the_programme_day() -> None:
    """01:30 of a day that changes at 6 is the next calendar day; 06:00 is not."""
    on, change = date(2024, 2, 3), time(6)
    assert times.at(on, timedelta(hours=1, minutes=30), day_change=change) == datetime(2024, 2, 4, 1, 30)
    assert times.at(on, timedelta(hours=6), day_change=change) == datetime(2024, 2, 3, 6)
    assert times.at(on, timedelta(hours=25)) == datetime(2024, 2, 4, 1)


@given(
    st.datetimes(min_value=datetime(1971, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.none() | st.just(CEST))
)
def test_every_iso_moment_reads_back(moment: datetime) -> None:
    """What Python writes as ISO 8601 is read as the same moment, to the second."""
    moment = moment.replace(microsecond=0)
    assert times.moment(moment.isoformat()) == moment


@given(st.text(max_size=60))
def test_no_text_is_a_crash(written: str) -> None:
    """Any text either is a time or is not; nothing raises."""
    for parse in (times.moment, times.day, times.clock, times.duration, times.time_of_day):
        parse(written)


@pytest.mark.parametrize(
    ("name", "hours"),
    [("UTC+2", 2), ("GMT-03:30", -3.5), ("UTC−5", -5), ("Africa/Nairobi", 3), ("Mars", None), ("", None)],
)
def test_zones(name: str, hours: float | None) -> None:
    """A zone is known by its name or by its offset."""
    zone = times.zone(name)
    offset = zone.utcoffset(datetime(2024, 6, 3)) if zone else None
    assert offset == (None if hours is None else timedelta(hours=hours))
