"""Entries of a calendar that repeat."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.programme import Programme, read, recurrence
from catalog.programme.recurrence import MAX_TIMES

BERLIN = ZoneInfo("Europe/Berlin")
START = "DTSTART;TZID=Europe/Berlin:20240325T100000"


def calendar(*entries: str) -> Programme:
    """What is read of entries, each a list of lines with ``|`` between them."""
    parts = [
        "\r\n".join(["BEGIN:VEVENT", "UID:weekly", "SUMMARY:Coffee", *entry.split("|"), "END:VEVENT"])
        for entry in entries
    ]
    written = "\r\n".join(["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//T//EN", *parts, "END:VCALENDAR", ""])
    return read("c.ics", written.encode())


def days(programme: Programme) -> list[str]:
    zone = ZoneInfo(programme.event.timezone)
    return [f"{one.start.astimezone(zone):%m-%d %H:%M}" for one in programme.event.sessions if one.start]


def test_a_weekly_entry_keeps_its_hour_over_the_change_of_the_clocks() -> None:
    """Each time is a session at the same local time, with an id that does not depend on the others."""
    programme = calendar(f"{START}|DTEND;TZID=Europe/Berlin:20240325T104500|RRULE:FREQ=WEEKLY;COUNT=3")
    assert days(programme) == ["03-25 10:00", "04-01 10:00", "04-08 10:00"]
    assert [one.id for one in programme.event.sessions] == ["weekly", "weekly-20240401t0800", "weekly-20240408t0800"]
    assert {str(one.duration) for one in programme.event.sessions} == {"0:45:00"}
    assert (programme.talks, programme.findings) == (3, ())


@pytest.mark.parametrize(
    "until", ["20240408", "20240408T080000Z", "20240408T100000"], ids=["a day", "a moment in UTC", "without a zone"]
)
def test_a_rule_ends_when_it_says(until: str) -> None:
    """The last moment counts, in whatever form it is written."""
    assert days(calendar(f"{START}|RRULE:FREQ=WEEKLY;UNTIL={until}"))[-1] == "04-08 10:00"


def test_more_dates_and_dates_left_out() -> None:
    """Single dates are added, moments and whole days are left out."""
    programme = calendar(
        f"{START}|RRULE:FREQ=DAILY;COUNT=4|RDATE;TZID=Europe/Berlin:20240401T150000,20240402T150000"
        "|EXDATE:20240326T090000Z|EXDATE;VALUE=DATE:20240327"
    )
    assert days(programme) == ["03-25 10:00", "03-28 10:00", "04-01 15:00", "04-02 15:00"]


def test_a_time_that_was_moved_or_cancelled() -> None:
    """An entry of its own stands for one time: it replaces it, and keeps the address that time had."""
    programme = calendar(
        f"{START}|RRULE:FREQ=DAILY;COUNT=3",
        "RECURRENCE-ID;TZID=Europe/Berlin:20240326T100000|DTSTART;TZID=Europe/Berlin:20240326T160000",
        "RECURRENCE-ID:20240327T090000Z|DTSTART:20240327T090000Z|STATUS:CANCELLED",
    )
    assert days(programme) == ["03-25 10:00", "03-26 16:00"]
    assert [one.id for one in programme.event.sessions] == ["weekly", "weekly-20240326t0900"]
    assert (programme.talks, len(programme.left_out)) == (3, 1)


def test_a_change_of_all_later_times_is_told() -> None:
    """Only the named time is changed, and a finding says so."""
    programme = calendar(
        f"{START}|RRULE:FREQ=DAILY;COUNT=3",
        "RECURRENCE-ID;RANGE=THISANDFUTURE:20240326T090000Z|DTSTART:20240326T120000Z",
    )
    assert programme.sessions == 3
    assert any("later times" in finding.message for finding in programme.findings)


def test_endless_rules_are_bounded() -> None:
    """A rule without an end gives a year, one with a huge count a bounded number; both are told."""
    weekly = calendar(f"{START}|RRULE:FREQ=WEEKLY")
    assert weekly.sessions == 53
    assert any("for ever" in finding.message for finding in weekly.findings)
    daily = calendar(f"{START}|RRULE:FREQ=DAILY;COUNT=100000")
    assert daily.sessions == MAX_TIMES
    assert any("more than" in finding.message for finding in daily.findings)


def test_rules_without_any_time_cannot_hold_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thirtieth of February, every second, thousands of times: each entry is still read once, in bounded time."""
    monkeypatch.setattr(recurrence, "BUDGET_S", 0.1)
    begun = time.process_time()
    hard = [f"{START}|RRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30"] * 1000
    programme = calendar(*hard, *[f"{START}|RRULE:FREQ=SECONDLY;BYMONTH=2;BYMONTHDAY=30"] * 1000)
    assert programme.sessions == 2000
    assert time.process_time() - begun < 30  # one rule takes up to a few seconds


@pytest.mark.parametrize("rule", ["FREQ=SOMETIMES", "COUNT=3", "FREQ=DAILY;BYDAY=XX", "FREQ=DAILY;INTERVAL=0", ""])
def test_a_broken_rule_costs_nothing_but_itself(rule: str) -> None:
    """The entry is read at its own time, and the rule is told."""
    programme = calendar(f"{START}|RRULE:{rule}")
    assert days(programme)[0] == "03-25 10:00"
    assert programme.findings


def test_an_entry_without_any_time_left_is_not_lost() -> None:
    """Talks in are sessions out, also where every time is excluded."""
    programme = calendar(f"{START}|EXDATE;TZID=Europe/Berlin:20240325T100000")
    assert days(programme) == ["03-25 10:00"]
    assert programme.findings


PARTS = st.sampled_from(
    ["FREQ=DAILY", "FREQ=WEEKLY", "COUNT=2", "COUNT=-1", "INTERVAL=99999", "UNTIL=20240401", "UNTIL=x", "BYDAY=1MO"]
)
DATES = st.sampled_from(
    [":20240326T100000Z", ";VALUE=DATE:20240326", ":99991231T235959", ";VALUE=PERIOD:20240326T100000Z/PT1H", ":x"]
)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(PARTS, max_size=4),
    st.lists(DATES, max_size=2),
    st.lists(DATES, max_size=2),
    st.sampled_from([START, "DTSTART:00010101T000000Z", "DTSTART;VALUE=DATE:99991231", "DTSTART:20240325T100000"]),
)
def test_any_rule_is_read(rule: list[str], more: list[str], less: list[str], start: str) -> None:
    """Whatever the rule and the dates say: at least one session, every one of its own id, none twice."""
    lines = [start, f"RRULE:{';'.join(rule)}", *(f"RDATE{one}" for one in more), *(f"EXDATE{one}" for one in less)]
    programme = calendar("|".join(lines))
    assert programme.talks == programme.sessions >= 1
    assert len({one.id for one in programme.event.sessions}) == programme.sessions
    moments = [one.start for one in programme.event.sessions if one.start and one.start.year > 1]
    assert len(set(moments)) == len(moments)


def test_moments_are_what_the_rule_means() -> None:
    """The second Tuesday of each month, in UTC."""
    programme = calendar("DTSTART:20240109T090000Z|RRULE:FREQ=MONTHLY;BYDAY=2TU;COUNT=3")
    assert [one.start for one in programme.event.sessions] == [
        datetime(2024, 1, 9, 9, tzinfo=UTC),
        datetime(2024, 2, 13, 9, tzinfo=UTC),
        datetime(2024, 3, 12, 9, tzinfo=UTC),
    ]
