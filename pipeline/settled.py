"""Noticing at once that nothing changed: a run that finds everything as the last complete one left it ends there.

What a run depends on is looked at from outside, without opening it: every file of the catalogue directory by size,
inode and times, Aftertalk's own files, the installed packages, and the few environment variables that count. A run that
ends complete keeps a digest of what was there **before** it began, together with the moment at which time alone changes
something: an embargo ends, a session is over, a failed recording is tried again. Nothing is kept where a run depends on
what only others can tell (sources and programmes by address), and nothing stands while files are so new that they may
change again without another time.
"""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from pydantic import AwareDatetime

from catalog.fields import Model
from pipeline.catalogue import CatalogueDirectory
from pipeline.config import WORKSPACE, Settings
from pipeline.digests import SETTLED_NS
from pipeline.workspace import write_atomically

FILE = "settled.json"
KEPT_FOR = timedelta(days=1)
"""How long at most a run may rest on an earlier one."""
MAX_FILES = 500_000
"""With more files, or links that lead to so many, nothing is settled."""
VARIABLES = (
    "AWS_CONFIG_FILE",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_S3",
    "AWS_PROFILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "HOME",
    "IMAGEIO_FFMPEG_EXE",
    "PATH",
    "PYTHONPATH",
)
"""Of the environment, what a run may depend on. Whether credentials are good, the store tells."""


class Ending(Model):
    """How a complete run ended."""

    seen: str
    """Digest of everything it depended on, when it began."""
    begun: AwareDatetime
    until: AwareDatetime
    """From then on time alone may change something."""
    recordings: int
    ready: int
    generation: int
    address: str
    """Where a person finds what is public."""
    notices: tuple[tuple[str, str, str], ...] = ()
    """What a person should look at: reference, message, hint."""


class Settled:
    """How the last run on a catalogue ended, if nothing changed since."""

    def __init__(self, directory: CatalogueDirectory, *, clock: Callable[[], int] = time.time_ns) -> None:
        """Look at everything now, before anything is read; of ``directory`` only root and settings are used."""
        self._path = directory.workspace / FILE
        self._seen = _digest(directory, clock)

    def last(self, *, now: datetime) -> Ending | None:
        """How the last run ended, if this one would find the same."""
        try:
            ending = Ending.model_validate_json(self._path.read_bytes())
        except (OSError, ValueError):
            return None
        return ending if ending.seen == self._seen and ending.begun <= now < ending.until else None

    def keep(self, ending: Ending | None) -> None:
        """A run is complete: the next one may rest on it, unless something was too new when it began."""
        if self._seen and ending is not None:
            whole = ending.model_copy(update={"seen": self._seen})
            write_atomically(self._path, whole.model_dump_json().encode())


def forget(workspace: Path) -> None:
    """A run begins that may change something: until it is complete, no run may rest on an earlier one."""
    (workspace / FILE).unlink(missing_ok=True)


def _digest(directory: CatalogueDirectory, clock: Callable[[], int]) -> str:
    """Of everything a run depends on; empty where that cannot be told."""
    newest = clock() - SETTLED_NS
    root = Path(os.path.abspath(directory.root))  # noqa: PTH100 (links are followed one by one below)
    skipped = _outputs(root, directory.settings)
    if any(root.is_relative_to(path) for path in skipped):
        return ""
    running = sha256(repr((sys.version, [os.environ.get(name) for name in VARIABLES])).encode())
    running.update(directory.settings.model_dump_json(include={"publish", "media", "mirrors"}).encode())
    for number, (path, state) in enumerate(_everything(root, directory.settings, skipped)):
        if number > MAX_FILES or (state and max(state.st_mtime_ns, state.st_ctime_ns) > newest):
            return ""
        running.update(os.fsencode(path) + repr(state and stamp(state)).encode())
    return running.hexdigest()


def stamp(state: os.stat_result) -> tuple[int, ...]:
    """What tells a file from itself after somebody wrote to it or replaced it."""
    return state.st_mode, state.st_size, state.st_ino, state.st_mtime_ns, state.st_ctime_ns


def _outputs(root: Path, settings: Settings) -> frozenset[Path]:
    """What runs themselves write below the catalogue directory, and the history that git keeps there."""
    places = [settings.publish, settings.media and settings.media.publish, settings.work]
    places += [one.publish for one in settings.mirrors]
    folders = [root / one for one in places if one and "://" not in one]
    files = [root / settings.metrics] if settings.metrics else []
    return frozenset(Path(os.path.normpath(one)) for one in (*folders, *files, root / WORKSPACE, root / ".git"))


def _everything(
    root: Path, settings: Settings, skipped: frozenset[Path]
) -> Iterator[tuple[str, os.stat_result | None]]:
    """Everything a run may read, with its state; ``None`` where there is nothing to be had."""
    known = {(state.st_dev, state.st_ino) for path in (root, *skipped) if (state := _state(path)) is not None}
    yield from _walk(str(root), frozenset(map(str, skipped)), known)  # a link may lead back to them
    yield from installation(settings)


def installation(settings: Settings) -> Iterator[tuple[str, os.stat_result | None]]:
    """Aftertalk's own files, the packages and the programs, with their states; ``None`` where there is nothing."""
    here = Path(__file__).parent
    for name in ("catalog", "pipeline", "site_templates"):
        yield from _walk(str(here.parent / name), frozenset(), set())
    named = [settings.ffmpeg, settings.captions.model, *sys.path]
    for path in (Path(one) for one in named if one):
        yield str(path), _state(path)


def _walk(
    folder: str, skipped: frozenset[str], seen: set[tuple[int, int]]
) -> Iterator[tuple[str, os.stat_result | None]]:
    """Files and folders below ``folder``, links followed, each folder once; as text, of tens of thousands.

    Folders of outputs and compiled modules come and go with every run, so the times of what holds them do not count:
    a name that is new or gone shows by itself.
    """
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError:
        yield folder, None
        return
    for entry in entries:
        if entry.path in skipped or entry.name == "__pycache__":
            continue
        state = _state(entry)
        if state is None or not stat.S_ISDIR(state.st_mode):
            yield entry.path, state
        elif (identity := (state.st_dev, state.st_ino)) not in seen:
            seen.add(identity)
            yield entry.path, None
            yield from _walk(entry.path, skipped, seen)


def _state(path: Path | os.DirEntry[str]) -> os.stat_result | None:
    try:
        return path.stat()
    except OSError:
        return None
