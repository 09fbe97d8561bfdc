"""The catalogue as a list of pages: what is shown where. Pure; how it looks is in ``site_templates``.

Nothing here reads a clock: two calls with the same arguments give the same pages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from catalog import directory, document, facets, groups, listing, programme_view, urls, watch
from catalog.errors import AftertalkError
from catalog.feeds import api, export, structured
from catalog.model import Discussion, Event
from catalog.programme.export import has_schedule
from catalog.published import Activity, Catalogue, PublishedRecording, Withdrawn
from catalog.related import Related

__all__ = ["Bundle", "Catalogue", "Page", "PublishedRecording", "Withdrawn", "bundles", "pages"]

NEWEST = 12
"""Recordings shown on the home page."""
_OF_ALL_PAGES = frozenset({"catalogue", "site"})
"""What is in the context of every page; of the catalogue, our templates show only what the site's own facts say."""


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

    @property
    def address(self) -> str:
        """Where the page is, relative to the published root."""
        return self.folder + self.path

    def everywhere(self) -> Iterator[Page]:
        """The page in every language of the interface, the first one's first."""
        yield self
        for tag in self.context["site"].languages[1:] if self.translated else ():
            yield replace(self, language=tag, folder=f"{tag}/")


@dataclass(frozen=True)
class Bundle:
    """Pages that are made together, in the first language of the interface, because they show the same facts."""

    facts: Callable[[], tuple[object, ...]]
    """Gives all that they show, besides the site's own facts."""
    indexed: tuple[str, ...]
    """Paths of those that search engines should list."""
    make: Callable[[], Iterator[Page]]


