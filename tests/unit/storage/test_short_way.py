"""What goes out on the short way is what the client library would have sent."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from hashlib import md5

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config
from botocore.exceptions import ConnectTimeoutError

from pipeline.storage.limits import Bandwidth, Limits
from pipeline.storage.s3_requests import SMALL, send_small_at_once, set_deadlines, sign_digests
from pipeline.storage.s3_short import ShortWay

LIBRARYS_OWN = {"amz-sdk-invocation-id", "amz-sdk-request"}
CHANGING = {"X-Amz-Date"}
KEY = "some prefix/e/r ü+%25~(1)&'*!/index.html"


class Wire:
    """Stands for the connections: keeps what is sent and answers what it is told to."""

    def __init__(self) -> None:
        self.sent: list[AWSPreparedRequest] = []
        self.answer: Callable[[str], AWSResponse] = plain

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Answer a request."""
        self.sent.append(request)
        return self.answer(request.url)


class Body:
    """The body of a reply."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def stream(self) -> list[bytes]:
        """All of it."""
        return [self._data]


def plain(url: str) -> AWSResponse:
    return AWSResponse(url, 200, {"ETag": '"abc"'}, Body(b""))


def arguments(bucket: str, data: bytes, **more: str) -> dict[str, object]:
    return {
        "Bucket": bucket,
        "Key": KEY,
        "ContentType": "text/html; charset=utf-8",
        "CacheControl": "no-cache",
        "Metadata": {"sha256": "ab" * 32, "write": "0123456789abcdef"},
        "ContentMD5": b64encode(md5(data, usedforsecurity=False).digest()).decode(),
        "ChecksumSHA256": b64encode(b"x" * 32).decode(),
        **more,
    }


def ways(region: str, endpoint: str | None, style: str = "auto", token: str | None = None):
    """A client, a short way beside it, and the wire of both."""
    client = boto3.client(
        "s3",
        region_name=region,
        endpoint_url=endpoint,
        aws_access_key_id="AKIATEST",
        aws_secret_access_key="secret",
        aws_session_token=token,
        config=Config(
            signature_version="s3v4",
            request_checksum_calculation="when_required",
            user_agent="Test/1",
            s3={"addressing_style": style},
        ),
    )
    wire = client._endpoint.http_session = Wire()
    sign_digests(client)
    send_small_at_once(client)
    set_deadlines(client, Limits())
    return client, ShortWay(client, Limits(), Bandwidth(None)), wire


def told(request: AWSPreparedRequest) -> dict[str, str]:
    """The headers, with the signature cut off: it depends on the second."""
    headers = {name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()}
    headers["Authorization"] = headers["Authorization"].partition("Signature=")[0]
    return {name: value for name, value in headers.items() if name not in LIBRARYS_OWN | CHANGING}


def content(request: AWSPreparedRequest) -> bytes:
    sent = request.body or b""
    return sent if isinstance(sent, bytes) else sent.getvalue()


@pytest.mark.parametrize(
    ("bucket", "region", "endpoint", "style", "token"),
    [
        ("talks", "us-east-1", None, "auto", None),
        ("talks", "eu-west-1", None, "auto", "session token"),
        ("talks.example.org", "eu-west-1", None, "auto", None),
        ("talks--usw2-az1--x-s3", "us-west-2", None, "auto", None),
        ("talks", "us-gov-west-1", None, "auto", None),
        ("talks", "auto", "https://account.r2.example.com", "path", None),
        ("talks", "us-east-1", "http://127.0.0.1:8333/talks/s3", "path", "session token"),
        ("talks", "us-east-1", "https://s3.example.net", "virtual", None),
    ],
)
@pytest.mark.parametrize("guard", [{}, {"IfNoneMatch": "*"}, {"IfMatch": '"0123"'}])
def test_the_same_request_goes_out(
    bucket: str, region: str, endpoint: str | None, style: str, token: str | None, guard: dict[str, str]
) -> None:
    """Address, headers, body, what is signed and for which region: but for the library's numbering all is the same."""
    client, short, wire = ways(region, endpoint, style, token)
    for data in (b"<!doctype html>", b""):
        client.put_object(**arguments(bucket, data, **guard), Body=data)
        assert short.put(arguments(bucket, data, **guard), data) == '"abc"'
        by_library, by_short_way = wire.sent[-2:]
        assert by_short_way.url == by_library.url
        assert by_short_way.method == by_library.method == "PUT"
        assert told(by_short_way) == told(by_library)
        assert content(by_short_way) == content(by_library) == data


