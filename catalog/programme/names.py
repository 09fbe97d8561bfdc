"""People's names out of text that people wrote: cells with several speakers, credit lines of session pages."""

from __future__ import annotations

import re
from functools import cache

from catalog.programme import text
from catalog.programme.base import RawPerson
from catalog.programme.vocabulary import words

_HARD = re.compile(r"\s*(?:[;|\n、，／]|\s/\s|\s&\s|\s\+\s|\s(?:and|und|et|y|e|og|och|en)\s)\s*")
_TAIL = re.compile(r"\s*[(\[]([^()\[\]]{1,200})[)\]]\s*$")
_MAIL = re.compile(r"<?(?<![\w.+-])[\w.+-]+@[\w-]+\.[\w.-]+>?")
_COMMA = re.compile(r",(?![^(\[]{0,200}[)\]])")


def split_names(cell: str) -> list[RawPerson]:
    """The people of a cell such as ``Ann Li (ANU); Bo Ek`` or ``Ann Li, Bo Ek & Cy Roy``.

    Commas separate only where every part looks like a full name: ``Li, Ann`` is one person.
    """
    people = []
    for part in _HARD.split(text.clean(cell)):
        bare = " ".join(_MAIL.sub(" ", part).split()).strip(" ,")
        pieces = [piece.strip() for piece in _COMMA.split(bare) if piece.strip()]
        several = len(pieces) > 1 and all(_is_full_name(_TAIL.sub("", piece)) for piece in pieces)
        for piece in pieces if several else [bare]:
            tail = _TAIL.search(piece)
            name = _TAIL.sub("", piece).strip() if tail else piece
            if name:
                people.append(RawPerson(name, organisation=tail[1].strip() if tail else ""))
    return people


def _is_full_name(piece: str) -> bool:
    return 2 <= len(piece.split()) <= 5 and not not_names().intersection(word.casefold() for word in piece.split())


_LABEL = re.compile(
    r"(?:^|(?<=[.;!?\s\"”*(]))(?:(?P<noun>(?:co-?)?(?:facilitator|moderator|presenter|speaker|chair|host|panell?ist|instructor|"
    r"organi[sz]er|trainer|convener|rapporteur|discussant|author)(?P<plural>s)?)\s*:"
    r"|(?P<verb>presented|presentation|talk|lecture|demo|chaired|moderated|facilitated|hosted|led|given)\s+by\b:?|(?P<by>^by)\b:?)",
    re.IGNORECASE,
)
_ROLES = {
    "presented": "presenter",
    "presentation": "presenter",
    "talk": "presenter",
    "lecture": "presenter",
    "demo": "presenter",
    "given": "presenter",
    "by": "presenter",
    "chaired": "chair",
    "moderated": "moderator",
    "facilitated": "facilitator",
    "hosted": "host",
    "led": "facilitator",
}


@cache
def particles() -> frozenset[str]:
    """Words such as ``van`` that lie within names in lower case."""
    return words("particles")


@cache
def not_names() -> frozenset[str]:
    """Words such as ``Secretariat`` that begin with a capital and are no names."""
    return words("not_names")


def is_credit(line: str) -> bool:
    """Whether a line says who presents, moderates or chairs."""
    return _LABEL.search(line) is not None


def people_in(line: str) -> list[RawPerson]:
    """People named somewhere in running text."""
    return [RawPerson(name) for name in _names_in(line)]


def is_label(line: str) -> bool:
    """Whether a line is nothing but a label, ``Presenters:``, whose people follow."""
    match = _LABEL.search(line)
    return match is not None and not line[match.end() :].strip(" *_") and begins_with_label(line)


def begins_with_label(line: str) -> bool:
    """Whether a line is nothing but a credit: it begins with its label, at most three words before it."""
    match = _LABEL.search(line)
    return match is not None and len(line[: match.start()].split()) <= (3 if match["noun"] else 0)