def bundles(catalogue: Catalogue, *, now: datetime | None = None) -> Iterator[Bundle]:
    """Every page of the site; see ``Page.everywhere`` for other languages than the first.

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
    yield from _Builder(catalogue, first, now).bundles()


def pages(catalogue: Catalogue, *, now: datetime | None = None) -> list[Page]:
    """The pages of all ``bundles``."""
    return [page for bundle in bundles(catalogue, now=now) for page in bundle.make()]


class _Builder:
    """Makes the pages in the first language of the interface; in others they show the same facts."""

    def __init__(self, catalogue: Catalogue, language: str, now: datetime | None) -> None:
        self._catalogue = catalogue
        self._language = language
        self._now = now
        self._profiles = listing.profiles(catalogue)
        self._has_people = bool(self._profiles)
        self._themes = groups.themes(catalogue)
        self._languages = groups.languages(catalogue)
        self._related = Related(catalogue.recordings)

    def bundles(self) -> Iterator[Bundle]:
        """All of them: everything about a recording is one, every other page is one of its own."""
        yield from map(self._alone, self._pages())
        for one in self._catalogue.recordings:
            yield Bundle(partial(self._facts, one), (one.page,), partial(self._recording, one))

    def _facts(self, recording: PublishedRecording) -> tuple[object, ...]:
        related, around = self._related.to(recording), self._catalogue.neighbours(recording)
        return self._has_people, recording, related, around, self._activity(recording.discussion)

    def _pages(self) -> Iterator[Page]:
        yield self._home()
        for event in self._catalogue.events:
            yield from self._event(event)
        for gone in self._catalogue.withdrawn:
            path = urls.recording(gone.event.id, gone.session.id, gone.recording_id)
            yield self._page(path, "withdrawn", indexed=False, event=gone.event, gone=gone)
        yield from self._lists()
        table = export.EVENTS if document.in_parts(self._catalogue) else export.CSV
        yield self._page("about/", "about", table=table)
        if self._catalogue.recordings:
            yield self._search()
        yield self._page("404.html", "404", indexed=False, translated=False)

    def _alone(self, page: Page) -> Bundle:
        shown = {name: value for name, value in page.context.items() if name not in _OF_ALL_PAGES}
        facts = (page.path, page.template, page.indexed, page.translated, *shown, *shown.values())
        return Bundle(lambda: facts, (page.path,) if page.indexed else (), lambda: iter((page,)))

    def _page(self, path: str, template: str, *, indexed: bool = True, translated: bool = True, **context: Any) -> Page:
        context |= {"catalogue": self._catalogue, "site": self._catalogue.site, "has_people": self._has_people}
        return Page(path, f"{template}.html", context, self._language, indexed=indexed, translated=translated)

    def _home(self) -> Page:
        events = listing.events(self._catalogue, directory.HOME)
        return self._page(
            urls.home(),
            "home",
            events=events[: listing.CARDS],
            earlier=events[listing.CARDS :],
            has_more_events=self._has_many_events,
            newest=self._catalogue.newest[:NEWEST],
            themes=groups.largest(self._themes, directory.HOME),
            has_more_themes=len(self._themes) > directory.HOME,
            languages=self._languages,
        )

    @property
    def _has_many_events(self) -> bool:
        return len(self._catalogue.events) > directory.HOME

    def _search(self) -> Page:
        known = {one.year for one in self._catalogue.recordings if one.year}
        years = sorted(known, reverse=True) if self._has_many_events else ()
        events = () if self._has_many_events else self._catalogue.events
        spoken = sorted({one.language.lower() for one in self._catalogue.recordings})
        return self._page("search/", "search", spoken=spoken, events=events, years=years)

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
            path = urls.session(event.id, slot.session.id)
            activity = self._activity(slot.session.discussion)
            yield self._page(path, "session", event=event, slot=slot, activity=activity)

    def _activity(self, discussion: Discussion | None) -> Activity | None:
        return self._catalogue.activity.get(discussion.topic) if discussion else None

    def _recording(self, recording: PublishedRecording) -> Iterator[Page]:
        about = watch.context(self._catalogue, recording, self._related.to(recording))
        yield self._page(recording.page, "watch", event=recording.event, **about)
        aside = partial(self._page, indexed=False, translated=False)
        if not recording.is_elsewhere:
            short = urls.short(recording.event.id, recording.recording.id)
            number = api.number(self._catalogue, recording)
            yield aside(short, "moved", one=recording, target=recording.page, number=number)
            yield aside(recording.page + structured.EMBED, "embed", event=recording.event, **about)
        for track in watch.tracks(recording):
            path = urls.transcript(recording.page, track.language)
            yield aside(path, "transcript", recording=recording, track=track)

    def _lists(self) -> Iterator[Page]:
        yield from self._directories()
        for profile in self._profiles:
            yield self._page(urls.person(profile.person.id), "person", profile=profile)
        for kind, found in (("themes", self._themes), ("languages", self._languages)):
            for group in found:
                yield self._collection(f"{kind}/{group.id}/", group)

    def _directories(self) -> Iterator[Page]:
        """Lists of names, of those that are too many for the home page."""
        people = [directory.Entry(one.person, one.person.name) for one in self._profiles]
        yield from self._names("people", people)
        if len(self._themes) > directory.HOME:
            yield from self._names("themes", [directory.Entry(one.about, one.name) for one in self._themes])
        if self._has_many_events:
            events = listing.latest_first(self._catalogue.events)
            yield from self._directory("events", directory.by_year("events/", events))

    def _names(self, kind: str, entries: list[directory.Entry]) -> Iterator[Page]:
        if len(entries) > directory.MOST:
            yield from self._directory(kind, directory.by_initial(f"{kind}/", entries))
        elif entries:
            section = directory.Section("", f"{kind}/", tuple(entries))
            yield self._page(section.page, "directory", kind=kind, section=section, others=())

    def _directory(self, kind: str, sections: tuple[directory.Section, ...]) -> Iterator[Page]:
        others = tuple((one.label, one.page) for one in sections)
        for section in (directory.Section("", f"{kind}/", ()), *sections):
            yield self._page(section.page, "directory", kind=kind, section=section, others=others)

    def _collection(self, path: str, group: groups.Group) -> Page:
        recordings = () if group.is_long else group.recordings
        places = group.places() if group.is_long else ()
        return self._page(path, "collection", id=group.id, name=group.name, recordings=recordings, places=places)
