"""Fetch one recording with yt-dlp; run confined by ``fetching.py``.

A program of its own; it imports yt-dlp and the standard library only. The address and the password come in the
environment, where no log shows them. It works in the current folder, which keeps what a broken fetch left, and prints
one JSON object: what it fetched, or ``{"error": …}``.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import re
import shutil
import socket
import sys
import threading
from pathlib import Path
from typing import Any

STATE = "remote.json"
"""What the remote file was like when the fetch began; parts of another one are not gone on with."""
SUBTITLE_ENDINGS = ("vtt", "srt", "ttml", "ass", "sbv")
"""Formats of subtitles, the best first."""
MAX_SUBTITLES = 40
PICTURES = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
MAX_PICTURE = 10 * 1024**2
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}\Z")


class FetchError(Exception):
    """The recording cannot be fetched; the message says why."""


def main() -> None:
    """Fetch, and print the outcome."""
    parser = argparse.ArgumentParser()
    for name in ("--guard", "--ffmpeg", "--cookies", "--language", "--rate"):
        parser.add_argument(name, default="")
    arguments = parser.parse_args()
    port = _forward(arguments.guard)
    _confine(port, arguments.ffmpeg)
    try:
        outcome = fetch(arguments, port)
    except FetchError as error:
        outcome = {"error": str(error)}
    sys.stdout.write(json.dumps(outcome))
    sys.stdout.flush()
    os._exit(0)  # threads of the forwarder may still wait


def fetch(arguments: argparse.Namespace, port: int) -> dict[str, Any]:
    """Fetch the recording, its subtitles and its picture into the current folder."""
    import yt_dlp  # noqa: PLC0415 - after ``_confine``: what it imports is under guard too

    options = yt_dlp.parse_options(_options(arguments, port)).ydl_opts
    options["logger"] = _Silent()
    if arguments.cookies:
        options["cookiefile"] = io.StringIO(Path(arguments.cookies).read_text(encoding="utf-8"))
    if password := os.environ.get("AFTERTALK_VIDEO_PASSWORD"):
        options["videopassword"] = password
    with yt_dlp.YoutubeDL(options) as downloader:
        try:
            info = _one(downloader, os.environ["AFTERTALK_URL"])
            remote = _remote(downloader, info)
            _forget_other(remote)
            info = downloader.process_ie_result(info, download=True)
        except yt_dlp.utils.YoutubeDLError as error:
            raise FetchError(_plain(str(error))) from error
        media = _media()
        Path(STATE).unlink()
        if _remote(downloader, info) != remote:
            media.unlink()
            raise FetchError("it changed while it was fetched")
        subtitles = _subtitles(downloader, info, arguments.language)
        return {
            "file": media.name,
            "title": _title(info),
            "upload_date": info.get("upload_date"),
            "language": info.get("language"),
            "chapters": _chapters(info),
            "subtitles": subtitles,
            "thumbnail": _picture(downloader, info),
            "remote": remote,
        }


def _options(arguments: argparse.Namespace, port: int) -> list[str]:
    """The command line of yt-dlp; every option is there because its default is unsafe or unfit."""
    options = ["--ignore-config", "--no-plugin-dirs", "--no-cache-dir", "--no-warnings", "--no-progress", "--quiet"]
    options += ["--abort-on-error"]
    options += ["--proxy", f"http://127.0.0.1:{port}"]
    options += ["--no-playlist", "--flat-playlist", "--playlist-items", "1:3"]  # one address is one recording
    options += ["--abort-on-unavailable-fragments", "--hls-prefer-native"]  # a gap is an error; no network for ffmpeg
    options += ["--retries", "5", "--fragment-retries", "5", "--extractor-retries", "2", "--socket-timeout", "30"]
    options += ["--format", "bv*+ba/b/ba/bv*", "--format-sort", "res:1080,vcodec:h264,acodec:aac"]
    options += ["--merge-output-format", "mp4/mkv", "--fixup", "never", "--no-mtime", "--output", "media.%(ext)s"]
    options += ["--ffmpeg-location", arguments.ffmpeg] if arguments.ffmpeg else []
    options += ["--limit-rate", arguments.rate] if arguments.rate else []
    return options


def _one(downloader: Any, url: str) -> dict[str, Any]:
    """What yt-dlp knows of the one recording at an address."""
    info = downloader.extract_info(url, download=False)
    for _ in range(3):
        if info is None or info.get("_type", "video") == "video":
            break
        entries = [entry for entry in info.get("entries", []) if entry] if "entries" in info else [info]
        if len(entries) != 1:
            found = "several recordings are" if entries else "no recording is"
            raise FetchError(f"{found} at this address; give the address of one")
        info = downloader.process_ie_result(entries[0], download=False)
    if not info:
        raise FetchError("no recording is at this address")
    if info.get("is_live") or info.get("live_status") == "is_upcoming":
        raise FetchError("it is still live; try again when it has ended")
    return dict(info)


def _title(info: dict[str, Any]) -> str:
    """The title; yt-dlp adds a number to that of a page, also when the page has one recording only."""
    title = str(info.get("title") or "")[:1000]
    return title.removesuffix(" (1)") if info.get("extractor_key") == "HTML5MediaEmbed" else title


def _remote(downloader: Any, info: dict[str, Any]) -> dict[str, Any]:
    """What identifies the remote files: enough to notice that they became others."""
    from yt_dlp.networking import HEADRequest  # noqa: PLC0415 - as above

    formats = info.get("requested_formats") or [info]
    remote: dict[str, Any] = {"id": info.get("id"), "formats": [one.get("format_id") for one in formats]}
    if info.get("extractor_key") not in {"Generic", "HTML5MediaEmbed"} or len(formats) != 1:
        return remote  # addresses of media on video sites differ each time
    remote["url"] = formats[0]["url"]
    try:
        with downloader.urlopen(HEADRequest(formats[0]["url"], headers=info.get("http_headers") or {})) as answer:
            for name in ("ETag", "Last-Modified", "Content-Length"):
                remote[name] = answer.headers.get(name)
    except Exception:  # noqa: S110 - any failure means only that the server does not answer HEAD
        pass
    return remote


def _forget_other(remote: dict[str, Any]) -> None:
    """Remove what an earlier fetch left, unless it was of the same remote file."""
    state = Path(STATE)
    same = state.exists() and state.read_text(encoding="utf-8") == json.dumps(remote)
    for path in Path().iterdir():
        if not (same and _is_part(path)):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
    state.write_text(json.dumps(remote), encoding="utf-8")


def _is_part(path: Path) -> bool:
    """Whether a file is what an unfinished fetch leaves."""
    return path.suffix in {".part", ".ytdl"} or "-Frag" in path.name


def _media() -> Path:
    """The fetched file, whole."""
    files = [path for path in Path().glob("media.*") if not _is_part(path)]
    if len(files) != 1 or not files[0].stat().st_size:
        raise FetchError("nothing was fetched from it")
    return files[0]


def _subtitles(downloader: Any, info: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """Fetch all subtitles that people made and, where none is in the language spoken, the automatic ones."""
    fetched = []
    for number, (tag, choices, automatic) in enumerate(wanted_subtitles(info, language)):
        best = min(choices, key=lambda one: _place(one.get("ext")))
        name = f"subtitles-{number}.{best.get('ext')}"
        try:
            if best.get("data") is not None:
                Path(name).write_text(best["data"], encoding="utf-8")
            else:
                downloader.dl(name, {"http_headers": info.get("http_headers") or {}, **best}, subtitle=True)
        except Exception:  # noqa: S112 - subtitles that cannot be fetched do not hold up the recording
            continue
        if Path(name).is_file():
            fetched.append({"file": name, "language": tag, "automatic": automatic})
    return fetched


def wanted_subtitles(info: dict[str, Any], language: str) -> list[tuple[str, list[dict[str, Any]], bool]]:
    """Which subtitles to fetch: language tag, formats to choose from, and whether a machine made them."""
    manual = [(tag, choices) for tag, choices in (info.get("subtitles") or {}).items() if _usable(tag, choices)]
    wanted = [(tag, choices, False) for tag, choices in manual[:MAX_SUBTITLES]]
    spoken = language or info.get("language") or ""
    automatic = info.get("automatic_captions") or {}
    if spoken and not any(tag.split("-")[0] == spoken.split("-")[0] for tag, _ in manual):
        for tag in (f"{spoken}-orig", spoken, spoken.split("-")[0]):
            if tag in automatic and _usable(spoken, automatic[tag]):
                return [*wanted, (spoken, automatic[tag], True)]
    return wanted


def _usable(tag: str, choices: list[dict[str, Any]]) -> bool:
    return bool(_LANGUAGE.match(tag)) and any(one.get("ext") in SUBTITLE_ENDINGS for one in choices)


def _place(ending: object) -> int:
    return SUBTITLE_ENDINGS.index(str(ending)) if ending in SUBTITLE_ENDINGS else len(SUBTITLE_ENDINGS)


def _chapters(info: dict[str, Any]) -> list[dict[str, Any]]:
    chapters = info.get("chapters") or []
    return [
        {"start_ms": round(float(one.get("start_time") or 0) * 1000), "title": str(one["title"])[:1000]}
        for one in chapters
        if one.get("title")
    ]


def _picture(downloader: Any, info: dict[str, Any]) -> str | None:
    """Fetch the best picture of the recording."""
    for one in reversed(info.get("thumbnails") or []):
        try:
            with downloader.urlopen(one["url"]) as answer:
                kind = (answer.headers.get("Content-Type") or "").partition(";")[0].strip().lower()
                data = answer.read(MAX_PICTURE + 1)
        except Exception:  # noqa: S112 - a picture that cannot be fetched does not hold up the recording
            continue
        if kind in PICTURES and len(data) <= MAX_PICTURE:
            name = f"picture.{PICTURES[kind]}"
            Path(name).write_bytes(data)
            return name
    return None


def _plain(message: str) -> str:
    """The message without terminal colours, the name of the extractor and advice meant for yt-dlp's users."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", message).removeprefix("ERROR: ")
    text = re.sub(r"^\[[^\]]*\] (\S+: )?", "", text)
    return re.split(r"; please report this issue|\. Use --| \(caused by", text)[0].strip()


