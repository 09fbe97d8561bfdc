"""Session pages of a static site: each page with a time or a video is a session, each video on it a recording."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePosixPath

from catalog import documents
from catalog.errors import InvalidDocumentError
from catalog.model import Kind, LinkKind
from catalog.programme import markup, names, records, text
from catalog.programme.base import RawLink, RawPerson, RawRecording, RawTalk, Reading, Where
from catalog.programme.jsontree import first, mapping
from catalog.programme.links import link_kind
from catalog.programme.markup import Page, Section, Video

NAME = "session pages"

_ENDINGS = (".md", ".markdown", ".mkd", ".adoc", ".asciidoc")
_LIVE = re.compile(r"\b(?:live|panel|q\s?&\s?a|discussion|debate|round ?table)\b", re.IGNORECASE)
_GENERIC = re.compile(
    r"(?:the )?(?:(?:webinar|session|talk|live) )?(?:video|recording|watch)s?(?: here)?", re.IGNORECASE
)
_LINK = re.compile(r"(?<!!)\[([^\]]{0,300})\]\(<?([^()<>\n\"]{1,1000}?)>?(?:\s\"[^\"]{0,200}\")?\s?\)")
_ASCIIDOC_LINK = re.compile(r"(https?://[^\s\[\]]{1,1000})\[([^\]]{0,300})\]")
_LABEL_HEADING = re.compile(
    r"(?:panel )?(?:facilitator|moderator|presenter|speaker|chair|host|panell?ist)s?", re.IGNORECASE
)


def is_page(name: str) -> bool:
    """Whether a file is a page, by its ending."""
    return name.casefold().endswith(_ENDINGS)


def read(files: Mapping[str, bytes], reading: Reading) -> None:
    """Read a folder of pages; ``_config.yml`` beside them names the site."""
    _site(files, reading)
    taken: dict[str, str] = {}
    pages = [markup.parse(name, content) for name, content in files.items() if is_page(name)]
    # The more specific pages first: what an overview or a translation repeats belongs to them.
    for page in sorted(pages, key=lambda one: (not one.slots, len(one.videos), one.name.count("/"), one.name)):
        reading.name = page.name
        if page.data.get("permalink") == "/" or PurePosixPath(page.name).stem in {"index", "home"}:
            reading.event.title = reading.event.title or first(page.data, "title")
        if page.problem:
            reading.warn(Where(1), f"the front matter was read line by line, since {page.problem}")
        if not page.is_session:
            reading.note(Where(1), "not read as a session: the page shows no video and names no time of its own")
            continue
        if state := _unpublished(page):
            reading.leave_out(Where(1), f"the page is not published: it says {state}")
            continue
        repeated = [video for video in page.videos if video.key in taken]
        if repeated and len(repeated) == len(page.videos) and not page.slots:
            reading.leave_out(Where(1), f"the page shows only videos that {taken[repeated[0].key]!r} has already")
            continue
        reading.add(_Session(page, reading, frozenset(video.key for video in repeated)).talk())
        taken.update({video.key: page.name for video in page.videos if video.key not in taken})


def _unpublished(page: Page) -> str:
    """What keeps a page off its own site: ``draft: true`` (Hugo), ``published: false`` (Jekyll); else empty."""
    for field, hidden in (("draft", "true"), ("published", "false")):
        if str(page.data.get(field, "")).casefold() == hidden:
            return f"{field}: {hidden}"
    return ""


def _site(files: Mapping[str, bytes], reading: Reading) -> None:
    for name, content in sorted(files.items(), key=lambda one: one[0].count("/")):
        if PurePosixPath(name).name not in {"_config.yml", "_config.yaml", "antora.yml", "category.json"}:
            continue
        try:
            data = mapping(documents.parse(name, content).data)
        except InvalidDocumentError as error:
            reading.findings.extend(error.findings)
            continue
        event = reading.event
        event.title = event.title or first(data, "title")
        event.key = event.key or first(data, "title", "name")
        event.abstract = event.abstract or first(data, "description")
        event.base_url = event.base_url or first(data, "url")
        event.language = event.language or first(data, "lang", "locale")
        if text.is_web_address(event.base_url):
            event.links = (RawLink(event.base_url),)


class _Session:
    """Makes the session of one page."""

    def __init__(self, page: Page, reading: Reading, elsewhere: frozenset[str]) -> None:
        self.page = page
        self.reading = reading
        self.elsewhere = elsewhere
        """Videos that a more specific page has already."""

    def talk(self) -> RawTalk:
        """The session with its recordings."""
        page = self.page
        recordings = [one for section in page.sections for one in self._recordings(section)]
        words = [section for section in page.sections if not section.videos]
        title = next((section.heading for section in page.sections if section.heading), "")
        if title and any(section.heading == title and section.videos for section in page.sections):
            title = first(page.data, "title") or title
        start = page.slots[0] if page.slots else None
        if len(page.slots) > 1:
            self.reading.note(Where(1), f"the page names {len(page.slots)} times; the first counts")
        if start and start.start.tzinfo is None:
            self.reading.warn(Where(1), "the time zone of the time is not known", "write (UTC+2) beside the time")
        front = records.talk(page.front, Where(1), self.reading)
        when = (start.start, start.duration) if start else (front.start, front.duration)
        return RawTalk(
            where=Where(1),
            title=title or first(page.data, "title") or PurePosixPath(page.name).stem,
            keys=(PurePosixPath(page.name).stem,),
            type=page.tag or front.type,
            kind=Kind.LIVE if when[0] or not recordings else Kind.PRE_RECORDED,
            start=when[0],
            duration=when[1],
            room=front.room,
            track=front.track,
            language=first(page.data, "lang", "language"),
            abstract="\n\n".join(filter(None, (_prose(section, title) for section in words))),
            people=_credited(words, self.page) or front.people,
            links=(*(link for section in words for link in _links(section.text)), *front.links),
            licence=front.licence,
            do_not_record=front.do_not_record,
            recordings=tuple(recordings),
        )

    def _recordings(self, section: Section) -> list[RawRecording]:
        pieces = section.pieces()
        found: dict[tuple[str, str], RawRecording] = {}
        for index, video in enumerate(section.videos):
            where = Where(section.line, video.key)
            if video.key in self.elsewhere:
                self.reading.note(where, f"the video {video.source} is a recording of another page already")
                continue
            after = pieces[index + 1]
            around = f"{pieces[0]}\n{after}" if len(section.videos) == 1 else after
            recording = self._recording(section, video, around, alone=len(section.videos) == 1)
            if (video.key, recording.title) in found:
                self.reading.note(where, f"the video {video.source} is embedded twice")
                continue
            found[video.key, recording.title] = recording
        return list(found.values())

    def _recording(self, section: Section, video: Video, around: str, *, alone: bool) -> RawRecording:
        lines = _paragraphs(around)
        heading = "" if _GENERIC.fullmatch(section.heading) else section.heading
        title = heading if alone else ""
        if not title:
            following = next((line for line in lines if not _is_credit(line) and len(line) <= 200), "")
            title = (
                ("" if alone else markup.plain(following)) or video.title or first(self.page.data, "title") or heading
            )
        credit_lines = _credit_lines(lines)
        people = [person for line in credit_lines for person in names.credited(line)]
        if not people and alone and lines and len(lines[0]) <= 200:
            people = names.people_in(markup.plain(lines[0]))
        presented = any(names.says_presentation(line) for line in credit_lines) or not self.page.slots
        live = _LIVE.search(f"{section.above} {title}") is not None or not presented
        return RawRecording(
            key=video.key,
            title=title,
            source=video.source,
            kind=Kind.LIVE if live else Kind.PRE_RECORDED,
            people=tuple(people),
            abstract=_without_credits(around, title),
            links=tuple(_links(around)),
        )


def _credited(sections: list[Section], page: Page) -> tuple[RawPerson, ...]:
    """The people named at the top of a page, or under a heading such as ``Facilitators``."""
    people: list[RawPerson] = []
    for section in page.sections:
        if _LABEL_HEADING.fullmatch(section.heading) and not section.videos:
            listing = next(iter(_paragraphs(section.text)), "")
            people += names.credited(f"{section.heading.split()[-1]}: {markup.plain(listing)}")
    for section in sections:
        people += [person for line in _credit_lines(_paragraphs(section.text)) for person in names.credited(line)]
    unique = {person.name: person for person in reversed(people)}
    return tuple(reversed(unique.values()))


def _credit_lines(paragraphs: list[str]) -> list[str]:
    """Lines that name people, plain; the items of a list below ``Presenters:`` are such lines."""
    found: list[str] = []
    label = ""
    for paragraph in paragraphs:
        line = markup.plain(_LINK.sub("", paragraph))
        item = re.match(r"[-+*]\s+(.*)", paragraph)
        if label and item:
            found.append(f"{label} {markup.plain(item[1])}")
            continue
        label = line if names.is_label(line) else ""
        if not label and _is_credit(paragraph):
            found.append(line)
    return found


def _paragraphs(written: str) -> list[str]:
    """Paragraphs, each as one line; an emphasised line, a quotation and a list item are paragraphs of their own."""
    lines = _lines(written)
    return [" ".join(lines[number].strip() for number in span) for span in _spans(lines)]


def _lines(written: str) -> list[str]:
    """Lines of a section without what only concerns its looks: time block, pictures, attributes, rules."""
    body = re.sub(r"<div class=\"intro-block\">.*?</div>|<figure.*?</figure>", "\n\n", written, flags=re.DOTALL)
    body = re.sub(r"(?m)^[ \t]*(?:\{:[^}\n]*\}|-{3,}|\*{3,}|={4,}|\++|&nbsp;)[ \t]*$", "", body)
    return re.sub(r"\x00\d+\x00", "\n\n", body).split("\n")


def _spans(lines: list[str]) -> list[list[int]]:
    """The numbers of the lines of every paragraph."""
    spans: list[list[int]] = [[]]
    emphasis = False
    for number, line in enumerate(lines):
        stripped = line.strip()
        item = stripped.startswith(("*", "-", "+", ">", "<"))
        previous = lines[spans[-1][-1]].strip() if spans[-1] else ""
        if not stripped or (not emphasis and (item or previous.endswith("*"))):
            spans.append([])
            emphasis = False
        if stripped:
            spans[-1].append(number)
            opens = re.match(r"\*(?![*\s])", stripped) is not None
            emphasis = (emphasis or opens) and not stripped.endswith("*")
    return [span for span in spans if span]


def _prose(section: Section, title: str) -> str:
    """The text of a section for an abstract, credits left out; its heading kept unless it is the title."""
    words = "" if _LABEL_HEADING.fullmatch(section.heading) else _without_credits(section.text, title)
    heading = f"### {section.heading}\n\n" if section.heading and section.heading != title and words else ""
    return f"{heading}{words}" if words else ""


def _without_credits(written: str, title: str) -> str:
    """Markdown of a text without the lines that name people, and without a line that only repeats the title."""
    lines = _lines(written)
    for span in _spans(lines):
        paragraph = " ".join(lines[number].strip() for number in span)
        if _is_credit(paragraph) or markup.plain(paragraph) == title:
            for number in span:
                lines[number] = ""
    return text.markdown(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)))


def _is_credit(paragraph: str) -> bool:
    """Whether a paragraph says who is there: it begins with a label, or is emphasised and has a label or names."""
    if len(paragraph) > 500:
        return False
    plain = markup.plain(_LINK.sub("", paragraph))
    if re.match(r"[*_](?![*_ ]).*[*_]\s*\Z", paragraph, re.DOTALL):
        return names.is_credit(plain) or bool(names.credited(plain))
    return names.begins_with_label(plain)


def _links(written: str) -> list[RawLink]:
    """The links of a text with what they lead to; those to times are left away."""
    pairs = [(match[2], match[1]) for match in _LINK.finditer(written)]
    pairs += [(match[1], match[2].rstrip("^")) for match in _ASCIIDOC_LINK.finditer(written)]
    found = []
    for address, title in pairs:
        if "timeanddate.com" in address or address.startswith(("#", "mailto:")):
            continue
        shown = markup.plain(title)
        kind = link_kind("", f"{shown} {address}", default=LinkKind.PAGE)
        found.append(RawLink(address.strip().replace(" ", "%20"), kind, shown))
    return found
