"""A made-up catalogue of any size: names and titles in many scripts, transcripts of 6,000 words by Zipf.

The same number gives the same catalogue; recording ``n`` is the same in a catalogue of any size, so that a catalogue of
``n + 1`` is one of ``n`` with a recording added.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache, partial
from hashlib import sha256
from itertools import accumulate
from random import Random

from catalog.manifest import AudioTrack, CaptionTrack, ChapterMark, Made, Origin, Poster, Rendition
from catalog.model import Cue, Event, Person, Recording, Session
from catalog.published import Catalogue, PublishedRecording
from catalog.site import Site
from catalog.transcript import CuesOnDemand

WORDS = 6_000
"""Of one transcript; 45 minutes of speech."""
SPEECH = 660_000
"""Words from which the transcripts of a language are put together."""
VOCABULARY = 30_000
"""Different words of one language."""
OF_EVENT = 200
OF_SESSION = 4
LANGUAGES = ("en", "ar", "es", "fr", "pt", "ru", "zh")
SYLLABLES = {
    "en": "an ber con da el fra gi hor in ju ka lo mi no ol pra qui ra si ta un vo wen xi yo zu the ing tion ment",
    "fr": "an bé con dé é fra gi or in ju lo mi no ou pré qui ra si té un vo eau tion ment oir esse",
    "ru": "ба ве го да жи зо ки ло ми но по ра си ту фо хе ци ча шу ю ять ость ние",
    "ar": "با تي جو دا ري سا شو صا طا عي فا قو كا لي ما نو هي وا يا",
    "zh": "数 据 生 物 多 样 性 节 点 会 议 全 球 开 放 研 究 中 国 人 民 大 学 科",
    "hi": "क ख ग घ च छ ज त द न प ब म य र ल व स ह का की के को",
}
SPOKEN = ("en", "en", "en", "fr", "ru", "ar", "zh", "hi")


@lru_cache(maxsize=16)
def vocabulary(language: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """The words of a language, the most frequent first, and their cumulated weights."""
    chance = Random(language)
    syllables = SYLLABLES[language].split()
    words = dict.fromkeys("".join(chance.choices(syllables, k=chance.randint(1, 5))) for _ in range(VOCABULARY * 2))
    chosen = tuple(words)[:VOCABULARY]
    return chosen, tuple(accumulate(1 / rank for rank in range(1, len(chosen) + 1)))


def text(chance: Random, language: str, words: int) -> list[str]:
    """So many words."""
    known, weights = vocabulary(language)
    return chance.choices(known, cum_weights=weights, k=words)


@lru_cache(maxsize=16)
def lines(language: str) -> tuple[str, ...]:
    """What is said in all recordings of a language, eleven words each."""
    words = text(Random(f"{language} speech"), language, SPEECH)
    return tuple(" ".join(words[start : start + 11]) for start in range(0, SPEECH, 11))


@lru_cache(maxsize=4)
def cues(number: int, language: str) -> tuple[Cue, ...]:
    """The transcript of recording ``number``: lines of its language in another order, one every five seconds."""
    said = Random(f"{number} cues").choices(lines(language), k=WORDS // 11)
    construct = Cue.model_construct  # checking them would take longer than reading captions does
    return tuple(
        construct(start_ms=at * 5000, end_ms=at * 5000 + 4800, text=line, speaker=f"Speaker {at // 40 % 3}")
        for at, line in enumerate(said)
    )


def catalogue(recordings: int, languages: tuple[str, ...] = LANGUAGES) -> Catalogue:
    """A catalogue of so many recordings, with its interface in ``languages``."""
    events = tuple(event(index, recordings) for index in range((recordings + OF_EVENT - 1) // OF_EVENT))
    site = Site(
        title="A large archive", base_url="https://archive.example.org/", languages=languages, licence="CC-BY-4.0"
    )
    return Catalogue(site=site, events=events, recordings=tuple(one for each in events for one in published(each)))


def event(index: int, recordings: int) -> Event:
    """Event ``index`` of a catalogue of so many recordings."""
    numbers = range(index * OF_EVENT, min(recordings, (index + 1) * OF_EVENT))
    first = date(2000, 1, 10) + timedelta(weeks=index * 13)
    chance = Random(f"{index} event")
    sessions = tuple(
        session(numbers[start : start + OF_SESSION], first) for start in range(0, len(numbers), OF_SESSION)
    )
    return Event(
        id=f"meeting-{index}",
        title=f"{' '.join(text(chance, 'en', 4)).title()} {first.year}",
        start=first,
        end=first + timedelta(days=4),
        abstract=" ".join(text(chance, "en", 80)),
        sessions=sessions,
    )


def session(numbers: range, first: date) -> Session:
    """The session that holds these recordings."""
    place = numbers[0] % OF_EVENT // OF_SESSION
    chance = Random(f"{numbers[0]} session")
    return Session(
        id=f"session-{place}",
        title=" ".join(text(chance, "en", 6)),
        start=datetime(first.year, first.month, first.day, 9, tzinfo=UTC)
        + timedelta(days=place // 10, minutes=place % 10 * 50),
        duration=timedelta(minutes=45),
        track=f"Theme {place % 12}",
        room=f"Room {place % 5}",
        abstract=" ".join(text(chance, "en", 60)),
        recordings=tuple(recording(number) for number in numbers),
    )


def recording(number: int) -> Recording:
    """Recording ``number``, with one to three of some thousand people."""
    language = SPOKEN[number % len(SPOKEN)]
    chance = Random(f"{number} recording")
    people = (chance.randrange(2000 + number // 2) for _ in range(chance.randint(1, 3)))
    return Recording(
        id=f"talk-{number}",
        title=" ".join(text(chance, language, 7)),
        language=language,
        abstract=" ".join(text(chance, language, 70)),
        people=tuple(person(one) for one in dict.fromkeys(people)),
    )


@lru_cache(maxsize=20_000)
def person(number: int) -> Person:
    """Person ``number``."""
    chance = Random(f"{number} person")
    name = " ".join(text(chance, SPOKEN[number % len(SPOKEN)], 2)).title()
    return Person(name=f"{name} {number}", id=f"person-{number}", organisation=f"Institute {number % 300}")


def published(event: Event) -> Iterator[PublishedRecording]:
    """The recordings of an event, as if they had been made."""
    for session, one in event.recordings():
        yield PublishedRecording(
            event=event,
            session=session,
            recording=one,
            made=made(event.id, one),
            people=one.people,
            language=one.language or "en",
            licence="CC-BY-4.0",
            date=session.start,
        )


def made(event_id: str, one: Recording) -> Made:
    """What a recording of 45 minutes has: three renditions, sound, captions, chapters."""
    number, language = int(one.id.partition("-")[2]), one.language or "en"
    folder = f"media/{event_id}/{one.id}/{sha256(one.id.encode()).hexdigest()[:16]}"
    digest = sha256(f"{one.id} file".encode()).hexdigest()
    track = CaptionTrack(
        url=f"{folder}/captions/{language}.vtt",
        transcript=f"{folder}/transcript.{language}.txt",
        language=language,
        origin=Origin.SIDECAR,
        bytes=40_000,
        sha256=sha256(f"{number} {language} captions".encode()).hexdigest(),
        cues=CuesOnDemand(partial(cues, number, language)),
    )
    renditions = tuple(
        Rendition(
            url=f"{folder}/{height}p.mp4",
            playlist=f"{folder}/{height}p.m3u8",
            width=height * 16 // 9,
            height=height,
            codecs="avc1.64001f,mp4a.40.2",
            bandwidth=900_000,
            average_bandwidth=700_000,
            bytes=height * 300_000,
            sha256=digest,
        )
        for height in (1080, 720, 360)
    )
    sound = AudioTrack(url=f"{folder}/audio.m4a", codecs="mp4a.40.2", bytes=21_000_000, sha256=digest, bandwidth=64_000)
    marks = (
        ChapterMark(start_ms=start * 540_000, end_ms=(start + 1) * 540_000, title=f"Part {start}") for start in range(5)
    )
    return Made(
        duration_ms=2_700_000,
        source_sha256=digest,
        hls=f"{folder}/master.m3u8",
        poster=Poster(url=f"{folder}/poster.jpg", width=1280, height=720, thumbnail=f"{folder}/thumbnail.jpg"),
        renditions=renditions,
        audio=(sound,),
        captions=(track,),
        chapters=tuple(marks),
        chapters_url=f"{folder}/chapters.vtt",
    )
