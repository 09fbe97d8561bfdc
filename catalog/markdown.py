"""Markdown of the organiser to safe HTML, and to plain text for summaries.

Two walls: the parser takes no raw HTML and no pictures (they would be requests to third parties), and the sanitiser
lets only the tags below and web addresses through.
"""

from __future__ import annotations

import re
from functools import lru_cache
from html import unescape

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

__all__ = ["escape", "to_html", "to_text"]

_TAGS = {
    "a", "blockquote", "br", "code", "del", "em", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "strong",
    "table", "tbody", "td", "th", "thead", "tr", "ul",
}  # fmt: skip
_SCHEMES = {"http", "https", "mailto"}
_HEADING_OFFSET = 2
"""A page's own headings are of level one and two."""
_ELLIPSIS = "…"


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False})
    return parser.enable(["table", "strikethrough"]).disable("image")


def _lower_headings(tokens: list[Token]) -> list[Token]:
    for token in tokens:
        if token.type in {"heading_open", "heading_close"}:
            token.tag = f"h{min(6, int(token.tag[1:]) + _HEADING_OFFSET)}"
    return tokens


@lru_cache(maxsize=4096)
def to_html(text: str) -> Markup:
    """Safe HTML of Markdown ``text``: no raw HTML, no pictures, no addresses but http, https and mailto."""
    parser = _parser()
    html = parser.renderer.render(_lower_headings(parser.parse(text)), parser.options, {})
    clean = nh3.clean(
        html,
        tags=_TAGS,
        attributes={"a": {"href"}, "ol": {"start"}},
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel="noopener",
    )
    return Markup(clean)  # noqa: S704 - the sanitiser's output


@lru_cache(maxsize=4096)
def to_text(text: str, limit: int = 0) -> str:
    """Markdown as one line of plain text, cut at a word to at most ``limit`` characters where that is not 0."""
    plain = unescape(nh3.clean(to_html(text).replace("</p>", " ").replace("</li>", " "), tags=set()))
    plain = re.sub(r"\s+", " ", plain).strip()
    if not limit or len(plain) <= limit:
        return plain
    head = plain[: limit - 1]
    return (head.rpartition(" ")[0] or head).rstrip(" ,;:.–-") + _ELLIPSIS
