"""The ffmpeg commands for the pictures of a recording: graphs as data (ffmpeg-python), compiled to ``Command``s. Pure.

Times are milliseconds after the start of the recording. Every command reads one source and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ffmpeg

from pipeline.media import chunks, hardware
from pipeline.media.chunks import Chunk
from pipeline.media.coding import BITEXACT, SCALER, TICKS, av1, x264
from pipeline.media.command import Command, Limits
from pipeline.media.formats import FORMATS, MAX_PIXELS, PICTURE_FORMATS
from pipeline.media.hardware import Card
from pipeline.media.ladder import LEAST_RATE, MAX_FRAME_RATE, Rung, frame_rate, is_sparse
from pipeline.media.probe import Probe, VideoTrack

THUMB_SIDE = 160
"""Long side of the thumbnails, pixels."""
THUMB_MS = 1000
"""One thumbnail for so much of the recording."""
MAX_ERROR_RATE = 0.1
"""A decoder that fails on a larger share of its packets makes ffmpeg fail."""
TOO_MANY_ERRORS = 69
"""Exit status of ffmpeg after more errors than that."""
LEAD_MS = 10_000
"""Around what is wanted, so much more is read: sound may be stored somewhat before or after its pictures."""
EDGE_SET = 31
"""Number of the parameter sets of encoded edges, so that they stand beside those of the copied picture."""
EDGE_CRF = -4.0
"""Edges are encoded a little better than a rung of that size: they stand beside the original."""
HDR_TRANSFERS = frozenset({16, 18})
"""PQ and HLG by ITU-T H.273."""

_GLOBAL = (
    "-hide_banner",
    "-nostdin",  # nobody is there to answer
    *("-loglevel", "error"),
    *("-progress", "pipe:1", "-nostats"),  # for the runner, line by line
    *("-filter_complex_threads", "1"),  # slices cost more than they gain beside encoders that use the other cores
    *("-max_error_rate", str(MAX_ERROR_RATE)),  # else only files without a single good packet fail
)


def lead_ms(probe: Probe) -> int:
    """How much of what is trimmed away at the start is read all the same, and is in ``picture.mp4``."""
    if probe.video is None or not chunks.can_seek(probe):
        return probe.trimmed_ms
    return min(probe.trimmed_ms, LEAD_MS - min(0, probe.video.key_frames_ms[0]))


def pictures(
    source: Path, probe: Probe, chunk: Chunk, rungs: Sequence[Rung], thumb: tuple[int, int], card: Card | None = None
) -> Command:
    """Decode a chunk once, and encode it as every rung (``<name>.mp4``) and as thumbnails (``thumbs.yuv``).

    H.264 is encoded by ``card``, where one is given.
    """
    video = probe.video
    if video is None:
        raise ValueError("there is no picture to encode")
    given = opened(probe, threads=2, seek_ms=chunk.seek_ms)
    sizes = list(dict.fromkeys(sorted(((rung.width, rung.height) for rung in rungs), reverse=True)))
    scaled, rest = _cascade(_prepared(given[str(video.index)], video, chunk, sizes[0] if sizes else thumb), sizes)
    outputs = []
    for size, picture in zip(sizes, scaled, strict=True):
        alike = [rung for rung in rungs if (rung.width, rung.height) == size]
        for rung, copy in zip(alike, _copies(picture, len(alike)), strict=True):
            outputs.append(_encoded(copy, rung, chunk, frame_rate(video), card))
    outputs.append(_thumbs(rest, thumb))
    length = (chunk.end_ms or video.end_ms) - chunk.start_ms
    return compiled(outputs, source, length, card if any(rung.codec == "h264" for rung in rungs) else None)


def _encoded(stream: Any, rung: Rung, chunk: Chunk, rate: float, card: Card | None) -> Any:
    """A rung of a chunk, as an output."""
    if rung.codec == "av1":
        return ffmpeg.output(stream, f"{rung.name}.mp4", **av1(rung, chunk, rate))
    if card is None:
        return ffmpeg.output(stream, f"{rung.name}.mp4", **x264(rung, chunk))
    options = hardware.h264(rung, chunk, card.encoder)
    return ffmpeg.output(hardware.uploaded(stream, card), f"{rung.name}.mp4", **options)


def edge(source: Path, probe: Probe, chunk: Chunk, rung: Rung) -> Command:
    """Encode what lies between a cut and the copied picture as ``edge.mp4``, the size and range of the source kept."""
    video = probe.video
    if video is None:
        raise ValueError("there is no picture to encode")
    given = opened(probe, threads=2, seek_ms=chunk.seek_ms)
    stream = _cut(given[str(video.index)], chunk).filter("setsar", 1)
    options = x264(rung, chunk) | {"crf": rung.crf + EDGE_CRF, "x264-params": f"sps-id={EDGE_SET}"}
    options |= {"maxrate": f"{2 * rung.max_rate}k", "bufsize": f"{4 * rung.max_rate}k"}
    length = (chunk.end_ms or video.end_ms) - chunk.start_ms
    return compiled([ffmpeg.output(stream, "edge.mp4", **options)], source, length)


def stills(rendition: Path, moments_ms: Sequence[int], size: tuple[int, int]) -> Command:
    """The pictures that ``rendition`` (a file of ours) shows at these moments, as ``still0.png`` and so on.

    One process for all: starting one, confined, costs as much as decoding to where a picture is.
    """
    outputs = []
    for number, at_ms in enumerate(moments_ms):
        given = ffmpeg.input("file:/in/src", f="mov", protocol_whitelist="file", ss=f"{at_ms}ms", threads=1)
        options = {"frames:v": 1, "c:v": "png", "compression_level": 1, "f": "image2", "update": 1, **BITEXACT}
        outputs.append(
            ffmpeg.output(given.video.filter("scale", *size, flags="lanczos"), f"still{number}.png", **options)
        )
    return compiled(outputs, rendition, 0)


def picture(file: Path, side: int) -> Command:
    """An organiser's picture as ``still.png``, its long side at most ``side`` px."""
    given = ffmpeg.input(
        "file:/in/src", protocol_whitelist="file", format_whitelist=PICTURE_FORMATS, max_pixels=MAX_PIXELS, threads=1
    )
    fitted = f"if(gt(iw,ih),min({side},iw),-2)", f"if(gt(iw,ih),-2,min({side},ih))"
    options = {"frames:v": 1, "c:v": "png", "f": "image2", "update": 1, **BITEXACT}
    return compiled([ffmpeg.output(given.video.filter("scale", *fitted), "still.png", **options)], file, 0)


