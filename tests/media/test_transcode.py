"""Recordings of all kinds through probe and transcode, with the real ffmpeg."""

from __future__ import annotations

import pickle
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image, ImageStat

from catalog.manifest import Artifact
from pipeline.config import Settings, TranscodeSettings
from pipeline.errors import MediaError
from pipeline.media import chunks
from pipeline.media.loudness import read as read_loudness
from pipeline.media.tools import Tools
from pipeline.stages.probe import ProbeStage
from pipeline.stages.transcode import TranscodeStage
from tests.media.bench import Workshop
from tests.media.sources import record, run, standing
from tests.media.strict import check_folder, read_playlist

pytestmark = pytest.mark.media


def settings(*heights: int, **options: Any) -> Settings:
    return Settings(title="Test", transcode=TranscodeSettings(heights=heights, **options))


def sizes(artifact: Artifact) -> list[tuple[int, int]]:
    return [(one["width"], one["height"]) for one in artifact.data["renditions"]]


def frame_times(path: Path) -> list[float]:
    """When every decoded picture is shown, seconds."""
    with av.open(str(path)) as container:
        return [round(frame.time, 4) for frame in container.decode(video=0)]


def samples_of(path: Path) -> int:
    """Decoded sound samples."""
    with av.open(str(path)) as container:
        return sum(frame.samples for frame in container.decode(audio=0))


def test_web_ready_source_is_copied(tools: Tools, tmp_path: Path) -> None:
    """The top rung has the very packets of the source; the rung below has its key frames at the same times."""
    source = record(tools, tmp_path / "talk.mp4", seconds=12)
    artifact, folder = Workshop(tmp_path, tools, settings(360, 240)).transcode(source)
    assert sizes(artifact) == [(640, 360), (426, 240)]
    assert [one["copied"] for one in artifact.data["renditions"]] == [True, False]
    packets = []
    for path in (source, folder / "360p.mp4"):
        with av.open(str(path)) as container:
            packets.append([bytes(packet) for packet in container.demux(video=0) if packet.size])
    assert packets[0] == packets[1]
    check_folder(folder, artifact.data)


def test_two_runs_write_the_same_bytes(tools: Tools, tmp_path: Path) -> None:
    """Nothing of the time, the place or the machine's load is in an artifact."""
    source = record(tools, tmp_path / "talk.mp4", seconds=5)
    made = [Workshop(tmp_path / name, tools, settings(360, 240)).transcode(source)[0] for name in ("a", "b")]
    assert made[0].files == made[1].files
    assert made[0].digest == made[1].digest


