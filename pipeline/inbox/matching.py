"""Matching the files of an inbox with the recordings of an event. Pure; the rules are in the package's docstring."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

from catalog.model import Event, Recording, Session
from pipeline.inbox import names, rules, sidecars
from pipeline.inbox.board import Board
from pipeline.inbox.files import FileKind, InboxFile
from pipeline.inbox.nearest import Nearest
from pipeline.inbox.result import Found, FoundCaption, Matches, Missing, Unmatched


def match(event: Event, files: Iterable[InboxFile]) -> Matches:
    """Give every recording of ``event`` the files that are its own. Times without offset are in the event's zone."""
    board = Board(event.localised(), files)
    for rule in (rules.by_source, rules.by_id, rules.by_guid, rules.by_time):
        rule(board)
    return _Account(board).matches()


class _Account:
    """Adds the sidecars to what was found, and accounts for everything that is left."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._found = {one.id: board.found.get(one.id, Found(one.id)) for _, one in board.event.recordings()}
        self._used = {file.name for one in board.found.values() for file in (*one.parts, *one.views)}
        self._missing: list[Missing] = []

    def matches(self) -> Matches:
        for _, recording in self._board.event.recordings():
            self._take_named(recording)
        self._take_sidecars()
        for recording in self._board.needy.values():
            what = f"{recording.source!r} is not in the inbox" if recording.source else "no file of its name or time"
            self._miss(recording, what, recording.source or recording.id)
        found = {id_: one for id_, one in self._found.items() if one != Found(id_)}
        return Matches(self._board.event, found, tuple(self._missing), tuple(self._unmatched()))

    def _take_named(self, recording: Recording) -> None:
        """Captions and poster that the organiser named."""
        captions = [
            FoundCaption(file, source.language or sidecars.caption(file, _words(file)).language, align=source.align)
            for source in recording.captions
            if (file := self._claim(recording, source.file, "captions"))
        ]
        poster = self._claim(recording, recording.poster, "poster") if recording.poster else None
        if captions or poster:
            self._found[recording.id] = replace(self._found[recording.id], captions=tuple(captions), poster=poster)

    def _claim(self, recording: Recording, name: str, what: str) -> InboxFile | None:
        file = self._board.file(name)
        if file is None:
            self._miss(recording, f"{what}: {name!r} is not in the inbox", name)
        else:
            self._used.add(file.name)
        return file

    def _take_sidecars(self) -> None:
        owners = self._owners()
        folders = self._own_folders()
        for file in self._board.files:
            if file.name in self._used or file.kind in {FileKind.MEDIA, FileKind.OTHER}:
                continue
            for name, words in sidecars.readings(file.stem):
                if owner := owners.get(name) or owners.get(names.key(name)):
                    self._add(owner, file, words)
                    break
            else:
                if file.kind is FileKind.CAPTIONS and file.folder in folders:
                    self._add(folders[file.folder], file, _words(file))

    def _owners(self) -> dict[str, str]:
        """Name of a sidecar -> recording; names that fit several are left out."""
        claims: dict[str, set[str]] = {}
        for id_, one in self._found.items():
            for stem in sidecars.stems((*one.parts, *one.views)):
                for name in {stem, names.key(stem)} - {""}:
                    claims.setdefault(name, set()).add(id_)
        for id_ in self._found:
            claims[id_] = {id_}
        return {name: next(iter(ids)) for name, ids in claims.items() if len(ids) == 1}

    def _own_folders(self) -> dict[str, str]:
        """Folder -> the only recording that has media in it."""
        ids: dict[str, set[str]] = {}
        for id_, one in self._found.items():
            for file in (*one.parts, *one.views):
                ids.setdefault(file.folder, set()).add(id_)
        return {folder: next(iter(own)) for folder, own in ids.items() if folder and len(own) == 1}

    def _add(self, owner: str, file: InboxFile, words: Iterable[str]) -> None:
        one = self._found[owner]
        if file.kind is FileKind.CAPTIONS:
            one = replace(one, captions=(*one.captions, sidecars.caption(file, words)))
        elif file.kind is FileKind.SLIDES:
            one = replace(one, slides=(*one.slides, file))
        elif one.poster is None:
            one = replace(one, poster=file)
        else:
            return
        self._found[owner] = one
        self._used.add(file.name)

    def _miss(self, recording: Recording, message: str, name: str) -> None:
        session = self._board.sessions[recording.id]
        self._missing.append(Missing(session.id, recording.id, message, self._free_names.to(name)))

    @cached_property
    def _free_names(self) -> Nearest:
        return Nearest((file.stem, file.shown) for file in self._board.files if file.name not in self._used)

    @cached_property
    def _known_names(self) -> Nearest:
        nouns: list[Session | Recording] = list(self._board.undeclared.values())
        nouns += (one for _, one in self._board.event.recordings())
        return Nearest((text, one.id) for one in nouns for text in (one.id, one.title))

    def _unmatched(self) -> Iterator[Unmatched]:
        for file in self._board.files:
            is_known = file.kind is not FileKind.OTHER or names.key(file.stem) in self._board.needy
            if file.name in self._used or not is_known:
                continue
            message, nearest = self._board.doubts.get(file.name, ("", ()))
            if not message:
                message = "belongs to no recording" if file.kind is not FileKind.OTHER else "is not known as media"
                nearest = self._known_names.to(file.stem)
            yield Unmatched(file, message, nearest)


def _words(file: InboxFile) -> tuple[str, ...]:
    """The words of a caption file's name that say something, wherever they stand: ``en.vtt``, ``zoom_0.fr.vtt``."""
    return tuple(file.stem.split("."))
