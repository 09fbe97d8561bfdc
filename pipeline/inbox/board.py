"""What is known while matching: which recordings still need a file, and which files are still free."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from zoneinfo import ZoneInfo

from catalog.model import Event, Recording, Session
from pipeline.inbox import views
from pipeline.inbox.files import FileKind, InboxFile, in_order
from pipeline.inbox.result import Found


class Board:
    """The state that the rules (``rules.py``) change one after another."""

    def __init__(self, event: Event, files: Iterable[InboxFile]) -> None:
        self.event = event
        self.zone = ZoneInfo(event.timezone)
        self.files = in_order(files)
        self.free = {file.name: file for file in self.files if file.kind is FileKind.MEDIA}
        """Media files that belong to nobody so far, by name."""
        self.found: dict[str, Found] = {}
        """Recording id -> its media."""
        self.doubts: dict[str, tuple[str, tuple[str, ...]]] = {}
        """File name -> why it belongs to nobody, and whom it may belong to."""
        self.sessions = {recording.id: session for session, recording in event.recordings()}
        self.needy = {one.id: one for _, one in event.recordings() if needs_file(one)}
        """Recordings without a file so far."""
        self.undeclared = {session.id: session for session in event.sessions if not session.recordings}
        """Sessions that declare no recording, and have no file so far."""
        self._names = {file.name: file for file in self.files}
        self._loose_names = {_loose(file.name): file for file in reversed(self.files)}

    def file(self, name: str) -> InboxFile | None:
        """The file an organiser names: exactly, or but for letter case and the form of accents."""
        return self._names.get(name.removeprefix("./")) or self._loose_names.get(_loose(name))

    def awaits(self, owner: str) -> bool:
        """Whether the recording, or the session that declares none, of this id still needs a file."""
        return owner in self.needy or owner in self.undeclared

    def give(self, owner: str, files: Sequence[InboxFile], reason: str) -> None:
        """Give files to the recording of that id, or to the session that declares none."""
        recording = self.needy.pop(owner, None) or self._declare(self.undeclared.pop(owner))
        parts, left = views.choose(files, self.zone)
        self.found[recording.id] = Found(recording.id, parts, reason, left)
        for file in files:
            self.free.pop(file.name, None)
            self.doubts.pop(file.name, None)

    def doubt(self, files: Iterable[InboxFile], message: str, owners: Iterable[str]) -> None:
        """Note why files belong to nobody."""
        for file in files:
            self.doubts[file.name] = (message, tuple(owners))

    def _declare(self, session: Session) -> Recording:
        """Add a recording to a session that declares none: it has the session's title; the rest is inherited."""
        name = session.id if session.id not in self.sessions else f"{session.id[:70]}-recording"
        recording = Recording(id=name, title=session.title, kind=session.kind)
        self.sessions[name] = session
        sessions = tuple(
            one.model_copy(update={"recordings": (recording,)}) if one.id == session.id else one
            for one in self.event.sessions
        )
        self.event = self.event.model_copy(update={"sessions": sessions})
        return recording


def needs_file(recording: Recording) -> bool:
    """Whether the recording's media is to be found in the inbox."""
    return recording.source is None or not (recording.is_elsewhere or "://" in recording.source)


def _loose(name: str) -> str:
    return unicodedata.normalize("NFC", name.removeprefix("./")).casefold()
