"""Cells of small tables as people read them."""

from __future__ import annotations

from datetime import date, datetime

from allmende.catalogue.wording import word_number, word_period
from allmende.model.dataset import Column
from allmende.model.document import Span
from allmende.model.text import Language

_YES = {"de": ("ja", "nein"), "en": ("yes", "no")}
_EMPTY = "–"


def word_value(value: object, column: Column, language: Language, figure: str) -> Span:
    """A cell's text; numbers carry their figure, empty cells a dash."""
    if value is None:
        return Span(_EMPTY)
    if isinstance(value, bool):
        return Span(_YES[language][0 if value else 1])
    if isinstance(value, int | float):
        return Span(_number(value, column, language), figure=figure)
    if isinstance(value, date | datetime):
        return Span(word_period(value.isoformat(), language))
    return Span(str(value))


def _number(value: float, column: Column, language: Language) -> str:
    if column.type == "integer" and not column.unit:
        return str(value)  # a year or a number of something; amounts have a unit, counts the unit 1
    return word_number(value, 0 if float(value).is_integer() else 2, language)
