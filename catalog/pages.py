"""The catalogue as a list of pages: what is shown where. Pure; how it looks is in ``site_templates``.

Nothing here reads a clock: two calls with the same arguments give the same pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from catalog import listing, programme_view, urls, watch
from catalog.errors import AftertalkError
from catalog.published import Catalogue, PublishedRecording, Withdrawn, same_language

__all__ = ["Catalogue", "Page", "PublishedRecording", "Withdrawn", "pages", "same_language"]

NEWEST = 12
"""Recordings shown on the home page."""


@dataclass(frozen=True)
class Page:
    """One page to be rendered."""

    path: str
    """Address without the folder of the interface language; ends in ``/`` or is a file name."""
    template: str
    context: Mapping[str, Any]
    language: str = "en"
    """Of the interface."""
    folder: str = ""
    """Folder of the interface language, e.g. ``fr/``; empty for the first one."""
    indexed: bool = True
    """Whether search engines should list it."""

    @property
    def address(self) -> str:
        """Where the page is, relative to the published root."""
        return self.folder + self.path


def pages(catalogue: Catalogue, *, now: datetime | None = None) -> list[Page]:
    """Every page of the site, in every language of the interface.

    Args:
        catalogue: what may be shown.
        now: tells sessions to come from past ones; without it a session without recordings is simply that.

    Raises:
        AftertalkError: an event has the id of an interface language's folder.
    """
    first, *others = catalogue.site.languages
    for tag in others:
        if any(event.id == tag for event in catalogue.events):
            raise AftertalkError(
                tag,
                "an event has the same id as the folder of an interface language",
                hint="give the event another id, for example one with its year",
            )
    found = list(_in_language(catalogue, first, "", now))
    for tag in others:
        found += _in_language(catalogue, tag, f"{tag}/", now)
    return found


def _in_language(catalogue: Catalogue, language: str, folder: str, now: datetime | None) -> Iterator[Page]:
    def page(path: str, template: str, *, indexed: bool = True, **context: Any) -> Page:
        shared = {"catalogue": catalogue, "site": catalogue.site, "has_people": bool(profiles)}
        return Page(path, f"{template}.html", {**shared, **context}, language, folder, indexed)

    profiles = listing.profiles(catalogue)
    newest = sorted(catalogue.recordings, key=listing.newest_first)[:NEWEST]
    yield page(urls.home(), "home", events=listing.events(catalogue), newest=tuple(newest))
    for event in catalogue.events:
        days = programme_view.days(catalogue, event, now)
        yield page(urls.event(event.id), "event", event=event, days=days, counts=listing.counts(catalogue, event))
        for day in days:
            for slot in day.slots:
                path = urls.session(event.id, slot.session.id)
                yield page(path, "session", event=event, slot=slot)
    for recording in catalogue.recordings:
        yield page(recording.page, "watch", event=recording.event, **watch.context(catalogue, recording))
    for gone in catalogue.withdrawn:
        path = urls.recording(gone.event.id, gone.session.id, gone.recording_id)
        yield page(path, "withdrawn", indexed=False, event=gone.event, gone=gone)
    if profiles:
        yield page("people/", "people", profiles=profiles)
    for profile in profiles:
        yield page(urls.person(profile.person.id), "person", profile=profile)
    if not folder:
        yield page("404.html", "404", indexed=False)
