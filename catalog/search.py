"""The search index: static files, of which a query reads a small piece per word and one to three per result (``pack``).

A recording is a list of *blocks*: its title and people, what is written about it, then about fifteen seconds of
transcript each. Piece ``n`` of ``search/text/<number>.bin`` holds the text of ``CHUNK`` blocks and what a result shows;
``search_words`` tells how words lead to the numbers of recordings and blocks: the words of a segment are
``search/<segment>.bin``, a piece for each shard. ``search/index.json`` names the segments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from catalog import markdown, urls
from catalog.feeds.scope import compact
from catalog.manifest import CaptionTrack
from catalog.model import Cue, Recording, Session
from catalog.pack import pack
from catalog.published import Catalogue, PublishedRecording
from catalog.search_words import FEWEST, Segment, numbered, segments, shards
from catalog.transcript import joined
from catalog.wording import Worded

FOLDER = "search/"
BLOCK = 240
"""Characters of a block of transcript, about."""
CHUNK = 20
"""Blocks of one piece of text, some 1.6 kB; with twice as many a query would receive two fifths more."""
Make = Callable[[], dict[str, bytes]]


@dataclass(frozen=True)
class Block:
    """A piece of text that can be found."""

    text: str
    start_ms: int = -1
    """Where it is said; negative for what is not said."""
    language: str = ""
    translations: tuple[tuple[str, str], ...] = ()
    """The same in other languages, each with its language: a result shows one, in which the words are."""

    @property
    def words(self) -> str:
        """Everything by which it is found."""
        return " ".join((self.text, *(text for text, _ in self.translations)))


def files(catalogue: Catalogue) -> dict[str, bytes]:
    """The index: key -> content, packs all but ``index.json``. Empty without recordings."""
    return {key: content for _, make in parts(catalogue) for key, content in make().items()}


def parts(catalogue: Catalogue) -> Iterator[tuple[tuple[object, ...], Make]]:
    """The index in parts: the facts that each depends on, and what makes its files."""
    members = numbered(catalogue.recordings)
    for number, recording in members:
        yield ("texts", number, recording), partial(_texts, number, recording)
    for segment in segments(members):
        yield ("words", segment), partial(_words, segment)
    if members:
        shown = [{"name": one.name, "shards": one.shards} for one in segments(members)]
        about = max(FEWEST, len(members) // FEWEST * FEWEST)  # how rare a word is needs no exact number
        facts = {"segments": shown, "chunk": CHUNK, "recordings": about}
        yield ("index", facts), lambda: {f"{FOLDER}index.json": compact(facts)}


def _texts(number: int, recording: PublishedRecording) -> dict[str, bytes]:
    pieces = tuple(blocks(recording))
    chunks = (pieces[start : start + CHUNK] for start in range(0, len(pieces), CHUNK))
    return {f"{FOLDER}text/{number}.bin": pack(compact(_text(recording, chunk)) for chunk in chunks)}


def _words(segment: Segment) -> dict[str, bytes]:
    return {f"{FOLDER}{segment.name}.bin": pack(shards(segment, lambda one: (block.words for block in blocks(one))))}


def blocks(recording: PublishedRecording) -> Iterator[Block]:
    """Titles and people; what is written about it: these are ``ABOUT``. Then every transcript in pieces; slides."""
    people = ", ".join(f"{one.name}, {one.organisation}" if one.organisation else one.name for one in recording.people)
    yield Block(_sentences(*recording.recording.every("title"), people))
    session = recording.session
    about = (*session.every("title"), session.track, *recording.event.every("title"))
    (text, language), *translations = _abstracts(recording.recording) or _abstracts(session) or [("", "")]
    yield Block(_sentences(text, *about), language=language, translations=tuple(translations))
    for track in recording.made.captions:
        yield from _transcript(track)
    for slide in recording.made.slides:
        if slide.text.strip():
            yield Block(joined([slide.text]), slide.start_ms, recording.language)


def _abstracts(one: Recording | Session) -> list[tuple[str, str]]:
    """What is written about it in each language, with the language; the first one first."""
    languages = {said.abstract: tag for tag, said in one.translations.items()}
    return [(markdown.to_text(text), languages.get(text, "")) for text in one.every("abstract")]


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
        "year": recording.year,
        "duration_ms": recording.made.duration_ms,
        "thumbnail": (poster.thumbnail or poster.url) if poster else "",
        **{name: found for name, one in titles.items() if (found := _translated(one))},
        "blocks": [[piece.start_ms, piece.text, piece.language, *piece.translations] for piece in pieces],
    }


def _translated(one: Worded) -> dict[str, str]:
    """The titles by language, where there are any."""
    return {tag: texts.title for tag, texts in one.translations.items() if texts.title}
