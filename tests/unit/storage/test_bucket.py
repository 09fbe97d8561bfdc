"""Bucket documents, error meanings, limits: pure parts."""

from __future__ import annotations

import json
import multiprocessing
import threading
import time

import pytest

from pipeline.storage.bucket import Setup, merged, publisher_policy
from pipeline.storage.limits import Bandwidth, Limits, Paced, StalledError, within
from pipeline.storage.s3_errors import store_error

EMPTY = Setup(policy={}, cors=[], lifecycle=[])


def test_a_fresh_bucket_gets_three_documents() -> None:
    """Reading below the prefix and nowhere else, CORS for GET and HEAD, unfinished uploads removed after a day."""
    setup = merged(EMPTY, "bucket", "site/", origins=["https://example.org"])
    (statement,) = setup.policy["Statement"]
    assert statement["Action"] == "s3:GetObject"
    assert statement["Resource"] == "arn:aws:s3:::bucket/site/*"
    assert setup.cors[0]["AllowedMethods"] == ["GET", "HEAD"]
    assert setup.lifecycle[0]["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


def test_rules_of_others_stay() -> None:
    """Documents that a bucket has already are added to, and setting up twice is the same as once."""
    theirs = Setup(
        policy={"Version": "2012-10-17", "Id": "x", "Statement": [{"Sid": "Theirs", "Effect": "Deny"}]},
        cors=[{"AllowedOrigins": ["https://app.example"], "AllowedMethods": ["PUT"]}],
        lifecycle=[{"ID": "theirs", "Status": "Enabled"}],
    )
    once = merged(theirs, "bucket", "")
    assert once.policy["Id"] == "x"
    assert once.policy["Statement"][0] == theirs.policy["Statement"][0]
    assert once.cors[0] == theirs.cors[0]
    assert once.lifecycle[0] == theirs.lifecycle[0]
    assert merged(once, "bucket", "") == once


def test_the_publisher_gets_no_more_than_it_needs() -> None:
    """No wildcard action, objects only below the prefix."""
    policy = publisher_policy("bucket", "site/")
    actions = [action for statement in policy["Statement"] for action in statement["Action"]]
    assert not any("*" in action for action in actions)
    assert policy["Statement"][0]["Resource"] == ["arn:aws:s3:::bucket/site/*"]
    json.dumps(policy)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("NoSuchBucket", "create the bucket"),
        ("RequestTimeTooSkewed", "clock"),
        ("ExpiredToken", "sign in again"),
        ("InvalidAccessKeyId", "AWS_ACCESS_KEY_ID"),
        ("403", "docs/storage.md"),
        ("507", "free space"),
        ("NoCredentialsError", "AWS_PROFILE"),
        ("PermanentRedirect", "AWS_REGION"),
        ("SomethingNew", "run the command again"),
    ],
)
def test_each_error_says_what_to_do(code: str, words: str) -> None:
    """Whatever a server answers, the message has a hint."""
    error = store_error("s3://bucket", code, operation="PutObject", status=400)
    assert words in error.hint
    assert code in error.context


def test_a_call_that_does_not_end_is_left_alone() -> None:
    """The caller goes on after the deadline; results and errors of calls in time come through."""
    begun = time.monotonic()
    with pytest.raises(StalledError):
        within(0.05, lambda: time.sleep(5))
    assert time.monotonic() - begun < 2
    assert within(5, lambda: 42) == 42
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)


def test_calls_share_threads_except_with_one_that_does_not_end() -> None:
    """Calls one after another cost one thread; the one that stalls is used by nobody else, and ends with its call."""
    first = within(5, threading.current_thread)
    assert within(5, threading.current_thread) is first
    with pytest.raises(ZeroDivisionError):
        within(5, lambda: 1 // 0)
    assert within(5, threading.current_thread) is first
    go_on = threading.Event()
    with pytest.raises(StalledError):
        within(0.05, go_on.wait)
    assert within(5, threading.current_thread) is not first
    assert first.is_alive()
    go_on.set()
    first.join(5)
    assert not first.is_alive()


def test_a_forked_process_has_threads_of_its_own() -> None:
    """Threads do not survive a fork: the calls of a copy of this process do not wait for those of the original."""
    within(5, lambda: None)
    child = multiprocessing.get_context("fork").Process(target=within, args=(5, lambda: None))
    child.start()
    child.join(10)
    assert child.exitcode == 0


def test_a_deadline_grows_with_the_content() -> None:
    """A thin line has time enough for a large part, a small request must be answered soon."""
    limits = Limits(stall_s=60, slowest=4096)
    assert limits.deadline_s(0) == 60
    assert limits.deadline_s(8 * 1024 * 1024) > 2000


def test_a_deadline_leaves_time_for_the_bandwidth_asked_for() -> None:
    """Who allows 10 kB/s for everything does not have each of many objects counted as stalled."""
    size = 8 * 1024 * 1024
    assert Limits(bandwidth=10_000).deadline_s(size) > 32 * size / 10_000
    assert Limits(bandwidth=10_000_000).deadline_s(size) == Limits().deadline_s(size)


def test_a_body_is_paced_only_while_it_is_sent() -> None:
    """Signing reads at full speed, sending at the bandwidth, and going back starts over."""
    body = Paced(bytes(30_000), Bandwidth(100_000))
    begun = time.monotonic()
    assert len(body.read()) == 30_000
    body.seek(0)
    assert time.monotonic() - begun < 0.1
    body.start()
    while body.read(10_000):
        pass
    assert 0.15 <= time.monotonic() - begun < 3
