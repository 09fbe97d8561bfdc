"""A reader who looks at a public site all the time, while it is published, killed and disturbed."""

from __future__ import annotations

import json
import re
import threading
from pathlib import PurePosixPath
from posixpath import normpath
from urllib.parse import unquote, urlsplit

from catalog import urls
from pipeline.storage.protocol import NoSuchObjectError, ObjectStore

_REFERENCE = re.compile(r'\s(?:href|src|poster)="([^"#?]+)')
_PAUSE_S = 0.2


class Watcher:
    """Follows every link of every page it can reach, and every address in ``catalog.json``.

    Attributes:
        broken: what was named by a page and not there, although the page itself stayed as it was.
        leaked: where a word was seen that nobody may see.
        rounds: how often it has looked at everything.
    """

    def __init__(self, store: ObjectStore, secret: str) -> None:
        self.broken: list[str] = []
        self.leaked: list[str] = []
        self.rounds = 0
        self._store = store
        self._secret = secret
        self._ending = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._watch, name="watcher", daemon=True)

    def __enter__(self) -> Watcher:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        self._thread.join()
        if self._failure:
            raise self._failure

    def look(self) -> int:
        """Look at everything once; returns how many objects were found."""
        seen: set[str] = set()
        queue = [urls.CATALOG]
        while queue:
            key = queue.pop()
            if key not in seen:
                seen.add(key)
                queue += self._follow(key)
        for entry in self._store.list():
            if self._secret in entry.key:
                self.leaked.append(entry.key)
        self.rounds += 1
        return len(seen)

    def _watch(self) -> None:
        try:
            while not self._ending.wait(_PAUSE_S):
                self.look()
        except BaseException as error:
            self._failure = error

    def _follow(self, key: str) -> list[str]:
        """The pages that a page names; all that it names must be there."""
        data = self._data(key)
        if data is None:
            return []
        if self._secret.encode() in data:
            self.leaked.append(key)
        named = sorted(_named(key, data))
        missing = [one for one in named if self._store.head(one) is None]
        if missing and self._data(key) == data:  # else it was replaced while we read
            self.broken += [f"{key} -> {one}" for one in missing]
        return [one for one in named if one.endswith((".html", ".m3u8", ".vtt", ".json", ".xml"))]

    def _data(self, key: str) -> bytes | None:
        try:
            return self._store.read(key).data
        except NoSuchObjectError:
            return None


def _named(key: str, data: bytes) -> set[str]:
    """Keys of the objects of the same site that an object names."""
    if key == urls.CATALOG:
        return set(_addresses(json.loads(data))) | {"index.html"}
    if key.endswith(".m3u8"):
        found = [line for line in data.decode().splitlines() if line and not line.startswith("#")]
    else:
        found = _REFERENCE.findall(data.decode()) if key.endswith(".html") else []
    folder = PurePosixPath(key).parent
    return {_key(folder, one) for one in found if not urlsplit(one).scheme and not one.startswith("/")}


def _key(folder: PurePosixPath, reference: str) -> str:
    path = normpath(str(folder / unquote(reference)))
    is_page = reference.endswith(("/", "..")) or path == "."
    return normpath(f"{path}/index.html") if is_page else path


def _addresses(document: dict) -> set[str]:
    """Everything of each recording that ``catalog.json`` names."""
    found = set()
    for recording in document["recordings"]:
        names = [recording.get(name) for name in ("hls", "poster", "storyboard", "chapters", "transcript")]
        names += [one["url"] for kind in ("renditions", "audio", "captions") for one in recording[kind]]
        found |= {one for one in names if one and "://" not in one}
        found.add(urls.object_key(recording["page"]))
    return found
