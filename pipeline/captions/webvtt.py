"""Clean cues as WebVTT, written by webvtt-py, and read back. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import unescape

import webvtt as webvtt_py

from catalog.model import Cue
from pipeline.captions.readers import webvtt as reader

_HEADER = re.compile(r"\AWEBVTT\n\nNOTE Language: .*\n\n")
_CLOCK = r"(\d{2,}):(\d\d):(\d\d)\.(\d{3})"
_ESCAPED = "(?:[^<>&\n]|&(?:amp|lt|gt);)+"
_BLOCK = re.compile(f"{_CLOCK} --> {_CLOCK}\n(?:<v (?P<speaker>{_ESCAPED})>)?(?P<text>{_ESCAPED}(?:\n{_ESCAPED})*)")
"""A cue as ``write`` writes it."""


def write(cues: Sequence[Cue], language: str) -> bytes:
    """A WebVTT file: speakers as ``<v Name>``, all text escaped, the language in a comment.

    No ``X-TIMESTAMP-MAP`` is written: without it HLS clients take cue times as times of the presentation
    (RFC 8216 section 3.5), which begins at zero here, and the field is no valid WebVTT for other readers.
    """
    captions = [webvtt_py.Caption(clock(cue.start_ms), clock(cue.end_ms), _payload(cue).split("\n")) for cue in cues]
    content: str = webvtt_py.WebVTT(captions=captions, header_comments=[f"Language: {language}"]).content
    return (content.rstrip("\n") + "\n").encode()


def read_published(content: bytes) -> tuple[Cue, ...]:
    """The cues of a file that ``write`` made; one that is not just as it writes them now takes ten times as long.

    Raises:
        CaptionError: it is not WebVTT.
    """
    text = content.decode()
    *header, body = _HEADER.split(text, maxsplit=1)
    matches = [_BLOCK.fullmatch(one) for one in body.removesuffix("\n").split("\n\n")]
    if header == [""] and all(matches):
        return tuple(_cue(one) for one in matches if one)
    (track,) = reader.read("published captions", text)
    return tuple(Cue(start_ms=s, end_ms=e, text=text, speaker=speaker) for s, e, text, speaker in track.texts)


def _cue(block: re.Match[str]) -> Cue:
    start, end = (((int(h) * 60 + int(m)) * 60 + int(s)) * 1000 + int(ms) for h, m, s, ms in _stamps(block))
    return Cue(start_ms=start, end_ms=end, text=unescape(block["text"]), speaker=unescape(block["speaker"] or ""))


def _stamps(block: re.Match[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    numbers = block.groups()
    return numbers[:4], numbers[4:8]


def clock(milliseconds: int, point: str = ".") -> str:
    """``HH:MM:SS.mmm``, with ``point`` before the thousandths.

    >>> clock(3_723_004, ",")
    '01:02:03,004'
    """
    seconds, thousandths = divmod(milliseconds, 1000)
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours:02d}:{minutes:02d}:{seconds:02d}{point}{thousandths:03d}"


def _payload(cue: Cue) -> str:
    text = _escaped(cue.text)
    return f"<v {_escaped(cue.speaker)}>{text}" if cue.speaker else text


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
