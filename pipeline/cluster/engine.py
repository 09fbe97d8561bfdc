"""The engine that sends orders to a Dask cluster."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from dataclasses import replace
from typing import Any

from distributed import Client, Future, Security
from distributed.comm.core import CommClosedError
from distributed.scheduler import KilledWorker

from catalog.manifest import Artifact
from pipeline.cluster.work import WorkStore
from pipeline.cluster.worker import PROGRESS, SLOT, carry_out, source_files
from pipeline.config import FetchSettings
from pipeline.engine import InputT, LocalEngine, OutputT, map_in_threads
from pipeline.errors import AftertalkError, ConfigurationError, StoreError
from pipeline.flow import NOT_MADE
from pipeline.making import OnProgress, Order
from pipeline.stages import Job

ATTEMPTS = 5
"""So often is an order sent again after the cluster lost it."""
PAUSE_S = 5.0
_CONNECT_S = 30
_LOOK_S = 2.0
_THREADS = 256
"""Orders under way at a time; each is a waiting thread."""
_LOST = (KilledWorker, CancelledError, CommClosedError, TimeoutError, OSError)


class ClusterEngine:
    """Sends orders to workers; what workers cannot have (files that only the public store holds) is made ``here``."""

    def __init__(self, cluster: Cluster, work: WorkStore, here: LocalEngine) -> None:
        self._cluster = cluster
        self._work = work
        self._workspace = here.maker.workspace
        self._here = here
        self._artifacts: set[str] = set()
        self._sources: set[str] = set()

    def map(self, function: Callable[[InputT], OutputT], items: Sequence[InputT]) -> list[OutputT]:
        """See ``Engine.map``."""
        return map_in_threads(function, items, _THREADS)

    def make(self, order: Order, *, keep: bool) -> Artifact:
        """See ``Engine.make``."""
        artifact = self._work.find(order.task.key)
        if artifact is None:
            if not self._provide(order.job):
                return self._here.make(order, keep=keep)
            artifact = self._cluster.carry_out(replace(order, job=_without_secrets(order.job)))
        if keep:
            self._take(order, artifact)
        return artifact

    def drop(self, keys: Sequence[str]) -> None:
        """See ``Engine.drop``."""
        self._work.drop(keys)
        self._here.drop(keys)

    def release(self, job: Job) -> None:
        """See ``Engine.release``: this machine has everything now, but another recording may need the same yet."""
        self._artifacts.update(one.key for one in job.artifacts.values() if one.key != NOT_MADE)
        self._sources.update(source_files(job.source))

    def close(self) -> None:
        """See ``Engine.close``."""
        with suppress(StoreError):  # the run's outcome is decided; docs/cluster.md has old work expire by itself
            self._work.drop(sorted(self._artifacts), sorted(self._sources))
        self._cluster.close()

    def _provide(self, job: Job) -> bool:
        """Put what a job needs into the shared store; ``False`` when this machine does not have it itself."""
        for artifact in job.artifacts.values():
            if artifact.key != NOT_MADE and self._work.find(artifact.key) is None:
                whole = self._workspace.find(artifact.key)
                if whole is None:
                    return False
                self._work.put(whole, self._workspace)
        for digest, path in source_files(job.source).items():
            self._work.put_source(path, digest)
        return True

    def _take(self, order: Order, artifact: Artifact) -> None:
        with self._workspace.scratch() as folder:
            out = folder / "out"
            out.mkdir()
            for file in artifact.files:
                self._work.fetch(artifact, file.name, out / file.name)
            private = frozenset(file.name for file in artifact.files if not file.public)
            self._workspace.commit(order.task, out, artifact.data, private)


def _without_secrets(job: Job) -> Job:
    """Workers fetch nothing, so they need no passwords."""
    return replace(job, settings=job.settings.model_copy(update={"fetch": FetchSettings()}))


class Cluster:
    """A connection to a scheduler that is made again when it breaks."""

    def __init__(self, address: str, security: Security, on_progress: OnProgress) -> None:
        self._address = address
        self._security = security
        self._on_progress = on_progress
        self._lock = threading.Lock()
        self._client: Client | None = None
        self._under_way: dict[str, Order] = {}

    def carry_out(self, order: Order) -> Artifact:
        """Have a worker carry out an order; send it again when the cluster lost it.

        Raises:
            AftertalkError: it cannot be made, or the cluster lost it ``ATTEMPTS`` times.
            ConfigurationError: nothing answers at the scheduler's address.
        """
        self._under_way[order.task.key] = order
        try:
            return self._sent_until_done(order)
        finally:
            del self._under_way[order.task.key]

    def _sent_until_done(self, order: Order) -> Artifact:
        trouble: BaseException | None = None
        for attempt in range(ATTEMPTS):
            client = self.connected()
            name = f"{order.task.stage}-{order.task.key[:16]}-{attempt}"
            try:
                future = client.submit(carry_out, order, key=name, resources={SLOT: 1}, retries=0, pure=False)
                return _result(client, future)
            except _LOST as error:
                trouble = error
                time.sleep(PAUSE_S)
        raise AftertalkError(
            order.job.id,
            f"the cluster lost its {order.task.stage} {ATTEMPTS} times",
            context=f"{type(trouble).__name__}: {trouble}",
            hint="look at the logs of the workers; their memory may be too small",
        )

    def close(self) -> None:
        """Leave the scheduler."""
        with self._lock, suppress(Exception):  # a connection that is broken is as good as closed
            if self._client is not None:
                self._client.close(timeout=5)  # type: ignore[no-untyped-call]

    def connected(self) -> Client:
        """The connection, made anew where it is not there any more.

        Raises:
            ConfigurationError: nothing answers at the scheduler's address.
        """
        with self._lock:
            if self._client is not None and self._client.status == "running":
                return self._client
            if self._client is not None:
                with suppress(Exception):  # it is broken already
                    self._client.close(timeout=1)  # type: ignore[no-untyped-call]
            try:
                client = Client(  # type: ignore[no-untyped-call]
                    self._address, timeout=_CONNECT_S, security=self._security, set_as_default=False
                )
            except (OSError, TimeoutError) as error:
                raise ConfigurationError(
                    f"--engine {self._address}",
                    f"no scheduler answers there within {_CONNECT_S} s",
                    hint="start one ('dask scheduler'), or use --engine local",
                ) from error
            client.subscribe_topic(PROGRESS, self._heard)  # type: ignore[no-untyped-call]
            self._client = client
            return client

    def _heard(self, event: tuple[float, Any]) -> None:
        _, (key, done_ms) = event
        if (order := self._under_way.get(key)) is not None:
            self._on_progress(order, done_ms)


def _result(client: Client, future: Future[Artifact]) -> Artifact:
    """The outcome of ``future``; a future of a connection that broke never ends, so look at both.

    Raises:
        CancelledError: the scheduler knows nothing of it any more.
    """
    while True:
        try:
            made = future.result(timeout=_LOOK_S)
        except TimeoutError:
            if client.status != "running" or future.status in {"lost", "cancelled"}:
                raise CancelledError(f"connection to the scheduler: {client.status}") from None
        else:
            return made
