"""The search index: what is found, where, and at what cost."""

from __future__ import annotations

import json
import random
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from itertools import accumulate, pairwise
from math import log
from typing import Any
from unicodedata import category

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import synthetic
from catalog import search, search_words
from catalog.pack import pack
from catalog.pages import Catalogue
from catalog.search_words import FEWEST, segments
from catalog.words import _pattern, _stem, level, shard, words
from tests.packs import count, piece, pieces, place
from tests.unit.site import samples


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Élève über NAÏVE", ["eleve", "uber", "naive"]),
        ("nodes data glass bus", ["node", "data", "glass", "bus"]),
        ("生物多样性", ["生物", "物多", "多样", "样性"]),
        ("GBIF的数据", ["gbif", "的数", "数据"]),
        ("في المكتبة والمعلومات", ["في", "مكتبه", "معلومات"]),
        ("مُحَمَّد أحمد إلى", ["محمد", "احمد", "الي"]),
        ("Ёлка и ЕЖ", ["елка", "и", "еж"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("ﬁle № ２０２１", ["file", "no", "2021"]),
        ("don't-stop", ["don", "t", "stop"]),
        ("", []),
    ],
)
def test_words(text: str, expected: list[str]) -> None:
    """Case, accents, plurals, articles and compatibility forms are levelled; Chinese is cut into pairs."""
    assert list(words(text)) == expected


def test_no_letter_is_forgotten() -> None:
    """Every letter, number and mark of Unicode is part of words; where this fails, the ranges need widening."""
    known = re.compile(_pattern().pattern)
    assert not [
        code for code in range(sys.maxunicode) if category(chr(code))[0] in "LNM" and not known.match(chr(code))
    ]


@given(st.text(st.characters(max_codepoint=127), max_size=60))
def test_plain_letters_take_no_other_way(text: str) -> None:
    """Words of ASCII, which are found with fewer steps, are those that the way of all others finds."""
    others = [_stem(match.group()) for match in _pattern().finditer(level(text))]
    assert list(words(text)) == others


@given(st.text(max_size=60))
def test_levelling_is_stable(text: str) -> None:
    """Levelled text levels to itself, so that what is found can be compared again."""
    assert level(level(text)) == level(text)


@given(st.text(min_size=1, max_size=20), st.sampled_from([8, 64, 4096]))
def test_every_word_has_a_shard(word: str, count: int) -> None:
    """The shard depends on the word alone and exists."""
    clean = word.encode("utf-8", "ignore").decode()
    assert 0 <= shard(clean, count) < count


def places(files: dict[str, bytes], word: str) -> Iterator[tuple[int, int]]:
    """The numbers of the recordings and blocks that contain a word."""
    for known in shards_of(files, word):
        recording, numbers = known["first"], known["words"].get(word, [])
        while numbers:
            step, amount, *rest = numbers
            recording += step
            yield from ((recording, block) for block in rest[:amount])
            numbers = rest[amount:]


def shards_of(files: dict[str, bytes], word: str) -> Iterator[dict[str, Any]]:
    """What each segment knows of words like this one."""
    for segment in json.loads(files["search/index.json"])["segments"]:
        found = piece(*shard_of(files, segment, word))
        yield json.loads(found) if found else {"first": 0, "common": [], "words": {}}


def shard_of(files: dict[str, bytes], segment: dict[str, Any], word: str) -> tuple[bytes, int]:
    """The file of a segment, and the number of the piece that would have the word."""
    content = files[f"search/{segment['name']}.bin"]
    assert count(content) == segment["shards"]
    return content, shard(word, segment["shards"])


def texts_of(files: dict[str, bytes]) -> Iterator[str]:
    """Every text of the index and all its words, as they are read."""
    for key, content in files.items():
        if key.endswith(".bin"):
            yield from (one.decode() for one in pieces(content))


