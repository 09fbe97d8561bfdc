"""Closed captions inside the picture, which television sends as CEA-608, as CEA-708, or as both. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from catalog.manifest import Origin
from pipeline.captions import cea608, cea708
from pipeline.captions.timed import TimedText, bounded
from pipeline.errors import CaptionError

_MAIN_SERVICE = 1
_Triples = list[tuple[int, int, bytes]]


class Closed(NamedTuple):
    """Captions, of one language most likely."""

    origin: Origin
    name: str
    """For messages."""
    texts: tuple[TimedText, ...]


def read(name: str, stdout: bytes, findings: list[str]) -> list[Closed]:
    """The captions in what ``closed_captions_worker`` printed, the main ones first.

    CEA-608 and the first service of CEA-708 are meant to say the same: whichever has more text counts, CEA-608 if both
    have as much. The other services of CEA-708, which other languages have, follow.

    Args:
        name: for messages.
        stdout: lines of a time in ms, the type of the data (0, 2 or 3), and two bytes as hexadecimal digits.
        findings: extended by what cannot be used.

    Raises:
        ValueError: it is something else.
    """
    rows = [line.split() for line in stdout.decode("ascii").splitlines()]
    triples = [(int(time), int(kind), bytes.fromhex(pair)) for time, kind, pair in rows]
    line_21 = Closed(Origin.CEA608, name, _line_21(name, triples, findings))
    services = {
        number: Closed(Origin.CEA708, f"{name}, service {number}", texts)
        for number, texts in _services(name, triples, findings).items()
    }
    main = max(line_21, services.pop(_MAIN_SERVICE, line_21), key=_size)
    return [one for one in (main, *services.values()) if one.texts]


def _line_21(name: str, triples: _Triples, findings: list[str]) -> tuple[TimedText, ...]:
    try:
        return bounded(name, cea608.decode((time, *pair) for time, kind, pair in triples if kind == 0))
    except CaptionError as error:
        findings.append(f"left out: {error}")
        return ()


def _services(name: str, triples: _Triples, findings: list[str]) -> Mapping[int, tuple[TimedText, ...]]:
    try:
        return cea708.decode(name, (one for one in triples if one[1] != 0))
    except CaptionError as error:
        findings.append(f"left out: {error}")
        return {}


def _size(one: Closed) -> int:
    """Letters and digits: what is left of a text that two systems write differently."""
    return sum(character.isalnum() for timed in one.texts for character in timed.text)
