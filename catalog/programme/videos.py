"""Addresses of videos: what a page embeds, as the address to watch and fetch it at."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

from catalog.programme import text

_VIMEO_PATH = re.compile(r"/(?:video/)?(\d{5,12})(?:/([0-9a-f]{6,12}))?/?\Z")
_YOUTUBE_ID = re.compile(r"[\w-]{11}\Z", re.ASCII)


def vimeo(identifier: str, unlisted: str = "") -> tuple[str, str]:
    """Key and address of a Vimeo video; ``unlisted`` is the hash of an unlisted one."""
    return f"vimeo-{identifier}", f"https://vimeo.com/{identifier}" + (f"/{unlisted}" if unlisted else "")


def youtube(identifier: str) -> tuple[str, str]:
    """Key and address of a YouTube video."""
    return f"youtube-{identifier}", f"https://www.youtube.com/watch?v={identifier}"


def source_of(address: str) -> tuple[str, str]:
    """A stable key and the address to fetch from, of any address that shows a video.

    >>> source_of("https://player.vimeo.com/video/566492345?badge=0")
    ('vimeo-566492345', 'https://vimeo.com/566492345')
    >>> source_of("https://youtu.be/fP3okTK49dI?t=3")
    ('youtube-fP3okTK49dI', 'https://www.youtube.com/watch?v=fP3okTK49dI')
    """
    address = "".join(text.clean(address).split())
    try:
        parts = urlsplit(address)
        query = parse_qs(parts.query)
    except ValueError:
        return "", address
    host = (parts.hostname or "").removeprefix("www.")
    if host in {"vimeo.com", "player.vimeo.com"} and (match := _VIMEO_PATH.match(parts.path)):
        return vimeo(match[1], match[2] or query.get("h", [""])[0])
    if host in {"youtube.com", "m.youtube.com", "youtube-nocookie.com", "youtu.be"}:
        last = parts.path.rstrip("/").rpartition("/")[2]
        identifier = query.get("v", [last])[0]
        if _YOUTUBE_ID.match(identifier):
            return youtube(identifier)
    return f"{host}{parts.path}{'-' + parts.query if parts.query else ''}".strip("/"), address


def is_video(address: str) -> bool:
    """Whether an address embedded in a page shows a video (and not slides, a map or a form)."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    host = (parts.hostname or "").removeprefix("www.")
    return (
        (host in {"vimeo.com", "player.vimeo.com"} and _VIMEO_PATH.match(parts.path) is not None)
        or (host in _YOUTUBE and source_of(address)[0].startswith("youtube-"))
        or (host == "drive.google.com" and re.match(r"/file/d/[\w-]+/preview", parts.path) is not None)
        or re.search(r"/videos/embed/|/embed/media/|\.(?:mp4|webm|m4v|mov|m3u8)\Z", parts.path) is not None
        or host in {"dailymotion.com", "media.ccc.de", "player.twitch.tv"}
    )


_YOUTUBE = frozenset({"youtube.com", "m.youtube.com", "youtube-nocookie.com", "youtu.be"})