def test_chunks_join_without_a_seam(tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut into chunks at key frames, each picture is there once and at its time, and the sound is the same."""
    source = record(tools, tmp_path / "talk.mp4", "-bf", "2", seconds=20.04)
    whole, whole_folder = Workshop(tmp_path / "whole", tools, settings(240)).transcode(source)
    monkeypatch.setattr(chunks, "CHUNK_MS", 5000)
    pieces, folder = Workshop(tmp_path / "pieces", tools, settings(240)).transcode(source)
    assert frame_times(folder / "240p.mp4") == frame_times(whole_folder / "240p.mp4") == frame_times(source)
    assert samples_of(folder / "240p.mp4") == samples_of(whole_folder / "240p.mp4")
    assert pieces.file("audio.m4a") == whole.file("audio.m4a")
    check_folder(folder, pieces.data)


def test_standing_pictures_are_repeated(tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a picture stands for long, segments stay short, also at the end of a chunk; motion is kept."""
    monkeypatch.setattr(chunks, "CHUNK_MS", 8000)
    source = standing(tools, tmp_path / "screen.mp4")
    artifact, folder = Workshop(tmp_path, tools, settings(360, 240)).transcode(source)
    assert any("stands for 18 s" in note for note in artifact.data["notes"])
    times = frame_times(folder / "360p.mp4")
    assert max(later - one for one, later in pairwise(times)) < 0.21
    assert times[-1] > 35.5
    assert sum(one < 3 for one in times) == pytest.approx(75, abs=2), "what moves has all its pictures"
    assert sum(18 < one < 34 for one in times) <= 5 * 16 + 1, "what stands has five a second"
    _, _, segments, _ = read_playlist(folder / "360p.m3u8")
    assert max(one.seconds for one in segments) <= 8
    check_folder(folder, artifact.data)


@pytest.mark.parametrize("suffix", ["mkv", "mp4", "ts"])
def test_chunks_of_a_leading_picture_source(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, suffix: str
) -> None:
    """Open groups of pictures (those before a key frame need the group before) are decoded right at every joint."""
    monkeypatch.setattr(chunks, "CHUNK_MS", 3000)
    options = ("-x264-params", "open-gop=1:keyint=40:bframes=3", "-preset", "medium")
    source = record(tools, tmp_path / f"talk.{suffix}", *options, seconds=12)
    artifact, folder = Workshop(tmp_path, tools, settings(240)).transcode(source)
    assert not artifact.data["renditions"][0]["copied"]
    expected, found = frame_times(source), frame_times(folder / "240p.mp4")
    first = expected[1] - found[1]  # the very first picture is shown from 0 on, wherever the sound begins
    assert found[1:] == pytest.approx([one - first for one in expected[1:]], abs=0.002)
    check_folder(folder, artifact.data)


def test_sound_stays_with_the_picture(tools: Tools, tmp_path: Path) -> None:
    """A beep that comes with a flash still does, within a few milliseconds, though the sound starts late."""
    source = tmp_path / "flash.mkv"
    run(
        tools,
        *("-f", "lavfi", "-i", "color=black:size=320x240:rate=25:duration=6"),
        *("-f", "lavfi", "-i", "aevalsrc='if(between(t,2.5,3.5),sin(2000*t),0)':duration=5.5:sample_rate=48000"),
        *("-filter_complex", "[0:v]drawbox=color=white:t=fill:enable='between(t,3,4)'[v];[1:a]asetpts=PTS+0.5/TB[a]"),
        *("-map", "[v]", "-map", "[a]", "-c:v", "libx264", "-g", "50", "-c:a", "aac", str(source)),
    )
    artifact, folder = Workshop(tmp_path, tools, settings(240)).transcode(source)
    with av.open(str(folder / "240p.mp4")) as container:
        light = next(frame.time for frame in container.decode(video=0) if frame.to_ndarray()[:240].mean() > 128)
    with av.open(str(folder / "240p.mp4")) as container:
        loud = next(frame.time for frame in container.decode(audio=0) if abs(frame.to_ndarray()).max() > 0.2)
    assert light == pytest.approx(3.0, abs=0.001)
    assert loud == pytest.approx(3.0, abs=0.03)
    check_folder(folder, artifact.data)


def test_sound_alone_and_picture_alone(tools: Tools, tmp_path: Path) -> None:
    """A recording without picture is audio with an HLS playlist; one without sound has none anywhere."""
    heard = tmp_path / "heard.mp3"
    run(tools, "-f", "lavfi", "-i", "sine=duration=15", str(heard))
    artifact, folder = Workshop(tmp_path / "heard", tools).transcode(heard)
    assert artifact.data["renditions"] == []
    assert artifact.data["poster"] is None
    assert [one["playlist"] for one in artifact.data["audio"]] == ["audio.m3u8"]
    check_folder(folder, artifact.data)
    seen = record(tools, tmp_path / "seen.mp4", "-an", seconds=3)
    artifact, folder = Workshop(tmp_path / "seen", tools).transcode(seen)
    assert artifact.data["audio"] == []
    assert artifact.data["renditions"][0]["codecs"].startswith("avc1.")
    check_folder(folder, artifact.data)


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ("scale=270:480,setsar=1", (270, 480)),
        ("scale=321:241,setsar=1", (320, 240)),
        ("scale=360:288,setsar=16/11", (524, 288)),
        ("scale=352:288,setsar=1/2", (176, 288)),
    ],
    ids=["portrait", "odd", "anamorphic wide", "anamorphic narrow"],
)
def test_shapes(tools: Tools, tmp_path: Path, filters: str, expected: tuple[int, int]) -> None:
    """Square pixels, even sizes, the same shape, never larger."""
    source = tmp_path / "shape.mkv"
    video = ("-f", "lavfi", "-i", "testsrc2=size=640x480:rate=25:duration=2")
    run(tools, *video, "-vf", filters, "-c:v", "ffv1", "-pix_fmt", "yuv444p", str(source))
    artifact, folder = Workshop(tmp_path, tools).transcode(source)
    assert sizes(artifact)[0] == expected
    check_folder(folder, artifact.data)


