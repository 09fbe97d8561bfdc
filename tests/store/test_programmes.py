"""Programmes that an event imports: files beside it, and addresses, within bounds."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from pipeline.catalogue import CatalogueDirectory, load
from pipeline.errors import AftertalkError, ConfigurationError
from pipeline.programmes import import_programme

SCHEDULE = "title,date,start,duration,speakers\nOpening,2021-06-28,14:00,30,Ada Example\n"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[ThreadingHTTPServer]:
    root = tmp_path / "web"
    root.mkdir()
    (root / "talks.csv").write_text(SCHEDULE)

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *arguments: object) -> None:
            super().__init__(*arguments, directory=str(root))  # type: ignore[arg-type]

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
            pass

        def do_GET(self) -> None:
            if self.path == "/moved.csv":
                self.send_response(302)
                self.send_header("Location", "/talks.csv")
                self.end_headers()
            else:
                super().do_GET()

    with ThreadingHTTPServer(("127.0.0.1", 0), Quiet) as one:
        thread = threading.Thread(target=one.serve_forever, daemon=True)
        thread.start()
        yield one
        one.shutdown()
        thread.join()


def catalogue(root: Path, programme: str, *, allow: str = "") -> CatalogueDirectory:
    (root / "meeting").mkdir(exist_ok=True)
    fetch = f"fetch: {{allow_hosts: [{allow}]}}\n" if allow else ""
    (root / "catalogue.yaml").write_text(f"title: T\n{fetch}")
    (root / "meeting" / "event.yaml").write_text(f"title: M\ntimezone: Europe/Copenhagen\nprogramme: {programme!r}\n")
    return load(root, import_programme)


def test_times_of_a_spreadsheet_are_in_the_events_zone(tmp_path: Path) -> None:
    """A file that names no zone has the event's."""
    (tmp_path / "meeting").mkdir()
    (tmp_path / "meeting" / "talks.csv").write_text(SCHEDULE)
    (session,) = catalogue(tmp_path, "talks.csv").events[0].sessions
    assert session.start is not None
    assert session.start.isoformat() == "2021-06-28T14:00:00+02:00"


@pytest.mark.parametrize("name", ["talks.csv", "moved.csv"])
def test_a_programme_by_address(tmp_path: Path, server: ThreadingHTTPServer, name: str) -> None:
    """It is fetched, also after a redirect; while its server is down the last one is used, and that is said."""
    address = f"http://127.0.0.1:{server.server_port}/{name}"
    assert catalogue(tmp_path, address, allow="127.0.0.1").events[0].sessions[0].title == "Opening"
    server.shutdown()
    server.server_close()
    again = catalogue(tmp_path, address, allow="127.0.0.1")
    assert again.events[0].sessions[0].title == "Opening"
    assert any("the programme of the last time is used" in finding.message for finding in again.findings)


def test_private_addresses_are_refused(tmp_path: Path, server: ThreadingHTTPServer) -> None:
    """An address of this machine is refused unless the catalogue allows the host."""
    with pytest.raises(ConfigurationError, match="not public"):
        catalogue(tmp_path, f"http://127.0.0.1:{server.server_port}/talks.csv")


@pytest.mark.parametrize("programme", ["pipe", "event.yaml", ".", "../../outside.csv", "link"])
def test_what_is_no_programme_is_refused(tmp_path: Path, programme: str) -> None:
    """A pipe (which would never end), the event itself or its own folder, a way out of the catalogue, a link out."""
    folder = tmp_path / "catalogue" / "meeting"
    folder.mkdir(parents=True)
    (tmp_path / "outside.csv").write_text(SCHEDULE)
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to(tmp_path / "outside.csv")
    with pytest.raises(AftertalkError):
        catalogue(folder.parent, programme)


def test_a_missing_programme_says_what_to_do(tmp_path: Path, server: ThreadingHTTPServer) -> None:
    """404 without an earlier copy is an error; so is a file that does not exist, or lies elsewhere."""
    with pytest.raises(ConfigurationError, match="HTTP status 404"):
        catalogue(tmp_path, f"http://127.0.0.1:{server.server_port}/nothing.csv", allow="127.0.0.1")
    with pytest.raises(ConfigurationError, match="cannot be read"):
        catalogue(tmp_path, "nothing.csv")
    with pytest.raises(ConfigurationError, match="outside the catalogue"):
        catalogue(tmp_path, "../../secret.csv")
