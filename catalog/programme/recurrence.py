"""When an entry of a calendar that repeats takes place (RFC 5545, 3.8.5)."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from dateutil.rrule import rrulestr
from icalendar import Component, vDDDLists

from catalog.programme.base import Reading, Where

WITHOUT_END = timedelta(days=366)
"""So much is read of an entry that repeats for ever."""
MAX_TIMES = 1000
"""Times of one entry that are read."""
BUDGET_S = 3.0
"""Processor time for all entries of a file: rules can be written that never give a time and search to the year 9999."""
_TOO_OFTEN = frozenset({"HOURLY", "MINUTELY", "SECONDLY"})


@dataclass
class Recurrence:
    """The repeating entries of one file."""

    reading: Reading
    replaced: dict[str, set[datetime]] = field(default_factory=dict)
    """``UID`` -> the times that entries of their own stand for (``RECURRENCE-ID``)."""
    _spent: float = 0.0

    def replace(self, uid: str, moment: datetime) -> None:
        """Note that another entry stands for one time of a repeating one."""
        self.replaced.setdefault(uid, set()).add(instant(moment))

    def times(self, event: Component, uid: str, start: datetime, where: Where) -> list[datetime]:
        """Every time of an entry in order, without those that are excluded or that other entries stand for."""
        if not {"RRULE", "RDATE", "EXDATE"} & event.keys():
            return [start]
        without = self._excluded(event, start)
        begun = time.process_time()
        found = {instant(one): one for one in self._all(event, start, where)}
        self._spent += time.process_time() - begun
        kept = [found[key] for key in sorted(found) if key not in without and found[key].date() not in without]
        mine = self.replaced.get(uid, set())
        if not kept:
            self.reading.warn(where, "every time of this entry is excluded; it is read once", "remove the entry")
            return [start]
        return [one for one in kept if instant(one) not in mine]

    def _all(self, event: Component, start: datetime, where: Where) -> Iterator[datetime]:
        yield start
        for one in _moments(event.get("RDATE")):
            yield like(start, one)
        for rule in _each(event.get("RRULE")):
            try:
                yield from self._by_rule(rule, start, where)
            except (
                ValueError,
                TypeError,
                KeyError,
                OverflowError,
                ArithmeticError,
                AttributeError,
            ) as error:  # dateutil documents none
                self.reading.warn(where.child("RRULE"), f"this rule cannot be read ({error}); the entry is read once")

    def _by_rule(self, rule: Any, start: datetime, where: Where) -> Iterator[datetime]:
        place = where.child("RRULE")
        parts = {str(name).upper(): value for name, value in rule.items()}
        if str(parts["FREQ"][0]).upper() in _TOO_OFTEN or self._spent > BUDGET_S:
            self.reading.warn(place, "this rule is too costly to follow; the entry is read once", "export each time")
            return
        until = [like(start, _to_the_end(one)) for one in parts.pop("UNTIL", ())]
        is_endless = not until and "COUNT" not in parts
        last = until[0] if until else start + WITHOUT_END if is_endless else None
        written = ";".join(f"{name}={','.join(map(str, _each(value)))}" for name, value in parts.items())
        for count, moment in enumerate(rrulestr(written, dtstart=start)):
            if last is not None and moment > last:
                break
            if count == MAX_TIMES:
                self.reading.warn(place, f"this entry has more than {MAX_TIMES} times; the rest was left out")
                return
            yield moment
        if is_endless:
            self.reading.warn(place, "this entry repeats for ever; one year of it is read", "give the rule an end")

    def _excluded(self, event: Component, start: datetime) -> set[datetime | date]:
        """Times that are left out; a date alone leaves out all of that day."""
        return {
            instant(like(start, one)) if isinstance(one, datetime) else one for one in _moments(event.get("EXDATE"))
        }


def instant(moment: datetime) -> datetime:
    """What times are compared by: in UTC where there is a zone."""
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment
    except OverflowError:  # a year at either end of the calendar
        return moment.replace(tzinfo=UTC)


def like(start: datetime, moment: date) -> datetime:
    """``moment`` with a time of day and a zone if ``start`` has them, and without a zone if not."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, start.timetz())
    if start.tzinfo is None:
        return moment.replace(tzinfo=None)
    return moment if moment.tzinfo else moment.replace(tzinfo=start.tzinfo)


def _to_the_end(until: date) -> date:
    """A rule that ends on a day includes that day."""
    return until if isinstance(until, datetime) else datetime.combine(until, datetime.max.time().replace(microsecond=0))


def _moments(values: Any) -> Iterator[date]:
    """The dates and times of ``RDATE`` or ``EXDATE``: a property, or a list of them; of a period, its start."""
    for one in _each(values):
        for written in one.dts if isinstance(one, vDDDLists) else ():  # else it is broken, and told as such
            moment = written.dt
            first = moment[0] if isinstance(moment, tuple) else moment
            if isinstance(first, date):
                yield first


def _each(values: Any) -> Iterable[Any]:
    return values if isinstance(values, list) else () if values is None else (values,)
