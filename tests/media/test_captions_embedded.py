"""Captions inside recordings: real files made by ffmpeg, and those of the corpus."""

from __future__ import annotations

import itertools
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from catalog.manifest import Artifact
from pipeline.captions import webvtt
from pipeline.media.command import Command, Limits, Tools
from pipeline.media.runner import Runner
from pipeline.media.tools import find_tools
from pipeline.stages.captions import CaptionsStage
from pipeline.stages.probe import ProbeStage
from tests import dtvcc
from tests.media.bench import FolderBench, Workshop

pytestmark = pytest.mark.media

SUBRIP = (
    "1\n00:00:01,000 --> 00:00:02,500\n<i>Première</i> ligne & <LAUGHS>\n\n2\n00:00:03,000 --> 00:00:04,000\nLast one\n"
)
ASS = """[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour
Style: Default,Arial,20,&H00FFFFFF

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
Dialogue: 0,0:00:01.00,0:00:02.50,Default,Ana,0,0,0,,Hello\\N{\\b1}there{\\b0}
"""
WEBVTT = "WEBVTT\n\n00:01.000 --> 00:02.500\n<v Ana>Hello there\n"
SCC = (
    "Scenarist_SCC V1.0\n\n00:00:01:00\t94ae 94ae 9420 9420 9470 9470 c8e5 ecec ef80 942f 942f\n\n"
    "00:00:03:00\t94ae 94ae 9420 9420 9470 9470 c279 e580 942f 942f\n\n00:00:05:00\t942c 942c\n"
)


@pytest.fixture(scope="module")
def tools() -> Tools:
    return find_tools()


def made(tools: Tools, folder: Path, name: str, texts: dict[str, str], *options: str) -> Path:
    """A recording of six seconds with text tracks; ``texts`` is file name -> content."""
    for file, content in texts.items():
        (folder / file).write_text(content, "utf-8")
    inputs = [word for file in texts for word in ("-i", f"/in/{file}")]
    maps = [word for at in range(len(texts)) for word in ("-map", f"{at + 1}:0")]
    argv = ("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc=d=6:s=128x72:r=25", *inputs, "-map", "0:v", *maps)
    command = Command(
        (*argv, "-c:v", "libx264", *options, name),
        inputs={file: folder / file for file in texts},
        output=folder,
        limits=Limits(wall_s=60),
    )
    Runner(tools).run(command)
    return folder / name


def captions(
    tools: Tools, root: Path, source: Path
) -> tuple[dict[str, Any], dict[str, list[tuple[int, int, str, str]]]]:
    """What the stage makes of a recording: its facts, and the cues by language."""
    workshop = Workshop(root, tools)
    job = workshop.job(source)
    silent = Artifact(key="t", stage="transcode", data={"audio": []})
    job = replace(job, artifacts={"probe": workshop.make(ProbeStage(), job), "transcode": silent})
    task = CaptionsStage().plan(job)
    bench = FolderBench(root, task.key, workshop.runner, workshop.folders)
    data = CaptionsStage().run(job, task, bench).data
    cues = {
        one["language"]: [
            (cue.start_ms, cue.end_ms, cue.text, cue.speaker)
            for cue in webvtt.read_published((bench.out / one["file"]).read_bytes())
        ]
        for one in data["tracks"]
    }
    return data, cues


FRENCH_CUES = [(1000, 2500, "Première ligne & <LAUGHS>", ""), (3000, 4000, "Last one", "")]


@pytest.mark.parametrize(
    ("name", "codec", "text", "expected"),
    [
        ("a.mkv", "copy", {"t.srt": SUBRIP}, FRENCH_CUES),
        ("b.mp4", "mov_text", {"t.srt": SUBRIP.replace("<LAUGHS>", "laughs")}, None),
        ("c.mkv", "ass", {"t.ass": ASS}, [(1000, 2500, "Hello\nthere", "Ana")]),
        ("d.mkv", "copy", {"t.vtt": WEBVTT}, [(1000, 2500, "Hello there", "Ana")]),
    ],
    ids=["srt", "tx3g", "ass", "webvtt"],
)
def test_text_tracks(
    tools: Tools,
    tmp_path: Path,
    name: str,
    codec: str,
    text: dict[str, str],
    expected: list[tuple[int, int, str, str]] | None,
) -> None:
    """Every codec that holds text: text, times and names of speakers come out, markup does not."""
    source = made(tools, tmp_path, name, text, "-c:s", codec, "-metadata:s:s:0", "language=fre")
    data, cues = captions(tools, tmp_path / "work", source)
    assert [one["origin"] for one in data["tracks"]] == ["embedded"]
    assert cues["fr"] == (expected or [(1000, 2500, "Première ligne & laughs", ""), (3000, 4000, "Last one", "")])


def test_two_languages(tools: Tools, tmp_path: Path) -> None:
    """Each track is published in its language, by the two-letter code."""
    options = ("-c:s", "copy", "-metadata:s:s:0", "language=fre", "-metadata:s:s:1", "language=ger")
    source = made(tools, tmp_path, "a.mkv", {"fr.srt": SUBRIP, "de.srt": SUBRIP}, *options)
    _, cues = captions(tools, tmp_path / "work", source)
    assert cues == {"fr": FRENCH_CUES, "de": FRENCH_CUES}


def test_line_21_track(tools: Tools, tmp_path: Path) -> None:
    """CEA-608 as a track of its own, as QuickTime files have it."""
    source = made(tools, tmp_path, "a.mov", {"t.scc": SCC}, "-c:s", "copy")
    data, cues = captions(tools, tmp_path / "work", source)
    assert [one["origin"] for one in data["tracks"]] == ["embedded"]
    assert cues["en"][0][2] == "Hello"


