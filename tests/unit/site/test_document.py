"""``catalog.json``: the contract."""

from __future__ import annotations

import json
from dataclasses import replace

import jsonschema
import pytest

from catalog.document import catalog_builder, catalog_document, validator
from tests.unit.site import samples


def test_has_the_shape_of_the_contract() -> None:
    """Every field of the contract is there, in its form, and the whole validates."""
    document = json.loads(catalog_document(samples.catalogue(), 7, "state/7.json"))
    validator().validate(document)
    assert {key: document[key] for key in ("schema", "generation", "manifest", "base_url")} == {
        "schema": 1,
        "generation": 7,
        "manifest": "state/7.json",
        "base_url": "https://meetings.example.org/archive/",
    }
    assert document["events"] == [
        {
            "id": "nodes2021",
            "title": "Meeting of the Nodes 2021",
            "start": "2021-06-28",
            "end": "2021-06-29",
            "page": "nodes2021/",
        }
    ]
    panel = document["recordings"][0]
    assert list(panel) == [
        *("id", "event", "session", "kind", "title", "people", "language", "date", "duration_ms", "page", "licence"),
        *(
            "hls",
            "poster",
            "storyboard",
            "renditions",
            "audio",
            "captions",
            "chapters",
            "transcript",
            "source_sha256",
            "doi",
        ),
    ]
    assert (panel["id"], panel["event"], panel["session"]) == ("nodes2021/panel", "nodes2021", "theme-1")
    assert panel["date"] == "2021-06-28T14:00:00+02:00"
    assert panel["people"] == ["Amina Okoye"]
    assert set(panel["renditions"][0]) == {"url", "width", "height", "codecs", "bytes", "sha256", "copied"}
    assert set(panel["captions"][1]) == {"url", "language", "origin", "bytes"}
    assert panel["transcript"] == "media/nodes2021/panel/0123456789abcdef/transcript.en.txt"


def test_same_catalogue_same_bytes() -> None:
    """Two writings of the same catalogue are byte-identical."""
    assert catalog_document(samples.catalogue(), 1) == catalog_document(samples.catalogue(), 1)


def test_no_manifest_no_field() -> None:
    """The additional field is left out rather than empty."""
    assert "manifest" not in json.loads(catalog_document(samples.catalogue(), 1))


def test_a_broken_document_is_never_written() -> None:
    """A digest that is none breaks the contract, and nothing is returned."""
    catalogue = samples.catalogue()
    panel = catalogue.recordings[0]
    broken = replace(panel, made=panel.made.model_copy(update={"source_sha256": "?"}))
    with pytest.raises(jsonschema.ValidationError):
        catalog_document(replace(catalogue, recordings=(broken,)), 1)


def test_what_is_public_is_not_checked_again() -> None:
    """A builder gives the bytes of any generation; it checks what differs from the document before, and only that."""
    catalogue = samples.catalogue()
    public = catalog_document(catalogue, 3, "state/3.json")
    build = catalog_builder(catalogue, before=public)
    assert (build(3, "state/3.json"), build(4, "state/4.json")) == (
        public,
        catalog_document(catalogue, 4, "state/4.json"),
    )
    panel = catalogue.recordings[0]
    broken = replace(panel, made=panel.made.model_copy(update={"source_sha256": "?"}))
    with pytest.raises(jsonschema.ValidationError):
        catalog_builder(replace(catalogue, recordings=(broken,)), before=public)
    wrong = json.loads(public)
    wrong["recordings"][0]["source_sha256"] = "?"
    assert catalog_builder(replace(catalogue, recordings=(broken,)), before=json.dumps(wrong).encode())(3)
