"""A small catalogue to render: three scripts, every state of a session, and everything a recording can have."""

from __future__ import annotations

from datetime import UTC, datetime

from catalog.manifest import AudioTrack, CaptionTrack, ChapterMark, Made, Origin, Poster, Rendition, Slide
from catalog.model import Cue, Event, Person
from catalog.pages import Catalogue, PublishedRecording, Withdrawn
from catalog.published import Activity
from catalog.site import Site, Theme

SHA = "0" * 64

FACTS = {
    "id": "nodes2021",
    "title": "Meeting of the Nodes 2021",
    "subtitle": "Five days, one network",
    "start": "2021-06-28",
    "end": "2021-06-29",
    "timezone": "Europe/Copenhagen",
    "place": "Online",
    "abstract": "Delegates of **all regions** meet to plan the years ahead.\n\n- Panels\n- Demos",
    "links": [{"url": "https://forum.example.org/nodes", "kind": "discussion", "title": "Forum"}],
    "sessions": [
        {"id": "icebreaker", "title": "Icebreaker", "start": "2021-06-28T09:00", "duration": 90, "room": "Main hall"},
        {
            "id": "theme-1",
            "title": "The role of nodes in the next strategic period",
            "type": "panel",
            "track": "Strategy",
            "room": "Main hall",
            "start": "2021-06-28T14:00",
            "duration": 90,
            "people": [{"name": "Amina Okoye", "role": "moderator", "organisation": "Secretariat"}],
            "abstract": "Experts of the community discuss what nodes will do.",
            "links": [
                {"url": "https://forum.example.org/theme-1", "kind": "discussion"},
                {"url": "https://files.example.org/background.pdf", "kind": "document", "title": "Background document"},
            ],
            "recordings": [
                {
                    "id": "panel",
                    "title": "Panel: the role of nodes",
                    "abstract": "The discussion in full, with questions from the [forum](https://forum.example.org/).",
                    "doi": "10.5281/zenodo.123456",
                    "discussion": "https://forum.example.org/t/panel/42",
                },
                {
                    "id": "welcome",
                    "title": "Bienvenue et introduction à la réunion",
                    "kind": "pre-recorded",
                    "language": "fr",
                    "people": [{"name": "Hélène Dubois", "organisation": "Point nodal France"}],
                    "licence": "CC0-1.0",
                },
                {"id": "values", "title": "Values", "kind": "pre-recorded", "people": ["Tomás Rivera"]},
                {
                    "id": "history",
                    "title": "A short history",
                    "source": "none",
                    "duration": 12,
                    "links": [{"url": "https://video.example.org/history", "kind": "video"}],
                },
            ],
        },
        {
            "id": "regional",
            "title": "لقاء إقليمي: العقد في غرب آسيا",
            "language": "ar",
            "start": "2021-06-29T10:00",
            "duration": 60,
            "people": [{"name": "ليلى حداد", "role": "chair"}],
            "recordings": [{"id": "arabic", "title": "التنوع البيولوجي في غرب آسيا"}],
        },
        {
            "id": "radio",
            "title": "Radio: voices of the field",
            "start": "2021-06-29T11:30",
            "duration": 30,
            "recordings": [{"id": "voices", "title": "Voices of the field"}],
        },
        {
            "id": "evaluation",
            "title": "Evaluation",
            "start": "2021-06-29T16:00",
            "duration": 45,
            "recordings": [{"id": "closing", "title": "Closing words"}],
        },
        {"id": "farewell", "title": "Farewell", "start": "2021-06-29T17:00", "duration": 30},
    ],
}

SENTENCES = (
    "Good afternoon and welcome to the panel on the role of nodes.",
    "We have colleagues from every region with us today.",
    "Before we start, please put your questions in the forum.",
    "Data mobilisation begins with people who trust each other.",
    "In our country four museums now share their records every month.",
    "That took ten years, and it took patience.",
)


def media(recording: str, name: str, digest: str = "0123456789abcdef") -> str:
    return f"media/nodes2021/{recording}/{digest}/{name}"


