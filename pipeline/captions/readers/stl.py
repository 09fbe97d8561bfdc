"""EBU STL: the binary exchange format of broadcasters.

Source: EBU Tech 3264-E; the characters of table 00 are ISO 6937.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from pipeline.captions.timed import TimedText, Track, bounded
from pipeline.errors import CaptionError

_SIGNATURE = re.compile(rb"[ -~]{3}STL(\d\d)\.\d\d", re.DOTALL)
_HEAD, _BLOCK = 1024, 128
_TEXT = slice(16, 128)
_LAST_OF_TEXT, _USER_DATA = 0xFF, 0xFE
_NEW_LINE, _UNUSED = 0x8A, 0x8F
_TABLES = {b"01": "iso8859-5", b"02": "iso8859-6", b"03": "iso8859-7", b"04": "iso8859-8"}
"""Character code tables other than Latin."""
_LATIN = dict(
    zip(
        (*range(0xA0, 0xC0), *range(0xD0, 0xD8), *range(0xDC, 0xE5), *range(0xE6, 0xFF)),
        "\u00a0¡¢£$¥#§¤‘“«←↑→↓°±²³×µ¶·÷’”»¼½¾¿―¹®©™♪¬¦⅛⅜⅝⅞ΩÆĐªĦĲĿŁØŒºÞŦŊŉĸæđðħıĳŀłøœßþŧŋ",
        strict=True,
    )
)
_ACCENTS = dict(
    zip(
        (0xC1, 0xC2, 0xC3, 0xC4, 0xC5, 0xC6, 0xC7, 0xC8, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF),
        "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u0327\u030b\u0328\u030c",
        strict=True,
    )
)
"""They stand before their letter."""
_LANGUAGES = {
    0x01: "sq", 0x03: "ca", 0x04: "hr", 0x05: "cy", 0x06: "cs", 0x07: "da", 0x08: "de", 0x09: "en", 0x0A: "es",
    0x0C: "et", 0x0D: "eu", 0x0F: "fr", 0x11: "ga", 0x13: "gl", 0x14: "is", 0x15: "it", 0x18: "lv", 0x1A: "lt",
    0x1B: "hu", 0x1C: "mt", 0x1D: "nl", 0x1E: "no", 0x20: "pl", 0x21: "pt", 0x22: "ro", 0x24: "sr", 0x25: "sk",
    0x26: "sl", 0x27: "fi", 0x28: "sv", 0x29: "tr",
}  # fmt: skip


def matches(content: bytes) -> bool:
    """Whether the bytes begin as STL files do."""
    return bool(_SIGNATURE.match(content))


def read(name: str, content: bytes) -> tuple[Track, ...]:
    """Read an EBU STL file; times count from the programme's start where the file names one before all texts.

    Raises:
        CaptionError: it is cut off, or too large.
    """
    head = _SIGNATURE.match(content)
    rate = int(head[1]) if head else 0
    if len(content) < _HEAD + _BLOCK or rate not in {24, 25, 30}:
        raise CaptionError(name, "this EBU STL file is cut off or has no known frame rate")
    texts = tuple(_texts(content, rate))
    begin = _digits_ms(content[256:264], rate)
    begin = begin if texts and begin <= min(one.start_ms for one in texts) else 0
    shifted = (TimedText(one.start_ms - begin, one.end_ms - begin, one.text) for one in texts)
    code = content[14:16]
    language = _LANGUAGES.get(int(code, 16)) if re.fullmatch(rb"[0-9A-Fa-f]{2}", code) else None
    return (Track(bounded(name, shifted), language),)


def _texts(content: bytes, rate: int) -> Iterator[TimedText]:
    """Texts from the blocks; one that is longer than a block goes on in the next."""
    table = _TABLES.get(content[12:14])
    collected = b""
    for at in range(_HEAD, len(content) - _BLOCK + 1, _BLOCK):
        block = content[at : at + _BLOCK]
        if block[3] == _USER_DATA or block[15] == 1:  # neither subtitles nor for the audience
            continue
        collected += block[_TEXT].partition(bytes([_UNUSED]))[0]
        if block[3] == _LAST_OF_TEXT:
            yield TimedText(_time_ms(block[5:9], rate), _time_ms(block[9:13], rate), _decoded(collected, table))
            collected = b""


def _time_ms(code: bytes, rate: int) -> int:
    hours, minutes, seconds, frames = code
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + frames * 1000 // rate


def _digits_ms(digits: bytes, rate: int) -> int:
    """A time code in eight digits; 0 when it is none."""
    if not re.fullmatch(rb"\d{8}", digits):
        return 0
    return _time_ms(bytes(int(digits[at : at + 2]) for at in range(0, 8, 2)), rate)


def _decoded(raw: bytes, table: str | None) -> str:
    """Text of a subtitle: lines, without the codes for colours and slanted letters."""
    lines = (_characters(line, table) for line in raw.split(bytes([_NEW_LINE])))
    return "\n".join(" ".join(line.split()) for line in lines if line.strip())


def _characters(raw: bytes, table: str | None) -> str:
    if table:
        return bytes(code if code >= 0xA0 or 0x20 <= code < 0x7F else 0x20 for code in raw).decode(table, "replace")
    found, accent = "", ""
    for code in raw:
        if code in _ACCENTS:
            accent = _ACCENTS[code]
            continue
        character = chr(code) if 0x20 <= code < 0x7F else _LATIN.get(code, " " if code < 0x20 else "")
        if character:
            found += character + accent
            accent = ""
    return unicodedata.normalize("NFC", found)
