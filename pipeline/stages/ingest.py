"""ingest: finds the source of every recording of the catalogue.

Reads the inbox folders (and, for addresses, the web); writes nothing there. What belongs to no recording, and
recordings whose file is missing, are told and stop nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from catalog.errors import Finding, Severity
from catalog.model import Event, Recording, Session
from catalog.release import Decision, decide
from pipeline.catalogue import CatalogueDirectory
from pipeline.digests import DigestCache
from pipeline.errors import SourceError
from pipeline.inbox import Found, match, scan
from pipeline.stages.base import CaptionFile, PictureFile, Source