def test_rotated_phone_video_stands_upright(tools: Tools, tmp_path: Path) -> None:
    """The rotation a phone writes is applied: the left edge of the stored picture is at the top."""
    flat = tmp_path / "flat.mp4"
    picture = "color=black:size=320x240:rate=25:duration=2,drawbox=w=40:h=240:color=white:t=fill"
    run(tools, "-f", "lavfi", "-i", picture, "-c:v", "libx264", str(flat))
    turned = tmp_path / "turned.mp4"
    run(tools, "-display_rotation", "-90", "-i", str(flat), "-c", "copy", str(turned))
    artifact, folder = Workshop(tmp_path, tools).transcode(turned)
    assert sizes(artifact) == [(240, 320)]
    with av.open(str(folder / "240p.mp4")) as container:
        luma = next(container.decode(video=0)).to_ndarray()[:320]
    assert luma[:30].mean() > 200
    assert luma[60:].mean() < 40


@pytest.mark.parametrize(
    "options",
    [
        ("-pix_fmt", "yuv420p10le", "-c:v", "libx265", "-x265-params", "log-level=none"),
        ("-pix_fmt", "yuv444p", "-c:v", "libx264"),
        ("-pix_fmt", "yuvj420p", "-color_range", "pc", "-c:v", "mjpeg"),
        ("-vf", "tinterlace=interleave_top,fieldorder=tff", "-flags", "+ildct+ilme", "-c:v", "mpeg2video"),
        ("-c:v", "libvpx-vp9", "-deadline", "realtime", "-cpu-used", "8"),
        ("-c:v", "libx264", "-vf", "setpts='PTS+random(1)*0.02/TB'", "-fps_mode", "vfr"),
    ],
    ids=["ten bits", "4:4:4", "full range", "interlaced", "VP9", "variable rate"],
)
def test_kinds_of_picture(tools: Tools, tmp_path: Path, options: tuple[str, ...]) -> None:
    """Whatever the source is coded in, what comes out is 8-bit 4:2:0 H.264 with as many pictures."""
    source = tmp_path / "source.mkv"
    video = ("-f", "lavfi", "-i", "testsrc2=size=426x240:rate=25:duration=3")
    run(tools, *video, *options, str(source))
    artifact, folder = Workshop(tmp_path, tools).transcode(source)
    assert artifact.data["renditions"][0]["codecs"].startswith("avc1.64")
    with av.open(str(folder / "240p.mp4")) as container:
        frames = list(container.decode(video=0))
    assert {frame.format.name for frame in frames} == {"yuv420p"}
    assert not any(frame.interlaced_frame for frame in frames)
    assert len(frames) == len(frame_times(source))
    check_folder(folder, artifact.data)


def test_hdr_is_tone_mapped(tools: Tools, tmp_path: Path) -> None:
    """A PQ picture comes out in BT.709, mid-grey where it was: not the washed-out grey of a plain conversion."""
    source = tmp_path / "hdr.mkv"
    run(
        tools,
        *("-f", "lavfi", "-i", "testsrc2=size=320x240:rate=25:duration=1"),
        *("-vf", "zscale=pin=709:tin=709:min=709:rin=tv:p=2020:t=smpte2084:m=2020_ncl:npl=100,format=yuv420p10le"),
        *("-c:v", "libx265", "-x265-params", "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"),
        str(source),
    )
    artifact, folder = Workshop(tmp_path, tools).transcode(source)
    with av.open(str(folder / "240p.mp4")) as container:
        frame = next(container.decode(video=0))
    assert int(frame.color_trc) == 1
    with av.open(str(source)) as container:
        untouched = next(container.decode(video=0)).to_ndarray()[:240].std() / 4
    assert frame.to_ndarray()[:240].std() > untouched
    check_folder(folder, artifact.data)


