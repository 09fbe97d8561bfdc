"""Readers: every format as tools really write it."""

from __future__ import annotations

import contextlib
import copy
import functools
import json
import operator
from collections.abc import Iterator
from typing import Any

import pytest

from pipeline.captions import readers
from pipeline.captions.timed import Track
from pipeline.errors import CaptionError


def read(text: str | bytes, name: str = "talk", frame_rate: float | None = None) -> Track:
    (track,) = readers.read(name, text if isinstance(text, bytes) else text.encode(), frame_rate=frame_rate)
    return track


def plain(track: Track) -> list[tuple[int, int, str]]:
    return [one[:3] for one in track.texts]


HELLO = [(1000, 2500, "Hello")]


@pytest.mark.parametrize(
    "text",
    [
        "WEBVTT\n\n00:01.000 --> 00:02.500\nHello\n",
        "\ufeffWEBVTT - made by a tool\r\n\r\n1\r\n00:00:01.000 --> 00:00:02.500 align:start\r\nHello\r\n",
        "1\n00:00:01,000 --> 00:00:02,500\nHello\n\n",
        "00:00:01.000-->00:00:02.500\nHello",
        "0:00:01.000,0:00:02.500\nHello\n",
        "[Events]\nFormat: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\an8}Hello\n"
        "Comment: 0,0:00:03.00,0:00:04.00,Default,,0,0,0,,not said\n",
        "{1}{1}40\n{40}{100}Hello\n",
        '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" dur="1.5s">Hello</p></div></body></tt>',
        '<sami><body><sync start="1000"><p class="EN">Hello<sync start="2500"><p class="EN">&nbsp;</body></sami>',
        "start\tend\ttext\n1000\t2500\tHello\n",
        "[ti:Title]\n[00:01.00]Hello\n[00:02.50]\n",
        "[offset:+500]\n[00:01.500] <00:01.50> Hello\n[00:03.00]\n",
        '{"segments": [{"start": 1.0, "end": 2.5, "text": " Hello"}]}',
        '{"transcription": [{"offsets": {"from": 1000, "to": 2500}, "text": " Hello"}]}',
        '{"events": [{"tStartMs": 1000, "dDurationMs": 1500, "segs": [{"utf8": "Hel"}, {"utf8": "lo"}]}]}',
    ],
    ids=[
        "vtt",
        "vtt-crlf",
        "srt",
        "srt-bare",
        "sbv",
        "ass",
        "microdvd",
        "ttml",
        "sami",
        "whisper table",
        "lyrics",
        "lyrics with an offset",
        "whisper",
        "whisper.cpp",
        "youtube",
    ],
)
def test_each_format_says_the_same(text: str) -> None:
    """The content decides about the format, whatever the file is called."""
    assert plain(read(text)) == HELLO


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_encodings(encoding: str) -> None:
    """UTF-8, UTF-16 and UTF-32, with and without byte order mark."""
    text = "1\n00:00:01,000 --> 00:00:02,500\nÜberraschung für Zoë\n"
    assert plain(read(text.encode(encoding))) == [(1000, 2500, "Überraschung für Zoë")]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "L'été dernier, nous avons commencé à publier des données sur les espèces protégées."),
        ("cp1251", "Добрый день, сегодня мы поговорим о данных о биоразнообразии и о том, как их публиковать."),
        ("cp1250", "Děkuji vám za pozornost, příště budeme mluvit o tom, jak sdílet údaje o výskytu druhů."),
    ],
)
def test_legacy_code_pages_are_guessed_and_told(encoding: str, text: str) -> None:
    """Old code pages are guessed from the text, and the findings say so."""
    cues = "".join(f"{at}\n00:00:0{at},000 --> 00:00:0{at},900\n{text}\n\n" for at in range(1, 6))
    track = read(cues.encode(encoding))
    assert track.texts[0].text == text
    assert "not UTF-8" in track.findings[0]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("da", "Vi taler om åbne data på København."),
        ("fr", "Bonjour à toutes, ça va être très bien"),
        ("pt-BR", "ação"),
    ],
)
def test_the_language_tells_western_code_pages(language: str, text: str) -> None:
    """What the bytes alone leave open, the language of the file decides; that it was a guess is told all the same."""
    (track,) = readers.read(
        "talk.srt", f"1\n00:00:01,000 --> 00:00:02,000\n{text}\n".encode("cp1252"), language=language
    )
    assert track.texts[0].text == text
    assert "read as cp1252, a guess" in track.findings[0]