def cues(count: int = 24, texts: tuple[str, ...] = SENTENCES, step_ms: int = 1000) -> tuple[Cue, ...]:
    return tuple(
        Cue(
            start_ms=index * step_ms,
            end_ms=(index + 1) * step_ms - 50,
            text=texts[index % len(texts)],
            speaker=("Amina Okoye", "Tomás Rivera")[index // 8 % 2],
        )
        for index in range(count)
    )


def captions(recording: str, language: str, origin: Origin = Origin.SIDECAR, count: int = 24) -> CaptionTrack:
    return CaptionTrack(
        url=media(recording, f"captions/{language}.vtt"),
        transcript=media(recording, f"transcript.{language}.txt"),
        subrip=media(recording, f"captions/{language}.srt"),
        language=language,
        origin=origin,
        bytes=1234,
        sha256=SHA,
        cues=cues(count),
    )


def rendition(recording: str, height: int) -> Rendition:
    return Rendition(
        url=media(recording, f"{height}p.mp4"),
        playlist=media(recording, f"{height}p.m3u8"),
        width=height * 16 // 9,
        height=height,
        codecs="avc1.64001f,mp4a.40.2",
        bandwidth=900_000,
        average_bandwidth=700_000,
        bytes=height * 3000,
        sha256=SHA,
    )


def sound(recording: str) -> AudioTrack:
    return AudioTrack(
        url=media(recording, "audio.m4a"),
        language="en",
        codecs="mp4a.40.2",
        bytes=480_000,
        sha256=SHA,
        bandwidth=64_000,
    )


def video(recording: str, *tracks: CaptionTrack, duration_ms: int = 24_000) -> Made:
    return Made(
        duration_ms=duration_ms,
        source_sha256=SHA,
        hls=media(recording, "master.m3u8"),
        poster=Poster(
            url=media(recording, "poster.jpg"), width=1280, height=720, thumbnail=media(recording, "thumbnail.jpg")
        ),
        renditions=tuple(rendition(recording, height) for height in (1080, 720, 360)),
        audio=(sound(recording),),
        captions=tracks,
    )


def catalogue(facts: dict[str, object] = FACTS, **site: object) -> Catalogue:
    """The sample, or other facts of the same sessions; keyword arguments are fields of its ``Site``."""
    event = Event.model_validate(facts).localised()
    by_id = {one.id: (session, one) for session, one in event.recordings()}
    chapters = (
        ChapterMark(start_ms=0, end_ms=8000, title="Welcome"),
        ChapterMark(start_ms=8000, end_ms=16_000, title="Mobilising data"),
        ChapterMark(start_ms=16_000, end_ms=24_000, title="Questions"),
    )
    panel = video("panel", captions("panel", "en"), captions("panel", "es", Origin.ASR)).model_copy(
        update={
            "chapters": chapters,
            "chapters_url": media("panel", "chapters.vtt"),
            "storyboard": media("panel", "storyboard.vtt"),
            "slides": tuple(
                Slide(start_ms=at, url=media("panel", f"slide-{at}.jpg"), text=text)
                for at, text in ((0, "Agenda of the panel"), (8500, "Orchid herbarium sheets"), (12_000, ""))
            ),
        }
    )
    made = {
        "panel": panel,
        "welcome": video("welcome", captions("welcome", "fr", Origin.ASR)),
        "arabic": video("arabic", captions("arabic", "ar")),
        "voices": Made(duration_ms=61_000, source_sha256=SHA, audio=(sound("voices"),)),
        "history": Made(duration_ms=720_000, source_sha256=""),
    }

    def published(key: str, people: tuple[Person, ...], language: str) -> PublishedRecording:
        session, recording = by_id[key]
        return PublishedRecording(
            event=event,
            session=session,
            recording=recording,
            made=made[key],
            people=people,
            language=language,
            licence=recording.licence or "CC-BY-4.0",
            date=session.start,
        )

    recordings = tuple(
        published(key, by_id[key][1].people or by_id[key][0].people, language)
        for key, language in (
            ("panel", "en"),
            ("welcome", "fr"),
            ("history", "en"),
            ("arabic", "ar"),
            ("voices", "en"),
        )
    )
    defaults = {
        "title": "Meetings of the network",
        "description": "Recordings of our meetings: watch them, read them, share them.",
        "base_url": "https://meetings.example.org/archive/",
        "contact": "secretariat@example.org",
        "theme": Theme(organisation="The network", organisation_url="https://www.example.org/"),
    }
    return Catalogue(
        site=Site.model_validate(defaults | site),
        events=(event,),
        recordings=recordings,
        expected=frozenset({"nodes2021/values", "nodes2021/closing"}),
        activity={"https://forum.example.org/t/panel/42": Activity(7, datetime(2021, 7, 2, 9, 30, tzinfo=UTC))},
        withdrawn=(Withdrawn(event, event.sessions[0], "minutes", "at the request of a speaker"),),
    )