@pytest.mark.parametrize(
    ("volume", "noise"), [("-30dB", ""), ("0dB", ""), ("-24dB", "+if(between(mod(t,4),1,1.01),0.8*sin(900*t),0)")],
    ids=["quiet", "loud", "quiet with knocks"],
)  # fmt: skip
def test_loudness(tools: Tools, tmp_path: Path, volume: str, noise: str) -> None:
    """All sound comes out at -16 LUFS with true peaks below -1 dBTP, measured on the decoded file."""
    source = tmp_path / "tone.wav"
    speech = f"{10 ** (float(volume[:-2]) / 20)}*sin(440*2*PI*t)*(0.6+0.4*sin(3*t)){noise}"
    run(
        tools,
        "-f",
        "lavfi",
        "-i",
        f"aevalsrc='{speech}':duration=20:sample_rate=48000",
        "-c:a",
        "pcm_s16le",
        str(source),
    )
    artifact, folder = Workshop(tmp_path, tools).transcode(source)
    meter = "ebur128=metadata=1:peak=true,ametadata=print:file=meter.txt"
    run(
        tools,
        "-i",
        str(folder / "audio.m4a"),
        "-af",
        meter.replace("meter.txt", str(tmp_path / "meter.txt")),
        "-f",
        "null",
        "-",
    )
    heard = read_loudness(tmp_path / "meter.txt")
    assert heard is not None
    assert heard.lufs == pytest.approx(-16, abs=1.0)
    assert heard.peak_db <= -1.0
    assert artifact.data["audio"][0]["lufs"] == pytest.approx(heard.lufs, abs=0.3)


def test_languages_become_audio_renditions(tools: Tools, tmp_path: Path) -> None:
    """The main language is in every rung; an interpretation is a file and a playlist of its own."""
    source = tmp_path / "floor.mkv"
    run(
        tools,
        *("-f", "lavfi", "-i", "testsrc2=size=426x240:rate=25:duration=4"),
        *("-f", "lavfi", "-i", "sine=440:duration=4", "-f", "lavfi", "-i", "sine=880:duration=4"),
        *("-map", "0", "-map", "1", "-map", "2", "-c:v", "libx264", "-c:a", "aac"),
        *("-metadata:s:a:0", "language=eng", "-metadata:s:a:1", "language=fra", str(source)),
    )
    artifact, folder = Workshop(tmp_path, tools).transcode(source)
    found = [(one["file"], one["language"], one["playlist"]) for one in artifact.data["audio"]]
    assert found == [("audio.m4a", "en", None), ("audio.fr.m4a", "fr", "audio.fr.m3u8")]
    check_folder(folder, artifact.data)


@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_late_start_is_not_cut_short(tools: Tools, tmp_path: Path, suffix: str) -> None:
    """A recorder whose clock stood at 20 s when it began: the recording lasts from its first picture to its last."""
    source = record(tools, tmp_path / f"talk.{suffix}", "-output_ts_offset", "20", seconds=4)
    artifact, folder = Workshop(tmp_path, tools, settings(240)).transcode(source)
    assert artifact.data["duration_ms"] == pytest.approx(4000, abs=60)
    check_folder(folder, artifact.data)


def test_interlaced_after_a_plain_title(tools: Tools, tmp_path: Path) -> None:
    """Two progressive seconds at the start do not hide that the rest is interlaced: nothing comes out combed."""
    title, talk, source = (tmp_path / name for name in ("title.ts", "talk.ts", "all.ts"))
    lavfi = ("-f", "lavfi", "-i", "testsrc2=size=426x240:rate=50:duration=4")
    coded = ("-c:v", "mpeg2video", "-r", "25", "-b:v", "3M", "-g", "12")
    run(tools, *lavfi, "-vf", "trim=end=2,fps=25", *coded, str(title))
    run(
        tools,
        *lavfi,
        "-vf",
        "tinterlace=interleave_top,setfield=tff",
        *coded,
        "-flags",
        "+ildct+ilme",
        *("-output_ts_offset", "2"),
        str(talk),
    )
    source.write_bytes(title.read_bytes() + talk.read_bytes())
    workshop = Workshop(tmp_path, tools)
    assert workshop.make(ProbeStage(), workshop.job(source)).data["video"]["interlaced"]


