"""Which recording may be public, and why not. Pure, and asked in one place: before anything is wanted in a store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from catalog.model import HELD, Recording, Release, ReleaseState, Session


class Verdict(StrEnum):
    """What the release gate says of a recording."""

    PUBLIC = "public"
    HELD = "held"
    EMBARGOED = "embargoed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class Decision:
    """The verdict and its reason in words."""

    verdict: Verdict
    reason: str
    until: datetime | None = None
    """When an embargo ends by itself."""

    @property
    def is_public(self) -> bool:
        """Whether the recording may be published now."""
        return self.verdict is Verdict.PUBLIC


def effective(session: Session, recording: Recording, default: Release) -> Release:
    """The release that counts: withdrawn first, then the opt-out, then the recording's own, then the default."""
    own = recording.release
    if own is not None and own.state is ReleaseState.WITHDRAWN:
        return own
    if session.do_not_record:
        return HELD
    return own or default


def decide(session: Session, recording: Recording, *, default: Release, now: datetime) -> Decision:
    """Decide whether ``recording`` may be public at ``now`` (with an offset)."""
    release = effective(session, recording, default)
    if release.state is ReleaseState.WITHDRAWN:
        return Decision(Verdict.WITHDRAWN, release.reason or "withdrawn")
    if release.state is ReleaseState.HELD:
        reason = "the programme says: do not record" if session.do_not_record else "held by the organiser"
        return Decision(Verdict.HELD, reason)
    if release.state is ReleaseState.AFTER and release.after is not None and now < release.after:
        return Decision(Verdict.EMBARGOED, f"released after {release.after.isoformat()}", release.after)
    return Decision(Verdict.PUBLIC, "approved")
