"""Language tags from what programmes write."""

from __future__ import annotations

import re
from functools import cache

from babel import Locale, UnknownLocaleError

from catalog.programme.times import fold

_OWN_NAMES = (
    "ar bn ca cs da de el es et eu fa fi fr he hi hu id it ja ko lt lv nb nl pl pt ro ru sk sl sr sv th tr uk vi zh"
)
"""Languages that are also known by their own names."""


def language_tag(value: str) -> str:
    """The BCP 47 tag meant by ``de``, ``de_DE``, ``deu``, ``German``, ``Deutsch`` …; empty when it is not known.

    >>> language_tag("eng"), language_tag("pt_BR"), language_tag("Français"), language_tag("klingon?")
    ('en', 'pt-BR', 'fr', '')
    """
    value = value.strip()
    if not value or len(value) > 40:
        return ""
    wanted = value.partition(".")[0].replace("_", "-")
    if not re.fullmatch(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*", wanted):
        wanted = _names().get(fold(value), "")
    try:
        found = Locale.parse(wanted, sep="-")
    except (ValueError, UnknownLocaleError, TypeError):
        return ""
    return str(found).replace("_", "-") if "-" in wanted else found.language


@cache
def _names() -> dict[str, str]:
    """Names of languages, in English and in themselves, to codes."""
    names = {fold(name): code for code, name in Locale("en").languages.items() if code.isalpha()}
    for code in _OWN_NAMES.split():
        names.setdefault(fold(Locale(code).languages[code]), code)
    return names
