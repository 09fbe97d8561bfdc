"""Files beside a recording: captions, slides and a poster, known by their names. Pure.

A file belongs to a recording when its name is that of the media file, or the recording's id, followed by nothing or
by words between dots: a language tag (``en``, ``pt-BR``, ``pt_BR``) or what tools add (``cc``, ``transcript`` …).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from babel import Locale, UnknownLocaleError

from pipeline.inbox.files import InboxFile
from pipeline.inbox.result import FoundCaption

AUTOMATIC = frozenset({"asr", "auto", "automatic", "transcript", "whisper"})
"""Words that say a machine wrote the captions; Zoom calls its automatic ones ``transcript``."""
PLAIN = frozenset({"cc", "captions", "closed", "default", "orig", "sdh", "sub", "subs", "subtitles"})
"""Words that say nothing that matters here."""
_VIEW = re.compile(r"(GMT\d{8}-\d{6}_Recording).+", re.IGNORECASE)


def readings(stem: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The ways to read a sidecar's stem: the owner's name and the words after it, longest name first.

    >>> list(readings("talk.v2.en"))
    [('talk.v2.en', ()), ('talk.v2', ('en',))]
    """
    words: tuple[str, ...] = ()
    while True:
        yield stem, words
        head, _, word = stem.rpartition(".")
        if not head or not _is_suffix(word):
            return
        stem, words = head, (word, *words)


@lru_cache(maxsize=10_000)
def language_of(word: str) -> str | None:
    """The language tag in a word, as BCP 47 writes it: ``pt_br`` is ``pt-BR``; ``None`` when it is none."""
    first, *rest = re.split(r"[-_]", word)
    if not 2 <= len(first) <= 3 or not word.isascii():
        return None
    cased = {2: str.upper, 4: str.title}
    tag = "-".join([first.lower(), *(cased.get(len(part), str.lower)(part) for part in rest)])
    try:
        Locale.parse(tag, sep="-")
    except (UnknownLocaleError, ValueError):
        return None
    return tag


def caption(file: InboxFile, words: Iterable[str]) -> FoundCaption:
    """The caption file with what the words after its name say."""
    known = [word.lower() for word in words]
    languages = [tag for word in known if word not in AUTOMATIC | PLAIN and (tag := language_of(word))]
    return FoundCaption(file, languages[0] if languages else None, is_automatic=bool(AUTOMATIC & set(known)))


def stems(media: Iterable[InboxFile]) -> set[str]:
    """The names that sidecars of these media files may have; Zoom's captions do not repeat the view."""
    own = {file.stem for file in media}
    return own | {match[1] for stem in own if (match := _VIEW.match(stem))}


def _is_suffix(word: str) -> bool:
    return word.lower() in AUTOMATIC | PLAIN or language_of(word) is not None
