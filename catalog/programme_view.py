"""The programme of an event as its page shows it: days, slots, and what there is to watch of each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from catalog.listing import everyone
from catalog.model import Event, Person, Recording, Session
from catalog.published import Catalogue, PublishedRecording, by_time


class SlotState(StrEnum):
    """What there is of a session."""

    RECORDED = "recorded"
    EXPECTED = "expected"
    """A recording follows."""
    ELSEWHERE = "elsewhere"
    """Recordings that are kept by others."""
    UPCOMING = "upcoming"
    NOT_RECORDED = "not-recorded"


@dataclass(frozen=True)
class Slot:
    """A session with what there is of it."""

    event: Event
    session: Session
    state: SlotState
    recordings: tuple[PublishedRecording, ...]
    expected: tuple[Recording, ...]
    people: tuple[Person, ...]
    """Those named by the session, else by its recordings; each once."""

    @property
    def zone(self) -> ZoneInfo:
        """The event's time zone."""
        return ZoneInfo(self.event.timezone)


@dataclass(frozen=True)
class Day:
    """A day of the programme; sessions without a time come last, under no date."""

    date: date | None
    slots: tuple[Slot, ...]

    @property
    def anchor(self) -> str:
        """Its id on the page."""
        return self.date.isoformat() if self.date else "more"


def days(catalogue: Catalogue, event: Event, now: datetime | None = None) -> tuple[Day, ...]:
    """The sessions by programme day, in order of time; those at the same time in the order given."""
    by_day: dict[date | None, list[Slot]] = {}
    for session in by_time(event):
        by_day.setdefault(event.day_of(session), []).append(slot_of(catalogue, event, session, now))
    return tuple(Day(day, tuple(slots)) for day, slots in by_day.items())


def slot_of(catalogue: Catalogue, event: Event, session: Session, now: datetime | None = None) -> Slot:
    """One session with what there is of it."""
    recordings = catalogue.of_session(event, session)
    expected = tuple(one for one in session.recordings if f"{event.id}/{one.id}" in catalogue.expected)
    here = any(not one.is_elsewhere for one in recordings)
    state = _state(session, (here, bool(expected), bool(recordings)), now)
    return Slot(event, session, state, recordings, expected, session.people or everyone(session))


def _state(session: Session, has: tuple[bool, bool, bool], now: datetime | None) -> SlotState:
    for present, state in zip(has, (SlotState.RECORDED, SlotState.EXPECTED, SlotState.ELSEWHERE), strict=True):
        if present:
            return state
    end = session.end or session.start
    if now is not None and end is not None and end.tzinfo is not None and now < end:
        return SlotState.UPCOMING
    return SlotState.NOT_RECORDED
