"""Small questions to web servers: is a remote file still the one that was fetched; give me this programme."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from pipeline.fetch.addresses import RefusedError, Resolve, choose, resolve

VALIDATORS = ("ETag", "Last-Modified", "Content-Length")
"""Headers that tell versions of a file apart, the best first (RFC 9110, 8.8)."""
MAX_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
TIMEOUT_S = 20.0
"""Seconds without a byte."""
TOTAL_S = 120.0
"""Seconds for a whole answer."""


class GoneError(Exception):
    """The remote file does not answer; the message says why."""


def is_same(known: Mapping[str, object], now: Mapping[str, object]) -> bool:
    """Whether two answers are of the same file, by the best header that both have; without any, they are."""
    for name in VALIDATORS:
        if known.get(name) and now.get(name):
            return known[name] == now[name]
    return True


def head(url: str, allow_hosts: tuple[str, ...], ask: Resolve = resolve) -> dict[str, str]:
    """The validators of a remote file, asked with ``HEAD``; empty where the server does not know ``HEAD``.

    Raises:
        GoneError: the server cannot be reached or answers with an error.
        RefusedError: it leads to an address that may not be fetched from.
    """
    status, headers, _ = _follow(url, _Question("HEAD", allow_hosts, ask))
    if status in {405, 501}:
        return {}
    if status >= 400:
        raise GoneError(f"HTTP status {status}")
    return {name: headers[name] for name in VALIDATORS if headers.get(name)}


def get(url: str, allow_hosts: tuple[str, ...], *, max_bytes: int, ask: Resolve = resolve) -> bytes:
    """A small remote file, such as a programme.

    Raises:
        GoneError: the server cannot be reached or answers with an error, or the file has more than ``max_bytes``.
        RefusedError: it leads to an address that may not be fetched from.
    """
    status, _, body = _follow(url, _Question("GET", allow_hosts, ask, max_bytes))
    if status >= 400:
        raise GoneError(f"HTTP status {status}")
    if len(body) > max_bytes:
        raise GoneError(f"it has more than {max_bytes} bytes")
    return body


@dataclass(frozen=True)
class _Question:
    method: str
    allow_hosts: tuple[str, ...]
    ask: Resolve
    max_bytes: int = 0


def _follow(url: str, question: _Question) -> tuple[int, http.client.HTTPMessage, bytes]:
    """Ask, and follow redirects; every hop is looked at anew."""
    for _ in range(MAX_REDIRECTS):
        try:
            status, headers, body = _ask(url, question)
            target = urljoin(url, headers.get("Location") or "")
        except (OSError, ValueError, http.client.HTTPException) as error:  # a redirect may lead to nonsense
            raise GoneError(str(error)) from error
        if status not in REDIRECTS or not headers.get("Location"):
            return status, headers, body
        url = target
    raise GoneError("redirected too often")


def _ask(url: str, question: _Question) -> tuple[int, http.client.HTTPMessage, bytes]:
    address = urlsplit(url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise RefusedError(f"{url[:200]} is not an address that can be fetched")
    port = address.port or (443 if address.scheme == "https" else 80)
    where = choose(address.hostname, port, question.allow_hosts, question.ask)
    connection = http.client.HTTPConnection(address.hostname, port)
    connection.sock = socket.create_connection((where, port), timeout=TIMEOUT_S)
    try:
        if address.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=address.hostname)
        path = (address.path or "/") + (f"?{address.query}" if address.query else "")
        connection.request(question.method, path, headers={"User-Agent": "Mozilla/5.0 (compatible; Aftertalk)"})
        answer = connection.getresponse()
        return answer.status, answer.headers, _body(answer, question.max_bytes)
    finally:
        connection.close()


def _body(answer: http.client.HTTPResponse, max_bytes: int) -> bytes:
    """At most one byte more than ``max_bytes``, within ``TOTAL_S`` seconds however slowly they trickle."""
    deadline = time.monotonic() + TOTAL_S
    body = bytearray()
    while len(body) <= max_bytes and (block := answer.read1(max_bytes + 1 - len(body))):
        body += block
        if time.monotonic() > deadline:
            raise GoneError(f"it did not arrive within {TOTAL_S:.0f} s")
    return bytes(body)
