"""The ffmpeg commands for the sound of a recording. Pure.

Times are milliseconds after the start of the recording. Every command reads one file and nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import ffmpeg

from catalog.edits import Channels
from pipeline.media.coding import BITEXACT, TICKS
from pipeline.media.command import Command
from pipeline.media.encode import LEAD_MS, compiled, lead_ms, opened
from pipeline.media.loudness import LIMITER_DB, Gain
from pipeline.media.probe import AudioTrack, Probe

SAMPLE_RATE = 48_000
"""Of all sound: the one that every player and every AAC decoder handles alike."""
FLAC_FRAME = 4096
_SIDES = {Channels.LEFT: "FL-FC", Channels.RIGHT: "FR-FC"}


def sound(
    source: Path, probe: Probe, tracks: Sequence[AudioTrack], channels: Channels | None, *, copy_picture: bool
) -> Command:
    """Decode the audio tracks to ``sound<N>.flac``, and copy the picture to ``picture.mp4``, in one read.

    Every file of sound covers the recording from its first to its last moment, gaps filled with silence, so that
    picture and sound agree however the source interleaves and starts them. The picture begins ``lead_ms`` earlier.
    """
    lead = lead_ms(probe)
    end_ms = lead + probe.duration_ms
    given = opened(probe, threads=1, lead_ms=lead, seek_ms=-lead if lead < probe.trimmed_ms else None)
    outputs = []
    for number, track in enumerate(tracks):
        stream = (
            given[str(track.index)]
            .filter("aresample", SAMPLE_RATE, **{"async": 1, "first_pts": 0, "min_hard_comp": 0.1})
            .filter("aformat", sample_fmts="s16", channel_layouts="mono" if track.channels == 1 else "stereo")
            .filter("apad", whole_dur=f"{end_ms}ms")
            .filter("atrim", start=f"{lead}ms", end=f"{end_ms}ms")
            .filter("asetpts", "PTS-STARTPTS")
            .filter("asetnsamples", n=FLAC_FRAME, pad=0)  # FLAC refuses to begin with what a trim leaves of a frame
        )
        if track.channels > 1:
            stream = _heard(stream, channels)
        both = stream.filter_multi_output("asplit", 2)
        outputs.append(
            ffmpeg.output(both[0], f"sound{number}.flac", **{"c:a": "flac", "compression_level": 2, **BITEXACT})
        )
        outputs.append(_measured(both[1], f"loudness{number}.txt", peak="true"))
    if copy_picture and probe.video is not None:
        options = {"c:v": "copy", "movie_timescale": TICKS, **BITEXACT}  # else edit lists are exact to 1 ms only
        if probe.is_trimmed:
            options["t"] = f"{end_ms + LEAD_MS}ms"
        outputs.append(ffmpeg.output(given[str(probe.video.index)], "picture.mp4", **options))
    return compiled(outputs, source, probe.duration_ms)


def aac(flac: Path, duration_ms: int, bit_rate: int, gain: Gain, side: Channels | None = None) -> Command:
    """Encode ``flac``, or one side of it, as ``sound.mp4``, and measure what came of the gain in ``loudness.txt``."""
    both = _louder(_pcm(side), gain).filter_multi_output("asplit", 2)
    options = {"c:a": "aac", "b:a": bit_rate, "ar": SAMPLE_RATE, "movie_timescale": TICKS, **BITEXACT}
    outputs = [ffmpeg.output(both[0], "sound.mp4", **options), _measured(both[1], "loudness.txt", peak="none")]
    return compiled(outputs, flac, duration_ms)


def louder(flac: Path, duration_ms: int, gain: Gain, side: Channels | None = None) -> Command:
    """Measure what comes of the gain in ``loudness.txt``, as ``aac`` does, without encoding anything."""
    return compiled([_measured(_louder(_pcm(side), gain), "loudness.txt", peak="none")], flac, duration_ms)


def _pcm(side: Channels | None) -> Any:
    return _heard(ffmpeg.input("file:/in/src", f="flac", protocol_whitelist="file").audio, side)


def _louder(stream: Any, gain: Gain) -> Any:
    if gain.db:
        stream = stream.filter("volume", f"{gain.db}dB", precision="double")
    if gain.limited:
        ceiling = 10 ** (LIMITER_DB / 20)
        stream = stream.filter("alimiter", limit=round(ceiling, 4), attack=5, release=60, level=0, latency=1)
    return stream


def _measured(stream: Any, file: str, *, peak: str) -> Any:
    """Measure loudness by EBU R128: every 100 ms a few lines ``key=value``, the last ones for the whole.

    With peaks also the level of each channel, of those 100 ms.
    """
    meter = stream.filter("ebur128", metadata=1, peak=peak, framelog="quiet")
    if peak != "none":
        meter = meter.filter("astats", metadata=1, reset=1, measure_overall="none", measure_perchannel="RMS_level")
    return ffmpeg.output(meter.filter("ametadata", mode="print", file=file), "-", f="null")


def _heard(stream: Any, channels: Channels | None) -> Any:
    """Stereo as it is, one side of it, or both as mono."""
    match channels:
        case None:
            return stream
        case Channels.MIX:
            return stream.filter("aformat", channel_layouts="mono")
        case _:
            return stream.filter("channelmap", map=_SIDES[channels], channel_layout="mono")
