"""``aftertalk status`` as people see it on a terminal."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from pipeline.cli import cli


def test_ids_are_whole_on_a_narrow_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An id of any length stands on one line in full, ready to be copied, and so do state and reason beside it."""
    ids = ["talk", "a-recording-" + "with-a-long-name-" * 3 + "and-end"]
    sessions = "".join(f"- {{id: s-{one}, title: S, recordings: [{{id: {one}, title: T}}]}}\n" for one in ids)
    (tmp_path / "catalogue.yaml").write_text("title: Meetings\n")
    (tmp_path / "meeting").mkdir()
    (tmp_path / "meeting" / "event.yaml").write_text(f"title: Meeting\nsessions:\n{sessions}")
    monkeypatch.setenv("COLUMNS", "80")
    told = CliRunner().invoke(cli, ["status", "-C", str(tmp_path)])
    assert told.exit_code == 0, told.output
    first_words = [line.split()[:2] for line in told.output.splitlines() if line.startswith("meeting/")]
    assert first_words == [[f"meeting/{one}", "missing"] for one in ids]
    assert "…" not in told.output
