"""Which language captions are in: tags in one form, and the language of a text. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING

from babel import Locale, UnknownLocaleError
from babel.core import get_global

if TYPE_CHECKING:
    from py3langid import langid

_ENOUGH_LETTERS = 40
_SAMPLE_CHARACTERS = 20_000
_CERTAIN = 0.9


def tag(value: str | None) -> str | None:
    """A language tag in its usual form, or ``None`` when there is no such language.

    Three-letter codes of media containers become two-letter ones; the forms of operating systems become tags.

    >>> tag("eng"), tag("pt_br"), tag("zh-hans"), tag("Arabic"), tag("und"), tag("full")
    ('en', 'pt-BR', 'zh-Hans', 'ar', None, None)
    """
    if not value:
        return None
    parts = value.strip().replace("_", "-").split("-")
    parts[0] = _english_names().get(value.strip().lower(), parts[0])
    parts[0] = get_global("language_aliases").get(parts[0].lower(), _ISO_639_2.get(parts[0].lower(), parts[0].lower()))
    try:
        locale = Locale.parse("-".join(parts), sep="-", resolve_likely_subtags=False)
    except (ValueError, UnknownLocaleError):
        return tag(parts[0]) if len(parts) > 1 else None
    known = [locale.language, locale.script, locale.territory]
    return "-".join(part for part in known if part) if locale.language not in {"root", "und", "mul"} else None


# Bibliographic and terminological codes that containers use (ISO 639-2) where Babel has no alias.
_ISO_639_2 = {
    "alb": "sq", "ara": "ar", "arm": "hy", "baq": "eu", "bul": "bg", "bur": "my", "cat": "ca", "ces": "cs", "chi": "zh",
    "cze": "cs", "dan": "da", "deu": "de", "dut": "nl", "ell": "el", "eng": "en", "est": "et", "fas": "fa", "fin": "fi",
    "fra": "fr", "fre": "fr", "geo": "ka", "ger": "de", "gre": "el", "heb": "he", "hin": "hi", "hrv": "hr", "hun": "hu",
    "ice": "is", "ind": "id", "isl": "is", "ita": "it", "jpn": "ja", "kor": "ko", "lav": "lv", "lit": "lt", "mac": "mk",
    "may": "ms", "msa": "ms", "nld": "nl", "nor": "no", "per": "fa", "pol": "pl", "por": "pt", "ron": "ro", "rum": "ro",
    "rus": "ru", "slk": "sk", "slo": "sk", "slv": "sl", "spa": "es", "srp": "sr", "swa": "sw", "swe": "sv", "tha": "th",
    "tur": "tr", "ukr": "uk", "urd": "ur", "vie": "vi", "wel": "cy", "zho": "zh",
}  # fmt: skip


def base(value: str) -> str:
    """The language without script and region.

    >>> base("pt-BR")
    'pt'
    """
    return value.partition("-")[0]


def are_close(one: str, other: str) -> bool:
    """Whether text of two languages is so alike that telling them apart is no proof."""
    first, second = base(one), base(other)
    return first == second or any(first in group and second in group for group in _CLOSE)


# Mutually intelligible in writing; language identification confuses them on a page of text.
_CLOSE = (
    {"no", "nb", "nn", "da"},
    {"hr", "sr", "bs", "sh", "sl"},
    {"id", "ms"},
    {"cs", "sk"},
    {"es", "gl", "an", "ca"},
    {"hi", "ne", "mr"},
    {"ru", "be", "uk"},
    {"pt", "gl"},
    {"fr", "wa", "oc"},
    {"nl", "af"},
)


def of_text(texts: Iterable[str]) -> str | None:
    """The language that the text is in, or ``None`` when there is too little text or too much doubt."""
    sample = ""
    for text in texts:
        sample += f"{text} "
        if len(sample) > _SAMPLE_CHARACTERS:
            break
    letters = sum(character.isalpha() for character in sample)
    if letters < _ENOUGH_LETTERS and not (letters >= _ENOUGH_LETTERS // 4 and not sample.isascii()):
        return None
    found, probability = _identifier().classify(sample)
    return tag(found) if probability >= _CERTAIN else None


@cache
def _english_names() -> dict[str, str]:
    """English name in small letters -> code, as recognisers write languages."""
    return {name.lower(): code for code, name in Locale("en").languages.items() if len(code) == 2}


@cache
def _identifier() -> langid.LanguageIdentifier:
    """The model of py3langid, limited to languages with a two-letter code: pidgins look like their parents."""
    from py3langid import langid  # noqa: PLC0415 (numpy comes with it; few runs need to guess a language)

    identifier = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    identifier.set_languages([label for label in identifier.labels if len(label) == 2])
    return identifier
