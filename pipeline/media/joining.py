"""Putting pictures and sound together: renditions and audio files, with their playlists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import MediaError
from pipeline.media import avc, chunks, hls, loudness, mp4, samples, tables
from pipeline.media.boxes import codec_string
from pipeline.media.chunks import Copying
from pipeline.media.ladder import Rung
from pipeline.media.mp4 import Segment
from pipeline.media.samples import Samples


@dataclass(frozen=True)
class Sound:
    """Encoded sound, ready to be put beside any picture."""

    track: Samples
    lufs: float | None


@dataclass(frozen=True)
class Cut:
    """How a recording is cut into segments, ms."""

    starts_ms: Sequence[int]
    end_ms: int


def picture(path: Path) -> Samples | None:
    """The picture track of an MP4 file that ffmpeg wrote; ``None`` where it has none, or no picture in it.

    Raises:
        MediaError: it is not an MP4 file.
    """
    return next((one for one in samples.read(path) if one.video), None)


def shown_at(path: Path, moments_ms: Sequence[int]) -> list[int]:
    """When the pictures that are shown at these moments appear, ms rounded down; before the first one, its time."""
    track = picture(path)
    if track is None:
        raise MediaError(path.name, "has no picture")
    times = np.sort(track.time)
    ticks = np.asarray(moments_ms, np.int64) * track.timescale // 1000
    indices = np.searchsorted(times, ticks, side="right") - 1
    return [int(times[max(0, index)]) * 1000 // track.timescale for index in indices]


def sound(path: Path, measured: Path) -> Sound:
    """The sound of an MP4 file that ffmpeg wrote, with its loudness from the file ``measured``.

    Raises:
        MediaError: it has none.
    """
    for one in samples.read(path):
        if not one.video:
            found = loudness.read(measured)
            return Sound(one, round(found.lufs, 1) if found and found.lufs > loudness.QUIETEST_LUFS else None)
    hint = "play the file; if it plays well, convert it to MP4 (H.264 and AAC) and try again"
    raise MediaError("its sound", "cannot be decoded", hint=hint)


def encoded(rung: Rung, pieces: Sequence[tuple[Path, int]], end_ms: int) -> Samples:
    """The picture of a rung that was encoded in ``pieces``: files in order, each with the ms at which it starts.

    Args:
        rung: which one.
        pieces: files and milliseconds.
        end_ms: until when the source shows its last picture; ffmpeg guesses that where pictures come at no fixed rate.

    Raises:
        MediaError: the pieces do not fit together.
    """
    tracks = []
    for path, start_ms in pieces:
        found = picture(path)
        if found is None:
            raise MediaError(rung.name, f"has no picture from {start_ms} ms on")
        tracks.append((found, start_ms))
    joined = samples.join(tracks)
    return replace(joined, end=max(joined.end, end_ms * joined.timescale // 1000))


def copied(path: Path, lead_ms: int, wanted: Copying, edges: Sequence[tuple[Path, int]]) -> Samples:
    """The picture of a source that is the top rung, between its encoded edges.

    Args:
        path: the copy, which begins ``lead_ms`` before the recording.
        lead_ms: milliseconds.
        wanted: which of its groups of pictures to take.
        edges: files in order, each with the milliseconds at which it starts.

    Raises:
        MediaError: they do not fit together.
    """
    whole = picture(path)
    if whole is None:
        raise MediaError(path.name, "has no picture")
    if not edges:
        return samples.groups(samples.shifted(whole, -lead_ms), wanted.start_ms, None) if lead_ms else whole
    middle = samples.groups(samples.shifted(whole, -lead_ms), wanted.start_ms, wanted.end_ms)
    around = [(made, start) for path, start in edges if (made := picture(path)) is not None]
    pieces = [one for one in around if one[1] < wanted.start_ms] + [(middle, 0)]
    pieces += [one for one in around if one[1] >= wanted.start_ms]
    entry = avc.merged([track.entry for track, _ in pieces])
    return samples.join(
        [(replace(samples.rescaled(track, tables.MOVIE_SCALE), entry=entry), start) for track, start in pieces]
    )


def rendition(folder: Path, rung: Rung, track: Samples, main: Sound | None, cut: Cut) -> dict[str, Any]:
    """Write one rendition into ``folder`` and describe it.

    Args:
        folder: where ``<rung>.mp4``, ``.init.mp4`` and ``.m3u8`` go.
        rung: which one.
        track: its picture.
        main: the sound to put in, if there is any.
        cut: where segments start, and where the recording ends.
    """
    joined = samples.end_by(samples.start_at_zero(track), cut.end_ms)
    both = [joined] if main is None else [joined, main.track]
    segments = mp4.write(folder / f"{rung.name}.mp4", folder / f"{rung.name}.init.mp4", both, cut.starts_ms)
    _write_playlist(folder, rung.name, f"{rung.name}.mp4", segments)
    peak, average = hls.bandwidths(segments)
    return {
        "file": f"{rung.name}.mp4",
        "playlist": f"{rung.name}.m3u8",
        "width": rung.width,
        "height": rung.height,
        "codecs": ",".join(codec_string(track.entry) for track in both),
        "bandwidth": peak,
        "average_bandwidth": average,
        "copied": rung.copied,
    }


def audio_file(
    folder: Path, made: Sound, language: str, *, main: bool, alone: bool, duration_ms: int
) -> dict[str, Any]:
    """Write one audio file into ``folder`` and describe it.

    It has a playlist where HLS needs one: the only sound of a recording without picture, and further languages.
    """
    name = "audio" if main else f"audio.{language}"
    init = folder / f"{name}.init.mp4"
    cuts = chunks.audio_cuts(duration_ms)
    segments = mp4.write(folder / f"{name}.m4a", init, [made.track], cuts)
    in_hls = alone or not main
    if in_hls:
        _write_playlist(folder, name, f"{name}.m4a", segments)
    else:
        init.unlink()
    return {
        "file": f"{name}.m4a",
        "playlist": f"{name}.m3u8" if in_hls else None,
        "language": language,
        "codecs": codec_string(made.track.entry),
        "bandwidth": hls.bandwidths(segments)[0],
        "lufs": made.lufs,
    }


def _write_playlist(folder: Path, name: str, media: str, segments: Sequence[Segment]) -> None:
    (folder / f"{name}.m3u8").write_text(hls.media_playlist(media, f"{name}.init.mp4", segments), "utf-8")
