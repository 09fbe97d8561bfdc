"""Print the captions inside a video track: ``python closed_captions_worker.py FILE STREAM FORMATS``, in the sandbox.

A program of its own (standard library and PyAV only) because demuxers are where hostile files strike. Pictures are not
decoded: the captions stand in the packets, as ATSC A/53 user data (ETSI TS 101 154, annex B): ``GA94``, type 3. There
are bytes of CEA-608 (type 0: field 1) and of CEA-708 (types 3 and 2: the start of a packet, and the rest).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction

import av

_MARK = b"GA94\x03"
_TYPES = frozenset({0, 2, 3})
_PADDING = (0, b"\x80\x80")
"""Of CEA-608: two zeros with their parity bits."""
_WITHOUT = 900
"""Pictures without any caption data after which there is none: captioned video carries it, empty or not, from the
first picture on (30 s)."""
_MOST = 4_000_000


def triples_in(packet: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and two bytes of everything valid in one coded picture."""
    at = packet.find(_MARK)
    while at >= 0:
        # An emulation prevention byte (00 00 03) may stand in between; it is no part of the data (H.264, 7.4.1).
        data = packet[at + len(_MARK) : at + 400].replace(b"\x00\x00\x03", b"\x00\x00")
        if len(data) > 2 and data[0] & 0x40:
            for triple in (data[start : start + 3] for start in range(2, 2 + 3 * (data[0] & 0x1F), 3)):
                if len(triple) == 3 and triple[0] & 0x04 and triple[0] & 0x03 in _TYPES:
                    yield triple[0] & 0x03, triple[1:]
        at = packet.find(_MARK, at + 1)


def read(path: str, index: int, formats: str) -> list[tuple[int, int, bytes]]:
    """Time of the picture in ms, type and two bytes of all data of a stream, in order of time."""
    found: list[tuple[int, int, bytes]] = []
    any_data = False
    options = {"format_whitelist": formats, "protocol_whitelist": "file", "fflags": "+genpts"}
    with av.open(f"file:{path}", options=options) as container:
        stream = container.streams[index]
        base = stream.time_base or Fraction(1, 90_000)
        for pictures, packet in enumerate(container.demux(stream)):
            time = packet.pts if packet.pts is not None else packet.dts
            if time is not None:
                triples = list(triples_in(bytes(packet)))
                any_data = any_data or bool(triples)
                found += [(int(time * base * 1000), *one) for one in triples if one != _PADDING]
            if (pictures > _WITHOUT and not any_data) or len(found) > _MOST:
                break
    found.sort(key=lambda one: one[0])
    return found


def main() -> int:
    """Print a line for each two bytes."""
    path, index, formats = sys.argv[1:4]
    found = read(path, int(index), formats)
    sys.stdout.writelines(f"{time} {kind} {pair.hex()}\n" for time, kind, pair in found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
