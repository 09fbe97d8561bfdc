"""What lies in an inbox: regular files, and why the rest was left out. Reads folders, never a file's content."""

from __future__ import annotations

import itertools
import os
import stat
import time
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from operator import attrgetter
from pathlib import Path

from catalog.errors import Finding, Severity

MAX_FILES = 100_000
MAX_DEPTH = 6
FRESH_S = 20.0
"""A file changed within so many seconds is looked at twice."""
LOOK_S = 1.5
"""Seconds between the two looks."""
UNFINISHED = (
    ".part",
    ".partial",
    ".crdownload",
    ".download",
    ".filepart",
    ".tmp",
    ".ytdl",
    ".!ut",
    ".aria2",
    ".opdownload",
)
"""How programs name files they still write."""


class FileKind(StrEnum):
    """What a file is, by its name's ending."""

    MEDIA = "media"
    CAPTIONS = "captions"
    PICTURE = "picture"
    SLIDES = "slides"
    OTHER = "other"


def _endings(words: str) -> frozenset[str]:
    return frozenset(f".{word}" for word in words.split())


VIDEO_ENDINGS = _endings(
    "3gp asf avi divx dv f4v flv m2ts m2v m4v mkv mov mp4 mpeg mpg mts mxf nut ogm ogv ts vob webm wmv"
)
AUDIO_ENDINGS = _endings("aac ac3 aif aiff caf flac m4a mka mp3 oga ogg opus wav wma")
_KINDS = {
    FileKind.MEDIA: VIDEO_ENDINGS | AUDIO_ENDINGS,
    FileKind.CAPTIONS: _endings("ass dfxp itt lrc sami sbv scc smi srt ssa stl sub ttml vtt"),
    FileKind.PICTURE: _endings("avif jpeg jpg png webp"),
    FileKind.SLIDES: _endings("key odp pdf ppt pptx"),
}
_KIND_OF = {ending: kind for kind, endings in _KINDS.items() for ending in endings}


@dataclass(frozen=True, order=True)
class InboxFile:
    """A regular file of the inbox, as it was when it was looked at."""

    name: str
    """Path relative to the inbox, ``/`` as separator; bytes that are not UTF-8 as lone surrogates."""
    path: Path
    size: int = 0
    """Bytes."""
    mtime_ns: int = 0

    @cached_property
    def ending(self) -> str:
        """The name's last ending in lower case, with its dot; may be empty."""
        return self._split[2].lower()

    @property
    def stem(self) -> str:
        """The file's name without folders and without its last ending."""
        return self._split[1]

    @property
    def folder(self) -> str:
        """The folder below the inbox; empty for the inbox itself."""
        return self._split[0]

    @cached_property
    def _split(self) -> tuple[str, str, str]:
        """Folder, stem and ending, as ``PurePosixPath`` has them, which takes far longer."""
        folder, _, name = self.name.rpartition("/")
        dot = name.rfind(".")
        return (folder, name[:dot], name[dot:]) if 0 < dot < len(name) - 1 else (folder, name, "")

    @cached_property
    def kind(self) -> FileKind:
        """What it is, by its ending."""
        return _KIND_OF.get(self.ending, FileKind.OTHER)

    @property
    def has_picture(self) -> bool:
        """Whether its ending is one of files with moving pictures."""
        return self.ending in VIDEO_ENDINGS

    @property
    def shown(self) -> str:
        """The name for messages; see ``shown``."""
        return shown(self.name)

    def is_as_seen(self) -> bool:
        """Whether the file still is what was looked at: false once somebody wrote to it, replaced or removed it."""
        try:
            now = self.path.lstat()
        except OSError:
            return False
        return stat.S_ISREG(now.st_mode) and (now.st_size, now.st_mtime_ns) == (self.size, self.mtime_ns)


@dataclass(frozen=True)
class Scan:
    """What an inbox holds."""

    files: tuple[InboxFile, ...] = ()
    """In the order of their names."""
    waiting: tuple[InboxFile, ...] = ()
    """Files that somebody still writes."""
    findings: tuple[Finding, ...] = ()
    """What was left out, and why."""


def shown(name: str) -> str:
    """A file name for people: whatever does not print, or changes the direction of text, is escaped."""
    out = []
    for character in name:
        if "\udc80" <= character <= "\udcff":
            out.append(f"\\x{ord(character) - 0xDC00:02x}")
        elif unicodedata.category(character) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            out.append(ascii(character)[1:-1])
        else:
            out.append(character)
    return "".join(out)


def scan(folder: Path, *, now: Callable[[], float] = time.time, wait: Callable[[float], None] = time.sleep) -> Scan:
    """Find the regular files below an inbox. A missing inbox is an empty one; it may itself be a link.

    Hidden files are ignored; links, pipes and devices are refused without opening them. A file whose time is within
    ``FRESH_S`` of ``now`` (seconds since the epoch) is looked at twice, ``LOOK_S`` apart, and waits for the next run
    when it changed in between.
    """
    findings: list[Finding] = []
    found = in_order(itertools.islice(_walk(folder, "", findings), MAX_FILES + 1))
    if len(found) > MAX_FILES:
        findings.append(_warning(folder.name, f"holds more than {MAX_FILES} files; the rest was not looked at"))
    unfinished = {file.name: file for file in found if file.name.lower().endswith(UNFINISHED)}
    fresh = [file for file in found if abs(now() - file.mtime_ns / 1e9) < FRESH_S and file.name not in unfinished]
    if fresh:
        wait(LOOK_S)
        unfinished |= {file.name: file for file in fresh if not file.is_as_seen()}
    return Scan(
        files=tuple(file for file in found[:MAX_FILES] if file.name not in unfinished),
        waiting=tuple(in_order(unfinished.values())),
        findings=tuple(findings),
    )


def in_order(files: Iterable[InboxFile]) -> list[InboxFile]:
    """Files of one inbox by their names, of which there are no two alike."""
    return sorted(files, key=attrgetter("name"))


def _walk(folder: Path, prefix: str, findings: list[Finding]) -> Iterator[InboxFile]:
    try:
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except FileNotFoundError:
        return
    except OSError as error:
        findings.append(_warning(prefix or folder.name, f"cannot be read ({error.strerror})"))
        return
    for entry in entries:
        name = f"{prefix}{entry.name}"
        if entry.name.startswith("."):
            continue
        try:
            state = entry.stat(follow_symlinks=False)
        except OSError:  # removed since it was listed
            continue
        if stat.S_ISREG(state.st_mode):
            yield InboxFile(name, Path(entry.path), state.st_size, state.st_mtime_ns)
        elif not stat.S_ISDIR(state.st_mode):
            findings.append(
                _warning(name, f"is {_WHAT.get(stat.S_IFMT(state.st_mode), 'not a file')}; it was left out")
            )
        elif name.count("/") >= MAX_DEPTH:
            findings.append(_warning(name, f"lies more than {MAX_DEPTH} folders deep; it was left out"))
        else:
            yield from _walk(Path(entry.path), f"{name}/", findings)


_WHAT = {
    stat.S_IFLNK: "a link",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def _warning(name: str, message: str) -> Finding:
    return Finding(Severity.WARNING, shown(name), 0, "", message, "put the file itself into the inbox")
