"""What ``aftertalk doctor`` tells of a place to publish to: tried with a real object, which is removed again."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from http.client import HTTPException
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from pipeline.errors import ConfigurationError, Finding, Severity, StoreError
from pipeline.storage.protocol import ObjectStore, Wanted

PROBE = "aftertalk-doctor.vtt"
_CONTENT = b"WEBVTT\n\nNOTE Aftertalk tries this place. This file may be removed.\n"
_SECONDS = 15.0


def diagnose(store: ObjectStore, public_url: str | None = None) -> list[Finding]:
    """Try everything that publishing needs of a store, and of the web server before it when ``public_url`` is given.

    ``public_url`` is where readers find the root of the store. Errors keep a publish from working, warnings make it
    weaker, notes tell what works.
    """
    doctor = _Doctor(store)
    wanted = Wanted.of_bytes(PROBE, _CONTENT)
    try:
        if doctor.tries("list", "objects can be listed", lambda: next(iter(store.list()), None)) and doctor.tries(
            "write", "objects can be written", lambda: store.put(wanted)
        ):
            doctor.tries("read", "objects can be read", lambda: _compare(store))
            doctor.tries("conditional writes", "", doctor.conditions)
            if public_url:
                doctor.findings += _public(public_url)
    finally:
        doctor.tries("delete", "objects can be removed", lambda: store.delete([PROBE]))
    return doctor.findings


class _Doctor:
    """Collects what was found about one store."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self.findings: list[Finding] = []

    def add(self, severity: Severity, what: str, message: str, hint: str = "") -> None:
        """Remember a finding."""
        self.findings.append(Finding(severity, self._store.address, 0, what, message, hint))

    def tries(self, what: str, success: str, action: Callable[[], object]) -> bool:
        """Try something; whether it worked."""
        try:
            action()
        except (StoreError, ConfigurationError) as error:
            context = f" ({error.context})" if error.context else ""
            self.add(Severity.ERROR, what, error.message + context, error.hint)
            return False
        if success:
            self.add(Severity.NOTE, what, success)
        return True

    def conditions(self) -> None:
        """Tell whether two publishers are kept apart."""
        notes = self._store.capabilities().notes
        for note in notes:
            self.add(Severity.WARNING, "conditional writes", note, "see docs/storage.md for stores that honour them")
        if not notes:
            self.add(Severity.NOTE, "conditional writes", "two machines cannot overwrite each other's publish")


def _compare(store: ObjectStore) -> None:
    if store.read(PROBE).data != _CONTENT or store.read(PROBE, start=0, end=6).data != b"WEBVTT":
        raise StoreError(store.address, "what is read is not what was written", hint="check any cache or proxy")


def _public(public_url: str) -> Iterator[Finding]:
    """What a browser would meet at the public address."""
    url = f"{public_url.rstrip('/')}/{PROBE}"

    def finding(severity: Severity, what: str, message: str, hint: str = "") -> Finding:
        return Finding(severity, url, 0, what, message, hint)

    origin = "https://aftertalk.invalid"
    try:
        status, headers, body = _fetch(url, {"Range": "bytes=0-5", "Origin": origin})
    except (URLError, HTTPException, OSError, ValueError) as error:
        reason = f"HTTP {error.code}" if isinstance(error, HTTPError) else "no answer"
        hint = "let everybody read below the prefix, by 'aftertalk setup-bucket --apply', or correct base_url"
        yield finding(Severity.ERROR, "public read", f"readers cannot fetch what was published ({reason})", hint)
        return
    yield finding(Severity.NOTE, "public read", "everybody can read what is published")
    if status == 206 and body == b"WEBVTT":
        yield finding(Severity.NOTE, "Range", "parts of files are served, so seeking in videos works")
    else:
        hint = "use a web server or CDN that serves Range requests"
        yield finding(Severity.ERROR, "Range", "parts of files are not served: seeking in videos will not work", hint)
    kind = headers.get("content-type", "")
    if kind.replace(" ", "").lower() == "text/vtt;charset=utf-8":
        yield finding(Severity.NOTE, "content types", "captions are served as captions")
    else:
        severity = Severity.NOTE if kind.startswith("text/vtt") else Severity.WARNING
        hint = "add 'text/vtt vtt' to the web server's types; see docs/storage.md"
        yield finding(severity, "content types", f"captions are served as {kind or 'nothing'!r}", hint)
    allowed = headers.get("access-control-allow-origin", "")
    if allowed in {"*", origin}:
        yield finding(Severity.NOTE, "CORS", "pages on other hosts may use the media")
    else:
        hint = "only needed when pages and media are on different hosts; 'aftertalk setup-bucket --apply' allows it"
        yield finding(Severity.NOTE, "CORS", "pages on other hosts cannot use the media", hint)


def _fetch(url: str, headers: dict[str, str]) -> tuple[int, dict[str, str], bytes]:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError("not a web address")
    request = Request(url, headers=headers)  # noqa: S310 (the scheme was looked at)
    with urlopen(request, timeout=_SECONDS) as reply:  # noqa: S310 (the scheme was looked at)
        return (
            reply.status,
            {name.lower(): value for name, value in reply.headers.items()},
            reply.read(len(_CONTENT) + 1),
        )
