"""What a link leads to."""

from __future__ import annotations

from catalog.model import LinkKind


def link_kind(declared: str, words: str = "", *, default: LinkKind = LinkKind.PAGE) -> LinkKind:
    """The kind of a link by the type the file declares, else by what its title and address say."""
    for text, marks in ((declared.casefold(), _DECLARED), (words.casefold(), _WORDS)):
        for kind, wanted in marks.items():
            if text and any(mark in text for mark in wanted):
                return kind
    return default


_DECLARED = {
    LinkKind.SLIDES: ("slide", "presentation"),
    LinkKind.VIDEO: ("media", "video", "recording"),
    LinkKind.DISCUSSION: ("activitypub", "forum", "chat"),
    LinkKind.DOCUMENT: ("paper", "article", "document", "pdf"),
}
_WORDS = {
    LinkKind.SLIDES: ("slide", "folien", "diapo", ".ppt", ".odp", "speakerdeck", "/presentation/"),
    LinkKind.VIDEO: ("video", "recording", "youtube.", "youtu.be", "vimeo.", ".mp4", ".webm", "aufzeichnung"),
    LinkKind.DISCUSSION: ("discourse", "forum", "chat", "discussion", "/issues/"),
    LinkKind.DOCUMENT: (".pdf", ".doc", "paper", "background document"),
}
