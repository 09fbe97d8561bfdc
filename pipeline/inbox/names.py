"""What a file's name says: its key, its part number, and the moment a recorder started. Pure."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import PurePosixPath
from zoneinfo import ZoneInfo

from catalog.fields import slugify

_PART = re.compile(
    r"(?P<stem>.*?)(?:[ ._-]+(?:part|pt|teil|partie|parte)[ ._-]*|[ ._-]+|[ ._-]*\()(?P<number>\d{1,4})\)?\Z",
    re.IGNORECASE,
)
_MOMENT = re.compile(
    r"(?<!\d)(?P<gmt>GMT)?(?P<date>(?:19|20)\d\d(?P<d>[-._]?)\d\d(?P=d)\d\d)"
    r"(?:T|[ ._-]at[ ._-]|[ ._-]{1,3})?"
    r"(?P<time>\d\d[-.:_ hH]?\d\d(?:[-.:_ mM]?\d\d)?)(?P<zulu>Z)?(?!\d)",
)
_PERHAPS_A_MOMENT = re.compile(r"(?:19|20)\d\d|1\d{12}")
"""In every name that has one; most names have none, and need not be taken apart."""
_EPOCH_MS = re.compile(r"[0-9a-f]{40}-(?P<ms>1\d{12})(?!\d)")
_LETTER = re.compile("[A-Za-z0-9]")


@dataclass(frozen=True)
class Stamp:
    """The moment in a name, and the name without it."""

    moment: datetime
    """With an offset."""
    before: str
    """What stands before the moment, e.g. the room."""
    after: str
    """What stands after it, e.g. the view or the number of a segment."""


@lru_cache(maxsize=100_000)
def key(text: str) -> str:
    """What names are compared by: lower case, no accents, ``-`` between words; empty when nothing is left.

    >>> key("Thème 1 Panel"), key("THEME-1_panel"), key("日本語")
    ('theme-1-panel', 'theme-1-panel', '')
    """
    text = text.encode(errors="replace").decode()  # names may hold bytes that are not UTF-8
    plain = text if text.isascii() else unicodedata.normalize("NFKD", text)
    if not _LETTER.search(plain):
        return ""
    return slugify(text, fallback="other")


def part_number(stem: str) -> tuple[str, int] | None:
    """The name without its part number, and that number: ``talk-part2``, ``talk (2)``, ``zoom_0``, ``talk.002``.

    >>> part_number("talk (2)"), part_number("talk")
    (('talk', 2), None)
    """
    match = _PART.match(stem)
    return (match["stem"], int(match["number"])) if match and match["stem"] else None


def stamp(text: str, zone: ZoneInfo) -> Stamp | None:
    """The moment that a recorder wrote into a name; without ``GMT`` or ``Z`` it is in ``zone``.

    Known forms: ``GMT20210628-120000_Recording`` (Zoom), ``2021-06-28 14.00.05 Meeting`` (Zoom's local folders),
    ``2021-06-28 14-00-05`` (OBS), ``room-20210628140000`` (FOSDEM), ``room-2021-06-28_14-00-00`` (VOC), and meeting
    ids of BigBlueButton, which end in milliseconds since 1970.
    """
    if found := _EPOCH_MS.search(text):
        moment = datetime.fromtimestamp(int(found["ms"]) // 1000, UTC)
        return Stamp(moment, text[: found.start()], text[found.end() :])
    for found in _MOMENT.finditer(text):
        digits = re.sub(r"\D", "", found["date"] + found["time"]).ljust(14, "0")
        try:
            moment = datetime.strptime(digits, "%Y%m%d%H%M%S").replace(
                tzinfo=UTC if found["gmt"] or found["zulu"] else zone
            )
        except ValueError:  # digits that only look like a moment
            continue
        return Stamp(moment, text[: found.start()], text[found.end() :])
    return None


def path_stamp(name: str, zone: ZoneInfo) -> Stamp | None:
    """The moment in a file's name or, when that has none, in that of the folder nearest to it.

    ``before`` then holds the path up to the moment, ``after`` the rest of the file's own name without its ending.
    """
    if not _PERHAPS_A_MOMENT.search(name):
        return None
    path = PurePosixPath(name)
    for part in (path.with_suffix(""), *path.parents):
        if part.name and (found := stamp(part.name, zone)):
            is_own = part.parent == path.parent
            return Stamp(found.moment, f"{part.parent}/{found.before}", found.after if is_own else path.stem)
    return None
