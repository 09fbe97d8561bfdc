"""A strict check of what a transcode wrote, by other means than those that wrote it: raw bytes, and PyAV."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

TICK = Fraction(1, 48_000)
"""Sound and pictures count in different ticks; times may differ by one of them."""


@dataclass(frozen=True)
class Ranged:
    """One segment as a media playlist tells it."""

    seconds: float
    size: int
    offset: int


def read_playlist(path: Path) -> tuple[str, str, list[Ranged], int]:
    """Media file, init file, segments and target duration of a media playlist."""
    lines = path.read_text("utf-8").splitlines()
    assert lines[0] == "#EXTM3U"
    assert lines[-1] == "#EXT-X-ENDLIST"
    tags = dict(line.split(":", 1) for line in lines if line.startswith("#") and ":" in line)
    init = tags["#EXT-X-MAP"].removeprefix('URI="').removesuffix('"')
    segments, names = [], set()
    seconds, size, offset = 0.0, 0, 0
    for line in lines:
        if line.startswith("#EXTINF:"):
            seconds = float(line.removeprefix("#EXTINF:").rstrip(","))
        elif line.startswith("#EXT-X-BYTERANGE:"):
            size, offset = (int(one) for one in line.removeprefix("#EXT-X-BYTERANGE:").split("@"))
        elif not line.startswith("#"):
            names.add(line)
            segments.append(Ranged(seconds, size, offset))
    (media,) = names
    return media, init, segments, int(tags["#EXT-X-TARGETDURATION"])


def boxes(data: bytes) -> list[tuple[str, bytes]]:
    """Top-level boxes of ``data``, which they must fill exactly."""
    found, position = [], 0
    while position < len(data):
        size, kind = struct.unpack_from(">I4s", data, position)
        header = 8
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, position + 8)
            header = 16
        assert header <= size <= len(data) - position, "a box ends outside its parent"
        found.append((kind.decode("latin-1"), data[position + header : position + size]))
        position += size
    return found


def check_folder(folder: Path, data: dict[str, Any]) -> None:
    """Everything that ``data`` (of a transcode artifact) names must be there, whole, and agree."""
    starts = []
    for rendition in (*data["renditions"], *data["av1"]):
        starts.append(_check_hls(folder, rendition, data["duration_ms"]))
        _check_file(folder / rendition["file"], rendition, data["duration_ms"])
    for first, *others in zip(*starts, strict=True):
        assert all(abs(first - other) <= Fraction(1, 1000) for other in others), "segments of rungs start apart"
    for track in data["audio"]:
        with av.open(str(folder / track["file"])) as container:
            assert [one.type for one in container.streams] == ["audio"]
            assert container.streams.audio[0].codec_context.sample_rate == 48_000
            assert abs(container.duration / 1000 - data["duration_ms"]) <= 50
        if track["playlist"]:
            _check_hls(folder, track, data["duration_ms"])
    _check_nobody_told_secrets(folder)


def _check_hls(folder: Path, entry: dict[str, Any], duration_ms: int) -> list[Fraction]:
    """Byte ranges are whole fragments; with the init file they decode to the codecs told; gives segment starts."""
    media, init, segments, target = read_playlist(folder / entry["playlist"])
    assert media == entry["file"]
    content = (folder / media).read_bytes()
    head = (folder / init).read_bytes()
    assert [kind for kind, _ in boxes(head)] == ["ftyp", "moov"]
    position = segments[0].offset
    for segment in segments:
        assert segment.offset == position, "segments neither overlap nor leave holes"
        assert [kind for kind, _ in boxes(content[position : position + segment.size])] == ["moof", "mdat"]
        assert segment.seconds <= target + 0.5
        position += segment.size
    assert position == len(content), "the file ends with its last segment"
    total = sum(segment.seconds for segment in segments)
    assert abs(total * 1000 - duration_ms) <= max(100, 0.02 * duration_ms), (total, duration_ms)
    return _decode_fragments(folder, head, content, segments)


def _decode_fragments(folder: Path, head: bytes, content: bytes, segments: list[Ranged]) -> list[Fraction]:
    """Each segment alone must begin with a key frame, and its times go on where the one before ended."""
    starts: list[Fraction] = []
    last: dict[str, Fraction] = {}
    for segment in segments:
        fragment = content[segment.offset : segment.offset + segment.size]
        piece = folder / "piece.tmp"
        piece.write_bytes(head + fragment)
        with av.open(str(piece)) as container:
            seen: set[str] = set()
            for packet in container.demux():
                if packet.dts is None:
                    continue
                kind = packet.stream.type
                assert packet.is_keyframe or kind in seen, "a segment starts without a key frame"
                seen.add(kind)
                time = packet.dts * packet.time_base
                assert kind not in last or time > last[kind], "times go backwards"
                last[kind] = time
            assert seen == {one.type for one in container.streams} or segment is segments[-1], "a track is missing"
            starts.append(_first_shown(fragment, container.streams[0].time_base))
        piece.unlink()
    return starts


def _first_shown(fragment: bytes, time_base: Fraction) -> Fraction:
    """When the first track's first sample is presented: by tfdt, durations and signed offsets as they stand."""
    traf = dict(boxes(next(content for kind, content in boxes(dict(boxes(fragment))["moof"]) if kind == "traf")))
    (decode,) = struct.unpack_from(">Q", traf["tfdt"], 4)
    flags, count = struct.unpack_from(">II", traf["trun"])
    with_offsets = bool(flags & 0x800)
    shown = []
    for row in struct.iter_unpack(">4i" if with_offsets else ">2i", traf["trun"][12:]):
        shown.append(decode + (row[3] if with_offsets else 0))
        decode += row[0]
    assert len(shown) == count
    return min(shown) * time_base


def _check_file(path: Path, entry: dict[str, Any], duration_ms: int) -> None:
    """As an ordinary MP4: index first, right size, duration and codecs, every sample decodable."""
    with path.open("rb") as file:
        assert file.read(8)[4:] == b"ftyp"
        assert path.read_bytes().index(b"moov") < path.read_bytes().index(b"mdat")
    with av.open(str(path)) as container:
        video = container.streams.video[0]
        assert (video.codec_context.width, video.codec_context.height) == (entry["width"], entry["height"])
        assert abs(container.duration / 1000 - duration_ms) <= max(100, 0.02 * duration_ms)
        config = bytes(video.codec_context.extradata)
        if video.codec_context.name == "h264":
            assert entry["codecs"].split(",")[0] == f"avc1.{config[1:4].hex()}"
        else:
            profile, level = config[1] >> 5, config[1] & 31
            assert entry["codecs"].split(",")[0] == f"av01.{profile}.{level:02}M.08"
        assert (len(container.streams) == 2) == ("mp4a.40.2" in entry["codecs"])
        shown = [packet.pts for packet in container.demux(video) if packet.pts is not None]
        assert min(shown) == 0, "the first picture is shown from the start"
        assert len(set(shown)) == len(shown)


def _check_nobody_told_secrets(folder: Path) -> None:
    """No places, names, dates or tools of the source in any container."""
    for path in (*folder.glob("*.mp4"), *folder.glob("*.m4a")):
        with av.open(str(path)) as container:
            known = {"major_brand", "minor_version", "compatible_brands"}
            assert set(container.metadata) <= known, container.metadata
            for stream in container.streams:
                assert set(stream.metadata) <= {"language", "handler_name", "vendor_id"}, stream.metadata
                assert stream.metadata.get("handler_name", "Picture") in {"Picture", "Sound"}
