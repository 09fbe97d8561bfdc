"""What every reader of programmes shares: its options, its result, and the raw entries it hands on.

A reader knows one format and nothing of the model: it turns a file into raw entries, in the file's own words, and
notes what is odd. ``assemble.py`` turns raw entries into sessions, the same way for every format.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta

from catalog.errors import Finding, InvalidDocumentError, Severity
from catalog.model import Event, Kind, LinkKind

MAX_BYTES = 32 * 1024 * 1024
"""A larger programme is refused; the largest known ones have about 5 MB."""
MAX_TALKS = 20_000
"""A programme with more entries is refused."""
MAX_TEXT = 50_000
"""Longer texts (characters) are cut, and a finding says so."""
MAX_FINDINGS = 5_000
"""Further findings are only counted."""

DAY_CHANGE = time(4)
"""When a programme day ends, where the file does not say."""


@dataclass(frozen=True)
class Options:
    """What a programme file cannot say of itself."""

    timezone: str = ""
    """Time zone of times that have none; the file's own, else UTC, when empty."""
    day_first: bool = False
    """Whether ``01/02/2024`` is the first of February (otherwise it is the second of January)."""


@dataclass(frozen=True)
class Programme:
    """A programme as understood."""

    event: Event
    format: str
    """Name of the format, e.g. ``frab schedule.xml``."""
    talks: int
    """Entries in the file; each is a session of ``event``, or is explained in ``left_out``."""
    left_out: tuple[Finding, ...] = ()
    """One finding for each entry that is not a session of ``event``; they are in ``findings`` as well."""
    findings: tuple[Finding, ...] = ()

    @property
    def sessions(self) -> int:
        """Number of sessions."""
        return len(self.event.sessions)

    @property
    def recordings(self) -> int:
        """Number of recordings the file names."""
        return sum(1 for _ in self.event.recordings())

    @property
    def people(self) -> int:
        """Number of different people."""
        named = [person.id for session in self.event.sessions for person in session.people]
        named += [person.id for _, recording in self.event.recordings() for person in recording.people]
        return len(set(named))

    @property
    def rooms(self) -> int:
        """Number of different rooms that have sessions."""
        return len({session.room for session in self.event.sessions if session.room})


@dataclass(frozen=True)
class Where:
    """A position in a file."""

    line: int = 0
    """Counted from 1; 0 where the format has none (JSON)."""
    path: str = ""
    """Dotted path, e.g. ``schedule.conference.days.0.rooms.Hall.3``."""
    file: str = ""
    """Name of the file; that of the reading when empty."""

    def child(self, name: str | int) -> Where:
        """The position of a part of what is here."""
        return replace(self, path=f"{self.path}.{name}" if self.path else str(name))


@dataclass(frozen=True)
class RawPerson:
    """A person as the file names them."""

    name: str
    key: str = ""
    """The file's own id: two people with the same name and different keys are different people."""
    role: str = ""
    organisation: str = ""
    url: str = ""


@dataclass(frozen=True)
class RawLink:
    """A link as the file has it; may be relative to the event's base address."""

    url: str
    kind: LinkKind = LinkKind.PAGE
    title: str = ""


@dataclass(frozen=True)
class RawRecording:
    """A recording that the file names."""

    key: str
    """What makes it the same recording next time, e.g. ``vimeo-566492345``."""
    title: str
    source: str
    kind: Kind = Kind.LIVE
    date: datetime | None = None
    people: tuple[RawPerson, ...] = ()
    abstract: str = ""
    language: str = ""
    licence: str = ""
    links: tuple[RawLink, ...] = ()


@dataclass(frozen=True)
class RawTalk:
    """One entry of a programme, in the file's words; texts may be HTML or Markdown, empty when not given."""

    where: Where
    title: str = ""
    keys: tuple[str, ...] = ()
    """The file's own ids, the best one for a public address first."""
    guid: str = ""
    subtitle: str = ""
    type: str = ""
    kind: Kind = Kind.LIVE
    start: datetime | None = None
    """Without an offset it is in the event's time zone."""
    duration: timedelta | None = None
    room: str = ""
    track: str = ""
    language: str = ""
    abstract: str = ""
    description: str = ""
    people: tuple[RawPerson, ...] = ()
    links: tuple[RawLink, ...] = ()
    licence: str = ""
    do_not_record: bool = False
    recordings: tuple[RawRecording, ...] = ()


@dataclass
class RawEvent:
    """What the file says of the whole event."""

    title: str = ""
    key: str = ""
    """Acronym or id."""
    subtitle: str = ""
    start: date | None = None
    end: date | None = None
    timezone: str = ""
    language: str = ""
    place: str = ""
    abstract: str = ""
    day_change: time | None = None
    base_url: str = ""
    """What relative links are relative to."""
    links: tuple[RawLink, ...] = ()


@dataclass
class Reading:
    """A file being read: entries and findings so far."""

    name: str
    """How messages name the file."""
    options: Options = Options()
    event: RawEvent = field(default_factory=RawEvent)
    talks: list[RawTalk] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    left_out: list[Finding] = field(default_factory=list)
    rooms: dict[str, Where] = field(default_factory=dict)
    """Rooms that the file declares apart from its entries."""
    suppressed: int = 0
    said: set[str] = field(default_factory=set)
    """Messages of ``warn_once``."""

    def add(self, talk: RawTalk) -> None:
        """Take an entry.

        Raises:
            InvalidDocumentError: there are more than ``MAX_TALKS``.
        """
        if len(self.talks) >= MAX_TALKS:
            raise refuse(self.name, f"the programme has more than {MAX_TALKS} entries", where=talk.where)
        self.talks.append(replace(talk, where=self._placed(talk.where)))

    def leave_out(self, where: Where, reason: str, hint: str = "") -> None:
        """Note an entry of the file that does not become a session, and why."""
        finding = Finding(Severity.WARNING, where.file or self.name, where.line, where.path, reason, hint)
        self.left_out.append(finding)
        self.findings.append(finding)

    def warn(self, where: Where, message: str, hint: str = "") -> None:
        """Note something that was left out or changed."""
        self._find(Severity.WARNING, where, message, hint)

    def warn_once(self, where: Where, message: str, hint: str = "") -> None:
        """Note something that holds for many entries, at the first of them."""
        if message not in self.said:
            self.said.add(message)
            self.warn(where, message, hint)

    def note(self, where: Where, message: str, hint: str = "") -> None:
        """Note something worth knowing by which nothing was lost, e.g. a breach of the published schema."""
        self._find(Severity.NOTE, where, message, hint)

    def _find(self, severity: Severity, where: Where, message: str, hint: str) -> None:
        if len(self.findings) >= MAX_FINDINGS:
            self.suppressed += 1
            return
        self.findings.append(Finding(severity, where.file or self.name, where.line, where.path, message, hint))

    def _placed(self, where: Where) -> Where:
        return where if where.file else replace(where, file=self.name)


def refuse(name: str, message: str, hint: str = "", where: Where | None = None) -> InvalidDocumentError:
    """The error for a file that cannot be read at all."""
    place = where or Where()
    return InvalidDocumentError(name, (Finding(Severity.ERROR, name, place.line, place.path, message, hint),))


__all__ = [
    "DAY_CHANGE",
    "MAX_BYTES",
    "MAX_TALKS",
    "MAX_TEXT",
    "Options",
    "Programme",
    "RawEvent",
    "RawLink",
    "RawPerson",
    "RawRecording",
    "RawTalk",
    "Reading",
    "Where",
    "refuse",
]
