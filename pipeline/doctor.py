"""What ``aftertalk doctor`` looks at: versions, and what is missing on this machine."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from catalog.errors import Severity
from pipeline.catalogue import CatalogueDirectory
from pipeline.config import CATALOGUE_FILE, load_settings
from pipeline.errors import AftertalkError
from pipeline.media.tools import find_tools
from pipeline.stages.publish import open_target
from pipeline.storage.diagnose import diagnose

PARTS = ("aftertalk", "av", "boto3", "ffmpeg-python", "jinja2", "webvtt-py", "yt-dlp")
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
    ffmpeg: Path | None = None
    if (root / CATALOGUE_FILE).exists():
        line, ffmpeg = _catalogue(root)
        lines.append(line)
    return [*lines, *_tools(ffmpeg), _disk(root)]


def _catalogue(root: Path) -> tuple[Line, Path | None]:
    try:
        settings = load_settings(root)
    except AftertalkError as error:
        return Line("catalogue.yaml", str(error), is_good=False), None
    return Line("catalogue.yaml", f"{settings.title!r}, published to {settings.publish}"), settings.ffmpeg


def _tools(ffmpeg: Path | None) -> list[Line]:
    try:
        tools = find_tools(ffmpeg)
    except AftertalkError as error:
        return [Line("ffmpeg", str(error), is_good=False)]
    confined = "media tools see only their own input and have no network"
    limited = (
        "not usable here: media tools are limited in time, memory and formats, but not confined (install bubblewrap)"
    )
    return [
        Line("ffmpeg", f"{tools.ffmpeg_version} ({tools.ffmpeg})"),
        Line("bubblewrap", confined if tools.bwrap else limited, is_good=bool(tools.bwrap), is_optional=True),
    ]


def _disk(root: Path) -> Line:
    free = shutil.disk_usage(root if root.exists() else Path()).free
    return Line("disk", f"{free / 1024**3:.1f} GiB free", is_good=free > LOW_DISK_BYTES, is_optional=True)


def examine_target(directory: CatalogueDirectory, target: str | None) -> list[Line]:
    """Try the place to publish to.

    Raises:
        ConfigurationError: it is not a place to publish to.
    """
    store = open_target(directory, target)
    public = None if target or store.address.startswith("/") else directory.settings.base_url
    return [
        Line(
            finding.field,
            f"{finding.message}{f' ({finding.hint})' if finding.hint else ''}",
            is_good=finding.severity is Severity.NOTE,
            is_optional=finding.severity is Severity.WARNING,
        )
        for finding in diagnose(store, public)
    ]