def test_broken_utf8_is_told_with_its_line() -> None:
    """A few broken bytes do not make a file unreadable."""
    content = "1\n00:00:01,000 --> 00:00:02,500\nДобрый ".encode() + b"\xff\xfe" + " день\n".encode()
    track = read(content)
    assert track.texts[0].text == "Добрый \ufffd\ufffd день"
    assert "line 3" in track.findings[0]


def test_zoom_names_become_speakers() -> None:
    """Meeting services write the speaker before the text of every cue."""
    track = read(
        "WEBVTT\n\n1\n00:00:01.000 --> 00:00:02.000\nAna María López: Good morning.\n\n"
        "2\n00:00:02.000 --> 00:00:03.000\nBo: Is it 10:30 already?\n\n"
        "3\n00:00:03.000 --> 00:00:04.000\nAna María López: Note: yes.\n"
    )
    assert [(one.speaker, one.text) for one in track.texts] == [
        ("Ana María López", "Good morning."),
        ("Bo", "Is it 10:30 already?"),
        ("Ana María López", "Note: yes."),
    ]


def test_screen_names_need_no_capital() -> None:
    """A name in small letters is a speaker when it comes back; a word before a colon that does not, is text."""
    said = ("cody: And… Alright.", "cody: Seems to work.", "Mike: Yes.", "remember: it is late.", "cody: Bye.")
    cues = "".join(f"00:0{at}.000 --> 00:0{at}.900\n{text}\n\n" for at, text in enumerate(said))
    assert [one.speaker for one in read(f"WEBVTT\n\n{cues}").texts] == ["cody", "cody", "Mike", "", "cody"]


def test_a_colon_alone_makes_no_speaker() -> None:
    """In a file that is not written with names, words before a colon are text."""
    track = read(
        "WEBVTT\n\n00:01.000 --> 00:02.000\nRemember: data are open.\n\n"
        "00:02.000 --> 00:03.000\nThat is all.\n\n00:03.000 --> 00:04.000\nThank you.\n"
    )
    assert [one.speaker for one in track.texts] == ["", "", ""]


def test_voices_of_one_cue_are_told_apart() -> None:
    """Two voices in a cue share its time by length; markup and annotations are not text."""
    track = read(
        "WEBVTT\n\n00:00.000 --> 00:10.000\n<v.loud Ana>Hello <b>there</b></v> <v Bo>Hi &amp; <lang fr>bonjour</lang>"
        "<ruby>漢<rt>kan</rt></ruby></v>\n"
    )
    assert [(one.speaker, one.text.strip()) for one in track.texts] == [
        ("Ana", "Hello there"),
        ("Bo", "Hi & bonjour漢(kan)"),
    ]
    assert track.texts[0].end_ms == track.texts[1].start_ms


def test_rolling_captions_are_unrolled() -> None:
    """YouTube's automatic captions repeat every line; each is given once, when it is new."""
    track = read(
        "WEBVTT\nKind: captions\nLanguage: en\n\n"
        "00:00.000 --> 00:02.000 align:start position:0%\n \n"
        "welcome<00:00:00.500><c> to</c><00:00:01.000><c> the</c>\n\n"
        "00:02.000 --> 00:02.010 align:start position:0%\nwelcome to the\n \n\n"
        "00:02.010 --> 00:04.000 align:start position:0%\nwelcome to the\nsecond<00:00:02.500><c> day</c>\n\n"
        "00:04.000 --> 00:04.010 align:start position:0%\nsecond day\n \n\n"
        "00:04.010 --> 00:06.000 align:start position:0%\nsecond day\nsecond<00:00:04.500><c> day</c>\n\n"
    )
    assert [one.text for one in track.texts] == ["welcome to the", "second day", "second day"]
    assert [one.start_ms for one in track.texts] == [0, 2010, 4010]
    assert track.language == "en"


