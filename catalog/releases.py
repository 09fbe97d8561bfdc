"""What an organiser says about whether a recording may be public. The gate that decides is ``release.py``."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from pydantic import model_validator

from catalog.fields import Model, Text


class ReleaseState(StrEnum):
    """Whether a recording may be public."""

    APPROVED = "approved"
    HELD = "held"
    WITHDRAWN = "withdrawn"
    AFTER = "after"


class Release(Model):
    """Whether, from when and why a recording may be public.

    Written in YAML as ``approved``, ``held``, ``withdrawn``, ``after 2021-07-01`` (midnight in the event's time
    zone), ``after 2021-07-01T09:00+02:00``, or as a mapping with the fields below.
    """

    state: ReleaseState
    after: datetime | None = None
    """The moment of an ``after`` release; without an offset it is in the event's time zone."""
    reason: Text = ""
    """Shown on the tombstone page of a withdrawn recording."""

    @model_validator(mode="before")
    @classmethod
    def _short_form(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        word, _, rest = value.strip().partition(" ")
        if word == ReleaseState.AFTER:
            return {"state": word, "after": _midnight(rest.strip())}
        if value.strip() not in set(ReleaseState):
            raise ValueError(f"{value!r} is not a release: write approved, held, withdrawn or 'after DATE'")
        return {"state": value.strip()}

    @model_validator(mode="after")
    def _has_date(self) -> Release:
        if (self.state is ReleaseState.AFTER) != (self.after is not None):
            raise ValueError("a date belongs to 'after', and only to it: write for example 'after 2021-07-01'")
        return self


def _midnight(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is not a date: write it as 2021-07-01 or 2021-07-01T09:00+02:00") from error


APPROVED = Release(state=ReleaseState.APPROVED)
HELD = Release(state=ReleaseState.HELD)
