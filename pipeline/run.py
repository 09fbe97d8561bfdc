"""One run over the whole catalogue: find, make, publish. Each recording stands or falls alone."""

from __future__ import annotations

import os
import socket
import time
import traceback
from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from catalog.manifest import RecordingManifest
from catalog.release import Verdict
from pipeline import report
from pipeline.aftermath import Aftermath, Facts
from pipeline.catalogue import CatalogueDirectory
from pipeline.ending import ending
from pipeline.errors import AftertalkError, ConfigurationError
from pipeline.failures import inputs_of
from pipeline.flow import Flow, artifacts_by_stage, manifest_of
from pipeline.interrupts import stopping
from pipeline.ready import Note, Ready
from pipeline.settled import Settled, forget
from pipeline.stages import STAGES, Job
from pipeline.stages.ingest import Item, Survey, survey
from pipeline.stages.publish import Publication
from pipeline.standing import Standing
from pipeline.storage import lease
from pipeline.workshop import LOCAL, Workshop, open_workshop


@dataclass(frozen=True)
class Options:
    """What a run is asked for."""

    only: frozenset[str] = frozenset()
    """Recordings to make; all when empty. The others stay as they are."""
    dry_run: bool = False
    force: frozenset[str] = frozenset()
    """Stages whose artifacts are made again although they are up to date."""
    run: str = ""
    """Name of the run, for logs and the operations page."""
    until: str | None = None
    """Stop after this stage, and publish nothing."""
    engine: str = LOCAL
    """Where the work is done: this machine, or the cluster of a scheduler's address."""

    @property
    def is_plain(self) -> bool:
        """Whether it is a run like any other, which nothing has to be done for when nothing changed."""
        return not (self.only or self.dry_run or self.force or self.until)


def publish(
    directory: CatalogueDirectory,
    reporter: report.Reporter,
    options: Options,
    *,
    now: datetime,
    settled: Settled | None = None,
) -> int:
    """Make what is new and publish; returns how many recordings and mirrors failed.

    ``settled`` is what was looked at before ``directory`` was read; a later run may rest on this one then.

    Raises:
        LockHeldError: another run works on this catalogue.
        ConfigurationError: an option names something that is not there.
        StoreError: the store cannot be read or written; what was public before still is.
    """
    started = time.monotonic()
    shop = open_workshop(directory, reporter, engine_address=options.engine)
    with closing(shop.engine), _alone(shop, options) as guard, stopping(shop.stop):
        if not options.dry_run:
            forget(directory.workspace)
            shop.published.look()
        found = survey(directory, now=now)
        _check(found, options)
        for notice in found.notices:
            reporter.tell(notice)
        making = _Making(shop, found, options, now)
        publication = Publication(directory, shop.published, shop.mirrors, shop.workspace.path, reporter, guard)
        if options.dry_run:
            behind = publication.publish(found, making.make(), now=now, dry_run=True).behind
        elif options.until:
            making.make()
            behind = 0
        else:
            behind = _publish(shop, making, publication, Facts(options.run, now, started, found), settled)
    seconds = round(time.monotonic() - started, 1)
    reporter.tell(report.RunDone(len(making.workable), making.made, len(making.failed), seconds))
    return len(making.failed) + behind


def _publish(shop: Workshop, making: _Making, publication: Publication, facts: Facts, settled: Settled | None) -> int:
    """Take back, make, publish, and tell; returns how many mirrors failed."""
    aftermath = Aftermath(shop, facts, making.public())
    changed: tuple[str, ...] = ()
    if publication.must_take_back(facts.found):  # before anything that takes long
        changed = publication.publish(facts.found, making.as_it_is(), now=facts.begun).changed
        shop.published.look()  # some of what it held is gone
    ready = making.make()
    aftermath.expect(ready)
    result = publication.publish(facts.found, ready, now=facts.begun)
    making.note(ready)
    aftermath.follow(ready, replace(result, changed=tuple(sorted({*changed, *result.changed}))))
    if settled and making.is_complete and not aftermath.is_waiting:
        settled.keep(ending(shop, facts.found, ready, result, now=facts.begun))
    return result.behind


