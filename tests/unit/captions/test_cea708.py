"""CEA-708: packets, services, windows and codes to text with times, from streams of the tests' own encoder."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.manifest import Origin
from pipeline.captions import cea708, closed
from pipeline.captions.timed import MAX_CHARACTERS, TimedText
from pipeline.errors import CaptionError
from tests import dtvcc


def decoded(*sent: tuple[int, bytes], service: int = 1) -> list[tuple[int, int, str]]:
    """Start, end and text of what one service says."""
    found = cea708.decode("a", dtvcc.triples(sent, service))
    assert set(found) <= {service}
    return [one[:3] for one in found.get(service, ())]


def test_captions_that_pop_on() -> None:
    """Text is written out of sight, shown at once, and ends when its window is hidden, deleted or written anew."""
    assert decoded(
        (500, dtvcc.define(0) + dtvcc.STYLE + b"Good" + dtvcc.move(1, 2) + b"morning,"),
        (1000, dtvcc.display(1)),
        (2500, dtvcc.define(1) + b"everybody."),
        (3000, dtvcc.hide(1) + dtvcc.display(2)),
        (4000, dtvcc.delete()),
        (9000, dtvcc.hide()),
    ) == [(1000, 3000, "Good\nmorning,"), (3000, 4000, "everybody.")]


def test_captions_that_roll_up() -> None:
    """Each line comes once, when the next one pushes it up; the first ones together."""
    assert decoded(
        (0, dtvcc.define(0, rows=2, visible=True) + b"one"),
        (1000, dtvcc.CARRIAGE_RETURN + b"two"),
        (2000, dtvcc.CARRIAGE_RETURN + b"three"),
        (3000, dtvcc.CARRIAGE_RETURN + b"four"),
        (4000, dtvcc.RESET),
    ) == [(0, 2000, "one\ntwo"), (2000, 3000, "three"), (3000, 4000, "four")]


def test_windows_show_hide_toggle_and_clear() -> None:
    """Only what is to be seen counts; hidden text may be shown again; a window may be written over and is kept."""
    assert decoded(
        (0, dtvcc.define(3) + b"x" + dtvcc.toggle(8)),
        (1000, dtvcc.toggle(8)),
        (2000, dtvcc.define(3, visible=True)),
        (3000, dtvcc.clear(8) + b"y"),
        (4000, dtvcc.FORM_FEED + b"never" + dtvcc.CLEAR_ROW + b"zz" + dtvcc.BACKSPACE + dtvcc.END),
    ) == [(0, 1000, "x"), (2000, 3000, "x"), (3000, 4000, "y"), (4000, 8000, "z")]


def test_text_without_a_window_is_not_shown() -> None:
    """So the standard says; what nothing ends lasts for a while."""
    assert decoded((0, b"lost" + dtvcc.define(0, visible=True) + b"kept")) == [(0, 4000, "kept")]
    assert decoded((0, dtvcc.define(0, visible=True) + b"\x81lost\x80kept")) == [(0, 4000, "kept")]


def test_delays() -> None:
    """What follows a delay comes later by so much, unless it is taken back."""
    shown = dtvcc.define(0, visible=True) + b"a"
    assert decoded((1000, dtvcc.delay(15) + shown), (5000, dtvcc.delete())) == [(2500, 5000, "a")]
    assert decoded((1000, dtvcc.delay(99)), (2000, dtvcc.DELAY_CANCEL + shown), (5000, dtvcc.delete())) == [
        (2000, 5000, "a")
    ]


def test_characters() -> None:
    """Latin-1, the second table, two bytes for one character; what is unknown is left out with all that it has."""
    second = b"".join(dtvcc.SECOND + bytes((code,)) for code in (0x25, 0x3C, 0x39, 0x76, 0x41, 0xA0))
    skipped = b"\x11\x41\x10\x05\x10\x0a\x41\x10\x1f\x41\x41\x41\x10\x85AAAA\x10\x8fAAAAA\x10\x91\x03AAA"
    text = "Où ça ? ñ ♪".encode("latin-1", errors="replace")[:-1] + b"\x7f"
    assert decoded(
        (0, dtvcc.define(0, visible=True) + text),
        (0, second),
        (0, skipped),
        (0, b"\x18\xac\x00\x18\xd8\x00!"),
        (1000, dtvcc.delete()),
    ) == [(0, 1000, "Où ça ? ñ ♪…œ™⅛가!")]


def test_services() -> None:
    """Every service has text of its own, the extended ones too."""
    shown = dtvcc.define(0, visible=True)
    pairs = dtvcc.packet(*(dtvcc.block(shown + b"service %d" % number, number) for number in (1, 2, 6, 7, 63)))
    found = cea708.decode("a", [(0, kind, pair) for kind, pair in pairs])
    assert {number: [one.text for one in texts] for number, texts in found.items()} == {
        number: [f"service {number}"] for number in (1, 2, 6, 7, 63)
    }


def test_lost_data() -> None:
    """After a loss in a packet, or a beginning in the middle of one, the next packet is read; whole blocks count."""
    good = dtvcc.triples([(2000, dtvcc.define(0, visible=True) + b"good"), (3000, dtvcc.delete())])
    cut = dtvcc.packet(dtvcc.block(dtvcc.define(1, visible=True) + b"half"), dtvcc.block(b" lost"))
    for broken in (cut[1:], cut[:-2], [(2, b"AB"), (2, b"CD")]):
        found = cea708.decode("a", [*((1000, *one) for one in broken), *good])[1]
        assert [one.text for one in found] in (["good"], ["half", "good"], ["good", "half"])
        assert TimedText(2000, 3000, "good") in found
    assert len(cea708.decode("a", [*((1000, *one) for one in cut[:-2]), *good])[1]) == 2


TRIPLES = st.lists(st.tuples(st.integers(0, 99_999), st.sampled_from((2, 3)), st.binary(min_size=2, max_size=2)))
CODES = st.lists(
    st.sampled_from(
        (
            *(dtvcc.define(number, visible=bool(number % 2)) for number in range(3)),
            *(dtvcc.display(), dtvcc.hide(), dtvcc.toggle(), dtvcc.clear(), dtvcc.delete(), dtvcc.RESET),
            *(dtvcc.CARRIAGE_RETURN, dtvcc.FORM_FEED, dtvcc.BACKSPACE, dtvcc.CLEAR_ROW, dtvcc.delay(255)),
            *(b"A", b"\xe9", dtvcc.move(15, 63), b"\x18\xdc\x00", dtvcc.SECOND, b"\x97", b"\x90"),
        )
    ),
    max_size=60,
)
LETTERS = {" ", "\n", "♪", *(chr(code) for code in (*range(0x20, 0x7F), *range(0xA0, 0x100)))}
"""A command that is cut off by the end of a block may leave parameters to be read as letters."""


@given(TRIPLES)
def test_any_bytes_are_taken(found: list[tuple[int, int, bytes]]) -> None:
    """Whatever comes, there is an answer, and nothing empty in it."""
    for texts in cea708.decode("a", found).values():
        assert all(one.text.strip() for one in texts)


@given(st.lists(CODES, max_size=8))
def test_any_commands_are_taken(sent: list[list[bytes]]) -> None:
    """Commands in any order, cut anywhere: as above, with the letters that were sent and no others."""
    stream = [(1000 * at, b"".join(codes)) for at, codes in enumerate(sent)]
    for texts in cea708.decode("a", dtvcc.triples(stream)).values():
        assert all(one.text.strip() for one in texts)
        assert {letter for one in texts for letter in one.text} <= LETTERS


def test_text_has_a_bound() -> None:
    """Full windows that blink by the thousand are refused before they fill the memory."""
    written = [(0, dtvcc.define(0, rows=15))] + [(0, dtvcc.move(row, 0) + b"A" * 42) for row in range(15)]
    blinking = [(at, dtvcc.toggle() * 14) for at in range(MAX_CHARACTERS // 600 // 7 + 2)]
    with pytest.raises(CaptionError, match="more text"):
        cea708.decode("a", dtvcc.triples(written + blinking))


def printed(of_608: bool, *services: bytes) -> bytes:
    """What the worker prints of a roll-up line of CEA-608 (``Hi!``) and of CEA-708 services."""
    rows = [(100 * at, 0, bytes.fromhex(pair)) for at, pair in enumerate(("9425", "94ad", "9470", "c8e9", "2180"))]
    for number, text in enumerate(services, 1):
        rows += dtvcc.triples([(0, dtvcc.define(0, visible=True) + text)] if text else [], number)
    return "".join(f"{ms} {kind} {pair.hex()}\n" for ms, kind, pair in rows[0 if of_608 else 5 :]).encode()


@pytest.mark.parametrize(
    ("of_608", "services", "expected"),
    [
        (True, (), [(Origin.CEA608, "Hi!")]),
        (False, (b"Hello",), [(Origin.CEA708, "Hello")]),
        (True, (b"hi",), [(Origin.CEA608, "Hi!")]),
        (True, (b"hi all",), [(Origin.CEA708, "hi all")]),
        (True, (b"hi", b"salut"), [(Origin.CEA608, "Hi!"), (Origin.CEA708, "salut")]),
        (False, (b"", b"salut"), [(Origin.CEA708, "salut")]),
        (False, (), []),
    ],
)
def test_which_system_is_taken(of_608: bool, services: tuple[bytes, ...], expected: list[tuple[Origin, str]]) -> None:
    """Where both are there the one with more text is, CEA-608 if they are equal; other services are kept."""
    findings: list[str] = []
    found = closed.read("a", printed(of_608, *services), findings)
    assert [(one.origin, one.texts[0].text) for one in found] == expected
    assert not findings


def test_a_broken_system_does_not_hide_the_other() -> None:
    """Too much text in CEA-708 is a finding, and CEA-608 is taken."""
    written = [(0, dtvcc.define(0, rows=15))] + [(0, dtvcc.move(row, 0) + b"A" * 42) for row in range(15)]
    blinking = [(at, dtvcc.toggle() * 14) for at in range(MAX_CHARACTERS // 600 // 7 + 2)]
    rows = dtvcc.triples(written + blinking)
    findings: list[str] = []
    stdout = printed(True) + "".join(f"{ms} {kind} {pair.hex()}\n" for ms, kind, pair in rows).encode()
    assert [one.origin for one in closed.read("a", stdout, findings)] == [Origin.CEA608]
    assert "more text" in findings[0]
