"""The transcribe stage without a model: when it works, in which stretches, and how they are joined."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.manifest import Artifact, ArtifactFile
from catalog.model import Event, Person, Recording, Session
from pipeline.captions import webvtt
from pipeline.config import CaptionSettings, Settings
from pipeline.errors import ConfigurationError, ToolError
from pipeline.media import asr
from pipeline.media.command import Command, Completed, Tools
from pipeline.stages import transcribe
from pipeline.stages.base import Job, Source
from pipeline.stages.transcribe import OVERLAP_MS, STRETCH_MS, TranscribeStage, joined, stretches

HOUR_MS = 3_600_000


def heard(words: list[list[Any]], language: str, detected: str | None = "") -> dict[str, Any]:
    """What the worker prints."""
    known = language if detected == "" else detected
    return {"words": words, "language": language, "detected": known, "probability": 0.97 if known else 0.0}


def job(
    *,
    captions: tuple[str, ...] = (),
    sound: bool = True,
    duration_ms: int = 60_000,
    language: str | None = "en",
    **options: Any,
) -> Job:
    recording = Recording(id="one", title="One", language=language, people=(Person(name="Ana", organisation="GBIF"),))
    session = Session(id="talk", title="Talk", recordings=(recording,))
    audio = [
        {"file": "audio.m4a", "playlist": None, "language": None, "codecs": "mp4a.40.2", "bandwidth": 1, "lufs": None}
    ]
    files = (ArtifactFile(name="audio.m4a", bytes=1, sha256="a" * 64),)
    media = {"duration_ms": duration_ms, "renditions": [], "audio": audio if sound else []}
    return Job(
        event=Event(id="meeting", title="Meeting", sessions=(session,)),
        session=session,
        recording=recording,
        settings=Settings(title="Test", captions=CaptionSettings(**options)),
        tools=Tools(Path("/bin/false"), "9", None),
        source=Source(Path("talk.mp4"), "talk.mp4", "0" * 64, 1000),
        artifacts={
            "transcode": Artifact(key="t", stage="transcode", files=files, data=media),
            "captions": Artifact(key="c", stage="captions", data={"tracks": [{"language": one} for one in captions]}),
        },
    )


class Bench:
    """Hears what the test says in every stretch."""

    def __init__(self, root: Path, name: str, answer: Callable[[dict[str, Any]], dict[str, Any]]) -> None:
        self.root = root
        self.out = root / name
        self.out.mkdir(parents=True)
        self._answer = answer

    def file(self, stage: str, name: str) -> Path:
        return self.root / stage / name

    def run(self, command: Command, *, on_progress: Callable[[int], None] | None = None) -> Completed:
        if command.argv[0] == "ffmpeg":  # how loud it is
            return Completed(b"", "", 0.0, 0.0)
        return Completed(json.dumps(self._answer(json.loads(command.argv[-1]))).encode(), "", 0.0, 0.0)

    def progress(self, done_ms: int) -> None:
        """Not told here."""


def transcribed(
    one: Job, root: Path, answer: Callable[[dict[str, Any]], dict[str, Any]]
) -> tuple[dict[str, Any], Path]:
    stage = TranscribeStage()
    task = stage.plan(one)
    for part in task.parts:
        stage.run(one, part, Bench(root, part.key, answer))
    bench = Bench(root, "out", answer)
    return stage.run(one, task, bench).data, bench.out


@pytest.mark.parametrize(
    ("one", "finding"),
    [
        (job(captions=("en",)), ""),
        (job(captions=("en-GB",), language="en"), ""),
        (job(sound=False), ""),
        (job(recognise=False), ""),
        (job(language="fr", model="tiny.en"), "no captions: no speech model that knows fr is installed"),
    ],
    ids=["captions", "captions of a region", "no sound", "turned off", "wrong model"],
)
def test_when_nothing_is_recognised(tmp_path: Path, one: Job, finding: str) -> None:
    """A person's captions are enough; without sound, or when it is off, nothing is done; the rest is told."""
    assert not TranscribeStage().plan(one).parts
    data, _ = transcribed(one, tmp_path, lambda task: pytest.fail("nothing is to be run"))
    assert data == {"tracks": [], "findings": [finding] if finding else [], "reports": {}}


