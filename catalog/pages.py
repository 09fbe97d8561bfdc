"""The catalogue as a list of pages: what is shown where. Pure; how it looks is in ``site_templates``.

Nothing here reads a clock: two calls with the same arguments give the same pages.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from catalog import facets, groups, listing, programme_view, urls, watch
from catalog.errors import AftertalkError
from catalog.feeds import api, structured
from catalog.model import Event
from catalog.programme.export import has_schedule
from catalog.published import Catalogue, PublishedRecording, Withdrawn
from catalog.related import Related

__all__ = ["Catalogue", "Page", "PublishedRecording", "Withdrawn", "pages"]

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
    translated: bool = True
    """Whether there is one in every language of the interface."""
    facts: tuple[object, ...] = ()
    """What the context was made from, where that says as much in less."""

    @property
    def address(self) -> str:
        """Where the page is, relative to the published root."""
        return self.folder + self.path

    def everywhere(self) -> Iterator[Page]:
        """The page in every language of the interface, the first one's first."""
        yield self
        for tag in self.context["site"].languages[1:] if self.translated else ():
            yield replace(self, language=tag, folder=f"{tag}/")


def pages(catalogue: Catalogue, *, now: datetime | None = None) -> list[Page]:
    """Every page of the site, in the first language of the interface; see ``Page.everywhere``.

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
    return list(_Builder(catalogue, first, now).pages())


class _Builder:
    """Makes the pages in the first language of the interface; in others they show the same facts."""

    def __init__(self, catalogue: Catalogue, language: str, now: datetime | None) -> None:
        self._catalogue = catalogue
        self._language = language
        self._now = now
        self._profiles = listing.profiles(catalogue)
        self._themes = groups.themes(catalogue)
        self._languages = groups.languages(catalogue)
        self._related = Related(catalogue.recordings)

    def pages(self) -> Iterator[Page]:
        """All of them."""
        yield self._home()
        for event in self._catalogue.events:
            yield from self._event(event)
        for recording in self._catalogue.recordings:
            yield from self._recording(recording)
        for gone in self._catalogue.withdrawn:
            path = urls.recording(gone.event.id, gone.session.id, gone.recording_id)
            yield self._page(path, "withdrawn", indexed=False, event=gone.event, gone=gone)
        yield from self._lists()
        yield self._page("about/", "about")
        if self._catalogue.recordings:
            spoken = sorted({one.language.lower() for one in self._catalogue.recordings})
            yield self._page("search/", "search", spoken=spoken, events=self._catalogue.events)
        yield self._page("404.html", "404", indexed=False, translated=False)

    def _page(self, path: str, template: str, *, indexed: bool = True, translated: bool = True, **context: Any) -> Page:
        context |= {"catalogue": self._catalogue, "site": self._catalogue.site, "has_people": bool(self._profiles)}
        return Page(path, f"{template}.html", context, self._language, indexed=indexed, translated=translated)

    def _home(self) -> Page:
        events = listing.events(self._catalogue)
        return self._page(
            urls.home(),
            "home",
            events=events[: listing.CARDS],
            earlier=events[listing.CARDS :],
            newest=self._catalogue.newest[:NEWEST],
            themes=self._themes,
            languages=self._languages,
        )

    def _event(self, event: Event) -> Iterator[Page]:
        days = programme_view.days(self._catalogue, event, self._now)
        yield self._page(
            urls.event(event.id),
            "event",
            event=event,
            days=days,
            choices=facets.of_programme(days),
            counts=listing.counts(self._catalogue, event),
            data=structured.event(self._catalogue, event),
            has_schedule=has_schedule(event),
        )
        for slot in (slot for day in days for slot in day.slots):
            topic = slot.session.discussion.topic if slot.session.discussion else ""
            activity = self._catalogue.activity.get(topic)
            path = urls.session(event.id, slot.session.id)
            yield self._page(path, "session", event=event, slot=slot, activity=activity)

    def _recording(self, recording: PublishedRecording) -> Iterator[Page]:
        about = watch.context(self._catalogue, recording, self._related.to(recording))
        facts = (bool(self._profiles), *(about[name] for name in watch.FACTS))
        yield replace(self._page(recording.page, "watch", event=recording.event, **about), facts=facts)
        if not recording.is_elsewhere:
            known = {"target": recording.page, "number": api.number(self._catalogue, recording)}
            short = urls.short(recording.event.id, recording.recording.id)
            moved = self._page(short, "moved", indexed=False, translated=False, one=recording, **known)
            yield replace(moved, facts=(bool(self._profiles), recording, *known.values()))
            embed = recording.page + structured.EMBED
            player = self._page(embed, "embed", indexed=False, translated=False, event=recording.event, **about)
            yield replace(player, facts=facts)
        for track in watch.tracks(recording):
            path = urls.transcript(recording.page, track.language)
            text = self._page(path, "transcript", indexed=False, translated=False, recording=recording, track=track)
            yield replace(text, facts=(bool(self._profiles), recording, track.url))

    def _lists(self) -> Iterator[Page]:
        yield from self._people()
        for profile in self._profiles:
            yield self._page(urls.person(profile.person.id), "person", profile=profile)
        for kind, found in (("themes", self._themes), ("languages", self._languages)):
            for group in found:
                yield self._collection(f"{kind}/{group.id}/", group)

    def _people(self) -> Iterator[Page]:
        if 0 < len(self._profiles) <= listing.PEOPLE:
            yield self._page("people/", "people", profiles=self._profiles, letters=(), chosen=None)
        elif self._profiles:
            initials = listing.initials(self._profiles)
            letters = tuple((one.letter, one.page) for one in initials)
            yield self._page("people/", "people", profiles=(), letters=letters, chosen=None)
            for one in initials:
                yield self._page(one.page, "people", profiles=one.profiles, letters=letters, chosen=one.letter)

    def _collection(self, path: str, group: groups.Group) -> Page:
        recordings = () if group.is_long else group.recordings
        places = group.places() if group.is_long else ()
        return self._page(path, "collection", id=group.id, name=group.name, recordings=recordings, places=places)
