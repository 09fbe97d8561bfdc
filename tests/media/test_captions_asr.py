"""Speech recognition with the real models, confined: words of speech, and nothing over what is no speech."""

from __future__ import annotations

import csv
import re
import unicodedata
from pathlib import Path

import av
import pytest

from pipeline.media import asr
from pipeline.media.asr import Heard, Stretch
from pipeline.media.command import Command, Limits, Tools
from pipeline.media.runner import Runner

pytestmark = pytest.mark.media

CLEAN_ENGLISH = 0.10
"""Word error rate allowed over the English files of the corpus with known text."""
NO_SPEECH = {
    "silence": "anullsrc=r=48000:d=20",
    "hum": "sine=f=50:d=20",
    "noise": "anoisesrc=d=20:c=pink:a=0.3",
    "applause": "anoisesrc=d=20:c=white:a=0.5,tremolo=f=8:d=0.9,highpass=f=800",
    "music": "aevalsrc='0.3*sin(2*PI*t*(220+110*mod(floor(t*2),5)))"
    "+0.2*sin(2*PI*t*(330+55*mod(floor(t),4)))*exp(-3*mod(t,0.5))':d=20",
}


def recognised(tools: Tools, audio: Path, stretch: Stretch, model: str | None = None) -> Heard:
    return asr.read(Runner(tools).run(asr.command(audio, stretch, asr.find_models(model), 2)).stdout)


def length_ms(path: Path) -> int:
    with av.open(str(path)) as container:
        return int((container.duration or 0) / 1000)


def words(text: str) -> list[str]:
    """Words as they are compared: without case, punctuation and hyphens."""
    text = unicodedata.normalize("NFKC", text.lower()).replace("’", "'").replace("-", " ")
    return re.sub(r"[^\w' ]+", " ", text).split()


def errors(expected: list[str], heard: list[str]) -> int:
    """Words replaced, left out and added: the edit distance."""
    row = list(range(len(heard) + 1))
    for at, word in enumerate(expected, 1):
        before, row[0] = row[0], at
        for other, one in enumerate(heard, 1):
            before, row[other] = row[other], min(row[other] + 1, row[other - 1] + 1, before + (word != one))
    return row[-1]


def references(shared: Path, language: str) -> list[tuple[Path, str]]:
    with (shared / "speech" / "references.tsv").open(encoding="utf-8") as file:
        rows = csv.DictReader(file, delimiter="\t")
        return [
            (shared / "speech" / row["audio"], row["text"])
            for row in rows
            if row["kind"] == "reference" and row["language"] == language
        ]


@pytest.mark.corpus
@pytest.mark.slow
def test_word_error_rate_of_english(tools: Tools, shared: Path) -> None:
    """The default model over all English files with known text."""
    wrong = total = 0
    for path, text in references(shared, "en"):
        found = recognised(tools, path, Stretch(0, length_ms(path), "en"))
        wrong += errors(words(text), words("".join(word[2] for word in found.words)))
        total += len(words(text))
    assert total > 100
    assert wrong / total <= CLEAN_ENGLISH


@pytest.mark.corpus
@pytest.mark.parametrize(("language", "most"), [("fr", 0.35), pytest.param("de", 0.35, marks=pytest.mark.slow)])
def test_other_languages(tools: Tools, shared: Path, language: str, most: float) -> None:
    """The model of many languages hears French and German, and tells which it hears; times rise inside the file."""
    path, text = references(shared, language)[0]
    found = recognised(tools, path, Stretch(0, length_ms(path), language))
    heard = found.words
    assert errors(words(text), words("".join(word[2] for word in heard))) / len(words(text)) <= most
    assert found.detected == language
    assert all(0 <= start <= end <= length_ms(path) + 500 for start, end, _ in heard)
    assert list(heard) == sorted(heard, key=lambda word: word[0])


@pytest.mark.parametrize(
    ("kind", "model"),
    [
        ("music", "tiny.en"),
        *(pytest.param(kind, model, marks=pytest.mark.slow) for kind in NO_SPEECH for model in ("tiny.en", "base")),
    ],
)
def test_nothing_is_invented(tools: Tools, tmp_path: Path, kind: str, model: str) -> None:
    """Silence, hum, noise, applause and music give no words."""
    argv = ("ffmpeg", "-v", "error", "-f", "lavfi", "-i", NO_SPEECH[kind], "-c:a", "aac", "a.m4a")
    Runner(tools).run(Command(argv, output=tmp_path, limits=Limits(wall_s=60)))
    found = recognised(tools, tmp_path / "a.m4a", Stretch(0, 20_000, "en"), model)
    assert found.words == ()


@pytest.mark.corpus
def test_a_stretch_has_times_of_the_recording(tools: Tools, shared: Path) -> None:
    """A stretch in the middle hears only its part, at the times of the whole."""
    path = shared / "speech" / "faster-whisper" / "jfk.flac"
    whole = recognised(tools, path, Stretch(0, 11_000, "en")).words
    part = recognised(tools, path, Stretch(5_000, 11_000, "en")).words
    assert words("".join(word[2] for word in part))[-4:] == words("".join(word[2] for word in whole))[-4:]
    assert abs(part[-1][0] - whole[-1][0]) < 300
    assert all(word[0] >= 5_000 for word in part)


@pytest.mark.corpus
def test_the_language_is_heard_when_it_is_not_given(tools: Tools, shared: Path) -> None:
    """French under the assumption of English comes out in French."""
    path = shared / "speech" / "picovoice-leopard" / "test_fr.wav"
    found = recognised(tools, path, Stretch(0, length_ms(path), "en", is_certain=False))
    assert (found.language, found.detected) == ("fr", "fr")
    assert "consulat" in "".join(word[2] for word in found.words)