def test_repeated_words_are_no_rolling() -> None:
    """Somebody who says the same twice said it twice."""
    track = read("WEBVTT\n\n00:01.000 --> 00:02.000\nYes.\n\n00:02.000 --> 00:03.000\nYes.\n")
    assert [one.text for one in track.texts] == ["Yes.", "Yes."]


def test_segments_of_a_live_stream_are_joined() -> None:
    """Repeated headers with time maps: one time line, the cue on the border once, the clock may wrap at 2^33."""
    wrap, second = 2**33, 90_000
    track = read(
        f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{wrap - second},LOCAL:00:00:00.000\n\n00:00.500 --> 00:02.500\nOne\n"
        f"\nWEBVTT\nX-TIMESTAMP-MAP=LOCAL:00:00:00.000,MPEGTS:{second}\n\n00:01.000 --> 00:02.000\nTwo\n"
        f"WEBVTT\nX-TIMESTAMP-MAP=MPEGTS:{second},LOCAL:00:00:00.000\n\n00:01.000 --> 00:02.000\nTwo\n"
    )
    assert plain(track) == [(500, 2500, "One"), (3000, 4000, "Two")]


def test_subrip_as_it_is_found() -> None:
    """Without numbers, without hours, with negative times, empty lines and years in the text, and HTML."""
    track = read(
        "00:01,000 --> 00:02,000\nfirst\n\nsecond part\n\n7\n-00:00:01,000 --> 00:00:01,500 X1:100\n"
        "<font color=red>In</font> <i>1999</i>\n<br>1999\n8\n\n00:00:04,5 --> 00:00:05\na < b &amp; c <LAUGHS>\n"
    )
    assert plain(track) == [
        (1000, 2000, "first\nsecond part"),
        (-1000, 1500, "In 1999\n\n1999\n8"),
        (4500, 5000, "a < b & c <LAUGHS>"),
    ]


def test_ass_keeps_names_and_line_breaks() -> None:
    """The Name field is the speaker; drawings and comments are no text."""
    track = read(
        "[Script Info]\nScriptType: v4.00+\n\n[Events]\n"
        "Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text\n"
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,Olly,0,0,0,,One,\\Ntwo{\\i1}!{\\i0}\n"
        "Dialogue: 0,0:00:01.00,0:00:02.50,Default,,0,0,0,,{\\p1}m 0 0 l 100 0 100 100{\\p0}\n"
    )
    assert track.texts == ((1000, 2500, "One,\ntwo!", "Olly"),)


def test_microdvd_frames_become_times() -> None:
    """Frame numbers need a rate: the file's own, else the recording's, else a usual one, which is told."""
    assert plain(read("{50}{100}Hi|there", frame_rate=25.0)) == [(2000, 4000, "Hi\nthere")]
    assert plain(read("{1}{1}50\n{50}{100}Hi", frame_rate=25.0)) == [(1000, 2000, "Hi")]
    assert "frame rate is not known" in read("{50}{100}Hi").findings[0]


TTML = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter" xml:lang="en"
    xmlns:ttm="http://www.w3.org/ns/ttml#metadata"
    ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001" ttp:tickRate="10">
 <head><metadata><ttm:agent xml:id="a1" type="person"><ttm:name type="full">Ana</ttm:name></ttm:agent></metadata></head>
 <body begin="10s"><div>%s</div></body></tt>"""


@pytest.mark.parametrize(
    ("paragraph", "expected"),
    [
        ('<p begin="00:00:01.5" end="00:00:02:12">a</p>', (11_500, 12_500, "a")),
        ('<p begin="24f" dur="20t">a</p>', (11_001, 13_001, "a")),
        ('<p begin="0.5m" end="1h">a<br/>b <span>c\n   d</span></p>', (40_000, 3_610_000, "a\nb c d")),
        ('<p begin="1500ms" end="3s" ttm:agent="a1">a</p>', (11_500, 13_000, "a")),
        ('<p><span begin="1s" end="2s">a</span> <span begin="2s" end="3s">b</span></p>', (11_000, 13_000, "a b")),
    ],
)
def test_ttml_times(paragraph: str, expected: tuple[int, int, str]) -> None:
    """Clock times, frames with multiplier, ticks, offsets; nested times count from their parent's."""
    assert plain(read(TTML % paragraph)) == [expected]


