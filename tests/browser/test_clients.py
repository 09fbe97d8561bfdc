"""Programs of others, pointed at a catalogue on this machine: yt-dlp by page, by address of media.ccc.de, by list."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yt_dlp
from yt_dlp.extractor.ccc import CCCIE, CCCPlaylistIE

from catalog import urls
from tests.browser.conftest import serving, write_site
from tests.unit.site import samples

pytestmark = pytest.mark.browser
CCC = "https://media.ccc.de/"


@pytest.fixture(scope="module")
def here(site_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The sample catalogue, published for the address it is served at."""
    folder = tmp_path_factory.mktemp("here")
    shutil.copytree(site_folder / urls.MEDIA, folder / urls.MEDIA, copy_function=os.link)
    (folder / "index.html").touch()
    with serving(folder) as address:
        write_site(folder, samples.catalogue(base_url=address))
        yield address


class Client(yt_dlp.YoutubeDL):
    """yt-dlp for which media.ccc.de is another host."""

    def __init__(self, host: str) -> None:
        super().__init__({"quiet": True, "no_warnings": True, "skip_download": True, "proxy": ""})
        self._host = host

    def urlopen(self, req: Any) -> Any:
        if isinstance(req, str):
            req = yt_dlp.networking.Request(req)
        if req.url.startswith(CCC):
            req = req.copy()
            req.url = self._host + req.url.removeprefix(CCC)
        assert req.url.startswith(self._host), f"asked somebody else: {req.url}"
        return super().urlopen(req)


def test_its_extractor_of_media_ccc_de_needs_only_another_host(here: str) -> None:
    """From the address of a talk it finds every file, and can fetch it."""
    with Client(here) as client:
        found = client.extract_info(f"{CCC}v/nodes2021-panel", ie_key=CCCIE.ie_key())
        assert found["title"] == "Panel: the role of nodes"
        assert found["creators"] == ["Amina Okoye"]
        assert found["duration"] == 24
        videos = [one for one in found["formats"] if one["url"].endswith(".mp4")]
        assert sorted(one["height"] for one in videos) == [360, 720, 1080]
        with client.urlopen(videos[0]["url"]) as answer:
            assert b"ftyp" in answer.read(16)


def test_its_extractor_of_conferences_lists_the_talks(here: str) -> None:
    """A conference is a playlist of watch pages."""
    with Client(here) as client:
        found = client.extract_info(f"{CCC}c/nodes2021", ie_key=CCCPlaylistIE.ie_key(), process=False)
        assert found["title"] == "Meeting of the Nodes 2021"
        entries = [one["url"] for one in found["entries"]]
        assert f"{here}nodes2021/theme-1/panel/" in entries
        assert len(entries) == 4


def test_its_generic_extractor_reads_the_watch_page(here: str) -> None:
    """Without any knowledge of Aftertalk it finds title and files in the page."""
    with Client(here) as client:
        found = client.extract_info(f"{here}nodes2021/theme-1/panel/")
        entry = found["entries"][0] if "entries" in found else found
        assert "Panel: the role of nodes" in entry["title"]
        addresses = [one["url"] for one in entry.get("formats", [entry])]
        assert any(url.startswith(f"{here}media/nodes2021/panel/") for url in addresses)
