"""Real media of every kind, broken ones included, as one catalogue: each is published or gets a clear error."""

from __future__ import annotations

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from pipeline import report
from pipeline.catalogue import load
from pipeline.check import check_site
from pipeline.programmes import import_programme
from pipeline.run import Options, publish
from pipeline.storage import open_store

pytestmark = [pytest.mark.media, pytest.mark.corpus, pytest.mark.slow]


def catalogue_of(folder: Path, files: list[Path]) -> Path:
    """A catalogue with one recording for each file."""
    inbox = folder / "all" / "recordings"
    inbox.mkdir(parents=True)
    recordings = []
    for number, path in enumerate(files):
        name = f"{number:03d}-{path.name}"
        shutil.copy(path, inbox / name)
        recordings.append({"id": f"r{number:03d}", "title": name, "source": name})
    session = {"id": "everything", "title": "Everything", "recordings": recordings}
    (folder / "catalogue.yaml").write_text("title: Corpus\n")
    (folder / "all" / "event.yaml").write_text(yaml.safe_dump({"title": "All", "sessions": [session]}))
    return folder


@pytest.mark.timeout(1800)
def test_every_media_file_is_published_or_explained(shared: Path, tmp_path: Path) -> None:
    """No crash, no hang, none takes another down; what is public holds together, byte for byte."""
    files = sorted(path for path in (shared / "media").rglob("*") if path.is_file())
    assert len(files) > 200
    root = catalogue_of(tmp_path, files)
    reporter = report.RecordingReporter()
    publish(load(root, import_programme), reporter, Options(), now=datetime(2026, 1, 1, tzinfo=UTC))
    failures = {one.recording: one for one in reporter.messages if isinstance(one, report.RecordingFailed)}
    public = {one["id"] for one in json.loads((root / "public" / "catalog.json").read_bytes())["recordings"]}
    told = reporter.messages
    silent = {one.reference for one in told if isinstance(one, report.Noticed) and "no file" in one.message}
    assert public | failures.keys() | silent == {f"all/r{number:03d}" for number in range(len(files))}
    assert not public & failures.keys()
    for failure in failures.values():
        assert "Aftertalk failed on it" not in failure.message, failure
        assert failure.message
        assert failure.hint or failure.context, failure
    assert len(public) > 0.8 * len(files)
    assert check_site(open_store("./public", base=root), deep=True).findings == ()
    assert not list((root / ".aftertalk" / "tmp").iterdir())