def test_it_says_when_it_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the extra the recording has no captions, and the finding says how to get some."""
    monkeypatch.setattr(asr, "is_installed", lambda: False)
    assert "pip install 'aftertalk[asr]'" in TranscribeStage().plan(job()).settings["left_out"]


def test_a_model_that_is_gone_is_told() -> None:
    """A model folder that is not there (any more) leaves the recording without captions, not unpublished."""
    reason = TranscribeStage().plan(job(model="/no/such/model")).settings["left_out"]
    assert reason.startswith("no captions: /no/such/model: there is no such speech model here")


def test_a_failed_recognition_is_a_finding(tmp_path: Path) -> None:
    """Recognition that crashes leaves facts without tracks; the reason says what failed."""

    def crash(task: dict[str, Any]) -> dict[str, Any]:
        raise ToolError("python", "was killed, perhaps for lack of memory")

    with pytest.raises(ToolError) as caught:
        transcribed(job(), tmp_path, crash)
    assert caught.value.reference == "speech recognition"
    assert TranscribeStage().without(caught.value) == {
        "tracks": [],
        "findings": ["no automatic captions, the next run tries again: was killed, perhaps for lack of memory"],
        "reports": {},
    }


def test_captions_in_another_language_do_not_stop_it() -> None:
    """A talk in English with French subtitles still gets captions in English."""
    assert TranscribeStage().plan(job(captions=("fr",))).parts


def test_automatic_captions_are_made(tmp_path: Path) -> None:
    """Words become cues in the files that captions have, marked as recognised."""

    def answer(task: dict[str, Any]) -> dict[str, Any]:
        assert task["hints"] == "GBIF node, Ana, GBIF"
        assert task["language"] == "en"
        return heard([[1000, 1400, " Hello"], [1400, 2500, " nodes."]], "en")

    data, out = transcribed(job(glossary=("GBIF node",)), tmp_path, answer)
    assert data["tracks"] == [
        {
            "file": "captions/en.vtt",
            "subrip": "captions/en.srt",
            "transcript": "transcript.en.txt",
            "playlist": "captions/en.m3u8",
            "language": "en",
            "origin": "asr",
        }
    ]
    (cue,) = webvtt.read_published((out / "captions/en.vtt").read_bytes())
    assert (cue.start_ms, cue.end_ms, cue.text) == (1000, 2500, "Hello nodes.")


def test_silence_gives_no_captions(tmp_path: Path) -> None:
    """No words, no file, and the findings say so."""
    data, out = transcribed(job(), tmp_path, lambda task: heard([], "en", detected=None))
    assert data == {"tracks": [], "findings": ["no speech was recognised"], "reports": {}}
    assert not list(out.iterdir())


def test_another_language_that_is_heard_is_told(tmp_path: Path) -> None:
    """A recording that is announced in English but held in French: published as announced, with a finding."""
    data, _ = transcribed(job(), tmp_path, lambda task: heard([[0, 900, " Bonjour"]], "en", detected="fr"))
    assert data["findings"] == ["the recording is said to be in en, but fr is heard (97% sure)"]
    assert [one["language"] for one in data["tracks"]] == ["en"]


def test_a_language_that_nobody_gives_is_heard(tmp_path: Path) -> None:
    """Without a language the one heard in most of the recording counts, and the finding says what to write."""
    answers = iter([[[0, 900, " Merci"]], [], [[300_000 + at, 300_400 + at, " oui"] for at in (9000, 10_000)]])

    def answer(task: dict[str, Any]) -> dict[str, Any]:
        assert not task["is_certain"]
        return heard(words, "fr") if (words := next(answers)) else heard([], "en", detected=None)

    one = job(language=None, duration_ms=700_000)
    data, _ = transcribed(one, tmp_path, answer)
    assert [track["language"] for track in data["tracks"]] == ["fr"]
    assert data["findings"] == ["no language is given; fr is heard (97% sure): write 'language: fr' if that is right"]
    given = replace(one, event=Event(id="meeting", title="Meeting", language="en", sessions=one.event.sessions))
    assert TranscribeStage().plan(given).parts[0].settings["is_certain"]


def test_captions_in_the_language_heard_are_enough(tmp_path: Path) -> None:
    """Nobody gives a language, there are French captions, and French is heard: the machine adds nothing."""

    def answer(task: dict[str, Any]) -> dict[str, Any]:
        assert task["needless"] == ["fr"]
        return heard([], "fr")

    data, _ = transcribed(job(language=None, captions=("fr-CA",)), tmp_path, answer)
    told = "no language is given; fr is heard (97% sure): write 'language: fr' if that is right"
    assert data == {"tracks": [], "findings": [told], "reports": {}}


@pytest.mark.parametrize("output", [b"", b"{}", b'{"words": [["a"]]}', b"\xff", b"[]"])
def test_output_that_is_none_of_ours_is_a_tool_error(output: bytes) -> None:
    """What a confined process prints is not believed blindly."""
    with pytest.raises(ToolError, match="did not print what it should"):
        asr.read(output)


def test_a_downloaded_model_is_found_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A model in the hub's cache of this machine is used by its name; nothing is downloaded for one that is not."""
    cache = tmp_path / "models--Systran--faster-whisper-small"
    snapshot = cache / "snapshots" / "0123"
    snapshot.mkdir(parents=True)
    (cache / "refs").mkdir()
    (cache / "refs" / "main").write_text("0123")
    for name in ("config.json", "model.bin", "tokenizer.json", "vocabulary.txt", "preprocessor_config.json"):
        (snapshot / name).write_text("{}")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    found = asr.find_models("small").general
    assert found is not None
    assert found.identity == "small (2 bytes)"
    with pytest.raises(ConfigurationError, match="no such speech model"):
        asr.find_models("medium")