def says_presentation(line: str) -> bool:
    """Whether a line credits a presentation (``Presentation by …``, ``By …``), not a discussion."""
    match = _LABEL.search(line)
    return bool(match and (match["verb"] or match["by"]) and _role(match) == "presenter")


def credited(line: str) -> list[RawPerson]:
    """The people of a credit line, with role and affiliation where it says them.

    >>> [(one.name, one.role, one.organisation) for one in credited("Moderators: Ann Li, ANU, and Bo Ek, Head of Data")]
    [('Ann Li', 'moderator', 'ANU'), ('Bo Ek', 'moderator', 'Head of Data')]
    """
    line = re.sub(r"\[([^\]]*)\]\([^)]*\)", "", line)
    matches = list(_LABEL.finditer(line))
    people = [RawPerson(name) for name in _names_in(line[: matches[0].start()] if matches else line)]
    for index, match in enumerate(matches):
        stop = matches[index + 1].start() if index + 1 < len(matches) else len(line)
        people += _listed(line[match.end() : stop], _role(match), plural=match["plural"] is not None)
    return people


def _role(match: re.Match[str]) -> str:
    word = (match["noun"] or match["verb"] or match["by"]).casefold()
    return _ROLES.get(word, word.removesuffix("s"))


def _listed(listing: str, role: str, *, plural: bool) -> list[RawPerson]:
    """People of ``Ann Li and Bo Ek, ANU``; with a plural label commas separate people as well."""
    people: list[RawPerson] = []
    listing = " ".join(listing.strip(' .:*_"“”').split())
    for chunk in re.split(r",?\s+(?:and|&|und|et|y)\s+", listing):
        parts = [part.strip() for part in chunk.split(",") if part.strip()]
        found: list[tuple[int, str]] = []
        for index, part in enumerate(parts):
            name = _name_in(part)
            if name and (not found or (plural and name == part)):
                found.append((index, name))
        for position, (index, name) in enumerate(found):
            stop = found[position + 1][0] if position + 1 < len(found) else len(parts)
            after = parts[index].partition(name)[2].strip()
            before = parts[:index] if position == 0 else []
            about = [*before, *([after] if after else []), *parts[index + 1 : stop]]
            people.append(RawPerson(name, role=role, organisation=", ".join(about)))
        if not found and people and parts:
            last = people[-1]
            joined = f"{last.organisation} and {', '.join(parts)}" if last.organisation else ", ".join(parts)
            people[-1] = RawPerson(last.name, role=role, organisation=joined)
    if not people and listing.strip(" ,") and listing.casefold() not in {"tbc", "tba", "tbd", "n/a", "none", "-"}:
        # Nobody by name: the organisation presents.
        people.append(RawPerson(listing.strip(" ,").split(",")[0].strip()[:200], role=role))
    shared = people[-1].organisation if people else ""
    return [RawPerson(one.name, role=one.role, organisation=one.organisation or shared) for one in people]


def _names_in(phrase: str) -> list[str]:
    """Names within running text, where nothing says where they begin."""
    pieces = re.split(r"\s+(?:and|with|by|from|vs|as)\s+|[,.;:()\"“”*]", phrase)
    return [name for piece in pieces if (name := _name_in(piece)) and len(name.split()) >= 2]


def _name_in(part: str) -> str:
    """The longest run of words that look like a personal name; a run needs two capitalised ones."""
    best: list[str] = []
    run: list[str] = []
    for word in [*part.split(), ""]:
        bare = word.strip(".,'\"“”’*")
        particle = word.casefold() in particles() and bool(run)
        capital = bare[:1].isupper() and not (len(bare) > 2 and bare.isupper()) and bare.casefold() not in not_names()
        if bare and (particle or capital):
            run.append(word)
            continue
        while run and run[-1].casefold() in particles():
            run.pop()
        best, run = (run if _capitals(run) > _capitals(best) else best), []
    return " ".join(best).strip('*"“”') if _capitals(best) >= 2 else ""


def _capitals(words: list[str]) -> int:
    return sum(word[:1].isupper() for word in words)
