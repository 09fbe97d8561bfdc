"""The captions stage: what it depends on, which captions win, and that none can fail a recording."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from catalog.manifest import Artifact, Origin
from catalog.model import Event, Recording, Session
from pipeline.captions.timed import TimedText, Track
from pipeline.config import Settings
from pipeline.errors import ToolError
from pipeline.media import ocr
from pipeline.media.command import Command, Completed, Tools
from pipeline.stages.base import CaptionFile, Job, Output, Source
from pipeline.stages.captions import TRUST, Candidate, CaptionsStage, choose

FRENCH = "Merci à tous d'être venus aujourd'hui, nous allons commencer par une brève présentation des données."
ENGLISH = "Thank you all for joining us today, we will start with a short presentation of the data."
VIDEO: Mapping[str, Any] = {
    "index": 0,
    "codec": "h264",
    "profile": "High",
    "level": 31,
    "width": 640,
    "height": 360,
    "sample_aspect": [1, 1],
    "rotation": 0,
    "pixel_format": "yuv420p",
    "bit_depth": 8,
    "interlaced": False,
    "primaries": 1,
    "transfer": 1,
    "matrix": 1,
    "full_range": False,
    "bit_rate": 1,
    "frames": 1500,
    "frame_rate": 25.0,
    "constant_rate": True,
    "key_frames_ms": [0],
    "key_frame_index": [0],
    "max_key_interval_ms": 60_000,
    "open_gop": False,
    "timed": True,
    "seekable": True,
    "change": 0.1,
    "longest_ms": 40,
    "start_ms": 0,
    "end_ms": 60_000,
}


def text_track(index: int, codec: str, language: str | None = None) -> dict[str, Any]:
    return {"index": index, "codec": codec, "language": language, "title": "", "forced": False}


class Bench:
    """A bench whose processes are functions."""

    def __init__(self, out: Path, run: Callable[[Command], bytes]) -> None:
        self.out = out
        self.commands: list[Command] = []
        self._run = run

    def file(self, stage: str, name: str) -> Path:
        raise AssertionError("captions need no file of another stage")

    def run(self, command: Command, *, on_progress: Callable[[int], None] | None = None) -> Completed:
        self.commands.append(command)
        return Completed(self._run(command), "", 0.0, 0.0)

    def progress(self, done_ms: int) -> None:
        """Not told here."""


def nothing(command: Command) -> bytes:
    return b""


def job(folder: Path, files: Mapping[str, str], *, texts: tuple[dict[str, Any], ...] = (), video: bool = False) -> Job:
    """A minute of English with caption files: ``name|language|origin`` -> content."""
    captions = []
    for key, content in files.items():
        name, language, origin = (*key.split("|"), "", "")[:3]
        path = folder / sha256(key.encode()).hexdigest()
        path.write_text(content, "utf-8")
        digest = sha256(content.encode()).hexdigest()
        known = {"downloaded": origin == "downloaded", "automatic": origin == "automatic"}
        captions.append(CaptionFile(path, digest, language or None, name, **known))
    data = {
        "container": "mov",
        "duration_ms": 60_000,
        "origin_us": 2_000_000,
        "declared_ms": 60_000,
        "source_ms": 60_000,
        "trimmed_ms": 0,
        "corrupt_packets": 0,
        "video": VIDEO if video else None,
        "audio": [],
        "texts": list(texts),
        "chapters": [],
    }
    recording = Recording(id="one", title="One")
    session = Session(id="talk", title="Talk", recordings=(recording,))
    return Job(
        event=Event(id="meeting", title="Meeting", sessions=(session,)),
        session=session,
        recording=recording,
        settings=Settings(title="Test"),
        tools=Tools(Path("/bin/false"), "9", None),
        source=Source(folder / "talk.mp4", "talk.mp4", "0" * 64, 1000, tuple(captions)),
        artifacts={
            "probe": Artifact(key="p", stage="probe", data=data),
            "transcode": Artifact(key="t", stage="transcode", data={"audio": []}),
        },
    )


def run(one: Job, out: Path, process: Callable[[Command], bytes] = nothing) -> tuple[Output, Bench]:
    out.mkdir()
    bench = Bench(out, process)
    stage = CaptionsStage()
    return stage.run(one, stage.plan(one), bench), bench


def vtt(text: str, start: str = "00:01.000", end: str = "00:06.000") -> str:
    return f"WEBVTT\n\n{start} --> {end}\n{text}\n"


def test_captions_move_with_a_trim(tmp_path: Path) -> None:
    """Ten seconds are cut off: what was said then is gone, the rest comes ten seconds earlier."""
    text = vtt(ENGLISH) + f"\n00:09.000 --> 00:15.000\n{ENGLISH}\n\n00:20.000 --> 00:26.000\n{ENGLISH}\n"
    one = job(tmp_path, {"talk.vtt": text})
    probe = one.artifacts["probe"]
    cut = probe.model_copy(update={"data": {**probe.data, "trimmed_ms": 10_000, "duration_ms": 50_000}})
    run(replace(one, artifacts={**one.artifacts, "probe": cut}), tmp_path / "out")
    times = [line for line in (tmp_path / "out/captions/en.vtt").read_text("utf-8").splitlines() if "-->" in line]
    edges = [moment for one in times for moment in one.split(" --> ")]
    assert (edges[0], edges[-1]) == ("00:00:00.000", "00:00:16.000")
    assert "00:00:05.000" in edges
    assert "00:00:10.000" in edges


def test_files_and_facts(tmp_path: Path) -> None:
    """Four files for each language, named by it, and an entry that tells where the captions came from."""
    output, bench = run(job(tmp_path, {"talk.vtt": vtt(ENGLISH), "talk.fr.vtt|fr": vtt(FRENCH)}), tmp_path / "out")
    assert [one["language"] for one in output.data["tracks"]] == ["en", "fr"]
    assert output.data["tracks"][1] == {
        "file": "captions/fr.vtt",
        "subrip": "captions/fr.srt",
        "transcript": "transcript.fr.txt",
        "playlist": "captions/fr.m3u8",
        "language": "fr",
        "origin": "sidecar",
    }
    assert output.data["findings"] == []
    assert output.data["reports"]["en"]["cues"] == 2
    made = {path.relative_to(bench.out).as_posix() for path in bench.out.rglob("*") if path.is_file()}
    assert made == {f"captions/{tag}.{kind}" for tag in ("en", "fr") for kind in ("vtt", "srt", "m3u8")} | {
        "transcript.en.txt",
        "transcript.fr.txt",
    }


def test_no_captions(tmp_path: Path) -> None:
    """A recording without captions has none; nothing is run for one without text tracks and picture."""
    output, bench = run(job(tmp_path, {}), tmp_path / "out")
    assert output.data == {"tracks": [], "findings": [], "reports": {}}
    assert not bench.commands


def test_language_is_found_from_the_text(tmp_path: Path) -> None:
    """A file that names no language is in the one it reads like, or else in the recording's."""
    output, _ = run(job(tmp_path, {"a.vtt": vtt(FRENCH), "b.vtt": vtt("OK.")}), tmp_path / "out")
    assert [one["language"] for one in output.data["tracks"]] == ["fr", "en"]


