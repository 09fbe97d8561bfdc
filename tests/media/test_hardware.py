"""Encoders in hardware with the real ffmpeg: what happens without one, and the same recordings on those there are."""

from __future__ import annotations

import re
import stat
from itertools import pairwise
from pathlib import Path

import av
import pytest

from pipeline.config import Encoder, Settings, TranscodeSettings
from pipeline.doctor import examine
from pipeline.errors import AftertalkError, MachineError
from pipeline.media import hardware
from pipeline.media.chunks import Chunk
from pipeline.media.command import Command, Limits
from pipeline.media.content import Content
from pipeline.media.hardware import Card
from pipeline.media.ladder import Rung
from pipeline.media.runner import Runner
from pipeline.media.tools import Tools
from tests.media.bench import Workshop
from tests.media.sources import record, run
from tests.media.strict import check_folder

pytestmark = pytest.mark.media
PYTHON = ("python", "-I", "-c")
NOT_A_CARD = "/dev/null"
"""A device that every machine has, and that encodes nothing."""
IN_HARDWARE = [one for one in Encoder if one is not Encoder.SOFTWARE]
OF_MUXERS = {"c", "b", "profile", "level", "g", "bf", "maxrate", "bufsize", "global_quality", "flags", "fflags"} | {
    *("map_metadata", "map_chapters", "force_key_frames", "fps_mode", "enc_time_base", "video_track_timescale"),
    "movie_timescale",
}
"""Options that ffmpeg has for every encoder."""


def settings(encoder: Encoder) -> Settings:
    return Settings(title="Test", transcode=TranscodeSettings(heights=(360, 240), encoder=encoder, copy_source=False))


def obstacle(tools: Tools, encoder: Encoder) -> str:
    """Why the encoder does not work on this machine; empty when it does."""
    try:
        hardware.check(hardware.find(encoder), Runner(tools).run)
    except MachineError as error:
        return str(error)
    return ""


@pytest.mark.parametrize("encoder", IN_HARDWARE)
def test_ffmpeg_knows_every_option(tools: Tools, encoder: Encoder) -> None:
    """The program that comes along has the encoder, and each of the options we give it, with such a value."""
    rung = Rung("720p", 1280, 720, copied=False, crf=22.5, max_rate=2800, level=31, content=Content.SLIDES)
    options = hardware.h264(rung, Chunk(0, None, None, 25, (0,)), encoder)
    command = Command(("ffmpeg", "-hide_banner", "-h", f"encoder={options['c:v']}"))
    told = Runner(tools).run(command).stdout.decode()
    for name, value in options.items():
        plain = name.removesuffix(":v")
        if plain in OF_MUXERS:
            continue
        entry = re.search(rf"^  -{plain} +<(\w+)>.*\n((?:     .*\n)*)", told, re.MULTILINE)
        assert entry, f"{options['c:v']} has no option {plain}"
        choices = re.findall(r"^     (\S+)", entry[2], re.MULTILINE)
        assert not isinstance(value, str) or set(value.split("+")) <= {*choices}, (plain, value)


@pytest.mark.parametrize("encoder", IN_HARDWARE)
def test_error_without_the_hardware(tools: Tools, tmp_path: Path, encoder: Encoder) -> None:
    """Nothing is encoded in software unasked: the error names the setting, what is missing and what to do.

    Left out on a machine that has the hardware.
    """
    if not obstacle(tools, encoder):
        pytest.skip(f"{encoder} works on this machine")
    source = record(tools, tmp_path / "talk.mp4", seconds=2)
    with pytest.raises(MachineError) as caught:
        Workshop(tmp_path, tools, settings(encoder)).transcode(source)
    text = str(caught.value)
    assert text.startswith(f"'encoder: {encoder}' under 'transcode' in catalogue.yaml: ")
    assert "What to do: " in text
    assert "write 'encoder: software'; 'aftertalk doctor' tries it" in text


@pytest.mark.parametrize("encoder", [Encoder.QSV, Encoder.VAAPI])
def test_error_of_a_card_that_does_not_work(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: Encoder
) -> None:
    """A card that is there and fails: a trial shows that it is not the recording, and ffmpeg's words are kept."""
    monkeypatch.setattr(hardware, "find", lambda _: Card(encoder, (NOT_A_CARD,)))
    source = record(tools, tmp_path / "talk.mp4", seconds=2)
    with pytest.raises(MachineError, match=f"a trial on {NOT_A_CARD} fails") as caught:
        Workshop(tmp_path, tools, settings(encoder)).transcode(source)
    command, *said = caught.value.context.splitlines()
    assert f"-init_hw_device {encoder}=card" in command
    assert said, "what ffmpeg said"
    assert "What to do: install the packages" in str(caught.value)


