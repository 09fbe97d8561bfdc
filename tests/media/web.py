"""A web server of a test's own, whose answers the test changes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Site:
    """A web server whose answers a test changes, and which remembers what it was asked."""

    server: ThreadingHTTPServer
    answers: dict[str, Answer]
    asked: list[tuple[str, str, str | None]]

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.server.server_port}"

    def url(self, path: str) -> str:
        return f"http://{self.host}{path}"


def serve() -> Iterator[Site]:
    """A server on this machine for as long as the generator is open."""
    answers: dict[str, Answer] = {}
    asked: list[tuple[str, str, str | None]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append((self.command, self.path, self.headers.get("Range")))
            answers.get(self.path, status(404))(self)

        def do_HEAD(self) -> None:
            self.do_GET()

        def log_message(self, *values: object) -> None:
            """Silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield Site(server, answers, asked)
    server.shutdown()
    server.server_close()


def body(data: bytes, kind: str = "video/mp4", etag: str = '"1"', *, stop: int | None = None) -> Answer:
    """A file with ranges; with ``stop`` the connection breaks at that byte of the file."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        wanted = handler.headers.get("Range")
        start = int(wanted.removeprefix("bytes=").split("-")[0]) if wanted else 0
        handler.send_response(206 if wanted else 200)
        handler.send_header("Content-Type", kind)
        handler.send_header("Content-Length", str(len(data) - start))
        handler.send_header("Accept-Ranges", "bytes")
        handler.send_header("ETag", etag)
        if wanted:
            handler.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
        handler.end_headers()
        if handler.command == "GET":
            handler.wfile.write(data[start : len(data) if stop is None else max(stop, start)])
        handler.close_connection = True

    return answer


def status(code: int, **headers: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return answer


def trickle(piece: bytes, pause_s: float) -> Answer:
    """A body without length and without end."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "video/mp4")
        handler.end_headers()
        gone = threading.Event()
        while handler.command == "GET" and not gone.wait(pause_s):
            try:
                handler.wfile.write(piece)
            except OSError:
                gone.set()

    return answer


def page(html: str) -> Answer:
    return body(f"<!doctype html><title>A talk</title>{html}".encode(), "text/html")
