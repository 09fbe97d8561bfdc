"""Which file belongs to which recording."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalog.model import CaptionSource, Event, Kind, Recording, Session
from pipeline.inbox import InboxFile, Matches, match

DAY = datetime(2021, 6, 28)
ZOOM = "2021-06-28 13.58.02 Global Nodes Meeting 98765432100"


def event(*sessions: Session) -> Event:
    return Event(id="gnm", title="Meeting", timezone="Europe/Copenhagen", sessions=sessions)


def session(name: str, start: str = "", *recordings: Recording, minutes: int = 90, **more: object) -> Session:
    begin = datetime.fromisoformat(f"2021-06-28T{start}") if start else None
    data = {"id": name, "title": f"About {name}", "start": begin, "duration": minutes, **more}
    return Session.model_validate({**data, "recordings": recordings})


def live(name: str, **more: object) -> Recording:
    return Recording.model_validate({"id": name, "title": f"Talk {name}", **more})


def talk(name: str, **more: object) -> Recording:
    return live(name, kind=Kind.PRE_RECORDED, **more)


def matched(programme: Event, *names: str) -> Matches:
    return match(programme, [InboxFile(name, Path(name)) for name in names])


def parts(matches: Matches) -> dict[str, list[str]]:
    return {id_: [file.name for file in one.parts] for id_, one in matches.found.items()}


def loose(matches: Matches) -> dict[str, tuple[str, ...]]:
    return {one.file.name: one.nearest for one in matches.unmatched}


def test_a_named_source_comes_first() -> None:
    """The file an organiser names is taken, though another one has the recording's id; that one is left over."""
    programme = event(session("panel", "", talk("panel", source="raw/Final cut.MOV")))
    matches = matched(programme, "panel.mp4", "raw/Final cut.MOV")
    assert parts(matches) == {"panel": ["raw/Final cut.MOV"]}
    assert loose(matches) == {"panel.mp4": ("panel",)}


def test_a_named_source_is_found_in_another_spelling() -> None:
    """Letter case and the two forms of accents do not matter; any ending is accepted."""
    programme = event(session("a", "", talk("a", source="./Vidéo.DAT")))
    assert parts(matched(programme, "vide\u0301o.dat")) == {"a": ["vide\u0301o.dat"]}


@pytest.mark.parametrize("source", ["../outside.mp4", "/etc/passwd", "gone.mp4"])
def test_a_source_that_is_not_in_the_inbox_is_missing(source: str) -> None:
    """Nothing outside of the inbox is ever taken, and no other file instead."""
    matches = matched(event(session("a", "", talk("a", source=source))), "a.mp4")
    assert parts(matches) == {}
    assert [(one.recording, source in one.message) for one in matches.missing] == [("a", True)]


def test_addresses_and_recordings_elsewhere_need_no_file() -> None:
    """A recording with an address or without a source here is not missing; captions beside it are its own."""
    programme = event(session("s", "", talk("a", source="https://x.example/a.mp4"), talk("b", source="none")))
    matches = matched(programme, "a.en.vtt")
    assert matches.missing == ()
    assert [one.file.name for one in matches.found["a"].captions] == ["a.en.vtt"]


@pytest.mark.parametrize(
    "name", ["theme-1.mp4", "Theme 1.MKV", "THÈME_1.webm", "theme-1/GX010042.MP4", "theme-1-1.mp4"]
)
def test_files_are_found_by_id(name: str) -> None:
    """The file or its folder is named like the id, but for case, accents, separators and a part number."""
    assert parts(matched(event(session("s", "", talk("theme-1"), talk("other"))), name)) == {"theme-1": [name]}


def test_an_exact_name_wins_over_a_part() -> None:
    """``theme-1`` is the recording of that id, not the first part of ``theme``."""
    programme = event(session("s", "", talk("theme"), talk("theme-1")))
    assert parts(matched(programme, "theme-1.mp4", "theme.mp4")) == {"theme": ["theme.mp4"], "theme-1": ["theme-1.mp4"]}


def test_the_sessions_id_will_do_when_it_has_one_recording() -> None:
    """With two recordings in the session it says nothing."""
    one = event(session("opening", "", talk("welcome")))
    two = event(session("opening", "", talk("welcome"), talk("thanks")))
    assert parts(matched(one, "opening.mp4")) == {"welcome": ["opening.mp4"]}
    assert parts(matched(two, "opening.mp4")) == {}


def test_a_session_without_recordings_gets_one() -> None:
    """A file of its name adds a recording with the session's title; the rest is inherited."""
    matches = matched(event(session("closing", "16:00")), "closing.mp4")
    ((owner, added),) = matches.event.recordings()
    assert (owner.id, added.id, added.title, added.people) == ("closing", "closing", "About closing", ())
    assert parts(matches) == {"closing": ["closing.mp4"]}


