"""Fetching one source: from a bucket, or by running the worker behind the guard."""

from __future__ import annotations

import contextlib
import fcntl
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pipeline.config import FetchSettings
from pipeline.errors import SourceError, ToolError
from pipeline.fetch.addresses import RefusedError, Resolve, resolve
from pipeline.fetch.guard import Bounds, Guard
from pipeline.fetch.objects import fetch_object
from pipeline.fetch.remote import GoneError, head, is_same
from pipeline.fetch.result import WORK, Fetched, keep, recall, shown_url
from pipeline.media.command import Command, Completed, Limits, Tools
from pipeline.packages import folder_of
from pipeline.storage import S3_SCHEME, open_store

WORKER = Path(__file__).with_name("fetch_worker.py")
Run = Callable[[Command], Completed]
"""Runs a confined process; raises ``ToolError``."""


@dataclass(frozen=True)
class Fetcher:
    """Fetches sources; safe to share between threads."""

    settings: FetchSettings
    tools: Tools
    run: Run
    root: Path
    """The catalogue directory, which the cookies file is relative to."""
    endpoint: str | None = None
    """Address of the S3-compatible service of ``s3://`` sources; ``fetch: endpoint`` in the settings comes first."""
    ask: Resolve = resolve
    rate_span_s: float = 30.0
    """Seconds over which the rate of a source is judged."""

    def fetch(self, url: str, folder: Path, *, language: str = "") -> Fetched:
        """Fetch a source into ``folder`` (its own, kept between runs), or find that what is there is still current.

        A fetch that was broken off is gone on with when the remote file is the same.

        Args:
            url: an http or https address of a file, a page or a playlist, or ``s3://bucket/key``.
            folder: where it goes.
            language: the language spoken, by BCP 47; automatic subtitles are taken in it only.

        Raises:
            SourceError: it was refused, failed, or is not one recording.
            StoreError: the object store failed.
        """
        if not (url.startswith(S3_SCHEME) or _is_web_address(url)):
            raise SourceError(shown_url(url), "is not a web address", hint="use an address that starts with https://")
        with _alone(folder):
            return self._fetch(url, folder, language)

    def _fetch(self, url: str, folder: Path, language: str) -> Fetched:
        if url.startswith(S3_SCHEME):
            bucket, _, key = url.removeprefix(S3_SCHEME).partition("/")
            store = open_store(f"{S3_SCHEME}{bucket}", base=self.root, endpoint=self.settings.endpoint or self.endpoint)
            return fetch_object(store, key, url, folder, max_bytes=self.settings.max_bytes)
        if (known := recall(folder, url)) is not None:
            note = self._still_current(known)
            if note is not None:
                return known.model_copy(update={"note": note})
        work = folder / WORK
        work.mkdir(parents=True, exist_ok=True)
        return keep(folder, url, self._run(url, work, language))

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
            inputs[f"site/{package}"] = folder_of(package)
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


def _is_web_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is no number
        return False


@contextlib.contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one at a time work in a folder: two recordings may have the same address."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


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
