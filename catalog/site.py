"""What the whole catalogue says about itself: the settings that its pages show."""

from __future__ import annotations

from catalog.fields import Language, Text, Title, Url
from catalog.model import Link, Model


class Theme(Model):
    """How the site looks."""

    colour: str = "#2f6b18"
    """Main colour, ``#rrggbb``."""
    logo: str | None = None
    """A picture in the catalogue directory."""
    organisation: Text = ""
    """Shown in the header and the footer."""
    organisation_url: Url | None = None
    footer: Text = ""
    """Text of the footer, Markdown."""


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
