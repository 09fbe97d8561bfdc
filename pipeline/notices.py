"""Telling somebody: once for each recording that became public, was taken back or failed, and never twice.

What is to be told is written into the workspace before it is sent, and struck off just before it is sent: a run that
is killed in that moment leaves it untold rather than told twice. What could not be delivered waits for the next run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from urllib.error import URLError
from urllib.request import Request, urlopen

from pydantic import Field

from catalog.fields import Model
from pipeline.config import HookSettings
from pipeline.errors import AftertalkError, ToolError
from pipeline.media.runner import run_hook
from pipeline.workspace import write_atomically

_SECONDS = 60.0
_WAITING = 1000
"""Notices kept at most while nobody takes them."""


class Subject(Model):
    """A recording that a notice is about."""

    recording: str
    title: str
    address: str = ""
    """Of its page."""
    message: str = ""
    """Why it failed."""
    hint: str = ""
    since: str = ""
    """When it failed first."""


class Notice(Model):
    """What one run has to tell."""

    catalogue: str
    published: tuple[Subject, ...] = ()
    withdrawn: tuple[Subject, ...] = ()
    failed: tuple[Subject, ...] = ()


class _State(Model):
    intended: tuple[str, ...] = ()
    """Recordings that the last run was about to make public."""
    failed: Mapping[str, str] = Field(default_factory=dict)
    """Failures that have been told: recording -> since when."""
    pending: tuple[Notice, ...] = ()


class Notices:
    """What has been told and what not, in the workspace; used under its lock."""

    def __init__(self, workspace: Path) -> None:
        self._path = workspace / "notices.json"
        try:
            self._state = _State.model_validate_json(self._path.read_bytes())
        except (OSError, ValueError):
            self._state = _State()

    def intend(self, recordings: Iterable[str]) -> None:
        """Remember what is about to become public, in case the run is killed right after it did."""
        self._update(intended=tuple(sorted({*recordings, *self._state.intended})))

    @property
    def intended(self) -> frozenset[str]:
        """Recordings that were about to become public."""
        return frozenset(self._state.intended)

    def note(
        self, catalogue: str, public: Sequence[Subject], gone: Sequence[Subject], failed: Sequence[Subject]
    ) -> None:
        """Take up what is new after a publish.

        Args:
            catalogue: its title.
            public: everything ``intended`` that is public now.
            gone: what this run took back.
            failed: everything that fails now, with ``since``.
        """
        broken = tuple(one for one in failed if self._state.failed.get(one.recording) != one.since)
        notice = Notice(catalogue=catalogue, published=tuple(public), withdrawn=tuple(gone), failed=broken)
        pending = (*self._state.pending, notice) if public or gone or broken else self._state.pending
        self._update(
            intended=(),
            failed={one.recording: one.since for one in failed},
            pending=pending[-_WAITING:],
        )

    def deliver(self, send: Callable[[Notice], None]) -> AftertalkError | None:
        """Send what waits, oldest first; returns the error that stopped it, if one did."""
        while self._state.pending:
            notice, *rest = self._state.pending
            self._update(pending=tuple(rest))
            try:
                send(notice)
            except AftertalkError as error:
                self._update(pending=(notice, *rest))
                return error
        return None

    @property
    def is_waiting(self) -> bool:
        """Whether something could not be delivered yet."""
        return bool(self._state.pending)

    def drop(self) -> None:
        """Nobody wants to be told."""
        if self._state.pending:
            self._update(pending=())

    def _update(self, **changes: object) -> None:
        self._state = self._state.model_copy(update=changes)
        write_atomically(self._path, self._state.model_dump_json().encode())


def send(hooks: HookSettings, notice: Notice, *, folder: Path) -> None:
    """Give a notice, as JSON, to the command (on its standard input) and the web address of the settings.

    Raises:
        AftertalkError: one of them did not take it.
    """
    data = notice.model_dump_json().encode() + b"\n"
    if hooks.notify:
        _run(hooks.notify, data, folder)
    if hooks.webhook:
        _post(hooks.webhook.get_secret_value(), data)


def tell_changed(command: Sequence[str], changed: Sequence[str], *, folder: Path) -> None:
    """Give addresses that a CDN must ask for again to the command, one a line on its standard input.

    Raises:
        ToolError: the command failed.
    """
    _run(command, "".join(f"{key}\n" for key in changed).encode(), folder)


def _run(command: Sequence[str], data: bytes, folder: Path) -> None:
    run_hook(command, data, folder=folder, timeout_s=_SECONDS)


def _post(address: str, data: bytes) -> None:
    request = Request(address, data=data, headers={"Content-Type": "application/json"})  # noqa: S310 (an http address)
    try:
        with urlopen(request, timeout=_SECONDS):  # noqa: S310 (as above: settings accept nothing else)
            return
    except (URLError, OSError, ValueError) as error:
        code = getattr(error, "code", None)
        reason = f"HTTP {code}" if code else "no answer"
        raise ToolError(
            "hooks.webhook", f"did not take the notice ({reason})", hint="see hooks in docs/unattended.md"
        ) from None
