"""Titles and texts in several languages: how they are written, and where which one is shown."""

from __future__ import annotations

import json
from copy import deepcopy
from dataclasses import replace
from functools import cache

import pytest
from lxml import html

from catalog import documents, search
from catalog.errors import InvalidDocumentError
from catalog.model import Event, Recording
from catalog.programme import native
from catalog.published import Catalogue
from catalog.render import build
from catalog.search_words import ABOUT
from catalog.wording import Wording
from tests.unit.site import samples
from tests.unit.site.test_search import texts_of

TITLES = {"en": "Panel: the role of nodes", "fr": "Table ronde : le rôle des nœuds", "ar": "GBIF: دور العقد"}
ABSTRACTS = {"en": "In *full*.", "fr": "En *entier*."}


def recording(**fields: object) -> Recording:
    return Recording.model_validate({"id": "panel", "title": "Panel", **fields})


def catalogue() -> Catalogue:
    """The sample with its panel titled in three languages, its event in two; pages in four."""
    plain = samples.catalogue(languages=("en", "fr", "ar", "es"))
    facts = deepcopy(samples.FACTS)
    facts["title"] = {"en": facts["title"], "fr": "Réunion des nœuds 2021"}
    facts["sessions"][1]["recordings"][0] |= {"title": TITLES, "abstract": ABSTRACTS}  # type: ignore[index]
    event = Event.model_validate(facts).localised()
    known = {one.id: (session, one) for session, one in event.recordings()}
    published = (
        replace(one, event=event, session=known[one.recording.id][0], recording=known[one.recording.id][1])
        for one in plain.recordings
    )
    return replace(plain, events=(event,), recordings=tuple(published))


@cache
def objects() -> dict[str, bytes]:
    return build(catalogue())


def page(path: str) -> html.HtmlElement:
    return html.document_fromstring(objects()[f"{path}index.html"].decode())


def test_the_first_language_is_the_plain_text() -> None:
    """``title: {en: …, fr: …}`` is the title of ``en`` for whoever asks for one, and survives being written again."""
    one = recording(title=TITLES, abstract=ABSTRACTS)
    assert (one.title, one.abstract) == (TITLES["en"], ABSTRACTS["en"])
    assert Recording.model_validate(one.model_dump(exclude_unset=True)) == one


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ("fr", Wording("Nœuds", "fr")),
        ("fr-CA", Wording("Nœuds", "fr")),
        ("pt", Wording("Nós", "pt-BR")),
        ("zh", Wording("Nodes", "en")),
    ],
)
def test_the_language_asked_for(asked: str, expected: Wording) -> None:
    """In the language asked for, in a close one, else in the first, whose language is known too."""
    assert recording(title={"en": "Nodes", "fr": "Nœuds", "pt-BR": "Nós"}).worded("title", asked) == expected


def test_plain_text_has_no_known_language() -> None:
    """Nothing is claimed of the language of a text that is simply written."""
    assert recording(abstract="Text").worded("abstract", "fr") == Wording("Text")


def test_mistakes_are_told() -> None:
    """A language that is none, and a text that is none, are mistakes with the name of the field."""
    document = documents.parse("event.yaml", b"title: {en: Nodes, klingon!: tlh}\nabstract: {fr: [1]}\n")
    with pytest.raises(InvalidDocumentError) as caught:
        native.read(document, folder="nodes")
    told = "\n".join(f"{one.field}: {one.message}" for one in caught.value.findings)
    assert "klingon!" in told
    assert "abstract" in told


def test_an_imported_programme_can_be_translated() -> None:
    """What is written beside an imported programme replaces its title in all languages."""
    imported = Event.model_validate({"id": "x", "title": "Old", "sessions": [{"id": "one", "title": "One"}]})
    text = "sessions:\n- {id: one, title: {en: One, 'no': En}}\n"
    event = native.read(documents.parse("event.yaml", text.encode()), folder="nodes", imported=imported)
    assert event.sessions[0].worded("title", "no") == Wording("En", "no")


@pytest.mark.parametrize(("folder", "tag"), [("", "en"), ("fr/", "fr"), ("ar/", "ar"), ("es/", "en")])
def test_pages_show_their_language(folder: str, tag: str) -> None:
    """Each page shows the title of its language, marked as what it is; where there is none, the first."""
    tree = page(f"{folder}nodes2021/theme-1/panel/")
    (title,) = tree.xpath("//h1/bdi")
    assert (title.text_content(), title.get("lang")) == (TITLES[tag], tag)
    assert title.get("dir") == ("rtl" if tag == "ar" else "ltr")
    assert tree.xpath("string(//title)").startswith(TITLES[tag])
    (abstract,) = tree.xpath("//div[@class='prose']")
    shown = tag if tag in ABSTRACTS else "en"
    assert (abstract.get("lang"), abstract.get("dir")) == (shown, "ltr")
    assert abstract.text_content().strip() == ABSTRACTS[shown].replace("*", "")
    for other in (f"{folder}index.html", f"{folder}nodes2021/index.html", f"{folder}nodes2021/theme-1/index.html"):
        assert TITLES[tag] in objects()[other].decode(), other


def test_programs_read_the_first_language() -> None:
    """Feeds, citations and structured data have one title, the same whatever the page."""
    french = page("fr/nodes2021/theme-1/panel/")
    assert french.xpath("//meta[@name='citation_title']/@content") == [TITLES["en"]]
    data = json.loads(french.xpath("string(//script[@type='application/ld+json'])"))
    assert TITLES["en"] in json.dumps(data, ensure_ascii=False)
    assert TITLES["en"] in objects()["podcast.xml"].decode()
    assert TITLES["fr"] not in objects()["podcast.xml"].decode()


def test_search_finds_every_language() -> None:
    """Words of each title are in the index; a result brings all titles, so that the page shows its own."""
    read = [json.loads(text) for text in texts_of(objects()) if text]
    index = {word for one in read for word in one.get("words", ())}
    assert {"role", "ronde", "عقد", "entier", "reunion"} <= index
    texts = [one for one in read if "page" in one]
    (panel,) = [one for one in texts if one["page"].endswith("/panel/") and one["blocks"][0][0] == -1]
    assert panel["titles"] == TITLES
    assert panel["event_titles"]["fr"] == "Réunion des nœuds 2021"
    start, text, language, *translations = panel["blocks"][1]
    assert (start, language, translations) == (-1, "en", [["En entier.", "fr"]])
    assert text.startswith("In full. ")
    assert "entier" not in text


def test_what_is_written_in_other_languages_is_not_said() -> None:
    """A description counts as one, whatever its language: speech begins after the first blocks."""
    for one in catalogue().recordings:
        found = [block.start_ms for block in search.blocks(one)]
        assert found[:ABOUT] == [-1] * ABOUT
        assert all(start >= 0 for start in found[ABOUT:])
    panel = next(one for one in catalogue().recordings if one.recording.id == "panel")
    assert [at for at, block in enumerate(search.blocks(panel)) if "entier" in block.words] == [1]
