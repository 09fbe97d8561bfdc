"""The one place that starts processes: in a group of their own, limited, watched, and killed as a group."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
import subprocess
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import IO

from pipeline.errors import ToolError
from pipeline.media.command import Command, Completed, Tools
from pipeline.media.sandbox import confine

log = logging.getLogger(__name__)

STDOUT_BYTES = 64 * 1024**2
"""More standard output than this is an error."""
STDERR_LINES = 20
_STDERR_BYTES = 64 * 1024
_READ_BYTES = 64 * 1024
DEVICE_TURNS = 2
"""Processes that use a device side by side: each encodes several renditions, and cards may allow eight encodings."""
_SIGNAL_REASONS: dict[int, str] = {
    signal.SIGXFSZ: "wrote a larger file than such a file can need",
    signal.SIGKILL: "was killed, perhaps for lack of memory",
    signal.SIGSEGV: "crashed",
    signal.SIGABRT: "crashed",
}

_CREDENTIALS = frozenset({"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"})

OnProgress = Callable[[int], None]
"""Hears the media milliseconds done."""


class ProcessError(ToolError):
    """A process failed; it keeps the exit status, 128 + N for signal N."""

    status: int | None = None


class Runner:
    """Runs commands with the given tools; safe to share between threads."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._lock = threading.RLock()  # a signal may come while it is held
        self._turns = threading.BoundedSemaphore(DEVICE_TURNS)
        self._running: set[int] = set()
        self._stopped = False

    def run(self, command: Command, on_progress: OnProgress | None = None) -> Completed:
        """Run a confined process to its end.

        Args:
            command: what to run.
            on_progress: hears the media milliseconds done; the process then writes ffmpeg's ``-progress`` format to
                its standard output, which is not kept.

        Raises:
            ProcessError: it failed, or was stopped by a limit.
            KeyboardInterrupt: everything was stopped by ``stop``.
        """
        with self._turns if command.devices else contextlib.nullcontext():
            return self._run(command, on_progress)

    def _run(self, command: Command, on_progress: OnProgress | None) -> Completed:
        if self._stopped:
            raise KeyboardInterrupt
        with tempfile.TemporaryDirectory(prefix="aftertalk-") as view:
            confined = confine(command, self._tools, Path(view))
            for link, target in confined.links.items():
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(target)
            log.info("%s", command)
            process = _start(confined.argv, dict(confined.environment), command.output or Path(view))
            with self._registered(process.pid):
                try:
                    return _Watch(command, process, on_progress).finish()
                except ProcessError:
                    if self._stopped:  # that is no fault of the recording
                        raise KeyboardInterrupt from None
                    raise

    def stop(self) -> None:
        """Kill everything that runs now, and refuse to start more."""
        with self._lock:
            self._stopped = True
            for pid in self._running:
                _kill(pid)

    @contextlib.contextmanager
    def _registered(self, pid: int) -> Iterator[None]:
        with self._lock:
            self._running.add(pid)
            if self._stopped:
                _kill(pid)
        try:
            yield
        finally:
            with self._lock:
                self._running.discard(pid)


def _start(argv: tuple[str, ...], environment: dict[str, str], folder: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        argv,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        cwd=folder,
        start_new_session=True,  # a group of its own, to be killed as one
    )


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # ffmpeg may ignore SIGTERM, and leaves a valid but shorter file on it


