"""Replies of every kind to one small request, over a real pair of sockets."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from pipeline.storage.wire import NotPlainError, exchange

PLAIN = b'HTTP/1.1 200 OK\r\nETag: "abc"\r\nContent-Length: 0\r\n\r\n'
SECONDS = 0.5
TOO_LONG_S = 5.0
Server = Callable[[socket.socket], None]


class Line:
    """A connection to a server that is a function."""

    def __init__(self, serve: Server) -> None:
        self.sock: socket.socket | None = None
        self.timeout = 0.0
        self.there, self._here = socket.socketpair()
        threading.Thread(target=serve, args=(self.there,), daemon=True).start()

    def connect(self) -> None:
        """Open the line."""
        self.sock = self._here

    def close(self) -> None:
        """Close it."""
        self.sock = None
        self._here.close()


@pytest.fixture
def lines() -> Iterator[list[Line]]:
    """All lines of a test, closed at its end."""
    opened: list[Line] = []
    yield opened
    for line in opened:
        line.there.close()
        line.close()


def put(lines: list[Line], *pieces: bytes, pause_s: float = 0.01, ends: bool = False) -> Line:
    """A line to a server that reads a request and answers in pieces."""

    def serve(there: socket.socket) -> None:
        try:
            there.recv(100_000)
            for piece in pieces:
                there.sendall(piece)
                time.sleep(pause_s)
            if ends:
                there.shutdown(socket.SHUT_WR)
        except OSError:  # the client hung up
            return

    lines.append(Line(serve))
    return lines[-1]


def ask(line: Line, **headers: str) -> dict[str, str]:
    return dict(exchange(line, "PUT /a", {"Host": "store.example", **headers}, b"page", seconds=SECONDS))


def test_what_goes_out() -> None:
    """One message: the request, its headers, the length, and the body."""
    got: list[bytes] = []

    def serve(there: socket.socket) -> None:
        got.append(there.recv(100_000))
        there.sendall(PLAIN)

    line = Line(serve)
    assert ask(line) == {"etag": '"abc"', "content-length": "0"}
    assert got == [b"PUT /a HTTP/1.1\r\nHost: store.example\r\nContent-Length: 4\r\n\r\npage"]
    assert line.sock is not None, "it may be used again"
    line.close()
    line.there.close()


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_a_reply_may_come_in_pieces(lines: list[Line], size: int) -> None:
    """Wherever the network cuts it."""
    pieces = [PLAIN[start : start + size] for start in range(0, len(PLAIN), size)]
    assert ask(put(lines, *pieces, pause_s=0.001))["etag"] == '"abc"'


def test_a_server_may_close(lines: list[Line]) -> None:
    """A connection that the server closes is not used again."""
    line = put(lines, PLAIN.replace(b"ETag", b"Connection: Close\r\nETag"))
    assert ask(line)["etag"] == '"abc"'
    assert line.sock is None


@pytest.mark.parametrize(
    "reply",
    [
        PLAIN.replace(b"200", b"204"),
        PLAIN.replace(b"1.1", b"1.0"),
        PLAIN.replace(b"200 OK", b"2000 OK"),
        PLAIN.replace(b"Content-Length: 0", b"Content-Length: 5") + b"<Err>",
        PLAIN.replace(b"Content-Length: 0", b"Transfer-Encoding: chunked") + b"0\r\n\r\n",
        PLAIN.replace(b"Content-Length: 0\r\n", b""),
        PLAIN.replace(b"ETag", b"Content-Length: 5\r\nETag"),
        PLAIN.replace(b"ETag", b"Transfer-Encoding: chunked\r\nETag"),
        b"HTTP/1.1 100 Continue\r\n\r\n" + PLAIN,
        PLAIN + PLAIN,
        PLAIN + b"x",
        b"\x16\x03\x01\x00\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 20_000,
    ],
    ids=range(13),
)
def test_another_reply_is_none(lines: list[Line], reply: bytes) -> None:
    """Whatever is not plain is refused, and the connection with it: nobody takes the rest for the next reply."""
    line = put(lines, reply)
    with pytest.raises(NotPlainError):
        ask(line)
    assert line.sock is None


@pytest.mark.parametrize("reply", [b"", PLAIN[:-2], b"HTTP"])
def test_a_reply_that_breaks_off(lines: list[Line], reply: bytes) -> None:
    """The end of the connection is not the end of a reply."""
    line = put(lines, reply, ends=True)
    with pytest.raises(ConnectionResetError):
        ask(line)
    assert line.sock is None


@pytest.mark.parametrize("pieces", [(), tuple(PLAIN[:40].decode())], ids=["silence", "trickle"])
def test_a_reply_that_takes_too_long(lines: list[Line], pieces: tuple[str, ...]) -> None:
    """The deadline holds for the whole reply, however often a byte of it comes."""
    line = put(lines, *(one.encode() for one in pieces), pause_s=0.1)
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        ask(line)
    assert SECONDS * 0.9 < time.monotonic() - begun < TOO_LONG_S
    assert line.sock is None


def test_a_request_that_nobody_reads() -> None:
    """A body that does not get through in time."""
    line = Line(lambda _: None)
    with pytest.raises(TimeoutError):
        exchange(line, "PUT /a", {}, bytes(64 * 1024 * 1024), seconds=SECONDS)
    assert line.sock is None
    line.there.close()


@pytest.mark.parametrize("value", ["a\r\nX-Amz-Acl: public-read", "a\nb", "a\0b", "é", "a\u2028b"])
def test_a_header_is_one_line(lines: list[Line], value: str) -> None:
    """Nothing in a value becomes a header of its own, or is sent in an encoding that was not signed."""
    line = put(lines, PLAIN)
    with pytest.raises(NotPlainError):
        ask(line, note=value)
    assert line.sock is None
