"""Read a media file and print what it holds as JSON: ``python -m pipeline.media.probe_worker FILE FROM TO``, confined.

A program of its own (standard library and PyAV only) because demuxers and decoders are where hostile files strike.
It reads every packet, decodes some pictures, believes no header, and prints either the fields of ``probe.Probe`` or
``{"error": CLASS, "detail": TEXT}`` with one of the classes of ``probe.PROBLEMS``. FROM and TO (milliseconds; TO may be
``end``) say which part of the file the recording is.
"""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from fractions import Fraction
from typing import Any

import av
from av.stream import Disposition

from pipeline.media.formats import FORMATS, MAX_PIXELS
from pipeline.media.probe_places import can_seek, has_fields
from pipeline.media.probe_tracks import BadMediaError, Pictures, Span, Track, to_ms

MAX_STREAMS = 64
MAX_PACKETS = 30_000_000
DECODED_PACKETS = 250
"""So many packets may pass before the first picture comes out."""
LISTS = (b"#EXTM3U", b"ffconcat", b"<?xml", b"<MPD", b"v=0", b"[playlist]", b"[InternetShortcut]")
"""How files begin that only name other files."""


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


def probe(path: str, start: Fraction, end: Fraction | None) -> dict[str, Any]:
    """Everything ``probe.Probe`` holds of the part from ``start`` to ``end``, in seconds after the file's first moment.

    Raises:
        BadMediaError: the file cannot be used.
    """
    sniff(path)
    with _open(path) as container:
        if len(container.streams) > MAX_STREAMS:
            raise BadMediaError("streams", str(len(container.streams)))
        tracks = _read(container)
        frames = _first_frames(path, tracks)
        for index, track in tracks.items():
            if index not in frames and (isinstance(track, Pictures) or not frames):
                raise BadMediaError("undecodable", track.stream.codec_context.name)
        alive = {index: tracks[index] for index in tracks if index in frames}
        result = _describe(container, alive, frames, _span(alive, start, end))
        main = _pictures(alive)
        if main is not None:
            result["video"]["interlaced"] |= has_fields(container, main)
            result["video"]["seekable"] = main.untimed == 0 and can_seek(container, main)
        return result


def _pictures(tracks: dict[int, Track]) -> Pictures | None:
    return next((track for track in tracks.values() if isinstance(track, Pictures)), None)


def _span(tracks: dict[int, Track], start: Fraction, end: Fraction | None) -> Span:
    """The whole file, and the part of it that is wanted.

    Raises:
        BadMediaError: the part lies behind the end.
    """
    first = min((track.start_s() for track in tracks.values() if track.start is not None), default=Fraction(0))
    last = max(track.end_s() for track in tracks.values())
    span = Span(first, last, first + start, last if end is None else min(last, first + end))
    if start and span.end <= span.origin:
        raise BadMediaError("trim", f"the file lasts {float(last - first):.3f} s")
    return span


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


def _describe(container: Any, tracks: dict[int, Track], frames: dict[int, Any], span: Span) -> dict[str, Any]:
    main = _pictures(tracks)
    origin = span.origin
    video = _describe_video(main, span, frames[main.stream.index]) if main else None
    return {
        "container": container.format.name,
        "duration_ms": max(0, to_ms(span.end - origin)),
        "origin_us": int(origin * 1_000_000),
        "source_ms": max(0, to_ms(span.last - span.first)),
        "trimmed_ms": to_ms(origin - span.first),
        "declared_ms": _declared_ms(container, tracks, span.first),
        "corrupt_packets": sum(track.corrupt for track in tracks.values()),
        "video": video,
        "audio": [_describe_audio(track, span) for track in tracks.values() if track.stream.type == "audio"],
        "texts": [_describe_text(stream) for stream in container.streams if stream.type == "subtitle"],
        "chapters": _chapters(container, origin),
    }


def _declared_ms(container: Any, tracks: dict[int, Track], first: Fraction) -> int:
    """The length that the file's own index promises, where that promise is exact; 0 elsewhere.

    Args:
        container: the file.
        tracks: its tracks.
        first: the file's own time at which it begins, seconds.
    """
    name = container.format.name
    if name.startswith("mov,"):
        lengths = [one.stream.duration * one.base for one in tracks.values() if one.stream.duration]
        return to_ms(max(lengths, default=Fraction(0)))
    if name.startswith(("matroska", "flv")) and container.duration:
        late = max(0, to_ms(first)) if name.startswith("matroska") else 0  # Matroska counts from its time zero
        return max(0, int(container.duration // 1000) - late)
    return 0


def _describe_video(track: Pictures, span: Span, frame: Any) -> dict[str, Any]:
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
        "change": track.change(),
        **track.summary(span.origin, span.end),
    }


def _first_frames(path: str, tracks: dict[int, Track]) -> dict[int, Any]:
    """The first picture or sound of each track that can be decoded, by stream index: proof that there is one.

    The file is opened again: not every format can be wound back.
    """
    found: dict[int, Any] = {}
    tried = dict.fromkeys(tracks, 0)
    with _open(path) as container:
        for packet in container.demux([container.streams[index] for index in tracks]):
            index = packet.stream_index
            if index in found or tried[index] > DECODED_PACKETS:
                if all(one in found or tried[one] > DECODED_PACKETS for one in tracks):
                    break
                continue
            tried[index] += 1
            with suppress(av.error.FFmpegError, NotImplementedError):
                found.update((index, frame) for frame in packet.decode()[:1])
    return found


def _describe_audio(track: Track, span: Span) -> dict[str, Any]:
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
        "start_ms": to_ms(max(track.start_s(), span.origin) - span.origin),
        "end_ms": to_ms(min(track.end_s(), span.end) - span.origin),
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
            "start_ms": max(0, to_ms(chapter["start"] * chapter["time_base"] - origin)),
            "title": str(chapter["metadata"].get("title", "")),
        }
        for chapter in container.chapters()[:1000]
    ]


def main(path: str, start_ms: str, end_ms: str) -> None:
    """Print the JSON."""
    av.logging.set_level(av.logging.PANIC)
    try:
        result = probe(path, Fraction(start_ms) / 1000, None if end_ms == "end" else Fraction(end_ms) / 1000)
    except BadMediaError as error:
        result = {"error": error.problem, "detail": error.detail}
    except MemoryError:
        result = {"error": "memory", "detail": ""}
    except av.error.FFmpegError as error:
        result = {"error": "unreadable", "detail": str(error)}
    json.dump(result, sys.stdout)


if __name__ == "__main__":
    main(*sys.argv[1:])
