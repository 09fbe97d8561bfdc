"""A catalogue that has nothing but a spreadsheet with addresses, published as a timer does it."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalog.document import validator
from pipeline.media.tools import Tools
from tests.media import sources
from tests.media.web import Site, body, page, serve, status

pytestmark = [pytest.mark.media, pytest.mark.slow]

TALKS = 40
DEAD, CHANGED = 12, 15
"""A file that answers 404 at first, and one that is another one at the second run."""
TITLES = (
    "Opening words",
    "Thème 1 : les nœuds",
    "生物多样性数据",
    "التنوع البيولوجي",
    "Роль узлов",
    "<b>Bold</b> claims",
)
VTT = b"WEBVTT\n\n00:00.000 --> 00:01.000\nWelcome everybody\n"


@pytest.fixture
def site() -> Iterator[Site]:
    yield from serve()


@pytest.fixture(scope="module")
def clips(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of pictures and sound, as a file and as a playlist."""
    folder = tmp_path_factory.mktemp("clips")
    sources.record(tools, folder / "clip.mp4", seconds=1, size="128x72", rate=10)
    playlist = ("-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod")
    sources.run(tools, "-i", str(folder / "clip.mp4"), "-c", "copy", *playlist, str(folder / "clip.m3u8"))
    return folder


def unlike(data: bytes, number: int) -> bytes:
    """The same clip as another file: a box that players skip is added."""
    note = f"clip {number}".encode()
    return data + (8 + len(note)).to_bytes(4) + b"free" + note


def address(number: int) -> str:
    """Every third source is a page, every third a playlist, the others are files."""
    return (f"/{number}.mp4", f"/talks/{number}", f"/{number}/clip.m3u8")[number % 3]


def put(site: Site, clips: Path) -> None:
    clip = (clips / "clip.mp4").read_bytes()
    for number in range(TALKS):
        site.answers[f"/{number}.mp4"] = body(unlike(clip, number), etag=f'"{number}"')
        site.answers[f"/{number}.vtt"] = body(VTT, "text/vtt")
        site.answers[f"/talks/{number}"] = page(
            f'<video src="/{number}.mp4"><track kind="captions" srclang="en" src="/{number}.vtt"></video>'
        )
        for path in clips.glob("clip*.*"):
            kind = "application/vnd.apple.mpegurl" if path.suffix == ".m3u8" else "video/mp2t"
            site.answers[f"/{number}/{path.name}"] = body(path.read_bytes(), kind)
    site.answers[address(DEAD)] = status(404)


def spreadsheet(site: Site) -> bytes:
    text = io.StringIO()
    rows = csv.writer(text, delimiter=";")
    rows.writerow(["Code", "Titel", "Sprecher", "Beginn", "Dauer", "Raum", "Video"])
    for number in range(TALKS):
        start = f"2024-05-{1 + number // 20:02d} {9 + number % 20 // 2:02d}:{number % 2 * 30:02d}"
        title = f"{TITLES[number % len(TITLES)]} {number}"
        rows.writerow([f"t{number}", title, "Ann Li; Bo Ek", start, 30, "Hall", site.url(address(number))])
    return text.getvalue().encode("utf-8-sig")


def publish(root: Path) -> tuple[int, list[dict[str, object]]]:
    """Run the command as a timer does: no terminal, no input."""
    argv = [sys.executable, "-m", "pipeline.cli", "publish", "--json", "-C", str(root)]
    done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=900)
    assert "Traceback" not in done.stderr
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]


def public(root: Path) -> dict[str, dict[str, object]]:
    document = json.loads((root / "public/catalog.json").read_bytes())
    assert list(validator().iter_errors(document)) == []
    return {one["id"]: one for one in document["recordings"]}


def made(told: list[dict[str, object]]) -> set[object]:
    return {one["recording"] for one in told if one["event"] == "StageStarted" and one["stage"] == "transcode"}


def test_forty_addresses_publish_unattended(site: Site, clips: Path, tmp_path: Path) -> None:
    """Forty talks of a spreadsheet on the web, given by address only: files, pages, playlists.

    A dead address fails alone and is named; the next run publishes it, and makes again only what changed. The run
    after that makes and sends nothing.
    """
    put(site, clips)
    site.answers["/talks.csv"] = body(spreadsheet(site), "text/csv")
    (tmp_path / "meeting").mkdir()
    (tmp_path / "catalogue.yaml").write_text(
        f"title: Talks\ntranscode: {{heights: [72]}}\ncaptions: {{recognise: false}}\n"
        f"fetch: {{allow_hosts: ['{site.host}']}}\n"
    )
    (tmp_path / "meeting/event.yaml").write_text(
        f"title: Meeting\ntimezone: Europe/Berlin\nprogramme: {site.url('/talks.csv')}\n"
    )
    code, told = publish(tmp_path)
    (failure,) = [one for one in told if one["event"] == "RecordingFailed"]
    assert (code, len(public(tmp_path))) == (1, TALKS - 1)
    assert site.url(address(DEAD)) in str(failure["message"])
    assert "404" in str(failure["message"])
    captioned = {key for key, one in public(tmp_path).items() if one["captions"]}
    assert len(captioned) == len([number for number in range(TALKS) if "talks" in address(number)])

    clip = (clips / "clip.mp4").read_bytes()
    site.answers[address(DEAD)] = body(unlike(clip, DEAD), etag='"back"')
    site.answers[address(CHANGED)] = body(unlike(clip, 1000), etag='"changed"')
    before = public(tmp_path)
    code, told = publish(tmp_path)
    after = public(tmp_path)
    assert (code, len(after)) == (0, TALKS)
    (back,) = after.keys() - before.keys()
    (changed,) = [key for key in before if before[key]["source_sha256"] != after[key]["source_sha256"]]
    assert made(told) == {back, changed}

    code, told = publish(tmp_path)
    (outcome,) = [one for one in told if one["event"] == "Published"]
    assert (code, made(told), outcome["uploaded"]) == (0, set(), 0)