def test_ttml_speakers_and_sequences() -> None:
    """Agents are speakers; children of a sequential container follow each other."""
    track = read(TTML % '<p begin="0s" end="1s" ttm:agent="a1">a</p>')
    assert track.texts[0].speaker == "Ana"
    assert track.language == "en"
    body = (
        '<tt xmlns="http://www.w3.org/ns/ttml"><body timeContainer="seq"><p dur="1s">a</p><p dur="2s">b</p></body></tt>'
    )
    assert plain(read(body)) == [(0, 1000, "a"), (1000, 3000, "b")]


@pytest.mark.parametrize(
    ("text", "languages"),
    [
        (
            "<sami><head><style><!-- .A {lang: en-US;} .B {lang:fr-FR} --></style></head><body><sync start=0>"
            "<p class=A>Hello<p class=B>Bonjour</body></sami>",
            ["en-US", "fr-FR"],
        ),
        (
            '<tt xmlns="http://www.w3.org/ns/ttml"><body><div xml:lang="en"><p begin="0s" end="1s">Hello</p></div>'
            '<div xml:lang="fr"><p begin="0s" end="1s">Bonjour</p></div></body></tt>',
            ["en", "fr"],
        ),
    ],
    ids=["sami", "ttml"],
)
def test_several_languages_in_a_file(text: str, languages: list[str]) -> None:
    """One track per language."""
    tracks = readers.read("talk", text.encode())
    assert [(one.language, one.texts[0].text) for one in tracks] == list(
        zip(languages, ["Hello", "Bonjour"], strict=True)
    )


def test_whisper_words() -> None:
    """Word times are kept where all words have them; parts of words and Chinese get no space."""
    data = {
        "language": "en",
        "segments": [
            {
                "start": 1.0,
                "end": 3.0,
                "text": " Fraunhofer 2020中文",
                "words": [
                    {"word": " Fraun", "start": 1.0, "end": 1.5},
                    {"word": "hofer", "start": 1.5, "end": 2.0},
                    {"word": " 2020"},
                    {"word": "中文", "start": 2.5, "end": 3.0},
                ],
            }
        ],
    }
    track = read(json.dumps(data))
    assert track.by_word
    assert track.texts == (
        (1000, 1500, " Fraun", ""),
        (1500, 2000, "hofer", ""),
        (2000, 2000, " 2020", ""),
        (2500, 3000, "中文", ""),
    )


def test_recognised_segments_without_an_end() -> None:
    """One time that a recogniser could not give costs nothing else: it is that of what lies before."""
    track = read(
        '{"segments": [{"start": 1, "end": 2, "text": "one"}, {"start": 2, "end": null, "text": "two"}, '
        '{"start": 4, "end": null, "text": "three"}, {"start": null, "end": 6, "text": "four"}]}'
    )
    assert plain(track) == [(1000, 2000, "one"), (2000, 2000, "two"), (4000, 4000, "three"), (4000, 6000, "four")]


def test_webvtt_names_the_text_that_no_time_belongs_to() -> None:
    track = read(
        "WEBVTT\nKind: captions\n\nNOTE not said\n\nSTYLE\n::cue {}\n\n"
        "1\n00:01.000 --> 00:02.500\nHello\n\nlost text\n\n-00:00:01.000 --> 00:00:03.000\nnegative\n"
    )
    assert plain(track) == HELLO
    assert track.findings == ("text without a readable time was left out: 'lost text' and 1 more",)


def test_chinese_speakers_have_a_wide_colon() -> None:
    said = ["王伟：大家好", "李娜：你好", "王伟：今天讨论数据", "李娜：谢谢"]
    blocks = (f"00:00:0{at},000 --> 00:00:0{at},900\n{text}\n" for at, text in enumerate(said))
    assert [one[2:] for one in read("\n".join(blocks)).texts] == [
        ("大家好", "王伟"),
        ("你好", "李娜"),
        ("今天讨论数据", "王伟"),
        ("谢谢", "李娜"),
    ]


