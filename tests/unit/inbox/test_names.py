"""What names say: moments, part numbers, languages."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.inbox import names, sidecars

ZONE = ZoneInfo("Europe/Copenhagen")
LOCAL = datetime(2021, 6, 28, 14, 0, 5, tzinfo=ZONE)


@pytest.mark.parametrize(
    ("name", "before"),
    [
        ("GMT20210628-120005_Recording_1920x1080", ""),
        ("2021-06-28 14.00.05 Global Nodes Meeting 98765432100", ""),
        ("2021-06-28 14-00-05", ""),
        ("2021-06-28_14-00-05", ""),
        ("Replay 2021-06-28 14-00-05", "Replay "),
        ("k1105-20210628140005", "k1105-"),
        ("saal1-2021-06-28_14-00-05-0001", "saal1-"),
        ("2021.06.28-14_00_05", ""),
        ("183f0bf3a0982a127bdb8161e0c44eb696b3e75c-1624881605000", ""),
        ("2021-06-28T12:00:05Z", ""),
        ("Screen Recording 2021-06-28 at 14.00.05", "Screen Recording "),
        ("IMG_20210628_140005", "IMG_"),
    ],
)
def test_recorders_moments_are_read(name: str, before: str) -> None:
    """Zoom, OBS, FOSDEM, VOC, BigBlueButton and others; ``GMT`` and ``Z`` are UTC, the rest is the event's time."""
    stamp = names.stamp(name, ZONE)
    assert stamp is not None
    assert (stamp.moment, stamp.before) == (LOCAL, before)


@pytest.mark.parametrize(
    "name", ["talk-2021", "1920x1080", "20210628140005123", "2021-13-45 99-99-99", "video1234567890", "00001", ""]
)
def test_other_numbers_are_no_moments(name: str) -> None:
    """Years, sizes, counters and impossible dates say nothing about time."""
    assert names.stamp(name, ZONE) is None


@given(
    st.datetimes(datetime(1990, 1, 1), datetime(2099, 12, 31)),
    st.sampled_from(["%Y-%m-%d %H-%M-%S", "%Y%m%d-%H%M%S", "%Y.%m.%d_%H.%M.%S", "%Y%m%d%H%M%S", "%Y-%m-%dT%H:%M:%S"]),
    st.sampled_from(["", "room-", "Aula 3 ", "é_"]),
    st.sampled_from(["", "_Recording", " talk", "-cam"]),
)
def test_any_moment_survives_any_form(moment: datetime, form: str, before: str, after: str) -> None:
    """A moment written in a known form between other text is read back to the second."""
    stamp = names.stamp(f"{before}{moment.strftime(form)}{after}", ZoneInfo("UTC"))
    assert stamp is not None
    assert (stamp.moment, stamp.before, stamp.after) == (moment.replace(microsecond=0, tzinfo=UTC), before, after)


@given(st.text(st.characters()))
def test_any_text_can_be_asked(name: str) -> None:
    """No name makes the readers fail."""
    names.stamp(name, ZONE)
    names.part_number(name)
    names.key(name)
    assert next(sidecars.readings(name)) == (name, ())


@pytest.mark.parametrize(
    ("stem", "part"),
    [
        ("talk-part2", ("talk", 2)),
        ("talk (2)", ("talk", 2)),
        ("zoom_0", ("zoom", 0)),
        ("talk.002", ("talk", 2)),
        ("Vortrag Teil 3", ("Vortrag", 3)),
        ("concept 3", ("concept", 3)),
        ("talk", None),
        ("talk2", None),
        ("00001", None),
    ],
)
def test_part_numbers_stand_apart(stem: str, part: tuple[str, int] | None) -> None:
    """A number after a space, a dot, a dash or a word for part."""
    assert names.part_number(stem) == part


def test_keys_compare_names_without_case_and_accents() -> None:
    """``Thème 1 Panel`` and ``theme-1-panel`` are the same name; names without Latin letters have no key."""
    assert names.key("Thème_1 Panel") == names.key("THEME-1-PANEL") == "theme-1-panel"
    assert names.key("日本語") == names.key("...") == ""


@pytest.mark.parametrize(
    ("word", "language"),
    [("en", "en"), ("pt_BR", "pt-BR"), ("zh-hans", "zh-Hans"), ("ES-419", "es-419"), ("xx", None), ("final", None)],
)
def test_language_tags_are_recognised(word: str, language: str | None) -> None:
    """Tags in any spelling become BCP 47; other words are none."""
    assert sidecars.language_of(word) == language


def test_a_sidecar_can_be_read_in_several_ways() -> None:
    """The longest owner comes first, so that ``talk.en.mp4`` keeps ``talk.en.vtt``."""
    assert list(sidecars.readings("talk.v2.en.cc")) == [
        ("talk.v2.en.cc", ()),
        ("talk.v2.en", ("cc",)),
        ("talk.v2", ("en", "cc")),
    ]
