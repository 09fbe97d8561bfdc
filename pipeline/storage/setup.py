"""Read and change how a bucket is set up; what it should be is decided in ``bucket.py``."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar, cast

from pipeline.storage.bucket import Setup
from pipeline.storage.s3_errors import error_code

if TYPE_CHECKING:
    from mypy_boto3_s3.client import S3Client

T = TypeVar("T")
_MISSING = frozenset({"NoSuchBucketPolicy", "NoSuchCORSConfiguration", "NoSuchLifecycleConfiguration", "404"})


def read_setup(client: S3Client, bucket: str) -> Setup:
    """The bucket's policy, CORS rules and lifecycle rules.

    Raises:
        ClientError: the server refused.
    """

    def optional(read: Callable[[], T], missing: T) -> T:
        try:
            return read()
        except client.exceptions.ClientError as error:
            if error_code(error.response) not in _MISSING:
                raise
            return missing

    loose = cast("Any", client)  # plain documents in and out, whatever fields they have
    return Setup(
        policy=json.loads(optional(lambda: loose.get_bucket_policy(Bucket=bucket)["Policy"], "{}")),
        cors=optional(lambda: loose.get_bucket_cors(Bucket=bucket)["CORSRules"], []),
        lifecycle=optional(lambda: loose.get_bucket_lifecycle_configuration(Bucket=bucket)["Rules"], []),
    )


def apply_setup(client: S3Client, bucket: str, setup: Setup) -> None:
    """Give the bucket this policy, these CORS rules and these lifecycle rules.

    Raises:
        ClientError: the server refused.
    """
    loose = cast("Any", client)
    loose.put_bucket_policy(Bucket=bucket, Policy=json.dumps(setup.policy))
    loose.put_bucket_cors(Bucket=bucket, CORSConfiguration={"CORSRules": setup.cors})
    loose.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": setup.lifecycle})
