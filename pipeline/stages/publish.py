"""publish: the whole catalogue, from what is ready to what the public sees.

Reads the artifacts of every recording that may be public, renders the pages, compares all of it with what the store
has, and carries out the difference. Rule: what may not be public is never even wanted; media first, then pages, then
``catalog.json``; deletes last, but what was withdrawn goes first of all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from catalog import urls
from catalog.document import Content, catalog_builder, in_parts
from catalog.published import Activity, Catalogue
from catalog.release import Verdict
from catalog.render import parts
from pipeline import discussions, forked
from pipeline.catalogue import CatalogueDirectory
from pipeline.errors import StoreError
from pipeline.fetch import remote
from pipeline.plan_report import tell_plan, tell_progress
from pipeline.public_catalogue import LocalFile, PublicCatalogue, page_of
from pipeline.ready import Ready
from pipeline.report import Noticed, PlaceFailed, Published, Reporter
from pipeline.site_cache import SiteCache
from pipeline.stages.ingest import Survey
from pipeline.storage.lots import Lot
from pipeline.storage.memo import Memo
from pipeline.storage.protocol import Elsewhere, ObjectStore, Wanted
from pipeline.storage.publish import CatalogBuilder, Options, Outcome, publish
from pipeline.storage.removals import is_below
from pipeline.store_media import StoreMedia, manifest_object
from pipeline.targets import address

TEMPLATES = "templates"
WORTH_SPREADING = 2_000
"""Fingerprints of pages: some tenths of a second."""


@dataclass(frozen=True)
class Edition:
    """What is to be public, the same for every place."""

    lots: Sequence[Lot]
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
        self._catalogue = PublicCatalogue(directory, media, local_file)

    def must_take_back(self, found: Survey) -> bool:
        """Whether something is public in the main place that may not be any more."""
        forbidden = tuple(self._forbidden(found))
        if not forbidden:
            return False
        is_forbidden = is_below(forbidden)
        keep = {urls.object_key(page_of(item)) for item in found.items if item.verdict is Verdict.WITHDRAWN}
        return any(is_forbidden(key) and key not in keep for key in self._media.remote.entries)

    def publish(self, found: Survey, ready: Iterable[Ready], *, now: datetime, dry_run: bool = False) -> Result:
        """Make ``ready`` public and everything else not.

        Raises:
            StoreError: the main place failed; what was public before still is.
        """
        public = {one.item.id: one for one in ready if one.item.verdict is Verdict.PUBLIC}
        activity = self._activity(found, now, ask=not dry_run)
        catalogue = self._catalogue.of(found, public, activity)
        media = [self._media_of(item) for item in public.values()]
        site = self._site.lots(
            parts(catalogue, self._overrides(), now=now, known=self._catalogue.facts, each=_by_all_processors),
            has=self._has_lot,
            is_public=self._is_public,
            keep=not dry_run,
        )
        options = Options(
            withdrawn=tuple(self._forbidden(found)),
            dry_run=dry_run,
            workers=self._directory.settings.upload.workers,
            guard=self._guard,
        )
        documents = self._documents(catalogue, site)
        edition = Edition([*media, *site], catalog_builder(catalogue, documents, before=self._media.remote.catalog))
        main = replace(options, memo=self._media.memo, seen=self._media.remote)
        outcome = self._publish_to(self._media.store, edition, main)
        others = [self._mirror(one, edition, replace(options, memo=memo)) for one, memo in self._mirrors]
        waits = any(one is not None and one.plan.waiting for one in (outcome, *others))
        return Result(outcome.plan.generation, outcome.changed, others.count(None), waits)

    def _publish_to(self, store: ObjectStore, edition: Edition, options: Options) -> Outcome:
        reporter = self._reporter
        outcome = publish(
            store,
            edition.lots,
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
        lots = [Lot(lot.name, partial(_from, source, lot)) for lot in edition.lots]
        try:
            return self._publish_to(mirror, replace(edition, lots=lots), options)
        except StoreError as error:
            self._reporter.tell(PlaceFailed(mirror.address, error.message, error.context, error.hint))
            return None

    def _has_lot(self, name: str) -> bool:
        """Whether every place has all objects of a lot; of mirrors that is not known here."""
        return not self._mirrors and name in self._media.remote.lots

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

    def _media_of(self, ready: Ready) -> Lot:
        return Lot(ready.note.lot, partial(self._media_objects, ready))

    def _media_objects(self, ready: Ready) -> Sequence[Wanted]:
        event_id, recording_id = ready.item.event.id, ready.item.recording.id
        objects = []
        for artifact in ready.note.manifest.artifacts:
            for file in artifact.files:
                key = urls.artifact(event_id, recording_id, artifact.digest, file.name)
                one = Wanted.of_file(key, None, size=file.bytes, sha256=file.sha256)
                is_public = self._is_public(one)
                objects.append(one if is_public else self._with_content(one, self._local_file(artifact, file.name)))
        return [*objects, manifest_object(ready.note.manifest)]

    def _documents(self, catalogue: Catalogue, site: Sequence[Lot]) -> Mapping[str, Content]:
        """The parts of a large ``catalog.json``: made now, or as they are public."""
        if not in_parts(catalogue):
            return {}
        new = (one for lot in site if not self._has_lot(lot.name) for one in lot.objects())
        found = {one.key: Content(one.size, one.sha256) for one in new}
        public = self._media.remote.record.objects
        for key in (urls.event_catalog(event.id) for event in catalogue.events):
            if key not in found:
                found[key] = Content(public[key].size, public[key].sha256)
        return found

    def _with_content(self, one: Wanted, path: Path | None) -> Wanted:
        """A file that may have to be sent, from this machine; else from the store, where it may lie unused."""
        if path is None and self._media.remote.holds(one.key, size=one.size, sha256=one.sha256):
            return replace(one, elsewhere=Elsewhere(self._media.store, self._directory.workspace))
        return replace(one, source=None if path is None else str(path))


def _by_all_processors(count: int, make: Callable[[int], str]) -> Sequence[str]:
    """The results of very many short steps."""
    return forked.made(count, make, worth=WORTH_SPREADING, chunk=WORTH_SPREADING)


def _from(source: Elsewhere, lot: Lot) -> Sequence[Wanted]:
    return [replace(one, elsewhere=source) for one in lot.objects()]
