"""Rolling captions, where each cue repeats the lines of the one before, to each line once. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.captions.timed import TimedText

_FEW = 3
_MOST = 0.5
_LONGEST_PAUSE_MS = 300


@dataclass
class _Line:
    """A line on the screen."""

    text: str
    start_ms: int
    end_ms: int
    speaker: str


def unroll(texts: tuple[TimedText, ...]) -> tuple[TimedText, ...]:
    """Give every line of rolling captions once, with the time at which it was new; other captions unchanged.

    Captions roll when most cues that have two lines or follow one begin with what the cue before ended with. The
    whole file decides, because a speaker may say the same twice.
    """
    ordered = sorted((one for one in texts if one.text.strip()), key=lambda one: (one.start_ms, one.end_ms))
    if not _rolls(ordered):
        return texts
    lines: list[_Line] = []
    shown: list[_Line] = []
    for timed in ordered:
        wanted = _lines(timed)
        kept = _overlap([line.text for line in shown], wanted) if _follows(shown, timed) else 0
        visible = shown[len(shown) - kept :]
        if visible and wanted[kept - 1] != visible[-1].text:
            visible[-1].text = wanted[kept - 1]
            visible[-1].end_ms = timed.end_ms
        new = [_Line(text, timed.start_ms, timed.end_ms, timed.speaker) for text in wanted[kept:]]
        lines += new
        shown = visible + new
        for line in shown[-1:]:
            line.end_ms = max(line.end_ms, timed.end_ms)
    return tuple(TimedText(line.start_ms, line.end_ms, line.text, line.speaker) for line in lines)


def _lines(timed: TimedText) -> list[str]:
    return [" ".join(line.split()) for line in timed.text.split("\n") if line.strip()]


def _follows(shown: list[_Line], timed: TimedText) -> bool:
    return bool(shown) and timed.start_ms - max(line.end_ms for line in shown) <= _LONGEST_PAUSE_MS


def _overlap(before: list[str], after: list[str]) -> int:
    """How many first lines of ``after`` are the last lines of ``before``; the last one may have grown."""
    for count in range(min(len(before), len(after)), 0, -1):
        tail = before[-count:]
        if tail[:-1] == after[: count - 1] and after[count - 1].startswith(tail[-1]):
            return count
    return 0


def _goes_on(before: list[str], after: list[str]) -> bool:
    """Whether ``after`` is ``before`` rolled on or grown; a line on its own that is repeated was said again."""
    return before != after and bool(_overlap(before, after))


def _rolls(ordered: list[TimedText]) -> bool:
    pairs = rolled = 0
    before: TimedText | None = None
    for timed in ordered:
        if before and timed.start_ms - before.end_ms <= _LONGEST_PAUSE_MS:
            pairs += 1
            rolled += _goes_on(_lines(before), _lines(timed))
        before = timed
    return rolled >= _FEW and rolled >= pairs * _MOST
