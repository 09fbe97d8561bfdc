"""One reader per caption format. The content decides which one reads, not the file's name."""

from __future__ import annotations

from collections.abc import Callable

from pipeline.captions import rolling, speakers
from pipeline.captions.decode import decode
from pipeline.captions.readers import lrc, sami, scc, ssa, stl, subrip, ttml, webvtt, words
from pipeline.captions.timed import MAX_BYTES, Track
from pipeline.errors import CaptionError

_Matches = Callable[[str], bool]
_Reader = Callable[[str, str], tuple[Track, ...]]
_READERS: tuple[tuple[_Matches, _Reader], ...] = tuple(
    (module.matches, module.read) for module in (webvtt, scc, words, ttml, sami, ssa, subrip, lrc)
)
"""Asked in this order: those with the surest signs first."""

_PICTURES = ((b"PG", "PGS (.sup)"), (b"\x00\x00\x01\xba", "VobSub (.sub)"))


def read(
    name: str, content: bytes, *, frame_rate: float | None = None, language: str | None = None
) -> tuple[Track, ...]:
    """Read a caption file of any known format: one track per language in it.

    Rolling captions are un-rolled and ``Name:`` prefixes become speakers.

    Args:
        name: of the file, for messages.
        content: its bytes.
        frame_rate: of the recording, frames per second, for formats that count frames.
        language: of the text where it is known, to tell old encodings apart.

    Raises:
        CaptionError: of no known format, broken, without any text, or beyond the bounds of ``timed.py``.
    """
    for mark, kind in _PICTURES:
        if content.startswith(mark):
            raise CaptionError(name, f"these are pictures of text, {kind}; captions are needed as text")
    tracks = _read_bytes(name, content, frame_rate, language)
    tracks = tuple(track for track in tracks if any(timed.text.strip() for timed in track.texts))
    if not tracks:
        raise CaptionError(name, "there are no captions in the file")
    return tracks


def _read_bytes(name: str, content: bytes, frame_rate: float | None, language: str | None) -> tuple[Track, ...]:
    if stl.matches(content):
        if len(content) > MAX_BYTES:
            raise CaptionError(name, f"the file has {len(content)} bytes; at most {MAX_BYTES} are read")
        return tuple(_finished(track, ()) for track in stl.read(name, content))
    text, notes = decode(name, content, language)
    if not text.strip():
        raise CaptionError(name, "the file is empty")
    return tuple(_finished(track, notes) for track in _dispatch(name, text, frame_rate))


def _dispatch(name: str, text: str, frame_rate: float | None) -> tuple[Track, ...]:
    if ssa.matches_microdvd(text):
        return ssa.read_microdvd(name, text, frame_rate)
    if lrc.matches_table(text):
        return lrc.read_table(name, text)
    for matches, reader in _READERS:
        if matches(text):
            return reader(name, text)
    raise CaptionError(
        name,
        "this is not a caption file of a known format",
        hint="known are WebVTT, SRT, SBV, SSA/ASS, TTML/DFXP, SCC, EBU STL, SAMI, MicroDVD, LRC, JSON of recognisers",
    )


def _finished(track: Track, notes: tuple[str, ...]) -> Track:
    findings = tuple(dict.fromkeys((*notes, *track.findings)))
    if track.by_word:
        return Track(track.texts, track.language, by_word=True, findings=findings)
    texts = speakers.separate(rolling.unroll(track.texts))
    return Track(texts, track.language, findings=findings)
