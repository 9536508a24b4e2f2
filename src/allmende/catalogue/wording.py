"""Numbers, periods and units as people read them, in German and English."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from babel.dates import format_date
from babel.numbers import format_decimal

from allmende.model.figure import Figure
from allmende.model.finding import Finding, Quantity
from allmende.model.text import Language

NARROW = "\u202f"
FIXED = "\u00a0"
MINUS = "\u2212"
UNKNOWN = {"de": "unbekannt", "en": "unknown"}


def word_number(value: float | None, decimals: int, language: Language, *, sign: bool = False) -> str:
    """A number with thousands marks and a true minus; `sign` shows a plus; None is said in words."""
    if value is None:
        return UNKNOWN[language]
    pattern = "#,##0" + ("." + "0" * decimals if decimals > 0 else "")
    text = format_decimal(abs(round(value, decimals)), format=pattern, locale=language)
    negative = round(value, decimals) < 0
    return (MINUS if negative else "+" if sign and round(value, decimals) > 0 else "") + text


def word_period(period: str | None, language: Language) -> str:
    """A year as it is, the first of a month as the month, other days as a date; other text as it is."""
    if not period:
        return ""
    try:
        day = date.fromisoformat(period[:10])
    except ValueError:
        return period
    pattern = "MMMM y" if day.day == 1 else "d. MMMM y" if language == "de" else "d MMMM y"
    return format_date(day, pattern, locale=language)


def word_periods(periods: Sequence[str | None], language: Language) -> tuple[str, ...]:
    """The periods of one series: firsts of months are months only when all of them are."""
    days = [period for period in periods if period and len(period) >= 10]
    if all(day[8:10] == "01" for day in days):
        return tuple(word_period(period, language) for period in periods)
    return tuple(_word_day(period, language) for period in periods)


def _word_day(period: str | None, language: Language) -> str:
    try:
        day = date.fromisoformat((period or "")[:10])
    except ValueError:
        return period or ""
    return format_date(day, "d. MMMM y" if language == "de" else "d MMMM y", locale=language)


def word_unit(text: str, unit: str) -> str:
    """A number and its unit, kept together on one line."""
    return f"{text}{FIXED}{unit}" if unit and unit != "1" else text


def word_quantity(quantity: Quantity, language: Language) -> str:
    """A number of a finding with its unit, for people."""
    return word_unit(word_number(quantity.value, quantity.decimals, language), quantity.unit)


def word_finding(finding: Finding, language: Language) -> tuple[tuple[str, Quantity | None], ...]:
    """The sentence of a finding in parts: text, and the quantity where it is a number."""
    return tuple(
        (part, None) if isinstance(part, str) else (word_quantity(part, language), part)
        for part in finding.parts(language)
    )


def word_figure(figure: Figure, language: Language, *, unit: bool = True) -> str:
    """A figure's value for people: changes in per cent with a sign, values with their unit."""
    if isinstance(figure.value, str):
        return figure.value
    operation = figure.id.operation
    text = word_number(figure.value, figure.decimals, language, sign=operation in ("change", "difference"))
    if figure.value is None:
        return text
    return word_unit(text, figure.unit.of(language)) if unit or operation == "change" else text
