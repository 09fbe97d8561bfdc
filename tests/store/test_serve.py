"""The preview server: whole files, byte ranges, and nothing outside its folder."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import ConfigurationError
from pipeline.serve import server

CONTENT = bytes(range(256)) * 40


@pytest.fixture
def port(tmp_path: Path) -> Iterator[int]:
    root = tmp_path / "public"
    root.mkdir()
    (root / "index.html").write_text("<!doctype html>")
    (root / "720p.mp4").write_bytes(CONTENT)
    (tmp_path / "secret.txt").write_text("secret")
    with server(root, 0) as preview:
        thread = threading.Thread(target=preview.serve_forever, daemon=True)
        thread.start()
        yield preview.server_port
        preview.shutdown()
        thread.join()


def get(port: int, path: str, byte_range: str = "", method: str = "GET") -> tuple[int, dict[str, str], bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request(method, path, headers={"Range": byte_range} if byte_range else {})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, dict(response.getheaders()), body


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [("bytes=0-0", 0, 0), ("bytes=100-", 100, 10239), ("bytes=-5", 10235, 10239), ("bytes=10000-99999", 10000, 10239)],
)
def test_byte_ranges(port: int, asked: str, first: int, last: int) -> None:
    """First-last, open end, suffix, and an end behind the file (RFC 9110, 14.1.2)."""
    status, headers, body = get(port, "/720p.mp4", asked)
    assert status == 206
    assert headers["Content-Range"] == f"bytes {first}-{last}/10240"
    assert body == CONTENT[first : last + 1]
    assert headers["Content-Type"] == "video/mp4"


def test_the_whole_file_and_its_head(port: int) -> None:
    """Without a range the whole file comes, and players learn that ranges are possible."""
    status, headers, body = get(port, "/720p.mp4")
    assert (status, body) == (200, CONTENT)
    assert headers["Accept-Ranges"] == "bytes"
    assert get(port, "/720p.mp4", method="HEAD")[2] == b""


@pytest.mark.parametrize("asked", ["bytes=10240-", "bytes=99999-100000", "bytes=5-2"])
def test_a_range_outside_the_file(port: int, asked: str) -> None:
    """416, with the size of the file."""
    status, headers, _ = get(port, "/720p.mp4", asked)
    assert status == 416
    assert headers["Content-Range"] == "bytes */10240"


@pytest.mark.parametrize("asked", ["bytes=-", "lines=1-2", "bytes=0-1,5-6", "bytes=a-b"])
def test_ranges_that_are_not_understood_are_ignored(port: int, asked: str) -> None:
    """A server may ignore them; the whole file comes."""
    assert get(port, "/720p.mp4", asked)[::2] == (200, CONTENT)


@pytest.mark.parametrize("path", ["/../secret.txt", "/%2e%2e/secret.txt", "/..%2fsecret.txt"])
def test_nothing_outside_the_folder(port: int, path: str) -> None:
    """Dots in addresses do not leave the published folder."""
    status, _, body = get(port, path)
    assert status == 404
    assert b"secret" not in body


def test_nothing_published_yet(tmp_path: Path) -> None:
    """An empty folder is a clear message."""
    with pytest.raises(ConfigurationError, match="nothing is published here yet"):
        server(tmp_path, 0)
