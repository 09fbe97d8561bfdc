"""A catalogue directory, read whole: its settings, its events, and every mistake in them at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from catalog.errors import Finding, InvalidDocumentError
from catalog.model import Event
from catalog.programme import native
from catalog.programme.native import ProgrammeSource
from pipeline import releases
from pipeline.config import EVENT_FILE, INBOX, WORKSPACE, Settings, load_settings
from pipeline.errors import ConfigurationError
from pipeline.parsed import ParsedDocuments

ImportProgramme = Callable[[Path, ProgrammeSource, Settings], tuple[Event, tuple[Finding, ...]]]
"""Reads the programme that an event folder imports."""


@dataclass(frozen=True)
class CatalogueDirectory:
    """What an organiser keeps: ``catalogue.yaml`` and a folder per event."""

    root: Path
    settings: Settings
    events: tuple[Event, ...]
    findings: tuple[Finding, ...]
    """What was noticed in imported programmes."""
    fetches: bool = False
    """Whether a programme is fetched from an address, so that only asking tells whether it changed."""

    @property
    def workspace(self) -> Path:
        """The cache beside ``catalogue.yaml``."""
        return self.root / WORKSPACE

    def published_to(self, place: str | None) -> CatalogueDirectory:
        """The same catalogue, published to one other place; as configured when none is given."""
        return replace(self, settings=self.settings.published_to(place))

    def inbox(self, event: Event) -> Path:
        """Where the event's media files are put."""
        return self.root / event.id / INBOX


def load(root: Path, import_programme: ImportProgramme) -> CatalogueDirectory:
    """Read a catalogue directory.

    Raises:
        ConfigurationError: there is no catalogue here, or an event is missing.
        InvalidDocumentError: with every mistake in every document.
    """
    mistakes: list[Finding] = []
    noticed: list[Finding] = []
    events: list[Event] = []
    addresses: list[str] = []
    try:
        settings = load_settings(root)
    except InvalidDocumentError as error:
        mistakes += error.findings
        settings = Settings(title="?")
    try:
        decided = releases.load(root)
    except InvalidDocumentError as error:
        mistakes += error.findings
        decided = releases.Releases()
    parsed = ParsedDocuments(root / WORKSPACE / "documents.db")
    for folder in _event_folders(root, settings):
        try:
            event, source, findings = _load_event(folder, settings, import_programme, parsed)
        except InvalidDocumentError as error:
            mistakes += error.findings
        else:
            events.append(releases.apply(event, decided))
            noticed += findings
            addresses += [source.file] if source and "://" in source.file else []
    parsed.keep()
    if mistakes:
        raise InvalidDocumentError(str(root), tuple(mistakes))
    return CatalogueDirectory(root, settings, tuple(events), tuple(noticed), bool(addresses))


def _event_folders(root: Path, settings: Settings) -> list[Path]:
    if not settings.events:
        return sorted(path.parent for path in root.glob(f"*/{EVENT_FILE}"))
    folders = [root / name for name in settings.events]
    for folder in folders:
        if not (folder / EVENT_FILE).is_file():
            raise ConfigurationError(
                str(folder / EVENT_FILE),
                "is named under 'events' in catalogue.yaml but does not exist",
                hint="create the file or remove the event from the list",
            )
    return folders


def _load_event(
    folder: Path, settings: Settings, import_programme: ImportProgramme, parsed: ParsedDocuments
) -> tuple[Event, ProgrammeSource | None, tuple[Finding, ...]]:
    path = folder / EVENT_FILE
    name = f"{folder.name}/{EVENT_FILE}"
    document = parsed.document(name, path.read_bytes())
    source = native.programme_of(document)
    imported, findings = import_programme(folder, source, settings) if source else (None, ())
    event = native.read(document, folder=folder.name, imported=imported)
    if event.id != folder.name:
        raise ConfigurationError(
            name, f"the event's id is {event.id!r} but its folder is {folder.name!r}", hint="give both the same name"
        )
    return event, source, findings
