"""``catalog.json``: the contract."""

from __future__ import annotations

import json
from dataclasses import replace
from hashlib import sha256

import jsonschema
import pytest

from bench import synthetic
from catalog import document
from catalog.document import Content, catalog_builder, catalog_document, event_document, part_keys, validator
from catalog.published import Catalogue
from catalog.render import build, parts
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


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> Catalogue:
    """A catalogue of three events, with a recording kept elsewhere, that is too large for one document."""
    monkeypatch.setattr(document, "WHOLE", 10)
    monkeypatch.setattr(synthetic, "OF_EVENT", 8)
    made, one = synthetic.catalogue(19, ("en",)), samples.catalogue()
    return replace(made, events=(*made.events, *one.events), recordings=(*made.recordings, *one.recordings))


def test_a_large_catalogue_is_in_parts(large: Catalogue, monkeypatch: pytest.MonkeyPatch) -> None:
    """The root names a document for each event with its digest; together they hold what one document would."""
    objects = build(large)
    root = json.loads(catalog_document(large, 7, "state/7.json"))
    validator().validate(root)
    assert (root["schema"], root["generation"], root["manifest"]) == (2, 7, "state/7.json")
    assert "recordings" not in root
    assert list(part_keys(root)) == [f"{event.id}/catalog.json" for event in large.events]
    recordings, elsewhere = [], []
    for event in root["events"]:
        content = objects[event["catalog"]["url"]]
        assert event["catalog"] == {
            "url": f"{event['id']}/catalog.json",
            "bytes": len(content),
            "sha256": sha256(content).hexdigest(),
        }
        part = json.loads(content)
        validator("part").validate(part)
        validator().validate({**part, "generation": 1})  # what a reader of schema 1 knows
        assert [one["id"] for one in part["events"]] == [event["id"]]
        assert len(part["recordings"]) + len(part["elsewhere"]) == event["recordings"]
        recordings += part["recordings"]
        elsewhere += part["elsewhere"]
    monkeypatch.setattr(document, "WHOLE", 1000)
    whole = json.loads(catalog_document(large, 7))
    assert (recordings, elsewhere) == (whole["recordings"], whole["elsewhere"])
    assert elsewhere
    assert part_keys(whole) == ()
    assert not [key for key in build(large) if key.endswith("/catalog.json")]


def test_a_change_rewrites_one_part(large: Catalogue) -> None:
    """A corrected title changes the document of its event, and the digest that the root names."""
    recordings = list(large.recordings)
    one = recordings[3]
    recordings[3] = replace(one, recording=one.recording.model_copy(update={"title": "Corrected"}))
    other = replace(large, recordings=tuple(recordings))
    before, after = ({event.id: event_document(which, event) for event in large.events} for which in (large, other))
    assert [key for key in before if before[key] != after[key]] == [one.event.id]
    fingerprints = [{part.fingerprint for part in parts(which)} for which in (large, other)]
    assert len(fingerprints[0] - fingerprints[1]) < len(fingerprints[0]) / 2
    roots = [json.loads(catalog_document(which, 1)) for which in (large, other)]
    differing = [one["id"] for one, two in zip(roots[0]["events"], roots[1]["events"], strict=True) if one != two]
    assert differing == [one.event.id]


def test_the_root_is_made_from_what_is_published(large: Catalogue) -> None:
    """Digests come from the objects that a publish has at hand; without one of them nothing is written."""
    found = {key: Content(5, "0" * 64) for key in part_keys(json.loads(catalog_document(large, 1)))}
    made = json.loads(catalog_builder(large, found, before=catalog_document(large, 1))(2, "state/2.json"))
    assert {one["catalog"]["sha256"] for one in made["events"]} == {"0" * 64}
    with pytest.raises(KeyError):
        catalog_builder(large, {})
    with pytest.raises(jsonschema.ValidationError):
        catalog_builder(large, dict.fromkeys(found, Content(5, "?")))


def test_a_root_without_parts_breaks_the_contract() -> None:
    """Schema 2 asks for a part of each event, schema 1 for the recordings."""
    document = json.loads(catalog_document(samples.catalogue(), 1))
    with pytest.raises(jsonschema.ValidationError):
        validator().validate({**document, "schema": 2})
    del document["recordings"]
    with pytest.raises(jsonschema.ValidationError):
        validator().validate(document)
