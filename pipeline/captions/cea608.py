"""CEA-608 captions ("line 21"): byte pairs with times to text. Pure; for SCC files and for captions inside video.

Source: ANSI/CTA-608-E; https://en.wikipedia.org/wiki/EIA-608. Only the first caption channel (CC1) is read.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum, auto

from pipeline.captions.screen import Row
from pipeline.captions.timed import TimedText

_BASIC = {0x2A: "á", 0x5C: "é", 0x5E: "í", 0x5F: "ó", 0x60: "ú", 0x7B: "ç", 0x7C: "÷", 0x7D: "Ñ", 0x7E: "ñ", 0x7F: "█"}
_SPECIAL = "®°½¿™¢£♪à\u00a0èâêîôû"
_EXTENDED = {
    0x12: "ÁÉÓÚÜü‘¡*’—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»",
    0x13: "ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤│ÅåØø┌┐└┘",
}
_ROWS = {
    0x10: (11, 11),
    0x11: (1, 2),
    0x12: (3, 4),
    0x13: (12, 13),
    0x14: (14, 15),
    0x15: (5, 6),
    0x16: (7, 8),
    0x17: (9, 10),
}
_LAST_ROW, _LAST_COLUMN = 15, 31
_LAST_LASTS_MS = 4000
"""How long a caption lasts that nothing ends."""
_RESUME_LOADING, _BACKSPACE, _DELETE_TO_END = 0x20, 0x21, 0x24
_ROLL_UP = {0x25, 0x26, 0x27}
_RESUME_DIRECT, _TEXT_RESTART, _RESUME_TEXT = 0x29, 0x2A, 0x2B
_ERASE_DISPLAYED, _CARRIAGE_RETURN, _ERASE_HIDDEN, _END_OF_CAPTION = 0x2C, 0x2D, 0x2E, 0x2F


class _Mode(Enum):
    POP_ON = auto()
    ROLL_UP = auto()
    PAINT_ON = auto()
    TEXT = auto()
    """Not captions; ignored."""


_MODES = {
    _RESUME_LOADING: _Mode.POP_ON,
    _RESUME_DIRECT: _Mode.PAINT_ON,
    _TEXT_RESTART: _Mode.TEXT,
    _RESUME_TEXT: _Mode.TEXT,
}


class _Decoder:
    """The state of one caption channel."""

    def __init__(self) -> None:
        self.texts: list[TimedText] = []
        self.mode: _Mode | None = None
        self.shown: dict[int, Row] = {}
        self.hidden: dict[int, Row] = {}
        self.shown_since_ms = 0
        self.row, self.column = _LAST_ROW, 0
        self.last_control: tuple[int, int] | None = None
        self.is_first_channel = True

    def pair(self, time_ms: int, first: int, second: int) -> None:
        """Take one byte pair, parity bits removed."""
        if 0x10 <= first <= 0x1F and second >= 0x20:
            if (first, second) == self.last_control:
                self.last_control = None  # control pairs are sent twice
                return
            self.last_control = (first, second)
            self.is_first_channel = first < 0x18
            if self.is_first_channel:
                self._control(time_ms, first, second)
            return
        self.last_control = None if first or second else self.last_control
        if self.is_first_channel:
            for code in (first, second):
                if code >= 0x20:
                    self._put(time_ms, _BASIC.get(code, chr(code)))

    def _control(self, time_ms: int, first: int, second: int) -> None:
        if second >= 0x40:
            self._address(time_ms, _ROWS[first][second >> 5 & 1], (second & 0x0E) * 2 if second & 0x10 else 0)
        elif first == 0x11:
            self._put(time_ms, _SPECIAL[second - 0x30] if second >= 0x30 else " ")
        elif first in _EXTENDED:
            self.column = max(0, self.column - 1)  # it replaces the plain character sent before it
            self._put(time_ms, _EXTENDED[first][second - 0x20])
        elif first == 0x17 and 0x21 <= second <= 0x23:
            self.column = min(_LAST_COLUMN, self.column + second - 0x20)
        elif first in {0x14, 0x15}:
            self._command(time_ms, second)

    def _command(self, time_ms: int, code: int) -> None:
        if code in _ROLL_UP:
            self._begin_roll_up(time_ms)
        elif code in _MODES:
            self.mode = _MODES[code]
        elif code == _ERASE_DISPLAYED:
            self._erase_shown(time_ms)
        elif code == _CARRIAGE_RETURN and self.mode is _Mode.ROLL_UP:
            self._erase_shown(time_ms)  # a line that rolls up has been given once and is not given again
            self.column = 0
        elif code == _ERASE_HIDDEN:
            self.hidden = {}
        elif code == _END_OF_CAPTION:
            self._flip(time_ms)
        elif code in {_BACKSPACE, _DELETE_TO_END}:
            self._delete(code)

    def _begin_roll_up(self, time_ms: int) -> None:
        if self.mode is not _Mode.ROLL_UP:
            self._erase_shown(time_ms)
            self.hidden, self.row = {}, _LAST_ROW
        self.mode, self.column = _Mode.ROLL_UP, 0

    def _delete(self, code: int) -> None:
        memory = self._memory()
        if memory is None or self.row not in memory:
            return
        cells = memory[self.row].cells
        if code == _BACKSPACE:
            self.column = max(0, self.column - 1)
        doomed = [self.column] if code == _BACKSPACE else [one for one in cells if one >= self.column]
        for column in doomed:
            cells.pop(column, None)

    def _memory(self) -> dict[int, Row] | None:
        if self.mode is _Mode.POP_ON:
            return self.hidden
        return self.shown if self.mode in {_Mode.ROLL_UP, _Mode.PAINT_ON} else None

    def _address(self, time_ms: int, row: int, column: int) -> None:
        if self.mode is _Mode.ROLL_UP and row != self.row and self.row in self.shown:
            self.shown[row] = self.shown.pop(self.row)
        visible = self.shown.get(row) if self.mode in {_Mode.ROLL_UP, _Mode.PAINT_ON} else None
        if visible and column <= min(visible.cells, default=0):
            self._give(time_ms, [self.shown.pop(row)])  # it is about to be written over
        self.row, self.column = row, column

    def _put(self, time_ms: int, character: str) -> None:
        memory = self._memory()
        if memory is None:
            return
        row = memory.setdefault(self.row, Row(time_ms))
        row.cells[self.column] = character
        self.column = min(_LAST_COLUMN, self.column + 1)

    def _flip(self, time_ms: int) -> None:
        """Show what was loaded; what was shown is loaded now, and stays out of sight."""
        before = self.shown
        self._erase_shown(time_ms)
        self.shown, self.hidden = self.hidden, before
        for row in self.shown.values():
            row.start_ms = time_ms
        self.mode = _Mode.POP_ON

    def _erase_shown(self, time_ms: int) -> None:
        self._give(time_ms, [self.shown[number] for number in sorted(self.shown)])
        self.shown = {}

    def _give(self, end_ms: int, rows: list[Row]) -> None:
        text = "\n".join(row.text for row in rows if row.text)
        if text:
            self.texts.append(TimedText(min(row.start_ms for row in rows), end_ms, text))

    def finish(self, end_ms: int) -> list[TimedText]:
        """Give what is still shown, as ending at ``end_ms``."""
        self._erase_shown(end_ms)
        return self.texts


def decode(pairs: Iterable[tuple[int, int, int]]) -> list[TimedText]:
    """Texts of the first caption channel; roll-up lines come once each.

    Args:
        pairs: time in ms, first byte, second byte, in order of time; parity bits may be set.
    """
    decoder = _Decoder()
    last_ms = 0
    for time_ms, first, second in pairs:
        decoder.pair(time_ms, first & 0x7F, second & 0x7F)
        last_ms = time_ms
    return decoder.finish(last_ms + _LAST_LASTS_MS)
