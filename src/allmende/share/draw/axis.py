"""Where the marks of an axis stand and what is written at them: round numbers, and round times of the city."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil, floor, log10
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from allmende.catalogue.wording import word_number
from allmende.model.observation import microseconds, moment
from allmende.model.text import Language

_STEPS = (1.0, 2.0, 5.0, 10.0)
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark of an axis: where, in the axis's own unit, and its words."""

    at: float
    text: str


@dataclass(frozen=True, slots=True)
class _Beat:
    """A distance between marks of time: `count` hours, days, months or years, and how a mark is written."""

    unit: str
    count: int
    german: str
    english: str

    def pattern(self, language: Language) -> str:
        return self.german if language == "de" else self.english

    @property
    def length(self) -> timedelta:
        """About how long it is."""
        return (
            self.count * {"hour": _HOUR, "day": _DAY, "month": 30.4 * _DAY, "year": 365.2 * _DAY}[self.unit]
        )


_BEATS = (
    *(_Beat("hour", count, "HH:mm", "HH:mm") for count in (1, 2, 3, 6, 12)),
    *(_Beat("day", count, "d. MMM", "d MMM") for count in (1, 2, 7, 14)),
    *(_Beat("month", count, "MMM y", "MMM y") for count in (1, 2, 3, 6)),
    *(_Beat("year", count, "y", "y") for count in (1, 2, 5, 10, 20, 50, 100)),
)


def number_ticks(low: float, high: float, most: int, language: Language) -> tuple[Tick, ...]:
    """Round numbers from `low` to `high`, at most `most`, written with as many decimals as tell them apart."""
    step = _round_step((high - low) / max(most - 1, 1))
    first, last = ceil(low / step - 1e-9), floor(high / step + 1e-9)
    decimals = max(0, -floor(log10(step) + 1e-9))
    return tuple(Tick(n * step, word_number(n * step, decimals, language)) for n in range(first, last + 1))


def _round_step(least: float) -> float:
    """The smallest of 1, 2, 5 times a power of ten that is not less than `least`."""
    power = 10.0 ** floor(log10(least)) if least > 0 else 1.0
    return next(power * step for step in _STEPS if power * step >= least * (1 - 1e-9))


def time_ticks(start: int, end: int, most: int, zone: ZoneInfo, language: Language) -> tuple[Tick, ...]:
    """Round times of the city between two moments (microseconds since 1970), at most `most`."""
    length = timedelta(microseconds=max(end - start, 1))
    beat = next((beat for beat in _BEATS if length / beat.length <= most), _BEATS[-1])
    pattern = beat.pattern(language)
    return tuple(
        Tick(microseconds(at), format_datetime(at, pattern, tzinfo=zone, locale=language).replace(".,", "."))
        for at in _beats(beat, moment(start).astimezone(zone), moment(end))
    )


def _beats(beat: _Beat, start: datetime, end: datetime) -> Iterator[datetime]:
    """The round moments of a beat from start to end. Hours are those of the clock, so a day in March has 23."""
    at = _floor(beat, start)
    for _ in range(200):
        if microseconds(at) > microseconds(end):
            return
        if microseconds(at) >= microseconds(start):
            yield at
        at = _after(beat, at)


def _floor(beat: _Beat, time: datetime) -> datetime:
    day = time.replace(hour=0, minute=0, second=0, microsecond=0, fold=0)
    if beat.unit == "hour":
        return day.replace(hour=time.hour - time.hour % beat.count)
    if beat.unit == "day":
        return day - timedelta(days=day.toordinal() % beat.count)
    if beat.unit == "month":
        return day.replace(month=day.month - (day.month - 1) % beat.count, day=1)
    return day.replace(year=max(1, day.year - day.year % beat.count), month=1, day=1)


def _after(beat: _Beat, time: datetime) -> datetime:
    """The next round moment, in wall clock time."""
    if beat.unit in ("hour", "day"):
        return time + beat.count * (_HOUR if beat.unit == "hour" else _DAY)
    months = time.month - 1 + beat.count * (12 if beat.unit == "year" else 1)
    return time.replace(year=min(9999, time.year + months // 12), month=months % 12 + 1)
