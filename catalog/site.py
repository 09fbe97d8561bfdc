"""What the whole catalogue says about itself: the settings that its pages show."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlsplit

from catalog import urls
from catalog.fields import Colour, Language, Model, Text, Title, Url
from catalog.model import Link

Category = Literal[
    "Arts",
    "Business",
    "Comedy",
    "Education",
    "Fiction",
    "Government",
    "Health & Fitness",
    "History",
    "Kids & Family",
    "Leisure",
    "Music",
    "News",
    "Religion & Spirituality",
    "Science",
    "Society & Culture",
    "Sports",
    "TV & Film",
    "Technology",
    "True Crime",
]
"""Main categories of Apple Podcasts, which other directories use too."""


class Theme(Model):
    """How the site looks."""

    colour: Colour = "#2f6b18"
    """Main colour, ``#rrggbb``."""
    logo: str | None = None
    """A picture in the catalogue directory."""
    hero: str | None = None
    """A wide picture in the catalogue directory, behind the title of the home page."""
    hero_credit: Text = ""
    """Who made it and under which licence; shown below it."""
    organisation: Text = ""
    """Shown in the header and the footer."""
    organisation_url: Url | None = None
    footer: Text = ""
    """Text of the footer, Markdown."""


class Podcast(Model):
    """What podcast directories ask of the feeds."""

    category: Category = "Education"
    """One of Apple's main categories."""
    artwork: Text = ""
    """A square picture (JPEG or PNG, 1400 to 3000 px) in the catalogue directory; the newest poster when not given."""


class Site(Model):
    """The public face of a catalogue."""

    title: Title
    description: Text = ""
    base_url: Url = "http://localhost:8000/"
    """Where the catalogue will be found, for feeds and canonical addresses; pages themselves use relative addresses."""
    languages: tuple[Language, ...] = ("en",)
    """Languages of the interface; the first is the default."""
    licence: Text = ""
    """SPDX identifier or text, for recordings that give none."""
    contact: Text = ""
    """E-mail address or web page for questions and takedown requests."""
    links: tuple[Link, ...] = ()
    theme: Theme = Theme()
    podcast: Podcast = Podcast()
    media_url: Url | None = None
    """Where video, sound and captions are found when that is another host; ends in a slash."""
    link_files: bool = False
    """Whether pages link to ``…/index.html``, for hosts that serve nothing for a folder."""

    @property
    def media_host(self) -> str:
        """Scheme, host and port of ``media_url``, for content security policies; empty when it is not given."""
        parts = urlsplit(self.media_url or "")
        return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""

    def absolute(self, address: str) -> str:
        """The full address of an object, of a page, or of media, whose address may be full already."""
        if "://" in address:
            return address
        return self.base_url + (urls.object_key(address) if self.link_files else address)
