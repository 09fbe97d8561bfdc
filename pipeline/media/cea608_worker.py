"""Print the CEA-608 bytes of a video track: ``python cea608_worker.py FILE STREAM FORMATS``, inside the sandbox.

A program of its own (standard library and PyAV only) because demuxers are where hostile files strike. Pictures are not
decoded: the captions stand in the packets, as ATSC A/53 user data (ETSI TS 101 154, annex B): ``GA94``, type 3.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from fractions import Fraction

import av

_MARK = b"GA94\x03"
_PADDING = b"\x80\x80"
"""Two zeros with their parity bits."""
_WITHOUT = 900
"""Pictures without any caption data after which there is none: captioned video carries it, empty or not, from the
first picture on (30 s)."""
_MAX_PAIRS = 4_000_000


def pairs_in(packet: bytes) -> Iterator[bytes]:
    """Two-byte pairs of field 1 in one coded picture."""
    at = packet.find(_MARK)
    while at >= 0:
        # An emulation prevention byte (00 00 03) may stand in between; it is no part of the data (H.264, 7.4.1).
        data = packet[at + len(_MARK) : at + 400].replace(b"\x00\x00\x03", b"\x00\x00")
        if len(data) > 2 and data[0] & 0x40:
            for triple in (data[start : start + 3] for start in range(2, 2 + 3 * (data[0] & 0x1F), 3)):
                if len(triple) == 3 and triple[0] & 0x07 == 0x04:  # valid, of field 1
                    yield triple[1:]
        at = packet.find(_MARK, at + 1)


def read(path: str, index: int, formats: str) -> list[tuple[int, bytes]]:
    """All pairs of a stream with the time of their picture in ms, in order of time."""
    found: list[tuple[int, bytes]] = []
    any_data = False
    options = {"format_whitelist": formats, "protocol_whitelist": "file", "fflags": "+genpts"}
    with av.open(f"file:{path}", options=options) as container:
        stream = container.streams[index]
        base = stream.time_base or Fraction(1, 90_000)
        for pictures, packet in enumerate(container.demux(stream)):
            time = packet.pts if packet.pts is not None else packet.dts
            if time is not None:
                pairs = list(pairs_in(bytes(packet)))
                any_data = any_data or bool(pairs)
                found += [(int(time * base * 1000), pair) for pair in pairs if pair != _PADDING]
            if (pictures > _WITHOUT and not any_data) or len(found) > _MAX_PAIRS:
                break
    found.sort(key=lambda one: one[0])
    return found


def main() -> int:
    """Print a line for each pair."""
    path, index, formats = sys.argv[1:4]
    sys.stdout.writelines(f"{time} {pair.hex()}\n" for time, pair in read(path, int(index), formats))
    return 0


if __name__ == "__main__":
    sys.exit(main())
