"""Commands become command lines that see as little as possible; nothing runs here."""

from __future__ import annotations

import json
from pathlib import Path

from pipeline.media.command import Command, Limits, Tools
from pipeline.media.sandbox import confine

COMMAND = Command(
    argv=("ffmpeg", "-i", "file:/in/src", "-filter_complex", "drawtext=/in/x", "out.mp4"),
    inputs={"src": Path("/data/-rm -rf.mp4")},
    output=Path("/srv/out"),
    environment={"PYTHONPATH": "/in/site"},
    limits=Limits(cpu_s=10, memory_bytes=1000, nice=5),
)


def tools(bwrap: str | None) -> Tools:
    return Tools(Path("/opt/ffmpeg"), "9", Path(bwrap) if bwrap else None)


def test_in_a_namespace() -> None:
    """The user's file is at /in/src, its name nowhere else; the arguments stay as they were."""
    made = confine(COMMAND, tools("/usr/bin/bwrap"), Path("/tmp/view"))
    assert made.argv[-5:] == COMMAND.argv[1:]
    assert made.argv.count("/data/-rm -rf.mp4") == 1
    place = made.argv.index("/data/-rm -rf.mp4")
    assert made.argv[place - 1 : place + 2] == ("--ro-bind", "/data/-rm -rf.mp4", "/in/src")
    assert {"--unshare-all", "--die-with-parent", "--clearenv", "--new-session"} <= set(made.argv)
    assert not made.environment
    assert not made.links


def test_without_namespaces() -> None:
    """Inputs are links below a folder of their own; only words that name one are changed."""
    made = confine(COMMAND, tools(None), Path("/tmp/view"))
    assert made.argv[-5:] == ("-i", "file:/tmp/view/in/src", "-filter_complex", "drawtext=/in/x", "out.mp4")
    assert made.environment == {"PYTHONPATH": "/tmp/view/in/site"}
    assert made.links == {Path("/tmp/view/in/src"): Path("/data/-rm -rf.mp4")}


def test_limits_are_told_to_the_launcher() -> None:
    """Only those that are set; core dumps never."""
    made = confine(COMMAND, tools(None), Path("/tmp/view"))
    limits = json.loads(made.argv[made.argv.index("--") - 1])
    assert limits == {"RLIMIT_CPU": 10, "RLIMIT_AS": 1000, "RLIMIT_CORE": 0, "nice": 5}
