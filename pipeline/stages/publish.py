"""publish: the whole catalogue, from what is ready to what the public sees.

Reads the artifacts of every recording that may be public, renders the pages, compares all of it with what the store
has, and carries out the difference. Rule: what may not be public is never even wanted; media first, then pages, then
``catalog.json``; deletes last, but what was withdrawn goes first of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from catalog import urls
from catalog.document import Content, catalog_builder
from catalog.manifest import Artifact, Made, RecordingManifest
from catalog.model import Cue, Event, Session
from catalog.published import Activity, Catalogue, PublishedRecording, Withdrawn
from catalog.release import Verdict
from catalog.render import parts
from catalog.transcript import CuesOnDemand
from pipeline import discussions
from pipeline.captions.webvtt import read_published
from pipeline.catalogue import CatalogueDirectory
from pipeline.errors import ConfigurationError, StoreError
from pipeline.fetch import remote
from pipeline.made import made
from pipeline.plan_report import tell_plan, tell_progress
from pipeline.report import Noticed, PlaceFailed, Published, Reporter
from pipeline.site_cache import SiteCache
from pipeline.stages.ingest import Item, Survey
from pipeline.storage.memo import Memo
from pipeline.storage.protocol import Elsewhere, ObjectStore, Wanted
from pipeline.storage.publish import CatalogBuilder, Options, Outcome, publish
from pipeline.storage.removals import is_below
from pipeline.store_media import StoreMedia, manifest_object
from pipeline.targets import address

TEMPLATES = "templates"
PICTURES = frozenset({".avif", ".jpeg", ".jpg", ".png", ".svg", ".webp"})
ARTWORK = frozenset({".jpeg", ".jpg", ".png"})
"""Pictures that podcast directories take."""
LocalFile = Callable[[Artifact, str], Path | None]
"""The file of an artifact on this machine, if it is here."""


@dataclass(frozen=True)
class Ready:
    """A recording that can be published, and what was made of it."""

    item: Item
    manifest: RecordingManifest


@dataclass(frozen=True)
class Edition:
    """What is to be public, the same for every place."""

    wanted: Sequence[Wanted]
    catalog: CatalogBuilder


@dataclass(frozen=True)
class Result:
    """What a publish came to.

    Attributes:
        generation: that is public in the main place now.
        changed: addresses there whose content changed or went.
        behind: how many mirrors failed.
        waits: whether something in the main place, or in a mirror, is kept for its readers for a while yet.
    """

    generation: int
    changed: tuple[str, ...]
    behind: int
    waits: bool = False


class Publication:
    """Publishes one catalogue to its main place and its mirrors."""

    def __init__(
        self,
        directory: CatalogueDirectory,
        media: StoreMedia,
        mirrors: Sequence[tuple[ObjectStore, Memo]],
        local_file: LocalFile,
        reporter: Reporter,
        guard: Callable[[], None],
    ) -> None:
        self._directory = directory
        self._media = media
        self._mirrors = mirrors
        self._local_file = local_file
        self._reporter = reporter
        self._site = SiteCache(directory.workspace / "site")
        self._guard = guard
        self._reads_store = False
        """Whether captions have to be read from the store, whose connections only this process can use."""

    def must_take_back(self, found: Survey) -> bool:
        """Whether something is public in the main place that may not be any more."""
        is_forbidden = is_below(self._forbidden(found))
        keep = {urls.object_key(self._page(item)) for item in found.items if item.verdict is Verdict.WITHDRAWN}
        return any(is_forbidden(key) and key not in keep for key in self._media.remote.entries)

    def publish(self, found: Survey, ready: Iterable[Ready], *, now: datetime, dry_run: bool = False) -> Result:
        """Make ``ready`` public and everything else not.

        Raises:
            StoreError: the main place failed; what was public before still is.
        """
        public = {one.item.id: one for one in ready if one.item.verdict is Verdict.PUBLIC}
        catalogue = replace(self._catalogue(found, public), activity=self._activity(found, now, ask=not dry_run))
        wanted = [
            *(one for item in public.values() for one in self._media_of(item)),
            *self._site.wanted(
                parts(catalogue, self._overrides(), now=now),
                is_public=self._is_public,
                keep=not dry_run,
                processes=1 if self._reads_store else None,
            ),
        ]
        options = Options(
            withdrawn=tuple(self._forbidden(found)),
            dry_run=dry_run,
            workers=self._directory.settings.upload.workers,
            guard=self._guard,
        )
        documents = {one.key: Content(one.size, one.sha256) for one in wanted if one.key.endswith(urls.CATALOG)}
        edition = Edition(wanted, catalog_builder(catalogue, documents, before=self._media.remote.catalog))
        main = replace(options, memo=self._media.memo, seen=self._media.remote)
        outcome = self._publish_to(self._media.store, edition, main)
        others = [self._mirror(one, edition, replace(options, memo=memo)) for one, memo in self._mirrors]
        waits = any(one is not None and one.plan.waiting for one in (outcome, *others))
        return Result(outcome.plan.generation, outcome.changed, others.count(None), waits)

    def _publish_to(self, store: ObjectStore, edition: Edition, options: Options) -> Outcome:
        reporter = self._reporter
        outcome = publish(
            store,
            edition.wanted,
            edition.catalog,
            options,
            on_plan=lambda plan: tell_plan(plan, store, reporter),
            on_progress=lambda progress: tell_progress(progress, reporter),
        )
        for note in outcome.notes:
            reporter.tell(Noticed(store.address, note))
        plan = outcome.plan
        reporter.tell(
            Published(
                uploaded=len(plan.uploads),
                unchanged=plan.skips,
                deleted=len(plan.withdrawals) + len(plan.hidden) + len(plan.deletes),
                generation=plan.generation,
                address=address(self._directory, store) if store is self._media.store else store.address,
                dry_run=options.dry_run,
                changed=outcome.changed,
            )
        )
        return outcome

    def _mirror(self, mirror: ObjectStore, edition: Edition, options: Options) -> Outcome | None:
        """Publish the same there, media that are not on this machine from the main place; ``None`` if it failed."""
        scratch = self._directory.workspace
        source = Elsewhere(self._media.store, scratch)
        wanted = [replace(one, elsewhere=source) for one in edition.wanted]
        try:
            return self._publish_to(mirror, replace(edition, wanted=wanted), options)
        except StoreError as error:
            self._reporter.tell(PlaceFailed(mirror.address, error.message, error.context, error.hint))
            return None

    @property
    def _host(self) -> str:
        """Where media are found, when not where the pages are."""
        return self._directory.settings.site.media_url or ""

    def _is_public(self, one: Wanted) -> bool:
        """Whether every place has an object, so that nobody will send it; of mirrors that is not known here."""
        return not self._mirrors and self._media.remote.shows(one)

    def _activity(self, found: Survey, now: datetime, *, ask: bool) -> Mapping[str, Activity]:
        """What goes on in the discussions; a dry run goes by what is known."""
        hosts = self._directory.settings.fetch.allow_hosts
        get = partial(remote.get, allow_hosts=hosts, max_bytes=discussions.MAX_BYTES) if ask else None
        return discussions.activity(discussions.topics(found.events), self._directory.workspace, get, now=now)

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
                one = Wanted.of_file(key, None, size=file.bytes, sha256=file.sha256)
                yield one if self._is_public(one) else self._with_content(one, self._local_file(artifact, file.name))
        yield manifest_object(ready.manifest)

    def _with_content(self, one: Wanted, path: Path | None) -> Wanted:
        """A file that may have to be sent, from this machine; else from the store, where it may lie unused."""
        if path is None and self._media.remote.holds(one.key, size=one.size, sha256=one.sha256):
            return replace(one, elsewhere=Elsewhere(self._media.store, self._directory.workspace))
        return replace(one, source=None if path is None else str(path))

    def _catalogue(self, found: Survey, public: Mapping[str, Ready]) -> Catalogue:
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
            files=self._theme_files(),
        )

    def _shown(self, found: Survey, public: Mapping[str, Ready]) -> Iterator[PublishedRecording]:
        """What is ready, and what others keep, in programme order."""
        for item in found.items:
            if item.id in public:
                yield self._published(item, self._made(public[item.id]))
            elif item.recording.is_elsewhere and item.verdict is Verdict.PUBLIC:
                length = item.recording.duration or timedelta()
                yield self._published(item, Made(duration_ms=length // timedelta(milliseconds=1), source_sha256=""))

    def _made(self, ready: Ready) -> Made:
        item = ready.item
        event, recording = item.event, item.recording
        artifacts = {one.stage: one for one in ready.manifest.artifacts}

        def cues(artifact: Artifact, name: str) -> Sequence[Cue]:
            key = urls.artifact(event.id, recording.id, artifact.digest, name)
            self._reads_store |= self._local_file(artifact, name) is None
            return CuesOnDemand(partial(self._cues, artifact, name, key))

        return made(item.id, ready.manifest.source_sha256, artifacts, cues, host=self._host)

    def _published(self, item: Item, what: Made) -> PublishedRecording:
        event, session, recording = item.event, item.session, item.recording
        return PublishedRecording(
            event=event,
            session=session,
            recording=recording,
            made=what,
            people=recording.people or session.people,
            language=recording.language or session.language or event.language,
            licence=recording.licence or session.licence or self._directory.settings.licence,
            date=recording.date or session.start,
        )

    def _cues(self, artifact: Artifact, name: str, key: str) -> Sequence[Cue]:
        path = self._local_file(artifact, name)
        return read_published(path.read_bytes() if path else self._media.read(key))

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


def _public_event(event: Event, hidden: Set[str]) -> Event:
    """The event without anything of the recordings that may not be public."""

    def public(session: Session) -> Session:
        kept = tuple(one for one in session.recordings if f"{event.id}/{one.id}" not in hidden)
        return session.model_copy(update={"recordings": kept})

    return event.model_copy(update={"sessions": tuple(public(session) for session in event.sessions)})
