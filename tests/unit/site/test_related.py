"""What else to watch."""

from __future__ import annotations

from dataclasses import replace

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
