"""Every feed, calendar and export of a catalogue, by key."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from catalog import document, facets, programme_view, urls
from catalog.feeds import api, citation, export, podcast, programme, sitemap, structured, syndication
from catalog.feeds.scope import Scope
from catalog.model import Event
from catalog.published import Catalogue, PublishedRecording

Make = Callable[[], dict[str, bytes]]
"""Makes objects: key -> content."""


def parts(catalogue: Catalogue, indexed: list[str]) -> Iterator[tuple[tuple[object, ...], Make]]:
    """What machines read, in parts: the facts that each depends on, and what makes its objects (key -> content).

    Args:
        catalogue: what may be shown.
        indexed: paths of pages that search engines should list.
    """
    for one in catalogue.recordings:
        yield ("of a recording", one), partial(_of_recording, catalogue, one)
    for event in catalogue.events:
        public = catalogue.of_event(event)
        yield ("of an event", event, event.sessions, public), partial(_of_event, catalogue, event)
        if document.in_parts(catalogue):
            yield ("catalog of an event", event, public), partial(_event_catalog, catalogue, event)
    yield from _of_all(catalogue)
    yield from sitemap.parts(catalogue, indexed)


def _of_recording(catalogue: Catalogue, one: PublishedRecording) -> dict[str, bytes]:
    found = citation.files(catalogue, one)
    if not one.is_elsewhere:
        found |= api.recording_files(catalogue, one)
        found[one.page + structured.OEMBED] = structured.oembed(catalogue, one)
    if (marks := podcast.chapters(one)) is not None:
        found[podcast.chapters_key(one)] = marks
    return found


def _of_event(catalogue: Catalogue, event: Event) -> dict[str, bytes]:
    scope = Scope(catalogue, event)
    found = {scope.key(name): content for name, content in programme.files(catalogue, event).items()}
    if choices := facets.of_programme(programme_view.days(catalogue, event)):
        found[scope.key(facets.STYLE)] = facets.style_sheet(choices)
    found[scope.key(export.JSON)] = export.data(catalogue, event)
    found[scope.key(export.PAGES)] = export.pages(catalogue, event)
    found[scope.key(export.CSV)] = export.table(scope)
    return found | _news(scope) | api.event_files(catalogue, event)


def _event_catalog(catalogue: Catalogue, event: Event) -> dict[str, bytes]:
    return {urls.event_catalog(event.id): document.event_document(catalogue, event)}


def _of_all(catalogue: Catalogue) -> Iterator[tuple[tuple[object, ...], Make]]:
    for number in range(Scope(catalogue).archives + 1):
        scope = Scope(catalogue, archive=number)
        yield ("news", number, scope.archives, scope.recordings), partial(_news, scope)
    scope = Scope(catalogue)
    if document.in_parts(catalogue):
        yield ("tables", catalogue.events), lambda: {scope.key(export.EVENTS): export.tables(catalogue)}
    else:
        yield ("table", catalogue.recordings), lambda: {scope.key(export.CSV): export.table(scope)}
    yield ("interface", catalogue.events, catalogue.recordings), partial(api.files, catalogue)


def _news(scope: Scope) -> dict[str, bytes]:
    feeds = {medium.file: podcast.feed(scope, medium) for medium in podcast.Medium}
    feeds[syndication.ATOM] = syndication.atom(scope)
    feeds[syndication.JSON_FEED] = syndication.json_feed(scope)
    return {scope.key_of(name, scope.archive): content for name, content in feeds.items()}