def opened(probe: Probe, *, threads: int, seek_ms: int | None = None, lead_ms: int = 0) -> Any:
    """The source with the recording's start at ``lead_ms``, entered at ``seek_ms`` after that start."""
    origin_s = probe.origin_us / 1_000_000
    options: dict[str, Any] = {
        "protocol_whitelist": "file",  # a playlist in disguise must not make requests
        "format_whitelist": FORMATS,  # nor name other files
        "fflags": "+genpts",  # AVI and raw streams carry decode times only
        "copyts": None,  # times as in the file …
        "max_pixels": MAX_PIXELS,  # 12000 x 12000 in 423 kB would take 825 MB
        "threads": threads,
        "itsoffset": lead_ms / 1000 - origin_s,  # … counted from the start of the recording
    }
    if seek_ms is not None:
        options |= {
            "seek_timestamp": 1,  # the number that follows is a time of the file, not one after its start
            "ss": f"{origin_s + seek_ms / 1000:.6f}",
            "noaccurate_seek": None,  # the trim filter is exact; this would cut at the place aimed at
        }
    return ffmpeg.input("file:/in/src", **options)


def _cut(stream: Any, chunk: Chunk) -> Any:
    """Exactly the chunk's pictures, from time 0 on."""
    first = chunk.start_ms if chunk.first_ms is None else chunk.first_ms
    bounds: dict[str, Any] = {"start": f"{first}ms"}
    if chunk.end_ms is not None:
        bounds["end"] = f"{chunk.end_ms}ms"
    stream = stream.filter("settb", f"1/{TICKS}")
    if chunk.start_ms or chunk.end_ms is not None or chunk.first_ms is not None:
        stream = stream.filter("trim", **bounds)
    return stream.filter(
        "setpts",
        f"max(0,PTS-{chunk.start_ms * TICKS // 1000})"
        if chunk.first_ms is not None
        else f"PTS-{chunk.start_ms * TICKS // 1000}",
    )


