"""Fetching by address, with the real yt-dlp in its sandbox, against web servers of the test's own."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import av
import pytest

from pipeline.config import FetchSettings
from pipeline.errors import SourceError, ToolError
from pipeline.fetch import Fetcher
from pipeline.media.command import Command, Completed
from pipeline.media.runner import Runner
from pipeline.media.tools import find_tools
from tests.media.web import Site, body, page, serve, status, trickle

pytestmark = pytest.mark.media

VIDEO = b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 2000


@pytest.fixture
def site() -> Iterator[Site]:
    yield from serve()


@pytest.fixture
def inside() -> Iterator[Site]:
    """A server that the catalogue does not allow: what only this machine should reach."""
    yield from serve()


@pytest.fixture(scope="module")
def outside() -> Fetcher:
    """A fetcher that allows nothing but public addresses."""
    tools = find_tools()
    return Fetcher(FetchSettings(), tools, Runner(tools).run, Path())


@pytest.fixture
def fetcher(outside: Fetcher, site: Site) -> Fetcher:
    return allowing(outside, site)


def allowing(fetcher: Fetcher, site: Site, **settings: object) -> Fetcher:
    return replace(fetcher, settings=FetchSettings.model_validate({"allow_hosts": [site.host], **settings}))


def left(folder: Path) -> list[str]:
    """What looks like a whole file in a folder."""
    return [path.name for path in folder.rglob("*") if path.name in {"fetched.json", "media.mp4"}]


def test_a_direct_file_is_fetched_once(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """A file is fetched whole; the next run only asks whether it is still the same."""
    site.answers["/talk.mp4"] = body(VIDEO)
    first = fetcher.fetch(site.url("/talk.mp4"), tmp_path)
    assert first.path.read_bytes() == VIDEO
    site.asked.clear()
    assert fetcher.fetch(site.url("/talk.mp4"), tmp_path) == first
    assert [method for method, _, _ in site.asked] == ["HEAD"]


def test_it_works_without_a_sandbox(fetcher: Fetcher, site: Site, inside: Site, tmp_path: Path) -> None:
    """Where there is no bubblewrap, the file is fetched too, and the guard still decides where it may come from."""
    bare = replace(fetcher.tools, bwrap=None)
    fetcher = replace(fetcher, tools=bare, run=Runner(bare).run)
    site.answers["/talk.mp4"] = body(VIDEO)
    site.answers["/away.mp4"] = status(302, Location=inside.url("/talk.mp4"))
    inside.answers["/talk.mp4"] = body(VIDEO)
    assert fetcher.fetch(site.url("/talk.mp4"), tmp_path / "a").path.read_bytes() == VIDEO
    with pytest.raises(SourceError, match="not public"):
        fetcher.fetch(site.url("/away.mp4"), tmp_path / "b")
    assert inside.asked == []


def test_a_page_gives_its_recording_captions_and_picture(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """An HTML5 page: the video, its captions marked as made by people, its poster and its title."""
    site.answers["/page"] = page(
        '<video poster="/poster.png" src="/talk.mp4"><track kind="captions" srclang="fr" src="/fr.vtt"></video>'
    )
    site.answers["/talk.mp4"] = body(VIDEO)
    site.answers["/poster.png"] = body(b"\x89PNG", "image/png")
    site.answers["/fr.vtt"] = body(b"WEBVTT\n\n00:00.000 --> 00:01.000\nBonjour\n", "text/vtt")
    fetched = fetcher.fetch(site.url("/page"), tmp_path)
    assert fetched.path.read_bytes() == VIDEO
    assert fetched.title == "A talk"
    assert [(one.language, one.automatic) for one in fetched.subtitles] == [("fr", False)]
    assert (fetched.folder / fetched.subtitles[0].file).read_text(encoding="utf-8").endswith("Bonjour\n")
    assert fetched.thumbnail == "picture.png"


def test_captions_that_fail_do_not_hold_up_the_recording(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """A caption file that is gone, or a picture that is none, is left out; the recording is there."""
    site.answers["/page"] = page('<video poster="/x" src="/talk.mp4"><track srclang="fr" src="/gone.vtt"></video>')
    site.answers["/talk.mp4"] = body(VIDEO)
    fetched = fetcher.fetch(site.url("/page"), tmp_path)
    assert (fetched.path.read_bytes(), fetched.subtitles, fetched.thumbnail) == (VIDEO, (), None)


def hls(site: Site, *segments: str) -> None:
    lines = "".join(f"#EXTINF:4,\n{segment}\n" for segment in segments)
    text = f"#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:4\n{lines}#EXT-X-ENDLIST\n"
    site.answers["/talk.m3u8"] = body(text.encode(), "application/vnd.apple.mpegurl")
    for number, segment in enumerate(segments):
        if segment.startswith("/"):
            site.answers[segment] = body(b"G" + bytes([number]) * 187, "video/mp2t")


def test_an_hls_playlist_is_joined(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """All segments of a playlist, in order."""
    hls(site, "/0.ts", "/1.ts", "/2.ts")
    data = fetcher.fetch(site.url("/talk.m3u8"), tmp_path).path.read_bytes()
    assert data == b"".join(b"G" + bytes([number]) * 187 for number in range(3))


def test_the_best_picture_up_to_1080_lines_is_taken(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """Of the variants of a playlist, not the largest: what is published has 1080 lines at most."""
    sizes = {720: 1280, 2160: 3840, 1080: 1920, 360: 640}
    variants = [f"#EXT-X-STREAM-INF:BANDWIDTH={h}000,RESOLUTION={w}x{h}\n/{h}.m3u8\n" for h, w in sizes.items()]
    site.answers["/talk.m3u8"] = body(f"#EXTM3U\n{''.join(variants)}".encode(), "application/vnd.apple.mpegurl")
    for height in sizes:
        text = f"#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n/{height}.ts\n#EXT-X-ENDLIST\n"
        site.answers[f"/{height}.m3u8"] = body(text.encode(), "application/vnd.apple.mpegurl")
        site.answers[f"/{height}.ts"] = body(b"G" + f"{height:>187}".encode(), "video/mp2t")
    assert fetcher.fetch(site.url("/talk.m3u8"), tmp_path).path.read_bytes().endswith(b" 1080")


def test_pictures_and_sound_apart_are_put_together(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """A site that keeps sound in a playlist of its own: the fetched file has both, nothing encoded again."""
    made = tmp_path / "made"
    made.mkdir()
    argv = [str(fetcher.tools.ffmpeg), "-v", "error", "-f", "lavfi", "-i", "testsrc=size=128x72:rate=10:duration=2"]
    argv += ["-f", "lavfi", "-i", "sine=duration=2", "-map", "0:v", "-map", "1:a", "-c:v", "libx264", "-c:a", "aac"]
    argv += ["-f", "hls", "-hls_time", "1", "-hls_playlist_type", "vod", "-var_stream_map", "v:0,agroup:s a:0,agroup:s"]
    argv += ["-master_pl_name", "talk.m3u8", "-hls_segment_filename", "%v-%d.ts", "%v.m3u8"]
    subprocess.run(argv, cwd=made, check=True)
    for path in made.iterdir():
        kind = "application/vnd.apple.mpegurl" if path.suffix == ".m3u8" else "video/mp2t"
        site.answers[f"/{path.name}"] = body(path.read_bytes(), kind)
    fetched = fetcher.fetch(site.url("/talk.m3u8"), tmp_path / "fetched")
    with av.open(fetched.path) as container:
        assert sorted(stream.type for stream in container.streams) == ["audio", "video"]
        assert sum(1 for _ in container.decode(video=0)) == 20


def test_a_missing_segment_fails_the_whole(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """A playlist without its middle segment is an error, and nothing is kept as if whole."""
    hls(site, "/0.ts", "/1.ts", "/2.ts")
    del site.answers["/1.ts"]
    with pytest.raises(SourceError, match="could not be fetched"):
        fetcher.fetch(site.url("/talk.m3u8"), tmp_path)
    assert left(tmp_path) == []


def test_a_broken_fetch_is_gone_on_with(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """The next run asks for the rest only."""
    site.answers["/talk.mp4"] = body(VIDEO, stop=300_000)
    with pytest.raises(SourceError):
        fetcher.fetch(site.url("/talk.mp4"), tmp_path)
    assert left(tmp_path) == []
    site.asked.clear()
    site.answers["/talk.mp4"] = body(VIDEO)
    assert fetcher.fetch(site.url("/talk.mp4"), tmp_path).path.read_bytes() == VIDEO
    assert ("GET", "/talk.mp4", "bytes=300000-") in site.asked


def test_parts_of_two_versions_are_never_joined(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """When the remote file became another one since the fetch broke, it is fetched from the start."""
    site.answers["/talk.mp4"] = body(VIDEO, stop=300_000)
    with pytest.raises(SourceError):
        fetcher.fetch(site.url("/talk.mp4"), tmp_path)
    other = VIDEO[:12] + VIDEO[:11:-1]
    site.answers["/talk.mp4"] = body(other, etag='"2"')
    assert fetcher.fetch(site.url("/talk.mp4"), tmp_path).path.read_bytes() == other


def test_a_changed_remote_file_is_noticed(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """A new version is fetched by the next run, and the old one is cleared away."""
    site.answers["/talk.mp4"] = body(VIDEO)
    first = fetcher.fetch(site.url("/talk.mp4"), tmp_path)
    site.answers["/talk.mp4"] = body(VIDEO + b"more", etag='"2"')
    second = fetcher.fetch(site.url("/talk.mp4"), tmp_path)
    assert second.path.read_bytes() == VIDEO + b"more"
    assert not first.folder.exists()


def test_a_change_during_the_fetch_is_an_error(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """A file that was replaced while it was fetched is not trusted."""

    def replaced(handler: BaseHTTPRequestHandler) -> None:
        gets = [method for method, path, _ in site.asked if (method, path) == ("GET", "/talk.mp4")]
        body(VIDEO, etag=f'"{len(gets) > 1}"')(handler)

    site.answers["/talk.mp4"] = replaced
    with pytest.raises(SourceError, match="changed while"):
        fetcher.fetch(site.url("/talk.mp4"), tmp_path)
    assert left(tmp_path) == []


def test_a_source_that_is_gone_leaves_the_copy(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """What was fetched stays in use when the server no longer answers, and that is said."""
    site.answers["/talk.mp4"] = body(VIDEO)
    fetcher.fetch(site.url("/talk.mp4"), tmp_path)
    site.answers.clear()
    again = fetcher.fetch(site.url("/talk.mp4"), tmp_path)
    assert again.path.read_bytes() == VIDEO
    assert "404" in again.note


def test_asking_again_is_guarded_too(fetcher: Fetcher, site: Site, inside: Site, tmp_path: Path) -> None:
    """A file that now redirects inside is not asked for there; the copy stays in use."""
    site.answers["/talk.mp4"] = body(VIDEO)
    fetcher.fetch(site.url("/talk.mp4"), tmp_path)
    site.answers["/talk.mp4"] = status(302, Location=inside.url("/talk.mp4"))
    assert "not public" in fetcher.fetch(site.url("/talk.mp4"), tmp_path).note
    assert inside.asked == []


def test_one_address_is_fetched_once_at_a_time(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """Two recordings with the same address: the second waits for the first, and takes what it fetched."""
    site.answers["/talk.mp4"] = body(VIDEO)
    with ThreadPoolExecutor(2) as pool:
        both = list(pool.map(lambda _: fetcher.fetch(site.url("/talk.mp4"), tmp_path), range(2)))
    assert both[0] == both[1]
    assert [method for method, _, _ in site.asked].count("GET") == 2  # one looks at what it is, one fetches


def test_a_dead_address_is_an_error(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """The message has the address and what the server said."""
    with pytest.raises(SourceError, match=r"/gone\.mp4: could not be fetched: .*404"):
        fetcher.fetch(site.url("/gone.mp4"), tmp_path)


def test_a_short_body_is_an_error(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """Fewer bytes than promised, again and again, are not a recording."""
    site.answers["/talk.mp4"] = body(VIDEO, stop=1000)
    with pytest.raises(SourceError, match="could not be fetched"):
        fetcher.fetch(site.url("/talk.mp4"), tmp_path)
    assert left(tmp_path) == []


def test_an_endless_body_is_cut_off(outside: Fetcher, site: Site, tmp_path: Path) -> None:
    """A body without length and end stops at the limit, with the reason."""
    site.answers["/talk.mp4"] = trickle(bytes(65536), 0)
    with pytest.raises(SourceError, match="more than the 3,000,000 bytes"):
        allowing(outside, site, max_bytes=3_000_000).fetch(site.url("/talk.mp4"), tmp_path)
    assert left(tmp_path) == []


def test_a_trickle_is_given_up(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """Two bytes a second never time out by themselves; the guard gives the source up."""
    site.answers["/talk.mp4"] = trickle(b"x", 0.5)
    with pytest.raises(SourceError, match="less than 1,000 bytes a second"):
        replace(fetcher, rate_span_s=1.5).fetch(site.url("/talk.mp4"), tmp_path)


def test_several_recordings_at_one_address_are_refused(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """A page with two videos does not say which one is meant."""
    site.answers["/page"] = page('<video src="/a.mp4"></video><video src="/b.mp4"></video>')
    with pytest.raises(SourceError, match="several recordings"):
        fetcher.fetch(site.url("/page"), tmp_path)


@pytest.mark.parametrize(
    "url",
    [
        "--exec=touch pwned",
        "file:///etc/passwd",
        "ytsearch:talk",
        "/etc/passwd",
        "ftp://127.0.0.1/x",
        "http://",
        "-",
        "http://[",
        "http://x:99999/",
    ],
)
def test_what_is_no_web_address_is_refused(outside: Fetcher, url: str, tmp_path: Path) -> None:
    """Options, files and search words in the place of an address start nothing."""
    with pytest.raises(SourceError, match="not a web address"):
        outside.fetch(url, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433"])
def test_this_machine_is_refused(outside: Fetcher, inside: Site, host: str, tmp_path: Path) -> None:
    """Loopback, however it is written; the server hears nothing."""
    inside.answers["/talk.mp4"] = body(VIDEO)
    with pytest.raises(SourceError, match="was refused"):
        outside.fetch(f"http://{host}:{inside.server.server_port}/talk.mp4", tmp_path)
    assert inside.asked == []


def test_a_name_that_leads_inside_is_refused(outside: Fetcher, inside: Site, tmp_path: Path) -> None:
    """A public name whose address is this machine's."""
    fetcher = replace(outside, ask=lambda host, port: ["127.0.0.1"])
    with pytest.raises(SourceError, match=r"talks\.example has the address 127\.0\.0\.1, which is not public"):
        fetcher.fetch(f"http://talks.example:{inside.server.server_port}/talk.mp4", tmp_path)
    assert inside.asked == []


