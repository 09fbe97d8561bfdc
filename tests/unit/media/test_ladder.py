"""Which renditions a recording gets, and why."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.config import TranscodeSettings
from pipeline.media import chunks
from pipeline.media.content import Content
from pipeline.media.ladder import Rung, ladder
from pipeline.media.probe import Probe, VideoTrack

TALK: dict[str, Any] = {
    "index": 0, "codec": "h264", "profile": "High", "level": 40, "width": 1920, "height": 1080, "sample_aspect": (1, 1),
    "rotation": 0, "pixel_format": "yuv420p", "bit_depth": 8, "interlaced": False, "primaries": 1, "transfer": 1,
    "matrix": 1, "full_range": False, "bit_rate": 1_200_000, "frames": 7500, "frame_rate": 25.0, "constant_rate": True,
    "key_frames_ms": tuple(range(0, 300_000, 2000)), "key_frame_index": tuple(range(0, 7500, 50)),
    "max_key_interval_ms": 2000, "open_gop": False, "timed": True, "seekable": True, "longest_ms": 40, "change": 0.1,
    "start_ms": 0, "end_ms": 300_000,
}  # fmt: skip


def probe(container: str = "mov,mp4,m4a,3gp,3g2,mj2", corrupt: int = 0, **video: Any) -> Probe:
    return Probe(
        container=container, duration_ms=300_000, origin_us=0, source_ms=300_000, trimmed_ms=0,
        declared_ms=300_000, corrupt_packets=corrupt,
        video=VideoTrack(**{**TALK, **video}), audio=(), texts=(), chapters=(),
    )  # fmt: skip


def shape(made: Probe, **settings: Any) -> list[tuple[str, int, int, bool]]:
    steps = ladder(made, TranscodeSettings(**settings))
    return [(rung.name, rung.width, rung.height, rung.copied) for rung in steps.rungs]


def test_av1_comes_besides() -> None:
    """The two largest sizes once more, never instead of H.264, never copied; H.264 cannot be left out."""
    made = shape(probe(), codecs=("h264", "av1"))
    assert made[:4] == shape(probe())
    assert made[4:] == [("1080p-av1", 1920, 1080, False), ("720p-av1", 1280, 720, False)]
    assert shape(probe(width=320, height=180), codecs=("h264", "av1"))[1:] == [("180p-av1", 320, 180, False)]
    with pytest.raises(ValueError, match="h264 must be among"):
        TranscodeSettings(codecs=("av1",))


def test_talk() -> None:
    """A web-conference recording: its own picture on top, three rungs below."""
    assert shape(probe()) == [
        ("1080p", 1920, 1080, True),
        ("720p", 1280, 720, False),
        ("480p", 854, 480, False),
        ("360p", 640, 360, False),
    ]


@pytest.mark.parametrize(
    ("video", "names"),
    [
        ({"width": 1080, "height": 1920}, ["1080p", "720p", "480p", "360p"]),
        ({"width": 1280, "height": 800}, ["800p", "480p", "360p"]),
        ({"width": 640, "height": 360}, ["360p"]),
        ({"width": 3840, "height": 2160}, ["1080p", "720p", "480p", "360p"]),
        ({"width": 64, "height": 48}, ["48p"]),
    ],
    ids=["portrait", "a rung too close is left out", "small", "larger than wanted", "tiny"],
)
def test_rungs(video: dict[str, int], names: list[str]) -> None:
    """Named by the short side, from the source's own size (at most the largest wanted) down."""
    assert [name for name, *_ in shape(probe(**video))] == names


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"codec": "hevc"}, "it is hevc, not H.264"),
        ({"pixel_format": "yuv420p10le"}, "its pixels are yuv420p10le, not 8-bit 4:2:0"),
        ({"interlaced": True}, "it is interlaced"),
        ({"rotation": 90}, "it is rotated"),
        ({"sample_aspect": (16, 15)}, "its pixels are not square"),
        ({"open_gop": True}, "pictures lead its key frames (open GOP)"),
        ({"max_key_interval_ms": 60_000}, "its key frames are 60000 ms apart"),
        ({"bit_rate": 40_000_000}, "it has 40000 kbit/s, more than 7500"),
        ({"level": 62}, "its level is 6.2"),
        ({"container": "mpegts"}, "its container is mpegts"),
        ({"corrupt": 2}, "it has damaged packets"),
        ({"longest_ms": 108_367}, "a picture of it stands for 108 s"),
        ({"key_frames_ms": (500,), "key_frame_index": (12,)}, "it does not begin with a key frame"),
    ],
)
def test_what_is_not_ready_for_the_web(change: dict[str, Any], reason: str) -> None:
    """Each obstacle alone forbids copying, and is told."""
    steps = ladder(probe(**change), TranscodeSettings())
    assert not any(rung.copied for rung in steps.rungs)
    assert steps.notes[1:] == (f"picture encoded, not copied: {reason}",)