class _Silent:
    """Hears what yt-dlp says; errors come as exceptions too."""

    def debug(self, message: str) -> None:
        """Details."""

    warning = error = info = debug


def _forward(guard: str) -> int:
    """Listen on a port of this process's own loopback, and carry every connection to the guard's socket."""
    listener = socket.create_server(("127.0.0.1", 0))

    def pump(source: socket.socket, target: socket.socket) -> None:
        try:
            while data := source.recv(65536):
                target.sendall(data)
        except OSError:
            pass
        finally:
            for end in (source, target):
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def accept() -> None:
        while True:
            client, _ = listener.accept()
            server = socket.socket(socket.AF_UNIX)
            server.connect(guard)
            for ends in ((client, server), (server, client)):
                threading.Thread(target=pump, args=ends, daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    return int(listener.getsockname()[1])


def _confine(port: int, ffmpeg: str) -> None:
    """Refuse connections to anything but the guard, and programs other than ffmpeg, also without a sandbox."""

    def hook(event: str, values: tuple[Any, ...]) -> None:
        if event == "socket.connect" and values[0].family != socket.AF_UNIX and values[1][:2] != ("127.0.0.1", port):
            raise PermissionError(f"a connection to {values[1]!r} that does not pass the guard")
        if event == "subprocess.Popen" and values[0] != ffmpeg:
            raise PermissionError(f"the program {values[0]!r}")

    sys.addaudithook(hook)


if __name__ == "__main__":
    main()
