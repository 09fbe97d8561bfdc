"""Programmes for others: schedule.xml and schedule.json as frab writes them, and iCalendar.

The same event gives the same bytes: no clock, no random ids. A schedule has a place in time for each entry, so sessions
without a start (pages of pre-recorded talks) are in none of them; ``has_schedule`` says whether any other is left.
"""

from __future__ import annotations

from catalog.programme.export.calendar import calendar
from catalog.programme.export.frab import has_schedule, schedule_json, schedule_xml

__all__ = ["calendar", "has_schedule", "schedule_json", "schedule_xml"]