def test_a_wrong_language_is_told(tmp_path: Path) -> None:
    """What the organiser says counts, but the findings say that the text reads like another language."""
    output, _ = run(job(tmp_path, {"a.en.vtt|en": vtt(FRENCH)}), tmp_path / "out")
    assert [one["language"] for one in output.data["tracks"]] == ["en"]
    assert output.data["findings"] == ["a.en.vtt: is said to be in en, but reads like fr"]


def test_one_bad_file_is_a_finding(tmp_path: Path) -> None:
    """Broken, hostile and vanished files are named; the others are published."""
    one = job(tmp_path, {"a.vtt": "nonsense", "b.fr.vtt|fr": vtt(FRENCH), "gone.vtt": vtt(ENGLISH)})
    one.source.captions[2].path.unlink()
    output, _ = run(one, tmp_path / "out")
    assert [track["language"] for track in output.data["tracks"]] == ["fr"]
    assert "a.vtt: this is not a caption file of a known format" in output.data["findings"][0]
    assert len(output.data["findings"]) == 2


@pytest.mark.parametrize("better", range(6))
def test_trust_decides_between_captions_of_a_language(better: int) -> None:
    """Texts of people before what a machine read or heard: of one language only the most trusted is published."""
    origins = [
        *(Origin.SIDECAR, Origin.EMBEDDED, Origin.CEA608, Origin.CEA708, Origin.DOWNLOADED),
        *(Origin.OCR, Origin.ASR),
    ]
    candidates = [
        Candidate(origin, f"from {origin}", Track((TimedText(0, 2000, f"Said by {origin}"),)), "en")
        for origin in origins
    ]
    findings: list[str] = []
    assert list(TRUST) == origins
    chosen = choose(candidates[better:], "en", 60_000, findings)
    assert chosen["en"][0] is origins[better]
    assert len(findings) == len(origins) - better - 1


