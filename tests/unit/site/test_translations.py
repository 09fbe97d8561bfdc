"""The words of the interface: complete in every language that comes along."""

from __future__ import annotations

import re
from functools import cache

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from lxml import html

from catalog.render import TEMPLATES, build
from tests.unit.site import samples

LANGUAGES = ("ar", "es", "fr", "pt", "ru", "zh")
PLACE = re.compile(r"%\(\w+\)s|\{\}")


@cache
def used() -> frozenset[str]:
    """Every text that the templates translate."""
    options = {"**.html": {"extensions": "jinja2.ext.i18n"}}
    found = extract_from_dir(str(TEMPLATES), [("**.html", "jinja2")], options)
    return frozenset(text[0] if isinstance(text, tuple) else text for _, _, text, _, _ in found)


def translation(language: str) -> Catalog:
    with (TEMPLATES / "translations" / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_is_translated(language: str) -> None:
    """Each text of the templates has a translation, each translation is of a text that is used."""
    messages = {one.id[0] if isinstance(one.id, tuple) else one.id: one for one in translation(language) if one.id}
    assert set(messages) == used()
    for text, message in messages.items():
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(forms), text
        assert not message.fuzzy, text


@pytest.mark.parametrize("language", LANGUAGES)
def test_places_to_fill_are_kept(language: str) -> None:
    """A translation fills the same places; forms for one, two or none may say the number in words."""
    for message in translation(language):
        if isinstance(message.id, str) and message.id:
            assert sorted(PLACE.findall(message.id)) == sorted(PLACE.findall(str(message.string))), message.id
        elif message.id:
            allowed = set(PLACE.findall(message.id[1]))
            assert all(set(PLACE.findall(form)) <= allowed for form in message.string)
            assert set(PLACE.findall(message.string[-1])) == allowed


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_say_their_language(language: str) -> None:
    """Pages lie in the folder of their language, name it, its direction, and all others."""
    objects = build(samples.catalogue(languages=("en", language)))
    tree = html.document_fromstring(objects[f"{language}/nodes2021/index.html"].decode())
    assert tree.get("lang") == language
    assert tree.get("dir") == ("rtl" if language == "ar" else "ltr")
    alternates = {one.get("hreflang"): one.get("href") for one in tree.xpath("//link[@rel='alternate'][@hreflang]")}
    base = samples.catalogue().site.base_url
    assert alternates == {
        "en": f"{base}nodes2021/",
        language: f"{base}{language}/nodes2021/",
        "x-default": f"{base}nodes2021/",
    }
    other = html.document_fromstring(objects["nodes2021/index.html"].decode())
    assert {one.get("hreflang"): one.get("href") for one in other.xpath("//link[@hreflang]")} == alternates
    assert tree.xpath("//nav[@class='languages']//a/@href") == ["../../nodes2021/", "./"]


def test_plural_forms() -> None:
    """Numbers follow the rules of the language: four recordings in Russian and in Arabic."""
    objects = build(samples.catalogue(languages=("en", "ru", "ar")))
    assert "5 записей" in objects["ru/index.html"].decode()
    assert "5 تسجيلات" in objects["ar/index.html"].decode()
