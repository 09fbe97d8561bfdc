"""How to cite a recording: in words, as BibTeX, as CSL-JSON, and as DataCite metadata (schema 4.5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from catalog import licences, locales, markdown, urls
from catalog.feeds.scope import SUMMARY, dump, guid, summary
from catalog.model import Person
from catalog.published import Catalogue, PublishedRecording

BIBTEX = "cite.bib"
CSL = "cite.json"
DATACITE = "datacite.json"
RESOLVER = "https://doi.org/"
_UNKNOWN_YEAR = "unknown"
_TEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "{}$&#_%"},
}


def files(catalogue: Catalogue, one: PublishedRecording) -> dict[str, bytes]:
    """The three files of a recording, beside its page: key -> content."""
    return {
        one.page + BIBTEX: bibtex(catalogue, one),
        one.page + CSL: dump([csl(catalogue, one)]),
        one.page + DATACITE: dump(datacite(catalogue, one)),
    }


def address(catalogue: Catalogue, one: PublishedRecording) -> str:
    """The address to cite: that of the DOI where there is one, else that of the watch page."""
    return RESOLVER + one.recording.doi if one.recording.doi else catalogue.site.absolute(one.page)


def text(catalogue: Catalogue, one: PublishedRecording) -> str:
    """In words: people (year). Title [Video]. Event. Address."""
    names = "; ".join(person.name for person in one.people)
    year = f"({one.date.year}). " if one.date else ""
    head = f"{names + ' ' if names else ''}{year}{one.recording.title} [{_medium(one)}]"
    return f"{head}. {one.event.title}. {address(catalogue, one)}"


def bibtex(catalogue: Catalogue, one: PublishedRecording) -> bytes:
    """As a BibTeX entry in UTF-8, special characters of TeX escaped."""
    fields = {
        "author": " and ".join(f"{{{_tex(person.name)}}}" for person in one.people),
        "title": f"{{{_tex(one.recording.title)}}}",
        "year": str(one.date.year) if one.date else "",
        "month": str(one.date.month) if one.date else "",
        "howpublished": _medium(one),
        "note": _tex(one.event.title),
        "organization": _tex(_publisher(catalogue)),
        "language": one.language,
        "doi": _tex(one.recording.doi or ""),
        "url": catalogue.site.absolute(one.page),
    }
    entries = ",\n".join(f"  {name} = {{{value}}}" for name, value in fields.items() if value)
    return f"@misc{{{one.event.id}-{one.recording.id},\n{entries}\n}}\n".encode()


def csl(catalogue: Catalogue, one: PublishedRecording) -> dict[str, Any]:
    """As an item of CSL-JSON (citeproc-js, Zotero, pandoc)."""
    item: dict[str, Any] = {
        "id": f"{one.event.id}-{one.recording.id}",
        "type": "song" if one.is_audio else "motion_picture",
        "title": one.recording.title,
        "author": [{"literal": person.name} for person in one.people],
        "issued": {"date-parts": [[one.date.year, one.date.month, one.date.day]]} if one.date else None,
        "event-title": one.event.title,
        "event-place": one.event.place,
        "publisher": _publisher(catalogue),
        "medium": _medium(one),
        "dimensions": locales.clock(one.made.duration_ms) if one.made.duration_ms else None,
        "language": one.language,
        "abstract": summary(one),
        "DOI": one.recording.doi,
        "URL": catalogue.site.absolute(one.page),
    }
    return {name: value for name, value in item.items() if value}


def datacite(catalogue: Catalogue, one: PublishedRecording) -> dict[str, Any]:
    """As DataCite metadata, ready to register a DOI with (schema.datacite.org, 4.5)."""
    page, made = catalogue.site.absolute(one.page), one.made
    date = one.date.isoformat() if one.date else None
    year = one.date or one.event.start
    data: dict[str, Any] = {
        "schemaVersion": "http://datacite.org/schema/kernel-4",
        "doi": one.recording.doi,
        "url": page,
        "types": {"resourceTypeGeneral": "Sound" if one.is_audio else "Audiovisual", "resourceType": "Recorded talk"},
        "creators": [_creator(person) for person in one.people]
        or [{"name": _publisher(catalogue), "nameType": "Organizational"}],
        "titles": list(_titles(one)),
        "publisher": {"name": _publisher(catalogue)},
        "publicationYear": str(year.year) if year else _UNKNOWN_YEAR,
        "subjects": [{"subject": one.session.track}] if one.session.track else [],
        "dates": [{"date": date, "dateType": "Created"}] if date else [],
        "language": one.language,
        "alternateIdentifiers": [{"alternateIdentifier": guid(catalogue, one), "alternateIdentifierType": "UUID"}],
        "relatedIdentifiers": [
            _related("IsPartOf", catalogue.site.absolute(urls.event(one.event.id))),
            *(_related("IsIdenticalTo", link.url) for link in one.watch_links if one.is_elsewhere),
            *(_related("IsDescribedBy", catalogue.site.absolute(track.transcript)) for track in made.captions),
        ],
        "sizes": [locales.iso_duration(made.duration_ms)] if made.duration_ms else [],
        "formats": _formats(one),
        "rightsList": [_rights(one.licence)] if one.licence else [],
        "descriptions": list(_descriptions(one)),
    }
    return {name: value for name, value in data.items() if value}


def _titles(one: PublishedRecording) -> Iterator[dict[str, str]]:
    """The title, and its translations."""
    first = next((tag for tag, said in one.recording.translations.items() if said.title == one.recording.title), "")
    yield {"title": one.recording.title, "lang": first or one.language}
    for tag, said in one.recording.translations.items():
        if said.title and tag != first:
            yield {"title": said.title, "titleType": "TranslatedTitle", "lang": tag}


def _descriptions(one: PublishedRecording) -> Iterator[dict[str, str]]:
    """What it is about, in each language that is given."""
    about = one.recording if one.recording.abstract else one.session
    said = {tag: text.abstract for tag, text in about.translations.items() if text.abstract}
    for tag, text in (said or {one.language: about.abstract}).items():
        if plain := markdown.to_text(text, SUMMARY):
            yield {"description": plain, "descriptionType": "Abstract", "lang": tag}


def _medium(one: PublishedRecording) -> str:
    return "Audio" if one.is_audio else "Video"


def _publisher(catalogue: Catalogue) -> str:
    return catalogue.site.theme.organisation or catalogue.site.title


def _creator(person: Person) -> dict[str, Any]:
    affiliation = {"affiliation": [{"name": person.organisation}]} if person.organisation else {}
    return {"name": person.name, "nameType": "Personal", **affiliation}


def _related(relation: str, url: str) -> dict[str, str]:
    return {"relatedIdentifier": url, "relatedIdentifierType": "URL", "relationType": relation}


def _formats(one: PublishedRecording) -> list[str]:
    made = one.made
    found = ((made.renditions, "video/mp4"), (made.audio, "audio/mp4"), (made.captions, "text/vtt"))
    return [kind for files, kind in found if files]


def _rights(licence: str) -> dict[str, str]:
    known = licences.describe(licence)
    found = {"rights": known.title or known.name}
    if known.url:
        found |= {"rightsUri": known.url}
        if " " not in licence and "://" not in licence:
            spdx = {"rightsIdentifierScheme": "SPDX", "schemeUri": "https://spdx.org/licenses/"}
            found |= {"rightsIdentifier": licence.lower(), **spdx}
    return found


def _tex(value: str) -> str:
    return re.sub(r"[\\~^{}$&#_%]", lambda match: _TEX[match.group()], " ".join(value.split()))