def test_a_machine_never_replaces_a_person(tmp_path: Path) -> None:
    """Automatic captions beside the recording are marked, and lose against any a person made."""
    files = {"a.transcript.vtt||automatic": vtt("Auto"), "b.vtt||downloaded": vtt("Person")}
    output, bench = run(job(tmp_path, files), tmp_path / "out")
    assert [one["origin"] for one in output.data["tracks"]] == ["downloaded"]
    assert "Person" in (bench.out / "transcript.en.txt").read_text()
    only, _ = run(job(tmp_path, {"a.transcript.vtt||automatic": vtt("Auto")}), tmp_path / "other")
    assert [one["origin"] for one in only.data["tracks"]] == ["asr"]


def test_embedded_tracks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Text tracks are taken out at the recording's own zero; without text recognition pictures of text are named."""
    monkeypatch.setattr(ocr, "is_installed", lambda: False)

    def extract(command: Command) -> bytes:
        assert command.output
        (command.output / "track2.srt").write_text("1\n00:00:03,000 --> 00:00:05,000\nBonjour\n")
        return b""

    texts = (text_track(2, "mov_text", "fre"), text_track(3, "pgssub", "eng"))
    output, bench = run(job(tmp_path, {}, texts=texts), tmp_path / "out", extract)
    assert [(one["language"], one["origin"]) for one in output.data["tracks"]] == [("fr", "embedded")]
    assert "00:00:01.000 --> 00:00:03.000\nBonjour" in (bench.out / "captions/fr.vtt").read_text()
    assert output.data["findings"] == [
        "embedded track 3: left out, it holds pictures of text (pgssub); to have them read, "
        "pip install 'aftertalk[ocr]'"
    ]


def test_a_track_that_draws_nothing(tmp_path: Path) -> None:
    """A track of pictures without a single one is no error."""
    output, _ = run(job(tmp_path, {}, texts=(text_track(3, "pgssub", "eng"),)), tmp_path / "out", lambda command: b"")
    assert output.data["tracks"] == []
    assert output.data["findings"] == ["embedded track 3: left out, no text was found in its pictures (pgssub)"]


def test_broken_embedded_tracks_do_not_hide_the_others(tmp_path: Path) -> None:
    """When ffmpeg fails over one track, the others are still taken."""

    def extract(command: Command) -> bytes:
        if "0:2" in command.argv:
            raise ToolError("talk.mp4", "ffmpeg failed")
        assert command.output
        (command.output / "track4.srt").write_text("1\n00:00:03,000 --> 00:00:05,000\nHello\n")
        return b""

    texts = (text_track(2, "subrip", "fre"), text_track(4, "subrip", "eng"))
    output, _ = run(job(tmp_path, {}, texts=texts), tmp_path / "out", extract)
    assert [one["language"] for one in output.data["tracks"]] == ["en"]
    assert output.data["findings"] == ["embedded track 2: could not be read (ffmpeg failed)"]


def test_line_21_captions_are_looked_for_when_there_is_nothing_better(tmp_path: Path) -> None:
    """The bytes inside the picture are read only where no person's captions were found."""

    def pairs(command: Command) -> bytes:
        roll_up = ["9425", "94ad", "9470", "c8e9", "2180", "94ad"]
        return "".join(f"{3000 + 100 * at} 0 {pair}\n" for at, pair in enumerate(roll_up)).encode()

    output, bench = run(job(tmp_path, {}, video=True), tmp_path / "out", pairs)
    assert [one["origin"] for one in output.data["tracks"]] == ["cea608"]
    assert "00:00:01.300" in (bench.out / "captions/en.vtt").read_text()
    _, bench = run(job(tmp_path, {"a.vtt": vtt(ENGLISH)}, video=True), tmp_path / "other", pairs)
    assert not bench.commands


def test_freshness(tmp_path: Path) -> None:
    """The key changes with a caption file and what its name says; the source counts only if it has captions."""
    stage = CaptionsStage()
    one = job(tmp_path, {"a.vtt": vtt("Hello")})
    key = stage.plan(one).key
    assert stage.plan(job(tmp_path, {"a.vtt": vtt("Hello!")})).key != key
    assert stage.plan(job(tmp_path, {"a.vtt|fr": vtt("Hello")})).key != key
    other = replace(one, source=replace(one.source, sha256="1" * 64))
    assert stage.plan(other).key == key
    with_track = job(tmp_path, {"a.vtt": vtt("Hello")}, texts=(text_track(1, "subrip"),))
    changed = replace(with_track, source=replace(with_track.source, sha256="1" * 64))
    assert stage.plan(with_track).key != stage.plan(changed).key
