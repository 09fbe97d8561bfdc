"""What goes out on the short way is what the client library would have sent."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import md5
from io import BytesIO
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from pipeline.storage.limits import Bandwidth, Limits
from pipeline.storage.s3_requests import SMALL, send_small_at_once, set_deadlines, sign_digests
from pipeline.storage.s3_short import ShortWay

LIBRARYS_OWN = {"amz-sdk-invocation-id", "amz-sdk-request"}
CHANGING = {"X-Amz-Date"}
KEY = "some prefix/e/r ü+%25~(1)&'*!/index.html"


@dataclass(frozen=True)
class Sent:
    """A request as it goes out."""

    method: str
    url: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """A reply."""

    status: int
    headers: dict[str, str]
    body: bytes = b""


PLAIN = Answer(200, {"ETag": '"abc"'})


class Transport:
    """Stands for the library's transport, and for its connections: keeps what is sent, answers what it is told to."""

    def __init__(self) -> None:
        self.sent: list[Sent] = []
        self.answer: Callable[[str], Answer] = lambda _: PLAIN
        self.proxy = ""
        self.verified: list[tuple[str, bool]] = []
        self._verify = True
        self._manager = self._proxy_config = self

    def send(self, request: AWSPreparedRequest) -> AWSResponse:
        """Answer a request of the library."""
        headers = {
            name: value.decode() if isinstance(value, bytes) else value for name, value in request.headers.items()
        }
        body = request.body or b""
        body = body if isinstance(body, bytes) else body.getvalue()
        answer = self.reply(Sent(request.method, request.url, {"Host": urlsplit(request.url).netloc, **headers}, body))
        raw = BytesIO(answer.body)
        raw.stream = lambda: iter([answer.body])  # type: ignore[attr-defined]
        return AWSResponse(request.url, answer.status, answer.headers, raw)

    def reply(self, sent: Sent) -> Answer:
        """Answer any request."""
        self.sent.append(sent)
        return self.answer(sent.url)

    def proxy_url_for(self, url: str) -> str:
        """The proxy before a server."""
        return self.proxy

    def connection_from_url(self, url: str) -> Connection:
        """A pool of one connection."""
        return Connection(self, url[: -len(urlsplit(url).path)])

    def _setup_ssl_cert(self, pool: Connection, url: str, verify: bool) -> None:
        self.verified.append((pool.server, verify))


class Connection:
    """A connection, its socket, and the pool it is taken from."""

    def __init__(self, transport: Transport, server: str) -> None:
        self.server = server
        self.sock: Connection | None = None
        self.taken = 0
        self._transport = transport
        self._reply = b""

    def _get_conn(self) -> Connection:
        self.taken += 1
        return self

    def _put_conn(self, connection: Connection) -> None:
        self.taken -= 1

    def connect(self) -> None:
        self.sock = self

    def close(self) -> None:
        self.sock = None

    def settimeout(self, seconds: float) -> None:
        assert seconds > 0

    def send(self, message: memoryview) -> int:
        head, _, body = bytes(message).partition(b"\r\n\r\n")
        request, *lines = head.decode("ascii").split("\r\n")
        method, target, version = request.split(" ")
        assert version == "HTTP/1.1"
        headers = dict(line.split(": ", 1) for line in lines)
        answer = self._transport.reply(Sent(method, self.server + target, headers, body))
        told = {"Content-Length": str(len(answer.body)), **answer.headers}
        reply = "".join(f"{name}: {value}\r\n" for name, value in told.items())
        self._reply = f"HTTP/1.1 {answer.status} Whatever\r\n{reply}\r\n".encode() + answer.body
        return len(message)

    def recv(self, size: int) -> bytes:
        reply, self._reply = self._reply, b""
        return reply


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
    """A client, a short way beside it, and the transport of both."""
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
    transport = client._endpoint.http_session = Transport()
    sign_digests(client)
    send_small_at_once(client)
    set_deadlines(client, Limits())
    return client, ShortWay(client, Limits(), Bandwidth(None)), transport


def told(request: Sent) -> dict[str, str]:
    """The headers, with the signature cut off: it depends on the second."""
    headers = {**request.headers, "Authorization": request.headers["Authorization"].partition("Signature=")[0]}
    return {name: value for name, value in headers.items() if name not in LIBRARYS_OWN | CHANGING}


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
    client, short, transport = ways(region, endpoint, style, token)
    for data in (b"<!doctype html>", b""):
        client.put_object(**arguments(bucket, data, **guard), Body=data)
        assert short.put(arguments(bucket, data, **guard), data) == '"abc"'
        by_library, by_short_way = transport.sent[-2:]
        assert by_short_way.url == by_library.url
        assert by_short_way.method == by_library.method == "PUT"
        assert told(by_short_way) == told(by_library)
        assert by_short_way.body == by_library.body == data


