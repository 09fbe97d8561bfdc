"""What an organiser may have changed about a recording without touching its file."""

from __future__ import annotations

from enum import StrEnum

from pydantic import model_validator

from catalog.fields import Milliseconds, Model


class Trim(Model):
    """What of the source is shown, in the source's own time; captions and chapters of the source move along."""

    start: Milliseconds = 0
    end: Milliseconds | None = None
    """The end of the source when not given."""

    @model_validator(mode="after")
    def _in_order(self) -> Trim:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"the trim ends ({self.end / 1000:g} s) before it starts ({self.start / 1000:g} s)")
        return self


class Channels(StrEnum):
    """Which channels of a recording's sound are heard."""

    LEFT = "left"
    RIGHT = "right"
    MIX = "mix"
    """Both, as one."""
