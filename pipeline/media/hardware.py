"""H.264 encoders in hardware: the devices they need, their options, and a trial that tells whether they work here.

Decoding and scaling stay on the processor, as in software, so all that comes out but the coding is the same.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from pipeline.config import Encoder
from pipeline.errors import MachineError, ToolError
from pipeline.media.chunks import Chunk
from pipeline.media.coding import timed
from pipeline.media.command import Command, Completed, Limits
from pipeline.media.content import Content
from pipeline.media.ladder import Rung

_ROOT = Path("/")
_INTEL, _NVIDIA = "0x8086", "0x10de"
"""Vendors of PCI devices."""
_CARDS = {
    Encoder.NVENC: "no NVIDIA card (no device /dev/nvidia0)",
    Encoder.QSV: "no graphics card of Intel (no such device /dev/dri/renderD128)",
    Encoder.VAAPI: "no graphics card that VAAPI drives (no such device /dev/dri/renderD128)",
}
_DRIVERS = {
    Encoder.NVENC: "NVIDIA's driver with its library libnvidia-encode",
    Encoder.QSV: "the packages intel-media-va-driver, libva-drm2 and libmfx-gen1",
    Encoder.VAAPI: "the packages libva-drm2 and mesa-va-drivers (Intel: intel-media-va-driver)",
}
"""What ffmpeg loads when it is asked for the encoder, by the names that Debian and Ubuntu give it."""
_TRIAL = Rung("trial", 640, 360, copied=False, crf=25.0, max_rate=800, level=30, content=Content.CAMERA)


@dataclass(frozen=True)
class Card:
    """A device that encodes."""

    encoder: Encoder
    devices: tuple[str, ...]
    """Paths of the device files that a process needs to use it, its own one first."""

    @property
    def options(self) -> tuple[str, ...]:
        """Global options of ffmpeg that name the device; NVENC finds its own."""
        match self.encoder:
            case Encoder.QSV:
                return "-init_hw_device", f"qsv=card,child_device={self.devices[0]}"
            case Encoder.VAAPI:
                return "-init_hw_device", f"vaapi=card:{self.devices[0]}"
            case _:
                return ()


def find(encoder: Encoder, root: Path = _ROOT) -> Card | None:
    """The first card of this machine that ``encoder`` can be on; ``None`` for encoding in software.

    Args:
        encoder: what is asked for.
        root: where ``dev`` and ``sys`` are.

    Raises:
        MachineError: there is none, or this user may not use it.
    """
    if encoder is Encoder.SOFTWARE:
        return None
    found = list(_nodes(encoder, root))
    if not found:
        raise _unusable(encoder, f"this machine has {_CARDS[encoder]}", "use a machine that has one")
    first, *others = found
    if not os.access(first, os.R_OK | os.W_OK):
        what = f"this user may not use {_shown(first, root)}"
        raise _unusable(encoder, what, "add the user to the group 'render'")
    return Card(encoder, tuple(_shown(path, root) for path in (first, *others)))


def _nodes(encoder: Encoder, root: Path) -> Iterator[Path]:
    """Device files: one of a card, and those that come with it."""
    if encoder is Encoder.NVENC:
        cards = sorted((root / "dev").glob("nvidia[0-9]*"))
        more = [root / "dev" / name for name in ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools")]
        yield from [*cards, *(path for path in more if path.exists())] if cards else []
        return
    for node in sorted((root / "dev/dri").glob("renderD*")):
        vendor = root / "sys/class/drm" / node.name / "device/vendor"
        maker = vendor.read_text().strip() if vendor.is_file() else ""
        if maker == _INTEL or (encoder is Encoder.VAAPI and maker != _NVIDIA):
            yield node
            return


def _shown(path: Path, root: Path) -> str:
    return f"/{path.relative_to(root)}"


def check(card: Card | None, run: Callable[[Command], Completed]) -> None:
    """Encode a few pictures on the card, in a confined process like those that encode recordings.

    Raises:
        MachineError: that fails.
    """
    if card is None:
        return
    try:
        run(trial(card))
    except ToolError as error:
        what = f"a trial on {card.devices[0]} fails"
        raise _unusable(card.encoder, what, f"install {_DRIVERS[card.encoder]}", error.context) from error


def trial(card: Card) -> Command:
    """Encode a few made-up pictures, with a forced key frame, to nowhere."""
    picture = ffmpeg.input("testsrc2=size=640x360:rate=25:duration=1", f="lavfi").video.filter("format", "yuv420p")
    options = h264(_TRIAL, Chunk(0, None, None, 25, (0, 400)), card.encoder) | {"f": "null"}
    return Command(
        argv=(
            *("ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", *card.options),
            *ffmpeg.output(uploaded(picture, card), "-", **options).get_args(),
        ),
        limits=Limits(wall_s=60, cpu_s=30, memory_bytes=2 * 1024**3, file_bytes=0),
        devices=card.devices,
    )


def uploaded(stream: Any, card: Card) -> Any:
    """The pictures in the form that the card's encoder takes; NVENC takes them as they are."""
    match card.encoder:
        case Encoder.QSV:
            return stream.filter("format", "nv12")
        case Encoder.VAAPI:
            return stream.filter("format", "nv12").filter("hwupload")
        case _:
            return stream


def h264(rung: Rung, chunk: Chunk, encoder: Encoder) -> dict[str, Any]:
    """The options of H.264 in hardware for a rung of a chunk.

    All hold a quality that is x264's CRF by its number, bounded like x264 by the rung's rate, with key frames where
    segments start and nowhere else.
    """
    capped = {"maxrate": f"{rung.max_rate}k", "bufsize": f"{2 * rung.max_rate}k", "profile:v": "high"}
    closed = {**timed(chunk), "flags": "+bitexact+cgop"}  # nothing after a key frame needs what was before it
    match encoder:
        case Encoder.NVENC:
            own: dict[str, Any] = {
                "c:v": "h264_nvenc",
                "preset": "p5",
                "rc": "vbr",
                "cq": rung.crf,
                "b:v": 0,  # else it aims at 2 Mbit/s instead of the quality
                "rc-lookahead": 20,
                "spatial-aq": 1,
                "forced-idr": 1,  # key frames are where decoding can start
                "no-scenecut": 1,
            }  # no level: the driver refuses one that it counts differently; the playlist tells the one it wrote
        case Encoder.QSV:
            own = {
                "c:v": "h264_qsv",
                "preset": "medium",
                "global_quality": round(rung.crf),  # with a rate below the cap, ffmpeg takes QVBR
                "b:v": f"{rung.max_rate * 3 // 4}k",
                "level:v": f"{rung.level / 10:.1f}",
                "forced_idr": 1,
                "adaptive_i": 0,
                "bf": 0,  # its decode times are counted, not told: wrong where pictures come at no fixed rate
                "g": 65_535,  # the most that its field holds
            }
        case _:
            own = {
                "c:v": "h264_vaapi",
                "global_quality": round(
                    rung.crf
                ),  # with a rate: QVBR; where there is none ICQ or CQP, which know no cap
                "b:v": f"{rung.max_rate * 3 // 4}k",
                "level:v": f"{rung.level / 10:.1f}",
                "sei": "timing+recovery_point+a53_cc",  # not the names of library and driver
            }
    return closed | capped | own


def _unusable(encoder: Encoder, what: str, remedy: str, context: str = "") -> MachineError:
    hint = f"{remedy}, or write 'encoder: software'; 'aftertalk doctor' tries it"
    return MachineError(f"'encoder: {encoder}' under 'transcode' in catalogue.yaml", what, context=context, hint=hint)
