"""The release gate: what may be public, and why not."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from catalog.model import APPROVED, HELD, Recording, Release, Session
from catalog.release import Verdict, decide

NOW = datetime(2021, 7, 1, tzinfo=UTC)


def verdict(release: str | None, *, opt_out: bool = False, default: Release = APPROVED) -> Verdict:
    value = Release.model_validate(release) if release else None
    if value and value.after:
        value = value.model_copy(update={"after": value.after.replace(tzinfo=UTC)})
    recording = Recording(id="r", title="R", release=value)
    session = Session(id="s", title="S", do_not_record=opt_out, recordings=(recording,))
    return decide(session, recording, default=default, now=NOW).verdict


@pytest.mark.parametrize(
    ("release", "expected"),
    [
        (None, Verdict.PUBLIC),
        ("approved", Verdict.PUBLIC),
        ("held", Verdict.HELD),
        ("withdrawn", Verdict.WITHDRAWN),
        ("after 2021-07-01", Verdict.PUBLIC),
        ("after 2021-07-02", Verdict.EMBARGOED),
    ],
)
def test_each_release(release: str | None, expected: Verdict) -> None:
    """A date counts from its first moment on."""
    assert verdict(release) is expected


def test_an_embargo_ends_to_the_second() -> None:
    """One second before the date it is embargoed, at the date it is public."""
    release = Release.model_validate({"state": "after", "after": (NOW + timedelta(seconds=1)).isoformat()})
    recording = Recording(id="r", title="R", release=release)
    session = Session(id="s", title="S", recordings=(recording,))
    assert decide(session, recording, default=HELD, now=NOW).verdict is Verdict.EMBARGOED
    assert decide(session, recording, default=HELD, now=NOW + timedelta(seconds=1)).verdict is Verdict.PUBLIC


def test_the_default_counts_only_without_an_own_release() -> None:
    """With ``defaults.release: held`` nothing is public unless it says so."""
    assert verdict(None, default=HELD) is Verdict.HELD
    assert verdict("approved", default=HELD) is Verdict.PUBLIC


@pytest.mark.parametrize("release", [None, "approved", "after 2020-01-01", "held"])
def test_an_opt_out_holds_whatever_else_is_said(release: str | None) -> None:
    """The programme's opt-out beats the default and the recording's own release."""
    assert verdict(release, opt_out=True) is Verdict.HELD


def test_withdrawn_beats_the_opt_out() -> None:
    """A withdrawn recording of a session with opt-out is still treated as withdrawn: its page says so."""
    assert verdict("withdrawn", opt_out=True) is Verdict.WITHDRAWN
