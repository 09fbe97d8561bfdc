"""Languages: of texts, and how alike they are."""

from __future__ import annotations

import pytest

from pipeline.captions import language

SENTENCES = {
    "en": "Thank you all for joining us today, we will start with a short presentation of the data.",
    "fr": "Merci à tous d'être venus aujourd'hui, nous allons commencer par une brève présentation.",
    "es": "Gracias a todos por acompañarnos hoy, vamos a empezar con una breve presentación de los datos.",
    "pt": "Obrigado a todos por estarem aqui hoje, vamos começar com uma breve apresentação dos dados.",
    "de": "Vielen Dank, dass Sie heute dabei sind, wir beginnen mit einer kurzen Vorstellung der Daten.",
    "ru": "Спасибо всем, что вы сегодня с нами, мы начнём с короткого рассказа о данных.",
    "ar": "شكرا لكم جميعا على انضمامكم إلينا اليوم، سنبدأ بعرض قصير للبيانات.",
    "zh": "感谢大家今天的参与，我们先简单介绍一下数据的情况。",
    "ja": "本日はご参加いただきありがとうございます。まずデータについて簡単にご紹介します。",
}


@pytest.mark.parametrize("expected", SENTENCES)
def test_a_sentence_is_enough(expected: str) -> None:
    """The six languages of the United Nations and the first user's other ones."""
    assert language.of_text([SENTENCES[expected]]) == expected


@pytest.mark.parametrize("text", ["", "OK.", "12:30", "Yes. No.", "GBIF", "♪ ♪ ♪"])
def test_too_little_text_says_nothing(text: str) -> None:
    """A wrong language is worse than none."""
    assert language.of_text([text]) is None


def test_close_languages() -> None:
    """Norwegian that reads like Danish is no finding; English that reads like French is."""
    assert language.are_close("nb", "da")
    assert language.are_close("pt-BR", "pt")
    assert not language.are_close("en", "fr")
