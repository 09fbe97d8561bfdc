"""Small real media for the pages of the sample catalogue: every file that its pages name."""

from __future__ import annotations

import subprocess
from pathlib import Path

import imageio_ffmpeg
from PIL import Image, ImageDraw, ImageFont

from catalog.manifest import CaptionTrack
from catalog.pages import Catalogue, PublishedRecording

COLOURS = ("#1f4a3a", "#7a4b1f", "#25456b", "#5b2f56")
SIZE = (640, 360)


def write_media(folder: Path, catalogue: Catalogue) -> None:
    """Write the media of every recording of ``catalogue`` below ``folder``: one encoding, linked under every name."""
    for index, recording in enumerate(one for one in catalogue.recordings if not one.is_elsewhere):
        work = folder / recording.made.audio[0].url
        work.parent.mkdir(parents=True, exist_ok=True)
        _encode(folder, recording, COLOURS[index % len(COLOURS)])
        for track in recording.made.captions:
            _write(folder / track.url, _vtt(track))
            for key in (track.transcript, track.subrip or track.transcript):
                _write(folder / key, "\n".join(cue.text for cue in track.cues))
        if recording.made.storyboard:
            _storyboard(recording, folder / recording.made.storyboard)
        for slide in recording.made.slides:
            _slide(recording, COLOURS[slide.start_ms % len(COLOURS)]).save(folder / slide.url)
        if recording.made.chapters_url:
            _write(folder / recording.made.chapters_url, _chapters(recording))


def _encode(folder: Path, recording: PublishedRecording, colour: str) -> None:
    made = recording.made
    seconds = str(made.duration_ms / 1000)
    audio = ["-f", "lavfi", "-i", f"sine=frequency=220:sample_rate=48000:duration={seconds}"]
    if not made.renditions:
        _ffmpeg([*audio, "-c:a", "aac", "-b:a", "48k", "-movflags", "+faststart", str(folder / made.audio[0].url)])
        return
    assert made.poster is not None
    poster = folder / made.poster.url
    _slide(recording, colour).save(poster)
    _slide(recording, colour).resize((320, 180)).save(folder / made.poster.thumbnail)
    video = folder / made.renditions[-1].url
    still = ["-loop", "1", "-framerate", "10", "-t", seconds, "-i", str(poster)]
    encode = ["-c:v", "libx264", "-threads", "1", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "20"]
    _ffmpeg([*still, *audio, *encode, "-c:a", "aac", "-b:a", "48k", "-shortest", "-movflags", "+faststart", str(video)])
    hls = ["-f", "hls", "-hls_time", "2", "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4"]
    playlist = video.parent / "media.m3u8"
    _ffmpeg(["-i", str(video), "-c", "copy", *hls, "-hls_flags", "single_file", str(playlist)])
    codecs = 'CODECS="avc1.42c01e,mp4a.40.2"'
    line = f"#EXT-X-STREAM-INF:BANDWIDTH=300000,{codecs},RESOLUTION={SIZE[0]}x{SIZE[1]}"
    _write(video.parent / "master.m3u8", f"#EXTM3U\n#EXT-X-VERSION:7\n{line}\n{playlist.name}\n")
    for rendition in made.renditions[:-1]:
        (folder / rendition.url).hardlink_to(video)
    _ffmpeg(["-i", str(video), "-vn", "-c", "copy", str(folder / made.audio[0].url)])


def _ffmpeg(arguments: list[str]) -> None:
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-nostdin", "-v", "error", "-y", *arguments]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


def _slide(recording: PublishedRecording, colour: str) -> Image.Image:
    picture = Image.new("RGB", SIZE, colour)
    draw = ImageDraw.Draw(picture)
    for offset in range(-200, 900, 60):
        draw.line((offset, 0, offset + 260, 360), fill="#ffffff18", width=1)
    draw.rectangle((40, 60, 48, 300), fill="#d8e4c4")
    draw.text((72, 120), f"{recording.recording.id}", fill="#ffffff", font=ImageFont.load_default(56))
    draw.text((72, 210), recording.event.id, fill="#d8e4c4", font=ImageFont.load_default(26))
    return picture


def _storyboard(recording: PublishedRecording, track: Path) -> None:
    """Twelve tiles of two seconds in one sprite."""
    sprite = Image.new("RGB", (1600, 180))
    lines = ["WEBVTT", ""]
    for number in range(12):
        row, column = divmod(number, 10)
        tile = _slide(recording, COLOURS[number % len(COLOURS)]).resize((160, 90))
        sprite.paste(tile, (column * 160, row * 90))
        lines += [f"{_stamp(number * 2000)} --> {_stamp(number * 2000 + 2000)}"]
        lines += [f"storyboard-1.jpg#xywh={column * 160},{row * 90},160,90", ""]
    sprite.save(track.parent / "storyboard-1.jpg")
    _write(track, "\n".join(lines))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def _stamp(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def _vtt(track: CaptionTrack) -> str:
    blocks = (f"{_stamp(cue.start_ms)} --> {_stamp(cue.end_ms)}\n{cue.text}\n" for cue in track.cues)
    return "WEBVTT\n\n" + "\n".join(blocks)


def _chapters(recording: PublishedRecording) -> str:
    marks = recording.made.chapters
    return "WEBVTT\n\n" + "\n".join(f"{_stamp(one.start_ms)} --> {_stamp(one.end_ms)}\n{one.title}\n" for one in marks)
