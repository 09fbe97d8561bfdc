"""``catalog.json``: the machine-readable catalogue, checked against its published contract before it is written.

Up to ``WHOLE`` recordings it holds everything (schema 1). A larger one would be built and sent anew for each new
recording, so there it names a document for each event, with its digest (schema 2): see ``in_parts``.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

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
WHOLE = 2000
"""Recordings of the largest catalogue that is one document; about 4 MB."""
Builder = Callable[[int, str], bytes]
"""From a generation and the key of the list of every published object to ``catalog.json``."""


class Content(NamedTuple):
    """What an object holds."""

    bytes: int
    sha256: str


def in_parts(catalogue: Catalogue) -> bool:
    """Whether ``catalog.json`` names parts, which are published beside it."""
    return len(catalogue.recordings) > WHOLE


def event_document(catalogue: Catalogue, event: Event) -> bytes:
    """The part of one event: a document of schema 1 without a generation, which only the root has.

    Raises:
        jsonschema.ValidationError: see ``catalog_document``.
    """
    data = _data(catalogue, (event,), catalogue.of_event(event))
    del data["generation"], data["manifest"]
    validator("part").validate(data)
    return _dump(data)


def part_keys(document: Mapping[str, Any]) -> tuple[str, ...]:
    """The keys of the documents that a ``catalog.json`` names; none where it holds everything itself."""
    return tuple(one["catalog"]["url"] for one in document.get("events", ()) if "catalog" in one)


def catalog_document(catalogue: Catalogue, generation: int, manifest_key: str = "") -> bytes:
    """The catalogue as JSON; the same arguments give the same bytes.

    Args:
        catalogue: what is public.
        generation: number of the publish, from 1.
        manifest_key: key of the list of every published object.

    Raises:
        jsonschema.ValidationError: the result breaks ``catalog.schema.json``; a fault of this program.
    """
    parts: dict[str, Content] = {}
    for event in catalogue.events if in_parts(catalogue) else ():
        part = event_document(catalogue, event)
        parts[urls.event_catalog(event.id)] = Content(len(part), sha256(part).hexdigest())
    return catalog_builder(catalogue, parts)(generation, manifest_key)


def catalog_builder(
    catalogue: Catalogue, parts: Mapping[str, Content] | None = None, *, before: bytes | None = None
) -> Builder:
    """``catalog_document`` for several generations of one catalogue: put together and checked once.

    Args:
        catalogue: what is public.
        parts: what is published at ``urls.event_catalog``, where the catalogue is ``in_parts``.
        before: the document that is public. Entries that are the same in it were checked when that was made: checking
            takes a millisecond for each.

    Raises:
        KeyError: a part is missing.
    """
    if in_parts(catalogue):
        data = _root(catalogue, parts or {})
        validator().validate({**data, "manifest": "state/any"})
    else:
        data = _data(catalogue, catalogue.events, catalogue.recordings)
        checked = {one["id"]: one for one in json.loads(before).get("recordings", ())} if before else {}
        new = [one for one in data["recordings"] if checked.get(one["id"]) != one]
        validator().validate({**data, "recordings": new, "manifest": "state/any"})

    def build(generation: int, manifest_key: str = "") -> bytes:
        whole = {**data, "generation": generation, "manifest": manifest_key}
        if not manifest_key:
            del whole["manifest"]
        return _dump(whole)

    return build


@lru_cache(maxsize=2)
def validator(part: str = "") -> jsonschema.Draft202012Validator:
    """Checks a document against ``catalog.schema.json``, or against that one of its definitions."""
    schema = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
    if part:
        schema = {"$ref": f"#/$defs/{part}", "$defs": schema["$defs"]}
    return jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())


def _data(catalogue: Catalogue, events: Sequence[Event], recordings: Sequence[PublishedRecording]) -> dict[str, Any]:
    document = CatalogDocument(
        schema=1,
        generation=1,
        title=catalogue.site.title,
        base_url=catalogue.site.base_url,
        events=tuple(_event(one) for one in events),
        recordings=tuple(_recording(one) for one in recordings if not one.is_elsewhere),
        elsewhere=tuple(_elsewhere(one) for one in recordings if one.is_elsewhere),
    )
    return document.model_dump(mode="json", by_alias=True)


def _root(catalogue: Catalogue, parts: Mapping[str, Content]) -> dict[str, Any]:
    data = {**_data(catalogue, catalogue.events, ()), "schema": 2}
    del data["recordings"], data["elsewhere"]
    for shown, event in zip(data["events"], catalogue.events, strict=True):
        url = urls.event_catalog(event.id)
        shown["recordings"] = len(catalogue.of_event(event))
        shown["catalog"] = {"url": url, **parts[url]._asdict()}
    return data


def _dump(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1).encode() + b"\n"


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