@contextmanager
def _alone(shop: Workshop, options: Options) -> Iterator[Callable[[], None]]:
    """Keep other runs away, on this machine and on others; gives the check whether that still holds."""
    if options.dry_run:
        yield lambda: None
        return
    holder = f"process {os.getpid()} on {socket.gethostname()}, since {datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
    with (
        shop.workspace.locked(),
        lease.held(shop.store, holder=holder, workspace=shop.workspace.identity()) as guard,
    ):
        yield guard


def _check(found: Survey, options: Options) -> None:
    known = {item.id for item in found.items}
    stages = [stage.name for stage in STAGES]
    asked = {"--force": options.force, "--until": {options.until} if options.until else set()}
    for name, given in asked.items():
        if wrong := sorted(given - set(stages)):
            raise ConfigurationError(f"{name} {wrong[0]}", "is no stage", hint=f"one of: {', '.join(stages)}")
    if unknown := sorted(options.only - known):
        raise ConfigurationError(
            f"--only {unknown[0]}",
            "there is no such recording",
            hint=f"one of: {', '.join(sorted(known)[:20]) or 'none yet'}",
        )


class _Making:
    """Makes the recordings of one run."""

    def __init__(self, shop: Workshop, found: Survey, options: Options, now: datetime) -> None:
        self.workable = [item for item in found.items if item.is_workable]
        self.failed: set[str] = set()
        self.made = 0
        self._standing = Standing(shop.directory, shop.tools)
        self._standing.look(self.workable)
        self._up_to_date: set[str] = set()
        self._rest = [item for item in found.items if not item.is_workable]
        self._shop = shop
        self._flow = _flow(shop.flow, options)
        self._options = options
        self._now = now

    @property
    def is_complete(self) -> bool:
        """Whether everything was asked for and nothing failed."""
        return self._options.is_plain and not self.failed

    def public(self) -> Set[str]:
        """Recordings that are public before anything is made; of those that stand the store need not be asked."""
        every = (*self.workable, *self._rest)
        return {one.id for one in every if self._from_note(one) or self._shop.published.is_public(one.id)}

    def as_it_is(self) -> Sequence[Ready]:
        """What can be published without making anything."""
        return [one for item in self.workable if (one := self._from_note(item) or self._as_before(item))]

    def make(self) -> Sequence[Ready]:
        """Make every recording that is asked for; returns all that can be published."""
        for item in self._rest:
            reason = "listed with its links only" if item.recording.is_elsewhere else item.decision.reason
            self._shop.reporter.tell(report.RecordingSkipped(item.id, reason))
        self._shop.reporter.tell(report.RunStarted(len(self.workable)))
        done = {item.id: one for item in self.workable if (one := self._unchanged(item))}
        if done:
            self._shop.reporter.tell(report.RecordingsUnchanged(len(done)))
        others = [item for item in self.workable if item.id not in done]
        done |= {one.item.id: one for one in self._shop.engine.map(self._make, others) if one}
        self.made = len(done)
        return [done[item.id] for item in self.workable if item.id in done]

    def note(self, published: Sequence[Ready]) -> None:
        """Remember what is public now, and its stages made or found up to date: not what is as it was without them."""
        new = (one for one in published if one.item.id in self._up_to_date and one.item.verdict is Verdict.PUBLIC)
        self._standing.keep(new)

    def _unchanged(self, item: Item) -> Ready | None:
        """The recording if nothing has to be done for it."""
        if self._options.force or (one := self._from_note(item)) is None:
            return None
        if not self._options.dry_run and (not self._options.only or item.id in self._options.only):
            self._shop.failures.clear(item.id)
        return one

    def _from_note(self, item: Item) -> Ready | None:
        """The recording as it is public, if nothing that it is made from changed since."""
        note = self._standing.note(item)
        return Ready(item, note) if note and self._is_public(note) else None

    def _is_public(self, note: Note) -> bool:
        published = self._shop.published
        return note.lot in published.remote.lots or published.has_files(note.manifest)

    def _make(self, item: Item) -> Ready | None:
        try:
            if self._is_asked_for(item):
                job = self._flow.make(self._shop.job(item, may_work=True))
                self._shop.failures.clear(item.id)
                self._shop.reporter.tell(report.RecordingDone(item.id))
                self._up_to_date.add(item.id)
                return self._ready(item, manifest_of(job))
        except AftertalkError as error:
            self._fail(item, error)
        except Exception as error:  # a fault of ours with one recording must not stop the others
            self._fail(item, _fault(item, error))
        return self._as_before(item)

    def _fail(self, item: Item, error: AftertalkError) -> None:
        self.failed.add(item.id)
        if not self._options.dry_run:
            inputs = inputs_of(item, self._shop.directory.settings)
            self._shop.failures.record(item.id, error, inputs=inputs, at=self._now)
        self._shop.reporter.tell(report.RecordingFailed.of(item.id, error))

    def _is_asked_for(self, item: Item) -> bool:
        """Whether to make the recording; tells what a dry run would make, and who has no source."""
        if item.problem:
            self._shop.reporter.tell(report.Noticed(item.id, item.problem, item.hint))
            return False
        is_named = item.id in self._options.only
        if not is_named and (self._options.only or self._is_resting(item)):
            return False
        if self._options.dry_run:
            reason = self._flow.is_made(self._shop.job(item))
            if isinstance(reason, str):
                self._shop.reporter.tell(report.PlannedChange("make", item.id, 0, reason))
        return not self._options.dry_run

    def _is_resting(self, item: Item) -> bool:
        """Whether it failed before and is not tried again yet; naming it, or a stage to make again, overrules that."""
        if self._options.force or self._shop.failures.get(item.id) is None:
            return False
        inputs = inputs_of(item, self._shop.directory.settings)
        failure = self._shop.failures.resting(item.id, inputs=inputs, now=self._now)
        if failure is None:
            return False
        self._shop.reporter.tell(report.RecordingResting(item.id, failure.message, failure.plan, failure.hint))
        return True

    def _as_before(self, item: Item) -> Ready | None:
        """The recording as it is: up to date in the workspace, else as it was last published."""
        if (job := self._as_made(item)) is not None:
            return self._ready(item, manifest_of(job))
        manifest = self._shop.published.manifest(item.id)
        if manifest is None or not artifacts_by_stage(manifest).keys() >= {stage.name for stage in STAGES}:
            return None
        return self._ready(item, manifest)

    def _ready(self, item: Item, manifest: RecordingManifest) -> Ready:
        return Ready(item, Note.of(manifest, host=self._shop.directory.settings.site.media_url or ""))

    def _as_made(self, item: Item) -> Job | None:
        if item.problem:
            return None
        try:
            job = self._shop.flow.is_made(self._shop.job(item))
        except Exception:  # whatever it is, it is told when the recording is made; here only what stands counts
            return None
        return job if isinstance(job, Job) else None


def _flow(flow: Flow, options: Options) -> Flow:
    """The flow with the stages asked for."""
    names = [stage.name for stage in flow.stages]
    last = names.index(options.until) + 1 if options.until else len(names)
    return replace(flow, stages=flow.stages[:last], force=options.force)


def _fault(item: Item, error: Exception) -> AftertalkError:
    """An error that is nobody's but Aftertalk's, with what a developer needs."""
    return AftertalkError(
        item.id,
        f"Aftertalk failed on it in a way it should not: {type(error).__name__}: {error}",
        context="".join(traceback.format_exception(error)[-3:]).rstrip(),
        hint="report this with the lines above; the other recordings are not affected",
    )