def _prepared(stream: Any, video: VideoTrack, chunk: Chunk, size: tuple[int, int]) -> Any:
    """Exactly the chunk's pictures, as 8-bit 4:2:0 of the top rung's size with square pixels."""
    stream = _cut(stream, chunk)
    if is_sparse(video):
        stream = _filled(stream, (chunk.end_ms or video.end_ms) - chunk.start_ms, frame_rate(video))
    elif video.frame_rate > MAX_FRAME_RATE:
        stream = stream.filter("fps", 60)
    if video.interlaced:
        stream = stream.filter("bwdif", mode="send_frame", deint="interlaced")
    stream = stream.filter("scale", *size, **SCALER, out_range="tv").filter("setsar", 1)
    if video.transfer in HDR_TRANSFERS:
        stream = _tone_mapped(stream)
    stream = stream.filter("format", "yuv420p")
    return _thinned(stream, frame_rate(video)) if is_sparse(video) else stream


def _filled(stream: Any, length_ms: int, rate: float) -> Any:
    """A picture for every moment until the end, however long one stands; a single one counts, however short."""
    return (
        stream.filter("fps", rate, eof_action="pass")
        .filter("tpad", stop=-1, stop_mode="clone")
        .filter("trim", end=f"{length_ms}ms")
    )


def _thinned(stream: Any, rate: float) -> Any:
    """Without the pictures that are the same as the one before, but for as many as there have to be."""
    return stream.filter("mpdecimate", max=round(rate / LEAST_RATE) - 1, hi=0, lo=0, frac=0)


def _tone_mapped(stream: Any) -> Any:
    """HDR to BT.709, by way of linear light: zimg linearises, Hable's curve compresses the highlights."""
    return (
        stream.filter("zscale", t="linear", npl=100)
        .filter("format", "gbrpf32le")
        .filter("zscale", p="bt709")
        .filter("tonemap", "hable", desat=0)
        .filter("zscale", t="bt709", m="bt709", r="tv")
    )


def _cascade(stream: Any, sizes: Sequence[tuple[int, int]]) -> tuple[list[Any], Any]:
    """The picture in every size, and once more in the last one.

    Each is scaled from the one before: cheaper than all from the source, and as good.
    """
    result = []
    for number, size in enumerate(sizes):
        if number:
            stream = stream.filter("scale", *size, **SCALER).filter("setsar", 1)
        halves = stream.filter_multi_output("split", 2)
        result.append(halves[0])
        stream = halves[1]
    return result, stream


def _thumbs(stream: Any, size: tuple[int, int]) -> Any:
    """What is shown at every full second, as JPEG has its colours (BT.601, full range), raw."""
    shown = stream.filter("fps", 1000 / THUMB_MS, start_time=0, round="up")
    small = shown.filter("scale", *size, flags="area", out_color_matrix="bt601", out_range="pc")
    return ffmpeg.output(small.filter("format", "yuv420p"), "thumbs.yuv", f="rawvideo", **BITEXACT)


def _copies(stream: Any, count: int) -> list[Any]:
    """The same picture for several encoders."""
    if count == 1:
        return [stream]
    split = stream.filter_multi_output("split", count)
    return [split[number] for number in range(count)]


def compiled(outputs: Sequence[Any], source: Path, duration_ms: int, card: Card | None = None) -> Command:
    """One command that reads ``source`` once and writes all ``outputs``, with limits that such a recording needs."""
    merged = ffmpeg.merge_outputs(*outputs) if len(outputs) > 1 else outputs[0]
    seconds = 120 + duration_ms // 1000
    return Command(
        argv=("ffmpeg", *_GLOBAL, *(card.options if card else ()), *merged.get_args()),
        inputs={"src": source},
        limits=Limits(
            wall_s=60.0 * seconds,
            cpu_s=30 * seconds,
            memory_bytes=8 * 1024**3,
            file_bytes=1024**3 + seconds * 12_000_000,
        ),
        duration_ms=duration_ms,
        devices=card.devices if card else (),
    )
