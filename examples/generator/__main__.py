"""Make the recordings of the example catalogue: `python examples/generator examples/gnm2021`.

Everything comes from `talks.yaml`: slides are drawn from text, speech is synthetic (espeak-ng), captions take their
times from the speech. It needs espeak-ng and the Noto fonts on the machine that runs it; the catalogue itself needs
neither. The same programs give the same bytes. This script is no part of the product, so it starts its two programs
by itself.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import wave
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import captions
import imageio_ffmpeg
import pictures
import speech
import yaml

RATE = 25
VIDEO = {
    # Encoded once, small, and ready for the web: 8-bit 4:2:0 H.264 with regular key frames, and AAC at 48 kHz.
    ".mp4": ["-c:v", "libx264", "-preset", "slow", "-crf", "28", "-g", "100", "-c:a", "aac", "-b:a", "48k"],
    # What a browser's own recorder writes: not ready for HLS, so publishing it encodes it.
    ".webm": ["-c:v", "libvpx-vp9", "-crf", "40", "-b:v", "0", "-g", "125", "-c:a", "libopus", "-b:a", "40k"],
    ".m4a": ["-c:a", "aac", "-b:a", "48k"],
}


@dataclass(frozen=True)
class Timeline:
    """A talk as it is spoken."""

    samples: speech.Samples
    cues: tuple[captions.Cue, ...]
    translation: tuple[captions.Cue, ...]
    starts_ms: tuple[int, ...]
    """When each slide begins."""


def timeline(talk: dict[str, Any]) -> Timeline:
    """Speak every line of a talk, and note when each line and each slide begins."""
    track = speech.Track()
    cues, translation, starts = [], [], []
    for slide in talk["slides"]:
        starts.append(track.duration_ms)
        track.pause(500)
        for line in slide["say"]:
            voice = talk["voices"][line.get("who", "narrator")]
            start_ms = track.duration_ms
            track.say(line["text"], voice)
            speaker = line.get("who", "").capitalize()
            cues.append(captions.Cue(start_ms, track.duration_ms, line["text"], speaker))
            if "english" in line:
                translation.append(captions.Cue(start_ms, track.duration_ms, line["english"], speaker))
            track.pause(line.get("pause_ms", 260))
        track.pause(500)
    return Timeline(track.samples(), tuple(cues), tuple(translation), tuple(starts))


def encode(talk: dict[str, Any], spoken: Timeline, target: Path) -> None:
    """Draw the pictures of a talk, if it has any, and write the media file."""
    sound = io.BytesIO()
    with wave.open(sound, "wb") as writer:
        writer.setparams((1, 2, speech.RATE, 0, "NONE", ""))
        writer.writeframes(spoken.samples.tobytes())
    wav = target.with_suffix(".wav.tmp")
    wav.write_bytes(sound.getvalue())
    argv = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", "-i", str(wav)]
    if "size" in talk:
        width, height = talk["size"]
        raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}", "-r", str(RATE)]
        argv += [*raw, "-i", "-", "-map", "1:v", "-map", "0:a", "-pix_fmt", "yuv420p", "-threads", "1"]
        argv += ["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"]
        argv += ["-vf", "scale=out_color_matrix=bt709:out_range=tv"]
    argv += [*VIDEO[target.suffix], "-ar", "48000", "-map_metadata", "-1", "-fflags", "+bitexact"]
    argv += ["-movflags", "+faststart"] if target.suffix in {".mp4", ".m4a"} else []
    try:
        with subprocess.Popen([*argv, str(target)], stdin=subprocess.PIPE) as process:
            assert process.stdin is not None  # noqa: S101 - for the type checker: PIPE was asked for
            if "size" in talk:
                levels = speech.levels(spoken.samples, RATE)
                for frame in pictures.frames(talk, spoken.starts_ms, spoken.cues, levels):
                    process.stdin.write(frame)
            process.stdin.close()
            if process.wait() != 0:
                raise SystemExit(f"{target}: the encoder failed")
    finally:
        wav.unlink()


def main() -> None:
    """Make the recordings and captions of one catalogue."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("catalogue", type=Path)
    parser.add_argument("--only", action="append", default=[], help="id of a recording to make")
    arguments = parser.parse_args()
    talks = yaml.safe_load(Path(__file__).with_name("talks.yaml").read_text(encoding="utf-8"))
    for talk in talks:
        folder = arguments.catalogue / talk["event"] / "recordings"
        if arguments.only and talk["id"] not in arguments.only:
            continue
        spoken = timeline(talk)
        encode(talk, spoken, folder / talk["file"])
        for name in talk.get("captions", []):
            english = name.rsplit(".", 2)[-2] == "en" and talk["language"] != "en"
            captions.write(folder / name, spoken.translation if english else spoken.cues)


if __name__ == "__main__":
    main()
