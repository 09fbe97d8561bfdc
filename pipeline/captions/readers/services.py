"""JSON of recognition services, brought into the shape of Whisper's: segments of words. Pure.

Sources: the response formats of Amazon Transcribe, AssemblyAI, Deepgram, ElevenLabs, Google Speech-to-Text, Hugging
Face's pipelines, IBM Watson, OpenAI (words alone) and Vosk, as their documentation describes them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pipeline.captions import lines

Json = dict[str, Any]
_HESITATION = "%HESITATION"
"""What Watson writes for "er"."""


def as_segments(data: Json) -> Json:
    """``{"segments": […], "language": …}`` of a service's answer, times in seconds; the data itself if it is none.

    Raises:
        KeyError, TypeError, ValueError, AttributeError, IndexError: it begins like an answer and goes on otherwise.
    """
    if "segments" in data:
        return data
    if "results" in data:
        return _of_results(data["results"])
    if "chunks" in data:
        chunks = ((*one["timestamp"], one["text"]) for one in data["chunks"])
        return {"segments": [{"start": start, "end": end, "text": text} for start, end, text in chunks]}
    if "words" in data:
        return _answer([_spoken(data)], data.get("language_code", data.get("language")))
    return _answer([_spoken({**data, "words": data["result"]})]) if "result" in data else data


def _of_results(results: Any) -> Json:
    """Answers of Deepgram, Amazon, and of Watson and Google, by what their ``results`` hold."""
    if isinstance(results, dict) and "channels" in results:
        return _answer(_spoken(one["alternatives"][0]) for one in results["channels"][:1])
    if isinstance(results, dict):
        return _answer([_amazon(results["items"])], results.get("language_code"))
    flat = [inner for one in results for inner in one.get("results", [one])]
    return _answer(_alternatives(flat), next((one["languageCode"] for one in flat if "languageCode" in one), None))


def _answer(segments: Iterable[Json], language: str | None = None) -> Json:
    """Segments whose speakers have names to show, where there are several."""
    found = [one for one in segments if one["words"]]
    words = [word for one in found for word in one["words"]]
    several = len({word["speaker"] for word in words}) > 1
    for word in words:
        word["speaker"] = _label(word["speaker"]) if several else ""
    return {"segments": found, "language": language}


def _label(speaker: str) -> str:
    """``Speaker 0`` for a number or a letter."""
    return f"Speaker {speaker}" if len(speaker) <= 2 and speaker else speaker


def _segment(words: list[Json], written: str) -> Json:
    """A segment; its text is the written one where that has the same letters, and so knows the spaces."""
    words = [word for word in words if word["word"].strip()]
    joined = "".join(word["word"] for word in words)
    is_whole = "".join(written.split()) == "".join(joined.split())
    text = written if is_whole else lines.join(_glued(words))
    return {"start": words[0]["start"] if words else 0, "text": text, "words": words}


def _glued(words: list[Json]) -> list[lines.Atom]:
    """Words with spaces between them, except in Chinese and Japanese."""
    before = ["", *(word["word"] for word in words)]
    return [
        lines.Atom(word["word"], bool(last) and lines.touches(last[-1], word["word"][0]))
        for last, word in zip(before, words, strict=False)
    ]


def _word(text: Any, start: Any, end: Any, speaker: Any = None) -> Json:
    return {"word": str(text), "start": start, "end": end, "speaker": "" if speaker is None else str(speaker)}


def _spoken(data: Json) -> Json:
    """Words as a list of objects, beside their text; AssemblyAI counts milliseconds."""
    given = [one for one in data["words"] if one.get("type") != "spacing"]
    scale = 0.001 if all("text" in one and "confidence" in one and "type" not in one for one in given) else 1
    words = []
    for one in given:
        text = one.get("punctuated_word") or one.get("word") or one["text"]
        start, end = (None if one.get(key) is None else float(one[key]) * scale for key in ("start", "end"))
        words.append(_word(text, start, end, one.get("speaker", one.get("speaker_id"))))
    written = str(data.get("text") or data.get("transcript") or "")
    # Words alone have no punctuation; the text that belongs to them has.
    if len(marked := written.split()) == len(words):
        for word, text in zip(words, marked, strict=True):
            word["word"] = text
    return _segment(words, written)


def _alternatives(results: list[Json]) -> Iterable[Json]:
    """Google's and Watson's best alternatives; with speakers, Google says everything again in the last result."""
    best = [one["alternatives"][0] for one in results if one.get("alternatives")]
    if best and any("speakerTag" in word for word in best[-1].get("words", ())):
        best = best[-1:]
    for one in best:
        if "timestamps" in one:
            words = [_word(*word[:3]) for word in one["timestamps"] if word[0] != _HESITATION]
        else:
            words = [
                _word(word["word"], _seconds(word.get("startTime")), _seconds(word["endTime"]), word.get("speakerTag"))
                for word in one["words"]
            ]
        yield _segment(words, str(one.get("transcript", "")))


def _seconds(written: str | None) -> float:
    """``1.300s``; a time of zero is left out."""
    return float(written.removesuffix("s")) if written else 0.0


def _amazon(items: list[Json]) -> Json:
    """Words and marks of punctuation, which stand at the word before."""
    words: list[Json] = []
    for one in items:
        text = one["alternatives"][0]["content"]
        if one["type"] == "punctuation" and words:
            words[-1]["word"] += text
        elif one["type"] != "punctuation":
            words.append(_word(text, float(one["start_time"]), float(one["end_time"]), one.get("speaker_label")))
    return _segment(words, "")
