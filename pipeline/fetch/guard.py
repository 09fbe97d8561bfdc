"""The guard: an HTTP proxy on a local socket, the only way out for a process that fetches.

It understands ``CONNECT host:port`` (RFC 9110, 9.3.6) and requests in absolute form (RFC 9112, 3.2.2), one per
connection. Bytes that come back are counted: too many, or too few over a time, end the whole fetch.
"""

from __future__ import annotations

import contextlib
import selectors
import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

from pipeline.fetch.addresses import RefusedError, Resolve, choose, resolve

HEAD_BYTES = 64 * 1024
"""A longer request head is refused."""
CONNECT_S = 20.0
IDLE_S = 120.0
"""A connection on which nothing moves for so long is closed."""
PIECE = 64 * 1024


@dataclass(frozen=True)
class Bounds:
    """What a fetch may do."""

    allow_hosts: tuple[str, ...] = ()
    """Hosts (``name`` or ``name:port``) whose addresses need not be public."""
    max_bytes: int = 20 * 1024**3
    """More bytes in all end the fetch."""
    min_rate: int = 1000
    """Fewer bytes a second over two spans of ``rate_span_s`` end the fetch; silence does not count, it times out."""
    rate_span_s: float = 30.0


class Guard:
    """A running guard; a context manager. ``socket_path`` is where it listens."""

    def __init__(self, bounds: Bounds, ask: Resolve = resolve) -> None:
        self._bounds = bounds
        self._ask = ask
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._bytes = 0
        self._stopped = False
        self.refusals: list[str] = []
        """Where the process was not let through, and why."""
        self.trouble = ""
        """Why the fetch was ended; empty when it was not."""

    def __enter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="aftertalk-guard-"))
        self.socket_path = self._folder / "guard.sock"
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._listener.bind(str(self.socket_path))
        self._listener.listen(64)
        threading.Thread(target=self._accept, name="guard", daemon=True).start()
        threading.Thread(target=self._watch_rate, name="guard-rate", daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end("")
        shutil.rmtree(self._folder, ignore_errors=True)

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), name="guard-client", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), self._registered(client):
            client.settimeout(IDLE_S)
            try:
                head, rest = _read_head(client)
                method, host, port, forward = _parse(head)
                server = self._connect(host, port)
            except RefusedError as error:
                self._refuse(client, str(error))
                return
            with self._registered(server):
                if method == "CONNECT":
                    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                server.sendall(forward + rest)
                self._relay(client, server)

    def _connect(self, host: str, port: int) -> socket.socket:
        address = choose(host, port, self._bounds.allow_hosts, self._ask)
        try:
            return socket.create_connection((address, port), timeout=CONNECT_S)
        except OSError as error:
            raise RefusedError(f"{host} cannot be reached ({error})") from error

    def _refuse(self, client: socket.socket, reason: str) -> None:
        with self._lock:
            self.refusals.append(reason)
        body = f"Refused: {reason}\n".encode()
        head = f"HTTP/1.1 403 Refused\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        client.sendall(head.encode() + body)

    def _relay(self, client: socket.socket, server: socket.socket) -> None:
        """Carry bytes both ways until one side ends."""
        server.settimeout(IDLE_S)
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, server)
            selector.register(server, selectors.EVENT_READ, client)
            while ready := selector.select(IDLE_S):
                for key, _ in ready:
                    source: socket.socket = key.fileobj  # type: ignore[assignment]  # registered above
                    data = source.recv(PIECE)
                    if not data or (source is server and not self._count(len(data))):
                        return
                    key.data.sendall(data)

    def _count(self, size: int) -> bool:
        """Count bytes that came; whether there may be more."""
        with self._lock:
            self._bytes += size
            too_many = self._bytes > self._bounds.max_bytes
        if too_many:
            self._end(f"it sends more than the {self._bounds.max_bytes:,} bytes allowed")
        return not too_many

    def _watch_rate(self) -> None:
        span, before, slow = self._bounds.rate_span_s, 0, 0
        while not self._stopped:
            time.sleep(span)
            came, before = self._bytes - before, self._bytes
            slow = slow + 1 if 0 < came < self._bounds.min_rate * span else 0
            if slow == 2:
                self._end(f"it sends less than {self._bounds.min_rate:,} bytes a second")

    def _end(self, trouble: str) -> None:
        """Close every connection and accept no more."""
        with self._lock:
            self.trouble = self.trouble or trouble
            self._stopped = True
            connections = [self._listener, *self._open]
        for one in connections:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    @contextlib.contextmanager
    def _registered(self, connection: socket.socket) -> Iterator[None]:
        with connection:
            with self._lock:
                if self._stopped:
                    raise ConnectionAbortedError
                self._open.add(connection)
            try:
                yield
            finally:
                with self._lock:
                    self._open.discard(connection)


def _read_head(client: socket.socket) -> tuple[bytes, bytes]:
    data = b""
    while b"\r\n\r\n" not in data:
        piece = client.recv(PIECE)
        if not piece or len(data) > HEAD_BYTES:
            raise RefusedError("the request is not complete")
        data += piece
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def _parse(head: bytes) -> tuple[str, str, int, bytes]:
    """Method, host, port, and the request head as the server shall see it (empty for ``CONNECT``)."""
    lines = head.decode("latin-1").split("\r\n")
    try:
        method, target, _ = lines[0].split(" ")
        address = urlsplit(f"//{target}" if method == "CONNECT" else target)
        host, port = address.hostname, address.port
    except ValueError as error:
        raise RefusedError("the request cannot be read") from error
    if not host or (method != "CONNECT" and address.scheme != "http"):
        raise RefusedError(f"{target[:200]} is not an address that can be fetched")
    if method == "CONNECT":
        return method, host, port or 443, b""
    path = (address.path or "/") + (f"?{address.query}" if address.query else "")
    kept = [line for line in lines[1:] if not line.lower().startswith(("proxy-", "connection:", "keep-alive:"))]
    forward = "\r\n".join([f"{method} {path} HTTP/1.1", *kept, "Connection: close", "", ""])
    return method, host, port or 80, forward.encode("latin-1")
