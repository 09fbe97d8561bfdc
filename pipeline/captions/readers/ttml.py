"""TTML and its relatives: DFXP, IMSC, SMPTE-TT, EBU-TT-D.

Source: https://www.w3.org/TR/ttml2/ (timing: sections 12.2 and 12.3). Entities and document types are refused by
defusedxml, so entity bombs end at the first declaration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pipeline.captions.timed import TimedText, Track, bounded
from pipeline.errors import CaptionError

_XML_LANG = "{http://www.w3.org/XML/1998/namespace}lang"
_XML_ID = "{http://www.w3.org/XML/1998/namespace}id"
_XML_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_DECLARATION = re.compile(r"\A\s*<\?xml[^>]*\?>")
_ROOT = re.compile(r"<(?:[A-Za-z_][\w.-]*:)?tt[\s>]")
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{1,2})(?:\.(\d{1,9})|:(\d{1,3})(?:\.(\d{1,3}))?)?\Z")
_OFFSET = re.compile(r"(\d{1,12}(?:\.\d{1,9})?)(h|m|s|ms|f|t|)\Z")
# Beyond the specification, Apple writes M:SS.fff and bare seconds.
_MAX_DEPTH = 60
_UNITS_MS = {
    "h": Fraction(3_600_000),
    "m": Fraction(60_000),
    "s": Fraction(1000),
    "": Fraction(1000),
    "ms": Fraction(1),
}


@dataclass(frozen=True)
class _Rates:
    frame_ms: Fraction
    tick_ms: Fraction
    sub_frames: int


@dataclass(frozen=True)
class _Context:
    """What an element inherits from those around it."""

    start_ms: int
    end_ms: int | None
    language: str
    speaker: str
    keep_space: bool
    depth: int = 0


def matches(text: str) -> bool:
    """Whether the root element is ``tt`` in any namespace."""
    return bool(_ROOT.search(text[:4096]))


def read(name: str, text: str) -> tuple[Track, ...]:
    """Read timed text in XML: one track per language of its texts.

    Raises:
        CaptionError: not well-formed, with entities or a document type, too deep or too large.
    """
    try:
        root = fromstring(_DECLARATION.sub("", text), forbid_dtd=True)
    except DefusedXmlException as error:
        raise CaptionError(name, "XML with a document type or entities is refused", context=str(error)) from error
    except (ParseError, ValueError) as error:
        raise CaptionError(name, f"this is not well-formed XML: {error}") from error
    if _tag(root) != "tt":
        raise CaptionError(name, f"this is XML, but not timed text: its root element is {_tag(root)!r}")
    reader = _Reader(name, root)
    by_language: dict[str, list[TimedText]] = {}
    for language, timed in reader.texts():
        by_language.setdefault(language, []).append(timed)
    return tuple(
        Track(bounded(name, texts), language or None, findings=tuple(reader.notes.values()))
        for language, texts in by_language.items()
    ) or (Track((), findings=tuple(reader.notes.values())),)


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _attribute(element: Element, name: str) -> str | None:
    """The attribute of that local name in any namespace: drafts and profiles differ in theirs."""
    for key, value in element.attrib.items():
        if key == name or key.endswith(f"}}{name}"):
            return str(value)
    return None


class _Reader:
    """One document being read."""

    def __init__(self, name: str, root: Element) -> None:
        self.name = name
        self.root = root
        self.notes: dict[str, str] = {}
        self.rates = _rates(root)
        self.agents = _agents(root)
        self.ruby_styles = {
            element.get(_XML_ID, ""): ruby
            for element in root.iter()
            if _tag(element) == "style" and (ruby := _attribute(element, "ruby"))
        }

    def texts(self) -> Iterator[tuple[str, TimedText]]:
        """Every timed text with its language."""
        keep = self.root.get(_XML_SPACE) == "preserve"
        context = _Context(0, None, self.root.get(_XML_LANG) or "", "", keep)
        for body in self.root:
            if _tag(body) == "body":
                yield from self._block(body, context)

    def _block(self, element: Element, outer: _Context) -> Iterator[tuple[str, TimedText]]:
        context = self._enter(element, outer)
        sequential = element.get("timeContainer") == "seq"
        for child in element:
            tag = _tag(child)
            if tag == "image":
                self._note("pictures instead of text were left out")
            if tag == "p":
                yield from self._paragraph(child, context)
            elif tag in {"div", "body"}:
                yield from self._block(child, context)
            if sequential and tag in {"div", "p"}:
                end = self._enter(child, context).end_ms
                context = context if end is None else replace(context, start_ms=end)

    def _paragraph(self, element: Element, outer: _Context) -> Iterator[tuple[str, TimedText]]:
        context = self._enter(element, outer)
        timed: list[_Context] = []
        text = "".join(self._spans(element, context, timed))
        if timed:  # its spans are timed one by one: from the first to the last
            ends = [one.end_ms for one in timed if one.end_ms is not None]
            context = replace(
                context, start_ms=min(one.start_ms for one in timed), end_ms=max(ends) if ends else context.end_ms
            )
        yield from self._emit(context, text)

    def _emit(self, context: _Context, raw: str) -> Iterator[tuple[str, TimedText]]:
        text = raw if context.keep_space else "\n".join(" ".join(line.split()) for line in raw.split("\v"))
        text = text.replace("\v", "\n").strip()
        if not text:
            return
        if context.end_ms is None:
            self._note("texts without an end end when they have been read")
        yield context.language, TimedText(context.start_ms, context.end_ms or context.start_ms, text, context.speaker)

    def _spans(self, element: Element, context: _Context, timed: list[_Context]) -> Iterator[str]:
        r"""The texts of a paragraph, ``\v`` for a line break; adds contexts of their own to ``timed``."""
        yield element.text or ""
        for child in element:
            tag = _tag(child)
            if tag == "br":
                yield "\v"
            elif tag == "span" and (ruby := self._ruby(child)) != "delimiter":
                inner = self._enter(child, context)
                if any(child.get(key) for key in ("begin", "end", "dur")):
                    timed.append(inner)
                text = "".join(self._spans(child, inner, timed))
                yield f"({text.strip()})" if ruby == "text" else text
            yield child.tail or ""

    def _note(self, kind: str, example: str = "") -> None:
        """Keep one finding of each kind, with the first example."""
        self.notes.setdefault(kind, kind + example)

    def _ruby(self, element: Element) -> str | None:
        if own := _attribute(element, "ruby"):
            return own
        return next(
            (self.ruby_styles[ref] for ref in (element.get("style") or "").split() if ref in self.ruby_styles), None
        )

    def _enter(self, element: Element, outer: _Context) -> _Context:
        if outer.depth >= _MAX_DEPTH:
            raise CaptionError(self.name, f"elements are nested deeper than {_MAX_DEPTH}")
        begin, end, duration = (self._time(element.get(key)) for key in ("begin", "end", "dur"))
        start = outer.start_ms + (begin or 0)
        ends = [
            outer.end_ms,
            None if end is None else outer.start_ms + end,
            None if duration is None else start + duration,
        ]
        agent = " ".join(self.agents.get(ref, "") for ref in (_attribute(element, "agent") or "").split()).strip()
        space = element.get(_XML_SPACE)
        return _Context(
            start,
            min((one for one in ends if one is not None), default=None),
            element.get(_XML_LANG) or outer.language,
            agent or outer.speaker,
            outer.keep_space if space is None else space == "preserve",
            outer.depth + 1,
        )

    def _time(self, value: str | None) -> int | None:
        if value is None:
            return None
        milliseconds = _parse_time(value.strip(), self.rates)
        if milliseconds is None:
            self._note("times that cannot be read were left out", f", the first is {value[:40]!r}")
        return milliseconds


def _rates(root: Element) -> _Rates:
    """Frame and tick lengths by the root's parameters (TTML2 section 7.2)."""

    def number(name: str) -> int | None:
        value = _attribute(root, name) or ""
        return int(value) if value.isdigit() and int(value[:12]) > 0 else None

    frame_rate = Fraction(number("frameRate") or 30)
    multiplier = [int(part) for part in re.findall(r"\d{1,9}", _attribute(root, "frameRateMultiplier") or "")]
    if len(multiplier) == 2 and all(multiplier):
        frame_rate *= Fraction(multiplier[0], multiplier[1])
    sub_frames = number("subFrameRate") or 1
    ticks = number("tickRate") or (frame_rate * sub_frames if _attribute(root, "frameRate") else 1)
    return _Rates(1000 / frame_rate, Fraction(1000) / ticks, sub_frames)


def _parse_time(value: str, rates: _Rates) -> int | None:
    """A time expression in milliseconds, rounded; ``None`` when it is none."""
    if match := _CLOCK.match(value):
        hours, minutes, seconds, fraction, frames, sub_frames = match.groups()
        time = Fraction(((int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)) * 1000)
        if fraction:
            time += Fraction(int(fraction) * 1000, 10 ** len(fraction))
        time += int(frames or 0) * rates.frame_ms + Fraction(int(sub_frames or 0), rates.sub_frames) * rates.frame_ms
        return round(time)
    if match := _OFFSET.match(value):
        unit = {**_UNITS_MS, "f": rates.frame_ms, "t": rates.tick_ms}[match[2]]
        return round(Fraction(match[1]) * unit)
    return None


def _agents(root: Element) -> dict[str, str]:
    """Names of ``ttm:agent`` elements by id."""
    names = {}
    for agent in root.iter():
        if _tag(agent) == "agent":
            name = next((" ".join((one.text or "").split()) for one in agent if _tag(one) == "name"), "")
            names[agent.get(_XML_ID, "")] = name
    return names
