"""Rolling captions: whatever rolls is un-rolled to what was said, and nothing else is touched."""

from __future__ import annotations

from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.captions.rolling import unroll
from pipeline.captions.timed import TimedText

LINES = st.lists(
    st.sampled_from(["so", "welcome to", "the second day", "of our meeting", "yes"]),
    min_size=5,
    max_size=40,
)


@given(LINES, st.integers(2, 4))
@settings(max_examples=100, deadline=None)
def test_roll_up_of_any_height(said: list[str], rows: int) -> None:
    """Each new line pushes the others up; a screen full of one line cannot be told from one that stands still."""
    said = [line for line, _ in groupby([*said, "and", "now", "the", "data"])]
    rolled = tuple(
        TimedText(at * 1000, at * 1000 + 1000, "\n".join(said[max(0, at + 1 - rows) : at + 1]))
        for at in range(len(said))
    )
    found = unroll(rolled)
    assert [one.text for one in found] == said
    assert [one.start_ms for one in found] == [at * 1000 for at in range(len(said))]


@given(LINES)
@settings(max_examples=100, deadline=None)
def test_two_steps_a_line(said: list[str]) -> None:
    """YouTube's way: the line before and the new one, then for a moment the new one alone."""
    rolled = []
    for at, line in enumerate(said):
        above = f"{said[at - 1]}\n" if at else ""
        rolled += [
            TimedText(at * 1000, at * 1000 + 990, above + line),
            TimedText(at * 1000 + 990, at * 1000 + 1000, line),
        ]
    assert [one.text for one in unroll(tuple(rolled))] == said


def test_a_line_that_is_said_again_and_again() -> None:
    """A vote, a chant, a recogniser that repeats itself: cues of one line that are the same are not rolling."""
    said = tuple(TimedText(at * 1000, at * 1000 + 1000, "Aye.") for at in range(6))
    assert unroll(said) == said


def test_lines_that_grow_while_they_are_spoken() -> None:
    """Live captions show a line word by word; the whole line is kept, from its first word on."""
    shown = ["so", "so we", "so we begin", "so we begin\nwith", "so we begin\nwith data"]
    rolled = tuple(TimedText(at * 500, at * 500 + 500, text) for at, text in enumerate(shown))
    assert [(one.start_ms, one.end_ms, one.text) for one in unroll(rolled)] == [
        (0, 1500, "so we begin"),
        (1500, 2500, "with data"),
    ]


@given(st.lists(st.sampled_from(["Yes.", "No.", "Thank you.", "Good morning."]), max_size=12))
def test_separate_cues_are_left_alone(said: list[str]) -> None:
    """With pauses between them, equal cues are equal speech."""
    texts = tuple(TimedText(at * 3000, at * 3000 + 1000, text) for at, text in enumerate(said))
    assert unroll(texts) == texts