@pytest.mark.parametrize("way", ["redirect", "page", "frame", "segment", "key", "playlist"])
def test_every_hop_is_guarded(fetcher: Fetcher, site: Site, inside: Site, way: str, tmp_path: Path) -> None:
    """An allowed server that leads to one that is not: by redirect, embedded link, frame, HLS segment, key, variant."""
    inside.answers["/talk.mp4"] = inside.answers["/0.ts"] = body(VIDEO)
    target = inside.url("/talk.mp4")
    match way:
        case "redirect":
            site.answers["/start"] = status(302, Location=target)
        case "page":
            site.answers["/start"] = page(f'<video src="{target}"></video>')
        case "frame":
            site.answers["/start"] = page(f'<meta property="og:video" content="{target}">')
        case "segment":
            hls(site, "/0.ts", inside.url("/0.ts"))
        case "key":
            hls(site, f'/0.ts\n#EXT-X-KEY:METHOD=AES-128,URI="{inside.url("/0.ts")}"', "/0.ts")
        case "playlist":
            text = f"#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=100\n{inside.url('/talk.m3u8')}\n"
            site.answers["/talk.m3u8"] = body(text.encode(), "application/vnd.apple.mpegurl")
    path = "/start" if "/start" in site.answers else "/talk.m3u8"
    with pytest.raises(SourceError, match=r"was refused: 127\.0\.0\.1 .* not public"):
        fetcher.fetch(site.url(path), tmp_path)
    assert inside.asked == []
    assert left(tmp_path) == []


