"""CEA-708 captions (digital television): the bytes of ``cc_data`` with times to text, per service. Pure.

Source: ANSI/CTA-708-E S-2023 (packets: section 5; services: 6; codes and windows: 7 and 8);
https://en.wikipedia.org/wiki/CTA-708. Colours, fonts, fades and the place of windows are not kept.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from pipeline.captions.screen import Row
from pipeline.captions.timed import MAX_CHARACTERS, TimedText
from pipeline.errors import CaptionError

DATA, START = 2, 3
"""Types of ``cc_data``: more of a packet, and the first two bytes of one."""
_LAST_LASTS_MS = 4000
"""How long a caption lasts that nothing ends."""
_MOST_COLUMNS = 128
"""Windows have at most 42; what goes on beyond is kept, within reason."""
_LEAST_SIZE = 20
"""A text counts as that many characters more, so that the number of texts has a bound too."""
_MORE_SERVICES = 7
_SECOND_TABLES = 0x10
_G2 = dict(
    zip(
        bytes.fromhex("20 21 25 2a 2c 30 31 32 33 34 35 39 3a 3c 3d 3f 76 77 78 79 7a 7b 7c 7d 7e 7f"),
        " \u00a0…ŠŒ█‘’“”•™šœ℠Ÿ⅛⅜⅝⅞│┐└─┘┌",
        strict=True,
    )
)
_SECOND_LENGTHS = ((0x08, 0), (0x10, 1), (0x18, 2), (0x20, 3), (0x80, 0), (0x88, 4), (0x90, 5))
"""Below which code of the second tables -> bytes that follow."""
_BACKSPACE, _FORM_FEED, _CARRIAGE_RETURN, _CLEAR_ROW, _TWO_BYTES = 0x08, 0x0C, 0x0D, 0x0E, 0x18
_CLEAR, _DISPLAY, _HIDE, _TOGGLE, _DELETE, _DELAY, _DELAY_CANCEL, _RESET = range(0x88, 0x90)
_OF_WINDOWS = frozenset({_CLEAR, _DISPLAY, _HIDE, _TOGGLE, _DELETE})
"""Commands followed by a bit for each window."""
_PEN_LOCATION, _DEFINE = 0x92, 0x98
_PARAMETERS = {
    **dict.fromkeys((*_OF_WINDOWS, _DELAY), 1),
    0x90: 2,
    0x91: 3,
    _PEN_LOCATION: 2,
    0x97: 4,
    **dict.fromkeys(range(_DEFINE, 0xA0), 6),
}
"""Bytes that follow a command of C1; none where it is not here."""


@dataclass
class _Window:
    """A window: its text, the pen, and whether it is to be seen."""

    is_visible: bool = False
    last_row: int = 0
    rows: dict[int, Row] = field(default_factory=dict)
    row: int = 0
    column: int = 0

    def put(self, now_ms: int, character: str) -> None:
        self.rows.setdefault(self.row, Row(now_ms)).cells[self.column] = character
        self.column = min(_MOST_COLUMNS - 1, self.column + 1)

    def move(self, row: int, column: int) -> None:
        self.row, self.column = row, column

    def back(self) -> None:
        self.column = max(0, self.column - 1)
        if row := self.rows.get(self.row):
            row.cells.pop(self.column, None)

    def show(self, now_ms: int) -> None:
        if not self.is_visible:
            self.is_visible = True
            for row in self.rows.values():
                row.start_ms = now_ms

    def seen(self, end_ms: int) -> TimedText | None:
        """What was to be seen until ``end_ms``."""
        rows = [self.rows[number] for number in sorted(self.rows)]
        text = "\n".join(row.text for row in rows if row.text)
        if not self.is_visible or not text:
            return None
        return TimedText(min(row.start_ms for row in rows if row.text), end_ms, text)


class _Service:
    """The state of one caption service: English, say, or simple Spanish."""

    def __init__(self) -> None:
        self.texts: list[TimedText] = []
        self.windows: dict[int, _Window] = {}
        self.current = 0
        self.now_ms = 0
        self.delayed_until_ms = 0

    def take(self, time_ms: int, data: bytes) -> None:
        """Take the codes of one service block; one that is cut off is left out."""
        at = 0
        while at < len(data):
            # A delay holds back everything that comes after it: as if it came later.
            self.now_ms = max(time_ms, self.delayed_until_ms)
            length = _length(data, at)
            if at + length <= len(data):
                self._code(data[at], data[at + 1 : at + length])
            at += length

    def finish(self, end_ms: int) -> None:
        """End what is still to be seen."""
        self.now_ms = end_ms
        for window in self.windows.values():
            self._give(window)

    def _code(self, code: int, following: bytes) -> None:
        if 0x80 <= code < 0xA0:
            self._command(code, following)
        elif window := self.windows.get(self.current):
            if character := _character(code, following):
                window.put(self.now_ms, character)
            elif code < 0x20:
                self._control(code, window)

    def _control(self, code: int, window: _Window) -> None:
        if code == _BACKSPACE:
            window.back()
        elif code == _FORM_FEED:
            self._clear(window)
            window.move(0, 0)
        elif code == _CLEAR_ROW:
            window.rows.pop(window.row, None)
            window.move(window.row, 0)
        elif code == _CARRIAGE_RETURN:
            if window.row >= window.last_row:
                self._clear(window)  # it rolls up; what has been given once is not given again
            window.move(min(window.row + 1, window.last_row), 0)

    def _command(self, code: int, following: bytes) -> None:
        if code < _CLEAR:
            self.current = code & 7
        elif code >= _DEFINE:
            self._define(code & 7, following)
        elif code in _OF_WINDOWS:
            for number in [one for one in self.windows if following[0] >> one & 1]:
                self._of_window(code, number)
        elif code == _DELAY:
            self.delayed_until_ms = self.now_ms + 100 * following[0]
        elif code in {_DELAY_CANCEL, _RESET}:
            self.delayed_until_ms = 0
            for number in [*self.windows] if code == _RESET else []:
                self._of_window(_DELETE, number)
        elif code == _PEN_LOCATION and self.current in self.windows:
            self.windows[self.current].move(following[0] & 0x0F, following[1] & 0x3F)

    def _define(self, number: int, following: bytes) -> None:
        """Make a window, or change one: its text and pen stay."""
        window = self.windows.setdefault(number, _Window())
        window.last_row = following[3] & 0x0F
        self.current = number
        self._of_window(_DISPLAY if following[0] & 0x20 else _HIDE, number)

    def _of_window(self, code: int, number: int) -> None:
        window = self.windows[number]
        if code == _DISPLAY or (code == _TOGGLE and not window.is_visible):
            window.show(self.now_ms)
        elif code in {_HIDE, _TOGGLE}:  # hidden text may be shown again
            self._give(window)
            window.is_visible = False
        else:
            self._clear(window)
            if code == _DELETE:
                del self.windows[number]

    def _clear(self, window: _Window) -> None:
        self._give(window)
        window.rows = {}

    def _give(self, window: _Window) -> None:
        if text := window.seen(self.now_ms):
            self.texts.append(text)


def _length(data: bytes, at: int) -> int:
    """How many bytes the code at ``at`` has with all that belongs to it."""
    code = data[at]
    if code == _SECOND_TABLES:
        after = data[at + 1 : at + 3]
        if after and 0x90 <= after[0] < 0xA0:  # of variable length, which the next byte tells
            return 3 + (after[1] & 0x1F if len(after) > 1 else 0)
        return 2 + (next((more for below, more in _SECOND_LENGTHS if after[0] < below), 0) if after else 0)
    if code < 0x20:
        return 1 if code < 0x10 else 2 if code < 0x18 else 3
    return 1 + _PARAMETERS.get(code, 0)


def _character(code: int, following: bytes) -> str:
    """The character that a code stands for; empty for all others."""
    if code == _SECOND_TABLES:
        return _G2.get(following[0], "")
    if code == _TWO_BYTES:
        return following.decode("utf-16-be", errors="ignore")
    if code < 0x20:
        return ""
    return "♪" if code == 0x7F else chr(code)


def _packets(triples: Iterable[tuple[int, int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """Time of the end, and content without the header, of every packet.

    Numbers of sequence are not looked at, as some encoders do not count. What begins in the middle is left out; of a
    packet whose end is lost the whole blocks count.
    """
    packet, length, last_ms = bytearray(), 0, 0
    for time_ms, kind, pair in triples:
        if kind == START:
            if packet:
                yield last_ms, bytes(packet[1:])
            packet, length = bytearray(), (pair[0] & 0x3F or 64) * 2
        if kind == START or packet:
            packet += pair
            last_ms = time_ms
        if packet and len(packet) >= length:
            yield last_ms, bytes(packet[1:length])
            packet = bytearray()
    if packet:
        yield last_ms, bytes(packet[1:])


def _blocks(packet: bytes) -> Iterator[tuple[int, bytes]]:
    """Number of the service, and codes, of every whole block of a packet."""
    at = 0
    while at < len(packet) and (number := packet[at] >> 5):
        size = packet[at] & 0x1F
        at += 1
        if number == _MORE_SERVICES and size:
            number = packet[at] & 0x3F if at < len(packet) else 0
            at += 1
        if at + size <= len(packet) and number:
            yield number, packet[at : at + size]
        at += size


def decode(name: str, triples: Iterable[tuple[int, int, bytes]]) -> dict[int, tuple[TimedText, ...]]:
    """Texts of every service that has any, by its number: 1 is the language spoken; rolled lines come once each.

    Args:
        name: for messages.
        triples: time in ms, type (``START`` or ``DATA``) and two bytes, in order of time.

    Raises:
        CaptionError: more text than any real recording has.
    """
    services: dict[int, _Service] = {}
    size = last_ms = 0
    for time_ms, packet in _packets(triples):
        last_ms = time_ms
        for number, data in _blocks(packet):
            service = services.setdefault(number, _Service())
            before = len(service.texts)
            service.take(time_ms, data)
            size += sum(_LEAST_SIZE + len(one.text) for one in service.texts[before:])
            if size > MAX_CHARACTERS:
                raise CaptionError(name, f"there is more text than {MAX_CHARACTERS} characters")
    for service in services.values():
        service.finish(last_ms + _LAST_LASTS_MS)
    return {number: tuple(service.texts) for number, service in sorted(services.items()) if service.texts}
