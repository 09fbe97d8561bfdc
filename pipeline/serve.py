"""A preview of the published folder on this machine, with Range requests as a real host answers them."""

from __future__ import annotations

import os
import re
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import BinaryIO

from pipeline.errors import ConfigurationError
from pipeline.storage.headers import content_type

RANGE = re.compile(r"bytes=(\d*)-(\d*)\Z")


class PreviewHandler(SimpleHTTPRequestHandler):
    """Serves files of one folder; HTTP/1.1 with single byte ranges (RFC 9110, section 14)."""

    protocol_version = "HTTP/1.1"

    def guess_type(self, path: str | os.PathLike[str]) -> str:
        """As a store would serve it."""
        return content_type(Path(path).relative_to(self.directory).as_posix())

    def send_head(self) -> BinaryIO | None:
        """Answer with a range of the file where one is asked for, else with the whole."""
        path = Path(self.translate_path(self.path))
        wanted = RANGE.match(self.headers.get("Range", "").strip())
        if wanted is None or not path.is_file() or not any(wanted.groups()):
            self._remaining: int | None = None
            return super().send_head()
        size = path.stat().st_size
        first, last = _bounds(wanted[1], wanted[2], size)
        if first >= size or last < first:
            self.send_response(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
            self.send_header("Content-Range", f"bytes */{size}")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return None
        self.send_response(HTTPStatus.PARTIAL_CONTENT)
        self.send_header("Content-Type", self.guess_type(str(path)))
        self.send_header("Content-Range", f"bytes {first}-{last}/{size}")
        self.send_header("Content-Length", str(last - first + 1))
        self.end_headers()
        self._remaining = last - first + 1
        handle = path.open("rb")
        handle.seek(first)
        return handle

    def end_headers(self) -> None:
        """Say that ranges are understood, and let other origins fetch media as a store with CORS does."""
        self.send_header("Accept-Ranges", "bytes")
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()

    def copyfile(self, source: BinaryIO, outputfile: BinaryIO) -> None:  # type: ignore[override]
        """Send the file, or only the range asked for; a player that goes away is no error."""
        try:
            if self._remaining is None:
                super().copyfile(source, outputfile)
            while self._remaining:
                block = source.read(min(self._remaining, 1 << 18))
                if not block:
                    break
                outputfile.write(block)
                self._remaining -= len(block)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  (the base class names it)
        """Stay quiet: requests of a preview are of no interest."""


def _bounds(first: str, last: str, size: int) -> tuple[int, int]:
    if not first:  # the last n bytes
        return max(size - int(last), 0), size - 1
    return int(first), min(int(last), size - 1) if last else size - 1


def server(folder: Path, port: int) -> ThreadingHTTPServer:
    """A server of ``folder`` on 127.0.0.1; port 0 takes a free one. The caller runs and closes it.

    Raises:
        ConfigurationError: there is nothing to serve, or the port is taken.
    """
    if not (folder / "index.html").is_file():
        raise ConfigurationError(str(folder), "nothing is published here yet", hint="run 'aftertalk publish' first")
    try:
        return ThreadingHTTPServer(("127.0.0.1", port), partial(PreviewHandler, directory=str(folder)))
    except OSError as error:
        raise ConfigurationError(
            f"port {port}", f"cannot be used ({error.strerror})", hint="choose another with --port"
        ) from error