def test_an_added_recording_has_an_id_of_its_own() -> None:
    """The id of another session's recording is not used twice."""
    programme = event(session("closing", "16:00"), session("s", "", talk("closing", source="none")))
    assert parts(matched(programme, "2021-06-28 16-00-00.mkv")) == {"closing-recording": ["2021-06-28 16-00-00.mkv"]}


def test_guids_are_found_in_names() -> None:
    """A guid of the recording or of its session in the file's or folder's name; short ones are not looked for."""
    programme = event(
        session("a", "", talk("x", guid="5f3a9c4e-11aa")),
        session("b", guid="AB12CD34"),
        session("c", "", talk("z", guid="42")),
    )
    matches = matched(programme, "video [5f3a9c4e-11aa].mp4", "ab12cd34/cam.mkv", "42 x.mp4")
    assert parts(matches) == {"x": ["video [5f3a9c4e-11aa].mp4"], "b": ["ab12cd34/cam.mkv"]}


def test_two_files_of_one_name_are_not_guessed_between() -> None:
    """Both are listed with the recording they may belong to, and it is missing."""
    matches = matched(event(session("s", "", talk("talk"))), "talk.mp4", "talk.mkv")
    assert parts(matches) == {}
    assert loose(matches) == {"talk.mp4": ("talk",), "talk.mkv": ("talk",)}
    assert [one.recording for one in matches.missing] == ["talk"]


def test_sound_beside_pictures_is_another_view() -> None:
    """The sound-only file of a recording with pictures is known, and not taken."""
    found = matched(event(session("s", "", talk("talk"))), "talk.m4a", "talk.mp4").found["talk"]
    assert [file.name for file in found.parts] == ["talk.mp4"]
    assert [file.name for file in found.views] == ["talk.m4a"]


@pytest.mark.parametrize(
    ("names", "complete"),
    [
        (["t-1.mp4", "t-2.mp4", "t-3.mp4"], True),
        (["t_0.ts", "t_1.ts"], True),
        (["t (2).mp4", "t (3).mp4"], False),
        (["t-1.mp4", "t-3.mp4"], False),
        (["t-2.mp4"], False),
    ],
)
def test_parts_are_taken_when_none_is_lacking(names: list[str], complete: bool) -> None:
    """Numbers run from 0 or 1 without a gap; otherwise a part is missing or they are something else."""
    assert parts(matched(event(session("s", "", talk("t"))), *names)) == ({"t": names} if complete else {})


def test_parts_are_in_the_order_of_their_numbers() -> None:
    """Ten comes after two."""
    names = [f"t-{number}.mp4" for number in range(1, 12)]
    assert parts(matched(event(session("s", "", talk("t"))), *names)) == {"t": names}


def test_zooms_views() -> None:
    """Of a Zoom recording the shared screen with speaker is taken, in the most pixels; its transcript is automatic."""
    stem = "GMT20210628-120000_Recording"
    others = [f"{stem}.m4a", f"{stem}_640x360.mp4", f"{stem}_avo_1920x1080.mp4", f"{stem}_gallery_1920x1080.mp4",
              f"{stem}_gvo_1920x1080.mp4"]  # fmt: skip
    matches = matched(
        event(session("panel", "14:00", live("panel"))), *others, f"{stem}_1920x1080.mp4", f"{stem}.transcript.vtt"
    )
    found = matches.found["panel"]
    assert [file.name for file in found.parts] == [f"{stem}_1920x1080.mp4"]
    assert sorted(file.name for file in found.views) == others
    assert [(one.file.name, one.is_automatic) for one in found.captions] == [(f"{stem}.transcript.vtt", True)]


def test_zooms_local_folder() -> None:
    """The folder has the time; its parts are joined in order, its sound is a view, its captions belong to it."""
    matches = matched(
        event(session("panel", "14:00", live("panel"))),
        *(
            f"{ZOOM}/{name}"
            for name in ("zoom_1.mp4", "zoom_0.mp4", "audio_only.m4a", "closed_caption.vtt", "chat.txt")
        ),
    )
    found = matches.found["panel"]
    assert [file.name for file in found.parts] == [f"{ZOOM}/zoom_0.mp4", f"{ZOOM}/zoom_1.mp4"]
    assert [file.name for file in found.views] == [f"{ZOOM}/audio_only.m4a"]
    assert [one.file.name for one in found.captions] == [f"{ZOOM}/closed_caption.vtt"]
    assert matches.unmatched == ()