def test_nothing_private_comes_through(tools: Tools, tmp_path: Path) -> None:
    """Places, titles, comments and chapter names of the source are in no file that is published."""
    canary = "CANARY-48.8566+2.3522"
    source = tmp_path / "tagged.mp4"
    tags = [f"{name}={canary}" for name in ("title", "location", "comment", "artist", "com.apple.quicktime.make")]
    options = [word for tag in tags for word in ("-metadata", tag)]
    record(
        tools,
        source,
        *options,
        "-metadata:s:v:0",
        f"handler_name={canary}",
        "-movflags",
        "use_metadata_tags",
        seconds=3,
    )
    assert canary.encode() in source.read_bytes()
    _, folder = Workshop(tmp_path, tools, settings(360, 240)).transcode(source)
    assert not [path.name for path in folder.iterdir() if canary.encode() in path.read_bytes()]


def test_poster_is_the_slide_not_the_black(tools: Tools, tmp_path: Path) -> None:
    """The poster shows the detailed picture, although most of the recording is black or plain."""
    source = tmp_path / "slides.mkv"
    run(
        tools,
        *("-f", "lavfi", "-i", "color=black:size=640x360:rate=5:duration=8"),
        *("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=5:duration=4"),
        *("-f", "lavfi", "-i", "color=gray:size=640x360:rate=5:duration=8"),
        *("-filter_complex", "concat=n=3", "-c:v", "libx264", str(source)),
    )
    artifact, folder = Workshop(tmp_path, tools).transcode(source)
    assert (artifact.data["poster"]["width"], artifact.data["poster"]["height"]) == (640, 360)
    assert ImageStat.Stat(Image.open(folder / "poster.jpg").convert("L")).stddev[0] > 40


def test_storyboard(tools: Tools, tmp_path: Path) -> None:
    """Tiles follow the recording second by second, in its colours: red, then blue; the track covers all of it."""
    source = tmp_path / "colours.mkv"
    run(
        tools,
        *("-f", "lavfi", "-i", "color=red:size=320x180:rate=5:duration=6"),
        *("-f", "lavfi", "-i", "color=blue:size=320x180:rate=5:duration=6"),
        *("-filter_complex", "concat=n=2", "-c:v", "libx264", "-pix_fmt", "yuv420p", str(source)),
    )
    artifact, folder = Workshop(tmp_path, tools).transcode(source)
    lines = (folder / artifact.data["storyboard"]).read_text("utf-8").splitlines()
    assert lines[2] == "00:00:00.000 --> 00:00:01.000"
    assert lines[-2].endswith("--> 00:00:12.000")
    places = [line for line in lines if "#xywh=" in line]
    for number, place in enumerate(places):
        name, _, box = place.partition("#xywh=")
        left, top, width, height = map(int, box.split(","))
        tile = Image.open(folder / name).crop((left, top, left + width, top + height))
        red, green, blue = ImageStat.Stat(tile).mean
        assert (red > 200 and blue < 60) if number < 6 else (blue > 200 and red < 60)
        assert green < 60


def test_damaged_middle_is_noticed(tools: Tools, tmp_path: Path) -> None:
    """A third of the picture overwritten: never published as whole, though ffmpeg would conceal it and end well."""
    source = record(tools, tmp_path / "talk.mp4", "-an", "-b:v", "2M", seconds=12)
    content = bytearray(source.read_bytes())
    third = len(content) // 3
    content[third : 2 * third] = bytes(third)
    source.write_bytes(content)
    with pytest.raises(MediaError, match="damaged"):
        Workshop(tmp_path, tools, settings(240, copy_source=False)).transcode(source)


def test_parts_survive_a_pickle_and_depend_on_their_settings(tools: Tools, tmp_path: Path) -> None:
    """Tasks are plain data; another ladder gives other parts, another title the same."""
    source = record(tools, tmp_path / "talk.mp4", seconds=3)
    workshop = Workshop(tmp_path, tools, settings(360, 240))
    job = workshop.job(source)
    job = replace(job, artifacts={"probe": workshop.make(ProbeStage(), job)})
    task = TranscodeStage().plan(job)
    assert pickle.loads(pickle.dumps(task)) == task
    retitled = replace(job, recording=job.recording.model_copy(update={"title": "Two"}))
    assert TranscodeStage().plan(retitled).key == task.key
    other = replace(job, settings=settings(360, 144))
    assert TranscodeStage().plan(other).parts[1].key != task.parts[1].key
    assert TranscodeStage().plan(other).parts[0].key == task.parts[0].key
