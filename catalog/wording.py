"""Titles and texts in several languages: ``title: {en: Nodes, fr: Nœuds}``.

The first language given is what programs read (feeds, citations, ``catalog.json``), and what is shown wherever there is
no other; so ``title`` is text like any other, and ``translations`` holds every language, the first one included.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import Field, model_validator

from catalog.fields import Language, Model, Text, Title

_FIELDS = ("title", "subtitle", "abstract", "description")


class Translation(Model):
    """Texts in one language; what is empty is not translated."""

    title: Text = ""
    subtitle: Text = ""
    abstract: Text = ""
    """Markdown."""
    description: Text = ""
    """Markdown."""


class Wording(NamedTuple):
    """A text and the language it is known to be in."""

    text: str
    language: str = ""
    """Empty where nobody said."""


class Worded(Model):
    """What has a title and texts. In YAML each may be a mapping of languages to texts."""

    title: Title
    translations: dict[Language, Translation] = Field(default_factory=dict)
    """By language, in the order given."""

    @model_validator(mode="before")
    @classmethod
    def _by_language(cls, value: object) -> object:
        """``title: {en: Nodes, fr: Nœuds}`` as a plain title with translations."""
        if not isinstance(value, dict):
            return value
        told = {field: texts for field in _FIELDS if isinstance(texts := value.get(field), dict) and texts}
        if not told:
            return value
        data: dict[str, Any] = dict(value)
        found: dict[str, Any] = {}
        for field in (one for one in told if one in cls.model_fields):
            data[field] = next(iter(told[field].values()))
            for language, text in told[field].items():
                found.setdefault(str(language), {})[field] = text
        return {**data, "translations": found} if found else data

    def worded(self, field: str, language: str) -> Wording:
        """A text in ``language``: in that very one, else in one that differs by script or region, else the first."""
        text = getattr(self, field, "")
        said = {tag: getattr(one, field) for tag, one in self.translations.items() if getattr(one, field)}
        exact = [tag for tag in said if tag.lower() == language.lower()]
        close = [tag for tag in said if tag.lower().partition("-")[0] == language.lower().partition("-")[0]]
        first = [tag for tag in said if said[tag] == text]
        for tag in (*exact, *close, *first):
            return Wording(said[tag], tag)
        return Wording(text)

    def every(self, field: str) -> tuple[str, ...]:
        """A text in all its languages, each once, the first one first; none where it is empty."""
        texts = (getattr(self, field, ""), *(getattr(one, field) for one in self.translations.values()))
        return tuple(dict.fromkeys(text for text in texts if text))
