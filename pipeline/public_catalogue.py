"""What the public is shown: from what a run found and made to the catalogue that every page is made from.

Whatever may not be public is left out here, so that nothing made from the catalogue can show it.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from datetime import timedelta
from functools import partial
from pathlib import Path

from catalog import urls
from catalog.fingerprints import Fingerprints
from catalog.manifest import Artifact, Made
from catalog.model import Cue, Event, Session
from catalog.published import Activity, Catalogue, PublishedRecording, Withdrawn
from catalog.release import Verdict
from catalog.transcript import CuesOnDemand
from pipeline.captions.webvtt import read_published
from pipeline.catalogue import CatalogueDirectory
from pipeline.errors import ConfigurationError
from pipeline.flow import artifacts_by_stage
from pipeline.made import caption_entries
from pipeline.ready import Ready
from pipeline.stages.ingest import Item, Survey
from pipeline.store_media import StoreMedia

PICTURES = frozenset({".avif", ".jpeg", ".jpg", ".png", ".svg", ".webp"})
ARTWORK = frozenset({".jpeg", ".jpg", ".png"})
"""Pictures that podcast directories take."""
LocalFile = Callable[[Artifact, str], Path | None]
"""The file of an artifact on this machine, if it is here."""


class PublicCatalogue:
    """Puts the catalogue together."""

    def __init__(self, directory: CatalogueDirectory, media: StoreMedia, local_file: LocalFile) -> None:
        self._directory = directory
        self._media = media
        self._local_file = local_file
        self._process = os.getpid()
        self.facts = Fingerprints()
        """What was looked at already."""

    def of(self, found: Survey, public: Mapping[str, Ready], activity: Mapping[str, Activity]) -> Catalogue:
        """The catalogue of what was found.

        Args:
            found: every recording, whatever its release.
            public: those that are ready and may be public, by id.
            activity: of their discussions.

        Raises:
            ConfigurationError: a picture that the settings name cannot be used.
        """
        settings = self._directory.settings
        hidden = {item.id for item in found.items if not item.decision.is_public}
        return Catalogue(
            site=settings.site,
            events=tuple(_public_event(event, hidden) for event in found.events),
            recordings=tuple(self._shown(found, public)),
            expected=frozenset(
                item.id
                for item in found.items
                if item.verdict is Verdict.PUBLIC and item.id not in public and not item.recording.is_elsewhere
            ),
            withdrawn=tuple(self._withdrawn(found)),
            activity=activity,
            files=self._theme_files(),
        )

    def _shown(self, found: Survey, public: Mapping[str, Ready]) -> Iterator[PublishedRecording]:
        """What is ready, and what others keep, in programme order."""
        for item in found.items:
            if item.id in public:
                yield self._published(item, self._made(public[item.id]), public[item.id].note.made_json)
            elif item.recording.is_elsewhere and item.verdict is Verdict.PUBLIC:
                length = item.recording.duration or timedelta()
                made = Made(duration_ms=length // timedelta(milliseconds=1), source_sha256="")
                yield self._published(item, made, "")

    def _made(self, ready: Ready) -> Made:
        """What was made, with captions whose cues are read when somebody asks for them."""
        captions = tuple(
            one.model_copy(update={"cues": CuesOnDemand(partial(self._cues, ready, number))})
            for number, one in enumerate(ready.note.made.captions)
        )
        return ready.note.made.model_copy(update={"captions": captions})

    def _published(self, item: Item, what: Made, made_json: str) -> PublishedRecording:
        event, session, recording = item.event, item.session, item.recording
        language = recording.language or session.language or event.language
        licence = recording.licence or session.licence or self._directory.settings.licence
        return PublishedRecording(
            event=event,
            session=session,
            recording=recording,
            made=what,
            people=recording.people or session.people,
            language=language,
            licence=licence,
            date=recording.date or session.start,
            # The rest follows from these; a session tells of its recordings.
            digest=bytes.fromhex(self.facts.of(event, session, recording.id, made_json, licence)),
        )

    def _cues(self, ready: Ready, number: int) -> Sequence[Cue]:
        """Of one of its caption files.

        Raises:
            RuntimeError: they have to be read from the store, whose connections only the first process can use.
        """
        artifact, entry = list(caption_entries(artifacts_by_stage(ready.note.manifest)))[number]
        if path := self._local_file(artifact, entry["file"]):
            return read_published(path.read_bytes())
        if os.getpid() != self._process:
            raise RuntimeError("a forked process cannot ask the store")
        item = ready.item
        return read_published(
            self._media.read(urls.artifact(item.event.id, item.recording.id, artifact.digest, entry["file"]))
        )

    def _withdrawn(self, found: Survey) -> Iterator[Withdrawn]:
        """Recordings that were public once: their former address tells what became of them."""
        for item in found.items:
            if item.verdict is not Verdict.WITHDRAWN:
                continue
            page = urls.object_key(page_of(item))
            if any(page in record.objects for record in self._media.remote.records()):
                reason = item.decision.reason if item.recording.release and item.recording.release.reason else ""
                yield Withdrawn(item.event, item.session, item.recording.id, reason)

    def _theme_files(self) -> dict[str, bytes]:
        """The pictures that the settings name, by the names they use."""
        theme, artwork = self._directory.settings.theme, self._directory.settings.podcast.artwork
        named = {"theme.logo": theme.logo, "theme.hero": theme.hero, "podcast.artwork": artwork}
        if artwork and Path(artwork).suffix.lower() not in ARTWORK:
            raise ConfigurationError("podcast.artwork", f"{artwork} is no picture for podcasts", hint="use JPEG or PNG")
        return {name: self._picture(field, name) for field, name in named.items() if name}

    def _picture(self, field: str, name: str) -> bytes:
        try:
            path = (self._directory.root / name).resolve(strict=True)
            if not path.is_relative_to(self._directory.root.resolve()):
                raise ConfigurationError(field, f"{name} is outside the catalogue", hint="copy it into the folder")
            if path.suffix.lower() not in PICTURES:
                raise ConfigurationError(
                    field, f"{name} is not a picture for the web", hint="use PNG, JPEG, WebP or SVG"
                )
            return path.read_bytes()
        except OSError as error:
            raise ConfigurationError(field, f"{name} cannot be read ({error.strerror})") from error


def page_of(item: Item) -> str:
    """The address of its watch page."""
    return urls.recording(item.event.id, item.session.id, item.recording.id)


def _public_event(event: Event, hidden: Set[str]) -> Event:
    """The event without anything of the recordings that may not be public."""

    def public(session: Session) -> Session:
        kept = tuple(one for one in session.recordings if f"{event.id}/{one.id}" not in hidden)
        return session.model_copy(update={"recordings": kept})

    return event.model_copy(update={"sessions": tuple(public(session) for session in event.sessions)})
