"""Programme files for the pipeline: read from disk, within the event's folder, by ``catalog.programme``."""

from __future__ import annotations

from pathlib import Path

from catalog.errors import Finding
from catalog.model import Event
from catalog.programme import Options, Programme, read, read_many
from catalog.programme.native import ProgrammeSource
from pipeline.errors import ConfigurationError


def read_programme(path: Path, *, day_first: bool = False) -> Programme:
    """Read a programme file, or a folder of session pages.

    Raises:
        ConfigurationError: it cannot be read.
        InvalidDocumentError: it is not a programme, or a hostile one.
    """
    options = Options(day_first=day_first)
    try:
        if path.is_dir():
            files = {one.relative_to(path).as_posix(): one.read_bytes() for one in _files(path)}
            return read_many(files, options=options)
        return read(path.name, path.read_bytes(), options=options)
    except OSError as error:
        raise ConfigurationError(
            str(path), f"cannot be read ({error.strerror})", hint="check the name under 'programme:'"
        ) from error


def import_programme(folder: Path, source: ProgrammeSource) -> tuple[Event, tuple[Finding, ...]]:
    """The programme that the event in ``folder`` imports (``catalogue.ImportProgramme``).

    Raises:
        ConfigurationError: it cannot be read, or lies outside the catalogue.
        InvalidDocumentError: it is not a programme, or a hostile one.
    """
    path = (folder / source.file).resolve()
    if not path.is_relative_to(folder.parent.resolve()):
        raise ConfigurationError(source.file, "lies outside the catalogue", hint="copy the file beside event.yaml")
    programme = read_programme(path, day_first=source.day_first)
    return programme.event, programme.findings


def _files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
