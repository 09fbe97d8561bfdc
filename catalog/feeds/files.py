"""Every feed, calendar and export of a catalogue, by key."""

from __future__ import annotations

from catalog.feeds import api, citation, export, podcast, programme, sitemap, structured, syndication
from catalog.feeds.scope import Scope
from catalog.pages import Page
from catalog.published import Catalogue


def files(catalogue: Catalogue, pages: list[Page]) -> dict[str, bytes]:
    """What machines read: key -> content."""
    found = api.files(catalogue)
    for scope in (Scope(catalogue), *(Scope(catalogue, event) for event in catalogue.events)):
        for medium in podcast.Medium:
            found[scope.key(medium.file)] = podcast.feed(scope, medium)
        found[scope.key(syndication.ATOM)] = syndication.atom(scope)
        found[scope.key(syndication.JSON_FEED)] = syndication.json_feed(scope)
        found[scope.key(export.CSV)] = export.table(scope)
        if scope.event:
            found |= {scope.key(name): content for name, content in programme.files(catalogue, scope.event).items()}
            found[scope.key(export.JSON)] = export.data(catalogue, scope.event)
            found[scope.key(export.PAGES)] = export.pages(catalogue, scope.event)
    for one in catalogue.recordings:
        found |= citation.files(catalogue, one)
        if not one.is_elsewhere:
            found[one.page + structured.OEMBED] = structured.oembed(catalogue, one)
        if (marks := podcast.chapters(one)) is not None:
            found[podcast.chapters_key(one)] = marks
    listed = [page.path for page in pages if page.indexed and not page.folder]
    found |= sitemap.sitemaps(catalogue, listed)
    found[sitemap.ROBOTS] = sitemap.robots(catalogue)
    return found
