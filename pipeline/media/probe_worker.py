"""Read a media file and print what it holds as JSON: ``python probe_worker.py FILE``, inside the sandbox.

A program of its own (standard library and PyAV only) because demuxers and decoders are where hostile files strike.
It reads every packet, decodes one picture, believes no header, and prints either the fields of ``probe.Probe`` or
``{"error": CLASS, "detail": TEXT}`` with one of the classes of ``probe.PROBLEMS``.
"""

from __future__ import annotations

import json
import sys
from array import array
from fractions import Fraction
from itertools import pairwise
from typing import Any

import av
from av.stream import Disposition

FORMATS = (
    "mov,matroska,webm,mpegts,mpeg,mp3,ogg,wav,w64,flac,aiff,caf,avi,flv,asf,aac,ac3,eac3,amr,amrnb,amrwb,"
    "h264,hevc,obu,ivf,mxf,dv,gxf,rm,nut,opus,au,m4v,mpegvideo"
)
"""Demuxers that read one file and nothing else; no playlists, no manifests, no image sequences, no devices."""
MAX_STREAMS = 64
MAX_PACKETS = 30_000_000
MAX_PIXELS = 40_000_000
MAX_GAP_S = 4 * 3600
"""A silence of packets longer than this is not a recording."""
MAX_PRIMING_S = 1
KEY_FRAME_SPACING_MS = 1000
"""Of closer key frames only every first one is told."""
UNTIMED_RATE = Fraction(25)
"""Pictures per second of raw streams that do not tell; ffmpeg assumes the same."""
DECODED_PACKETS = 250
"""So many packets may pass before the first picture comes out."""
LISTS = (b"#EXTM3U", b"ffconcat", b"<?xml", b"<MPD", b"v=0", b"[playlist]", b"[InternetShortcut]")


class BadMediaError(Exception):
    """The file cannot be used: a class of ``probe.PROBLEMS`` and a detail."""

    def __init__(self, problem: str, detail: str = "") -> None:
        super().__init__(problem, detail)
        self.problem = problem
        self.detail = detail


class Track:
    """What the packets of one stream say."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream
        self.base = stream.time_base or Fraction(1, 90_000)
        self.packets = 0
        self.bytes = 0
        self.corrupt = 0
        self.start: int | None = None
        self.end = 0
        self.last = 0
        self.untimed = 0

    def add(self, packet: Any) -> None:
        """Take note of a packet.

        Raises:
            BadMediaError: the stream jumps by hours.
        """
        self.packets += 1
        self.bytes += packet.size
        self.corrupt += packet.is_corrupt
        time = packet.pts if packet.pts is not None else packet.dts
        if time is None:
            self.untimed += 1
            return
        if self.start is None:
            self.start = self.last = time
        if abs(time - self.last) * self.base > MAX_GAP_S:
            raise BadMediaError("gap", f"{float(abs(time - self.last) * self.base) / 3600:.0f} hours")
        self.last = time
        self.start = min(self.start, time)
        self.end = max(self.end, time + (packet.duration or 0))

    def start_s(self) -> Fraction:
        """When it is first heard: the demuxer's word, which leaves out an encoder's priming, else the packets'."""
        start = self.start or 0
        told = self.stream.start_time
        return (told if told is not None and start <= told < start + MAX_PRIMING_S / self.base else start) * self.base

    def end_s(self) -> Fraction:
        """When its last packet ends."""
        return self.end * self.base

    def bit_rate(self) -> int:
        """Average bit/s."""
        length = self.end_s() - self.start_s()
        return int(self.bytes * 8 / length) if length > 0 else 0


