"""How to cite: words, BibTeX, CSL-JSON and DataCite, checked against the schema of DataCite."""

from __future__ import annotations

import json
from dataclasses import replace
from importlib.resources import files

import jsonschema
import pytest
from lxml import html
from pydantic import ValidationError

from catalog.feeds import citation
from catalog.model import Recording
from catalog.pages import Catalogue
from catalog.render import build
from tests.unit.site import samples
from tests.unit.site.test_pages import hostile_catalogue

PAGE = "nodes2021/theme-1/panel/"


@pytest.fixture(scope="module")
def objects() -> dict[str, bytes]:
    return build(samples.catalogue())


def test_datacite_keeps_to_its_schema() -> None:
    """Every recording's metadata is valid by DataCite 4.5, hostile text and recordings kept elsewhere included."""
    schema = json.loads((files("datacite") / "schemas" / "datacite-v4.5.json").read_text())
    validator = jsonschema.Draft201909Validator(schema, format_checker=jsonschema.FormatChecker())
    checked = 0
    for catalogue in (samples.catalogue(), hostile_catalogue(), _bare()):
        for one in catalogue.recordings:
            validator.validate(citation.datacite(catalogue, one))
            checked += 1
    assert checked == 11


def _bare() -> Catalogue:
    """One recording of which as little as possible is known."""
    catalogue = samples.catalogue()
    first = replace(catalogue.recordings[0], people=(), date=None, licence="")
    return replace(catalogue, recordings=(first,))


def test_datacite_names_translated_titles() -> None:
    """The first title is the title, in its language; the others are translations; so with abstracts."""
    titles = {"en": "The role of nodes", "fr": "Le rôle des nœuds", "ar": "دور العقد"}
    catalogue = samples.catalogue()
    spoken = Recording.model_validate(
        {"id": "panel", "title": titles, "language": "fr", "abstract": {"en": "All **of it**.", "fr": "Le tout."}}
    )
    one = replace(catalogue.recordings[0], recording=spoken, language="fr")
    found = citation.datacite(catalogue, one)
    assert found["titles"] == [
        {"title": titles["en"], "lang": "en"},
        {"title": titles["fr"], "titleType": "TranslatedTitle", "lang": "fr"},
        {"title": titles["ar"], "titleType": "TranslatedTitle", "lang": "ar"},
    ]
    assert [(said["lang"], said["description"]) for said in found["descriptions"]] == [
        ("en", "All of it."),
        ("fr", "Le tout."),
    ]
    schema = json.loads((files("datacite") / "schemas" / "datacite-v4.5.json").read_text())
    jsonschema.Draft201909Validator(schema).validate(found)


def test_the_doi_is_what_is_cited(objects: dict[str, bytes]) -> None:
    """The DOI stands in the text, in every file and in the head of the page; without one the page is cited."""
    doi = "10.5281/zenodo.123456"
    tree = html.document_fromstring(objects[f"{PAGE}index.html"].decode())
    assert tree.xpath("//p[@class='cite']//text()")[0].endswith(f"https://doi.org/{doi}")
    assert tree.xpath("//meta[@name='citation_doi']/@content") == [doi]
    assert tree.xpath("//meta[@name='DC.identifier']/@content") == [f"https://doi.org/{doi}"]
    assert json.loads(objects[f"{PAGE}cite.json"])[0]["DOI"] == doi
    assert json.loads(objects[f"{PAGE}datacite.json"])["doi"] == doi
    other = html.document_fromstring(objects["nodes2021/radio/voices/index.html"].decode())
    assert other.xpath("//p[@class='cite']//text()")[0].endswith("/archive/nodes2021/radio/voices/")


def test_bibtex_escapes_what_tex_would_obey() -> None:
    """Special characters are escaped, names and titles kept whole, and the braces of an entry are balanced."""
    catalogue = samples.catalogue()
    panel = catalogue.recordings[0]
    title = r"100 % of \input{x} & $y_1$ ~ #1"
    strange = replace(panel, recording=panel.recording.model_copy(update={"title": title}))
    entry = citation.bibtex(catalogue, strange).decode()
    assert r"title = {{100 \% of \textbackslash{}input\{x\} \& \$y\_1\$ \textasciitilde{} \#1}}" in entry
    assert "author = {{Amina Okoye}}" in entry
    assert entry.startswith("@misc{nodes2021-panel,\n")
    plain = entry.replace(r"\{", "").replace(r"\}", "")
    assert plain.count("{") == plain.count("}")


@pytest.mark.parametrize("given", ["10.5281/zenodo.1", "https://doi.org/10.5281/zenodo.1", "doi:10.5281/zenodo.1"])
def test_a_doi_may_be_written_with_its_resolver(given: str) -> None:
    """Whichever way it is written, the identifier alone is kept."""
    assert Recording(id="r", title="R", doi=given).doi == "10.5281/zenodo.1"


@pytest.mark.parametrize("given", ["zenodo.1", "10.5281", '10.5281/x"><script>', "10.1/ x"])
def test_what_is_no_doi_is_refused(given: str) -> None:
    """A mistake is told, and nothing that could break out of an attribute passes."""
    with pytest.raises(ValidationError, match="is not a DOI"):
        Recording(id="r", title="R", doi=given)