def found(catalogue: Catalogue, query: str) -> dict[str, list[str]]:
    """Page -> texts of the blocks that contain every word of the query, read as a browser would."""
    files = search.files(catalogue)
    meta = json.loads(files["search/index.json"])
    result: dict[str, list[str]] = {}
    lists = [set(places(files, word)) for word in words(query)]
    for recording, block in sorted(set.intersection(*lists)):
        text = json.loads(piece(files[f"search/text/{recording}.bin"], block // meta["chunk"]))
        result.setdefault(text["page"], []).append(text["blocks"][block % meta["chunk"]])
    return result


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("museum records", "nodes2021/theme-1/panel/"),
        ("réunion", "nodes2021/theme-1/welcome/"),
        ("Hélène France", "nodes2021/theme-1/welcome/"),
        ("البيولوجي", "nodes2021/regional/arabic/"),
        ("voice field", "nodes2021/radio/voices/"),
        ("Strategy", "nodes2021/theme-1/panel/"),
    ],
)
def test_finds_titles_people_themes_and_speech(query: str, page: str) -> None:
    """Words of titles, names, themes and transcripts lead to their recording."""
    assert page in found(samples.catalogue(), query)


def test_what_is_said_has_its_second() -> None:
    """A block of transcript begins at a cue, and says in which language."""
    blocks = found(samples.catalogue(), "four museums")["nodes2021/theme-1/panel/"]
    starts = {one.start_ms for one in samples.cues()}
    assert {start for start, _, _ in blocks} <= starts
    assert {language for _, _, language in blocks} == {"en", "es"}


def test_hostile_words_change_nothing() -> None:
    """Words that are names in JavaScript are words like others, and no file holds markup."""
    catalogue = samples.catalogue()
    title = "__proto__ constructor <script>alert(1)</script> toString"
    one = catalogue.recordings[0]
    hostile = replace(one, recording=one.recording.model_copy(update={"title": title}))
    files = search.files(replace(catalogue, recordings=(hostile,)))
    read = list(texts_of(files))
    assert any("constructor" in text for text in read)
    assert not [text for text in read if "<" in text]
    assert hostile.page in found(replace(catalogue, recordings=(hostile,)), "constructor")


@given(st.integers(0, 20_000))
def test_segments_hold_every_recording_once(total: int) -> None:
    """The oldest segment is the largest, the newest has less than ``FEWEST`` recordings, and none is forgotten."""
    one = samples.catalogue().recordings[0]
    members = tuple((number, one) for number in range(total))
    cut = list(segments(members))
    assert [number for segment in cut for number, _ in segment.members] == list(range(total))
    sizes = [len(segment.members) for segment in cut]
    assert all(later < earlier for earlier, later in pairwise(sizes))
    assert len(sizes) <= 4
    assert len({segment.name for segment in cut}) == len(cut)
    assert sum(size for size, segment in zip(sizes, cut, strict=True) if segment.name == "0") < FEWEST


def silent(recordings: int) -> Catalogue:
    """A catalogue of so many recordings without captions."""
    made = synthetic.catalogue(recordings, ("en",))
    without = (replace(one, made=one.made.model_copy(update={"captions": ()})) for one in made.recordings)
    return replace(made, recordings=tuple(without))


def test_a_new_recording_changes_little_of_the_index() -> None:
    """Only the newest segment is written again, and the numbers of other recordings stay, wherever the new one is."""
    catalogue = silent(41)
    fewer = replace(catalogue, recordings=catalogue.recordings[:-1])
    before, after = search.files(fewer), search.files(catalogue)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    (text,) = (key for key in changed if "/text/" in key)
    assert changed == {"search/0.bin", text}
    assert text not in before
    without_first = search.files(replace(catalogue, recordings=catalogue.recordings[4:]))
    assert without_first.keys() - after.keys() == set()


def test_every_sixteenth_recording_changes_two_segments() -> None:
    """Recordings are gathered into the next older segment, which is one file whatever its size."""
    catalogue = silent(48)
    before = search.files(replace(catalogue, recordings=catalogue.recordings[:-1]))
    after = search.files(catalogue)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert {key for key in changed if "/text/" not in key} == {"search/0.bin", "search/1.bin", "search/index.json"}


@given(st.lists(st.binary(max_size=300), max_size=40))
def test_a_pack_gives_back_its_pieces(pieces: list[bytes]) -> None:
    """Each piece comes back by its number, and empty ones take no room but their place."""
    content = pack(pieces)
    assert count(content) == len(pieces)
    assert [piece(content, number) for number in range(len(pieces))] == pieces
    assert len(pack([b"", *pieces])) == len(content) + 4


def test_common_words_are_found_in_titles(monkeypatch: pytest.MonkeyPatch) -> None:
    """A word that nearly everybody says is kept where it stands in a title or description, and said to be common."""
    monkeypatch.setattr(search_words, "COMMON", 2)
    files = search.files(samples.catalogue())
    (segment,) = json.loads(files["search/index.json"])["segments"]
    assert "museum" in json.loads(piece(*shard_of(files, segment, "museum")))["common"]
    assert all(block < search_words.ABOUT for _, block in places(files, "museum"))


