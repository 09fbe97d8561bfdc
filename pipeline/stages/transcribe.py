"""Transcribe: speech to captions, where nobody wrote any in the language spoken.

Reads the recording's sound file; gives the same kinds of files and facts as ``captions``, marked as automatic. The
recording is recognised in stretches that overlap, each a part of its own, so that a run that was stopped goes on with
the next stretch. Rule: never beside captions of a person, nothing over silence or music.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from catalog.manifest import Origin
from pipeline.captions import language
from pipeline.captions.clean import clean
from pipeline.captions.files import write_track
from pipeline.captions.report import report
from pipeline.captions.timed import TimedText, Track
from pipeline.errors import AftertalkError, ConfigurationError, ToolError
from pipeline.freshness import Task
from pipeline.media import asr
from pipeline.stages import sound
from pipeline.stages.base import Bench, Job, Output

STRETCH_MS = 300_000
"""So much is lost at most when a run is stopped."""
OVERLAP_MS = 8_000
"""Stretches overlap, so that a pause to join them at can be chosen and no word is cut."""
THREADS = 1
"""Pinned, because results may depend on it; stretches run side by side instead."""
MAX_HINTS = 400
"""Characters; Whisper takes about 200 tokens of hints."""
_CERTAIN = 0.9
STRETCH_VERSION = 3
"""Of what is recognised in a stretch; joining the stretches has the stage's version, and is cheap to do again."""
_WORDS = "words.json"
_NOTHING: Mapping[str, Any] = {"tracks": [], "findings": [], "reports": {}}
_Word = tuple[int, int, str]


class TranscribeStage:
    """Files: as ``CaptionsStage``, for the language spoken; none where recognition is off, needless or impossible."""

    name = "transcribe"
    version = 4

    def plan(self, job: Job) -> Task:
        """Depends on the sound, the model, the language and the hints; on nothing when there is nothing to do."""
        models, reason = _models(job)
        if models is None:
            return Task(self.name, self.version, job.id, settings={"left_out": reason})
        duration_ms = job.artifacts["transcode"].data["duration_ms"]
        tools = {"faster-whisper": asr.engine_version(), "model": models.identity}
        inputs = sound.inputs(job)
        about = {
            "language": language.base(job.language),
            "is_certain": is_language_given(job),
            "hints": hints_of(job),
            "needless": [] if is_language_given(job) else sorted(_captioned(job)),
        }
        parts = tuple(
            Task(
                self.name,
                STRETCH_VERSION,
                job.id,
                tools=tools,
                inputs=inputs,
                settings={"start_ms": start, "end_ms": end, **about},
            )
            for start, end in stretches(duration_ms)
        )
        settings = {"duration_ms": duration_ms, "language": job.language}
        return Task(self.name, self.version, job.id, tools=tools, inputs=inputs, settings=settings, parts=parts)

    def run(self, job: Job, task: Task, bench: Bench) -> Output:
        """Recognise one stretch, or join the stretches."""
        if "left_out" in task.settings:
            reason = task.settings["left_out"]
            return Output(data={**_NOTHING, "findings": [reason] if reason else []})
        if not task.parts:
            return self._stretch(job, task, bench)
        found = [asr.read(bench.file(part.key, _WORDS).read_bytes()) for part in task.parts]
        return _join(job, task, found, bench)

    def without(self, error: AftertalkError) -> dict[str, Any]:
        """No captions this time, and why."""
        return {**_NOTHING, "findings": [f"no automatic captions, the next run tries again: {error.message}"]}

    def _stretch(self, job: Job, task: Task, bench: Bench) -> Output:
        stretch = asr.Stretch(**{**task.settings, "needless": tuple(task.settings["needless"])})
        models, reason = _models(job)
        if models is None:
            raise RuntimeError(reason)  # the plan found some a moment ago
        try:
            done = bench.run(asr.command(bench.file("transcode", str(sound.file_of(job))), stretch, models, THREADS))
        except ToolError as error:
            raise ToolError("speech recognition", error.message, context=error.context) from error
        asr.read(done.stdout)  # nothing is kept that cannot be joined
        (bench.out / _WORDS).write_bytes(done.stdout)
        bench.progress(stretch.end_ms - stretch.start_ms)
        return Output(data={}, private=frozenset({_WORDS}))


def is_language_given(job: Job) -> bool:
    """Whether the organiser or the programme says which language is spoken; else the event's usual one is assumed."""
    return bool(job.recording.language or job.session.language or "language" in job.event.model_fields_set)


def _captioned(job: Job) -> set[str]:
    """The languages that there are captions in already, two letters each."""
    return {language.base(one["language"]) for one in job.artifacts["captions"].data["tracks"]}


