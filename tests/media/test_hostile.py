"""Hostile and broken files: each is refused with a clear reason, quickly, and nothing else is touched."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from pipeline.errors import AftertalkError, MediaError, ToolError
from pipeline.media.command import Command, Limits
from pipeline.media.probe import check_file
from pipeline.media.runner import Runner
from pipeline.media.tools import Tools
from tests.media.bench import Workshop
from tests.media.sources import record, run

pytestmark = pytest.mark.media


@pytest.fixture(params=["bubblewrap", "limits only"])
def any_tools(request: pytest.FixtureRequest, tools: Tools) -> Tools:
    """With and without namespaces: what must hold in both."""
    if request.param == "bubblewrap":
        assert tools.bwrap is not None, "bubblewrap does not work on this machine"
        return tools
    return Tools(ffmpeg=tools.ffmpeg, ffmpeg_version=tools.ffmpeg_version, bwrap=None)


def refused(workshop: Workshop, source: Path) -> str:
    """The error that ``source`` gives."""
    with pytest.raises(AftertalkError) as caught:
        workshop.transcode(source)
    return str(caught.value)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (bytes(100_000), "holds only zeros"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS pointer"),
        (b"#EXTM3U\n#EXTINF:1,\n/etc/passwd\n", "list of other files"),
        (b"ffconcat version 1.0\nfile other.mp4\n", "list of other files"),
        (b"<?xml version='1.0'?><MPD></MPD>", "list of other files"),
        (b"v=0\no=- 0 0 IN IP4 127.0.0.1\n", "list of other files"),
        (b"\0\0\0\x18ftypmp42\0\0\0\0mp42isom", "without its index"),
        (os.urandom(50_000), "not a media file"),
    ],
    ids=["empty", "zeros", "lfs", "hls", "concat", "dash", "sdp", "no moov", "noise"],
)
def test_not_media(workshop: Workshop, tmp_path: Path, content: bytes, reason: str) -> None:
    """What is not a recording is named for what it is."""
    source = tmp_path / "x.mp4"
    source.write_bytes(content)
    assert reason in refused(workshop, source)


def test_playlist_behind_a_header_reaches_nothing(any_tools: Tools, tmp_path: Path) -> None:
    """A playlist that a demuxer would find after leading lines is refused by the format list alone."""
    held = record(any_tools, tmp_path / "held.mp4", seconds=2)
    source = tmp_path / "x.mp4"
    source.write_bytes(
        b"\n\n#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n" + str(held).encode() + b"\n#EXT-X-ENDLIST\n"
    )
    refused(Workshop(tmp_path / "workshop", any_tools), source)
    runner = Runner(any_tools)
    for name in ("/in/src", f"concat:{held}|{held}", "http://127.0.0.1:9/x"):
        argv = (
            "ffmpeg",
            "-v",
            "error",
            "-protocol_whitelist",
            "file",
            "-format_whitelist",
            "mov",
            "-i",
            name,
            "-f",
            "null",
            "-",
        )
        with pytest.raises(ToolError):
            runner.run(Command(argv, inputs={"src": source}, limits=Limits(wall_s=20)))


def test_truncated(workshop: Workshop, tools: Tools, tmp_path: Path) -> None:
    """Cut at 60 %, with its index in front: not published as if it were whole."""
    source = record(tools, tmp_path / "talk.mp4", "-movflags", "+faststart", seconds=10)
    source.write_bytes(source.read_bytes()[: source.stat().st_size * 6 // 10])
    assert "cut short" in refused(workshop, source)


def test_corrupt_in_the_middle(workshop: Workshop, tools: Tools, tmp_path: Path) -> None:
    """A third of the bytes are others: not published as if it were whole."""
    source = record(tools, tmp_path / "talk.mp4", "-movflags", "+faststart", seconds=6)
    data = bytearray(source.read_bytes())
    third = len(data) // 3
    data[third : 2 * third] = bytes(index * 7 % 251 for index in range(third))
    source.write_bytes(data)
    assert "talk.mp4" in refused(workshop, source)


def test_encrypted(workshop: Workshop, tools: Tools, tmp_path: Path) -> None:
    """Pictures that nobody sees without a key are no recording."""
    key = "76a6c65c5ea762046bd749a2e632ccbb"
    locked = ("-encryption_scheme", "cenc-aes-ctr", "-encryption_key", key, "-encryption_kid", key)
    source = record(tools, tmp_path / "locked.mp4", *locked, seconds=2, size="128x72", rate=10)
    assert "is encrypted" in refused(workshop, source)


def test_wrong_extension(workshop: Workshop, tools: Tools, tmp_path: Path) -> None:
    """What a file is follows from its content."""
    source = record(tools, tmp_path / "talk.mp4", seconds=1, size="128x72", rate=10).rename(tmp_path / "talk.mp3")
    artifact, _ = workshop.transcode(source)
    assert artifact.data["renditions"]


def test_huge_picture(any_tools: Tools, tmp_path: Path) -> None:
    """12000 x 12000 in a small file is refused before anything of it is unfolded."""
    source = tmp_path / "huge.mp4"
    run(any_tools, "-f", "lavfi", "-i", "color=size=12000x12000:rate=1:duration=1", "-c:v", "mjpeg", str(source))
    assert "too large a picture" in refused(Workshop(tmp_path / "workshop", any_tools), source)


def test_many_tracks_and_long_gaps(workshop: Workshop, tools: Tools, tmp_path: Path) -> None:
    """Hundreds of tracks, and pictures a day apart, are refused at once."""
    crowd = tmp_path / "crowd.mkv"
    maps = [word for _ in range(120) for word in ("-map", "0:a")]
    run(tools, "-f", "lavfi", "-i", "sine=duration=0.1", *maps, "-c:a", "pcm_s16le", str(crowd))
    assert "too many tracks" in refused(workshop, crowd)
    gap = tmp_path / "gap.mkv"
    stretched = "setpts='if(eq(N,0),0,97200/TB)'"
    run(
        tools,
        "-f",
        "lavfi",
        "-i",
        "testsrc2=size=64x48:rate=1:duration=2",
        "-vf",
        stretched,
        "-fps_mode",
        "vfr",
        str(gap),
    )
    assert "gap in time" in refused(workshop, gap)


@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "link"])
def test_not_a_file(workshop: Workshop, tmp_path: Path, kind: str) -> None:
    """A FIFO would never be read to its end; refused within a second."""
    path = tmp_path / "x.mp4"
    if kind == "fifo":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "link":
        path.symlink_to("/etc/hostname")
    else:
        path = Path("/dev/zero")
    began = time.monotonic()
    with pytest.raises(MediaError, match="not a regular file"):
        check_file(path, "x.mp4")
    assert time.monotonic() - began < 1


@pytest.mark.parametrize(
    "name", ["-i.mp4", "concat:a|b.mp4", "a%03d.mp4", "new\nline.mp4", "'\"$(x).mp4", "\u202egpj.mp4", "http:x.mp4"]
)
def test_file_names_mean_nothing(tools: Tools, tmp_path: Path, name: str) -> None:
    """No tool ever sees the name of a file: any name works."""
    plain = record(tools, tmp_path / "plain.mp4", seconds=1, size="160x120")
    source = tmp_path / name
    plain.rename(source)
    artifact, _ = Workshop(tmp_path / "workshop", tools).transcode(source)
    assert artifact.data["renditions"]


PYTHON = ("python", "-S", "-s", "-c")


def test_sandbox_shows_nothing(tools: Tools, tmp_path: Path) -> None:
    """Inside bubblewrap: no home, no work folder, no network, no environment, no way to write elsewhere."""
    assert tools.bwrap is not None, "bubblewrap does not work on this machine"
    secret = tmp_path / "secret"
    secret.write_text("x")
    code = (
        "import os,socket\n"
        f"assert not os.path.exists({str(secret)!r})\n"
        "assert sorted(os.listdir('/in')) == ['a']\n"
        "assert not {name for name in os.environ} - {'LC_CTYPE', 'PWD', 'OLDPWD', 'A'}, os.environ\n"
        "for place in ('/usr/x', '/in/x', '/x'):\n"
        "    try: open(place, 'w'); raise SystemExit('wrote ' + place)\n"
        "    except OSError: pass\n"
        "open('out', 'w').write('x')\n"
        "s = socket.socket(); s.settimeout(1)\n"
        "try: s.connect(('127.0.0.1', 22)); raise SystemExit('connected')\n"
        "except OSError: pass\n"
        "print(len([p for p in os.listdir('/proc') if p.isdigit()]))\n"
    )
    source, out = tmp_path / "a", tmp_path / "out"
    source.write_text("a")
    out.mkdir()
    os.environ["AWS_SECRET_ACCESS_KEY"] = "canary"
    try:
        done = Runner(tools).run(Command((*PYTHON, code), {"a": source}, out, {"A": "1"}))
    finally:
        del os.environ["AWS_SECRET_ACCESS_KEY"]
    assert int(done.stdout) <= 3
    assert [path.name for path in out.iterdir()] == ["out"]


@pytest.mark.parametrize(
    ("code", "limits", "message"),
    [
        ("while True: pass", Limits(cpu_s=3), "processor time"),
        ("import time; time.sleep(60)", Limits(wall_s=1), "did not end within"),
        ("import signal,time; signal.signal(15, signal.SIG_IGN); time.sleep(60)", Limits(wall_s=1), "did not end"),
        ("x = bytearray(10**9)", Limits(memory_bytes=300_000_000), "status 1"),
        ("open('big','wb').write(bytes(10**7))", Limits(file_bytes=10**6), "larger file|status 1"),
        ("import os; os.write(1, bytes(10**8))", Limits(wall_s=60), "far more than expected"),
        ("import os; os.abort()", Limits(), "crashed"),
    ],
    ids=["cpu", "wall", "ignores SIGTERM", "memory", "file size", "output", "crash"],
)
def test_limits(any_tools: Tools, tmp_path: Path, code: str, limits: Limits, message: str) -> None:
    """Every limit ends the process with its reason, with or without namespaces."""
    out = tmp_path / "out"
    out.mkdir()
    began = time.monotonic()
    with pytest.raises(ToolError, match=message):
        Runner(any_tools).run(Command((*PYTHON, code), output=out, limits=limits))
    assert time.monotonic() - began < 30


def test_descendants_die_too(any_tools: Tools, tmp_path: Path) -> None:
    """A process that leaves children behind is killed with them."""
    out = tmp_path / "out"
    out.mkdir()
    code = (
        "import os,time\n"
        "if os.fork() == 0:\n"
        "    while True:\n"
        "        open('alive','a').write('x'); time.sleep(0.05)\n"
        "time.sleep(60)"
    )
    with pytest.raises(ToolError):
        Runner(any_tools).run(Command((*PYTHON, code), output=out, limits=Limits(wall_s=3)))
    time.sleep(0.3)
    size = (out / "alive").stat().st_size
    time.sleep(0.5)
    assert size > 0
    assert (out / "alive").stat().st_size == size


def test_processor_time_of_the_whole_tree(any_tools: Tools) -> None:
    """What children used is counted, inside a namespace as well."""
    code = (
        "import os,time\n"
        "if os.fork() == 0:\n"
        "    end = time.process_time() + 1\n"
        "    while time.process_time() < end: pass\n"
        "    os._exit(0)\n"
        "os.wait()"
    )
    assert Runner(any_tools).run(Command((*PYTHON, code))).cpu_s >= 1


def test_progress_is_heard(tools: Tools) -> None:
    """The media milliseconds of ffmpeg's progress arrive, ascending, to the end."""
    heard: list[int] = []
    argv = (
        "ffmpeg",
        "-v",
        "error",
        "-progress",
        "pipe:1",
        "-nostats",
        "-f",
        "lavfi",
        "-i",
        "testsrc=duration=5",
        "-f",
        "null",
        "-",
    )
    Runner(tools).run(Command(argv), heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 5000
