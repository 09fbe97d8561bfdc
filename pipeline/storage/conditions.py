"""Whether an S3 server honours conditional writes: tried, not assumed. Several take them and ignore them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.storage.protocol import Capabilities
from pipeline.storage.s3_errors import CONFLICT, UNSUPPORTED, error_code

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client


def probe(client: S3Client, bucket: str, key: str) -> Capabilities:
    """Find out by writes that must be refused whether conditions are honoured.

    The probe object stays, so that probes need no preparation, and no two of them disturb each other.
    """

    def refused(**guard: Any) -> bool:
        try:
            client.put_object(Bucket=bucket, Key=key, Body=b"Aftertalk tries conditional writes here.\n", **guard)
        except client.exceptions.ClientError as error:
            if error_code(error.response) in CONFLICT | UNSUPPORTED:
                return error_code(error.response) in CONFLICT
            raise
        return False

    creates = refused(IfNoneMatch="*") or refused(IfNoneMatch="*")
    return Capabilities(creates=creates, swaps=refused(IfMatch='"00000000000000000000000000000000"'))
