"""Cue markup to plain text: WebVTT cue text by its specification, and the HTML-like tags of other formats.

Source: https://www.w3.org/TR/webvtt1/#webvtt-cue-text-parsing-rules
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from html.entities import html5
from typing import NamedTuple

_TAG = re.compile(r"<(?![0-9]+(?![0-9:]))(/?)([^>]*)>?")
"""As browsers read tags, but for ``<3`` and ``x<5``: they hide these, and it is what somebody said."""
_ANNOTATION = re.compile(r"([^ \t\n\f.]*)(?:\.[^ \t\n\f]*)?[ \t\n\f]*(.*)", re.DOTALL)
_ENTITY = re.compile(r"&(?:#[0-9]{1,8}|#[xX][0-9A-Fa-f]{1,8}|[A-Za-z][A-Za-z0-9]{0,31});")
_HTML_TAG = re.compile(
    r"</?(?:b|i|u|s|em|strong|strike|del|ins|font|span|div|p|c|v|ruby|rt|small|big|sub|sup|a|center|script|style)"
    r"\b[^<>]*>",
    re.IGNORECASE,
)
_HTML_BREAK = re.compile(r"<br\b[^<>]*>", re.IGNORECASE)
_ASS_OVERRIDE = re.compile(r"\{\\[^{}]*\}")


_NO_NAME = "?"


class Run(NamedTuple):
    """Text of one voice."""

    text: str
    voice: str


def unescape(text: str) -> str:
    """Replace character references that end in ``;``; anything else is text.

    >>> unescape("R&D &lt;b&gt; &#233; &nosuch;")
    'R&D <b> é &nosuch;'
    """
    return _ENTITY.sub(_character, text) if "&" in text else text


def _character(match: re.Match[str]) -> str:
    """The character a reference means; names must be known in full (``html.unescape`` takes a prefix)."""
    name = match[0][1:]
    return html.unescape(match[0]) if name.startswith("#") else html5.get(name, match[0])


def voice_runs(payload: str) -> list[Run]:
    """The text of a WebVTT cue, cut where the voice changes.

    Tags and time stamps go; ruby annotations follow their base text in parentheses, ``<lang>`` and classes leave their
    text.

    >>> voice_runs("<v.loud Mary>Hello <i>there</i></v> &lt;3 <ruby>漢<rt>kan</ruby>")
    [Run(text='Hello there', voice='Mary'), Run(text=' <3 漢(kan)', voice='')]
    """
    runs: list[Run] = []
    voice = ""
    annotating = False
    for text, closing, name, annotation in _tokens(payload):
        bracket = ""
        if annotating and (name in {"rt", "ruby"} or not name):
            annotating, bracket = False, ")"
        elif name == "rt" and not closing:
            annotating, bracket = True, "("
        runs.append(Run(text + bracket, voice))
        if name == "v":
            voice = "" if closing else " ".join(unescape(annotation).split())
    return _merged(runs)


def _merged(runs: list[Run]) -> list[Run]:
    """Neighbours of one voice as one run; runs without text go."""
    found: list[Run] = []
    for run in runs:
        if found and found[-1].voice == run.voice:
            found[-1] = Run(found[-1].text + run.text, run.voice)
        elif run.text.strip():
            found.append(run)
    return found


def _tokens(payload: str) -> Iterator[tuple[str, bool, str, str]]:
    """Text before a tag, whether the tag closes, its name, its annotation; at the end all but the text are empty."""
    position = 0
    for match in _TAG.finditer(payload):
        if not match[0].endswith(">") and match[2][:1].isspace():
            break  # "a < b" at the end of a cue: the same
        parts = _ANNOTATION.match(match[2])
        name, annotation = (parts[1] or _NO_NAME, parts[2]) if parts else (_NO_NAME, "")
        yield unescape(payload[position : match.start()]), bool(match[1]), name, annotation
        position = match.end()
    yield unescape(payload[position:]), False, "", ""


def strip_html(text: str) -> str:
    r"""Plain text of SubRip or SAMI text: known HTML tags and ASS overrides go, ``<br>`` becomes a line end.

    Unknown tags stay: ``<LAUGHING>`` and ``a < b`` are text.

    >>> strip_html('{\\an8}<font color="red">a < b</font><br/><i>c</i> &amp; <LAUGHING>')
    'a < b\nc & <LAUGHING>'
    """
    text = _HTML_BREAK.sub("\n", _ASS_OVERRIDE.sub("", text))
    return unescape(_HTML_TAG.sub("", text))
