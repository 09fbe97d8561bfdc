"""Encoders in hardware: which card is taken, and what is said to ffmpeg and to the sandbox. Nothing runs here."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from catalog.documents import parse, validate
from pipeline.config import Encoder, Settings, TranscodeSettings
from pipeline.errors import InvalidDocumentError, MachineError
from pipeline.media import encode, hardware
from pipeline.media.chunks import Chunk
from pipeline.media.command import Command, Limits, Tools
from pipeline.media.hardware import Card
from pipeline.media.ladder import ladder
from pipeline.media.sandbox import confine
from tests.unit.media.test_ladder import probe

CHUNK = Chunk(90_000, 180_000, 90_200, 2250, (90_000, 96_000, 102_000))
NODE = "/dev/dri/renderD128"
CARDS = {
    Encoder.NVENC: Card(Encoder.NVENC, ("/dev/nvidia0", "/dev/nvidiactl")),
    Encoder.QSV: Card(Encoder.QSV, (NODE,)),
    Encoder.VAAPI: Card(Encoder.VAAPI, (NODE,)),
}


def machine(root: Path, *vendors: str, nvidia: int = 0) -> Path:
    """The device files of a machine with graphics cards of these vendors, and NVIDIA's own files for so many."""
    nodes = {root / f"dev/dri/renderD{128 + number}": vendor for number, vendor in enumerate(vendors)}
    for node, vendor in nodes.items():
        told = root / "sys/class/drm" / node.name / "device/vendor"
        told.parent.mkdir(parents=True)
        told.write_text(f"{vendor}\n")
    own = [root / "dev" / f"nvidia{number}" for number in range(nvidia)]
    own += [root / "dev" / name for name in ("nvidiactl", "nvidia-uvm", "nvidia-modeset") if nvidia]
    for path in (*nodes, *own):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def words(command: Command) -> str:
    return " ".join(command.argv)


def options_of(command: Command, file: str) -> dict[str, str]:
    """The options that belong to an output file."""
    end = command.argv.index(file)
    start = max(at for at, word in enumerate(command.argv[:end]) if word == "-map")
    return dict(zip(command.argv[start:end:2], command.argv[start + 1 : end : 2], strict=True))


@pytest.mark.parametrize(
    ("encoder", "devices"),
    [
        (Encoder.NVENC, ("/dev/nvidia0", "/dev/nvidia1", "/dev/nvidiactl", "/dev/nvidia-uvm")),
        (Encoder.QSV, ("/dev/dri/renderD130",)),
        (Encoder.VAAPI, ("/dev/dri/renderD129",)),
    ],
)
def test_which_card_is_taken(tmp_path: Path, encoder: Encoder, devices: tuple[str, ...]) -> None:
    """Of several, the first that the encoder can be on, told by its vendor; no other device comes along."""
    root = machine(tmp_path, "0x10de", "0x1002", "0x8086", nvidia=2)
    assert hardware.find(encoder, root) == Card(encoder, devices)
    assert hardware.find(Encoder.SOFTWARE, root) is None


@pytest.mark.parametrize(
    ("encoder", "vendors", "missing"),
    [
        (Encoder.NVENC, ("0x8086",), "no NVIDIA card"),
        (Encoder.QSV, ("0x1002", "0x10de"), "no graphics card of Intel"),
        (Encoder.VAAPI, ("0x10de",), "no graphics card that VAAPI drives"),
        (Encoder.VAAPI, (), "no graphics card that VAAPI drives"),
    ],
)
def test_without_such_a_card(tmp_path: Path, encoder: Encoder, vendors: tuple[str, ...], missing: str) -> None:
    """The error names the setting, what is missing and what to do; it is the machine's, not the recording's."""
    with pytest.raises(MachineError) as caught:
        hardware.find(encoder, machine(tmp_path, *vendors))
    text = str(caught.value)
    assert text.startswith(f"'encoder: {encoder}' under 'transcode' in catalogue.yaml: this machine has {missing}")
    assert "What to do: use a machine that has one, or write 'encoder: software'; 'aftertalk doctor' tries it" in text


