"""publish: the whole catalogue, from what is ready to what the public sees.

Reads the artifacts of every recording that may be public, renders the pages, compares all of it with what the store
has, and carries out the difference. Rule: what may not be public is never even wanted; media first, then pages, then
``catalog.json``; deletes last, but what was withdrawn goes first of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from threading import Lock

from catalog import urls
from catalog.manifest import Artifact, RecordingManifest
from catalog.model import Cue, Event, Session
from catalog.published import Catalogue, PublishedRecording, Withdrawn
from catalog.release import Verdict
from catalog.render import build, catalog_document
from pipeline.captions.webvtt import read_published
from pipeline.catalogue import CatalogueDirectory
from pipeline.errors import ConfigurationError
from pipeline.made import made
from pipeline.report import KEEP, Noticed, PlannedChange, Published, Reporter, TransferProgress
from pipeline.stages.ingest import Item, Survey
from pipeline.storage import open_store
from pipeline.storage.execute import Progress
from pipeline.storage.plan import Plan
from pipeline.storage.protocol import ObjectStore, Wanted
from pipeline.storage.publish import Options, publish
from pipeline.storage.state import Remote, read_remote

TEMPLATES = "templates"
LocalFile = Callable[[Artifact, str], Path | None]
"""The file of an artifact on this machine, if it is here."""


@dataclass(frozen=True)
class Ready:
    """A recording that can be published, and what was made of it."""

    item: Item
    manifest: RecordingManifest


class StoreMedia:
    """What the store remembers of recordings (``flow.PublishedMedia``)."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._known: dict[str, RecordingManifest | None] = {}
        self._lock = Lock()

    @cached_property
    def remote(self) -> Remote:
        """What the store held when this run began."""
        return read_remote(self._store)

    def manifest(self, recording: str) -> RecordingManifest | None:
        """See ``flow.PublishedMedia``."""
        with self._lock:
            if recording not in self._known:
                self._known[recording] = self._read_manifest(recording)
            return self._known[recording]

    def has(self, manifest: RecordingManifest) -> bool:
        """Whether just this is public; asks the store nothing more."""
        wanted = _manifest_object(manifest)
        return self.remote.holds(wanted.key, size=wanted.size, sha256=wanted.sha256)

    def read(self, key: str) -> bytes:
        """See ``flow.PublishedMedia``."""
        return self._store.read(key).data

    def _read_manifest(self, recording: str) -> RecordingManifest | None:
        event_id, _, recording_id = recording.partition("/")
        key = urls.recording_manifest(event_id, recording_id)
        if key not in self.remote.entries:
            return None
        try:
            manifest = RecordingManifest.model_validate_json(self.read(key))
        except ValueError:  # damaged, or written by a later version: made again
            return None
        whole = tuple(one for one in manifest.artifacts if self._is_whole(event_id, recording_id, one))
        return manifest.model_copy(update={"artifacts": whole})

    def _is_whole(self, event_id: str, recording_id: str, artifact: Artifact) -> bool:
        return all(
            self.remote.holds(
                urls.artifact(event_id, recording_id, artifact.digest, one.name), size=one.bytes, sha256=one.sha256
            )
            for one in artifact.files
        )


def _manifest_object(manifest: RecordingManifest) -> Wanted:
    event_id, _, recording_id = manifest.recording.partition("/")
    document = manifest.model_dump_json(by_alias=True, indent=1).encode() + b"\n"
    return Wanted.of_bytes(urls.recording_manifest(event_id, recording_id), document)


