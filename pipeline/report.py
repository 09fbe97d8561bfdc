"""What a run tells: messages as data, and who hears them. The form for terminals is in ``console.py``."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Protocol, TextIO

from pipeline.errors import AftertalkError


@dataclass(frozen=True)
class RunStarted:
    """A run begins."""

    recordings: int


@dataclass(frozen=True)
class StageStarted:
    """An artifact is being made, and why."""

    recording: str
    stage: str
    reason: str


@dataclass(frozen=True)
class StageProgress:
    """Media milliseconds done of a stage."""

    recording: str
    stage: str
    done_ms: int
    total_ms: int


@dataclass(frozen=True)
class StageDone:
    """A stage is through.

    ``outcome`` is ``made``, ``kept`` (in the workspace), ``published`` (in the store) or ``left out`` (it failed, the
    recording can do without it, and the next run tries again).
    """

    recording: str
    stage: str
    outcome: str
    seconds: float


@dataclass(frozen=True)
class Detail:
    """Why a stage did what it did, e.g. why the source's picture is copied."""

    recording: str
    stage: str
    message: str


@dataclass(frozen=True)
class RecordingDone:
    """All artifacts of a recording are there."""

    recording: str


@dataclass(frozen=True)
class RecordingsUnchanged:
    """So many recordings are as they were published; nothing has to be made for them, and no message names them."""

    recordings: int


@dataclass(frozen=True)
class RecordingSkipped:
    """A recording is not worked on, and why; nothing is wrong."""

    recording: str
    reason: str


@dataclass(frozen=True)
class RecordingFailed:
    """A recording could not be made or published; the others go on."""

    recording: str
    message: str
    context: str = ""
    hint: str = ""

    @classmethod
    def of(cls, recording: str, error: AftertalkError) -> RecordingFailed:
        """The message for an error; names the file when that is not the recording itself."""
        where = "" if error.reference == recording else f"{error.reference}: "
        return cls(recording, f"{where}{error.message}", error.context, error.hint)


@dataclass(frozen=True)
class RecordingResting:
    """A recording that failed before is not tried in this run; ``plan`` says when it is."""

    recording: str
    message: str
    plan: str
    hint: str = ""


@dataclass(frozen=True)
class Noticed:
    """Something a person should know; nothing failed."""

    reference: str
    message: str
    hint: str = ""


WAIT = "wait"
"""Not wanted any more, and kept for readers of the generation before until the grace period is over."""


@dataclass(frozen=True)
class PlannedChange:
    """One object that a publish uploads, deletes or will delete, and why."""

    action: str
    key: str
    bytes: int
    reason: str


@dataclass(frozen=True)
class TransferProgress:
    """Bytes sent of a publish."""

    done_bytes: int
    total_bytes: int


@dataclass(frozen=True)
class Published:
    """The outcome of a publish: counts of objects, and where to look."""

    uploaded: int
    unchanged: int
    deleted: int
    generation: int
    address: str
    dry_run: bool = False
    changed: tuple[str, ...] = ()
    """Addresses below the root whose content changed or went: what a CDN must ask for again."""


@dataclass(frozen=True)
class PlaceFailed:
    """A mirror could not be brought up to date; the main place was."""

    address: str
    message: str
    context: str = ""
    hint: str = ""


@dataclass(frozen=True)
class NothingChanged:
    """Everything is as the last run left it, here and where it is published; nothing was looked at more closely."""

    generation: int
    address: str


@dataclass(frozen=True)
class RunDone:
    """A run ends. What is neither ready nor failed has no media file yet, or was not asked for."""

    recordings: int
    ready: int
    failed: int
    seconds: float


Message = (
    RunStarted
    | StageStarted
    | StageProgress
    | StageDone
    | Detail
    | RecordingDone
    | RecordingsUnchanged
    | RecordingSkipped
    | RecordingFailed
    | RecordingResting
    | Noticed
    | PlannedChange
    | TransferProgress
    | Published
    | PlaceFailed
    | NothingChanged
    | RunDone
)


class Reporter(Protocol):
    """Hears what a run tells, from any thread."""

    def tell(self, message: Message) -> None:
        """Show or keep one message."""


class RecordingReporter:
    """Keeps every message, for tests."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def tell(self, message: Message) -> None:
        """Keep the message."""
        self.messages.append(message)


class JsonReporter:
    """One JSON object a line: ``{"at": "2026-…", "run": "…", "event": "StageDone", "recording": "…", …}``."""

    def __init__(self, stream: TextIO = sys.stdout, *, run: str = "", every_s: float = 1.0) -> None:
        self._stream = stream
        self._run = run
        self._every_s = every_s
        self._last: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def tell(self, message: Message) -> None:
        """Write the message; progress at most once every ``every_s`` seconds and task, objects that wait never."""
        with self._lock:
            if self._is_too_soon(message) or (isinstance(message, PlannedChange) and message.action == WAIT):
                return
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = {"at": now, "run": self._run, "event": type(message).__name__, **asdict(message)}
            self._stream.write(json.dumps(line, ensure_ascii=False) + "\n")
            self._stream.flush()

    def _is_too_soon(self, message: Message) -> bool:
        match message:
            case StageProgress(recording=recording, stage=stage):
                task = (recording, stage)
            case TransferProgress():
                task = ("", "publish")
            case _:
                return False
        now = time.monotonic()
        if now - self._last.get(task, float("-inf")) < self._every_s:
            return True
        self._last[task] = now
        return False