def test_doctor_tells(tools: Tools, tmp_path: Path) -> None:
    """Before anything is encoded: whether the encoder that the catalogue asks for works, by a real trial."""
    for encoder in Encoder:
        (tmp_path / "catalogue.yaml").write_text(f"title: T\ntranscode: {{encoder: {encoder}}}\n")
        told = [line for line in examine(tmp_path) if line.name == "encoder"]
        if encoder is Encoder.SOFTWARE:
            assert not told
            continue
        why = obstacle(tools, encoder)
        assert [line.is_good for line in told] == [not why]
        assert not told[0].is_optional
        assert told[0].detail == why or told[0].detail.startswith(f"{encoder} works, on /dev/")


def test_one_device_is_in_sight(tools: Tools) -> None:
    """A process that may use a device sees no other, cannot write to what describes it, and has no network."""
    own = {"console", "core", "fd", "full", "null", "ptmx", "pts", "random", "shm", "stderr", "stdin", "stdout"}
    own |= {"tty", "urandom", "zero"}
    others = [one for one in sorted(Path("/dev").iterdir()) if stat.S_ISCHR(one.lstat().st_mode)]
    device = next((one for one in others if one.name not in own), Path("/dev/full"))
    code = (
        "import os, json\n"
        "try: open('/sys/kernel/mm/ksm/run', 'w'); raise SystemExit('written')\n"
        "except OSError: pass\n"
        "print(json.dumps([sorted(os.listdir('/dev')), os.listdir('/sys/class/net')]))\n"
    )
    seen, without = (
        set(re.findall(r'"(\w+)"', Runner(tools).run(Command((*PYTHON, code), devices=devices)).stdout.decode()))
        if devices
        else set(Runner(tools).run(Command((*PYTHON, "import os; print(*os.listdir('/dev'))"))).stdout.decode().split())
        for devices in ((str(device),), ())
    )
    assert device.name in seen
    assert without <= own
    assert {one for one in seen if (Path("/dev") / one).exists()} <= own | {device.name}


def test_memory_that_drivers_reserve_does_not_count(tools: Tools) -> None:
    """With a device, addresses that are only set aside are free, as CUDA needs; memory that is used is bounded."""
    reserve = "import mmap; mmap.mmap(-1, 1 << 38, mmap.MAP_PRIVATE | 0x4000, prot=0)"
    limits = Limits(memory_bytes=2 * 1024**3, wall_s=60)
    Runner(tools).run(Command((*PYTHON, reserve), limits=limits, devices=(NOT_A_CARD,)))
    for code, devices in ((reserve, ()), ("x = bytearray(3 * 1024**3)", (NOT_A_CARD,))):
        with pytest.raises(AftertalkError, match="status 1"):
            Runner(tools).run(Command((*PYTHON, code), limits=limits, devices=devices))


@pytest.mark.parametrize("encoder", list(Encoder))
def test_the_same_comes_out_of_each_encoder_that_this_machine_has(
    tools: Tools, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoder: Encoder
) -> None:
    """In chunks, at a fixed rate and at none: every picture once at its time, key frames alike, files strictly right.

    Left out where a trial of the encoder fails: the one thing that cannot be asked of every machine.
    """
    if why := obstacle(tools, encoder):
        pytest.skip(why)
    monkeypatch.setattr("pipeline.media.chunks.CHUNK_MS", 4000)
    monkeypatch.setattr("pipeline.media.chunks.SEGMENT_MS", 2000)
    steady = record(tools, tmp_path / "steady.mp4", seconds=9)
    uneven = tmp_path / "uneven.mkv"
    picture = ("-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25:duration=5")
    run(tools, *picture, "-vf", "select='lt(mod(n,9),4)'", "-fps_mode", "vfr", "-c:v", "libx264", str(uneven))
    for source in (steady, uneven):
        artifact, folder = Workshop(tmp_path / source.stem, tools, settings(encoder)).transcode(source)
        assert artifact.data["encoder"] == encoder
        check_folder(folder, artifact.data)
        wanted = times(source)
        for name in ("360p.mp4", "240p.mp4"):
            shown = times(folder / name)
            assert len(shown) == len(wanted)
            assert all(abs(one - other) < 0.002 for one, other in zip(shown, wanted, strict=True))
        assert keys(folder / "360p.mp4") == keys(folder / "240p.mp4")
        assert all(after - one >= 0.9 for one, after in pairwise(keys(folder / "360p.mp4")))


def times(path: Path) -> list[float]:
    """When every decoded picture is shown after the first, seconds."""
    with av.open(str(path)) as container:
        found = [frame.time for frame in container.decode(video=0)]
    return [one - found[0] for one in found]


def keys(path: Path) -> list[float]:
    """When every key frame is shown, seconds."""
    with av.open(str(path)) as container:
        return [
            round(float(packet.pts * packet.time_base), 3) for packet in container.demux(video=0) if packet.is_keyframe
        ]
