"""Whether a remote file is still the one that was fetched."""

from __future__ import annotations

import http.client
import socket
import ssl
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from pipeline.fetch.addresses import RefusedError, Resolve, choose, resolve

VALIDATORS = ("ETag", "Last-Modified", "Content-Length")
"""Headers that tell versions of a file apart, the best first (RFC 9110, 8.8)."""
MAX_REDIRECTS = 5
TIMEOUT_S = 20.0


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
    for _ in range(MAX_REDIRECTS):
        try:
            status, headers = _ask(url, allow_hosts, ask)
            target = urljoin(url, headers.get("Location") or "")
        except (OSError, ValueError, http.client.HTTPException) as error:  # a redirect may lead to nonsense
            raise GoneError(str(error)) from error
        if status in {301, 302, 303, 307, 308} and headers.get("Location"):
            url = target
        elif status in {405, 501}:
            return {}
        elif status >= 400:
            raise GoneError(f"HTTP status {status}")
        else:
            return {name: headers[name] for name in VALIDATORS if headers.get(name)}
    raise GoneError("redirected too often")


def _ask(url: str, allow_hosts: tuple[str, ...], ask: Resolve) -> tuple[int, http.client.HTTPMessage]:
    address = urlsplit(url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise RefusedError(f"{url[:200]} is not an address that can be fetched")
    port = address.port or (443 if address.scheme == "https" else 80)
    where = choose(address.hostname, port, allow_hosts, ask)
    connection = http.client.HTTPConnection(address.hostname, port)
    connection.sock = socket.create_connection((where, port), timeout=TIMEOUT_S)
    try:
        if address.scheme == "https":
            context = ssl.create_default_context()
            connection.sock = context.wrap_socket(connection.sock, server_hostname=address.hostname)
        path = (address.path or "/") + (f"?{address.query}" if address.query else "")
        connection.request("HEAD", path, headers={"User-Agent": "Mozilla/5.0 (compatible; Aftertalk)"})
        answer = connection.getresponse()
        return answer.status, answer.headers
    finally:
        connection.close()