WORDS = [(0, 500, " Hello,", ""), (500, 1000, " there.", "")]


SERVICES: list[tuple[str, Any, list[tuple[int, int, str, str]]]] = [
    (
        "Amazon",
        {
            "results": {
                "language_code": "en-US",
                "items": [
                    {
                        "type": "pronunciation",
                        "start_time": "0.0",
                        "end_time": "0.5",
                        "alternatives": [{"content": "Hello"}],
                    },
                    {"type": "punctuation", "alternatives": [{"content": ","}]},
                    {
                        "type": "pronunciation",
                        "start_time": "0.5",
                        "end_time": "1.0",
                        "alternatives": [{"content": "there"}],
                    },
                    {"type": "punctuation", "alternatives": [{"content": "."}]},
                ],
            }
        },
        WORDS,
    ),
    (
        "AssemblyAI",
        {
            "text": "Hello, there.",
            "words": [
                {"text": "Hello,", "start": 0, "end": 500, "confidence": 0.9, "speaker": "A"},
                {"text": "there.", "start": 500, "end": 1000, "confidence": 0.9, "speaker": "B"},
            ],
        },
        [(0, 500, " Hello,", "Speaker A"), (500, 1000, " there.", "Speaker B")],
    ),
    (
        "Deepgram",
        {
            "results": {
                "channels": [
                    {
                        "alternatives": [
                            {
                                "transcript": "Hello, there.",
                                "words": [
                                    {
                                        "word": "hello",
                                        "punctuated_word": "Hello,",
                                        "start": 0,
                                        "end": 0.5,
                                        "speaker": 0,
                                    },
                                    {
                                        "word": "there",
                                        "punctuated_word": "there.",
                                        "start": 0.5,
                                        "end": 1,
                                        "speaker": 0,
                                    },
                                ],
                            }
                        ]
                    }
                ]
            }
        },
        WORDS,
    ),
    (
        "ElevenLabs",
        {
            "text": "Hello, there.",
            "words": [
                {"text": "Hello,", "start": 0, "end": 0.5, "type": "word", "speaker_id": "speaker_0"},
                {"text": " ", "start": 0.5, "end": 0.5, "type": "spacing", "speaker_id": "speaker_0"},
                {"text": "there.", "start": 0.5, "end": 1, "type": "word", "speaker_id": "speaker_0"},
            ],
        },
        WORDS,
    ),
    (
        "Google with speakers: everything again in the last result",
        {
            "results": [
                {"alternatives": [{"transcript": "Hello,", "words": [{"endTime": "0.500s", "word": "Hello,"}]}]},
                {
                    "alternatives": [
                        {
                            "words": [
                                {"endTime": "0.500s", "word": "Hello,", "speakerTag": 1},
                                {"startTime": "0.500s", "endTime": "1s", "word": "there.", "speakerTag": 2},
                            ]
                        }
                    ]
                },
            ]
        },
        [(0, 500, " Hello,", "Speaker 1"), (500, 1000, " there.", "Speaker 2")],
    ),
    (
        "Watson",
        {
            "results": [
                {
                    "results": [
                        {
                            "alternatives": [
                                {
                                    "transcript": "Hello, %HESITATION there. ",
                                    "timestamps": [
                                        ["Hello,", 0, 0.5],
                                        ["%HESITATION", 0.5, 0.5],
                                        ["there.", 0.5, 1],
                                    ],
                                }
                            ]
                        }
                    ]
                }
            ]
        },
        WORDS,
    ),
    (
        "OpenAI",
        {
            "text": "Hello, there.",
            "words": [{"word": "Hello", "start": 0, "end": 0.5}, {"word": "there", "start": 0.5, "end": 1}],
        },
        WORDS,
    ),
    (
        "Vosk",
        {
            "text": "Hello, there.",
            "result": [
                {"conf": 1, "word": "Hello,", "start": 0, "end": 0.5},
                {"conf": 1, "word": "there.", "start": 0.5, "end": 1},
            ],
        },
        WORDS,
    ),
    (
        "Vosk in Chinese",
        {
            "result": [{"word": "你好", "start": 0, "end": 0.5}, {"word": "大家", "start": 0.5, "end": 1}],
            "text": "你好 大家",
        },
        [(0, 500, " 你好", ""), (500, 1000, " 大家", "")],
    ),
    (
        "ElevenLabs in Chinese",
        {
            "words": [
                {"text": "你好", "start": 0, "end": 0.5, "type": "word"},
                {"text": "大家", "start": 0.5, "end": 1, "type": "word"},
            ],
            "text": "你好大家。",
        },
        [(0, 500, " 你好", ""), (500, 1000, "大家", "")],
    ),
    (
        "Hugging Face",
        {"chunks": [{"timestamp": [0, 0.5], "text": " Hello,"}, {"timestamp": [0.5, None], "text": " there."}]},
        [(0, 500, "Hello,", ""), (500, 500, "there.", "")],
    ),
]


