"""What else to watch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from math import log

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog import related as module
from catalog.model import Person
from catalog.pages import PublishedRecording
from catalog.related import MOST, Related
from tests.unit.site import samples


@cache
def sample() -> PublishedRecording:
    return samples.catalogue().recordings[0]


def recording(number: int, title: str, people: tuple[str, ...] = (), track: str = "") -> PublishedRecording:
    one = sample()
    session = one.session.model_copy(update={"id": f"s{number}", "track": track})
    facts = one.recording.model_copy(update={"id": f"r{number}", "title": title})
    return replace(one, session=session, recording=facts, people=tuple(Person(name=name) for name in people))


def test_shared_people_count_most_then_theme_then_words() -> None:
    """The same speaker comes first, then rare words together, then the theme; one word alone is chance."""
    all_ = [
        recording(0, "Orchids of Peru: a census", ("Ada",), "Plants"),
        recording(1, "A census of orchids in museums"),
        recording(2, "Moss", (), "Plants"),
        recording(3, "Beetles", ("Ada",)),
        recording(30, "A census of bees"),
        *(recording(number, f"Topic {number}") for number in range(4, 30)),
    ]
    assert [one.recording.id for one in Related(all_).to(all_[0])] == ["r3", "r1", "r2"]


def test_nothing_shared_gives_nothing_and_never_itself() -> None:
    """A recording that shares nothing has no relatives; nobody is their own."""
    all_ = [recording(0, "Alone"), recording(1, "Different")]
    assert Related(all_).to(all_[0]) == ()


def test_what_all_share_is_bounded() -> None:
    """A theme of a thousand recordings says nothing, and asking stays cheap."""
    all_ = [recording(number, f"T{number}", (), "Everything") for number in range(1000)]
    assert Related(all_).to(all_[0]) == ()
    few = [recording(number, "Same words here") for number in range(20)]
    assert len(Related(few).to(few[0])) == MOST


def test_a_newcomer_is_not_named_by_older_ones_at_once() -> None:
    """Added to a hundred, it finds relatives; what others have changes only when the common past takes another step."""
    titles = [f"Orchids {number % 7} and mosses {number % 5} of Peru" for number in range(105)]
    all_ = [recording(number, title) for number, title in enumerate(titles)]
    all_ = [replace(one, date=datetime(2021, 6, 1, tzinfo=UTC) + timedelta(days=n)) for n, one in enumerate(all_)]

    def named(count: int) -> list[tuple[str, ...]]:
        related = Related(all_[:count])
        return [tuple(other.key for other in related.to(one)) for one in all_[:count]]

    for count in (97, 98, 100, 103):
        before, after = named(count), named(count + 1)
        assert len(after[count]) == MOST
        changed = [n for n in range(count) if before[n] != after[n]]
        assert not changed or (count + 1) % 8 == 0
    assert any(all_[100].key in others for others in named(104)[:100])


def plainly(all_: Sequence[PublishedRecording], own: int, past: int, common: int) -> list[str]:
    """The keys of what ``Related`` should find, by comparing a recording with every other one."""
    features = [
        {("session", one.session.id), *(("word", word) for word in one.recording.title.split() if len(word) > 3)}
        | {("person", person.id) for person in one.people}
        | ({("track", one.session.track)} if one.session.track else set())
        for one in all_
    ]
    compared = features[: max(past, own + 1)]
    weights = {"person": 3.0, "session": 2.0, "track": 1.5, "word": 1.0}
    found = []
    for number, other in enumerate(compared):
        counts = {one: sum(one in each for each in compared) for one in features[own] & other}
        shared = {one: count for one, count in sorted(counts.items()) if count <= common}
        enough = len(shared) >= 2 or any(kind != "word" for kind, _ in shared)
        if number != own and enough:
            score = 0.0
            for (kind, _), count in shared.items():
                score += weights[kind] * log(1 + len(compared) / count)
            found.append((score, number))
    return [all_[number].key for _, number in sorted(found, reverse=True)[:MOST]]


TALKS = st.tuples(
    st.sets(st.sampled_from(["moss", "orchid", "beetle", "census", "peru"]), max_size=4),
    st.sets(st.sampled_from(["ada", "ben", "cleo"]), max_size=2),
    st.sampled_from(["", "plants", "insects"]),
    st.integers(0, 4),
)


@given(st.lists(TALKS, min_size=1, max_size=24))
def test_the_index_finds_what_comparing_all_would(talks: list[tuple[set[str], set[str], str, int]]) -> None:
    """Whatever is shared by whom, the best are those that a comparison with every other one finds, in that order."""
    all_ = []
    for number, (title, people, track, session) in enumerate(talks):
        one = recording(number, " ".join(sorted(title)) or "a", tuple(sorted(people)), track)
        held = one.session.model_copy(update={"id": f"s{session}"})
        all_.append(replace(one, session=held, date=datetime(2021, 6, 1, tzinfo=UTC) + timedelta(days=number)))
    step = max(size for size in (1, 2, 4) if size == 1 or size * 8 <= len(all_))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_COMMON", 6)
        related = Related(all_)
        for own, one in enumerate(all_):
            assert [other.key for other in related.to(one)] == plainly(all_, own, len(all_) // step * step, 6)
