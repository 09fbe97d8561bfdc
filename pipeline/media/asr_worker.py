"""Recognise speech in a stretch of sound: ``python asr_worker.py AUDIO MODELS JSON``, inside the sandbox; prints JSON.

A program of its own, because decoders and neural networks get memory and processor limits of their own, no network and
no sight of anything but the sound and the models. AUDIO is a file; MODELS a folder with ``english`` or ``general`` or
both, each a folder with a model (its ``model.bin`` may be in parts); JSON an ``asr.Stretch`` and ``threads``. Printed
are the fields of ``asr.Heard``.
"""

from __future__ import annotations

import json
import sys
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from faster_whisper.transcribe import Segment, get_compression_ratio, restore_speech_timestamps
from faster_whisper.vad import VadOptions, collect_chunks, get_speech_timestamps

Samples = np.ndarray[Any, np.dtype[np.float32]]

RATE = 16_000
SILENCE = 1e-4
WINDOWS = 4
"""Of half a minute of speech each, listened to for the language until one is certain."""
CERTAIN, LIKELY = 0.9, 0.5
"""Probabilities of a language: with the first no more windows are needed, below the second it counts for nothing."""
NO_SPEECH = 0.6
"""Above this, a segment that the model was not sure of either is taken as no speech."""
UNSURE = -0.7
"""Average log probability below which a model guesses."""
REPETITIVE = 2.4
"""Text that compresses better than this is a loop."""
REPEATED_TOKENS = 4
"""When it was one, no sequence of so many tokens may come twice."""
WINDOW_S, PAUSE_MS = 30, 160
"""The model hears half a minute at a time; pauses at which it may be cut."""
SHORT_S = 15
"""Up to this the model writes better with its own marks of time (numbers as words); in longer windows it loses
sentences with them: 135 of 456 words were wrong in the example's talks, 101 without."""


def sound(path: str, start_ms: int, end_ms: int) -> Samples:
    """Mono samples at 16 kHz of ``path`` from ``start_ms`` to ``end_ms``, -1 to 1."""
    pieces = []
    with av.open(f"file:{path}", options={"protocol_whitelist": "file"}) as container:
        stream = container.streams.audio[0]
        container.seek(max(0, start_ms - 1000) * 1000)
        resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE)
        position: int | None = None
        for frame in container.decode(stream):
            if frame.time is None or frame.time * 1000 >= end_ms:
                if frame.time is not None:
                    break
                continue
            if position is None:
                position = round(frame.time * RATE)
            pieces += [one.to_ndarray()[0] for one in resampler.resample(frame)]
        pieces += [one.to_ndarray()[0] for one in resampler.resample(None)] if position is not None else []
    if position is None:
        return np.zeros(0, np.float32)
    samples = np.concatenate(pieces).astype(np.float32) / np.float32(32768)
    first = max(0, start_ms * RATE // 1000 - position)
    return samples[first : first + (end_ms - start_ms) * RATE // 1000]


def load(folder: Path, threads: int) -> WhisperModel:
    """The model of a folder; a ``model.bin`` in parts is put together in memory."""
    files: dict[str, bytes | BytesIO] | None = None
    if not (folder / "model.bin").is_file():
        whole = {one.name: one.read_bytes() for one in folder.iterdir() if ".part" not in one.name}
        whole["model.bin"] = b"".join(one.read_bytes() for one in sorted(folder.glob("model.bin.part*")))
        files = {name: data if name.endswith(".json") else BytesIO(data) for name, data in whole.items()}
    return WhisperModel(str(folder), device="cpu", compute_type="int8", cpu_threads=threads, files=files)


def recognise(audio: str, folder: Path, task: dict[str, Any]) -> dict[str, Any]:
    """Words with times, the language they were recognised in, and the one that the sound seems to be in."""
    outcome = {"words": [], "language": task["language"], "detected": None, "probability": 0.0}
    samples = sound(audio, task["start_ms"], task["end_ms"])
    if not len(samples) or not np.any(np.abs(samples) > SILENCE):
        return outcome
    models = {path.name: load(path, task["threads"]) for path in folder.iterdir()}
    if "general" in models and (not task["is_certain"] or task["start_ms"] == 0):
        language, probability, _ = models["general"].detect_language(
            samples, vad_filter=True, language_detection_segments=WINDOWS, language_detection_threshold=CERTAIN
        )
        outcome |= {"detected": language, "probability": round(float(probability), 3)}
        if not task["is_certain"] and probability >= LIKELY:
            outcome["language"] = language
    if outcome["language"] not in task["needless"]:
        english = outcome["language"] == "en" and "english" in models
        outcome["words"] = words(models["english" if english else "general"], samples, outcome["language"], task)
    return outcome


def words(model: WhisperModel, samples: Samples, language: str, task: dict[str, Any]) -> list[list[Any]]:
    """What is said: ``[start_ms, end_ms, text]`` of each word.

    Only speech is shown to the model, because over silence and music it invents; and in windows that begin and end in
    pauses, each once, because windows that begin where the last word ended cost half as much again.
    """
    pauses = VadOptions(max_speech_duration_s=WINDOW_S, min_silence_duration_ms=PAUSE_MS)
    speech = get_speech_timestamps(samples, pauses)
    pieces, windows = collect_chunks(samples, speech, max_duration=WINDOW_S)
    said, recogniser = np.concatenate(pieces), BatchedInferencePipeline(model)
    found: list[Segment] = []
    for window in windows:
        if window["duration"]:
            end = window["offset"] + window["duration"]
            found += heard(recogniser, said, {"start": window["offset"], "end": end}, language, task["hints"])
    start_ms = task["start_ms"]
    return [
        [start_ms + round(one.start * 1000), start_ms + round(one.end * 1000), one.word]
        for segment in restore_speech_timestamps(found, speech, RATE)
        for one in segment.words or ()
    ]


def heard(
    recogniser: BatchedInferencePipeline, said: Samples, window: dict[str, float], language: str, hints: str
) -> list[Segment]:
    """What is said from ``start`` to ``end`` (seconds) of a window; nothing where the model guesses."""

    def listen(**options: Any) -> list[Segment]:
        segments, _ = recogniser.transcribe(
            said,
            language=language,
            clip_timestamps=[window],
            batch_size=1,
            beam_size=5,
            hotwords=hints or None,
            word_timestamps=True,
            without_timestamps=window["end"] - window["start"] > SHORT_S,
            **options,
        )
        return list(segments)

    segments = listen()
    if again := is_loop(segments):
        # Sampling, which is the usual way out, gives another text each time and costs up to five times as much.
        segments = listen(no_repeat_ngram_size=REPEATED_TOKENS)
    doubtful = again or any(one.no_speech_prob > NO_SPEECH for one in segments)
    guessed = any(one.avg_logprob < UNSURE for one in segments)  # all have that of the window
    return [] if is_loop(segments) or (doubtful and guessed) else segments


def is_loop(segments: list[Segment]) -> bool:
    """Whether the text of a window is the same over and over."""
    return bool(get_compression_ratio("".join(one.text for one in segments)) > REPETITIVE)


if __name__ == "__main__":
    outcome = recognise(sys.argv[1], Path(sys.argv[2]), json.loads(sys.argv[3]))
    print(json.dumps(outcome, ensure_ascii=False))  # noqa: T201 -- its only output
