"""Every file of the corpus: published and strictly right, or refused with a clear reason; none takes others along."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.config import Settings, TranscodeSettings
from pipeline.errors import AftertalkError
from pipeline.media.tools import Tools
from tests.media.bench import Workshop
from tests.media.strict import check_folder

ONE_RUNG = Settings(title="Corpus", transcode=TranscodeSettings(heights=(360,)))
"""Enough to see every decoder, shape and clock; ladders have tests of their own."""


@pytest.mark.corpus
@pytest.mark.media
@pytest.mark.timeout(1500)
def test_corpus(tools: Tools, shared: Path, tmp_path: Path) -> None:
    """At least three files of four are published; all others say what is wrong and what to do."""
    sources = sorted(path for path in (shared / "media").rglob("*") if path.is_file())

    def outcome(number: int) -> str:
        try:
            artifact, folder = Workshop(tmp_path / str(number), tools, ONE_RUNG).transcode(sources[number])
        except AftertalkError as error:
            return "refused" if error.message and (error.hint or error.context) else f"without help: {error}"
        try:
            check_folder(folder, artifact.data)
        except AssertionError as error:
            return f"wrong: {error}"
        return "published"

    with ThreadPoolExecutor(2) as pool:
        outcomes = dict(zip((path.name for path in sources), pool.map(outcome, range(len(sources))), strict=False))
    assert not {name: said for name, said in outcomes.items() if said not in {"published", "refused"}}
    published = sum(said == "published" for said in outcomes.values())
    assert published >= 0.75 * len(outcomes), outcomes
