"""Texts of programmes: cleaned of what no text needs, and HTML turned into Markdown.

Abstracts are Markdown in the catalogue. Many programmes write HTML, and many write Markdown with a few tags in it.
Known tags become their Markdown form, scripts and styles go with their content, addresses other than http, https and
mailto are dropped, and anything that merely looks like a tag (``vector<int>``) stays as text. The pages that show the
result treat it as hostile all the same.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_BLOCKS = frozenset(
    {"p", "div", "section", "article", "blockquote", "ul", "ol", "table", "tr", "pre", "hr", "figure", "dl", "dt", "dd"}
    | {f"h{level}" for level in range(1, 7)}
)
_MARKS = {"strong": "**", "b": "**", "em": "*", "i": "*", "code": "`", "tt": "`"}
_SWALLOWED = frozenset({"script", "style"})
_SILENT = frozenset(
    {
        "a",
        "abbr",
        "address",
        "big",
        "body",
        "br",
        "center",
        "cite",
        "del",
        "embed",
        "figcaption",
        "font",
        "footer",
        "form",
    }
    | {"header", "html", "iframe", "img", "ins", "kbd", "label", "li", "main", "mark", "nobr", "noscript", "object"}
    | {"q", "s", "samp", "small", "span", "sub", "sup", "svg", "tbody", "td", "th", "thead", "time", "u", "var", "wbr"}
)
_KNOWN = _BLOCKS | _SILENT | _SWALLOWED | frozenset(_MARKS)
_TAG = re.compile(r"</?(" + "|".join(sorted(_KNOWN, key=len, reverse=True)) + r")(?:\s[^<>]*)?/?>", re.IGNORECASE)
_STRUCTURE = re.compile(r"</?(?:p|div|ul|ol|table|h[1-6])(?:\s[^<>]*)?>", re.IGNORECASE)
_UNFINISHED = re.compile(r"<(?!/?[A-Za-z](?:[^<>\"']|\"[^<>\"]*\"|'[^<>']*')*>)")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#x[0-9a-f]{1,6}|amp|lt|gt|quot|apos|nbsp|[a-z]{2,8}\d?);", re.IGNORECASE)
_SPECIAL = re.compile(r"([\\`*_\[\]<>])")
_LINE_START = re.compile(r"(?m)^(\s*)(#{1,6}|[-+>]|\d{1,9}[.)])(?=\s|$)")


def clean(text: str) -> str:
    """The text without control characters and half surrogates, line ends made alike."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROL.sub("", text).strip()


def line(text: str) -> str:
    """Cleaned text of one line: tags removed, entities resolved, runs of space made one."""
    text = clean(text)
    if _TAG.search(text) or _ENTITY.search(text):
        text = _Markdown.convert(text, escape=False, marks=False)
    return " ".join(text.split())


def markdown(text: str) -> str:
    """Markdown from HTML, from Markdown, or from a mixture of both.

    With block structure (``<p>``, lists, headings) the text is HTML, so characters special to Markdown are escaped;
    with inline tags only it is taken for Markdown with tags in it.
    """
    text = clean(text)
    if not _TAG.search(text):
        return text
    return _Markdown.convert(text, escape=_STRUCTURE.search(text) is not None)


def is_web_address(text: str) -> bool:
    """Whether the text is an absolute http or https address."""
    return re.match(r"https?://[^\s/?#]+", text) is not None


def _without_comments(text: str) -> str:
    kept, end = [], 0
    while (start := text.find("<!--", end)) >= 0 and (stop := text.find("-->", start)) >= 0:
        kept.append(text[end:start])
        end = stop + 3
    return "".join([*kept, text[end:]])


class _Markdown(HTMLParser):
    """Writes Markdown while HTML is fed to it."""

    def __init__(self, *, escape: bool, marks: bool) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.escape = escape
        self.marks = marks
        self.lists: list[int | None] = []
        self.hrefs: list[str] = []
        self.open_marks: list[str] = []
        self.swallowed = 0
        self.preformatted = 0

    @classmethod
    def convert(cls, text: str, *, escape: bool, marks: bool = True) -> str:
        """Markdown of an HTML text."""
        parser = cls(escape=escape, marks=marks)
        # Unfinished tags and quotes cost the parser quadratic time; as text they cost nothing.
        parser.feed(_UNFINISHED.sub("&lt;", _without_comments(text)))
        parser.close()
        joined = "".join(parser.parts + [_MARKS[tag] for tag in reversed(parser.open_marks)])
        lines = [one.rstrip() if not one.endswith("  ") else one for one in joined.split("\n")]
        return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _SWALLOWED:
            self.swallowed += 1
        elif self.swallowed:
            return
        elif tag not in _KNOWN:
            self._text(self.get_starttag_text() or "")
        elif tag == "br":
            self.parts.append("  \n" if self.escape else "\n")
        elif tag == "a":
            self._open_link(dict(attrs).get("href") or "")
        elif tag in _MARKS and self.marks:
            self.parts.append(_MARKS[tag])
            self.open_marks.append(tag)
        else:
            self._open_block(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag in _SWALLOWED:
            self.swallowed = max(0, self.swallowed - 1)
        elif self.swallowed:
            return
        elif tag not in _KNOWN:
            self._text(f"</{tag}>")
        elif tag == "a" and self.hrefs:
            href = self.hrefs.pop()
            self.parts.append(f"](<{href}>)" if href else "")
        elif tag in self.open_marks:
            self.open_marks.remove(tag)
            self.parts.append(_MARKS[tag])
        elif tag in {"ul", "ol"} and self.lists:
            self.lists.pop()
            self.parts.append("\n" if self.lists else "\n\n")
        elif tag == "pre":
            self.preformatted = max(0, self.preformatted - 1)
            self.parts.append("\n```\n\n")
        elif tag in _BLOCKS:
            self.parts.append("\n\n")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in _SWALLOWED:
            self.handle_starttag(tag, attrs)
            if tag in _KNOWN and tag not in {"br", "hr", "img"}:
                self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if not self.swallowed:
            self._text(data)

    def _text(self, data: str) -> None:
        data = data.replace("\u00a0", " ")
        if self.escape and not self.preformatted and "code" not in self.open_marks:
            data = re.sub(r"\s+", " ", data)
            data = _LINE_START.sub(r"\1\\\2", _SPECIAL.sub(r"\\\1", data))
        self.parts.append(data)

    def _open_link(self, href: str) -> None:
        href = href.strip()
        usable = self.marks and re.match(r"(?:https?://|mailto:)[^\s<>]+\Z", href, re.IGNORECASE)
        self.hrefs.append(href if usable else "")
        self.parts.append("[" if usable else "")

    def _open_block(self, tag: str) -> None:
        if tag in {"ul", "ol"}:
            self.lists.append(1 if tag == "ol" else None)
            self.parts.append("\n" if len(self.lists) > 1 else "\n\n")
        elif tag == "li":
            number = self.lists[-1] if self.lists else None
            if number is not None:
                self.lists[-1] = number + 1
            indent = "    " * min(max(0, len(self.lists) - 1), 6)
            self.parts.append(f"\n{indent}{f'{number}.' if number is not None else '-'} ")
        elif tag == "pre":
            self.preformatted += 1
            self.parts.append("\n\n```\n")
        elif tag == "blockquote":
            self.parts.append("\n\n> ")
        elif tag in {"td", "th", "dd"}:
            self.parts.append(" ")
        elif re.fullmatch(r"h[1-6]", tag) and self.marks:
            self.parts.append(f"\n\n{'#' * int(tag[1])} ")
        elif tag in _BLOCKS:
            self.parts.append("\n\n")
