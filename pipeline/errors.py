"""What can go wrong while making and publishing. All are ``AftertalkError``s: reference, message, context, hint."""

from __future__ import annotations

from catalog.errors import AftertalkError, Finding, InvalidDocumentError, Severity

__all__ = [
    "AftertalkError",
    "CaptionError",
    "ConfigurationError",
    "Finding",
    "InvalidDocumentError",
    "LockHeldError",
    "MachineError",
    "MediaError",
    "MissingToolError",
    "Severity",
    "SourceError",
    "StoreError",
    "ToolError",
]


class ConfigurationError(AftertalkError):
    """The catalogue directory or the command line is wrong; nothing was done (exit code 2)."""


class MachineError(AftertalkError):
    """This machine cannot go on (its disk is full, for example); no recording is to blame."""


class LockHeldError(AftertalkError):
    """Another run works on the same catalogue (exit code 3)."""


class SourceError(AftertalkError):
    """A recording's source is missing, unreadable or refused."""


class MediaError(AftertalkError):
    """A media file is broken, hostile or of a kind that cannot be published."""


class CaptionError(AftertalkError):
    """A caption file cannot be used; the recording can."""


class ToolError(AftertalkError):
    """A tool failed; the context keeps the command, the exit status and the last lines of its error output."""


class MissingToolError(AftertalkError):
    """A tool that is needed is not installed."""


class StoreError(AftertalkError):
    """The object store refused, failed or holds something else than expected."""