class Publication:
    """Publishes one catalogue to one store."""

    def __init__(
        self, directory: CatalogueDirectory, store: ObjectStore, media: StoreMedia, local_file: LocalFile
    ) -> None:
        self._directory = directory
        self._store = store
        self._media = media
        self._local_file = local_file

    def must_take_back(self, found: Survey) -> bool:
        """Whether something is public that may not be any more."""
        forbidden = tuple(self._forbidden(found))
        keep = {urls.object_key(self._page(item)) for item in found.items if item.verdict is Verdict.WITHDRAWN}
        return bool(forbidden) and any(
            key.startswith(forbidden) and key not in keep for key in self._media.remote.entries
        )

    def publish(
        self, found: Survey, ready: Iterable[Ready], reporter: Reporter, *, now: datetime, dry_run: bool = False
    ) -> None:
        """Make ``ready`` public and everything else not.

        Raises:
            StoreError: the store failed; what was public before still is.
        """
        public = {one.item.id: one for one in ready if one.item.verdict is Verdict.PUBLIC}
        catalogue = self._catalogue(found, public)
        wanted = [
            *(one for item in public.values() for one in self._media_of(item)),
            *(Wanted.of_bytes(key, content) for key, content in build(catalogue, self._overrides(), now=now).items()),
        ]
        outcome = publish(
            self._store,
            wanted,
            lambda generation, manifest: catalog_document(catalogue, generation, manifest),
            Options(withdrawn=tuple(self._forbidden(found)), dry_run=dry_run),
            on_plan=lambda plan: _tell_plan(plan, reporter),
            on_progress=lambda progress: _tell_progress(progress, reporter),
        )
        for note in outcome.notes:
            reporter.tell(Noticed(self._store.address, note))
        plan = outcome.plan
        reporter.tell(
            Published(
                uploaded=len(plan.uploads),
                unchanged=len(plan.skips),
                deleted=len(plan.withdrawals) + len(plan.deletes),
                generation=plan.generation,
                address=address(self._directory, self._store),
                dry_run=dry_run,
            )
        )

    def _overrides(self) -> Path | None:
        """The organiser's own templates and texts, which count before the usual ones."""
        folder = self._directory.root / TEMPLATES
        return folder if folder.is_dir() else None

    def _forbidden(self, found: Survey) -> Iterator[str]:
        """Prefixes below which nothing of a recording that may not be public can stay."""
        for item in found.items:
            if item.verdict is not Verdict.PUBLIC:
                yield urls.media(item.event.id, item.recording.id)
                yield from urls.pages_of_recording(
                    item.event.id, item.session.id, item.recording.id, self._directory.settings.languages
                )

    def _page(self, item: Item) -> str:
        return urls.recording(item.event.id, item.session.id, item.recording.id)

    def _media_of(self, ready: Ready) -> Iterator[Wanted]:
        event_id, recording_id = ready.item.event.id, ready.item.recording.id
        for artifact in ready.manifest.artifacts:
            for file in artifact.files:
                key = urls.artifact(event_id, recording_id, artifact.digest, file.name)
                path = self._local_file(artifact, file.name)
                yield Wanted.of_file(key, path, size=file.bytes, sha256=file.sha256)
        yield _manifest_object(ready.manifest)

    def _catalogue(self, found: Survey, public: Mapping[str, Ready]) -> Catalogue:
        settings = self._directory.settings
        return Catalogue(
            site=settings.site,
            events=tuple(_public_event(event, found) for event in found.events),
            recordings=tuple(self._published(public[item.id]) for item in found.items if item.id in public),
            expected=frozenset(
                item.id
                for item in found.items
                if item.verdict is Verdict.PUBLIC and item.id not in public and not item.recording.is_elsewhere
            ),
            withdrawn=tuple(self._withdrawn(found)),
            files=self._theme_files(),
        )

    def _published(self, ready: Ready) -> PublishedRecording:
        item = ready.item
        event, session, recording = item.event, item.session, item.recording
        artifacts = {one.stage: one for one in ready.manifest.artifacts}

        def cues(artifact: Artifact, name: str) -> tuple[Cue, ...]:
            path = self._local_file(artifact, name)
            key = urls.artifact(event.id, recording.id, artifact.digest, name)
            return read_published(path.read_bytes() if path else self._media.read(key))

        return PublishedRecording(
            event=event,
            session=session,
            recording=recording,
            made=made(item.id, ready.manifest.source_sha256, artifacts, cues),
            people=recording.people or session.people,
            language=recording.language or session.language or event.language,
            licence=recording.licence or session.licence or self._directory.settings.licence,
            date=recording.date or session.start,
        )

    def _withdrawn(self, found: Survey) -> Iterator[Withdrawn]:
        """Recordings that were public once: their former address tells what became of them."""
        for item in found.items:
            if item.verdict is not Verdict.WITHDRAWN:
                continue
            page = urls.object_key(self._page(item))
            if any(page in record.objects for record in self._media.remote.records()):
                reason = item.decision.reason if item.recording.release and item.recording.release.reason else ""
                yield Withdrawn(item.event, item.session, item.recording.id, reason)

    def _theme_files(self) -> dict[str, bytes]:
        logo = self._directory.settings.theme.logo
        if logo is None:
            return {}
        try:
            path = (self._directory.root / logo).resolve(strict=True)
            if not path.is_relative_to(self._directory.root.resolve()):
                raise ConfigurationError(
                    "theme.logo", f"{logo} is outside the catalogue", hint="copy it into the folder"
                )
            return {logo: path.read_bytes()}
        except OSError as error:
            raise ConfigurationError("theme.logo", f"{logo} cannot be read ({error.strerror})") from error


def _public_event(event: Event, found: Survey) -> Event:
    """The event without anything of the recordings that may not be public."""
    hidden = {item.recording.id for item in found.items if item.event.id == event.id and not item.decision.is_public}

    def public(session: Session) -> Session:
        kept = tuple(one for one in session.recordings if one.id not in hidden)
        return session.model_copy(update={"recordings": kept})

    return event.model_copy(update={"sessions": tuple(public(session) for session in event.sessions)})


def _tell_plan(plan: Plan, reporter: Reporter) -> None:
    for upload in plan.uploads:
        reporter.tell(PlannedChange("upload", upload.wanted.key, upload.wanted.size, upload.reason))
    for skip in plan.skips:
        reporter.tell(PlannedChange(KEEP, skip.key, 0, skip.reason))
    for delete in (*plan.withdrawals, *plan.deletes):
        reporter.tell(PlannedChange("delete", delete.key, delete.size, delete.reason))


def _tell_progress(progress: Progress, reporter: Reporter) -> None:
    reporter.tell(TransferProgress(progress.done_bytes, progress.total_bytes))


def open_target(directory: CatalogueDirectory, target: str | None) -> ObjectStore:
    """The store to publish to: ``target``, or the configured one.

    Raises:
        ConfigurationError: it is not a place to publish to.
        StoreError: it cannot be opened.
    """
    return open_store(target or directory.settings.publish, base=directory.root, endpoint=directory.settings.endpoint)


def address(directory: CatalogueDirectory, store: ObjectStore) -> str:
    """Where a person finds the catalogue: the page of a local folder, else the public address."""
    folder = Path(store.address)
    return f"{folder / 'index.html'}" if folder.is_dir() else directory.settings.base_url
