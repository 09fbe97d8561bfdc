"""Where requests to S3 differ from what the client library would do by itself, by its events."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from botocore.config import Config
from botocore.exceptions import ReadTimeoutError

from pipeline.storage.limits import Limits, Paced, StalledError, within
from pipeline.storage.s3_errors import DAMAGED, error_code

if TYPE_CHECKING:
    from botocore.awsrequest import AWSPreparedRequest, AWSResponse
    from mypy_boto3_s3.client import S3Client
    from urllib3 import HTTPConnectionPool

SMALL = 128 * 1024
"""Bytes that a server takes in even when it refuses them; Go's, which most are built on, reads twice as many."""


def send_small_at_once(client: S3Client) -> None:
    """Send small bodies together with their headers.

    The library would first ask whether they are welcome (``Expect: 100-continue``) and wait for the answer, which
    takes as long again as the request.
    """

    def leave_out(params: dict[str, Any], **_: object) -> None:
        body = params["body"]
        if isinstance(body, BytesIO) and len(body.getvalue()) <= SMALL:
            params["headers"].pop("Expect", None)

    cast("Any", client).meta.events.register_last("before-call.s3", leave_out)


def repeat_damaged(client: S3Client, most: int) -> None:
    """Send what the server says arrived changed again, up to ``most`` times; the library repeats other faults only."""

    def decide(attempts: int, response: tuple[object, Any] | None, **_: object) -> float | None:
        damaged = response is not None and error_code(response[1]) in DAMAGED
        return float(attempts) if damaged and attempts < most else None

    cast("Any", client).meta.events.register("needs-retry.s3", decide)


def sign_digests(client: S3Client) -> None:
    """Sign the MD5 of what is sent, not once more its SHA-256: over https the library does so by itself."""
    unsigned = with_unsigned_bodies(client)

    def leave_out(request: AWSPreparedRequest, **_: object) -> None:
        if "Content-MD5" in request.headers:
            cast("Any", request).context["client_config"] = unsigned

    cast("Any", client).meta.events.register("before-sign.s3", leave_out)


def with_unsigned_bodies(client: S3Client) -> Config:
    """The client's settings, but for the signature of bodies: only their MD5 is signed."""
    config: Config = cast("Any", client).meta.config
    return config.merge(Config(s3=cast("Any", config).s3 | {"payload_signing_enabled": False}))


def set_deadlines(client: S3Client, limits: Limits) -> None:
    """Send every request with a deadline: what trickles is given up and, like other faults, tried again."""
    transport = cast("Any", client)._endpoint.http_session

    def transmit(request: AWSPreparedRequest, **_: object) -> AWSResponse:
        body, size = request.body, 0
        if isinstance(body, Paced):
            body.start()
            size = body.size
        elif isinstance(body, bytes):
            size = len(body)
        try:
            reply: AWSResponse = within(limits.deadline_s(size), lambda: transport.send(request))
        except StalledError as error:
            raise ReadTimeoutError(endpoint_url=request.url, error=error) from error
        return reply

    cast("Any", client).meta.events.register("before-send.s3", transmit)


def connections(client: S3Client, url: str) -> HTTPConnectionPool | None:
    """The client's own connections to the server of ``url``, with its certificates, for requests beside the client.

    ``None`` where requests go through a proxy, or a later version of the library keeps its connections elsewhere.
    """
    try:
        transport = cast("Any", client)._endpoint.http_session
        if transport._proxy_config.proxy_url_for(url):
            return None
        pool: HTTPConnectionPool = transport._manager.connection_from_url(url)
        transport._setup_ssl_cert(pool, url, transport._verify)
    except AttributeError:
        return None
    return pool
