"""How a bucket must be set up for publishing: policy, CORS and lifecycle as documents. Pure.

Documents are merged into what the bucket has: rules of other people stay, rules of ours (known by their name) are
replaced. ``S3Store.setup`` reads and applies them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_NAME = "AftertalkPublicRead"
_LIFECYCLE = "aftertalk-unfinished-uploads"
_EXPOSED = ["Content-Length", "Content-Range", "Accept-Ranges", "ETag"]
Document = dict[str, Any]


@dataclass(frozen=True)
class Setup:
    """The three documents of a bucket, in the form of the S3 API; empty where there is none."""

    policy: Document
    cors: list[Document]
    lifecycle: list[Document]


def merged(present: Setup, bucket: str, prefix: str, *, origins: Sequence[str] = ("*",)) -> Setup:
    """What a bucket should have.

    Everybody may read below ``prefix``, pages of ``origins`` may use the media, and uploads that nobody finishes go
    after a day. ``prefix`` is empty or ends in ``/``.
    """
    statement = {
        "Sid": _NAME,
        "Effect": "Allow",
        "Principal": "*",
        "Action": "s3:GetObject",
        "Resource": f"arn:aws:s3:::{bucket}/{prefix}*",
    }
    others = [one for one in present.policy.get("Statement", []) if one.get("Sid") != _NAME]
    reading = {
        "AllowedOrigins": list(origins),
        "AllowedMethods": ["GET", "HEAD"],
        "AllowedHeaders": ["*"],
        "ExposeHeaders": _EXPOSED,
        "MaxAgeSeconds": 86400,
    }
    cors = [one for one in present.cors if not _is_covered(one, reading)]
    tidy = {
        "ID": _LIFECYCLE,
        "Status": "Enabled",
        "Filter": {"Prefix": prefix},
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
    }
    return Setup(
        policy={"Version": "2012-10-17", **present.policy, "Statement": [*others, statement]},
        cors=[*cors, reading],
        lifecycle=[*(one for one in present.lifecycle if one.get("ID") != _LIFECYCLE), tidy],
    )


def describe(present: Setup, needed: Setup) -> Iterator[str]:
    """The difference in words, each document that must change in full."""
    for name, before, after in (
        ("policy", present.policy, needed.policy),
        ("CORS rules", present.cors, needed.cors),
        ("lifecycle rules", present.lifecycle, needed.lifecycle),
    ):
        if before == after:
            yield f"{name}: as needed"
        else:
            yield f"{name}: to be\n{json.dumps(after, indent=2)}"


def publisher_policy(bucket: str, prefix: str) -> Document:
    """The least rights that publishing needs, for the user or role whose credentials it runs with."""
    inside = f"arn:aws:s3:::{bucket}/{prefix}*"
    return {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Sid": "AftertalkObjects",
                "Effect": "Allow",
                "Action": [
                    "s3:GetObject",
                    "s3:PutObject",
                    "s3:DeleteObject",
                    "s3:DeleteObjectVersion",
                    "s3:AbortMultipartUpload",
                    "s3:ListMultipartUploadParts",
                ],
                "Resource": [inside],
            },
            {
                "Sid": "AftertalkBucket",
                "Effect": "Allow",
                "Action": [
                    "s3:ListBucket",
                    "s3:ListBucketVersions",
                    "s3:ListBucketMultipartUploads",
                    "s3:GetBucketVersioning",
                ],
                "Resource": [f"arn:aws:s3:::{bucket}"],
            },
        ],
    }


def _is_covered(rule: Mapping[str, Any], by: Mapping[str, Any]) -> bool:
    """Whether a CORS rule allows nothing that the other does not."""
    names = ("AllowedOrigins", "AllowedMethods")
    return all(set(rule.get(name, [])) <= set(by[name]) for name in names)
