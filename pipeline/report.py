"""What a run tells: messages as data, and the three forms that show them (terminal, JSON lines, a list for tests)."""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import Protocol, TextIO

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

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
    """An artifact is there; ``outcome`` is ``made``, ``kept`` (in the workspace) or ``published`` (in the store)."""

    recording: str
    stage: str
    outcome: str
    seconds: float


@dataclass(frozen=True)
class RecordingDone:
    """All artifacts of a recording are there."""

    recording: str


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
class Noticed:
    """Something a person should know; nothing failed."""

    reference: str
    message: str
    hint: str = ""


@dataclass(frozen=True)
class PlannedChange:
    """One object that a publish uploads, keeps or deletes, and why."""

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


@dataclass(frozen=True)
class RunDone:
    """A run ends."""

    recordings: int
    failed: int
    seconds: float


Message = (
    RunStarted
    | StageStarted
    | StageProgress
    | StageDone
    | RecordingDone
    | RecordingSkipped
    | RecordingFailed
    | Noticed
    | PlannedChange
    | TransferProgress
    | Published
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
    """One JSON object a line: ``{"event": "StageDone", …}``."""

    def __init__(self, stream: TextIO = sys.stdout, *, every_s: float = 1.0) -> None:
        self._stream = stream
        self._every_s = every_s
        self._last: dict[tuple[str, str], float] = {}
        self._lock = threading.Lock()

    def tell(self, message: Message) -> None:
        """Write the message; progress at most once every ``every_s`` seconds and task."""
        with self._lock:
            if self._is_too_soon(message):
                return
            line = {"event": type(message).__name__, **asdict(message)}
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


class ConsoleReporter:
    """Text for people: a live display on a terminal, plain lines elsewhere."""

    def __init__(self, console: Console, *, verbose: bool) -> None:
        self._console = console
        self._verbose = verbose
        self._lock = threading.Lock()
        self._bars: dict[str, TaskID] = {}
        self._started: dict[str, float] = {}
        self._progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            TextColumn("{task.percentage:>3.0f} %"),
            TextColumn("{task.fields[rate]}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def __enter__(self) -> ConsoleReporter:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def tell(self, message: Message) -> None:
        """Show the message."""
        with self._lock:
            self._show(message)

    def _show(self, message: Message) -> None:
        match message:
            case RunStarted(recordings=count):
                self._bars["*"] = self._progress.add_task("all recordings", total=count, rate="")
            case StageStarted(recording=recording, stage=stage, reason=reason):
                self._start_bar(recording, stage)
                self._line(f"{recording}: {stage} ({reason})")
            case StageProgress():
                self._advance(message)
            case StageDone(recording=recording, stage=stage, outcome=outcome, seconds=seconds):
                self._stop_bar(recording)
                if self._verbose or outcome == "made":
                    self._line(f"{recording}: {stage} {_outcome(outcome, seconds)}")
            case RecordingDone():
                self._progress.advance(self._bars["*"])
            case RecordingSkipped(recording=recording, reason=reason):
                self._line(f"{recording}: skipped, {reason}", quiet=True)
            case RecordingFailed():
                self._stop_bar(message.recording)
                self._failed(message)
            case Noticed(reference=reference, message=text, hint=hint):
                self._line(f"[yellow]note[/] {escape(reference)}: {escape(text)}{_hint(hint)}", markup=True)
            case PlannedChange(action=action, key=key, bytes=size, reason=reason):
                self._line(f"{action:<7} {key} ({size} bytes): {reason}", quiet=action == "keep")
            case TransferProgress(done_bytes=done, total_bytes=total):
                self._transfer(done, total)
            case Published():
                self._stop_bar("publish")
                self._published(message)
            case RunDone(recordings=count, failed=failed, seconds=seconds):
                self._line(f"{count - failed} of {count} recordings ready, {failed} failed, {seconds:.1f} s")

    def _line(self, text: str, *, quiet: bool = False, markup: bool = False) -> None:
        if not quiet or self._verbose:
            self._console.print(text, markup=markup, highlight=False, soft_wrap=True)

    def _failed(self, message: RecordingFailed) -> None:
        self._line(f"[red]failed[/] {escape(message.recording)}: {escape(message.message)}", markup=True)
        if message.context:
            self._line("\n".join(f"    {line}" for line in message.context.splitlines()))
        if message.hint:
            self._line(f"    What to do: {message.hint}")

    def _published(self, message: Published) -> None:
        verb = "would be " if message.dry_run else ""
        if message.uploaded or message.deleted:
            self._line(
                f"{message.uploaded} objects {verb}uploaded, {message.unchanged} unchanged, "
                f"{message.deleted} {verb}deleted (generation {message.generation})"
            )
        else:
            self._line(f"nothing changed: {message.unchanged} objects are as they should be")
        self._line(f"[bold]{escape(message.address)}[/]", markup=True)

    def _start_bar(self, recording: str, stage: str) -> None:
        self._stop_bar(recording)
        self._started[recording] = time.monotonic()
        self._bars[recording] = self._progress.add_task(f"{escape(recording)} {stage}", total=None, rate="")

    def _advance(self, message: StageProgress) -> None:
        if (bar := self._bars.get(message.recording)) is not None:
            elapsed = max(time.monotonic() - self._started[message.recording], 0.001)
            rate = f"{message.done_ms / 1000 / elapsed:.1f} × real time"
            self._progress.update(bar, completed=message.done_ms, total=message.total_ms, rate=rate)

    def _transfer(self, done: int, total: int) -> None:
        if "publish" not in self._bars:
            self._started["publish"] = time.monotonic()
            self._bars["publish"] = self._progress.add_task("publish", total=total, rate="")
        elapsed = max(time.monotonic() - self._started["publish"], 0.001)
        self._progress.update(
            self._bars["publish"], completed=done, total=total, rate=f"{done / 1e6 / elapsed:.1f} MB/s"
        )

    def _stop_bar(self, name: str) -> None:
        if (bar := self._bars.pop(name, None)) is not None:
            self._progress.remove_task(bar)


def _hint(hint: str) -> str:
    return f" ({escape(hint)})" if hint else ""


def _outcome(outcome: str, seconds: float) -> str:
    words = {"kept": "is up to date", "published": "is up to date (already in the store)"}
    return words.get(outcome, f"done in {seconds:.1f} s")
