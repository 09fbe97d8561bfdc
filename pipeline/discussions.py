"""What goes on in the forum topics that a catalogue names: replies, and when the last one was written.

Asked of Discourse forums (``/t/<id>.json``) when a catalogue is published, at most once an hour, and kept in the
workspace: a forum that does not answer changes nothing but the news of it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import AwareDatetime, Field, TypeAdapter

from catalog.model import Event, Model
from catalog.published import Activity
from pipeline.fetch.addresses import RefusedError
from pipeline.fetch.remote import GoneError
from pipeline.workspace import write_atomically

FILE = "discussions.json"
AGAIN = timedelta(hours=1)
MAX_BYTES = 4 * 1024 * 1024
_TOPIC = re.compile(r"(?P<root>.*)/t/(?:[^/]+/)?(?P<id>\d+)(?:/\d+)?/?\Z")

Get = Callable[[str], bytes]
"""Fetches a small file; raises ``GoneError`` or ``RefusedError``."""


class _Known(Model):
    """What the last question about a topic gave."""

    asked: AwareDatetime
    replies: int | None = Field(default=None, ge=0)
    """``None`` where it was never answered."""
    last: AwareDatetime | None = None


_FILE = TypeAdapter(dict[str, _Known])


def topics(events: Iterable[Event]) -> tuple[str, ...]:
    """The topics that events name, each once."""
    found = (
        discussion.topic
        for event in events
        for session in event.sessions
        for discussion in (session.discussion, *(one.discussion for one in session.recordings))
        if discussion
    )
    return tuple(dict.fromkeys(found))


def question(topic: str) -> str | None:
    """The address that answers for a topic; ``None`` where it is not one of a Discourse forum.

    >>> question("https://forum.example.org/t/a-topic/2879/5?u=me")
    'https://forum.example.org/t/2879.json'
    """
    parts = urlsplit(topic)
    match = _TOPIC.match(parts.path)
    return f"{parts.scheme}://{parts.netloc}{match['root']}/t/{match['id']}.json" if match else None


def activity(wanted: Iterable[str], folder: Path, get: Get | None, *, now: datetime) -> Mapping[str, Activity]:
    """Topic -> what is known of it.

    Args:
        wanted: see ``topics``.
        folder: the workspace, where answers are kept.
        get: asks; ``None`` to go by what is kept.
        now: what was asked less than ``AGAIN`` before is not asked again.
    """
    path = folder / FILE
    known = _read(path)
    silent: set[str] = set()
    before = dict(known)
    for topic in wanted if get else ():
        host = urlsplit(topic).netloc
        if (one := known.get(topic)) and timedelta() <= now - one.asked < AGAIN:
            continue
        address = question(topic)
        if get is None or address is None or host in silent:
            continue
        try:
            known[topic] = _answer(get(address), now)
        except (GoneError, RefusedError, ValueError):
            silent.add(host)
            known[topic] = (one or _Known(asked=now)).model_copy(update={"asked": now})
    if known != before:
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(path, _FILE.dump_json(known, indent=1))
    return {name: Activity(one.replies, one.last) for name, one in known.items() if one.replies is not None}


def _read(path: Path) -> dict[str, _Known]:
    try:
        return _FILE.validate_json(path.read_bytes())
    except (OSError, ValueError):  # none yet, or damaged: asked again
        return {}


def _answer(body: bytes, now: datetime) -> _Known:
    """What a forum says of a topic.

    Raises:
        ValueError: this is not a topic.
    """
    data: Any = json.loads(body)
    posts = data.get("posts_count") if isinstance(data, dict) else None
    if type(posts) is not int:
        raise ValueError("not a topic")
    return _Known.model_validate({"asked": now, "replies": max(0, posts - 1), "last": data.get("last_posted_at")})
