"""``catalog.json``: the machine-readable catalogue, checked against its published contract before it is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import jsonschema

from catalog import urls
from catalog.manifest import (
    CatalogDocument,
    CatalogElsewhere,
    CatalogEvent,
    CatalogRecording,
    audio_entry,
    caption_entry,
    rendition_entry,
)
from catalog.model import Event
from catalog.published import Catalogue, PublishedRecording

SCHEMA_FILE = Path(__file__).with_name("catalog.schema.json")


def catalog_document(catalogue: Catalogue, generation: int, manifest_key: str = "") -> bytes:
    """The catalogue as JSON; the same arguments give the same bytes.

    Args:
        catalogue: what is public.
        generation: number of the publish, from 1.
        manifest_key: key of the list of every published object.

    Raises:
        jsonschema.ValidationError: the result breaks ``catalog.schema.json``; a fault of this program.
    """
    return catalog_builder(catalogue)(generation, manifest_key)


def catalog_builder(catalogue: Catalogue, *, before: bytes | None = None) -> Callable[[int, str], bytes]:
    """``catalog_document`` for several generations of one catalogue: put together and checked once.

    Entries that are the same in ``before``, the document that is public, were checked when that was made: checking
    takes some milliseconds for each.
    """
    document = CatalogDocument(
        schema=1,
        generation=1,
        title=catalogue.site.title,
        base_url=catalogue.site.base_url,
        events=tuple(_event(one) for one in catalogue.events),
        recordings=tuple(_recording(one) for one in catalogue.recordings if not one.is_elsewhere),
        elsewhere=tuple(_elsewhere(one) for one in catalogue.recordings if one.is_elsewhere),
    )
    data = document.model_dump(mode="json", by_alias=True)
    checked = {one["id"]: one for one in json.loads(before).get("recordings", ())} if before else {}
    new = [one for one in data["recordings"] if checked.get(one["id"]) != one]
    validator().validate({**data, "recordings": new, "manifest": "state/any"})

    def build(generation: int, manifest_key: str = "") -> bytes:
        whole = {**data, "generation": generation, "manifest": manifest_key}
        if not manifest_key:
            del whole["manifest"]
        return json.dumps(whole, ensure_ascii=False, indent=1).encode() + b"\n"

    return build


@lru_cache(maxsize=1)
def validator() -> jsonschema.Draft202012Validator:
    """Checks a document against ``catalog.schema.json``."""
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def _event(event: Event) -> CatalogEvent:
    return CatalogEvent(id=event.id, title=event.title, start=event.start, end=event.end, page=urls.event(event.id))


def _entry(one: PublishedRecording) -> dict[str, Any]:
    """The fields of a ``CatalogEntry``."""
    return {
        "id": one.key,
        "event": one.event.id,
        "session": one.session.id,
        "kind": one.recording.kind.value,
        "title": one.recording.title,
        "people": tuple(person.name for person in one.people),
        "language": one.language,
        "date": one.date,
        "duration_ms": one.made.duration_ms,
        "page": one.page,
        "licence": one.licence,
    }


def _recording(one: PublishedRecording) -> CatalogRecording:
    made = one.made
    return CatalogRecording(
        **_entry(one),
        hls=made.hls,
        poster=made.poster.url if made.poster else None,
        storyboard=made.storyboard,
        renditions=tuple(rendition_entry(rendition) for rendition in (*made.renditions, *made.av1)),
        audio=tuple(audio_entry(track) for track in made.audio),
        captions=tuple(caption_entry(track) for track in made.captions),
        chapters=made.chapters_url,
        transcript=one.transcript.transcript if one.transcript else None,
        source_sha256=made.source_sha256,
        doi=one.recording.doi,
    )


def _elsewhere(one: PublishedRecording) -> CatalogElsewhere:
    links = tuple(link.url for link in one.watch_links)
    return CatalogElsewhere(**_entry(one), doi=one.recording.doi, links=links)
