"""The one base error of the project, and the findings that readers report."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AftertalkError(Exception):
    """An error that a person can act on.

    Attributes:
        reference: what it is about, e.g. a file name, a recording id or a URL.
        message: what is wrong, one sentence without the reference.
        context: supporting facts, e.g. the last lines of a tool's output; may be empty.
        hint: what to do about it; may be empty.
    """

    def __init__(self, reference: str, message: str, *, context: str = "", hint: str = "") -> None:
        super().__init__(reference, message, context, hint)
        self.reference = reference
        self.message = message
        self.context = context
        self.hint = hint

    def __str__(self) -> str:
        lines = [f"{self.reference}: {self.message}"]
        if self.context:
            lines.append(self.context)
        if self.hint:
            lines.append(f"What to do: {self.hint}")
        return "\n".join(lines)

    def __reduce__(self) -> tuple[object, ...]:
        """Survive a pickle round trip (errors travel from workers), subclasses included."""
        return _rebuild, (type(self), self.reference, self.message, self.context, self.hint)


def _rebuild(kind: type[AftertalkError], reference: str, message: str, context: str, hint: str) -> AftertalkError:
    error = kind.__new__(kind)
    AftertalkError.__init__(error, reference, message, context=context, hint=hint)
    return error


class Severity(StrEnum):
    """How much a finding matters."""

    ERROR = "error"
    """The document cannot be used until this is mended."""
    WARNING = "warning"
    """The document is used, but something in it was left out or changed."""
    NOTE = "note"
    """Worth knowing; nothing was lost."""


@dataclass(frozen=True)
class Finding:
    """One thing found while reading a document.

    Attributes:
        severity: how much it matters.
        file: name of the document as the organiser knows it.
        line: line in the document, counted from 1; 0 where there is none.
        field: dotted path of the field, e.g. ``sessions.2.recordings.0.title``; may be empty.
        message: what is wrong.
        hint: what to do; may be empty.
    """

    severity: Severity
    file: str
    line: int
    field: str
    message: str
    hint: str = ""

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        field = f" {self.field}:" if self.field else ""
        hint = f" ({self.hint})" if self.hint else ""
        return f"{where}:{field} {self.message}{hint}"


class InvalidDocumentError(AftertalkError):
    """A document has mistakes; all of them are in ``findings``."""

    def __init__(self, reference: str, findings: tuple[Finding, ...]) -> None:
        count = len(findings)
        super().__init__(
            reference,
            f"{count} mistake{'s' if count != 1 else ''} found",
            context="\n".join(f"  {finding}" for finding in findings),
            hint="mend the lines named above and run the command again",
        )
        self.findings = findings
