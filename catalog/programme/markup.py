"""Session pages of static sites (Jekyll, Hugo, Antora …) cut into front matter, sections, videos and times."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from typing import Any
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from catalog.programme import frontmatter, text, times, videos
from catalog.programme.fields import Fields

_EMBEDS = re.compile(
    r"\{%-?\s*include\s+[\w./-]*(?P<include>vimeo|youtube)[\w.-]*\s(?P<arguments>[^%]{0,2000}?)-?%\}"
    r"|\{%-?\s*(?P<tag>vimeo|youtube)\s+[\"']?(?P<tag_id>[\w-]+)[^%]{0,200}%\}"
    r"|\{\{[<%]\s*(?P<short>vimeo|youtube)\s+(?:id=)?[\"']?(?P<short_id>[\w-]+)[^}]{0,500}\}\}"
    r"|<(?:iframe|video|source|embed)\s(?P<frame>[^<>]{0,3000})>(?:\s*</(?:iframe|video)>)?"
    r"|^video::(?P<macro>[^\[\]\s]{1,500})\[(?P<host>[^\]]{0,200})\]",
    re.IGNORECASE | re.MULTILINE,
)
_ATTRIBUTE = re.compile(r"(?P<name>[\w-]+)\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s\"'>]+))")
_TIME_LINK = re.compile(r"https?://(?:www\.)?timeanddate\.com/worldclock/\w+\.html\?[^\s\"'<>)\]]{1,2000}")
_UTC_OFFSET = re.compile(r"(?:UTC|GMT)\s?([+\-−–]\d{1,2}(?::?\d{2})?)")
_HEADING = re.compile(
    r"(?P<hash>#{1,6})[ \t]+(?P<markdown>[^\n]*?)[ \t#]*|(?P<equals>={1,6})[ \t]+(?P<asciidoc>[^\n]*)"
)
_BOLD_LINE = re.compile(r"\*(?!\*)([^*\n]{1,300})\*")
_MARK = re.compile(r"\x00(\d+)\x00")
_PLACES = {"": "UTC", "1440": "UTC", "69": "Europe/Copenhagen"}
"""Places of timeanddate.com whose zone is known for certain; otherwise the offset written beside the link counts."""


@dataclass(frozen=True)
class Video:
    """A video embedded in a page."""

    key: str
    source: str
    title: str = ""
    """From the embedding; often missing or out of date."""


@dataclass(frozen=True)
class Slot:
    """A time that a page links to."""

    start: datetime
    duration: timedelta | None
    in_list: bool
    """Whether it stands in a list or table, as in an overview of many sessions."""


@dataclass
class Section:
    """A heading and what follows it, up to the next heading."""

    heading: str
    line: int
    level: int = 0
    """1 for the highest heading; 7 for a bold line that serves as one."""
    above: str = ""
    """The nearest heading of a higher level, unless it is the first of the page."""
    text: str = ""
    """Its videos are replaced by marks; see ``pieces``."""
    videos: list[Video] = field(default_factory=list)

    def pieces(self) -> list[str]:
        """The text before the first video, and after each."""
        return _MARK.split(self.text)[::2]


@dataclass
class Page:
    """One page."""

    name: str
    data: dict[str, Any]
    """Front matter."""
    sections: list[Section]
    """The first has no heading; it holds what stands above the first one."""
    slots: list[Slot]
    tag: str
    """The word of its label, such as ``Live demos``."""
    front: Fields = field(default_factory=dict)
    """What its front matter says of a session."""
    problem: str = ""

    @property
    def videos(self) -> list[Video]:
        """Every video, in the order of the page."""
        return [video for section in self.sections for video in section.videos]

    @property
    def is_session(self) -> bool:
        """Whether it is about one session: it shows a video or names a time, and is no overview of many times."""
        return bool(self.videos or self.front.keys() & {"start", "time"}) or any(
            not slot.in_list for slot in self.slots
        )


def parse(name: str, content: bytes) -> Page:
    """Cut a page up. Never fails: what is odd is in ``problem``."""
    whole = text.clean(content.decode("utf-8-sig", errors="replace")) + "\n"
    data, written, problem = frontmatter.split(name, whole)
    skipped = whole.count("\n") - written.count("\n")
    asciidoc = name.casefold().endswith((".adoc", ".asciidoc", ".asc"))
    found: list[Video] = []
    marked = _EMBEDS.sub(lambda embed: _mark(embed, found), _without_comments(written, asciidoc=asciidoc))
    for key, source in frontmatter.videos_of(data):
        if all(video.key != key for video in found):
            found.append(Video(key, source))
            marked = f"\x00{len(found) - 1}\x00{marked}"
    tag = re.search(r"<span[^<>]*class=[\"'][^\"']*\btag\b[^\"']*[\"'][^<>]*>([^<]{1,80})</span>", marked)
    return Page(
        name=name,
        data=data,
        sections=_sections(marked, found, first_line=skipped + 1, asciidoc=asciidoc),
        slots=_slots(marked),
        tag=text.line(tag[1]) if tag else "",
        front=frontmatter.fields(data),
        problem=problem,
    )


def _without_comments(written: str, *, asciidoc: bool) -> str:
    """Comments removed, their line ends kept so that lines still count."""
    written = re.sub(r"<!--.*?-->", lambda match: "\n" * match[0].count("\n"), written, flags=re.DOTALL)
    return re.sub(r"(?m)^//(?!/).*$", "", written) if asciidoc else written


def _mark(embed: re.Match[str], found: list[Video]) -> str:
    """A mark in place of a video; nothing in place of anything else that is embedded."""
    video = _video(embed)
    lines = "\n" * embed[0].count("\n")
    if video is None:
        return lines
    found.append(video)
    return f"\x00{len(found) - 1}\x00{lines}"


def _video(embed: re.Match[str]) -> Video | None:
    groups = embed.groupdict()
    attributes = _attributes(groups["arguments"] or groups["frame"] or "")
    title = text.line(attributes.get("title", ""))
    for host, identifier in (
        (groups["include"], attributes.get("id", "")),
        (groups["tag"], groups["tag_id"]),
        (groups["short"], groups["short_id"]),
        (groups["host"], groups["macro"]),
    ):
        known = (host or "").split(",")[0].strip().casefold()
        if known in {"vimeo", "youtube"} and re.fullmatch(r"[\w-]{3,40}(/[0-9a-f]{6,12})?", (identifier or "").strip()):
            one = identifier.strip()
            key, source = videos.youtube(one) if known == "youtube" else videos.vimeo(*one.split("/")[:2])
            return Video(key, source, title)
    address = (attributes.get("src") or attributes.get("data-src") or groups["macro"] or "").replace("&amp;", "&")
    address = f"https:{address}" if address.startswith("//") else address
    if text.is_web_address(address) and videos.is_video(address):
        return Video(*videos.source_of(address), title)
    return None


def _attributes(written: str) -> dict[str, str]:
    return {
        match["name"].casefold(): match["double"] or match["single"] or match["bare"] or ""
        for match in _ATTRIBUTE.finditer(written)
    }


def _sections(marked: str, found: list[Video], *, first_line: int, asciidoc: bool) -> list[Section]:
    sections = [Section("", first_line)]
    lines: list[str] = []
    for number, line in enumerate(marked.split("\n"), start=first_line):
        heading, level = _heading(line.strip(), asciidoc=asciidoc)
        if heading:
            sections[-1].text = "\n".join(lines)
            above = next((one.heading for one in reversed(sections[2:]) if one.level < level), "")
            sections.append(Section(heading, number, level, above))
            lines = []
        else:
            sections[-1].videos += [found[int(index)] for index in _MARK.findall(line)]
            lines.append(line)
    sections[-1].text = "\n".join(lines)
    return sections


def _heading(line: str, *, asciidoc: bool) -> tuple[str, int]:
    """Text and level of a heading; nothing and 0 for any other line."""
    if match := _HEADING.fullmatch(line):
        return plain(match["markdown"] or match["asciidoc"] or ""), len(match["hash"] or match["equals"])
    bold = _BOLD_LINE.fullmatch(line) if asciidoc else None
    return (plain(bold[1]), 7) if bold else ("", 0)


def plain(written: str) -> str:
    """Text of a line without its markup."""
    written = re.sub(r"!?\[([^\]]*)\]\([^)]*\)", r"\1", written)
    written = re.sub(r"(?:https?://\S+|xref:\S+?)\[([^\]]*)\]", r"\1", written)
    written = re.sub(r"(\*\*|__)(?=\S)(.{1,300}?)(?<=\S)\1", r"\2", written)
    return text.line(_MARK.sub(" ", re.sub(r"\{:[^}]*\}|\{%.*?%\}", "", written))).strip("*_ ")


def _slots(marked: str) -> list[Slot]:
    slots: dict[tuple[datetime, timedelta | None], Slot] = {}
    for match in _TIME_LINK.finditer(marked):
        line_start = marked.rfind("\n", 0, match.start()) + 1
        in_list = re.match(r"\s*(?:[-+*|]|\d+\.)\s", marked[line_start : match.start()] + " ") is not None
        slot = _slot(match[0].replace("&amp;", "&"), marked[match.end() : match.end() + 300], in_list=in_list)
        if slot:
            slots.setdefault((slot.start, slot.duration), slot)
    return list(slots.values())


def _slot(address: str, after: str, *, in_list: bool) -> Slot | None:
    """``iso`` is the local time at place ``p1``, ``ah`` and ``am`` the length in hours and minutes."""
    query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
    start = times.moment(query.get("iso", ""))
    if start is None:
        return None
    numbers = [query.get(name, "0") for name in ("ah", "am")]
    hours, minutes = (int(number) if re.fullmatch(r"\d{1,3}", number, re.ASCII) else 0 for number in numbers)
    length = timedelta(hours=hours, minutes=minutes)
    zone = _zone(query.get("p1", ""), after)
    return Slot(start.replace(tzinfo=zone) if zone else start, length or None, in_list)


def _zone(place: str, after: str) -> tzinfo | None:
    if place in _PLACES:
        return ZoneInfo(_PLACES[place])
    written = _UTC_OFFSET.search(after)
    moment = times.moment(f"2000-01-01T00:00{written[1].replace('−', '-').replace('–', '-')}") if written else None
    return moment.tzinfo if moment else None
