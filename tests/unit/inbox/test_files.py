"""What is found in an inbox, and what is refused."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.inbox import scan, shown
from pipeline.inbox.files import FRESH_S, MAX_DEPTH, InboxFile, Scan

LATER = 10_000_000_000.0
"""A clock at which every file is old."""


def look(folder: Path) -> Scan:
    return scan(folder, now=lambda: LATER, wait=lambda seconds: None)


def names(found: Scan) -> list[str]:
    return [file.name for file in found.files]


def test_a_missing_inbox_is_empty(tmp_path: Path) -> None:
    """An event whose recordings are all elsewhere needs no folder."""
    assert look(tmp_path / "recordings") == Scan()


def test_files_are_found_in_folders_too(tmp_path: Path) -> None:
    """Regular files, in the order of their names; hidden ones and what the system left are ignored."""
    (tmp_path / "b").mkdir()
    for name in ("b/talk.mp4", "a.vtt", ".DS_Store", "._a.mp4"):
        (tmp_path / name).touch()
    found = look(tmp_path)
    assert names(found) == ["a.vtt", "b/talk.mp4"]
    assert found.findings == ()


def test_the_inbox_itself_may_be_a_link(tmp_path: Path) -> None:
    """Recordings may lie on another disk."""
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "talk.mp4").touch()
    (tmp_path / "recordings").symlink_to("disk")
    assert names(look(tmp_path / "recordings")) == ["talk.mp4"]


@pytest.mark.timeout(10)
def test_what_is_no_file_is_refused_without_opening_it(tmp_path: Path) -> None:
    """Pipes, sockets and links, inside and out, are named with what they are; nothing hangs."""
    inbox = tmp_path / "recordings"
    inbox.mkdir()
    (tmp_path / "secret.mp4").write_text("not for the public")
    os.mkfifo(inbox / "pipe.mp4")
    (inbox / "out.mp4").symlink_to("../secret.mp4")
    (inbox / "folder").symlink_to(tmp_path)
    (inbox / "null.mp4").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(inbox / "socket.mp4"))
        found = look(inbox)
    assert found.files == ()
    assert {finding.file: finding.message.split(";")[0] for finding in found.findings} == {
        "folder": "is a link",
        "null.mp4": "is a link",
        "out.mp4": "is a link",
        "pipe.mp4": "is a pipe",
        "socket.mp4": "is a socket",
    }


def test_too_deep_folders_are_told(tmp_path: Path) -> None:
    """Folders have an end."""
    deep = tmp_path.joinpath(*"abcdefgh")
    deep.mkdir(parents=True)
    (deep / "talk.mp4").touch()
    found = look(tmp_path)
    assert found.files == ()
    assert f"more than {MAX_DEPTH} folders" in found.findings[0].message


def test_unfinished_downloads_wait(tmp_path: Path) -> None:
    """Browsers and copying programs say by the name that they are not done."""
    for name in ("a.mp4.part", "b.mp4.crdownload", "c.MP4.FILEPART", "d.mp4"):
        (tmp_path / name).touch()
    found = look(tmp_path)
    assert names(found) == ["d.mp4"]
    assert [file.name for file in found.waiting] == ["a.mp4.part", "b.mp4.crdownload", "c.MP4.FILEPART"]


def test_a_file_that_grows_waits(tmp_path: Path) -> None:
    """A fresh file is looked at twice; one that moved in between waits, one that did not is taken."""
    (tmp_path / "growing.mp4").write_bytes(b"1")
    (tmp_path / "still.mp4").write_bytes(b"1")
    clock = (tmp_path / "still.mp4").stat().st_mtime + FRESH_S / 2

    def write_more(seconds: float) -> None:
        with (tmp_path / "growing.mp4").open("ab") as handle:
            handle.write(b"2")

    found = scan(tmp_path, now=lambda: clock, wait=write_more)
    assert names(found) == ["still.mp4"]
    assert [file.name for file in found.waiting] == ["growing.mp4"]


def test_old_files_are_not_waited_for(tmp_path: Path) -> None:
    """A run over settled files does not pause."""
    (tmp_path / "talk.mp4").touch()

    def fail(seconds: float) -> None:
        raise AssertionError

    assert names(scan(tmp_path, now=lambda: LATER, wait=fail)) == ["talk.mp4"]


def test_a_replaced_file_is_noticed(tmp_path: Path) -> None:
    """What was looked at can be compared with what is there now."""
    path = tmp_path / "talk.mp4"
    path.write_bytes(b"1")
    file = look(tmp_path).files[0]
    assert file.is_as_seen()
    path.write_bytes(b"22")
    assert not file.is_as_seen()
    path.unlink()
    assert not file.is_as_seen()


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"-i.mp4", "-i.mp4"),
        (b"two\nlines.mp4", r"two\nlines.mp4"),
        ("evil\u202e4pm.exe".encode(), r"evil\u202e4pm.exe"),
        (b"caf\xe9.mp4", r"caf\xe9.mp4"),
        (b'it\'s "quoted".mp4', 'it\'s "quoted".mp4'),
        ("日本語.mp4".encode(), "日本語.mp4"),
        (b"a" * 251 + b".mp4", "a" * 251 + ".mp4"),
    ],
)
def test_any_name_is_found_and_shown_safely(tmp_path: Path, raw: bytes, text: str) -> None:
    """Line ends, changes of direction and bytes that are not UTF-8 are escaped for people; the file itself is found."""
    (tmp_path / os.fsdecode(raw)).write_bytes(b"x")
    (file,) = look(tmp_path).files
    assert file.shown == text
    assert file.path.read_bytes() == b"x"


ANY_NAME = st.text(st.characters())
"""Lone surrogates too: they stand for bytes that are not UTF-8."""


@given(ANY_NAME)
def test_what_is_shown_is_one_printable_line(name: str) -> None:
    """No name breaks a line, moves the cursor or cannot be written as UTF-8."""
    text = shown(name)
    assert all(character.isprintable() or character.isspace() for character in text)
    assert len(text.splitlines()) <= 1
    text.encode()


def test_kinds_are_known_by_the_ending() -> None:
    """Endings count without regard to case."""
    kinds = [InboxFile(name, Path(name)).kind.value for name in ("a.MP4", "a.en.vtt", "a.JPG", "a.pdf", "a.txt", "a")]
    assert kinds == ["media", "captions", "picture", "slides", "other", "other"]
