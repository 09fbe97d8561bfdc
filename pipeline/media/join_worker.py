"""Put the parts of one recording together without decoding: ``python -m pipeline.media.join_worker OUT PART PART…``.

A program of its own (standard library and PyAV only), confined, because demuxers are where hostile files strike. It
prints ``{"error": TEXT}`` when the parts do not fit together, else ``{}``.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import chain, islice
from typing import Any

import av

from pipeline.media.formats import FORMATS

MATROSKA = {"fflags": "+bitexact", "write_crc32": "0"}
"""The same parts give the same bytes: no random ids, no name of the program that wrote it."""
LOOK_AHEAD = 64
"""Among so many packets is the one that is shown first: packets of pictures are not in the order of showing."""
_NS = 1_000_000_000


class MismatchError(Exception):
    """The parts are of different kinds."""


def tracks(container: Any) -> list[Any]:
    """The picture (no cover art) and the sound of a part, in the order of the file."""
    attached = av.stream.Disposition.attached_pic
    return [
        one
        for one in container.streams
        if one.type in {"video", "audio"} and one.codec_context and not one.disposition & attached
    ]


def kind(stream: Any) -> tuple[Any, ...]:
    """What must be the same for two tracks to follow each other in one stream."""
    context = stream.codec_context
    if stream.type == "video":
        return (context.name, context.width, context.height, context.pix_fmt, bytes(context.extradata or b""))
    return (context.name, context.sample_rate, context.layout.name, bytes(context.extradata or b""))


def join(out: str, parts: list[str]) -> None:
    """Write the packets of all parts, one after another, into a Matroska file.

    Raises:
        MismatchError: two parts are of different kinds.
    """
    with av.open(out, "w", format="matroska", container_options=MATROSKA) as target:
        outputs: list[Any] = []
        kinds: list[tuple[Any, ...]] = []
        start_ns = 0
        for number, path in enumerate(parts, 1):
            with _open(path) as part:
                found = tracks(part)
                if not outputs:
                    outputs = [target.add_stream_from_template(one) for one in found]
                    kinds = [kind(one) for one in found]
                elif [kind(one) for one in found] != kinds:
                    raise MismatchError(f"part {number} has other tracks, sizes or codecs than part 1")
                start_ns = _copy(part, found, outputs, target, start_ns)


def _open(path: str) -> Any:
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file", "fflags": "+genpts"}
    return av.open(f"file:{path}", options=options, metadata_errors="replace")


def _copy(part: Any, found: list[Any], outputs: list[Any], target: Any, start_ns: int) -> int:
    """Copy a part so that it begins at ``start_ns``; returns where it ends."""
    packets = _packets(part, found)
    head = list(islice(packets, LOOK_AHEAD))
    origin = min((_ns(one.pts, one.time_base) for one in head), default=0)
    end = start_ns
    for packet in chain(head, packets):
        base = packet.time_base
        shift = round(Fraction(start_ns - origin, _NS) / base)
        end = max(end, start_ns - origin + _ns(packet.pts, base) + _ns(packet.duration or 0, base))
        packet.dts, packet.pts = packet.dts + shift, packet.pts + shift
        packet.stream = outputs[found.index(packet.stream)]
        target.mux(packet)
    return end


def _packets(part: Any, found: list[Any]) -> Iterator[Any]:
    for packet in part.demux(found):
        if packet.size:
            packet.pts = packet.dts if packet.pts is None else packet.pts
            packet.dts = packet.pts if packet.dts is None else packet.dts
            if packet.pts is not None:
                yield packet


def _ns(ticks: int, base: Fraction) -> int:
    return int(ticks * base * _NS)


def main() -> None:
    """Join, and say whether it went well."""
    try:
        join(sys.argv[1], sys.argv[2:])
        outcome = {}
    except MismatchError as error:
        outcome = {"error": str(error)}
    except av.error.FFmpegError as error:
        outcome = {"error": f"a part cannot be read: {error}"}
    sys.stdout.write(json.dumps(outcome))


if __name__ == "__main__":
    main()