def test_slides_and_camera_footage() -> None:
    """Told by what pictures between key frames take, and said; slides get fewer bits and longer segments."""
    slides, camera = probe(change=0.0016), probe(change=0.0916)
    told = [ladder(one, TranscodeSettings()) for one in (slides, camera)]
    assert [one.notes[0] for one in told] == [
        "coded as slides: a picture between key frames takes 0.16 % of a whole one",
        "coded as camera footage: a picture between key frames takes 9.2 % of a whole one",
    ]
    assert [{rung.content for rung in one.rungs} for one in told] == [{Content.SLIDES}, {Content.CAMERA}]
    assert told[0].rungs[2].crf > told[1].rungs[2].crf
    assert [chunks.plan(one, copied=True)[0].cuts_ms[1] for one in (slides, camera)] == [6000, 4000]
    assert Rung.of(told[0].rungs[1].plain()) == told[0].rungs[1]


@given(
    st.integers(2, 8000), st.integers(2, 8000), st.sampled_from([(1, 1), (4, 3), (10, 11)]), st.sampled_from([0, 90])
)
def test_never_larger_always_even(width: int, height: int, aspect: tuple[int, int], rotation: int) -> None:
    """Encoded rungs have even sizes, no larger than the source, each clearly smaller than the one before."""
    made = probe(width=width, height=height, sample_aspect=aspect, rotation=rotation, codec="vp9")
    rungs = ladder(made, TranscodeSettings()).rungs
    largest = max(width * aspect[0] / aspect[1], width, height)
    for rung in rungs:
        assert rung.width % 2 == rung.height % 2 == 0
        assert max(rung.width, rung.height) <= largest + 2
    assert len({rung.name for rung in rungs}) == len(rungs)
    assert [rung.height for rung in rungs] == sorted((rung.height for rung in rungs), reverse=True)


@given(
    st.lists(st.integers(40, 20_000), min_size=1, max_size=400),
    st.booleans(),
    st.booleans(),
)
def test_chunks_hold_every_picture_once(gaps: list[int], copied: bool, seekable: bool) -> None:
    """Chunks follow each other without gap, start at key frames, and their cuts ascend; frames add up."""
    keys = [0]
    for gap in gaps:
        keys.append(keys[-1] + max(1000, gap))
    end = keys[-1] + 3000
    made = probe(
        key_frames_ms=tuple(keys),
        key_frame_index=tuple(range(len(keys))),
        frames=len(keys),
        end_ms=end,
        seekable=seekable,
    )
    pieces = chunks.plan(made, copied=copied)
    assert pieces[0].start_ms == 0
    assert pieces[-1].end_ms is None
    assert all(one.end_ms == after.start_ms for one, after in pairwise(pieces))
    assert all(piece.start_ms in keys for piece in pieces)
    assert sum(piece.frames for piece in pieces) == len(keys)
    assert len(pieces) == 1 or seekable
    cuts = [cut for piece in pieces for cut in piece.cuts_ms]
    assert cuts == sorted(set(cuts))
    assert all(after - one >= chunks.SHORTEST_MS for one, after in pairwise(cuts))
    assert not copied or set(cuts) <= set(keys)
