"""SAMI (``.smi``): HTML-like, one track per paragraph class.

Source: https://learn.microsoft.com/en-us/previous-versions/windows/desktop/dnacc/understanding-sami-1.0
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

from pipeline.captions.timed import TimedText, Track, bounded
from pipeline.errors import CaptionError

_ROOT = re.compile(r"<sami[\s>]", re.IGNORECASE)
_CLASS = re.compile(r"\.([\w-]+)\s*\{([^{}]*)\}")
_LANGUAGE = re.compile(r"lang\s*:\s*([A-Za-z0-9-]+)", re.IGNORECASE)
_LAST_LASTS_MS = 4000


def matches(text: str) -> bool:
    """Whether there is a SAMI element near the beginning."""
    return bool(_ROOT.search(text[:4096]))


def read(name: str, text: str) -> tuple[Track, ...]:
    """Read a SAMI file: a text lasts until the next sync point of its class.

    Raises:
        CaptionError: there is no readable text, or it is too large.
    """
    parser = _Parser()
    try:
        parser.feed(text)
        parser.close()
    except (AssertionError, ValueError) as error:
        raise CaptionError(name, f"this SAMI file cannot be read: {error}") from error
    parser.end_paragraph()
    findings = (f"{parser.untimed} texts without a time were left out",) if parser.untimed else ()
    return tuple(
        Track(bounded(name, _ended(points)), parser.languages.get(key), findings=findings)
        for key, points in parser.points.items()
    ) or (Track((), findings=findings),)


def _ended(points: list[tuple[int, str]]) -> list[TimedText]:
    """Texts from sync points: each ends where the next begins; empty ones only end the one before."""
    texts = []
    following = current = None
    for start, text in sorted(points, key=lambda point: point[0])[::-1]:
        if start != current:
            following, current = current, start
        if text:
            texts.append(TimedText(start, start + _LAST_LASTS_MS if following is None else following, text))
    return texts[::-1]


class _Parser(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.languages: dict[str, str] = {}
        self.points: dict[str, list[tuple[int, str]]] = {}
        self.untimed = 0
        self._start: int | None = None
        self._class: str | None = None
        self._text: list[str] = []
        self._in_head = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {key: value or "" for key, value in attrs}
        if tag == "sync":
            self.end_paragraph()
            digits = re.match(r"\s*(\d{1,10})", values.get("start", ""))
            self._start = int(digits[1]) if digits else None
        elif tag == "p":
            self.end_paragraph()
            self._class = values.get("class", "").lower()
            if language := values.get("lang"):
                self._class = self._class or language.lower()
                self.languages.setdefault(self._class, language)
        elif tag == "br":
            self._text.append("\v")
        elif tag in {"style", "title", "head"}:
            self._in_head = True

    def handle_endtag(self, tag: str) -> None:
        if tag in {"p", "sync", "body"}:
            self.end_paragraph()
        elif tag in {"style", "title", "head"}:
            self._in_head = False

    def handle_data(self, data: str) -> None:
        if self._in_head:
            self._styles(data)
        elif self._class is not None:
            self._text.append(data)

    def handle_comment(self, data: str) -> None:
        self._styles(data)

    def end_paragraph(self) -> None:
        """Keep the paragraph that was open."""
        if self._class is None:
            return
        lines = (" ".join(line.split()) for line in "".join(self._text).split("\v"))
        text = "\n".join(line for line in lines if line)
        if self._start is None:
            self.untimed += bool(text)
        else:
            self.points.setdefault(self._class, []).append((self._start, text))
        self._class, self._text = None, []

    def _styles(self, css: str) -> None:
        for name, body in _CLASS.findall(css):
            if language := _LANGUAGE.search(body):
                self.languages.setdefault(name.lower(), language[1])