def test_nothing_to_find_no_files() -> None:
    """A catalogue without recordings has no index."""
    assert search.files(replace(samples.catalogue(), recordings=())) == {}


def test_years_before_1970_are_known() -> None:
    """A text says the year of its recording, whatever its number is; none where there is no date."""
    catalogue = samples.catalogue()
    first, second, *others = catalogue.recordings
    assert first.date
    old = replace(first, date=first.date.replace(year=1958))
    files = search.files(replace(catalogue, recordings=(old, replace(second, date=None), *others)))
    texts = [json.loads(text) for key, file in files.items() if "/text/" in key for text in pieces(file)]
    years = {one["page"]: one["year"] for one in texts}
    assert years[old.page] == 1958
    assert years[second.page] is None
    assert {years[one.page] for one in others} == {2021}


VOCABULARY = [f"w{number:x}ord" for number in range(60_000)]
WEIGHTS = tuple(accumulate(1 / (rank + 1) for rank in range(len(VOCABULARY))))


def talks(total: int, chance: random.Random) -> dict[str, bytes]:
    """The index of so many talks of 6,000 words."""
    catalogue = samples.catalogue()
    one = catalogue.recordings[0]
    made = []
    for number in range(total):
        said = chance.choices(VOCABULARY, cum_weights=WEIGHTS, k=6000)
        texts = tuple(" ".join(said[start : start + 8]) for start in range(0, 6000, 8))
        track = samples.captions("panel", "en").model_copy(update={"cues": samples.cues(750, texts, 4000)})
        recording = one.recording.model_copy(update={"id": f"talk-{number}"})
        made.append(replace(one, recording=recording, made=one.made.model_copy(update={"captions": (track,)})))
    return search.files(replace(catalogue, recordings=tuple(made)))


@pytest.mark.slow
def test_cost_of_a_first_query_at_a_thousand_talks() -> None:
    """1,000 talks of 6,000 words: three words and ten results stay within 100 kB compressed."""
    files = talks(1000, random.Random(7))
    assert query_bytes(files, [VOCABULARY[rank] for rank in (5, 300, 4000)]) <= 100_000


def query_bytes(files: dict[str, bytes], query: list[str]) -> int:
    """What a first query with ten results receives: the index, and a place and a piece for each word and each text."""
    meta = json.loads(files["search/index.json"])
    read = [shard_of(files, segment, word) for word in query for segment in meta["segments"]]
    for recording, blocks in ranked(files, query)[:10]:
        content = files[f"search/text/{recording}.bin"]
        read += [(content, number) for number in sorted({block // meta["chunk"] for block in blocks[:3]})]
    ranges = (place(content, number) for content, number in read)
    return len(files["search/index.json"]) + sum(8 + end - start for start, end in ranges)


def ranked(files: dict[str, bytes], query: list[str]) -> list[tuple[int, list[int]]]:
    """The recordings that have most words and the blocks of each, best first, as ``search.js`` finds them."""
    total = json.loads(files["search/index.json"])["recordings"]
    found: dict[int, set[str]] = defaultdict(set)
    score: dict[int, float] = defaultdict(float)
    blocks: dict[int, dict[int, float]] = defaultdict(lambda: defaultdict(float))
    for word in query:
        entries: dict[int, list[int]] = defaultdict(list)
        for recording, block in places(files, word):
            entries[recording].append(block)
        common = any(word in one["common"] for one in shards_of(files, word))
        rarity = log(1 + total / max(1, len(entries)))
        for recording, numbers in entries.items():
            found[recording] |= set() if common else {word}
            score[recording] += rarity * ({0: 8, 1: 3}.get(numbers[0], 1) + log(len(numbers)))
            for block in numbers:
                blocks[recording][block] += rarity
    most = max(map(len, found.values()), default=0)
    orders = {
        one: sorted(blocks[one], key=lambda at: (-blocks[one][at], at < search_words.ABOUT, at))
        for one, having in found.items()
        if len(having) == most
    }
    best = sorted(orders, key=lambda one: (-score[one] - 2 * blocks[one][orders[one][0]], -one))
    return [(one, orders[one]) for one in best]