def test_a_card_that_this_user_may_not_use(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That is said, with the groups that may."""
    root = machine(tmp_path, "0x8086")
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(
        MachineError, match=f"this user may not use {NODE}\nWhat to do: add the user to the group 'render', or"
    ):
        hardware.find(Encoder.QSV, root)


def test_only_the_encoder_is_another() -> None:
    """The same input, cuts, times and key frames; pictures are handed to the card behind all filters of ours."""
    made = probe(codec="vp9")
    steps = ladder(made, TranscodeSettings(heights=(720, 360), codecs=("h264", "av1")))
    commands = {
        card: encode.pictures(Path("x"), made, CHUNK, steps.rungs, (160, 90), card) for card in (None, *CARDS.values())
    }
    plain = commands[None]
    assert not plain.devices
    for card, command in commands.items():
        if card is None:
            continue
        assert command.devices == card.devices
        assert command.argv.count("-i") == 1
        for file in ("720p.mp4", "360p.mp4"):
            ours, theirs = options_of(plain, file), options_of(command, file)
            same = ("-force_key_frames", "-fps_mode", "-enc_time_base", "-maxrate", "-bufsize", "-profile:v")
            assert [ours[name] for name in same] == [theirs[name] for name in same]
            assert theirs["-c:v"] == f"h264_{card.encoder}"
            assert theirs["-flags"] == "+bitexact+cgop"
        for file in ("720p-av1.mp4", "thumbs.yuv"):
            ours, theirs = options_of(plain, file), options_of(command, file)
            assert {**ours, "-map": ""} == {**theirs, "-map": ""}, "AV1 and thumbnails as in software"
        graph, before = (one.argv[one.argv.index("-filter_complex") + 1] for one in (command, plain))
        added = {Encoder.NVENC: 0, Encoder.QSV: 2, Encoder.VAAPI: 4}[card.encoder]
        assert graph.count(";") - before.count(";") == added
        assert graph.count("format=") - before.count("format=") == min(added, 2)
        assert graph.count("hwupload") == max(0, added - 2)


@pytest.mark.parametrize(
    ("encoder", "quality", "device"),
    [
        (Encoder.NVENC, {"-rc": "vbr", "-cq": "23.5", "-b:v": "0", "-forced-idr": "1", "-no-scenecut": "1"}, ""),
        (
            Encoder.QSV,
            {
                "-global_quality": "24",
                "-b:v": "2100k",
                "-forced_idr": "1",
                "-bf": "0",
                "-level:v": "3.1",
                "-g": "65535",
            },
            f"-init_hw_device qsv=card,child_device={NODE}",
        ),
        (
            Encoder.VAAPI,
            {"-global_quality": "24", "-b:v": "2100k", "-level:v": "3.1", "-g": "100000"},
            f"-init_hw_device vaapi=card:{NODE}",
        ),
    ],
)
def test_quality_is_constant_and_capped(encoder: Encoder, quality: dict[str, str], device: str) -> None:
    """The quality that x264 would get, below the same cap, in the way of each encoder."""
    made = probe()
    rung = ladder(made, TranscodeSettings()).rungs[1]
    command = encode.pictures(Path("x"), made, CHUNK, [rung], (160, 90), CARDS[encoder])
    given = options_of(command, "720p.mp4")
    assert given | quality == given
    assert (given["-maxrate"], given["-bufsize"]) == ("2800k", "5600k")
    assert device in words(command)
    assert ("-init_hw_device" in words(command)) == bool(device)


def test_a_cut_of_a_copied_picture_is_encoded_in_software() -> None:
    """Hardware cannot number its parameter sets so that they stand beside those of the source."""
    rung = ladder(probe(), TranscodeSettings(encoder=Encoder.NVENC)).rungs[0]
    command = encode.edge(Path("x"), probe(), CHUNK, rung)
    assert "libx264" in command.argv
    assert not command.devices


def test_only_av1_needs_no_card() -> None:
    """A chunk without H.264 is encoded without a device."""
    made = probe(width=320, height=180, bit_rate=100_000)
    rungs = [one for one in ladder(made, TranscodeSettings(codecs=("h264", "av1"))).rungs if not one.copied]
    command = encode.pictures(Path("x"), made, CHUNK, rungs, (160, 90), CARDS[Encoder.VAAPI])
    assert {rung.codec for rung in rungs} == {"av1"}
    assert not command.devices
    assert "-init_hw_device" not in command.argv


def test_the_trial_encodes_as_recordings_are() -> None:
    """On the same device, with the same options, a forced key frame among them, and no file written."""
    for card in CARDS.values():
        command = hardware.trial(card)
        assert command.devices == card.devices
        given = options_of(command, "-")
        assert given["-c:v"] == f"h264_{card.encoder}"
        assert given["-force_key_frames"] == "0.000,0.400"
        assert given["-f"] == "null"
        assert command.limits.file_bytes == 0


def test_the_sandbox_lets_one_device_through() -> None:
    """Only those of the command, behind the empty ``/dev``; memory is then counted by what can be written."""
    tools = Tools(Path("/opt/ffmpeg"), "9", Path("/usr/bin/bwrap"))
    limits = Limits(memory_bytes=1000)
    plain, with_card = (
        confine(Command(("ffmpeg",), limits=limits, devices=devices), tools, Path("/tmp/view")).argv
        for devices in ((), (NODE,))
    )
    assert not {"--dev-bind", "/sys"} & set(plain)
    place = with_card.index("--dev-bind")
    assert with_card[place : place + 6] == ("--dev-bind", NODE, NODE, "--ro-bind", "/sys", "/sys")
    assert place > with_card.index("--dev")
    assert with_card.count("--dev-bind") == 1
    told: list[dict[str, Any]] = [json.loads(argv[argv.index("--") - 1]) for argv in (plain, with_card)]
    assert [one.get("RLIMIT_AS") for one in told] == [1000, None]
    assert [one.get("RLIMIT_DATA") for one in told] == [None, 1000]


def test_what_encodes_is_told() -> None:
    """``-v`` says it, where anything is encoded; a source that is copied whole needs no hardware."""
    asked = TranscodeSettings(encoder=Encoder.QSV)
    assert ladder(probe(), asked).notes[-1] == "encoded in hardware, by qsv"
    assert ladder(probe(), asked).encoder is Encoder.QSV
    whole = ladder(probe(width=320, height=180, bit_rate=100_000), asked)
    assert [rung.copied for rung in whole.rungs] == [True]
    assert whole.encoder is Encoder.SOFTWARE
    assert not any("hardware" in note for note in whole.notes)


def test_the_setting() -> None:
    """Software unless asked otherwise; a mistake names the choices."""
    assert TranscodeSettings().encoder is Encoder.SOFTWARE
    assert validate_yaml("vaapi").transcode.encoder is Encoder.VAAPI
    with pytest.raises(InvalidDocumentError, match=r"software.*nvenc.*qsv.*vaapi"):
        validate_yaml("cuda")


def validate_yaml(encoder: str) -> Settings:
    text = f"title: T\ntranscode: {{encoder: {encoder}}}\n"
    return validate(parse("catalogue.yaml", text.encode()), Settings)
