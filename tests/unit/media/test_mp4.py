"""One file with two lives, from sample tables that stand for no real codec."""

from __future__ import annotations

import struct
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import MediaError
from pipeline.media import mp4, samples
from pipeline.media.boxes import box, boxes, codec_string
from pipeline.media.samples import Samples

AVCC = box(b"avcC", bytes.fromhex("0164001fffe1"))
VISUAL = box(b"avc1", bytes(24) + struct.pack(">HH", 640, 360) + bytes(50), AVCC)
ESDS = bytes.fromhex("00000000031900010004114015" + "00" * 11 + "05021190060102")
AUDIO = box(b"mp4a", bytes(28), box(b"esds", ESDS))


def picture(path: Path, groups: list[list[int]], step: int = 3600) -> Samples:
    """Groups of pictures, each a key frame and its followers in decoding order; sizes are given, times follow.

    Within a group every two followers are swapped, as B-pictures are.
    """
    sizes = [size for group in groups for size in group]
    order: list[int] = []
    for group in groups:
        first = len(order)
        places = list(range(len(group)))
        for index in range(1, len(group) - 1, 2):
            places[index], places[index + 1] = places[index + 1], places[index]
        order += [first + place for place in places]
    sync = [index == 0 for group in groups for index in range(len(group))]
    path.write_bytes(b"".join(bytes([number % 251]) * size for number, size in enumerate(sizes)))
    return _track(path, sizes, np.array(order) * step, np.array(sync), video=True)


def sound(path: Path, sizes: list[int]) -> Samples:
    """Sound with one packet of priming."""
    path.write_bytes(b"".join(bytes([255 - number % 251]) * size for number, size in enumerate(sizes)))
    return _track(path, sizes, (np.arange(len(sizes)) - 1) * 1024, np.ones(len(sizes), bool), video=False)


def _track(path: Path, sizes: list[int], times: np.ndarray, sync: np.ndarray, *, video: bool) -> Samples:
    size = np.array(sizes, np.int64)
    step = 3600 if video else 1024
    return Samples(
        video=video, timescale=90_000 if video else 48_000, entry=VISUAL if video else AUDIO,
        width=640 if video else 0, height=360 if video else 0, files=(path,), file=np.zeros(len(size), np.int64),
        offset=np.cumsum(size) - size, size=size, time=times.astype(np.int64), sync=sync,
        end=int(times.max()) + step,
    )  # fmt: skip


def content(track: Samples) -> list[bytes]:
    """The bytes of every sample."""
    data = [path.read_bytes() for path in track.files]
    rows = zip(track.file, track.offset, track.size, strict=True)
    return [data[file][offset : offset + size] for file, offset, size in rows]


GROUPS = st.lists(st.lists(st.integers(0, 400), min_size=1, max_size=9), min_size=1, max_size=12)


@settings(max_examples=60, deadline=None)
@given(GROUPS, st.lists(st.integers(1, 50), min_size=2, max_size=200))
def test_both_lives_hold_the_same_samples(
    tmp_path_factory: pytest.TempPathFactory, groups: list[list[int]], packets: list[int]
) -> None:
    """The index finds every sample at its time; the fragments hold all but the priming, in order, without holes."""
    folder = tmp_path_factory.mktemp("mp4")
    tracks = [picture(folder / "v", groups), sound(folder / "a", packets)]
    starts = [int(time) // 90 for time in tracks[0].time[tracks[0].sync]]
    segments = mp4.write(folder / "out.mp4", folder / "init.mp4", tracks, starts)
    read = samples.read(folder / "out.mp4")
    for before, after in zip(tracks, read, strict=True):
        assert content(before) == content(after)
        assert np.array_equal(before.time, after.time)
        assert np.array_equal(before.sync, after.sync)
        assert before.end == after.end
    data = (folder / "out.mp4").read_bytes()
    payload = b""
    position = segments[0].offset
    for segment in segments:
        assert segment.offset == position
        moof, mdat = boxes(data[position : position + segment.size])
        assert (moof.kind, mdat.kind) == (b"moof", b"mdat")
        payload += mdat.content
        position += segment.size
    assert position == len(data)
    assert len(payload) == sum(sum(group) for group in groups) + sum(packets[1:])


def test_a_segment_needs_a_key_frame(tmp_path: Path) -> None:
    """A cut where there is none would not be seen before a player stumbles: it is an error."""
    track = picture(tmp_path / "v", [[10, 10, 10, 10, 10]])
    with pytest.raises(MediaError, match="no key frame at 80 ms"):
        mp4.write(tmp_path / "out.mp4", tmp_path / "init.mp4", [track], [0, 80])


def test_joining_needs_pieces_encoded_alike(tmp_path: Path) -> None:
    """Two pieces go behind each other; pieces of different codings do not."""
    first, second = picture(tmp_path / "1", [[10, 20, 30]]), picture(tmp_path / "2", [[40, 50]])
    joined = samples.join([(first, 0), (second, 120)])
    assert content(joined) == content(first) + content(second)
    assert joined.time.tolist() == [0, 7200, 3600, 10_800, 14_400]
    with pytest.raises(MediaError, match="encoded alike"):
        samples.join([(first, 0), (sound(tmp_path / "3", [5, 5]), 120)])


def test_what_an_edit_list_hid_is_left_out(tmp_path: Path) -> None:
    """Pictures before the start go; the first one shown is shown from the very start."""
    track = picture(tmp_path / "v", [[10, 20, 30], [40, 50]])
    moved = samples.start_at_zero(Samples(**{**vars(track), "time": track.time - 3 * 3600 + 100}))
    assert moved.size.tolist() == [40, 50]
    assert moved.time.tolist() == [0, 3700]


def test_codec_strings() -> None:
    """RFC 6381, from the codec's own configuration."""
    assert codec_string(VISUAL) == "avc1.64001f"
    assert codec_string(AUDIO) == "mp4a.40.2"
    av1 = box(b"av01", bytes(78), box(b"av1C", bytes.fromhex("81080c00")))
    assert codec_string(av1) == "av01.0.08M.08"
    with pytest.raises(MediaError, match="of type xyzw"):
        codec_string(box(b"xyzw"))


@given(st.binary(max_size=64))
def test_hostile_boxes(data: bytes) -> None:
    """Any bytes are either boxes or an error; never a loop, never an index error."""
    with suppress(MediaError):
        assert sum(len(one.content) for one in boxes(data)) <= len(data)


def test_pictures_after_the_end_are_left_out(tmp_path: Path) -> None:
    """What an edit list hides at the end goes, unless pictures that are shown may need it; the rest ends in time."""
    track = picture(tmp_path / "p", [[9, 9, 9, 9, 9]])  # shown at 0, 2, 1, 4, 3 times 40 ms
    assert track.end == 5 * 3600
    cut = samples.end_by(track, 130)
    assert (len(cut), cut.end) == (5, 4 * 3600 + 1), "the last but one is shown after it, and needs it"
    early = samples.end_by(track, 120)
    assert (len(early), list(early.time // 3600), early.end) == (3, [0, 2, 1], 120 * 90)
    assert len(samples.end_by(track, 1000)) == len(track)
