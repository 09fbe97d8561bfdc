"""The places a catalogue is published to: the main one, perhaps with media in one of their own, and its mirrors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

from pipeline.catalogue import CatalogueDirectory
from pipeline.config import MediaPlace, Mirror, Settings
from pipeline.storage import Limits, open_store
from pipeline.storage.memo import Memo
from pipeline.storage.protocol import ObjectStore
from pipeline.storage.split import SplitStore


def open_target(directory: CatalogueDirectory, *, known: Path | None = None) -> ObjectStore:
    """The main place; ``known`` is where to remember what it can do.

    Raises:
        StoreError: it cannot be opened.
    """
    settings = directory.settings
    pages = _open(directory, settings, known)
    if settings.media is None or settings.media.publish is None:
        return pages
    return SplitStore(pages, _open(directory, settings.media, known))


def open_mirrors(directory: CatalogueDirectory, *, known: Path | None = None) -> tuple[ObjectStore, ...]:
    """The mirrors; all objects of one are in one place. For ``known`` see ``open_target``.

    Raises:
        StoreError: one cannot be opened.
    """
    return tuple(_open(directory, mirror, known) for mirror in directory.settings.mirrors)


def open_memos(directory: CatalogueDirectory, store: ObjectStore, mirrors: Sequence[ObjectStore]) -> tuple[Memo, ...]:
    """What the workspace remembers of the main place ``store`` and of each mirror."""
    settings = directory.settings
    main = (store.pages, store.media) if isinstance(store, SplitStore) else (store,)
    services = [(settings.endpoint, settings.profile)]
    if settings.media is not None:
        services.append((settings.media.endpoint, settings.media.profile))
    places = [json.dumps([[one.address for one in main], services])]
    for one, mirror in zip(mirrors, settings.mirrors, strict=True):
        places.append(json.dumps([[one.address], [(mirror.endpoint, mirror.profile)]]))
    folder = directory.workspace / "stores"
    return tuple(Memo(folder / f"{sha256(place.encode()).hexdigest()[:16]}.db", place) for place in places)


def open_places(directory: CatalogueDirectory) -> tuple[ObjectStore, ...]:
    """Every place there is, media and pages apart.

    Raises:
        StoreError: one cannot be opened.
    """
    store = open_target(directory)
    main = (store.pages, store.media) if isinstance(store, SplitStore) else (store,)
    return (*main, *open_mirrors(directory))


def address(directory: CatalogueDirectory, store: ObjectStore) -> str:
    """Where a person finds the catalogue: the page of a local folder, else the public address."""
    folder = Path(store.address)
    return f"{folder / 'index.html'}" if folder.is_dir() else directory.settings.base_url


def _open(directory: CatalogueDirectory, place: Settings | MediaPlace | Mirror, known: Path | None) -> ObjectStore:
    main = directory.settings
    return open_store(
        place.publish or main.publish,
        base=directory.root,
        endpoint=place.endpoint or (main.endpoint if isinstance(place, MediaPlace) else None),
        profile=place.profile or (main.profile if isinstance(place, MediaPlace) else None),
        limits=Limits(bandwidth=main.upload.bandwidth),
        known=known,
    )
