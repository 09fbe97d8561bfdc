"""Trims: what is cut off is gone to the picture and the sample, and everything else moves along."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.config import Settings, TranscodeSettings
from pipeline.errors import MediaError
from pipeline.media.tools import Tools
from tests.media.bench import Workshop
from tests.media.sources import run
from tests.media.strict import check_folder

pytestmark = pytest.mark.media

RATE = 48_000
BITS = 10
CELL = 16
WIDTH, HEIGHT = 192, 108


def noise(seconds: float) -> str:
    return f"anoisesrc=seed=7:color=brown:amplitude=0.5:sample_rate={RATE}:duration={seconds}"


def source(tools: Tools, target: Path, *arguments: str, seconds: float = 14) -> Path:
    """Every picture shows its own number as a row of black and white cells; the sound is noise, always the same."""
    cells = f"nullsrc=size={WIDTH // CELL}x2:rate=25:duration={seconds},"
    cells += f"geq=lum='255*lt(X,{BITS})*mod(floor(N/pow(2,X)),2)':cb=128:cr=128,"  # one pixel a cell, then enlarged
    run(
        tools,
        *("-f", "lavfi", "-i", f"{cells}scale={WIDTH}:{HEIGHT}:flags=neighbor,setsar=1"),
        *("-f", "lavfi", "-i", noise(seconds)),
        *("-c:v", "libx264", "-preset", "veryfast", "-bf", "3", "-g", "75", "-x264-params", "open-gop=0:scenecut=0"),
        *("-pix_fmt", "yuv420p", "-c:a", "aac", "-b:a", "192k", *arguments, str(target)),
    )
    return target


def numbers(path: Path) -> list[int]:
    """The numbers that the decoded pictures carry."""
    with av.open(str(path)) as container:
        lumas = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    scale = lumas[0].shape[1] / WIDTH
    middles = [int((CELL * bit + CELL / 2) * scale) for bit in range(BITS)]
    return [sum(int(luma[luma.shape[0] // 2, x] > 128) << bit for bit, x in enumerate(middles)) for luma in lumas]


def sound(path: Path) -> NDArray[np.float32]:
    """The decoded samples."""
    with av.open(str(path)) as container:
        return np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])


def lag(heard: NDArray[np.float32], original: NDArray[np.float32], start: float) -> int:
    """So many samples after ``start`` of the original the heard sound begins, by correlation."""
    expected = original[round(start * RATE) :][: len(heard)]
    size = len(expected)
    spectrum = np.fft.rfft(heard[:size], 2 * size) * np.conj(np.fft.rfft(expected, 2 * size))
    peak = int(np.argmax(np.fft.irfft(spectrum)))
    return peak if peak < size else peak - 2 * size


@pytest.fixture(scope="module")
def original(tools: Tools, tmp_path_factory: pytest.TempPathFactory) -> NDArray[np.float32]:
    """The sound of every ``source``."""
    path = tmp_path_factory.mktemp("sound") / "noise.wav"
    run(tools, "-f", "lavfi", "-i", noise(40), "-c:a", "pcm_f32le", str(path))
    return sound(path)


@pytest.fixture(scope="module", params=["mp4", "mkv"])
def whole(tools: Tools, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """14 s, a key frame every 3 s."""
    return source(tools, tmp_path_factory.mktemp("whole") / f"whole.{request.param}")


def times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        return [float(frame.pts * frame.time_base) for frame in container.decode(video=0)]


def settings(**options: object) -> Settings:
    return Settings(title="Test", transcode=TranscodeSettings(heights=(HEIGHT, 72), loudness=None, **options))


@pytest.mark.parametrize(
    ("start", "end", "copied"),
    [("3.5", "11.72", True), ("0", "7.04", True), ("3", None, True), ("4.1", "4.9", False), ("3.01", "5.5", False)],
    ids=["both ends", "end only", "at a key frame", "within one group", "no whole group"],
)
def test_trim_is_exact(
    tools: Tools, tmp_path: Path, whole: Path, original: NDArray[np.float32], start: str, end: str | None, copied: bool
) -> None:
    """All rungs show exactly the pictures of the part, copied or not, and the sound begins with its very sample."""
    trim = {"start": start, "end": end}
    artifact, folder = Workshop(tmp_path, tools, settings(), trim=trim).transcode(whole)
    first, last = int(float(start) * 25), -(-int(float(end) * 100) // 4) if end else 350
    duration_ms = round(float(end or 14) * 1000) - round(float(start) * 1000)
    assert artifact.data["duration_ms"] == pytest.approx(duration_ms, abs=25 if end is None else 0)
    assert [one["copied"] for one in artifact.data["renditions"]] == [copied, False]
    for one in artifact.data["renditions"]:
        assert numbers(folder / one["file"]) == list(range(first, last))
    check_folder(folder, artifact.data)
    heard = sound(folder / "audio.m4a")
    assert len(heard) == pytest.approx(duration_ms * RATE / 1000, abs=1024 if end else 2048)
    assert abs(lag(heard, original, float(start))) <= (
        1 if whole.suffix == ".mp4" else RATE // 1000
    )  # Matroska counts ms


def test_times_of_a_smart_cut_are_even(tools: Tools, tmp_path: Path, whole: Path) -> None:
    """Across the seams between encoded and copied pictures every picture stands for 40 ms."""
    _, folder = Workshop(tmp_path, tools, settings(), trim={"start": 3.5, "end": 11.72}).transcode(whole)
    shown = times(folder / "108p.mp4")
    assert shown[0] == 0
    # the part starts 20 ms after its first picture appeared
    assert np.diff(shown)[1:] == pytest.approx(0.04, abs=0.0011)


def test_a_standing_picture_is_shown_from_the_start(tools: Tools, tmp_path: Path) -> None:
    """A screen recording with a picture every three seconds, cut in the middle of one: that one comes first."""
    whole = source(tools, tmp_path / "whole.mp4", "-vf", "select='not(mod(n,75))'", "-fps_mode", "vfr", "-g", "2")
    artifact, folder = Workshop(tmp_path, tools, settings(), trim={"start": 4, "end": 10.5}).transcode(whole)
    for one in artifact.data["renditions"]:
        seen = list(zip(numbers(folder / one["file"]), times(folder / one["file"]), strict=True))
        firsts = {number: min(at for other, at in seen if other == number) for number, _ in seen}
        assert firsts == pytest.approx({75: 0, 150: 2, 225: 5}, abs=0.001)
        assert [number for number, _ in seen] == sorted(number for number, _ in seen), "each stands until the next"
        assert max(np.diff([at for _, at in seen])) < 0.21, "and is repeated meanwhile"
        assert seen[-1][1] > 6.2
    check_folder(folder, artifact.data)


def test_a_long_way_in(tools: Tools, tmp_path: Path, original: NDArray[np.float32]) -> None:
    """Far from the start of the file, where it is entered instead of read from the beginning."""
    whole = source(tools, tmp_path / "whole.mp4", seconds=34)
    artifact, folder = Workshop(tmp_path, tools, settings(), trim={"start": "0:28.2", "end": "0:33.4"}).transcode(whole)
    assert numbers(folder / "108p.mp4") == numbers(folder / "72p.mp4") == list(range(705, 835))
    assert abs(lag(sound(folder / "audio.m4a"), original, 28.2)) <= 1
    assert artifact.data["renditions"][0]["copied"]
    check_folder(folder, artifact.data)


@pytest.mark.parametrize("trim", [{}, {"start": 0.5, "end": 6}], ids=["whole", "trimmed"])
@pytest.mark.parametrize("group", ["75", "500"], ids=["key frames", "none shown"])
def test_a_start_cut_off_by_an_edit_list(
    tools: Tools, tmp_path: Path, original: NDArray[np.float32], group: str, trim: dict[str, float]
) -> None:
    """Cut without encoding, as phones do: the first key frame is hidden, what is shown begins within its group."""
    whole = source(tools, tmp_path / "whole.mp4", "-g", group)
    cut = tmp_path / "cut.mp4"
    run(tools, "-ss", "1.3", "-i", str(whole), "-c", "copy", str(cut))
    shown = numbers(cut)
    assert shown[0] in {32, 33}
    artifact, folder = Workshop(tmp_path / "made", tools, settings(), trim=trim).transcode(cut)
    start = trim.get("start", 0.0)
    first, last = int(start * 25), int(trim["end"] * 25) if trim else len(shown)
    for one in artifact.data["renditions"]:
        seen = numbers(folder / one["file"])
        assert seen == shown[first : first + len(seen)], one
        assert len(seen) == pytest.approx(last - first, abs=1)
    check_folder(folder, artifact.data)
    assert abs(lag(sound(folder / "audio.m4a"), original, 1.3 + start)) <= RATE // 25


def test_a_trim_behind_the_end(tools: Tools, tmp_path: Path) -> None:
    """It is an error that says what to correct, not an empty recording."""
    whole = source(tools, tmp_path / "whole.mp4", seconds=2)
    with pytest.raises(MediaError, match="trim") as caught:
        Workshop(tmp_path, tools, settings(), trim={"start": 5}).transcode(whole)
    assert "trim" in (caught.value.hint or "")


@pytest.mark.parametrize(("choice", "tone"), [("left", 500), ("right", 1500), ("mix", None)])
def test_one_channel_is_heard(tools: Tools, tmp_path: Path, choice: str, tone: int | None) -> None:
    """``audio: left`` gives the left channel as mono, ``mix`` both."""
    stereo = tmp_path / "stereo.mkv"
    both = "aevalsrc='0.3*sin(500*2*PI*t)|0.3*sin(1500*2*PI*t)':sample_rate=48000:duration=4"
    run(tools, "-f", "lavfi", "-i", both, "-c:a", "flac", str(stereo))
    _, folder = Workshop(tmp_path, tools, settings(), audio=choice).transcode(stereo)
    with av.open(str(folder / "audio.m4a")) as container:
        assert container.streams.audio[0].codec_context.channels == 1
    spectrum = np.abs(np.fft.rfft(sound(folder / "audio.m4a")[RATE : 2 * RATE]))
    loud = {hertz for hertz in (500, 1500) if spectrum[hertz] > spectrum.max() / 4}
    assert loud == ({tone} if tone else {500, 1500})
