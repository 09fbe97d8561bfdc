"""Which subtitles are fetched, when a remote file counts as changed, and how addresses are shown."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.fetch import shown_url
from pipeline.fetch.fetch_worker import wanted_subtitles
from pipeline.fetch.remote import is_same

VTT = [{"ext": "json3", "url": "x"}, {"ext": "vtt", "url": "y"}]


def wanted(language: str, /, **info: Any) -> list[tuple[str, bool]]:
    return [(tag, automatic) for tag, _, automatic in wanted_subtitles(info, language)]


def test_all_subtitles_by_people_are_wanted() -> None:
    """Every language; a chat, and formats that hold no captions, are not subtitles."""
    manual = {"en": VTT, "pt-BR": VTT, "live_chat": VTT, "de": [{"ext": "json3"}]}
    assert wanted("en", subtitles=manual, automatic_captions={"en": VTT}) == [("en", False), ("pt-BR", False)]


def test_automatic_subtitles_only_in_the_language_spoken() -> None:
    """A site's machine translations are not wanted; those of what is spoken are, where no person made any."""
    machine = {"en": VTT, "fr": VTT, "fr-orig": VTT, "de": VTT}
    assert wanted("fr", subtitles={"en": VTT}, automatic_captions=machine) == [("en", False), ("fr", True)]
    assert wanted("", language="fr", automatic_captions=machine) == [("fr", True)]
    assert wanted("", automatic_captions=machine) == []


@pytest.mark.parametrize("tag", ["../../etc", "en/x", "en\n", "", "e" * 40])
def test_tags_that_are_no_languages_are_left_out(tag: str) -> None:
    """A site cannot choose names of files by its language tags."""
    assert wanted("en", subtitles={tag: VTT}) == []


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ({"ETag": "1", "Content-Length": "5"}, {"ETag": "1", "Content-Length": "6"}, True),
        ({"ETag": "1", "Last-Modified": "x"}, {"ETag": "2", "Last-Modified": "x"}, False),
        ({"ETag": "1", "Last-Modified": "x"}, {"Last-Modified": "y"}, False),
        ({"Content-Length": "5"}, {"Content-Length": "6"}, False),
        ({"ETag": "1"}, {}, True),
        ({"ETag": None}, {"ETag": "1"}, True),
    ],
)
def test_the_best_common_header_decides(before: dict[str, str], after: dict[str, str], same: bool) -> None:
    """The entity tag, else the date, else the length; without any in common nothing is claimed."""
    assert is_same(before, after) is same


def test_secrets_in_addresses_are_not_shown() -> None:
    """Passwords and tokens are masked; what tells recordings apart stays."""
    shown = shown_url("https://me:secret@zoom.example/rec/share/ab?v=12&pwd=hunter2&access_token=t0k")
    assert shown == "https://zoom.example/rec/share/ab?v=12&pwd=***&access_token=***"