def test_bigbluebutton() -> None:
    """The meeting id's milliseconds are the time; webcams have the sound, the desktop has not."""
    folder = "183f0bf3a0982a127bdb8161e0c44eb696b3e75c-1624881605000"
    matches = matched(
        event(session("panel", "14:00", live("panel"))), f"{folder}/deskshare.webm", f"{folder}/webcams.webm"
    )
    assert parts(matches) == {"panel": [f"{folder}/webcams.webm"]}


@pytest.mark.parametrize(
    ("clock", "owner"),
    [
        ("08-40-00", "early"),
        ("08-10-00", None),
        ("09-05-00", "early"),
        ("10-20-00", "late"),
        ("11-10-00", "late"),
        ("12-20-00", "late"),
        ("12-45-00", None),
    ],
)
def test_time_decides_by_the_nearest_start(clock: str, owner: str | None) -> None:
    """Shortly before or after a start it is that session's; in the middle of one it is that one's; else nobody's."""
    programme = event(session("a", "09:00", live("early"), minutes=90), session("b", "10:30", live("late"), minutes=90))
    name = f"2021-06-28 {clock}.mkv"
    assert parts(matched(programme, name)) == ({owner: [name]} if owner else {})


def test_a_restarted_recorder_gives_parts() -> None:
    """Two files of one recorder within a session are its parts, in order."""
    names = ["2021-06-28 14-00-10.mkv", "2021-06-28 14-41-00.mkv"]
    assert parts(matched(event(session("s", "14:00", live("s"))), *reversed(names))) == {"s": names}


def test_two_recorders_are_not_joined() -> None:
    """A backup recorder is not a second part."""
    matches = matched(event(session("s", "14:00", live("s"))), "2021-06-28 14-00-10.mkv", "cam-20210628140030.mp4")
    assert parts(matches) == {}
    assert set(loose(matches).values()) == {("s",)}


def test_parallel_sessions_need_the_room() -> None:
    """Two sessions at one time: the room in the name decides; without it the file is listed with both."""
    programme = event(
        session("a", "14:00", live("a"), room="K.1.105 (La Fontaine)"), session("b", "14:00", live("b"), room="Saal 1")
    )
    found = matched(programme, "k1105-20210628140000.ts", "saal1-2021-06-28_14-00-00.ts")
    assert parts(found) == {"a": ["k1105-20210628140000.ts"], "b": ["saal1-2021-06-28_14-00-00.ts"]}
    assert loose(matched(programme, "2021-06-28 14-00-00.mkv")) == {"2021-06-28 14-00-00.mkv": ("a", "b")}


def test_prerecorded_talks_are_not_found_by_time() -> None:
    """What was recorded beforehand says nothing by its time."""
    matches = matched(event(session("s", "14:00", talk("t"))), "2021-06-28 14-00-00.mkv")
    assert parts(matches) == {}


def test_a_taken_slot_does_not_push_files_to_its_neighbour() -> None:
    """A second file at the time of a session that has its own is not given to the next session."""
    programme = event(session("a", "14:00", live("a"), minutes=30), session("b", "14:40", live("b"), minutes=30))
    matches = matched(programme, "a.mp4", "2021-06-28 14-02-00.mkv")
    assert parts(matches) == {"a": ["a.mp4"]}
    assert loose(matches) == {"2021-06-28 14-02-00.mkv": ("a",)}


def test_a_series_is_cut_by_the_programme() -> None:
    """A recorder that starts a file every three minutes: each session gets the files it overlaps."""
    begin = DAY + timedelta(hours=13)
    names = [f"saal1-{begin + timedelta(minutes=3 * step):%Y-%m-%d_%H-%M-%S}-{step:04}.ts" for step in range(60)]
    programme = event(
        session("a", "13:30", live("a"), minutes=30, room="Saal 1"),
        session("b", "14:01", live("b"), minutes=29, room="Saal 1"),
        session("c", "14:00", live("c"), minutes=30, room="Saal 2"),
    )
    found = parts(matched(programme, *names))
    assert found == {"a": names[10:20], "b": names[20:30]}


def test_sidecars() -> None:
    """Captions in any spelling of the language, slides and a picture, by the recording's id or its file's name."""
    names = [
        "My talk.v2.mp4",
        "My talk.v2.en.vtt",
        "t.pt_br.srt",
        "captions/t.fr.cc.vtt",
        "t.jpg",
        "t.pdf",
        "T.asr.vtt",
    ]
    found = matched(event(session("s", "", talk("t", source=names[0]))), *names).found["t"]
    captions = {one.file.name: (one.language, one.is_automatic) for one in found.captions}
    assert captions == {
        "My talk.v2.en.vtt": ("en", False),
        "t.pt_br.srt": ("pt-BR", False),
        "captions/t.fr.cc.vtt": ("fr", False),
        "T.asr.vtt": (None, True),
    }
    assert found.poster
    assert (found.poster.name, [file.name for file in found.slides]) == ("t.jpg", ["t.pdf"])


