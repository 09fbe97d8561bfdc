"""Damaged caption files: whatever is changed in a file of any format, it is read or refused, never anything else."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from random import Random

import pytest

from pipeline.captions import export, readers, webvtt
from pipeline.captions.clean import clean
from pipeline.errors import CaptionError
from tests.unit.captions.test_readers import stl, stl_block

SAMPLES = {
    "webvtt": "WEBVTT\nKind: captions\n\nNOTE x\n\n1\n00:01.000 --> 00:02.500 line:90%\n"
    "<v Ana>Hello <i>there</i> &amp;\n"
    "\n00:03.000 --> 00:04.000\n<00:03.500><c>rolling</c>\n",
    "subrip": "1\n00:00:01,000 --> 00:00:02,500\n<font color=red>Hello</font>\n\n"
    "2\n00:00:03,000 --> 00:00:04,000\nBye\n",
    "sbv": "0:00:01.000,0:00:02.500\nHello[br]there\n",
    "ass": "[Script Info]\n\n[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, "
    "MarginV, Effect, Text\n"
    "Dialogue: 0,0:00:01.00,0:00:02.50,Default,Ana,0,0,0,,{\\an8\\p0}Hello\\Nthere\n",
    "microdvd": "{1}{1}25.000\n{25}{62}{y:i}Hello|there\n{75}{100}Bye\n",
    "ttml": '<?xml version="1.0"?><tt xmlns="http://www.w3.org/ns/ttml" xml:lang="en" '
    'xmlns:ttp="http://www.w3.org/ns/ttml#parameter" ttp:frameRate="25" ttp:tickRate="1000"><body><div>'
    '<p begin="00:00:01:12" end="2.5s">Hello<br/><span>there</span></p>'
    '<p begin="3000t" dur="1s">Bye</p></div></body></tt>',
    "sami": "<SAMI><HEAD><STYLE><!-- .EN {lang: en-US;} --></STYLE></HEAD><BODY><SYNC Start=1000><P Class=EN>Hello<br>"
    "<SYNC Start=2500><P Class=EN>&nbsp;</BODY></SAMI>",
    "scc": "Scenarist_SCC V1.0\n\n00:00:01;00\t9420 9420 9470 c8e5 ecec ef80 942f\n\n"
    "00:00:03:00\t9425 94ad 9470 c279\n",
    "whisper": '{"text": "Hello", "language": "en", "segments": [{"start": 1.0, "end": 2.5, "text": " Hello",'
    ' "words": [{"start": 1.0, "end": 2.5, "word": " Hello", "probability": 0.9}]}]}',
    "youtube": '{"wireMagic": "pb3", "events": [{"tStartMs": 1000, "dDurationMs": 1500, "segs": [{"utf8": "Hello"}]}]}',
    "lrc": "[ti:Title]\n[la:en]\n[00:01.00]Hello <00:01.50>there\n[00:02.50]\n",
    "table": "start\tend\ttext\n1000\t2500\tHello\n",
}
FORMATS = {name: text.encode() for name, text in SAMPLES.items()} | {
    "stl": stl(stl_block(b"H\xc2ello"), stl_block(b"Bye", b"\x0a\0\5\0", b"\x0a\0\6\0")),
    "utf-16": SAMPLES["webvtt"].encode("utf-16"),
}
TIMES = 250
PIECES = (
    b"\0", b"\xff", b"-", b"9" * 30, b"<", b">", b"{", b"}", b"[", b"]", b"&", b"\n", b"\n\n", b"\r", b":", b",", b'"',
    b"-->", b"NaN", b"1e999", b"null", b"\xed\xa0\x80", b"<v ", b"&#0;", b"\\", b"%", b"\t", b"<!--", b"<![CDATA[",
)  # fmt: skip


def damaged(content: bytes, random: Random) -> bytes:
    """A file with up to eight bytes changed, stretches cut out, doubled or replaced."""
    data = bytearray(content)
    for _ in range(random.randint(1, 8)):
        at = random.randrange(len(data) + 1)
        until = min(len(data), at + random.choice((0, 1, 3, 20)))
        data[at:until] = random.choice((b"", random.choice(PIECES), bytes(data[at:until]) * 3, random.randbytes(2)))
        if not data:
            return b""
    return bytes(data)


def read_or_refuse(content: bytes) -> bool:
    """Whether there are captions; all that is done to them holds what clean captions promise."""
    try:
        tracks = readers.read("damaged", content, frame_rate=25.0)
    except CaptionError:
        return False
    for track in tracks:
        cues = clean(track, 3_600_000).cues
        assert all(before.end_ms <= after.start_ms for before, after in pairwise(cues))
        assert webvtt.read_published(webvtt.write(cues, "en")) == cues
        export.subrip(cues)
        export.transcript(cues)
    return True


@pytest.mark.parametrize("name", FORMATS)
def test_damaged_files_are_read_or_refused(name: str) -> None:
    """Bytes changed, cut out, doubled: captions that hold what they promise, or a clear error."""
    random = Random(name)
    assert read_or_refuse(FORMATS[name])
    read = sum(read_or_refuse(damaged(FORMATS[name], random)) for _ in range(TIMES))
    assert read > 0


def files(folder: Path) -> Iterator[bytes]:
    for path in sorted(folder.rglob("*")):
        if path.is_file() and 0 < path.stat().st_size < 20_000:
            yield path.read_bytes()


@pytest.mark.corpus
@pytest.mark.slow
def test_damaged_files_of_the_corpus_are_read_or_refused(shared: Path) -> None:
    """Ten damages of every small file of the corpus."""
    random = Random(1)
    for content in files(shared / "captions"):
        for _ in range(10):
            read_or_refuse(damaged(content, random))
