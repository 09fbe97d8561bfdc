"""Reading text in pictures, with the ``ocr`` extra: whether it is there, and the confined processes that do it.

RapidOCR and its models (PP-OCR, in the package itself) read Latin, Greek, Chinese and Japanese writing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from pipeline import packages
from pipeline.captions.timed import TimedText
from pipeline.errors import ToolError
from pipeline.media.command import Command, Limits
from pipeline.media.workers import ENVIRONMENT

HINT = "pip install 'aftertalk[ocr]'"
_WORKER = Path(__file__).with_name("ocr_worker.py")
_NEEDED = ("rapidocr", "onnxruntime")
_UNKNOWN = re.compile(
    r"(?:am|ar|as|be|bg|bn|bo|ckb|dv|fa|gu|he|hi|hy|ka|kk|km|kn|ko|ks|ky|lo|mk|ml|mn|mr|my|ne|or|pa|ps|ru|sa|sd|si|sr"
    r"|ta|te|tg|th|ti|tt|ug|uk|ur|yi)(?:-(?!latn)|$)",
    re.IGNORECASE,
)
"""Languages written in letters that the models do not know; they would be read as nonsense."""
_STILL_S = 20
"""Processor seconds allowed for a still; it takes two."""


def is_installed() -> bool:
    """Whether the packages of the ``ocr`` extra are there."""
    return packages.have(*_NEEDED)


def engine_version() -> str:
    """The version of RapidOCR, and so of its models; ``none`` where it is not installed."""
    return packages.version_of("rapidocr")


def can_read(language: str | None) -> bool:
    """Whether the models know the letters of a language (a BCP 47 tag; ``None`` if not known).

    >>> can_read("ru"), can_read("sr-Latn"), can_read("fr-CA"), can_read(None)
    (False, True, True, True)
    """
    return _UNKNOWN.match(language or "") is None


def track_reader(film: Path, seconds: int) -> Command:
    """Print the captions of a film (see ``subtitles.render``); ``read_track`` reads them.

    Args:
        film: pictures of captions.
        seconds: of processor time that it may take.
    """
    return _command(("track", "/in/film"), {"film": film}, seconds)


def still_reader(stills: Sequence[Path]) -> Command:
    """Print the text in pictures whose names differ; ``read_stills`` reads it."""
    inputs = {f"stills/{path.name}": path for path in stills}
    return _command(("stills", "/in/stills"), inputs, 60 + _STILL_S * len(stills))


def _command(words: tuple[str, ...], inputs: dict[str, Path], seconds: int) -> Command:
    return Command(
        argv=("python", "-s", "-S", "-B", "/in/worker.py", *words),
        inputs={"worker.py": _WORKER, "site": packages.folder_of("rapidocr").parent, **inputs},
        environment={**ENVIRONMENT, "OMP_NUM_THREADS": "1", "HOME": "/tmp"},  # noqa: S108 -- private inside the sandbox
        limits=Limits(wall_s=4.0 * seconds, cpu_s=seconds, memory_bytes=None, file_bytes=0),
    )


def read_track(stdout: bytes) -> tuple[TimedText, ...]:
    """What the process of ``track_reader`` printed: captions, with the times of the film.

    Raises:
        ToolError: it is something else.
    """
    try:
        return tuple(TimedText(int(start), int(end), str(text)) for start, end, text in json.loads(stdout))
    except (ValueError, TypeError) as error:
        raise ToolError("text recognition", "did not print what it should") from error


def read_stills(stdout: bytes) -> dict[str, str]:
    """What the process of ``still_reader`` printed: name of the picture -> lines of text.

    Raises:
        ToolError: it is something else.
    """
    try:
        return {str(name): str(text) for name, text in json.loads(stdout).items()}
    except (ValueError, AttributeError) as error:
        raise ToolError("text recognition", "did not print what it should") from error
