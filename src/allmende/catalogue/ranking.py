"""How well an entry fits a query: where its words stand, and whether they stand as words or as parts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_TITLE, _KEYWORDS, _BODY = 10.0, 5.0, 1.0
_WHOLE, _START, _END, _INSIDE = 1.0, 0.8, 0.7, 0.35
_LONGEST_ENDING = 3
_KIND = {"story": 0.6, "indicator": 0.5, "dataset": 0.4, "place": 0.5}


@dataclass(frozen=True, slots=True)
class Asked:
    """A word of the query, folded, and the forms any of which will do: its stem, synonyms, corrections."""

    word: str
    forms: tuple[str, ...]


def score(asked: Sequence[Asked], title: str, keywords: str, body: str, kind: str) -> float:
    """The sum over the words of the query of the best place each stands in; all texts are folded.

    A little is added for a short title, and for stories before indicators before datasets.
    """
    fields = ((title, _TITLE), (keywords, _KEYWORDS), (body, _BODY))
    found = sum(max(_fit(word, text.split()) * weight for text, weight in fields) for word in asked)
    return found + _KIND.get(kind, 0.0) + 1 / (1 + len(title.split()))


def _fit(asked: Asked, text: Sequence[str]) -> float:
    """1 when the word stands there as typed, less for an inflected word, a compound, a synonym."""
    best = 0.0
    for position, form in enumerate(asked.forms):
        own = 1.0 if position == 0 else 0.85
        best = max([best, *(own * _word_fit(asked.word, form, word) for word in text if form in word)])
    return best


def _word_fit(typed: str, form: str, word: str) -> float:
    if word == typed:
        return _WHOLE + 0.05
    if word.startswith(form):
        return _WHOLE if len(word) - len(form) <= _LONGEST_ENDING else _START
    at = word.rfind(form)
    return _END if len(word) - at - len(form) <= _LONGEST_ENDING else _INSIDE
