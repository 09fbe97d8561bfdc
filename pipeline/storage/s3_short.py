"""A short way for small objects to S3: the client library's own signer and connections, and nothing in between.

The library spends some 2 ms of processor time on every request, on what is the same for thousands of pages: looking
up the endpoint, checking parameters, a dozen hooks. So a small object is first sent without all that, once. Whatever
comes of it but a plain success is forgotten, and the library sends the object as if nothing had been tried: redirects,
conflicts, retries and errors are its business alone. A condition that this very attempt has met, while its reply was
lost, is told from somebody else's write as ever, by the nonce (``uploads.py``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from botocore.awsrequest import AWSPreparedRequest, AWSRequest
from botocore.exceptions import BotoCoreError, ClientError

from pipeline.storage.limits import Bandwidth, Limits
from pipeline.storage.s3_requests import SMALL, transmitter, with_unsigned_bodies

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
    user_agent: str
    signer: Callable[[], Any]
    """Makes a signer with the credentials of the moment."""


class ShortWay:
    """Sends small objects to one bucket in one attempt each. Safe to use from several threads."""

    def __init__(self, client: S3Client, limits: Limits, bandwidth: Bandwidth) -> None:
        self._transmit = transmitter(client, limits)
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
        with suppress(BotoCoreError, ClientError):  # the library meets the same again, tries on, and can explain it
            reply = self._transmit(self._request(route, arguments, data))
            etag = reply.headers.get("ETag") if reply.status_code == 200 and not reply.content else None
        self._failures = 0 if etag else self._failures + 1
        return etag

    def _request(self, route: _Route, arguments: Mapping[str, Any], data: bytes) -> AWSPreparedRequest:
        headers = {_HEADERS[name]: value for name, value in arguments.items() if name not in _NOT_HEADERS}
        headers |= {f"x-amz-meta-{name}": value for name, value in arguments["Metadata"].items()}
        headers["User-Agent"] = route.user_agent
        url = route.address + _quoted(arguments["Key"])
        request = AWSRequest("PUT", url, headers=headers)
        request.context["client_config"] = self._unsigned
        route.signer().add_auth(request)
        signed: Any = {**request.headers, "Content-Length": str(len(data))}  # a plain dict is read far faster
        return AWSPreparedRequest("PUT", url, signed, data, stream_output=False)

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
        self._route = _Route(request.url.removesuffix(key), request.headers["User-Agent"], signer)


def _note_key(params: Mapping[str, Any], context: dict[str, Any], **_: object) -> None:
    context[_KEY] = params["Key"]


def _quoted(key: str) -> str:
    """A key as the library writes it into an address."""
    return quote(key, safe="/~")
