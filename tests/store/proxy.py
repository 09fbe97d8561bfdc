"""A proxy between a client and an S3 server that counts requests and injects faults.

It passes the Host header on unchanged, so that signatures hold; it knows the S3 operation of each request; each
``Fault`` strikes the first requests that match it.
"""

from __future__ import annotations

import asyncio
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import Enum, auto
from urllib.parse import parse_qs, unquote, urlsplit

from pipeline.storage import Limits

LIMITS = Limits(stall_s=2.0, slowest=1024 * 1024)
"""For a client that is to notice a stall soon."""


class Kind(Enum):
    """What goes wrong."""

    REFUSE = auto()
    """An S3 error with ``status`` and ``code``; the server sees nothing."""
    RESET_BEFORE = auto()
    """The connection is reset before the body is read."""
    RESET_DURING = auto()
    """The connection is reset in the middle of the body."""
    LOST_REPLY = auto()
    """The server carries the request out; its reply never arrives."""
    ERROR_IN_200 = auto()
    """A reply with status 200 and an error as body; the server sees nothing."""
    TRUNCATE = auto()
    """Half of the reply's body, then the connection ends."""
    FLIP_UP = auto()
    """One bit of the request's body is changed."""
    FLIP_DOWN = auto()
    """One bit of the reply's body is changed."""
    STALL = auto()
    """No reply, the connection stays open."""
    TRICKLE = auto()
    """The reply comes one byte at a time, two a second."""
    SLOW_READ = auto()
    """The request is read slowly, 64 KiB at a time with pauses, then carried out."""


@dataclass
class Fault:
    """One fault: which requests it strikes, how often, and how."""

    kind: Kind
    operation: str = ""
    """S3 operation, e.g. ``PutObject``; empty for all."""
    key: str = ""
    """Part of the key; empty for all."""
    times: int = 1
    skip: int = 0
    """How many matching requests pass unharmed first."""
    status: int = 503
    code: str = "SlowDown"
    message: str = "injected"
    spares_library: bool = False
    """Whether requests that the client library made from beginning to end pass unharmed."""

    def strikes(self, request: Request) -> bool:
        """Whether a request is one of those meant."""
        meant = self.operation in {"", request.operation} and self.key in request.key
        return meant and not (self.spares_library and request.by_library)


@dataclass
class Proxy:
    """A running proxy."""

    endpoint: str
    drop_headers: tuple[bytes, ...] = ()
    faults: list[Fault] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    struck: Counter[Kind] = field(default_factory=Counter)
    asked: Counter[str] = field(default_factory=Counter)
    """Requests that waited for ``100 Continue`` before they sent their body."""
    by_library: Counter[str] = field(default_factory=Counter)
    """Requests that the client library made from beginning to end."""

    @property
    def requests(self) -> int:
        """All requests so far."""
        return self.counts.total()

    def clear(self) -> None:
        """No faults, no counts."""
        self.faults.clear()
        self.counts.clear()
        self.struck.clear()
        self.asked.clear()
        self.by_library.clear()

    def fault_for(self, request: Request) -> Fault | None:
        """The fault that strikes a request, used up by one."""
        for fault in self.faults:
            if fault.times > 0 and fault.strikes(request):
                if fault.skip > 0:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                self.struck[fault.kind] += 1
                return fault
        return None


@dataclass
class Request:
    """The head of a request."""

    line: bytes
    headers: list[tuple[bytes, bytes]]

    def header(self, name: bytes) -> bytes:
        """The value of a header; empty when it is missing."""
        return next((value for key, value in self.headers if key.lower() == name), b"")

    @property
    def method(self) -> str:
        """E.g. ``PUT``."""
        return self.line.split(b" ")[0].decode()

    @property
    def key(self) -> str:
        """Bucket and key."""
        return unquote(urlsplit(self.line.split(b" ")[1].decode()).path)

    @property
    def by_library(self) -> bool:
        """Whether the client library made it from beginning to end: it numbers its attempts."""
        return bool(self.header(b"amz-sdk-request"))

    @property
    def operation(self) -> str:
        """The S3 operation."""
        query = parse_qs(urlsplit(self.line.split(b" ")[1].decode()).query, keep_blank_values=True)
        has_key = "/" in self.key.strip("/")
        names = {
            ("PUT", "partNumber"): "UploadPart",
            ("POST", "uploads"): "CreateMultipartUpload",
            ("POST", "uploadId"): "CompleteMultipartUpload",
            ("DELETE", "uploadId"): "AbortMultipartUpload",
            ("GET", "uploadId"): "ListParts",
            ("GET", "uploads"): "ListMultipartUploads",
            ("GET", "list-type"): "ListObjectsV2",
            ("GET", "versioning"): "GetBucketVersioning",
            ("GET", "versions"): "ListObjectVersions",
            ("POST", "delete"): "DeleteObjects",
        }
        for (method, parameter), name in names.items():
            if self.method == method and parameter in query:
                return name
        return f"{self.method.title()}{'Object' if has_key else 'Bucket'}"

    def encode(self) -> bytes:
        """As bytes, one request per connection."""
        keep = [(key, value) for key, value in self.headers if key.lower() not in {b"expect", b"connection"}]
        lines = [self.line, *(key + b": " + value for key, value in keep), b"Connection: close"]
        return b"\r\n".join(lines) + b"\r\n\r\n"


