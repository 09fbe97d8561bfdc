"""What ``aftertalk doctor`` looks at: versions, and what is missing on this machine."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from catalog.errors import Severity
from pipeline.catalogue import CatalogueDirectory
from pipeline.config import CATALOGUE_FILE, Encoder, Settings, load_settings
from pipeline.errors import AftertalkError
from pipeline.media import asr, hardware, ocr
from pipeline.media.runner import Runner
from pipeline.media.tools import Tools, find_tools
from pipeline.storage.diagnose import diagnose
from pipeline.storage.protocol import ObjectStore
from pipeline.storage.split import SplitStore
from pipeline.targets import open_mirrors, open_target

PARTS = ("aftertalk", "av", "boto3", "ffmpeg-python", "jinja2", "webvtt-py", "yt-dlp")
NO_SPEECH = "not installed: no captions where nobody wrote any ('make asr', or pip install 'aftertalk[asr]')"
NO_TEXT = f"not installed: slides and subtitles that are pictures are not read ('make ocr', or {ocr.HINT})"
LOW_DISK_BYTES = 5 * 1024**3


@dataclass(frozen=True)
class Line:
    """One thing looked at."""

    name: str
    detail: str
    is_good: bool = True
    is_optional: bool = False


def examine(root: Path) -> list[Line]:
    """Look at this machine and, where there is one, at the catalogue in ``root``."""
    lines = [Line(name, metadata.version(name)) for name in PARTS]
    settings: Settings | None = None
    if (root / CATALOGUE_FILE).exists():
        line, settings = _catalogue(root)
        lines.append(line)
    return [*lines, *_tools(settings), *_recognition(), _disk(root)]


def _catalogue(root: Path) -> tuple[Line, Settings | None]:
    try:
        settings = load_settings(root)
    except AftertalkError as error:
        return Line("catalogue.yaml", str(error), is_good=False), None
    return Line("catalogue.yaml", f"{settings.title!r}, published to {settings.publish}"), settings


def _tools(settings: Settings | None) -> list[Line]:
    try:
        tools = find_tools(settings.ffmpeg if settings else None)
    except AftertalkError as error:
        return [Line("ffmpeg", str(error), is_good=False)]
    confined = "media tools see only their own input and have no network"
    limited = (
        "not usable here: media tools are limited in time, memory and formats, but not confined (install bubblewrap)"
    )
    return [
        Line("ffmpeg", f"{tools.ffmpeg_version} ({tools.ffmpeg})"),
        Line("bubblewrap", confined if tools.bwrap else limited, is_good=bool(tools.bwrap), is_optional=True),
        *_encoder(tools, settings.transcode.encoder if settings else Encoder.SOFTWARE),
    ]


def _encoder(tools: Tools, encoder: Encoder) -> Iterator[Line]:
    """What came of trying the encoder in hardware, where one is asked for."""
    if encoder is Encoder.SOFTWARE:
        return
    try:
        card = hardware.find(encoder)
        hardware.check(card, Runner(tools).run)
    except AftertalkError as error:
        yield Line("encoder", str(error), is_good=False)
    else:
        yield Line("encoder", f"{encoder} works, on {card.devices[0] if card else ''}")


def _recognition() -> list[Line]:
    speech, text = asr.is_installed(), ocr.is_installed()
    return [
        Line(
            "speech recognition",
            f"faster-whisper {asr.engine_version()}" if speech else NO_SPEECH,
            speech,
            is_optional=True,
        ),
        Line("text recognition", f"rapidocr {ocr.engine_version()}" if text else NO_TEXT, text, is_optional=True),
    ]


def _disk(root: Path) -> Line:
    free = shutil.disk_usage(root if root.exists() else Path()).free
    return Line("disk", f"{free / 1024**3:.1f} GiB free", is_good=free > LOW_DISK_BYTES, is_optional=True)


def examine_targets(directory: CatalogueDirectory, *, is_public: bool) -> list[Line]:
    """Try every place to publish to, as its readers too when ``is_public``.

    Raises:
        StoreError: one cannot be opened.
    """
    store, settings = open_target(directory), directory.settings
    if isinstance(store, SplitStore):
        host = settings.media.url if settings.media else None
        places = [(store.pages, settings.base_url), (store.media, host)]
    else:
        places = [(store, settings.base_url)]
    places += [(mirror, None) for mirror in open_mirrors(directory)]
    return [line for place, url in places for line in _examine(place, url if is_public else None)]


def _examine(store: ObjectStore, public_url: str | None) -> Iterator[Line]:
    """``public_url`` is where readers find it; a folder is looked at as it is."""
    for finding in diagnose(store, None if store.address.startswith("/") else public_url):
        yield Line(
            f"{store.address} {finding.field}",
            f"{finding.message}{f' ({finding.hint})' if finding.hint else ''}",
            is_good=finding.severity is Severity.NOTE,
            is_optional=finding.severity is Severity.WARNING,
        )
