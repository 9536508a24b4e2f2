"""Which stretch of time a series is looked at, and how finely: values as they came, means of hours, or of days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from allmende.errors import NotFound
from allmende.model.observation import Latest, microseconds, moment

SECOND = 1_000_000
HOUR, DAY = 3600, 86400
RAW = 0
MOST = 1_500
"""More points than a drawing has pixels tell nothing; then means are shown."""
NAMES = ("tag", "woche", "monat", "jahr", "alles")
_DAYS = {"tag": 1, "woche": 7, "monat": 31, "jahr": 366}
_STEPS = (RAW, 300, 900, HOUR, DAY)
_LONGEST_DAYS = 366 * 40


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` to before `end` (microseconds since 1970) in steps of `seconds`; 0 are values as they came.

    `name` is one of `NAMES`; `until` the last day when the reader named one.
    """

    name: str
    start: int
    end: int
    seconds: int
    until: date | None = None

    @property
    def days(self) -> float:
        """How long it is."""
        return (self.end - self.start) / SECOND / DAY


def span_of(name: str, until: str, latest: Latest | None, now: datetime, zone: ZoneInfo) -> Span:
    """The span a reader asks for: a week when nothing is said, up to now or, of what ended before, to its end.

    Raises NotFound for a day that is none.
    """
    chosen = name if name in NAMES else "woche"
    day = _day(until)
    end = _end(day, chosen, latest, microseconds(now), zone)
    start = _start(chosen, end, latest)
    return Span(chosen, start, end, step_of(end - start, latest), day)


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise NotFound("there is no such day", where=text, hint="Write a day as 2026-11-22.") from None
    if not 1900 <= found.year <= 2200:
        raise NotFound("there is no such day", where=text, hint="Write a day from 1900 to 2200.")
    return found


def _end(day: date | None, name: str, latest: Latest | None, now: int, zone: ZoneInfo) -> int:
    if day is not None:
        return microseconds(datetime.combine(day + timedelta(days=1), time(), zone))
    last = latest.last_time if latest else None
    if last is None:
        return now
    ended = last < now - _DAYS.get(name, 0) * DAY * SECOND
    return last + SECOND if ended or last > now else now


def _start(name: str, end: int, latest: Latest | None) -> int:
    if name != "alles":
        return end - _DAYS[name] * DAY * SECOND
    first = latest.first_time if latest else None
    if first is None or first >= end:
        return end - DAY * SECOND
    return max(first, end - _LONGEST_DAYS * DAY * SECOND)


def step_of(length: int, latest: Latest | None) -> int:
    """The finest step that gives no more than `MOST` points; by the usual pace of the series for raw values."""
    seconds = length / SECOND
    usual = usual_seconds(latest)
    return next(
        (step for step in _STEPS if seconds / (step or usual) <= MOST and (not step or step >= usual)), DAY
    )


def usual_seconds(latest: Latest | None) -> float:
    """The seconds from one value to the next, on average; an hour when nobody knows."""
    if latest is None or latest.count < 2 or latest.first_time is None or latest.last_time is None:
        return HOUR
    return max((latest.last_time - latest.first_time) / SECOND / (latest.count - 1), 0.001)


def gap_of(span: Span, latest: Latest | None) -> int:
    """From how many microseconds without a value on a line is broken: three usual distances."""
    usual = max(usual_seconds(latest), span.seconds)
    return round(3 * usual * SECOND)


def city_days(start: int, end: int, zone: ZoneInfo) -> tuple[int, ...]:
    """The midnights of the city from the one at or before `start` to the first at or after `end`."""
    day = moment(start).astimezone(zone).date()
    found = [_midnight(day, zone)]
    while found[-1] < end:
        day += timedelta(days=1)
        found.append(_midnight(day, zone))
    return tuple(found)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return microseconds(datetime.combine(day, time(), zone))
