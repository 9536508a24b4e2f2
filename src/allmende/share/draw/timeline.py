"""A series over time as SVG, drawn at once: its values change while people look at them.

Gaps stay gaps and are shown as a pale band, means have the band between their smallest and largest
value behind them, and values that a rule doubts are crosses beside the line, never part of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from zoneinfo import ZoneInfo

from allmende.model.text import Language
from allmende.share.draw import tokens
from allmende.share.draw.axis import Tick, number_ticks, time_ticks
from allmende.share.draw.drawings import Drawing
from allmende.share.draw.svg import opened

_LETTER = 0.56  # width of a digit in its size
_FINEST = 1e-5  # an axis has no more decimals than people can read
_DOUBTED = tokens.LINES[3]
_BAND = "#EAF0EE"
_NO_VALUES = {"de": "keine Werte", "en": "no values"}


@dataclass(frozen=True, slots=True)
class Mark:
    """A value at a time (microseconds since 1970); `low` and `high` when it is a mean of several.

    A doubted value has `sure` False; `value` None is a period in which there was none that could be used.
    """

    time: int
    value: float | None
    low: float | None = None
    high: float | None = None
    sure: bool = True


@dataclass(frozen=True, slots=True)
class Timeline:
    """Marks in order of time between `start` and `end`; further apart than `gap` they are not joined.

    All times are microseconds since 1970.
    """

    title: str
    words: str
    marks: tuple[Mark, ...]
    start: int
    end: int
    gap: int


@dataclass(frozen=True, slots=True)
class _Sheet:
    """How large a drawing is, in the pixels of its view box."""

    width: int
    height: int
    font: int
    times: int
    numbers: int


_WIDE, _NARROW = _Sheet(960, 360, 17, 9, 6), _Sheet(340, 260, 15, 4, 5)


@dataclass(frozen=True, slots=True)
class _Scale:
    """From times and numbers to pixels."""

    left: float
    right: float
    top: float
    bottom: float
    start: int
    end: int
    low: float
    high: float

    def x(self, time: float) -> float:
        return self.left + (time - self.start) / max(self.end - self.start, 1) * (self.right - self.left)

    def y(self, value: float) -> float:
        """Values beyond the axis stand at its end."""
        inside = min(max(value, self.low), self.high)
        return self.bottom - (inside - self.low) / (self.high - self.low) * (self.bottom - self.top)


def draw_timeline(line: Timeline, zone: ZoneInfo, language: Language) -> Drawing:
    """The series on wide screens and on phones; empty when no value is known."""
    if all(mark.value is None for mark in line.marks):
        return Drawing()
    wide, narrow = (_drawn(line, sheet, zone, language) for sheet in (_WIDE, _NARROW))
    return Drawing(wide, narrow)


def _drawn(line: Timeline, sheet: _Sheet, zone: ZoneInfo, language: Language) -> str:
    low, high = _domain(line.marks)
    numbers = number_ticks(low, high, sheet.numbers, language)
    left = max((len(tick.text) for tick in numbers), default=1) * sheet.font * _LETTER + 12
    scale = _Scale(left, sheet.width - 8, 10, sheet.height - sheet.font - 14, line.start, line.end, low, high)
    times = time_ticks(line.start, line.end, sheet.times, zone, language)
    sure = [mark for mark in line.marks if mark.sure]
    runs = list(_runs(sure, line.gap))
    parts = [
        _opened(line, sheet),
        *(_empty(scale, sheet, start, end, language) for start, end in _gaps(line, sure)),
        *(_number_line(scale, sheet, tick) for tick in numbers),
        *_time_axis(scale, sheet, times),
        *(_between(scale, run) for run in runs),
        *(_line(scale, run) for run in runs),
        *(_cross(scale, mark) for mark in line.marks if not mark.sure and mark.value is not None),
    ]
    return "".join([*parts, "</svg>"])


def _opened(line: Timeline, sheet: _Sheet) -> str:
    mark = "s" + hashlib.sha256(repr((line, sheet)).encode()).hexdigest()[:8]
    return opened(sheet.width, sheet.height, line.title, line.words, mark)


def _domain(marks: Sequence[Mark]) -> tuple[float, float]:
    """From the smallest to the largest credible value with some room; from zero when that is not far away."""
    shown = [mark for mark in marks if mark.sure and mark.value is not None] or marks
    values = [v for mark in shown for v in (mark.value, mark.low, mark.high) if v is not None]
    low, high = min(values), max(values)
    room = max((high - low or abs(high) or 1.0) * 0.08, _FINEST)
    if 0 <= low <= high * 0.6:
        return 0.0, high + room
    return low - room, high + room


def _runs(marks: Iterable[Mark], gap: int) -> Iterator[list[Mark]]:
    """Neighbours that may be joined; a mark without a value ends a run."""
    run: list[Mark] = []
    for mark in marks:
        if run and (mark.value is None or mark.time - run[-1].time > gap):
            yield run
            run = []
        if mark.value is not None:
            run.append(mark)
    if run:
        yield run


def _gaps(line: Timeline, sure: Sequence[Mark]) -> Iterator[tuple[int, int]]:
    """Times without a value that are longer than the gap, also before the first and after the last one."""
    known = [mark.time for mark in sure if mark.value is not None]
    for before, after in zip([line.start, *known], [*known, line.end], strict=True):
        if after - before > line.gap:
            yield before, after


def _empty(scale: _Scale, sheet: _Sheet, start: int, end: int, language: Language) -> str:
    """A pale band where no value is, with a word where it fits."""
    x, width = scale.x(start), scale.x(end) - scale.x(start)
    band = f'<rect x="{x:.1f}" y="{scale.top:g}" width="{width:.1f}" height="{scale.bottom - scale.top:g}" fill="{_BAND}"/>'
    text = _NO_VALUES[language]
    if len(text) * sheet.font * _LETTER > width:
        return band
    return band + _text(x + width / 2, scale.bottom - 10, text, sheet.font, "middle")


def _number_line(scale: _Scale, sheet: _Sheet, tick: Tick) -> str:
    y = scale.y(tick.at)
    line = f'<path d="M{scale.left:.1f} {y:.1f}H{scale.right:.1f}" stroke="{tokens.LINE}"/>'
    return line + _text(scale.left - 8, y + sheet.font * 0.35, tick.text, sheet.font, "end")


def _time_axis(scale: _Scale, sheet: _Sheet, ticks: Sequence[Tick]) -> Iterator[str]:
    """The marks of time; a word that would leave the drawing or touch its neighbour is left out."""
    yield f'<path d="M{scale.left:.1f} {scale.bottom:.1f}H{scale.right:.1f}" stroke="{tokens.LINES[1]}"/>'
    free = 0.0
    for tick in ticks:
        x, half = scale.x(tick.at), len(tick.text) * sheet.font * _LETTER / 2
        yield f'<path d="M{x:.1f} {scale.bottom:.1f}v5" stroke="{tokens.LINES[1]}"/>'
        if x - half >= free and x + half <= sheet.width:
            free = x + half + 6
            yield _text(x, scale.bottom + sheet.font + 6, tick.text, sheet.font, "middle")


def _text(x: float, y: float, text: str, size: int, anchor: str) -> str:
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{tokens.INK_2}" '
        f'text-anchor="{anchor}">{escape(text)}</text>'
    )


def _between(scale: _Scale, run: Sequence[Mark]) -> str:
    """The band from the smallest to the largest values behind the means."""
    known = [
        (mark.time, mark.low, mark.high) for mark in run if mark.low is not None and mark.high is not None
    ]
    if len(known) < 2:
        return ""
    upper = [f"{scale.x(time):.1f} {scale.y(high or 0.0):.1f}" for time, _, high in known]
    lower = [f"{scale.x(time):.1f} {scale.y(low or 0.0):.1f}" for time, low, _ in reversed(known)]
    return f'<path d="M{"L".join([*upper, *lower])}Z" fill="{tokens.LINES[0]}" opacity="0.16"/>'


def _line(scale: _Scale, run: Sequence[Mark]) -> str:
    points = [f"{scale.x(mark.time):.1f} {scale.y(mark.value or 0.0):.1f}" for mark in run]
    if len(points) == 1:
        x, y = points[0].split()
        return f'<circle cx="{x}" cy="{y}" r="3.5" fill="{tokens.LINES[0]}"/>'
    return (
        f'<path d="M{"L".join(points)}" fill="none" stroke="{tokens.LINES[0]}" stroke-width="2.5" '
        f'stroke-linejoin="round"/>'
    )


def _cross(scale: _Scale, mark: Mark) -> str:
    x, y = scale.x(mark.time), scale.y(mark.value or 0.0)
    return f'<path d="M{x - 4:.1f} {y - 4:.1f}l8 8m0-8l-8 8" stroke="{_DOUBTED}" stroke-width="2"/>'