def test_nothing_is_tried_before_the_library_has_shown_how() -> None:
    """Before the first put of the library the address is not known; a presigned address teaches nothing."""
    client, short, wire = ways("eu-west-1", None)
    client.generate_presigned_url("put_object", Params={"Bucket": "talks", "Key": KEY})
    assert short.put(arguments("talks", b""), b"") is None
    assert wire.sent == []


@pytest.mark.parametrize(("size", "count"), [(SMALL, 1), (SMALL + 1, 0)])
def test_large_bodies_go_the_long_way(size: int, count: int) -> None:
    """A body that should ask whether it is welcome is left to the library."""
    client, short, wire = ways("eu-west-1", None)
    client.put_object(**arguments("talks", b""), Body=b"")
    short.put(arguments("talks", bytes(size)), bytes(size))
    assert len(wire.sent) == 1 + count


def refusing(url: str) -> AWSResponse:
    raise ConnectTimeoutError(endpoint_url=url)


@pytest.mark.parametrize(
    "answer",
    [
        refusing,
        lambda url: AWSResponse(url, 200, {}, Body(b"")),
        lambda url: AWSResponse(url, 200, {"ETag": '"abc"'}, Body(b"<Error/>")),
        lambda url: AWSResponse(url, 204, {"ETag": '"abc"'}, Body(b"")),
        lambda url: AWSResponse(url, 307, {"ETag": '"abc"', "Location": "https://elsewhere.example"}, Body(b"")),
        lambda url: AWSResponse(url, 412, {"ETag": '"abc"'}, Body(b"")),
        lambda url: AWSResponse(url, 503, {}, Body(b"")),
    ],
    ids=["exception", "no etag", "error in 200", "204", "redirect", "condition", "busy"],
)
def test_anything_but_plain_success_is_nothing(answer: Callable[[str], AWSResponse]) -> None:
    """It is tried once, without a word; after eight failures in a row not at all, but one success starts anew."""
    client, short, wire = ways("eu-west-1", None)
    client.put_object(**arguments("talks", b""), Body=b"")
    for _ in range(2):
        wire.answer = answer
        assert [short.put(arguments("talks", b""), b"") for _ in range(7)] == [None] * 7
        wire.answer = plain
        assert short.put(arguments("talks", b""), b"") == '"abc"'
    wire.answer = answer
    before = len(wire.sent)
    assert [short.put(arguments("talks", b""), b"") for _ in range(20)] == [None] * 20
    wire.answer = plain
    assert short.put(arguments("talks", b""), b"") is None
    assert len(wire.sent) == before + 8


def test_where_a_bucket_moved_is_learned() -> None:
    """After a redirect that the library followed, the short way leads to the new address and region."""
    client, short, wire = ways("us-east-1", None)
    client.put_object(**arguments("talks", b""), Body=b"")
    moved = {"x-amz-bucket-region": "eu-west-1"}
    wire.answer = lambda url: plain(url) if "eu-west-1" in url else AWSResponse(url, 301, moved, Body(b""))
    assert short.put(arguments("talks", b""), b"") is None
    client.put_object(**arguments("talks", b""), Body=b"")
    assert short.put(arguments("talks", b""), b"") == '"abc"'
    assert "eu-west-1" in wire.sent[-1].url
    assert "/eu-west-1/s3/" in told(wire.sent[-1])["Authorization"]