@contextmanager
def running(
    server: str,
    *,
    drop_headers: tuple[bytes, ...] = (),
    tls: ssl.SSLContext | None = None,
    host: str = "127.0.0.1",
) -> Iterator[Proxy]:
    """A proxy before the server at that address, on a free port of ``host``; with ``tls`` it speaks https.

    ``drop_headers`` never reach the server: it is then one that does not know them.
    """
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    proxy = Proxy("", drop_headers)
    target = urlsplit(server)

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError, asyncio.IncompleteReadError, TimeoutError):
            await _serve(proxy, (str(target.hostname), int(target.port or 80)), reader, writer)
        writer.close()

    listening = asyncio.run_coroutine_threadsafe(
        asyncio.start_server(handle, host, 0, limit=64 * 1024 * 1024, ssl=tls), loop
    ).result()
    proxy.endpoint = f"{'https' if tls else 'http'}://{host}:{listening.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        asyncio.run_coroutine_threadsafe(_shut_down(listening), loop).result(timeout=10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(timeout=10)
        loop.close()


async def _shut_down(listening: asyncio.Server) -> None:
    listening.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


async def _serve(
    proxy: Proxy, target: tuple[str, int], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    line, *lines = head[:-4].split(b"\r\n")
    request = Request(line, [(key, value.strip()) for key, _, value in (one.partition(b":") for one in lines)])
    request.headers = [one for one in request.headers if one[0].lower() not in proxy.drop_headers]
    proxy.counts[request.operation] += 1
    proxy.by_library[request.operation] += request.by_library
    fault = proxy.fault_for(request)
    if fault and fault.kind is Kind.RESET_BEFORE:
        _reset(writer)
        return
    if request.header(b"expect"):
        proxy.asked[request.operation] += 1
        writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
    size = int(request.header(b"content-length") or 0)
    if fault and fault.kind is Kind.RESET_DURING:
        await reader.readexactly(size // 2)
        _reset(writer)
        return
    body = bytearray()
    while len(body) < size:
        slow = fault is not None and fault.kind is Kind.SLOW_READ
        body += await reader.read(min(65536, size - len(body)) if slow else size - len(body))
        if slow:
            await asyncio.sleep(0.01)
    await _answer(proxy, target, request, bytes(body), fault, writer)


async def _answer(
    proxy: Proxy,
    target: tuple[str, int],
    request: Request,
    body: bytes,
    fault: Fault | None,
    writer: asyncio.StreamWriter,
) -> None:
    kind = fault.kind if fault else None
    if fault and kind in {Kind.REFUSE, Kind.ERROR_IN_200}:
        writer.write(_error(request, fault))
        await writer.drain()
        return
    if kind is Kind.STALL:
        await asyncio.sleep(3600)
    if kind is Kind.FLIP_UP:
        body = _flip(body)
    upstream_reader, upstream_writer = await asyncio.open_connection(*target, limit=64 * 1024 * 1024)
    upstream_writer.write(request.encode() + body)
    reply = await upstream_reader.read()
    upstream_writer.close()
    if kind is Kind.LOST_REPLY:
        _reset(writer)
        return
    head, _, content = reply.partition(b"\r\n\r\n")
    if kind is Kind.FLIP_DOWN:
        content = _flip(content)
    if kind is Kind.TRUNCATE:
        content = content[: len(content) // 2]
    reply = head + b"\r\n\r\n" + content
    if kind is Kind.TRICKLE:
        for byte in reply:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(0.5)
    writer.write(reply)
    await writer.drain()


def _flip(data: bytes) -> bytes:
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :] if data else data


def _error(request: Request, fault: Fault) -> bytes:
    status = 200 if fault.kind is Kind.ERROR_IN_200 else fault.status
    body = f'<?xml version="1.0"?><Error><Code>{fault.code}</Code><Message>{fault.message}</Message></Error>'.encode()
    head = f"HTTP/1.1 {status} Injected\r\nContent-Type: application/xml\r\nConnection: close\r\n"
    shown = b"" if request.method == "HEAD" else body
    return f"{head}Content-Length: {len(shown)}\r\n\r\n".encode() + shown


def _reset(writer: asyncio.StreamWriter) -> None:
    """End a connection with a reset, not politely."""
    sock = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
