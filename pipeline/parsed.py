"""Large YAML documents as plain data, remembered by their content: parsing takes far longer than reading the data back.

Only the parsing is remembered: what the data means is validated each time. A cache in the workspace, where there is
one; what is damaged in it is parsed anew.
"""

from __future__ import annotations

import json
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from catalog import documents
from catalog.documents import Document
from pipeline import rows

WORTH = 16_384
"""Bytes; a smaller document is parsed in the time that looking for it takes."""
_COLUMNS = "name TEXT PRIMARY KEY, digest TEXT NOT NULL, data TEXT NOT NULL"


class ParsedDocuments:
    """Those of one catalogue directory, in the file at ``path``."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._new: list[tuple[str, str, str]] = []

    def document(self, name: str, content: bytes) -> Document:
        """The same as ``documents.parse``.

        Raises:
            InvalidDocumentError: see there.
        """
        if len(content) < WORTH:
            return documents.parse(name, content)
        digest = sha256(documents.GRAMMAR + content).hexdigest()
        query = "SELECT data FROM documents WHERE name = ? AND digest = ?"
        for (text,) in rows.read(self._path, query, (name, digest)):
            with suppress(ValueError):
                return Document(name, json.loads(text), content)
        document = documents.parse(name, content)
        self._new.append((name, digest, json.dumps(document.data)))
        return document

    def keep(self) -> None:
        """Remember what had to be parsed; without a workspace nothing is."""
        if self._new and self._path.parent.is_dir():
            rows.write(self._path, "documents", self._new, _COLUMNS)
