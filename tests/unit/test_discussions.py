"""News of discussions: asked of the forum, kept, and never in the way."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from catalog.model import Event
from pipeline import discussions
from pipeline.fetch.remote import GoneError

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOPIC = "https://forum.example.org/t/panel/42"


class Forum:
    """Answers for topics, or not at all."""

    def __init__(self, **answer: object) -> None:
        self.answer = answer
        self.asked: list[str] = []

    def __call__(self, url: str) -> bytes:
        self.asked.append(url)
        if not self.answer:
            raise GoneError("silent")
        return json.dumps(self.answer).encode()


def test_replies_and_last_activity(tmp_path: Path) -> None:
    """The first post is no reply; an answer counts for an hour."""
    forum = Forum(posts_count=8, last_posted_at="2026-02-27T10:00:00.000Z")
    found = discussions.activity([TOPIC], tmp_path, forum, now=NOW)
    assert found[TOPIC] == (7, datetime(2026, 2, 27, 10, tzinfo=UTC))
    assert forum.asked == ["https://forum.example.org/t/42.json"]
    assert discussions.activity([TOPIC], tmp_path, forum, now=NOW + timedelta(minutes=59)) == found
    assert len(forum.asked) == 1
    discussions.activity([TOPIC], tmp_path, forum, now=NOW + timedelta(minutes=61))
    assert len(forum.asked) == 2


def test_a_silent_forum_is_asked_once_and_what_is_known_stays(tmp_path: Path) -> None:
    """No answer keeps the last one; the other topics of that host are not waited for."""
    discussions.activity([TOPIC], tmp_path, Forum(posts_count=3), now=NOW)
    forum = Forum()
    others = [f"https://forum.example.org/t/other/{number}" for number in range(5)]
    found = discussions.activity([TOPIC, *others], tmp_path, forum, now=NOW + timedelta(days=1))
    assert found == {TOPIC: (2, None)}
    assert len(forum.asked) == 1


@pytest.mark.parametrize("body", [{"posts_count": "many"}, {"posts_count": True}, {"title": "x"}])
def test_an_answer_that_is_no_topic_is_no_news(tmp_path: Path, body: dict[str, object]) -> None:
    """Whatever a server sends, nothing but a number and a time is taken."""
    assert discussions.activity([TOPIC], tmp_path, Forum(**body), now=NOW) == {}


def test_a_dry_run_and_a_damaged_file_ask_nobody(tmp_path: Path) -> None:
    """Without leave to ask, what is kept counts; what cannot be read counts as nothing."""
    (tmp_path / discussions.FILE).write_text("{broken")
    assert discussions.activity([TOPIC], tmp_path, None, now=NOW) == {}


def test_only_topics_of_a_forum_are_asked_for(tmp_path: Path) -> None:
    """An address of another kind is a link and no more."""
    forum = Forum(posts_count=2)
    assert discussions.activity(["https://example.org/talk.html"], tmp_path, forum, now=NOW) == {}
    assert forum.asked == []


def test_topics_of_sessions_and_recordings() -> None:
    """A plain address is enough; each topic once."""
    session = {"id": "s", "title": "S", "discussion": TOPIC, "recordings": [
        {"id": "r", "title": "R", "discussion": {"topic": TOPIC, "title": "Panel"}},
        {"id": "q", "title": "Q", "discussion": f"{TOPIC}9"},
    ]}  # fmt: skip
    event = Event.model_validate({"id": "e", "title": "E", "sessions": [session]})
    assert discussions.topics([event]) == (TOPIC, f"{TOPIC}9")
