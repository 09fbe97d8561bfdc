"""One small HTTP/1.1 request over a connection that is there, and nothing else of the protocol (RFC 9112).

Python's own client makes messages of e-mail out of headers, which takes longer than it takes to send a page. Here a
reply is plain, or it is none: status 200, a head that ends, and no body. After anything else the connection is closed,
and whoever asked has to ask in another way.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Protocol

_END = b"\r\n\r\n"
_LONGEST = 64 * 1024
"""Bytes of a head that are read at most."""


class Connection(Protocol):
    """What is used of ``http.client.HTTPConnection``, or of a like class."""

    sock: Any
    timeout: Any

    def connect(self) -> None:
        """Open it, with TLS where that is its kind."""

    def close(self) -> None:
        """Close it."""


class NotPlainError(Exception):
    """The reply is not a plain one."""


def exchange(
    connection: Connection, request: str, headers: Mapping[str, str], body: bytes, *, seconds: float
) -> Mapping[str, str]:
    """Send a request and read its plain reply, all within ``seconds``; returns its headers, their names in lower case.

    ``request`` is the method and the target (``PUT /bucket/key``). Connecting has as long once more.

    Raises:
        NotPlainError: the reply is something else, or a header cannot be sent.
        OSError: nothing was answered, or not in time.
    """
    try:
        return _exchange(connection, _message(request, headers, body), seconds)
    except BaseException:
        connection.close()
        raise


def _message(request: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{request} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    if not all(line.isascii() and line.isprintable() for line in lines):
        raise NotPlainError("a header with other characters than those of ASCII")
    return "\r\n".join([*lines, f"Content-Length: {len(body)}", "", ""]).encode() + body


def _exchange(connection: Connection, message: bytes, seconds: float) -> Mapping[str, str]:
    if connection.sock is None:
        connection.timeout = seconds
        connection.connect()
    end = time.monotonic() + seconds
    left = memoryview(message)
    while left:
        left = left[_by(end, connection.sock).send(left) :]
    head = _head(connection.sock, end)
    status, *lines = head.decode("latin-1").split("\r\n")
    told = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    bodies = [value for name, value in told if name in {"content-length", "transfer-encoding"}]
    if not status.startswith("HTTP/1.1 200 ") or bodies != ["0"]:
        raise NotPlainError(status)
    headers = dict(told)
    if headers.get("connection", "").lower() == "close":
        connection.close()
    return headers


def _head(sock: Any, end: float) -> bytes:
    """The head of a reply without its end, where the reply must end as well."""
    data = b""
    while _END not in data:
        piece = _by(end, sock).recv(_LONGEST)
        if not piece:
            raise ConnectionResetError
        data += piece
        if len(data) > _LONGEST:
            raise NotPlainError("a head too long")
    head, _, more = data.partition(_END)
    if more:
        raise NotPlainError("more than a head")
    return head


def _by(end: float, sock: Any) -> Any:
    """The socket, whose next call ends by then; ``sendall`` of one with TLS would begin anew with every record."""
    seconds = end - time.monotonic()
    if seconds <= 0:
        raise TimeoutError
    sock.settimeout(seconds)
    return sock
