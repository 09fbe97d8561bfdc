"""The file that tells usual hosts how to serve the catalogue."""

from __future__ import annotations

from catalog import hosting
from catalog.render import build
from pipeline.storage.headers import content_type
from tests.unit.site import samples


def test_headers_file_is_as_its_readers_ask() -> None:
    """Paths begin a block at the margin, headers are indented, none is repeated, and it lies at the root."""
    text = build(samples.catalogue())[hosting.HEADERS].decode()
    for block in text.strip().split("\n\n"):
        path, *lines = block.split("\n")
        assert path.startswith("/")
        names = [line.strip().partition(": ")[0] for line in lines]
        assert all(line.startswith("  ") for line in lines)
        assert len(set(names)) == len(names) > 0


def test_the_interface_is_served_as_json() -> None:
    """Its addresses have no suffix, or that of a page: what they are follows from the folder."""
    for key in build(samples.catalogue()):
        if key.startswith("public/"):
            assert content_type(key) == "application/json", key
    assert content_type("public.html").startswith("text/html")