@pytest.mark.parametrize(("service", "answer", "words"), SERVICES, ids=[name for name, *_ in SERVICES])
def test_answers_of_recognition_services(service: str, answer: Any, words: list[tuple[int, int, str, str]]) -> None:
    """Words with their times, punctuation and speakers (where there are several) are those of the answer."""
    assert list(read(json.dumps(answer), service).texts) == words


def parts(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every part of a document."""
    for key, value in node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ():
        yield (*path, key)
        yield from parts(value, (*path, key))


@pytest.mark.parametrize(("service", "answer"), [(name, answer) for name, answer, _ in SERVICES])
def test_answers_of_which_a_part_is_something_else_are_read_or_refused(service: str, answer: Any) -> None:
    for *path, last in parts(answer):
        for value in (None, 0, -1, "", "x", True, [], [None], {}, [[]], {"words": []}, 1e300, float("nan")):
            changed = copy.deepcopy(answer)
            functools.reduce(operator.getitem, path, changed)[last] = value
            with contextlib.suppress(CaptionError):
                read(json.dumps(changed), service)


@pytest.mark.parametrize(
    "answer",
    ['{"results": [{"error": "failed"}]}', '{"results": {}}', '{"words": 3}', '{"results": [{"alternatives": [{}]}]}'],
)
def test_answers_without_words_are_refused(answer: str) -> None:
    with pytest.raises(CaptionError, match="no captions"):
        read(answer)


def test_scc_pop_on_and_roll_up() -> None:
    """Line-21 bytes: pop-on with doubled controls, special and extended characters; roll-up lines once each."""
    track = read(
        "Scenarist_SCC V1.0\n\n00:00:01:00\t94ae 94ae 9420 9420 9470 9470 "
        "c8e5 ecec ef2c 91b7 91b7 a180 92a7 92a7 942f 942f\n"
        "\n00:00:03:00\t942c 942c\n"
    )
    ((start, end, text, _),) = track.texts
    assert text == "Hello,♪¡"
    assert 1000 < start < 2000 < end < 3100
    rolled = read(
        "Scenarist_SCC V1.0\n\n00:00:01;00\t9425 9425 94ad 94ad 9470 9470 cfce c580\n\n"
        "00:00:03;00\t9425 9425 94ad 94ad "
        "9470 9470 54d7 cf80\n"
    )
    assert [one.text for one in rolled.texts] == ["ONE", "TWO"]


def stl_block(text: bytes, start: bytes = b"\x0a\0\1\0", end: bytes = b"\x0a\0\2\x0c", **fields: int) -> bytes:
    """A block of 128 bytes: number, kind, times, position, text."""
    head = bytes([0, 1, 0, fields.get("extension", 0xFF), 0]) + start + end + bytes([20, 2, fields.get("comment", 0)])
    return head + text.ljust(112, b"\x8f")


def stl(*blocks: bytes, table: bytes = b"00", language: bytes = b"0F") -> bytes:
    """An EBU STL file of a programme that begins at ten o'clock, 25 pictures a second."""
    head = b"850STL25.011" + table + language
    return head.ljust(256, b" ") + b"10000000".ljust(768, b" ") + b"".join(blocks)


def test_ebu_stl() -> None:
    """Accents before their letters, controls, texts over two blocks; comments and user data are no text."""
    track = read(
        stl(
            stl_block(b"\x0d\x80Le th\xc2eme\x81\x8a\x8a\xea\xd5 fin "),
            stl_block(b"not shown", comment=1),
            stl_block(b"not text", extension=0xFE),
            stl_block(b"a" * 112, b"\x0a\0\3\0", b"\x0a\0\4\0", extension=1),
            stl_block(b"bc", b"\x0a\0\3\0", b"\x0a\0\4\0"),
        )
    )
    assert track.language == "fr"
    assert plain(track) == [(1000, 2480, "Le théme\nŒ♪ fin"), (3000, 4000, "a" * 112 + "bc")]
    cyrillic = "Привет".encode("iso8859-5")
    assert plain(read(stl(stl_block(cyrillic), table=b"01")))[0][2] == "Привет"
    with pytest.raises(CaptionError, match="cut off"):
        read(stl(stl_block(b"x"))[:1100])


def test_lyrics_may_have_several_times() -> None:
    """A line sung twice is given twice, in order."""
    assert plain(read("[la:en]\n[00:01.00][00:05.00]Again\n[00:03.00]Once\n")) == [
        (1000, 3000, "Again"),
        (3000, 5000, "Once"),
        (5000, 9000, "Again"),
    ]


def test_transcripts_with_hours_are_no_lyrics() -> None:
    """``[HH:MM:SS]`` before each line is told from ``[mm:ss:xx]``, whose hundredths go beyond any second."""
    assert plain(read("[00:00:10] Hi\n[00:01:05] again\n[01:00:00] bye\n"))[1:] == [
        (65_000, 3_600_000, "again"),
        (3_600_000, 3_604_000, "bye"),
    ]
    assert plain(read("[00:01:50]Hi\n[00:02:75]again\n"))[0] == (1500, 2750, "Hi")


def test_words_that_browsers_would_hide() -> None:
    """Times with a comma, as converters leave them, and signs that only look like tags."""
    track = read("WEBVTT\n\n00:00:01,000 --> 00:00:03,000\nI <3 open data, and x<5 <i>means</i> y>2.\n")
    assert plain(track) == [(1000, 3000, "I <3 open data, and x<5 means y>2.")]


def test_subrip_without_empty_lines() -> None:
    """The number that follows is no text; a number that does not follow is."""
    track = read(
        "1\n00:00:01,000 --> 00:00:02,000\nfirst\n2\n00:00:02,000 --> 00:00:03,000\nin\n1999\n"
        "3\n00:00:03,000 --> 00:00:04,000\nabout\n12\n00:00:04,000 --> 00:00:05,000\nlast\n"
    )
    assert [one.text for one in track.texts] == ["first", "in\n1999", "about\n12", "last"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\xef\xbb\xbf\r\n ", "empty"),
        (b"Just some notes.", "known format"),
        (b"WEBVTT\n\nNOTE nothing\n", "no captions"),
        (b"WEBVTT\nKind: chapters\n\n00:00.000 --> 00:01.000\nIntroduction\n", "chapters"),
        (b"PG\x00\x01\x02", "pictures of text"),
        (b"\x00\x00\x01\xba\x44", "pictures of text"),
        (b'{"title": "tl;dr"}', "no captions of a known kind"),
        (b'{"segments": ', "not JSON"),
        (b"<tt><body><p begin='1s' end='2s'>a</body></tt>", "well-formed"),
        (b"MZ\x90\x00\x03\x00\x00\x00\x04\x00\xff\xff" * 20, "not a text file"),
    ],
)
def test_what_cannot_be_used_says_why(content: bytes, message: str) -> None:
    """A clear error that names the file and the reason."""
    with pytest.raises(CaptionError, match=message) as raised:
        readers.read("panel.vtt", content)
    assert raised.value.reference == "panel.vtt"
