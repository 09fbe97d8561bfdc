"""Ids that stay the same from one import to the next, and people told apart."""

from __future__ import annotations

import re
from collections.abc import Iterable
from hashlib import sha256

from catalog.fields import ID_LENGTH, RESERVED_IDS, slugify
from catalog.programme import text
from catalog.programme.base import RawPerson

_SUFFIX = 8


class Ids:
    """Gives out ids, each once.

    The second thing with the same id gets a suffix made from what it is (guid, time, room, title), never from its
    place in the file, so that inserting a talk does not rename the others.
    """

    def __init__(self, what: str) -> None:
        self.what = what
        self._taken: set[str] = set()

    def take(self, wanted: str, fingerprint: str) -> tuple[str, bool]:
        """An id made from ``wanted``, and whether another had that id already."""
        plain = slugify(wanted, fallback=self.what)
        if plain in RESERVED_IDS:
            plain = f"{self.what}-{plain}"
        identifier, attempt = plain, 0
        while identifier in self._taken:
            digest = sha256(f"{wanted}|{fingerprint}|{attempt}".encode(errors="surrogatepass")).hexdigest()[:_SUFFIX]
            identifier = f"{plain[: ID_LENGTH - _SUFFIX - 1]}-{digest}"
            attempt += 1
        self._taken.add(identifier)
        return identifier, attempt > 0


class People:
    """Public ids of people: made from their names, since a person has one page over all events.

    Two people with one name whom the file tells apart by its own ids get two public ids: the one with the smallest
    id in the file keeps the plain form, the others add theirs. One person whose name is spelled in two ways keeps
    the id of the first spelling.
    """

    def __init__(self, people: Iterable[RawPerson]) -> None:
        names: dict[str, str] = {}
        keys: dict[str, set[str]] = {}
        for person in people:
            name = text.line(person.name)
            if name and person.key:
                plain = names.setdefault(person.key, slugify(name, fallback="person"))
                keys.setdefault(plain, set()).add(person.key)
        self._by_key: dict[str, str] = {}
        taken = set(keys)
        for plain, group in keys.items():
            first, *others = sorted(group, key=_natural)
            self._by_key[first] = plain
            for key in others:
                identifier = _joined(plain, key)
                if identifier in taken:
                    identifier = _joined(plain, sha256(key.encode(errors="surrogatepass")).hexdigest()[:_SUFFIX])
                taken.add(identifier)
                self._by_key[key] = identifier

    def id_of(self, person: RawPerson) -> str:
        """The public id of a person."""
        if person.key in self._by_key:
            return self._by_key[person.key]
        return slugify(text.line(person.name), fallback="person")


def _joined(plain: str, key: str) -> str:
    suffix = slugify(text.line(key), fallback="x")[:36]
    return f"{plain[: ID_LENGTH - len(suffix) - 1].rstrip('-')}-{suffix}"


def _natural(key: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts ``9`` before ``10``."""
    return tuple(
        (0, int(part[:18]), "") if part.isdecimal() and part.isascii() else (1, 0, part)
        for part in re.findall(r"[0-9]+|[^0-9]+", key)
    )
