"""What the thumbnails of a transcode give: the poster, the slides, the storyboard; and the parts they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.freshness import Task
from pipeline.media import encode, joining, slides, stills, storyboard, stretches
from pipeline.media.ladder import Rung
from pipeline.media.stretches import Levels, Watched
from pipeline.stages.base import Bench

MAX_SLIDES = 300
STILLS_AT_ONCE = 16
"""Pictures that one process decodes: each has a decoder of its own, and its memory."""


def rungs(task: Task) -> list[Rung]:
    """The renditions to make, the largest first, those in AV1 last."""
    return [Rung.of(plain) for plain in task.settings["rungs"]]


def parts(task: Task, kind: str) -> list[Task]:
    """The parts of one kind, in order."""
    return [part for part in task.parts if part.settings["part"] == kind]


def start_ms(part: Task) -> int:
    """Where the part starts."""
    return int(part.settings["chunk"]["start_ms"])


def thumb_size(task: Task) -> tuple[int, int]:
    """Width and height of the thumbnails, pixels."""
    largest = rungs(task)[0]
    return stills.thumb_size(largest.width, largest.height, encode.THUMB_SIDE)


def made(task: Task, bench: Bench, duration_ms: int, levels: Levels | None, folder: Path) -> dict[str, Any]:
    """Write poster, slides and storyboard beside the renditions, which are there, and describe them.

    Args:
        task: the transcode.
        bench: of the task.
        duration_ms: length of the recording.
        levels: of its sound.
        folder: an empty folder for working files.
    """
    seconds = -(-duration_ms // 1000)
    if not parts(task, "pictures"):
        heard = stretches.watch(stills.NOTHING, (), levels, seconds)
        return {"poster": None, "slides": [], "storyboard": None, **_stretches(heard)}
    seen = _seen(task, bench)
    frames, moments = seen
    watched = stretches.watch(stills.lumas(frames, thumb_size(task)), moments, levels, seconds)
    return {
        "poster": _poster(task, bench, seen, watched, folder),
        "slides": _slides(task, bench, seen, folder),
        "storyboard": storyboard.write(frames, thumb_size(task), moments, duration_ms, bench.out),
        **_stretches(watched),
    }


def _stretches(watched: Watched) -> dict[str, Any]:
    return {"stretches": watched.data(), "trim_hint": stretches.ends(watched)}


def _stills(
    bench: Bench, rendition: Path, moments_ms: Sequence[int], size: tuple[int, int], folder: Path
) -> list[Path]:
    """The pictures that are shown at these moments, decoded into ``folder``."""
    for old in folder.glob("still*.png"):
        old.unlink()  # ffmpeg would leave one of before as it is
    shown = joining.shown_at(rendition, moments_ms)
    bench.run(replace(encode.stills(rendition, shown, size), output=folder))
    return [folder / f"still{number}.png" for number in range(len(moments_ms))]


def _seen(task: Task, bench: Bench) -> tuple[stills.Lumas, list[int]]:
    """The thumbnails of all chunks, and when each is shown, ms."""
    size = thumb_size(task)
    pictures = parts(task, "pictures")
    files = [bench.file(part.key, "thumbs.yuv") for part in pictures]
    moments = [
        start_ms(part) + number * encode.THUMB_MS
        for part, file in zip(pictures, files, strict=True)
        for number in range(stills.count(file, size))
    ]
    return stills.read_frames(files, size), moments


def _poster(
    task: Task, bench: Bench, seen: tuple[stills.Lumas, list[int]], watched: Watched, folder: Path
) -> dict[str, Any] | None:
    """Choose a moment by the thumbnails, and decode that one picture in full size."""
    frames, moments = seen
    waiting = stretches.at_moments(stretches.unfit(watched), moments)
    best = stills.best_moment(stills.lumas(frames, thumb_size(task)), waiting)
    if best is None:
        return None
    largest = rungs(task)[0]
    whole = stills.thumb_size(largest.width, largest.height, stills.POSTER_SIDE)
    rendition = bench.out / f"{largest.name}.mp4"
    (still,) = _stills(bench, rendition, [moments[best]], whole, folder)
    return stills.write_poster(still, bench.out)


def _slides(task: Task, bench: Bench, seen: tuple[stills.Lumas, list[int]], folder: Path) -> list[dict[str, Any]]:
    """Find the slides in the thumbnails, and decode one picture of each."""
    frames, moments = seen
    found = slides.thinned(slides.find(stills.lumas(frames, thumb_size(task))), MAX_SLIDES)
    if len(found) < 2:
        return []
    plain = [one for one in rungs(task) if one.codec == "h264"]
    large = [one for one in plain if max(one.width, one.height) >= stills.SLIDE_SIDE]
    rung = (large or rungs(task)[:1])[-1]  # the smallest that will do: rungs get smaller
    size = stills.thumb_size(rung.width, rung.height, stills.SLIDE_SIDE)
    rendition = bench.out / f"{rung.name}.mp4"
    result = []
    for start in range(0, len(found), STILLS_AT_ONCE):
        some = found[start : start + STILLS_AT_ONCE]
        pictures = _stills(bench, rendition, [moments[one.best] for one in some], size, folder)
        for number, (one, picture) in enumerate(zip(some, pictures, strict=True), start + 1):
            name = f"slide-{number:03}.webp"
            stills.write_slide(picture, bench.out / name)
            result.append({"start_ms": moments[one.first], "file": name})
    return result
