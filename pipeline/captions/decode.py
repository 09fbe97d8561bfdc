"""Bytes of a text file of unknown encoding to text. Pure."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

from charset_normalizer import from_bytes

from pipeline.captions import language as languages
from pipeline.captions.timed import MAX_BYTES
from pipeline.errors import CaptionError

# Longest first: the UTF-32 mark begins with the UTF-16 one.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_XML_ENCODING = re.compile(rb"""\A\s*<\?xml[^>]{0,200}?encoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_VALID_MULTIBYTE = re.compile(rb"[\xc3-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
_LINE_ENDS = re.compile(r"\r\n?|[\u0085\u2028\u2029]")
_WESTERN = re.compile(r"af|ca|da|de|en|es|eu|fi|fo|fr|gl|is|it|nb|nl|nn|no|pt|sv")
_WESTERN_PAGE = "cp1252"
_NEVER_GUESSED = ("mac_cyrillic", "mac_greek", "mac_iceland", "mac_latin2", "mac_turkish")
"""Code pages that no tool of today writes, and that short texts are easily taken for."""
# Guessing a code page needs some text, not all of it.
_SAMPLE_BYTES = 256 * 1024


def decode(name: str, content: bytes, language: str | None = None) -> tuple[str, tuple[str, ...]]:
    r"""Decode a caption file: byte order mark, UTF-8, UTF-16 by its zeros, the XML declaration, else a guess.

    Western European code pages can hardly be told from Central European ones by the bytes: the ``language``, where it
    is known, decides.

    Returns:
        The text with ``\n`` as the only line end and no NUL, and findings about the encoding.

    Raises:
        CaptionError: too large, or not text.
    """
    if len(content) > MAX_BYTES:
        raise CaptionError(name, f"the file has {len(content)} bytes; at most {MAX_BYTES} are read")
    encoding, errors, findings = _encoding(name, content, language)
    try:
        text = content.decode(encoding, errors)
    except (UnicodeDecodeError, LookupError) as error:
        raise CaptionError(name, f"the file is not text in {encoding}") from error
    if "\0" in text:
        findings += ("characters NUL were removed",)
    return _LINE_ENDS.sub("\n", text.replace("\0", "").removeprefix("\ufeff")), findings


def _encoding(name: str, content: bytes, language: str | None) -> tuple[str, str, tuple[str, ...]]:
    """Codec, error handler and findings."""
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return encoding, "replace", () if encoding == "utf-8" else (f"read as {encoding.upper()}",)
    if wide := _wide_encoding(content):
        return wide, "replace", (f"read as {wide.upper()}",)
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        return _legacy_encoding(name, content, error.start, language)
    return "utf-8", "strict", ()


def _wide_encoding(content: bytes) -> str | None:
    """UTF-16 without a mark: text of any language has ASCII digits and line ends, whose other byte is zero."""
    sample = content[:4096]
    odd, even = sample[1::2].count(0), sample[0::2].count(0)
    enough = max(2, len(sample) // 8)
    if odd >= enough and odd > 4 * even:
        return "utf-16-le"
    if even >= enough and even > 4 * odd:
        return "utf-16-be"
    return None


def _legacy_encoding(
    name: str, content: bytes, first_error: int, language: str | None
) -> tuple[str, str, tuple[str, ...]]:
    if declared := _XML_ENCODING.match(content):
        encoding = declared[1].decode()
        if encoding.lower() not in {"utf-8", "utf8"}:
            return encoding, "replace", (f"read as {encoding}, as the file says",)
    if content[:4096].count(0) > len(content[:4096]) // 100:
        raise CaptionError(name, "this is not a text file")
    high = sum(byte >= 0x80 for byte in content)
    if sum(len(match) for match in _VALID_MULTIBYTE.findall(content)) * 2 > high:
        line = content[:first_error].count(b"\n") + 1
        return "utf-8", "replace", (f"broken UTF-8 (first in line {line}): bytes that are no text were replaced",)
    encoding = _guessed(name, content[max(0, first_error - 1024) :][:_SAMPLE_BYTES], language)
    return encoding, "replace", (f"not UTF-8; read as {encoding}, a guess: save it as UTF-8 if that is wrong",)


def _guessed(name: str, sample: bytes, language: str | None) -> str:
    if language and _WESTERN.fullmatch(languages.base(language)):
        with suppress(UnicodeDecodeError):
            sample.decode(_WESTERN_PAGE)
            return _WESTERN_PAGE
    best = from_bytes(sample, cp_exclusion=list(_NEVER_GUESSED), enable_fallback=True).best()
    if best is None:
        raise CaptionError(name, "the encoding cannot be told", hint="save the file as UTF-8")
    return best.encoding
