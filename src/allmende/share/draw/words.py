"""A drawing in words, made from its data: for those who do not see it."""

from __future__ import annotations

from collections.abc import Sequence

from allmende.model.document import Area, ChartBlock, MapBlock, Point, Series
from allmende.model.text import Language

_MOST_NAMED = 3


def describe(block: ChartBlock | MapBlock, language: Language) -> str:
    """What the drawing shows, in two or three sentences. The table beside it has every value."""
    if isinstance(block, MapBlock):
        return _map(block, language)
    if block.form == "line":
        return " ".join([_line(series, block.unit, language) for series in block.series[:6]])
    return _bars(block, language)


def _line(series: Series, unit: str, language: Language) -> str:
    known = [point for point in series.points if point.value is not None]
    if not known:
        return f"{series.name}: keine Werte." if language == "de" else f"{series.name}: no values."
    first, last, high = known[0], known[-1], max(known, key=lambda p: p.value or 0.0)
    if language == "de":
        text = f"{series.name}: von {_of(first, unit)} ({first.label}) bis {_of(last, unit)} ({last.label})"
        return f"{text}, höchster Wert {_of(high, unit)} ({high.label})."
    text = f"{series.name}: from {_of(first, unit)} ({first.label}) to {_of(last, unit)} ({last.label})"
    return f"{text}, highest value {_of(high, unit)} ({high.label})."


def _bars(block: ChartBlock, language: Language) -> str:
    points = [p for s in block.series[:1] for p in s.points if p.value is not None]
    return _ranked([(p.label, p.value or 0.0, _of(p, block.unit)) for p in points], language)


def _map(block: MapBlock, language: Language) -> str:
    known = [a for a in block.areas if a.value is not None]
    return _ranked([(a.name, a.value or 0.0, _of(a, block.unit)) for a in known], language)


def _ranked(named: Sequence[tuple[str, float, str]], language: Language) -> str:
    if not named:
        return "Keine Werte." if language == "de" else "No values."
    order = sorted(named, key=lambda one: one[1], reverse=True)
    top = ", ".join(f"{name} {text}" for name, _, text in order[:_MOST_NAMED])
    name, _, text = order[-1]
    if language == "de":
        return f"{len(order)} Werte. Am höchsten: {top}. Am niedrigsten: {name} {text}."
    return f"{len(order)} values. Highest: {top}. Lowest: {name} {text}."


def _of(one: Point | Area, unit: str) -> str:
    if one.text:
        return one.text
    return f"{one.value:g} {unit}".strip() if one.value is not None else ""
