"""Cleaning: what holds for every input, and what single rules do."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalog.model import Cue
from pipeline.captions import lines
from pipeline.captions.clean import clean
from pipeline.captions.segment import LONGEST_MS
from pipeline.captions.timed import TimedText, Track

HOUR_MS = 3_600_000
SPACED = [
    "a",
    "the",
    "records,",
    "GBIF.",
    "10",
    "000",
    "12,5",
    "%",
    "naïve",
    "«Bonjour»",
    "!",
    "—",
    "Straße?",
    "x" * 90,
]
SPACED += ["مرحبا،", "שלום", "ไทย", "한국어", "e\u0301te", "www.example.org/an-address-that-cannot-be-broken"]
WORDS = st.sampled_from([*SPACED, "日本語、", "中文字幕。", "「はい」"])
TEXTS = st.lists(st.lists(WORDS, min_size=1, max_size=12).map(" ".join), min_size=1, max_size=4).map("\n".join)
TIMES = st.integers(min_value=-5_000, max_value=HOUR_MS)


@st.composite
def timed_texts(draw: st.DrawFn) -> TimedText:
    """Texts with every fault that times can have."""
    start = draw(TIMES)
    end = start + draw(st.sampled_from([-3000, 0, 1, 40, 300, 999, 2000, 5000, 20_000, 600_000]))
    return TimedText(start, end, draw(TEXTS), draw(st.sampled_from(["", "", "Ana", "Bo"])))


def words(texts: Iterable[TimedText | Cue]) -> list[str]:
    return [word for one in texts for word in one.text.split()]


def letters(texts: Iterable[TimedText | Cue]) -> str:
    return "".join(words(texts))


@given(st.lists(timed_texts(), max_size=25), st.sampled_from([None, 7, 5_000, HOUR_MS, 2 * HOUR_MS]))
@settings(max_examples=150, deadline=None)
def test_cues_are_sorted_apart_inside_and_not_empty(texts: list[TimedText], duration_ms: int | None) -> None:
    """Whatever comes in: sorted, no overlap, positive length, inside the recording, some text, no empty line."""
    cues = clean(Track(tuple(texts)), duration_ms).cues
    for before, after in pairwise(cues):
        assert before.end_ms <= after.start_ms
    for cue in cues:
        assert 0 <= cue.start_ms < cue.end_ms
        assert duration_ms is None or cue.end_ms <= duration_ms
        assert all(line.strip() for line in cue.text.split("\n"))


@given(st.lists(timed_texts(), max_size=25))
@settings(max_examples=150, deadline=None)
def test_no_word_is_lost_or_invented(texts: list[TimedText]) -> None:
    """Every word of the input that begins inside the recording is there once, in the order of the times."""
    cues = clean(Track(tuple(texts)), None).cues
    inside = sorted((one for one in texts if one.start_ms >= 0 or one.end_ms > 0), key=lambda one: one.start_ms)
    assert letters(cues) == letters(inside)
    spaced = [word for word in words(inside) if word.isascii()]
    assert [word for word in words(cues) if word.isascii()] == spaced


@given(st.lists(st.tuples(st.integers(0, 900), st.sampled_from(SPACED), st.booleans()), min_size=1, max_size=80))
@settings(max_examples=100, deadline=None)
def test_words_with_times_keep_their_order_and_spaces(spoken: list[tuple[int, str, bool]]) -> None:
    """Words of a recogniser: gathered into cues with the spaces that were between them, and no others."""
    at, texts = 0, []
    for gap, word, begins in spoken:
        texts.append(TimedText(at + gap, at + gap + 200, f" {word}" if begins else word))
        at += gap + 200
    texts[0] = texts[0]._replace(text=f" {texts[0].text.strip()}")
    cues = clean(Track(tuple(texts), by_word=True), None).cues
    assert words(cues) == "".join(one.text for one in texts).split()


def test_short_lines_of_chinese_are_no_words() -> None:
    """A line without a space is a word in most scripts; in Chinese only a very short one may be."""
    lines = ["大家好欢迎收看", "今天讨论数据", "生物多样性很重要", "谢谢大家收看"]
    texts = tuple(TimedText(at * 2000, at * 2000 + 2000, line) for at, line in enumerate(lines))
    assert [cue.text for cue in clean(Track(texts), None).cues] == lines
    spoken = ("大家", "好", "今天", "讨论", "GBIF", "数据", "。")
    by_word = tuple(TimedText(at * 300, at * 300 + 300, word) for at, word in enumerate(spoken))
    assert [cue.text for cue in clean(Track(by_word), None).cues] == ["大家好今天讨论GBIF数据。"]


@given(st.lists(st.tuples(st.integers(1000, 9000), TEXTS), min_size=1, max_size=10))
@settings(max_examples=100, deadline=None)
def test_cues_fit_the_screen(spoken: list[tuple[int, str]]) -> None:
    """At most two lines of 42 characters, unless one word alone is longer; no line breaks a number."""
    at, texts = 0, []
    for length, text in spoken:
        texts.append(TimedText(at, at + length, text))
        at += length
    for cue in clean(Track(tuple(texts)), None).cues:
        rows = cue.text.split("\n")
        if all(lines.width(word) <= lines.LINE_WIDTH for word in cue.text.split()):
            assert len(rows) <= 2
            assert all(lines.width(row) <= lines.LINE_WIDTH for row in rows)


def one(text: str, start: int = 0, end: int = 4000, speaker: str = "") -> TimedText:
    return TimedText(start, end, text, speaker)


def cleaned(*texts: TimedText, duration_ms: int | None = None) -> list[tuple[int, int, str]]:
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in clean(Track(texts), duration_ms).cues]


def test_good_cues_stay_as_they_are() -> None:
    """Line breaks and times that a person chose are kept."""
    texts = [one("Welcome to the\nGlobal Nodes Meeting.", 1000, 4000), one("Thank you.", 4000, 5500)]
    assert cleaned(*texts) == [tuple(text[:3]) for text in texts]


def test_long_text_is_cut_after_a_sentence() -> None:
    """A paragraph becomes cues that end where a sentence or clause ends, each with its share of the time."""
    text = (
        "Biodiversity data are published by institutions all over the world. "
        "Nodes help them to find standards, tools and people. What they need most is time."
    )
    cues = cleaned(one(text, 0, 12_000))
    assert [cue[2].replace("\n", " ") for cue in cues] == [
        "Biodiversity data are published by institutions all over the world.",
        "Nodes help them to find standards, tools and people. What they need most is time.",
    ]
    assert cues[0][0] == 0
    assert cues[-1][1] == 12_000


def test_numbers_and_chinese_are_broken_where_allowed() -> None:
    """No line begins with closing punctuation and no number is torn apart."""
    chinese = "全球生物多样性信息网络为每个人提供关于地球上所有类型生命的开放数据，任何人都可以使用。" * 2
    for _, _, text in cleaned(one(chinese, 0, 30_000)):
        assert not any(row[0] in "，。" for row in text.split("\n"))
    english = "Today we have published another batch of 1 900 000 000 occurrence records from 62 000 data sets."
    rows = [row for _, _, text in cleaned(one(english, 0, 9_000)) for row in text.split("\n")]
    assert any("1 900 000 000" in row for row in rows)
    assert any("62 000" in row for row in rows)


def test_times_are_put_right() -> None:
    """Reversed, negative and overlapping times, and times beyond the end, each have their rule."""
    assert cleaned(one("Reversed", 3000, 1000)) == [(3000, 4000, "Reversed")]
    assert cleaned(one("Early", -500, 2000)) == [(0, 2000, "Early")]
    assert cleaned(one("Late", 2000, 9000), duration_ms=3000) == [(2000, 3000, "Late")]
    first, second = one("The first minute", 0, 60_000), one("The final minute", 30_000, 90_000)
    assert [cue[0] for cue in cleaned(first, second)] == [0, 30_000]


def test_text_outside_the_recording_is_told() -> None:
    """A cue after the end is left out, and the findings say how many were."""
    found = clean(Track((one("In"), one("Out", 10_000, 12_000))), 5000)
    assert [cue.text for cue in found.cues] == ["In"]
    assert found.findings == ("1 of 2 cues lie outside the recording and were left out",)


def test_times_move_with_the_trim() -> None:
    """What was trimmed from the start of the recording is taken off every time."""
    (cue,) = clean(Track((one("Hello", 5000, 7000),)), 10_000, shift_ms=-4000).cues
    assert (cue.start_ms, cue.end_ms) == (1000, 3000)


def test_two_speakers_at_once_follow_each_other() -> None:
    """A cue has one speaker: what two say at the same time shares the time by length."""
    cues = clean(Track((one("Yes.", 0, 4000, "Ana"), one("No, not at all.", 0, 4000, "Bo"))), None).cues
    assert [(cue.speaker, cue.text) for cue in cues] == [("Ana", "Yes."), ("Bo", "No, not at all.")]


def test_flashes_join_their_neighbours() -> None:
    """Fragments shorter than a second are read together."""
    assert cleaned(one("So", 0, 300), one("we begin.", 300, 1500)) == [(0, 1500, "So\nwe begin.")]


def test_cues_last_long_enough_to_read() -> None:
    """A cue is prolonged into the silence after it, 20 characters a second, but not into the next cue."""
    assert cleaned(one("x" * 40, 0, 1200)) == [(0, 2000, "x" * 40)]
    assert cleaned(one("x" * 40, 0, 1200), one("Next one here", 1500, 3000))[0][1] == 1500


def test_a_short_text_does_not_stand_for_minutes() -> None:
    """A cue that would stay for minutes goes after seven seconds; it is not cut into single words."""
    assert cleaned(one("( clock ticking )", 0, 60_000)) == [(0, LONGEST_MS, "( clock ticking )")]


@pytest.mark.parametrize("hidden", ["\u202e", "\x00", "\x1b", "\ufeff", "\ud800", "\u2066", "\uee7f"])
def test_invisible_controls_go(hidden: str) -> None:
    """Direction overrides, controls, byte order marks and half surrogates do not reach the page."""
    assert cleaned(one(f"Data{hidden}base")) == [(0, 4000, "Database")]


def test_right_to_left_text_keeps_its_order_and_marks() -> None:
    """Arabic words stay in reading order; the marks that steer punctuation stay."""
    text = "مرحبا بكم في الاجتماع\u200f!"
    assert cleaned(one(text)) == [(0, 4000, text)]
