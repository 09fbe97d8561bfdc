"""CEA-708 captions as an encoder sends them, for tests: codes to service blocks, packets and ``cc_data``.

Source: ANSI/CTA-708-E, sections 5 to 8.
"""

from __future__ import annotations

from collections.abc import Iterable

_START, _DATA = 3, 2
ALL = 0xFF


def define(number: int, *, rows: int = 2, columns: int = 32, visible: bool = False) -> bytes:
    """DefineWindow, which makes it the current one too."""
    return bytes((0x98 + number, 0x20 if visible else 0, 0, 0, rows - 1, columns - 1, 0x11))


def clear(windows: int = ALL) -> bytes:
    """ClearWindows; like the next ones with a bit for each window."""
    return bytes((0x88, windows))


def display(windows: int = ALL) -> bytes:
    """DisplayWindows."""
    return bytes((0x89, windows))


def hide(windows: int = ALL) -> bytes:
    """HideWindows."""
    return bytes((0x8A, windows))


def toggle(windows: int = ALL) -> bytes:
    """ToggleWindows."""
    return bytes((0x8B, windows))


def delete(windows: int = ALL) -> bytes:
    """DeleteWindows."""
    return bytes((0x8C, windows))


def delay(tenths: int) -> bytes:
    """Delay, in tenths of a second."""
    return bytes((0x8D, tenths))


def move(row: int, column: int) -> bytes:
    """SetPenLocation."""
    return bytes((0x92, row, column))


DELAY_CANCEL, RESET = b"\x8e", b"\x8f"
STYLE = b"\x90\x05\x00\x91\x3f\x00\x00\x97\x00\x00\x00\x00"
"""SetPenAttributes, SetPenColor and SetWindowAttributes."""
BACKSPACE, FORM_FEED, CARRIAGE_RETURN, CLEAR_ROW, END = b"\x08", b"\x0c", b"\r", b"\x0e", b"\x03"
SECOND = b"\x10"
"""EXT1: the next code is of the second tables."""


def block(codes: bytes, service: int = 1) -> bytes:
    """A service block of at most 31 bytes."""
    assert len(codes) < 32
    head = bytes((service << 5 | len(codes),)) if service < 7 else bytes((7 << 5 | len(codes), service))
    return head + codes


def packet(*blocks: bytes, number: int = 0) -> list[tuple[int, bytes]]:
    """Types and pairs of one packet."""
    content = b"".join(blocks)
    size = len(content) // 2 + 1  # two bytes each, the header included
    assert size <= 64
    data = bytes((number % 4 << 6 | size % 64,)) + content.ljust(2 * size - 1, b"\0")
    return [(_DATA if at else _START, data[at : at + 2]) for at in range(0, len(data), 2)]


def triples(sent: Iterable[tuple[int, bytes]], service: int = 1) -> list[tuple[int, int, bytes]]:
    """What is sent at which ms, in as many blocks and packets as that takes."""
    found = []
    for number, (time_ms, codes) in enumerate(sent):
        for at in range(0, len(codes), 31) or [0]:
            pairs = packet(block(codes[at : at + 31], service), number=number)
            found += [(time_ms, kind, pair) for kind, pair in pairs]
    return found


def user_data(pairs: Iterable[tuple[int, bytes]]) -> bytes:
    """``cc_data`` of a picture as ATSC A/53 user data: at most 31 pairs, all valid."""
    coded = b"".join(bytes((0xFC | kind,)) + pair for kind, pair in pairs)
    assert len(coded) <= 93
    return b"GA94\x03" + bytes((0x40 | len(coded) // 3, 0xFF)) + coded + b"\xff"