def test_configuration_in_the_folder_is_not_read(fetcher: Fetcher, site: Site, tmp_path: Path) -> None:
    """Files of yt-dlp's configuration that lie where it works do nothing."""
    (tmp_path / "work").mkdir()
    for name in ("yt-dlp.conf", ".yt-dlp.conf"):
        (tmp_path / "work" / name).write_text("--exec touch\x20pwned\n--output other.mp4\n")
    site.answers["/talk.mp4"] = body(VIDEO)
    assert fetcher.fetch(site.url("/talk.mp4"), tmp_path).file == "media.mp4"
    assert list(tmp_path.rglob("pwned")) == []


def test_a_login_by_cookies(outside: Fetcher, site: Site, tmp_path: Path) -> None:
    """A cookies file of the catalogue is sent to its host; it is not copied, and not changed."""
    (tmp_path / "cookies.txt").write_text(
        "# Netscape HTTP Cookie File\n127.0.0.1\tFALSE\t/\tFALSE\t4102444800\tlogin\tn0t-a-secret\n"
    )
    site.answers["/talk.mp4"] = lambda handler: (
        body(VIDEO) if handler.headers.get("Cookie") == "login=n0t-a-secret" else status(403)
    )(handler)
    with pytest.raises(SourceError, match="403"):
        allowing(outside, site).fetch(site.url("/talk.mp4"), tmp_path / "a")
    fetcher = replace(allowing(outside, site, cookies="cookies.txt"), root=tmp_path)
    fetched = fetcher.fetch(site.url("/talk.mp4"), tmp_path / "b")
    assert fetched.path.read_bytes() == VIDEO
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"n0t-a-secret" in path.read_bytes()][1:]


def test_secrets_are_not_on_the_command_line(outside: Fetcher, site: Site, tmp_path: Path) -> None:
    """Address and password go by the environment; the limits of the settings are in the command."""
    seen: list[Command] = []

    def run(command: Command) -> Completed:
        seen.append(command)
        raise ToolError("python", "stop")

    url = site.url("/rec?pwd=hunter2")
    settings = {"passwords": {url: "s3cret"}, "rate_limit": 5_000_000, "max_bytes": 10**6, "max_minutes": 1}
    with pytest.raises(SourceError) as caught:
        replace(allowing(outside, site, **settings), run=run).fetch(url, tmp_path)
    assert "hunter2" not in str(caught.value) + str(seen[0])
    assert "s3cret" not in str(caught.value) + str(seen[0]) + repr(settings_of(outside, site, settings))
    assert seen[0].environment["AFTERTALK_VIDEO_PASSWORD"] == "s3cret"
    assert seen[0].argv[-2:] == ("--rate", "5000000")
    assert (seen[0].limits.file_bytes, seen[0].limits.wall_s) == (10**6, 61)


def settings_of(fetcher: Fetcher, site: Site, settings: dict[str, object]) -> FetchSettings:
    return allowing(fetcher, site, **settings).settings
