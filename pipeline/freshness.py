"""Whether an artifact must be made, and why. Pure: inputs, settings and versions in; a key or a reason out."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any


@dataclass(frozen=True)
class Task:
    """One artifact to make. Plain data: it survives a pickle round trip, and it is the same on every machine.

    Attributes:
        stage: name of the stage that makes it.
        version: the stage's version, raised whenever its output changes for the same inputs.
        recording: ``<event>/<recording>``, for messages only; not part of the key.
        tools: tool -> version, as far as the output depends on them.
        inputs: name -> SHA-256 of what it is made from (source bytes, or another artifact's key).
        settings: everything else it depends on, plain JSON.
        parts: tasks whose artifacts it needs first, e.g. the chunks of a transcode. They need not be in order and
            may run anywhere.
    """

    stage: str
    version: int
    recording: str
    tools: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[Task, ...] = ()

    @property
    def fingerprint(self) -> dict[str, Any]:
        """Everything the artifact depends on, plain JSON; kept in the workspace to explain later differences."""
        return {
            "stage": self.stage,
            "version": self.version,
            "tools": dict(self.tools),
            "inputs": dict(self.inputs),
            "settings": dict(self.settings),
            "parts": [part.key for part in self.parts],
        }

    @property
    def key(self) -> str:
        """SHA-256 of the fingerprint in canonical JSON, hexadecimal."""
        return key_of(self.fingerprint)


def key_of(fingerprint: Mapping[str, Any]) -> str:
    """The key of the artifact with this fingerprint."""
    text = json.dumps(fingerprint, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("ascii")).hexdigest()


def explain(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> str:
    """Say in words why a task with fingerprint ``after`` must run although ``before`` was made once.

    >>> explain(None, {})
    'never made'
    >>> explain({"settings": {"ladder": [720]}}, {"settings": {"ladder": [720, 480]}})
    'setting ladder changed'
    """
    if before is None:
        return "never made"
    reasons = []
    words = {"inputs": "{} changed", "settings": "setting {} changed", "tools": "{} has another version"}
    for group, phrase in words.items():
        old, new = before.get(group, {}), after.get(group, {})
        reasons += [phrase.format(name) for name in sorted({*old, *new}) if old.get(name) != new.get(name)]
    if before.get("version") != after.get("version"):
        reasons.append("this version of Aftertalk makes it differently")
    if not reasons and before.get("parts") != after.get("parts"):
        reasons.append("a part changed")
    return ", ".join(reasons) or "its artifact is gone"
