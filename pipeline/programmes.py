"""Programmes for the pipeline: files of the catalogue, or addresses, read by ``catalog.programme``."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from catalog.errors import Finding, Severity
from catalog.model import Event
from catalog.programme import Options, Programme, read, read_many
from catalog.programme.base import MAX_BYTES
from catalog.programme.native import ProgrammeSource, kept_elsewhere
from pipeline.config import WORKSPACE, Settings
from pipeline.errors import ConfigurationError
from pipeline.fetch.addresses import RefusedError
from pipeline.fetch.remote import GoneError, get
from pipeline.workspace import write_atomically


def read_programme(path: Path, options: Options) -> Programme:
    """Read a programme file, or a folder of session pages.

    Raises:
        ConfigurationError: it cannot be read.
        InvalidDocumentError: it is not a programme, or a hostile one.
    """
    try:
        if path.is_dir():
            return read_many(
                {one.relative_to(path).as_posix(): one.read_bytes() for one in _files(path)}, options=options
            )
        if path.exists() and not path.is_file():
            raise ConfigurationError(str(path), "is neither a file nor a folder", hint="name the file of the programme")
        return read(path.name, path.read_bytes(), options=options)
    except OSError as error:
        raise ConfigurationError(
            str(path), f"cannot be read ({error.strerror})", hint="check the name under 'programme:'"
        ) from error


def import_programme(folder: Path, source: ProgrammeSource, settings: Settings) -> tuple[Event, tuple[Finding, ...]]:
    """The programme that the event in ``folder`` imports (``catalogue.ImportProgramme``).

    Raises:
        ConfigurationError: it cannot be read or fetched, or lies outside the catalogue.
        InvalidDocumentError: it is not a programme, or a hostile one.
    """
    options = Options(timezone=source.timezone or "", day_first=source.day_first)
    if source.file.startswith(("http://", "https://")):
        content, findings = _download(source.file, settings, folder.parent / WORKSPACE / "programmes")
        programme = read(source.file, content, options=options)
        return _as_wanted(programme.event, source), (*findings, *programme.findings)
    path = (folder / source.file).resolve()
    if not path.is_relative_to(folder.parent.resolve()):
        raise ConfigurationError(source.file, "lies outside the catalogue", hint="copy the file beside event.yaml")
    programme = read_programme(path, options)
    return _as_wanted(programme.event, source), programme.findings


def _as_wanted(event: Event, source: ProgrammeSource) -> Event:
    return kept_elsewhere(event) if source.link_only else event


def _files(folder: Path) -> list[Path]:
    found = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return sorted(path for path in found if path.stat().st_size <= MAX_BYTES)


def _download(url: str, settings: Settings, cache: Path) -> tuple[bytes, tuple[Finding, ...]]:
    """The bytes at an address; those of the last time, with a finding, while its server does not answer."""
    kept = cache / sha256(url.encode()).hexdigest()[:32]
    try:
        content = get(url, settings.fetch.allow_hosts, max_bytes=MAX_BYTES)
    except RefusedError as error:
        hint = "if it may be fetched from, name the host under 'fetch: allow_hosts' in catalogue.yaml"
        raise ConfigurationError(url, f"was refused: {error}", hint=hint) from error
    except GoneError as error:
        if not kept.is_file():
            raise ConfigurationError(
                url,
                f"cannot be fetched: {error}",
                hint="open the address in a browser, or save the file beside event.yaml",
            ) from error
        message = f"cannot be fetched now ({error}); the programme of the last time is used"
        return kept.read_bytes(), (Finding(Severity.WARNING, url, 0, "", message),)
    cache.mkdir(parents=True, exist_ok=True)
    write_atomically(kept, content)
    return content, ()