def with_user_data(tools: Tools, folder: Path, data: dict[int, bytes]) -> Path:
    """A recording of six seconds at 25 pictures a second; ``data`` is number of the picture -> its user data.

    It stands in a message before the picture (SEI, type 4: H.264, D.1.6), with emulation prevention.
    """
    plain = made(tools, folder, "plain.h264", {}, "-bf", "0", "-bsf:v", "filter_units=remove_types=6")
    units = re.split(rb"\x00?\x00\x00\x01", plain.read_bytes())[1:]
    pictures = itertools.count()
    stream = b""
    for unit in units:
        if unit[0] & 0x1F in {1, 5} and (user_data := data.get(next(pictures))):
            body = b"\xb5\0\x31" + user_data
            message = bytes((4, len(body))) + body
            stream += b"\0\0\0\1\x06" + re.sub(rb"\x00\x00(?=[\x00-\x03])", b"\0\0\3", message) + b"\x80"
        stream += b"\0\0\0\1" + unit
    (folder / "captioned.h264").write_bytes(stream)
    argv = ("ffmpeg", "-v", "error", "-framerate", "25", "-i", "/in/src", "-c", "copy", "captioned.mp4")
    Runner(tools).run(Command(argv, {"src": folder / "captioned.h264"}, folder, limits=Limits(wall_s=60)))
    return folder / "captioned.mp4"


def test_cea_708_inside_the_picture(tools: Tools, tmp_path: Path) -> None:
    """Two services in the user data of pictures, without CEA-608 beside them: two languages, with their times."""
    english = dtvcc.define(0) + b"Thank you for being here"
    french = dtvcc.define(0) + "Merci à tous d'être là".encode("latin-1")
    sent = {
        10: dtvcc.packet(dtvcc.block(english), dtvcc.block(french, 2)),
        25: dtvcc.packet(dtvcc.block(dtvcc.display()), dtvcc.block(dtvcc.display(), 2)),
        100: dtvcc.packet(dtvcc.block(dtvcc.delete()), dtvcc.block(dtvcc.delete(), 2)),
    }
    data = {at: dtvcc.user_data(pairs[:31]) for at, pairs in sent.items()}
    data[11] = dtvcc.user_data(sent[10][31:])
    source = with_user_data(tools, tmp_path, data)
    found, cues = captions(tools, tmp_path / "work", source)
    assert [(one["language"], one["origin"]) for one in found["tracks"]] == [("en", "cea708"), ("fr", "cea708")]
    assert cues == {
        "en": [(1000, 4000, "Thank you for being here", "")],
        "fr": [(1000, 4000, "Merci à tous d'être là", "")],
    }


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("file", "texts"),
    [
        ("auto-editor/mov_text.mp4", {"oop", "boop"}),
        ("auto-editor/webvtt.mkv", {"oop", "boop"}),
        ("exoplayer/mkv/sample_with_null_terminated_srt.mkv", {"This is the first"}),
        ("exoplayer/mkv/sample_with_null_terminated_ssa_subtitles.mkv", {"This is the first"}),
        ("subtitleedit/sample_MKV_SRT.mkv", {"Line 1", "Line 2"}),
        ("subtitleedit/sample_MP4_SRT.mp4", {"Line 1", "Line 2"}),
    ],
)
def test_text_tracks_of_the_corpus(tools: Tools, tmp_path: Path, shared: Path, file: str, texts: set[str]) -> None:
    """Every embedded text track of a playable file comes out with its text."""
    data, cues = captions(tools, tmp_path, shared / "media" / file)
    assert [one["origin"] for one in data["tracks"]] == ["embedded"]
    assert {cue[2] for track in cues.values() for cue in track} == texts


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("file", "first", "start_ms"),
    [("sintel-captions.ts", "ASUKA", 1119), ("dash-608-captions_joined_derived.mp4", "00:00:00", 0)],
)
def test_line_21_inside_the_picture(
    tools: Tools, tmp_path: Path, shared: Path, file: str, first: str, start_ms: int
) -> None:
    """CEA-608 in the user data of H.264 pictures, in transport streams and in fragmented MP4."""
    data, cues = captions(tools, tmp_path, shared / "media" / "muxjs" / file)
    assert [one["origin"] for one in data["tracks"]] == ["cea608"]
    assert cues["en"][0][2].startswith(first)
    assert cues["en"][0][0] == start_ms


@pytest.mark.corpus
def test_teletext(tools: Tools, tmp_path: Path, shared: Path) -> None:
    """Subtitle pages of teletext; the sample has no times, so that it gets some together with a picture."""
    sample = shared / "media" / "subtitleedit" / "sample_TS_with_teletext.ts"
    argv = ("ffmpeg", "-v", "error", "-i", "/in/src", "-f", "lavfi", "-i", "testsrc=d=8:s=128x72:r=25")
    timed = ("-map", "1:v", "-map", "0:0", "-c:v", "libx264", "-c:s", "copy", "-bsf:s", "setts=pts=N*3600:dts=N*3600")
    Runner(tools).run(Command((*argv, *timed, "a.ts"), {"src": sample}, tmp_path, limits=Limits(wall_s=60)))
    _, cues = captions(tools, tmp_path / "work", tmp_path / "a.ts")
    assert "Stufen Sie ihn zurück!" in " ".join(cue[2] for track in cues.values() for cue in track)