@given(st.integers(1, 30 * HOUR_MS))
def test_stretches_cover_the_recording(duration_ms: int) -> None:
    """Without a hole, with the overlap between neighbours, none longer than a stretch and its overlap."""
    found = stretches(duration_ms)
    assert found[0][0] == 0
    assert found[-1][1] == duration_ms
    for (_, end), (start, _) in pairwise(found):
        assert end - start == OVERLAP_MS
    assert all(0 < end - start <= STRETCH_MS + OVERLAP_MS for start, end in found)


@given(st.randoms(use_true_random=True))
@settings(max_examples=100, deadline=None)
def test_joining_loses_and_repeats_no_word(random: Random) -> None:
    """Stretches hear the words of an overlap at times that differ a little: each word is kept once, in order."""
    words, at = [], 0
    while at < 3 * STRETCH_MS:
        # Speakers breathe: half a second every dozen words.
        at += random.randint(0, 40) + (500 if len(words) % 12 == 0 else 0)
        length = random.randint(150, 700)
        words.append((at, at + length, f" w{len(words)}"))
        at += length
    heard = []
    for start, end in stretches(at):
        late = random.randint(-60, 60)
        heard.append(
            [(s + late, e + late, w) for s, e, w in words if s + late >= start and (e + late <= end or end == at)]
        )
    assert len(heard) > 2
    assert [word[2] for word in joined(heard)] == [word[2] for word in words]


def test_a_stopped_run_goes_on_with_the_next_stretch() -> None:
    """Each stretch has a key of its own, which a longer neighbour or another model changes or does not."""
    stage = TranscribeStage()
    plan = stage.plan(job(duration_ms=HOUR_MS))
    assert len(plan.parts) == 12
    assert len({part.key for part in plan.parts}) == 12
    assert stage.plan(job(duration_ms=HOUR_MS)).parts == plan.parts
    assert stage.plan(job(duration_ms=HOUR_MS, glossary=("Darwin Core",))).parts[0].key != plan.parts[0].key
    longer = stage.plan(job(duration_ms=HOUR_MS + STRETCH_MS))
    assert [part.key for part in longer.parts[:11]] == [part.key for part in plan.parts[:11]]


def test_hints_are_bounded() -> None:
    """Whisper takes few hints: those that fit, the glossary first, nothing twice."""
    one = job(glossary=("GBIF", "x" * 500, *(f"term {number}" for number in range(200))))
    hints = transcribe.hints_of(one)
    assert hints.startswith("GBIF, term 0, term 1, ")
    assert len(hints) <= transcribe.MAX_HINTS
    assert transcribe.hints_of(job()) == "Ana, GBIF"
