"""Fetching one source: run the worker behind the guard, judge what it left, and keep it whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from pydantic import Field, ValidationError

from catalog.model import Chapter, Model
from pipeline.config import FetchSettings
from pipeline.digests import sha256_file
from pipeline.errors import SourceError, ToolError
from pipeline.fetch.addresses import RefusedError, Resolve, resolve
from pipeline.fetch.guard import Bounds, Guard
from pipeline.fetch.remote import GoneError, head, is_same
from pipeline.media.command import Command, Completed, Limits, Tools

WORKER = Path(__file__).with_name("fetch_worker.py")
RECORD = "fetched.json"
_WORK = "work"
_SECRET = ("auth", "key", "pass", "pwd", "secret", "sig", "token")
"""Parts of names of query values that are not shown."""

Run = Callable[[Command], Completed]
"""Runs a confined process; raises ``ToolError``."""


class FetchedSubtitle(Model):
    """Subtitles that came with a source."""

    file: str
    """Name in the folder of the fetched file."""
    language: str
    automatic: bool
    """Whether a machine made them."""


class Fetched(Model):
    """A source that was fetched, whole."""

    url: str
    folder: Path
    """Holds all its files; it belongs to the fetched version and never changes."""
    file: str
    sha256: str
    bytes: int
    title: str = ""
    upload_date: str | None = None
    """``YYYYMMDD``, as the site says."""
    language: str | None = None
    chapters: tuple[Chapter, ...] = ()
    subtitles: tuple[FetchedSubtitle, ...] = ()
    thumbnail: str | None = None
    """Name of its picture in the folder."""
    remote: dict[str, Any] = Field(default_factory=dict)
    """What tells this version of the remote file from others."""
    note: str = ""
    """What a person should know, e.g. that the source could not be asked whether it changed."""

    @property
    def path(self) -> Path:
        """The media file."""
        return self.folder / self.file


@dataclass(frozen=True)
class Fetcher:
    """Fetches sources; safe to share between threads that fetch different ones."""

    settings: FetchSettings
    tools: Tools
    run: Run
    root: Path
    """The catalogue directory, which the cookies file is relative to."""
    ask: Resolve = resolve
    rate_span_s: float = 30.0
    """Seconds over which the rate of a source is judged."""

    def fetch(self, url: str, folder: Path, *, language: str = "") -> Fetched:
        """Fetch a source into ``folder`` (its own, kept between runs), or find that what is there is still current.

        A fetch that was broken off is gone on with when the remote file is the same.

        Args:
            url: an http or https address of a file, a page or a playlist.
            folder: where it goes.
            language: the language spoken, by BCP 47; automatic subtitles are taken in it only.

        Raises:
            SourceError: it was refused, failed, or is not one recording.
        """
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise SourceError(shown_url(url), "is not a web address", hint="use an address that starts with https://")
        if (known := recall(folder, url)) is not None:
            note = self._still_current(known)
            if note is not None:
                return known.model_copy(update={"note": note})
        work = folder / _WORK
        work.mkdir(parents=True, exist_ok=True)
        return _keep(folder, url, self._run(url, work, language))

    def _still_current(self, known: Fetched) -> str | None:
        """``None`` when the remote file became another one; else what there is to note, mostly nothing."""
        address = known.remote.get("url")
        if not address:
            return ""
        try:
            return "" if is_same(known.remote, head(address, self.settings.allow_hosts, self.ask)) else None
        except (GoneError, RefusedError) as error:
            return f"it could not be asked whether it changed ({error}); the copy fetched before is used"

    def _run(self, url: str, work: Path, language: str) -> dict[str, Any]:
        settings = self.settings
        bounds = Bounds(settings.allow_hosts, settings.max_bytes, settings.min_rate, self.rate_span_s)
        with Guard(bounds, self.ask) as guard:
            try:
                outcome = json.loads(self.run(self._command(url, work, language, guard.socket_path)).stdout)
            except ToolError as error:
                raise _failure(url, guard, error.message, error.context) from error
            except ValueError as error:
                raise _failure(url, guard, "the fetching process said nothing that can be read", "") from error
            if "error" in outcome:
                raise _failure(url, guard, str(outcome["error"])[:500], "")
        return dict(outcome)

    def _command(self, url: str, work: Path, language: str, guard: Path) -> Command:
        """The confined process that fetches."""
        settings = self.settings
        inputs = {"worker.py": WORKER, "guard.sock": guard, "ffmpeg": self.tools.ffmpeg}
        for package in ("yt_dlp", "certifi"):
            inputs[f"site/{package}"] = Path((find_spec(package) or sys).submodule_search_locations[0])  # type: ignore[index]  # dependencies: they are there
        argv = ["python", "-s", "-S", "-B", "/in/worker.py", "--guard", "/in/guard.sock", "--ffmpeg", "/in/ffmpeg"]
        argv += ["--language", language] if language else []
        argv += ["--rate", str(settings.rate_limit)] if settings.rate_limit else []
        if settings.cookies:
            inputs["cookies.txt"] = self.root / settings.cookies
            argv += ["--cookies", "/in/cookies.txt"]
        environment = {"PYTHONPATH": "/in/site", "PYTHONUTF8": "1", "AFTERTALK_URL": url}
        if password := settings.passwords.get(url):
            environment["AFTERTALK_VIDEO_PASSWORD"] = password.get_secret_value()
        seconds = int(settings.max_minutes * 60) + 1
        limits = Limits(wall_s=seconds, cpu_s=seconds, memory_bytes=4 * 1024**3, file_bytes=settings.max_bytes)
        return Command(argv=tuple(argv), inputs=inputs, output=work, environment=environment, limits=limits)


def shown_url(url: str) -> str:
    """An address for people, without passwords and tokens."""
    parts = urlsplit(url)
    query = [
        (name, "***" if any(word in name.lower() for word in _SECRET) else value)
        for name, value in parse_qsl(parts.query, keep_blank_values=True)
    ]
    host = parts.netloc.rpartition("@")[2]
    return urlunsplit((parts.scheme, host, parts.path, urlencode(query, safe="*/:"), parts.fragment))


def _failure(url: str, guard: Guard, message: str, context: str) -> SourceError:
    """The error that says what really happened: the guard knows better than the process behind it."""
    if guard.trouble:
        hint = "if that is right for this source, change 'fetch' in catalogue.yaml"
        return SourceError(shown_url(url), f"was not fetched: {guard.trouble}", hint=hint)
    if guard.refusals:
        hint = "if it may be fetched from, name the host under 'fetch: allow_hosts' in catalogue.yaml"
        return SourceError(shown_url(url), f"was refused: {guard.refusals[0]}", hint=hint)
    hint = "open the address in a browser; when it plays there, update yt-dlp"
    return SourceError(shown_url(url), f"could not be fetched: {message}", context=context, hint=hint)


def recall(folder: Path, url: str) -> Fetched | None:
    """What was fetched from ``url`` before, if it is all there."""
    try:
        known = Fetched.model_validate_json((folder / RECORD).read_bytes())
        known = known.model_copy(update={"folder": folder / known.folder.name})  # the catalogue may have been moved
        is_whole = known.url == url and known.path.stat().st_size == known.bytes
    except (OSError, ValidationError):
        return None
    return known if is_whole else None


def _keep(folder: Path, url: str, outcome: dict[str, Any]) -> Fetched:
    """Move what the worker made to its place, and remember it."""
    work = folder / _WORK
    names = [outcome["file"], outcome["thumbnail"], *(one["file"] for one in outcome["subtitles"])]
    for name in filter(None, names):
        path = work / str(name)
        if path.parent != work or path.is_symlink() or not path.is_file():
            raise SourceError(shown_url(url), f"the fetching process left no file {str(name)!r}")
    media = work / outcome["file"]
    digest = sha256_file(media)
    place = folder / digest[:16]
    try:
        fetched = Fetched.model_validate(
            {**outcome, "url": url, "folder": place, "sha256": digest, "bytes": media.stat().st_size}
        )
    except ValidationError as error:
        raise SourceError(shown_url(url), "what its site says of it cannot be read", context=str(error)) from error
    shutil.rmtree(place, ignore_errors=True)
    work.rename(place)
    temporary = folder / f"{RECORD}.new"
    with temporary.open("w", encoding="utf-8") as handle:
        handle.write(fetched.model_dump_json(indent=1))
        handle.flush()
        os.fsync(handle.fileno())
    temporary.replace(folder / RECORD)
    for other in folder.iterdir():
        if other.is_dir() and other != place:
            with contextlib.suppress(OSError):
                shutil.rmtree(other)
    return fetched
