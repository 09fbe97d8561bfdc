"""A short way for small objects to S3: the client library's own signer and connections, and little in between.

The library spends some 3 ms of processor time on every request, on what is the same for thousands of pages: looking
up the endpoint, checking parameters, a dozen hooks, headers in all generality. So a small object is first sent without
all that, once. Whatever comes of it but a plain success is forgotten, and the library sends the object as if nothing
had been tried: redirects, conflicts, retries and errors are its business alone. A condition that this very attempt has
met, while its reply was lost, is told from somebody else's write as ever, by the nonce (``uploads.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote, urlsplit

from botocore.awsrequest import AWSRequest

from pipeline.storage import wire
from pipeline.storage.limits import Bandwidth, Limits
from pipeline.storage.s3_requests import SMALL, connections, with_unsigned_bodies

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

_PATIENCE = 8
"""After so many failures in a row the short way is not this store's, or not today's."""
_SIGNATURE = "s3v4"
_HEADERS = {
    "ContentType": "Content-Type",
    "CacheControl": "Cache-Control",
    "ContentMD5": "Content-MD5",
    "ChecksumSHA256": "x-amz-checksum-sha256",
    "IfMatch": "If-Match",
    "IfNoneMatch": "If-None-Match",
}
_NOT_HEADERS = frozenset({"Bucket", "Key", "Metadata"})
_KEY = "aftertalk-key"
"""Where a request of the library carries its key along, from its arguments to its signature."""


@dataclass(frozen=True)
class _Route:
    """Where the objects of the bucket are, and how requests to it are signed; learned from the library's own."""

    address: str
    """Of the bucket, up to where a key begins."""
    headers: Mapping[str, str]
    """That every request has."""
    signer: Callable[[], Any]
    """Makes a signer with the credentials of the moment."""
    pool: Any
    """The library's connections to that address."""


class ShortWay:
    """Sends small objects to one bucket in one attempt each. Safe to use from several threads."""

    def __init__(self, client: S3Client, limits: Limits, bandwidth: Bandwidth) -> None:
        self._client = client
        self._limits = limits
        self._bandwidth = bandwidth
        self._unsigned = with_unsigned_bodies(client)
        self._route: _Route | None = None
        self._failures = 0
        events = cast("Any", client).meta.events
        events.register("before-parameter-build.s3.PutObject", _note_key)
        events.register("before-sign.s3.PutObject", self._learn)

    def put(self, arguments: Mapping[str, Any], data: bytes) -> str | None:
        """Try to send an object; returns its ETag as the server wrote it.

        ``None`` says that ``put_object`` has to send it, with the same ``arguments`` and ``data`` as its body. The
        arguments hold its ``ContentMD5``, since nothing else of a body is signed.
        """
        route = self._route
        if route is None or len(data) > SMALL or self._failures >= _PATIENCE:
            return None
        self._bandwidth.spend(len(data))
        etag = None
        with suppress(Exception):  # whatever it is, the library meets it again, tries on, and can explain it
            etag = self._send(route, arguments, data).get("etag")
        self._failures = 0 if etag else self._failures + 1
        return etag

    def _send(self, route: _Route, arguments: Mapping[str, Any], data: bytes) -> Mapping[str, str]:
        """Send the object over one of the library's connections; returns the headers of the reply."""
        headers = {_HEADERS[name]: value for name, value in arguments.items() if name not in _NOT_HEADERS}
        headers |= {f"x-amz-meta-{name}": value for name, value in arguments["Metadata"].items()}
        url = route.address + _quoted(arguments["Key"])
        request = AWSRequest("PUT", url, headers={**headers, **route.headers})
        request.context["client_config"] = self._unsigned
        route.signer().add_auth(request)
        connection = route.pool._get_conn()
        try:
            target = f"PUT {urlsplit(url).path}"
            seconds = self._limits.deadline_s(len(data))
            return wire.exchange(connection, target, dict(request.headers.items()), data, seconds=seconds)
        finally:
            route.pool._put_conn(connection)

    def _learn(self, request: Any, *, request_signer: Any, signature_version: str, **names: Any) -> None:
        """Take the route from a request that the library is about to sign, as it does that itself."""
        key = _quoted(request.context[_KEY])
        if signature_version != _SIGNATURE or not request.url.endswith(f"/{key}"):
            return  # a presigned address, or signed in a way of its own, as for a bucket in several regions
        of_bucket = request.context.get("signing", {})
        signer = partial(
            request_signer.get_auth_instance,
            of_bucket.get("signing_name") or names["signing_name"],
            of_bucket.get("region") or names["region_name"],
            signature_version,
        )
        headers = {"User-Agent": request.headers["User-Agent"], "Host": urlsplit(request.url).netloc}
        pool = connections(self._client, request.url)
        self._route = _Route(request.url.removesuffix(key), headers, signer, pool) if pool else None


def _note_key(params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
    context[_KEY] = params["Key"]


def _quoted(key: str) -> str:
    """A key as the library writes it into an address."""
    return quote(key, safe="/~")