def _models(job: Job) -> tuple[asr.Models | None, str]:
    """The models to use, or why nothing is recognised; the reason is empty where it goes without saying."""
    spoken = language.base(job.language)
    if not job.settings.captions.recognise or sound.file_of(job) is None:
        return None, ""
    if spoken in _captioned(job):
        return None, ""
    if not asr.is_installed():
        return None, "no captions: speech recognition is not installed; pip install 'aftertalk[asr]'"
    try:
        models = asr.find_models(job.settings.captions.model)
    except ConfigurationError as error:
        return None, f"no captions: {error.reference}: {error.message}; {error.hint}"
    if not models.know(spoken):
        return None, f"no captions: no speech model that knows {job.language} is installed"
    return models, ""


def hints_of(job: Job) -> str:
    """Names and terms that may be heard: the glossary, the speakers, their organisations, the titles."""
    people = job.recording.people or job.session.people
    terms = [*job.settings.captions.glossary, *(one.name for one in people), *(one.organisation for one in people)]
    chosen: list[str] = []
    for term in dict.fromkeys(one.strip() for one in terms):
        if term and len(", ".join([*chosen, term])) <= MAX_HINTS:
            chosen.append(term)
    return ", ".join(chosen)


def stretches(duration_ms: int) -> list[tuple[int, int]]:
    """The stretches of a recording, each ``OVERLAP_MS`` longer than to where the next one begins.

    >>> stretches(400_000)
    [(0, 308000), (300000, 400000)]
    """
    starts = range(0, max(1, duration_ms - OVERLAP_MS), STRETCH_MS)
    return [(start, min(start + STRETCH_MS + OVERLAP_MS, duration_ms)) for start in starts]


def joined(stretches_words: Sequence[Sequence[_Word]]) -> list[_Word]:
    """The words of all stretches in order; where two overlap, the change is in the longest pause of the overlap."""
    cuts = [_pause(words, at * STRETCH_MS) for at, words in enumerate(stretches_words[:-1], 1)]
    bounds = [-1, *cuts, max((word[1] for words in stretches_words for word in words), default=0) + 1]
    return [
        word
        for words, (after, until) in zip(stretches_words, pairwise(bounds), strict=True)
        for word in words
        if after < (word[0] + word[1]) / 2 <= until
    ]


def _pause(words: Sequence[_Word], begin_ms: int) -> int:
    """The middle of the longest pause between ``begin_ms`` and the end of the overlap, as the earlier stretch hears it.

    Its last second is left out: words cut off there are heard wrong.
    """
    end_ms = begin_ms + OVERLAP_MS - 1000
    edges = [begin_ms, *(edge for word in words for edge in word[:2] if begin_ms < edge < end_ms), end_ms]
    if sum(begin_ms < word[0] < end_ms for word in words) == 0:
        return (begin_ms + end_ms) // 2
    gaps = [(after - before, (before + after) // 2) for before, after in pairwise(sorted(edges))]
    silent = [(length, at) for length, at in gaps if not any(word[0] < at < word[1] for word in words)]
    return max(silent or gaps)[1]


def _join(job: Job, task: Task, found: Sequence[asr.Heard], bench: Bench) -> Output:
    words = joined([one.words for one in found])
    key, findings = _language(job, found)
    duration_ms = task.settings["duration_ms"]
    cues = clean(Track(tuple(TimedText(*word) for word in words), by_word=True), duration_ms).cues
    if not cues:
        needless = any(one.language in _captioned(job) for one in found)
        return Output(data={**_NOTHING, "findings": findings if needless else [*findings, "no speech was recognised"]})
    reports = {key: report(cues, duration_ms, sound.speech(job, bench))}
    entry = write_track(bench.out, key, Origin.ASR, cues, duration_ms)
    return Output(data={"tracks": [entry], "findings": findings, "reports": reports})


def _language(job: Job, found: Sequence[asr.Heard]) -> tuple[str, list[str]]:
    """The language of the captions, and what there is to say about it."""
    spoken = job.language
    if not is_language_given(job):
        weights = Counter({one.language: 0 for one in found})
        for one in found:
            weights[one.language] += len(one.words)
        heard = weights.most_common(1)[0][0]
        sure = [one.probability for one in found if one.detected == heard]
        if heard == language.base(spoken) or not sure:
            return spoken, []
        advice = f"write 'language: {heard}' if that is right"
        return heard, [f"no language is given; {heard} is heard ({max(sure):.0%} sure): {advice}"]
    detected, probability = found[0].detected, found[0].probability
    if found[0].words and detected and probability >= _CERTAIN and not language.are_close(detected, spoken):
        said = f"the recording is said to be in {spoken}, but {detected} is heard ({probability:.0%} sure)"
        return spoken, [said]
    return spoken, []
