"""What else to watch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from catalog.model import Person
from catalog.pages import PublishedRecording
from catalog.related import MOST, Related
from tests.unit.site import samples


def recording(number: int, title: str, people: tuple[str, ...] = (), track: str = "") -> PublishedRecording:
    one = samples.catalogue().recordings[0]
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