def test_sidecars_of_similar_names_are_kept_apart() -> None:
    """``talk-2.en.vtt`` is not the captions of ``talk``."""
    matches = matched(event(session("s", "", talk("talk"), talk("talk-2"))), "talk.vtt", "talk-2.en.vtt")
    owners = {id_: [one.file.name for one in found.captions] for id_, found in matches.found.items()}
    assert owners == {"talk": ["talk.vtt"], "talk-2": ["talk-2.en.vtt"]}


def test_named_captions_and_poster() -> None:
    """What the organiser names is taken with the language given; what is named but not there is missing."""
    recording = talk(
        "t", captions=[CaptionSource(file="sub.vtt", language="es"), "gone.vtt"], poster="p.png", source="t.mp4"
    )
    matches = matched(event(session("s", "", recording)), "t.mp4", "sub.vtt", "p.png")
    assert [(one.file.name, one.language) for one in matches.found["t"].captions] == [("sub.vtt", "es")]
    assert [one.message for one in matches.missing] == ["captions: 'gone.vtt' is not in the inbox"]
    assert matches.unmatched == ()


def test_the_nearest_are_named() -> None:
    """A misspelt file and the recording it may belong to name each other."""
    matches = matched(event(session("s", "", talk("regional-capacity"))), "regional-capcity.mp4")
    assert loose(matches) == {"regional-capcity.mp4": ("regional-capacity",)}
    assert [one.nearest for one in matches.missing] == [("regional-capcity.mp4",)]


IDS = st.lists(st.from_regex(r"[a-z]{3,8}(-[a-z]{2,6}){0,2}", fullmatch=True), min_size=1, max_size=8, unique=True)
SPELLINGS = st.sampled_from(
    [str, str.upper, str.title, lambda text: text.replace("-", " "), lambda text: text.replace("-", "_")]
)


@given(IDS, SPELLINGS, st.sampled_from([".mp4", ".MKV", ".webm"]))
def test_every_file_named_by_id_is_found(ids: list[str], spell: object, ending: str) -> None:
    """Any ids, in any spelling: each recording gets its own file and nothing is left."""
    programme = event(session("the-only-session", "", *(talk(one) for one in ids)))
    names = {one: f"{spell(one)}{ending}" for one in ids}  # type: ignore[operator]
    matches = matched(programme, *names.values())
    assert parts(matches) == {one: [name] for one, name in names.items()}
    assert (matches.missing, matches.unmatched) == ((), ())


NAMES = st.lists(
    st.one_of(
        st.sampled_from(
            ["a.mp4", "a.mkv", "A.MP4", "a-1.mp4", "a-2.mp4", "b/x.mp4", "b/y.mp4", "a.en.vtt", "b.vtt", "c.pdf"]
        ),
        st.sampled_from(["2021-06-28 14-00-00.mkv", "GMT20210628-120000_Recording.m4a", f"{ZOOM}/zoom_0.mp4"]),
        st.text(st.characters(exclude_characters="/\0"), min_size=1, max_size=12).map(lambda text: f"{text}.mp4"),
    ),
    unique=True,
    max_size=10,
)


@given(NAMES, st.randoms())
def test_every_file_is_accounted_for_once(names: list[str], order: random.Random) -> None:
    """Whatever lies in an inbox: each media file belongs to one recording or to none, and the order does not matter."""
    programme = event(session("a", "14:00", live("a")), session("b", "16:00"), session("c", "", talk("c")))
    matches = matched(programme, *names)
    taken = [file.name for one in matches.found.values() for file in (*one.parts, *one.views)]
    media = [name for name in names if not name.endswith((".vtt", ".pdf"))]
    left = [one.file.name for one in matches.unmatched if one.file.name in media]
    assert sorted(taken + left) == sorted(media)
    order.shuffle(names)
    assert matched(programme, *names) == matches


@pytest.mark.timeout(60)
def test_large_inboxes_do_not_take_for_ever() -> None:
    """Thousands of files that match nothing, and as many recordings without a file: each still hears its nearest."""
    programme = event(session("archive", "", *(talk(f"recording-{number}") for number in range(3000))))
    matches = matched(programme, *(f"file of talk {number}.mp4" for number in range(3000)))
    assert (len(matches.missing), len(matches.unmatched)) == (3000, 3000)
