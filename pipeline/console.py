"""The reporter for people: a live display on a terminal, plain lines elsewhere."""

from __future__ import annotations

import threading
import time
from functools import singledispatchmethod

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from pipeline import report

ALL = "*"
PUBLISH = "publish"


class ConsoleReporter:
    """Shows messages; a context manager, so that the terminal is left in order."""

    def __init__(self, console: Console, *, verbose: bool, show_plan: bool = False) -> None:
        self._console = console
        self._verbose = verbose
        self._show_plan = show_plan
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

    def tell(self, message: report.Message) -> None:
        """Show the message."""
        with self._lock:
            self._show(message)

    @singledispatchmethod
    def _show(self, message: report.Message) -> None:
        raise NotImplementedError(type(message).__name__)

    @_show.register
    def _(self, message: report.RunStarted) -> None:
        self._bars[ALL] = self._progress.add_task("all recordings", total=message.recordings, rate="")

    @_show.register
    def _(self, message: report.StageStarted) -> None:
        self._stop_bar(message.recording)
        self._start_bar(message.recording, f"{message.recording} {message.stage}")
        self._line(f"{message.recording}: {message.stage} ({message.reason})")

    @_show.register
    def _(self, message: report.StageProgress) -> None:
        speed = message.done_ms / 1000 / self._elapsed(message.recording)
        self._advance(message.recording, message.done_ms, message.total_ms, f"{speed:.1f} × real time")

    @_show.register
    def _(self, message: report.StageDone) -> None:
        self._stop_bar(message.recording)
        if message.outcome == "made":
            self._line(f"{message.recording}: {message.stage} done in {message.seconds:.1f} s")
        elif message.outcome == "left out":
            self._line(f"{message.recording}: {message.stage} is left out; the next run tries again")
        else:
            where = {"kept": "", "published": ", it is already in the store"}[message.outcome]
            self._line(f"{message.recording}: {message.stage} is up to date{where}", quiet=True)

    @_show.register
    def _(self, message: report.Detail) -> None:
        self._line(f"{message.recording}: {message.stage}: {message.message}", quiet=True)

    @_show.register
    def _(self, message: report.RecordingDone) -> None:
        if ALL in self._bars:
            self._progress.advance(self._bars[ALL])
        self._line(f"{message.recording}: ready", quiet=True)

    @_show.register
    def _(self, message: report.RecordingsUnchanged) -> None:
        if ALL in self._bars:
            self._progress.advance(self._bars[ALL], message.recordings)
        self._line(f"{message.recordings} recordings are as they were", quiet=True)

    @_show.register
    def _(self, message: report.RecordingSkipped) -> None:
        self._line(f"{message.recording}: skipped, {message.reason}", quiet=True)

    @_show.register
    def _(self, message: report.RecordingFailed) -> None:
        self._stop_bar(message.recording)
        self._styled(f"[bold red]failed[/] {escape(message.recording)}: {escape(message.message)}")
        if message.context:
            self._line("\n".join(f"    {line}" for line in message.context.splitlines()))
        if message.hint:
            self._line(f"    What to do: {message.hint}")

    @_show.register
    def _(self, message: report.RecordingResting) -> None:
        hint = f"\n    What to do: {message.hint}" if message.hint else ""
        text = f"{message.recording}: {message.message} ({message.plan}; --only tries it now){hint}"
        self._styled(f"[yellow]waits[/] {escape(text)}")

    @_show.register
    def _(self, message: report.Noticed) -> None:
        hint = f"\n    What to do: {message.hint}" if message.hint else ""
        self._styled(f"[yellow]note[/] {escape(f'{message.reference}: {message.message}{hint}')}")

    @_show.register
    def _(self, message: report.PlannedChange) -> None:
        size = f" ({message.bytes} bytes)" if message.bytes else ""
        quiet = message.action == report.WAIT or not self._show_plan
        self._line(f"{message.action:<7} {message.key}{size}: {message.reason}", quiet=quiet)

    @_show.register
    def _(self, message: report.TransferProgress) -> None:
        if PUBLISH not in self._bars:
            self._start_bar(PUBLISH, PUBLISH)
        speed = message.done_bytes / 1e6 / self._elapsed(PUBLISH)
        self._advance(PUBLISH, message.done_bytes, message.total_bytes, f"{speed:.1f} MB/s")

    @_show.register
    def _(self, message: report.Published) -> None:
        self._stop_bar(PUBLISH)
        would = "would be " if message.dry_run else ""
        if message.uploaded or message.deleted:
            self._line(
                f"{message.uploaded} objects {would}uploaded, {message.unchanged} unchanged, "
                f"{message.deleted} {would}deleted (generation {message.generation})"
            )
        else:
            self._line(f"nothing changed: all {message.unchanged} objects are as they should be")
        for key in message.changed:
            self._line(f"changed {key or '(home)'}", quiet=True)
        self._styled(f"The catalogue is at [bold]{escape(message.address)}[/]")

    @_show.register
    def _(self, message: report.PlaceFailed) -> None:
        self._styled(f"[bold red]failed[/] {escape(f'{message.address}: {message.message}')}")
        if message.hint:
            self._line(f"    What to do: {message.hint}")

    @_show.register
    def _(self, message: report.NothingChanged) -> None:
        self._line(f"nothing changed: generation {message.generation} is public at {message.address}")

    @_show.register
    def _(self, message: report.RunDone) -> None:
        failed = f", {message.failed} failed" if message.failed else ""
        self._line(f"{message.ready} of {message.recordings} recordings ready{failed}, {message.seconds:.1f} s")

    def _line(self, text: str, *, quiet: bool = False) -> None:
        if not quiet or self._verbose:
            self._console.print(printable(text), markup=False, highlight=False, soft_wrap=True)

    def _styled(self, text: str) -> None:
        self._console.print(printable(text), highlight=False, soft_wrap=True)

    def _start_bar(self, name: str, description: str) -> None:
        self._started[name] = time.monotonic()
        self._bars[name] = self._progress.add_task(escape(description), total=None, rate="")

    def _advance(self, name: str, done: int, total: int, rate: str) -> None:
        if name in self._bars:
            self._progress.update(self._bars[name], completed=done, total=total, rate=rate)

    def _elapsed(self, name: str) -> float:
        return max(time.monotonic() - self._started.get(name, 0.0), 0.001)

    def _stop_bar(self, name: str) -> None:
        if (bar := self._bars.pop(name, None)) is not None:
            self._progress.remove_task(bar)


def printable(text: str) -> str:
    r"""``text`` with control and direction-changing characters shown as escapes: file names and titles are hostile.

    >>> printable("a\x1b[2Jb")
    'a\\x1b[2Jb'
    """
    return "".join(
        c if c == "\n" or c.isprintable() else c.encode("unicode_escape", "surrogatepass").decode() for c in text
    )