class _Watch:
    """Reads what a process says until it ends, and judges how it ended."""

    def __init__(self, command: Command, process: subprocess.Popen[bytes], on_progress: OnProgress | None) -> None:
        self._command = command
        self._process = process
        self._progress = _Progress(on_progress) if on_progress else None
        self._stdout = bytearray()
        self._stderr = bytearray()
        self._started = time.monotonic()
        self._trouble = ""

    def finish(self) -> Completed:
        try:
            self._read()
        except BaseException:
            _kill(self._process.pid)
            self._reap()
            raise
        status, cpu_s = self._reap()
        wall_s = time.monotonic() - self._started
        stderr = _tail(bytes(self._stderr))
        if status != 0 or self._trouble:
            raise self._error(status, cpu_s, stderr)
        return Completed(stdout=bytes(self._stdout), stderr=stderr, cpu_s=cpu_s, wall_s=wall_s)

    def _read(self) -> None:
        process, limit = self._process, self._command.limits.wall_s
        with selectors.DefaultSelector() as selector:
            for stream, take in ((process.stdout, self._take_stdout), (process.stderr, self._take_stderr)):
                if stream is not None:
                    selector.register(stream, selectors.EVENT_READ, take)
            while selector.get_map():
                left = None if limit is None else limit - (time.monotonic() - self._started)
                ready = selector.select(left) if left is None or left > 0 else []
                if not ready:
                    self._abort(f"did not end within {limit:.0f} s")
                    return
                for key, _ in ready:
                    self._take(selector, key)
                if self._trouble:
                    return

    def _take(self, selector: selectors.BaseSelector, key: selectors.SelectorKey) -> None:
        stream: IO[bytes] = key.fileobj  # type: ignore[assignment]  # registered above
        data = os.read(stream.fileno(), _READ_BYTES)
        if data:
            key.data(data)
        else:
            selector.unregister(stream)

    def _take_stdout(self, data: bytes) -> None:
        if self._progress is not None:
            self._progress.take(data)
            return
        self._stdout += data
        if len(self._stdout) > STDOUT_BYTES:
            self._abort("wrote far more than expected")

    def _take_stderr(self, data: bytes) -> None:
        self._stderr += data
        del self._stderr[:-_STDERR_BYTES]

    def _abort(self, trouble: str) -> None:
        self._trouble = trouble
        _kill(self._process.pid)

    def _reap(self) -> tuple[int, float]:
        """Exit status (negative: signal) and processor seconds of the process and all it waited for."""
        for stream in (self._process.stdout, self._process.stderr):
            if stream is not None:
                stream.close()
        _, status, usage = os.wait4(self._process.pid, 0)
        self._process.returncode = os.waitstatus_to_exitcode(status)
        return self._process.returncode, usage.ru_utime + usage.ru_stime

    def _error(self, status: int, cpu_s: float, stderr: str) -> ProcessError:
        limit = self._command.limits.cpu_s
        if self._trouble:
            message = self._trouble
        elif limit is not None and cpu_s >= 0.9 * limit:  # the kernel rounds
            message = f"needed more than the {limit} s of processor time that such a file may take"
        else:  # the launcher reports signals the way shells do
            message = _SIGNAL_REASONS.get(status - 128, f"failed with status {status}")
        context = f"  command: {self._command}\n" + "\n".join(f"  {line}" for line in stderr.splitlines())
        error = ProcessError(self._command.argv[0], message, context=context.rstrip())
        error.status = status
        return error


class _Progress:
    """Reads ffmpeg's ``-progress`` stream: lines of ``key=value``."""

    def __init__(self, on_progress: OnProgress) -> None:
        self._on_progress = on_progress
        self._rest = b""

    def take(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            key, _, value = line.partition(b"=")
            if key == b"out_time_us" and value.strip().isdigit():
                self._on_progress(int(value) // 1000)


def _tail(stderr: bytes) -> str:
    return "\n".join(deque(stderr.decode(errors="replace").splitlines(), STDERR_LINES))


def run_hook(argv: Sequence[str], data: bytes, *, folder: Path, timeout_s: float) -> None:
    """Run a program of the organiser's own, unconfined, with ``data`` on its standard input.

    It gets this process's environment without the store's credentials.

    Raises:
        ToolError: it could not be started, failed, or took too long; then its whole process group is killed.
    """
    environment = {name: value for name, value in os.environ.items() if name not in _CREDENTIALS}
    try:
        process = subprocess.Popen(
            list(argv),
            cwd=folder,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        reason = error.strerror or str(error)
        raise ToolError(argv[0], f"cannot be run ({reason})", hint="check the command under 'hooks'") from error
    try:
        _, said = process.communicate(data, timeout=timeout_s)
    except subprocess.TimeoutExpired as error:
        raise ToolError(argv[0], f"did not end within {timeout_s:.0f} s", hint="see docs/unattended.md") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    if process.returncode:
        context = said[-_STDERR_BYTES:].decode(errors="replace").strip()
        raise ToolError(argv[0], f"ended with status {process.returncode}", context=context)
