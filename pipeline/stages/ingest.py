"""ingest: finds the source of every recording of the catalogue.

Reads the inbox folders, and has addresses fetched; writes nothing in an inbox. What belongs to no recording, and
recordings whose file is missing, are told and stop nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from catalog.model import Event, Recording, Session
from catalog.release import Decision, Verdict, decide
from pipeline.catalogue import CatalogueDirectory
from pipeline.digests import DigestCache
from pipeline.errors import SourceError
from pipeline.fetch import Fetched
from pipeline.inbox import Found, InboxFile, Matches, Scan, match, scan, shown
from pipeline.media import join
from pipeline.report import Noticed
from pipeline.stages.base import CaptionFile, PictureFile, Source


@dataclass(frozen=True)
class Supply:
    """Gets sources that are not one file of the inbox; both raise ``SourceError``."""

    fetch: Callable[[str, str], Fetched]
    """The source of an address, in the language spoken."""
    join: Callable[[Sequence[Path], str], Path]
    """The parts of a recording as one file of that identity (``media.join.identity``)."""


@dataclass(frozen=True)
class Item:
    """One recording of the catalogue: whether it may be public, and where its bytes are."""

    event: Event
    session: Session
    recording: Recording
    decision: Decision
    found: Found | None
    """Its files; ``None`` when there are none, and ``problem`` says why."""
    problem: str = ""
    hint: str = ""

    @property
    def id(self) -> str:
        """``<event>/<recording>``."""
        return f"{self.event.id}/{self.recording.id}"

    @property
    def verdict(self) -> Verdict:
        """What the release gate says."""
        return self.decision.verdict

    @property
    def is_workable(self) -> bool:
        """Whether it is made at all: public now, or by itself after a date."""
        return self.verdict in {Verdict.PUBLIC, Verdict.EMBARGOED} and not self.recording.is_elsewhere

    @property
    def language(self) -> str:
        """The language spoken."""
        return self.recording.language or self.session.language or self.event.language

    @property
    def address(self) -> str | None:
        """The address its source is fetched from, when it is not a file of the inbox."""
        source = self.recording.source or ""
        return source if "://" in source else None


@dataclass(frozen=True)
class Survey:
    """Everything a run starts from."""

    events: tuple[Event, ...]
    """With the recordings that files in the inbox add to sessions that declared none."""
    items: tuple[Item, ...]
    notices: tuple[Noticed, ...]


def survey(directory: CatalogueDirectory, *, now: datetime) -> Survey:
    """Look at every inbox and decide about every recording at ``now`` (with an offset)."""
    events: list[Event] = []
    items: list[Item] = []
    notices = [Noticed(one.file, one.message, one.hint) for one in directory.findings]
    for event in directory.events:
        looked = scan(directory.inbox(event))
        matches = match(event, looked.files)
        events.append(matches.event)
        notices += _notices(matches, looked)
        missing = {one.recording: one for one in matches.missing}
        for session, recording in matches.event.recordings():
            absent = missing.get(recording.id)
            items.append(
                Item(
                    event=matches.event,
                    session=session,
                    recording=recording,
                    decision=decide(session, recording, default=directory.settings.defaults.release, now=now),
                    found=matches.found.get(recording.id),
                    problem=absent.message if absent else "",
                    hint=f"is it one of these? {', '.join(absent.nearest)}" if absent and absent.nearest else "",
                )
            )
    return Survey(tuple(events), tuple(items), tuple(notices))


def _notices(matches: Matches, looked: Scan) -> Iterator[Noticed]:
    for finding in looked.findings:
        yield Noticed(f"{matches.event.id}/{finding.file}", finding.message, finding.hint)
    for file in looked.waiting:
        yield Noticed(f"{matches.event.id}/{file.shown}", "is still being written; it waits for the next run")
    for one in matches.unmatched:
        nearest = f"; perhaps it belongs to {' or '.join(one.nearest)}" if one.nearest else ""
        hint = "name it like the id of its recording, or name it there with 'source:'"
        yield Noticed(f"{matches.event.id}/{one.file.shown}", f"{one.message}{nearest}", hint)


def source_of(item: Item, digests: DigestCache, supply: Supply) -> Source:
    """The bytes of a recording: hashed, with the captions and the picture that belong to it.

    Raises:
        SourceError: a file is gone, is still being written or cannot be read, its parts do not fit
            together, or an address was refused or failed.
    """
    found = item.found
    if item.address is not None:
        return _fetched_source(item, supply.fetch(item.address, item.language), digests)
    if found is None or not found.parts:
        raise SourceError(item.id, item.problem or "there is no media file for it", hint=item.hint)
    sha256, path = _sha256(found.parts[0], digests), found.parts[0].path
    if len(found.parts) > 1:
        sha256 = join.identity([_sha256(part, digests) for part in found.parts])
        path = supply.join([part.path for part in found.parts], sha256)
    return Source(
        path=path,
        name=" + ".join(shown(part.name) for part in found.parts),
        sha256=sha256,
        bytes=sum(part.size for part in found.parts),
        captions=_caption_files(found, digests),
        poster=_poster(found, digests),
    )


def _fetched_source(item: Item, fetched: Fetched, digests: DigestCache) -> Source:
    """A fetched source; captions and picture of the inbox count before those that came with it."""
    downloaded = tuple(
        CaptionFile(path, digests.sha256(path), one.language, one.file, downloaded=True, automatic=one.automatic)
        for one in sorted(fetched.subtitles, key=lambda one: one.automatic)
        for path in [fetched.folder / one.file]
    )
    thumbnail = fetched.folder / fetched.thumbnail if fetched.thumbnail else None
    own = _poster(item.found, digests) if item.found else None
    return Source(
        path=fetched.path,
        name=fetched.file,
        sha256=fetched.sha256,
        bytes=fetched.bytes,
        captions=(*(_caption_files(item.found, digests) if item.found else ()), *downloaded),
        chapters=fetched.chapters,
        poster=own or (PictureFile(thumbnail, digests.sha256(thumbnail)) if thumbnail else None),
    )


def _caption_files(found: Found, digests: DigestCache) -> tuple[CaptionFile, ...]:
    return tuple(
        CaptionFile(
            one.file.path,
            _sha256(one.file, digests),
            one.language,
            shown(one.file.name),
            automatic=one.is_automatic,
            align=one.align,
        )
        for one in found.captions
    )


def _poster(found: Found, digests: DigestCache) -> PictureFile | None:
    return PictureFile(found.poster.path, _sha256(found.poster, digests)) if found.poster else None


def _sha256(file: InboxFile, digests: DigestCache) -> str:
    try:
        digest = digests.sha256(file.path)
    except OSError as error:
        raise SourceError(file.shown, f"cannot be read ({error.strerror})", hint="check who owns the file") from error
    if not file.is_as_seen():
        raise SourceError(file.shown, "changed while it was read", hint="wait until it is whole; the next run takes it")
    return digest
