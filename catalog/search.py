"""The search index: small static files, of which a query needs one per word and one per result.

A recording is a list of *blocks*: its title and people, what is said about it, then about ten seconds of transcript
each. ``search/<shard>.json`` maps words to ``[recording, n, block … block, recording, n, …]``; the shard follows from
the word (``words.shard``). ``search/text/<recording>-<chunk>.json`` holds the text of ``CHUNK`` blocks and what
a result shows. Recordings are numbered from the oldest, so that a new one changes few files.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from catalog import listing, markdown, urls
from catalog.feeds.scope import dump
from catalog.manifest import CaptionTrack
from catalog.model import Cue
from catalog.published import Catalogue, PublishedRecording
from catalog.transcript import joined
from catalog.wording import Worded
from catalog.words import shard, words

FOLDER = "search/"
BLOCK = 160
"""Characters of a block of transcript, about."""
CHUNK = 32
"""Blocks of one text file."""
MOST_BLOCKS = 16
"""Places of a word that the index keeps of one recording."""
_NUMBERS_OF_A_SHARD = 2500
"""About 10 kB."""
_SHARDS = 8, 4096
Make = Callable[[], dict[str, bytes]]


@dataclass(frozen=True)
class Block:
    """A piece of text that can be found."""

    text: str
    start_ms: int = -1
    """Where it is said; negative for what is not said."""
    language: str = ""


def files(catalogue: Catalogue) -> dict[str, bytes]:
    """The index: key -> JSON. Empty without recordings."""
    return {key: content for _, make in parts(catalogue) for key, content in make().items()}


def parts(catalogue: Catalogue) -> Iterator[tuple[tuple[object, ...], Make]]:
    """The index in parts: the facts that each depends on, and what makes its files."""
    recordings = tuple(sorted(catalogue.recordings, key=listing.newest_first, reverse=True))
    for number, recording in enumerate(recordings):
        yield ("texts", number, recording), partial(_texts, number, recording)
    if recordings:
        yield ("words", recordings), partial(_shards, recordings)


def _texts(number: int, recording: PublishedRecording) -> dict[str, bytes]:
    pieces = tuple(blocks(recording))
    return {
        f"{FOLDER}text/{number}-{chunk // CHUNK}.json": dump(_text(recording, pieces[chunk : chunk + CHUNK]))
        for chunk in range(0, len(pieces), CHUNK)
    }


def _shards(recordings: tuple[PublishedRecording, ...]) -> dict[str, bytes]:
    index: dict[str, list[int]] = {}
    for number, recording in enumerate(recordings):
        for word, places in _places(tuple(blocks(recording))).items():
            index.setdefault(word, []).extend((number, len(places), *places))
    count = _shard_count(index)
    shards: list[dict[str, list[int]]] = [{} for _ in range(count)]
    for word in sorted(index):
        shards[shard(word, count)][word] = index[word]
    found = {f"{FOLDER}{number}.json": _compact(content) for number, content in enumerate(shards)}
    return found | {f"{FOLDER}index.json": dump({"shards": count, "chunk": CHUNK, "recordings": len(recordings)})}


def _compact(data: Any) -> bytes:
    """JSON without spaces, of words and numbers."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).encode()


def blocks(recording: PublishedRecording) -> Iterator[Block]:
    """Titles and people; what is said about it; every transcript in pieces; then what stands on its slides."""
    people = ", ".join(f"{one.name}, {one.organisation}" if one.organisation else one.name for one in recording.people)
    yield Block(_sentences(*recording.recording.every("title"), people))
    session = recording.session
    about = (*session.every("title"), session.track, *recording.event.every("title"))
    texts = recording.recording.every("abstract") or session.every("abstract")
    yield Block(_sentences(*map(markdown.to_text, texts), *about))
    for track in recording.made.captions:
        yield from _transcript(track)
    for slide in recording.made.slides:
        if slide.text.strip():
            yield Block(joined([slide.text]), slide.start_ms, recording.language)


def _sentences(*texts: str) -> str:
    """Texts one after the other, each ended by a full stop where it ends with a letter."""
    given = [one for one in texts if one]
    ended = [f"{one}." if one[-1].isalnum() or one[-1] in ')]”»"' else one for one in given[:-1]]
    return " ".join((*ended, *given[-1:]))


def _transcript(track: CaptionTrack) -> Iterator[Block]:
    gathered: list[Cue] = []
    length = 0
    for cue in track.cues:
        if gathered and length + len(cue.text) > BLOCK:
            yield _block(track, gathered)
            gathered, length = [], 0
        gathered.append(cue)
        length += len(cue.text)
    if gathered:
        yield _block(track, gathered)


def _block(track: CaptionTrack, cues: Iterable[Cue]) -> Block:
    cues = tuple(cues)
    return Block(joined(cue.text for cue in cues), cues[0].start_ms, track.language)


def _places(pieces: tuple[Block, ...]) -> dict[str, list[int]]:
    """Word -> the first ``MOST_BLOCKS`` blocks that contain it."""
    found: dict[str, list[int]] = {}
    for number, piece in enumerate(pieces):
        for word in words(piece.text):
            places = found.setdefault(word, [])
            if len(places) < MOST_BLOCKS and (not places or places[-1] != number):
                places.append(number)
    return found


def _text(recording: PublishedRecording, pieces: tuple[Block, ...]) -> dict[str, Any]:
    poster = recording.made.poster
    titles = {"titles": recording.recording, "event_titles": recording.event}
    return {
        "page": recording.page,
        "title": recording.recording.title,
        "language": recording.language,
        "people": [person.name for person in recording.people],
        "event": recording.event.title,
        "event_page": urls.event(recording.event.id),
        "kind": recording.recording.kind.value,
        "duration_ms": recording.made.duration_ms,
        "thumbnail": (poster.thumbnail or poster.url) if poster else "",
        **{name: found for name, one in titles.items() if (found := _translated(one))},
        "blocks": [[piece.start_ms, piece.text, piece.language] for piece in pieces],
    }


def _translated(one: Worded) -> dict[str, str]:
    """The titles by language, where there are any."""
    return {tag: texts.title for tag, texts in one.translations.items() if texts.title}


def _shard_count(index: dict[str, list[int]]) -> int:
    """A power of two that gives shards of about ``_NUMBERS_OF_A_SHARD`` numbers."""
    least, most = _SHARDS
    total = sum(len(entry) for entry in index.values())
    count = least
    while count < most and total / count > _NUMBERS_OF_A_SHARD:
        count *= 2
    return count
