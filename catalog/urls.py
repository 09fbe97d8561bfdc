"""The public layout: every address below ``base_url``, in one place.

All functions return keys relative to the published root: no leading slash, ``/`` as separator. Pages end in
``/`` (their object is ``index.html`` below it; see ``object_key``).
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import PurePosixPath

CATALOG = "catalog.json"
MEDIA = "media/"
STATE = "state/"
LEASE = "state/lease.json"
"""There while a run publishes; see ``pipeline.storage.lease``."""
ASSETS = "assets/"
FEEDS = "feeds/"
"""Older parts of the feeds of the whole catalogue."""
API = "public/"
"""The JSON API; see ``feeds/api.py``."""


def asset(name: str, content: bytes) -> str:
    """A file that pages load: with a digest of its content in its name, so that it may be kept for ever."""
    path = PurePosixPath(name)
    return f"{ASSETS}{path.stem}.{sha256(content).hexdigest()[:10]}{path.suffix}"


def home() -> str:
    """The home page."""
    return ""


def event(event_id: str) -> str:
    """The page of an event."""
    return f"{event_id}/"


def event_catalog(event_id: str) -> str:
    """The part of a large ``catalog.json`` that holds one event."""
    return event(event_id) + CATALOG


def session(event_id: str, session_id: str) -> str:
    """The page of a session."""
    return f"{event_id}/{session_id}/"


def recording(event_id: str, session_id: str, recording_id: str) -> str:
    """The watch page of a recording."""
    return f"{event_id}/{session_id}/{recording_id}/"


def transcript(page: str, language: str) -> str:
    """The page that holds nothing but the transcript in one language, of the watch page ``page``."""
    return f"{page}transcript.{language}.html"


def person(person_id: str) -> str:
    """The page of a person."""
    return f"people/{person_id}/"


def short(event_id: str, recording_id: str) -> str:
    """The address that clients of media.ccc.de know a recording by."""
    return f"v/{event_id}-{recording_id}/"


def media(event_id: str, recording_id: str) -> str:
    """The folder that holds everything made from a recording, and nothing else."""
    return f"{MEDIA}{event_id}/{recording_id}/"


def artifact(event_id: str, recording_id: str, digest: str, name: str) -> str:
    """One immutable file of an artifact; ``digest`` is the artifact's content digest."""
    return f"{media(event_id, recording_id)}{digest}/{name}"


def recording_manifest(event_id: str, recording_id: str) -> str:
    """The record of what was made from a recording; see ``manifest.RecordingManifest``."""
    return f"{media(event_id, recording_id)}manifest.json"


def object_key(page: str) -> str:
    """The object that a static host serves for a page address."""
    return f"{page}index.html" if page == "" or page.endswith("/") else page


def relative(target: str, *, base: str) -> str:
    """The relative address of ``target`` as seen from the page ``base``, so that a catalogue works from any folder.

    >>> relative("media/a/b/poster.jpg", base="a/s/b/")
    '../../../media/a/b/poster.jpg'
    >>> relative("", base="")
    './'
    """
    base_parts = base.split("/")[:-1]
    target_parts = target.split("/")
    common = 0
    while common < len(base_parts) and common < len(target_parts) - 1 and base_parts[common] == target_parts[common]:
        common += 1
    steps = "../" * (len(base_parts) - common) + "/".join(target_parts[common:])
    return steps or "./"


def pages_of_recording(event_id: str, session_id: str, recording_id: str, languages: Sequence[str]) -> list[str]:
    """Every folder of pages about one recording and nothing else, in all interface languages (the first is default)."""
    page = recording(event_id, session_id, recording_id)
    return [page, *(f"{language}/{page}" for language in languages[1:])]
