"""Hostile caption files: bounded time and memory, and plain text or a clear error at the end."""

from __future__ import annotations

import resource
import time
from collections.abc import Iterator

import pytest

from pipeline.captions import export, readers, webvtt
from pipeline.captions.clean import clean
from pipeline.errors import CaptionError

SECONDS = 60
MEGABYTES = 700


@pytest.fixture(autouse=True)
def bounded() -> Iterator[None]:
    """Every test here ends within a minute, and the process needs less than 700 MB more than before."""
    started, before = time.process_time(), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    yield
    assert time.process_time() - started < SECONDS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MEGABYTES * 1024


def through(content: bytes) -> str:
    """Everything that is done to a caption file; the WebVTT that comes out."""
    (track,) = readers.read("hostile.vtt", content)
    cues = clean(track, 3_600_000).cues
    export.subrip(cues)
    export.transcript(cues)
    return webvtt.write(cues, "en").decode()


def refused(content: bytes, message: str) -> None:
    with pytest.raises(CaptionError, match=message):
        through(content)


def cue(text: str) -> bytes:
    return f"WEBVTT\n\n00:00.000 --> 00:05.000\n{text}\n".encode()


def test_a_cue_of_50_mb() -> None:
    """Refused by the size of the file, before anything looks inside."""
    refused(cue("x" * 50_000_000), "at most 16777216 are read")


def test_a_cue_of_10_mb() -> None:
    """A file of allowed size with one endless line."""
    refused(cue("word " * 2_000_000), "at most 10000 are read")
    refused(cue("<" * 10_000_000), "no captions|at most 10000")


def test_a_million_cues() -> None:
    """A bound on the number of cues, in each of the line formats."""
    refused(b"WEBVTT\n\n" + b"00:00.000 --> 00:01.000\nx\n\n" * 1_000_000, "bytes; at most")
    refused(b"WEBVTT\n\n" + b"00:00.000 --> 00:01.000\nx\n\n" * 110_000, "more than 100000 cues")
    refused(b"0:0,1-->0:1,2\n" * 1_000_000, "more than 100000 cues")
    refused(b"{1}{2}x\n" * 110_000, "more than 100000 cues")


def test_as_many_short_cues_as_allowed() -> None:
    """The largest number of cues that is read is also cleaned in time."""
    lines = (f"{i // 3600:02}:{i // 60 % 60:02}:{i % 60:02}.000 --> 00:00:00.000\nword {i}\n\n" for i in range(99_000))
    assert "word 3599" in through(("WEBVTT\n\n" + "".join(lines)).encode())


def test_as_much_text_as_allowed_in_the_slowest_script() -> None:
    """Two million Chinese characters in cues that all have to be cut."""
    text = "全球生物多样性信息网络，" * 800
    cues = "".join(
        f"00:{i // 60:02}:{i % 60:02}.000 --> 00:{i // 60:02}:{i % 60:02}.900\n{text}\n\n" for i in range(200)
    )
    assert "全球" in through(("WEBVTT\n\n" + cues).encode())


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "<img src=x onerror=alert(1)>word",
        "<v <script>alert(1)</script>>word",
        "<v Ana\u202e>word</v>",
        "<c>" * 3000 + "word",
        "<ruby><rt>" * 900 + "word",
        "word --&gt; word",
        "word\x00\x1b[31m\u2028word\u0085",
        "<i" + ">" * 5000 + "word",
        "&" * 5000 + "word",
        "&#0; &#xD800; &#x110000; &#99999999; word",
    ],
)
def test_markup_is_gone_or_escaped(text: str) -> None:
    """No tag but our own voices, no control character, no arrow that could begin a cue comes out."""
    out = through(cue(text))
    body = out.partition("\n\n")[2].partition("\n\n")[2]
    for line in body.split("\n"):
        payload = line if " --> " not in line[:20] else ""
        assert "<" not in payload.removeprefix("<v ")
        assert "-->" not in payload
        assert payload.isprintable()


def test_every_byte_value() -> None:
    """Noise is text of some sort, or refused; it never raises anything else."""
    noise = bytes(range(256)) * 40
    for content in (noise, b"WEBVTT\n\n" + noise, b"WEBVTT\n\n00:00.000 --> 00:05.000\n" + noise, b"\xff\xfe" + noise):
        try:
            through(content)
        except CaptionError:
            continue


ENTITIES = "".join(f'<!ENTITY x{i} "{f"&x{i - 1};" * 10}">' for i in range(1, 10))
SECRET = '<!ENTITY secret SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize(
    ("head", "body"),
    [
        (f'<!DOCTYPE tt [<!ENTITY x0 "lol">{ENTITIES}]>', "&x9;"),
        (f"<!DOCTYPE tt [{SECRET}]>", "&secret;"),
        ('<!DOCTYPE tt SYSTEM "http://127.0.0.1/x.dtd">', "x"),
    ],
    ids=["bomb", "file", "address"],
)
def test_entities_are_refused(head: str, body: str) -> None:
    """Entity bombs, files and addresses in document types end at the declaration."""
    refused(f'{head}<tt xmlns="http://www.w3.org/ns/ttml"><body><p>{body}</p></body></tt>'.encode(), "entities")


def test_deep_nesting() -> None:
    """Neither XML nor JSON that is nested a hundred thousand deep breaks anything."""
    deep = 100_000
    refused(b"<tt><body>" + b"<div>" * deep + b"</div>" * deep + b"</body></tt>", "nested deeper|well-formed")
    refused(b"<tt><body><p>" + b"<span>" * deep + b"</span>" * deep + b"</p></body></tt>", "nested deeper|well-formed")
    refused(b'{"segments":' + b"[" * deep, "not JSON")
    refused(b"<sami><body>" + b"<sync start=1><p>" * deep, "no captions")


def test_numbers_beyond_all_bounds() -> None:
    """Times of absurd size are refused or left out, never computed with for long."""
    refused(b'{"segments": [{"start": 1e308, "end": 2, "text": "x"}]}', "no captions of a known kind")
    refused(b'{"segments": [{"start": NaN, "end": 2, "text": "x"}]}', "no captions of a known kind")
    digits = b"9" * 5000
    refused(b"WEBVTT\n\n" + digits + b":00:00.000 --> " + digits + b":00:01.000\nx\n", "no captions")
