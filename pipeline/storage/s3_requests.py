"""Where requests to S3 differ from what the client library would do by itself, by its events."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING, Any, cast

from pipeline.storage.s3_errors import DAMAGED, error_code

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

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