class Pictures(Track):
    """The main video track: every picture's time, and where the key frames are."""

    def __init__(self, stream: Any) -> None:
        super().__init__(stream)
        self.times = array("q")
        self.keys = array("q")
        self.open_groups = 0

    def start_s(self) -> Fraction:
        """When its first picture is shown."""
        return (self.start or 0) * self.base

    def end_s(self) -> Fraction:
        """When its last picture ends; by count where the packets carry no times."""
        rate = self.stream.average_rate or UNTIMED_RATE
        if self.untimed:
            return self.packets / rate
        last = max(self.times, default=0)
        return max(self.end * self.base, last * self.base + (1 / rate if self.end <= last else 0))

    def add(self, packet: Any) -> None:
        """Take note of a picture."""
        super().add(packet)
        time = packet.pts if packet.pts is not None else packet.dts
        if time is None:
            return
        self.times.append(time)
        if packet.is_keyframe:
            self.keys.append(time)
        elif self.keys and time < self.keys[-1]:
            self.open_groups += 1

    def summary(self, origin: Fraction) -> dict[str, Any]:
        """Times are milliseconds after ``origin``, rounded down so that each still separates its pictures."""
        times = sorted(self.times)
        keys = sorted(self.keys)
        steps = sorted(later - earlier for earlier, later in pairwise(times))
        median = steps[len(steps) // 2] if steps else 0
        uneven = sum(abs(step - median) * 2 > median for step in steps)
        told: list[int] = []
        before: list[int] = []
        index = 0
        for key in keys:
            at = _ms(key * self.base - origin)
            while index < len(times) and times[index] < key:
                index += 1
            if not told or at - told[-1] >= KEY_FRAME_SPACING_MS:
                told.append(at)
                before.append(index)
        span = (times[-1] - times[0]) * self.base if times else Fraction(0)
        gaps = [later - earlier for earlier, later in pairwise(keys)]
        last_gap = (times[-1] - keys[-1]) if keys and times else 0
        return {
            "frames": self.packets,
            "frame_rate": float(round((len(times) - 1) / span, 3)) if span > 0 else 0.0,
            "constant_rate": uneven <= len(steps) // 100,
            "key_frames_ms": told,
            "key_frame_index": before,
            "max_key_interval_ms": _ms(max([*gaps, last_gap]) * self.base) if keys else 0,
            "open_gop": self.open_groups > 0,
            "timed": self.untimed == 0,
        }


def _ms(seconds: Fraction) -> int:
    return (seconds * 1000).__floor__()


def sniff(path: str) -> None:
    """Name what is not media at all, before any demuxer sees it.

    Raises:
        BadMediaError: it is empty, a pointer, or a list of other files.
    """
    with open(path, "rb") as file:  # noqa: PTH123 -- a worker of few imports
        head = file.read(200)
    if not head:
        raise BadMediaError("empty")
    if head.startswith(b"version https://git-lfs"):
        raise BadMediaError("lfs")
    if head.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(LISTS):
        raise BadMediaError("list")


def probe(path: str) -> dict[str, Any]:
    """Everything ``probe.Probe`` holds.

    Raises:
        BadMediaError: the file cannot be used.
    """
    sniff(path)
    with _open(path) as container:
        if len(container.streams) > MAX_STREAMS:
            raise BadMediaError("streams", str(len(container.streams)))
        tracks = _read(container)
        picture = _first_picture(path, tracks)
        return _describe(container, tracks, picture)


def _open(path: str) -> Any:
    options = {"format_whitelist": FORMATS, "protocol_whitelist": "file", "fflags": "+genpts"}
    try:
        return av.open("file:" + path, options=options, metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise BadMediaError(_open_problem(path), str(error)) from error


def _open_problem(path: str) -> str:
    """Tell an MP4 without an index from a file of an unknown kind, by its boxes."""
    with open(path, "rb") as file:  # noqa: PTH123 -- a worker of few imports
        head = file.read(4096)
    if not head.strip(b"\0"):
        return "zeros"
    return "moov" if head[4:8] in {b"ftyp", b"mdat", b"wide", b"free", b"styp", b"moof"} else "unknown"


def _is_picture(stream: Any) -> bool:
    return stream.type == "video" and not stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails)


def _tag(stream: Any) -> str:
    """The four-character code of the codec; empty where it is not text."""
    try:
        return str(stream.codec_context.codec_tag) if stream.codec_context else ""
    except UnicodeDecodeError:
        return ""


def _main_video(container: Any) -> Any | None:
    def rank(stream: Any) -> tuple[bool, int, int]:
        context = stream.codec_context
        return bool(stream.disposition & Disposition.default), context.width * context.height, -stream.index

    return max(
        (one for one in container.streams.video if one.codec_context and _is_picture(one)), key=rank, default=None
    )


def _read(container: Any) -> dict[int, Track]:
    if any(_tag(one) in {"encv", "enca"} for one in container.streams):
        raise BadMediaError("encrypted")
    main = _main_video(container)
    if main is not None and main.codec_context.width * main.codec_context.height > MAX_PIXELS:
        raise BadMediaError("pixels", f"{main.codec_context.width} x {main.codec_context.height}")
    media = [one for one in container.streams if one.type == "audio" or one is main]
    unknown = [one.metadata.get("handler_name", one.type) for one in media if one.codec_context is None]
    tracks = {one.index: Pictures(one) if one is main else Track(one) for one in media if one.codec_context}
    if not tracks:
        raise BadMediaError("unknown codec" if unknown else "nothing", ", ".join(unknown))
    try:
        _demux(container, tracks)
    except av.error.FFmpegError as error:
        if not any(track.packets for track in tracks.values()):
            raise BadMediaError("unreadable", str(error)) from error
        tracks[min(tracks)].corrupt += 1  # what was read so far is judged by its length
    alive = {index: track for index, track in tracks.items() if track.packets}
    if not alive:
        raise BadMediaError("nothing")
    return alive


def _demux(container: Any, tracks: dict[int, Track]) -> None:
    count = 0
    for packet in container.demux([track.stream for track in tracks.values()]):
        if packet.size == 0 or packet.is_discard:  # the last one; those that an edit list hides
            continue
        count += 1
        if count > MAX_PACKETS:
            raise BadMediaError("packets", str(count))
        if count <= len(tracks) and packet.has_sidedata("encryption_info"):
            raise BadMediaError("encrypted")
        tracks[packet.stream_index].add(packet)


def _describe(container: Any, tracks: dict[int, Track], picture: Any | None) -> dict[str, Any]:
    starts = [track.start_s() for track in tracks.values() if track.start is not None]
    origin = min(starts, default=Fraction(0))
    main = next((track for track in tracks.values() if isinstance(track, Pictures)), None)
    video = _describe_video(main, origin, picture) if main and picture else None
    end = max(track.end_s() for track in tracks.values())
    return {
        "container": container.format.name,
        "duration_ms": max(0, _ms(end - origin)),
        "origin_us": int(origin * 1_000_000),
        "declared_ms": _declared_ms(container, tracks),
        "corrupt_packets": sum(track.corrupt for track in tracks.values()),
        "video": video,
        "audio": [_describe_audio(track, origin) for track in tracks.values() if track.stream.type == "audio"],
        "texts": [_describe_text(stream) for stream in container.streams if stream.type == "subtitle"],
        "chapters": _chapters(container, origin),
    }


def _declared_ms(container: Any, tracks: dict[int, Track]) -> int:
    """The length that the file's own index promises, where that promise is exact; 0 elsewhere."""
    name = container.format.name
    if name.startswith("mov,"):
        lengths = [one.stream.duration * one.base for one in tracks.values() if one.stream.duration]
        return _ms(max(lengths, default=Fraction(0)))
    if name.startswith(("matroska", "flv")) and container.duration:
        return int(container.duration // 1000)
    return 0


def _describe_video(track: Pictures, origin: Fraction, frame: Any) -> dict[str, Any]:
    stream, context = track.stream, track.stream.codec_context
    if frame.width * frame.height > MAX_PIXELS:
        raise BadMediaError("pixels", f"{frame.width} x {frame.height}")
    shape = stream.sample_aspect_ratio or context.sample_aspect_ratio or Fraction(1)
    return {
        "index": stream.index,
        "codec": context.name,
        "profile": str(stream.profile or ""),
        "level": int(getattr(context, "level", 0) or 0),
        "width": frame.width,
        "height": frame.height,
        "sample_aspect": [shape.numerator, shape.denominator] if shape > 0 else [1, 1],
        "rotation": int(frame.rotation) % 360,
        "pixel_format": frame.format.name,
        "bit_depth": max((one.bits for one in frame.format.components), default=8),
        "interlaced": bool(frame.interlaced_frame),
        "primaries": int(frame.color_primaries),
        "transfer": int(frame.color_trc),
        "matrix": int(frame.colorspace),
        "full_range": int(frame.color_range) == 2,
        "bit_rate": track.bit_rate(),
        **track.summary(origin),
        "start_ms": _ms(track.start_s() - origin),
        "end_ms": _ms(track.end_s() - origin),
    }


def _first_picture(path: str, tracks: dict[int, Track]) -> Any | None:
    """The first picture that can be decoded, proof that there is one; ``None`` without video.

    The file is opened again: not every format can be wound back.
    """
    main = next((track for track in tracks.values() if isinstance(track, Pictures)), None)
    if main is None:
        return None
    with _open(path) as container:
        for count, packet in enumerate(container.demux(container.streams[main.stream.index])):
            try:
                for frame in packet.decode():
                    return frame
            except av.error.FFmpegError:
                continue
            if count > DECODED_PACKETS:
                break
    raise BadMediaError("undecodable", main.stream.codec_context.name)


def _describe_audio(track: Track, origin: Fraction) -> dict[str, Any]:
    stream, context = track.stream, track.stream.codec_context
    return {
        "index": stream.index,
        "codec": context.name,
        "profile": str(stream.profile or ""),
        "sample_rate": context.sample_rate or 0,
        "channels": context.channels or 0,
        "language": _language(stream),
        "title": stream.metadata.get("title", ""),
        "default": bool(stream.disposition & Disposition.default),
        "bit_rate": track.bit_rate(),
        "start_ms": _ms(track.start_s() - origin),
        "end_ms": _ms(track.end_s() - origin),
    }


def _describe_text(stream: Any) -> dict[str, Any]:
    return {
        "index": stream.index,
        "codec": stream.codec_context.name if stream.codec_context else "",
        "language": _language(stream),
        "title": stream.metadata.get("title", ""),
        "forced": bool(stream.disposition & Disposition.forced),
    }


def _language(stream: Any) -> str | None:
    tag = (stream.metadata.get("language") or "").strip()
    return tag if tag and tag.lower() not in {"und", "mis", "mul", "zxx", "unk"} else None


def _chapters(container: Any, origin: Fraction) -> list[dict[str, Any]]:
    return [
        {
            "start_ms": max(0, _ms(chapter["start"] * chapter["time_base"] - origin)),
            "title": str(chapter["metadata"].get("title", "")),
        }
        for chapter in container.chapters()[:1000]
    ]


def main(path: str) -> None:
    """Print the JSON."""
    av.logging.set_level(av.logging.PANIC)
    try:
        result = probe(path)
    except BadMediaError as error:
        result = {"error": error.problem, "detail": error.detail}
    except MemoryError:
        result = {"error": "memory", "detail": ""}
    except av.error.FFmpegError as error:
        result = {"error": "unreadable", "detail": str(error)}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