def test_nothing_is_tried_before_the_library_has_shown_how() -> None:
    """Before the first put of the library the address is not known; a presigned address teaches nothing."""
    client, short, transport = ways("eu-west-1", None)
    client.generate_presigned_url("put_object", Params={"Bucket": "talks", "Key": KEY})
    assert short.put(arguments("talks", b""), b"") is None
    assert transport.sent == []


@pytest.mark.parametrize(("size", "count"), [(SMALL, 1), (SMALL + 1, 0)])
def test_large_bodies_go_the_long_way(size: int, count: int) -> None:
    """A body that should ask whether it is welcome is left to the library."""
    client, short, transport = ways("eu-west-1", None)
    client.put_object(**arguments("talks", b""), Body=b"")
    short.put(arguments("talks", bytes(size)), bytes(size))
    assert len(transport.sent) == 1 + count


def refusing(url: str) -> Answer:
    raise ConnectionRefusedError(url)


@pytest.mark.parametrize(
    "answer",
    [
        refusing,
        lambda _: Answer(200, {}),
        lambda _: Answer(200, {"ETag": '"abc"'}, b"<Error/>"),
        lambda _: Answer(204, {"ETag": '"abc"'}),
        lambda _: Answer(307, {"ETag": '"abc"', "Location": "https://elsewhere.example"}),
        lambda _: Answer(412, {"ETag": '"abc"'}),
        lambda _: Answer(503, {}),
    ],
    ids=["exception", "no etag", "error in 200", "204", "redirect", "condition", "busy"],
)
def test_anything_but_plain_success_is_nothing(answer: Callable[[str], Answer]) -> None:
    """It is tried once, without a word; after eight failures in a row not at all, but one success starts anew."""
    client, short, transport = ways("eu-west-1", None)
    client.put_object(**arguments("talks", b""), Body=b"")
    for _ in range(2):
        transport.answer = answer
        assert [short.put(arguments("talks", b""), b"") for _ in range(7)] == [None] * 7
        transport.answer = lambda _: PLAIN
        assert short.put(arguments("talks", b""), b"") == '"abc"'
    transport.answer = answer
    before = len(transport.sent)
    assert [short.put(arguments("talks", b""), b"") for _ in range(20)] == [None] * 20
    transport.answer = lambda _: PLAIN
    assert short.put(arguments("talks", b""), b"") is None
    assert len(transport.sent) == before + 8


def test_where_a_bucket_moved_is_learned() -> None:
    """After a redirect that the library followed, the short way leads to the new address and region."""
    client, short, transport = ways("us-east-1", None)
    client.put_object(**arguments("talks", b""), Body=b"")
    moved = {"x-amz-bucket-region": "eu-west-1"}
    transport.answer = lambda url: PLAIN if "eu-west-1" in url else Answer(301, moved)
    assert short.put(arguments("talks", b""), b"") is None
    client.put_object(**arguments("talks", b""), Body=b"")
    assert short.put(arguments("talks", b""), b"") == '"abc"'
    assert "eu-west-1" in transport.sent[-1].url
    assert "/eu-west-1/s3/" in told(transport.sent[-1])["Authorization"]


def test_connections_are_verified_as_the_library_does() -> None:
    """Certificates are checked by the client's own settings, and each connection goes back to its pool."""
    client, short, transport = ways("eu-west-1", None)
    client.put_object(**arguments("talks", b""), Body=b"")
    assert short.put(arguments("talks", b""), b"") == '"abc"'
    assert transport.verified == [("https://talks.s3.eu-west-1.amazonaws.com", True)]
    assert short._route is not None
    assert short._route.pool.taken == 0


def test_a_proxy_is_left_to_the_library() -> None:
    """What a proxy must be told, and whether it must be used, is not known here."""
    client, short, transport = ways("eu-west-1", None)
    transport.proxy = "http://proxy.example:3128"
    client.put_object(**arguments("talks", b""), Body=b"")
    assert short.put(arguments("talks", b""), b"") is None
    assert len(transport.sent) == 1


def test_a_library_built_otherwise_is_left_alone() -> None:
    """Where a later version keeps its connections elsewhere, everything goes the long way."""
    client, short, transport = ways("eu-west-1", None)
    del transport._manager
    client.put_object(**arguments("talks", b""), Body=b"")
    assert short.put(arguments("talks", b""), b"") is None
