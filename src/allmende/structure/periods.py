"""Hours and days of a city's own time: which of them have ended, and which an hour belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from allmende.model.observation import microseconds, moment
from allmende.model.watched import Every

HOUR = 3_600_000_000
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
Period = date | datetime


class Calendar:
    """Periods up to a moment. Days have 23, 24 or 25 hours, as the city's clocks have them.

    A zone whose hours do not begin with those of UTC (India) has its days begin within an hour; that
    hour belongs to the day in which it begins.
    """

    def __init__(self, every: Every, zone: ZoneInfo, known_on: datetime) -> None:
        self.every = every
        self.zone = zone
        self.known_on = microseconds(known_on)
        self._days: dict[int, date] = {}

    @property
    def end(self) -> int:
        """The end of the last period that is over, in microseconds since 1970."""
        if self.every == "hour":
            return self.known_on - self.known_on % HOUR
        return self._midnight(moment(self.known_on).astimezone(self.zone).date())

    def start(self, days: int | None) -> int:
        """The beginning of the day so many days before the end; without a number, long ago."""
        if days is None:
            return microseconds(_LONG_AGO)
        today = moment(self.known_on).astimezone(self.zone).date()
        return self._midnight(today - timedelta(days=days))

    def _midnight(self, day: date) -> int:
        return microseconds(datetime.combine(day, time(), self.zone))

    def of(self, hour: int) -> Period:
        """The period that an hour (its start in microseconds) belongs to."""
        if self.every == "hour":
            return moment(hour)
        if hour not in self._days:
            self._days[hour] = moment(hour).astimezone(self.zone).date()
        return self._days[hour]

    def between(self, first: Period, end: int) -> Iterator[Period]:
        """The periods from `first` on that end at `end` or before."""
        if isinstance(first, datetime):
            for hour in range(microseconds(first), end, HOUR):
                yield moment(hour)
            return
        day, last = first, moment(end).astimezone(self.zone).date()
        while day < last:
            yield day
            day += timedelta(days=1)

    def expected(self, period: Period) -> float:
        """How many hours the period has."""
        if isinstance(period, datetime):
            return 1.0
        return (self._midnight(period + timedelta(days=1)) - self._midnight(period)) / HOUR
