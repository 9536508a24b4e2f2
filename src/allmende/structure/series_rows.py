"""The hours of one datastream become rows by period, each with what it can be trusted for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from operator import attrgetter
from statistics import median
from typing import NamedTuple

from allmende.catalogue.trust import worst
from allmende.model.knowledge import Trust
from allmende.model.limits import Limits
from allmende.model.series import Bucket
from allmende.structure.periods import HOUR, Calendar, Period

SECONDS = 3600
"""Values are gathered by hours first; days of any time zone are made of them."""
ENOUGH = 0.75
"""From this share of the usual values on, a mean speaks for its period (the rule of the weather services)."""
LATE = 4
"""A datastream without a limit is silent after this many of its usual pauses."""
_SHORTEST = 2 * HOUR
_HABIT = 500  # hours with values that make a habit


class Row(NamedTuple):
    """One period of one datastream; names are those of the dataset's columns."""

    period: Period
    value: float | None
    minimum: float | None
    maximum: float | None
    credible: int
    doubted: int
    coverage: float
    state: Trust


@dataclass(frozen=True, slots=True)
class Gathered:
    """A datastream's rows, and how it is doing at the end of them."""

    datastream_id: int
    periods: tuple[Row, ...]
    trust: Trust


def gather(
    hours: Iterable[Bucket], datastreams: Sequence[int], limits: Mapping[int, Limits], calendar: Calendar
) -> list[Gathered]:
    """The series of the datastreams that have any hour, in the order of their numbers."""
    by_id = {number: list(several) for number, several in groupby(hours, key=attrgetter("datastream_id"))}
    return [
        _series(number, by_id[number], limits.get(number, Limits()), calendar)
        for number in datastreams
        if number in by_id
    ]


def _series(number: int, hours: list[Bucket], limits: Limits, calendar: Calendar) -> Gathered:
    sums = _sums(hours, calendar)
    by_day = calendar.every == "day"
    usual = median(one.hours if by_day else one.credible + one.doubted for one in sums.values())
    present = _present(hours, limits, calendar)
    first = calendar.of(hours[0].start)
    nothing = Sums()
    rows = [_row(p, sums.get(p, nothing), usual, by_day) for p in calendar.between(first, calendar.end)]
    return Gathered(number, tuple(_from_newest(rows, present)), worst([present, _newest(rows)]))


class Sums:
    """What the hours of a period come to; `hours` have any value, `good` ones a credible one."""

    __slots__ = ("credible", "doubted", "good", "hours", "maximum", "minimum", "sum")

    def __init__(self) -> None:
        self.hours = self.good = self.credible = self.doubted = 0
        self.sum = 0.0
        self.minimum, self.maximum = float("inf"), float("-inf")


def _sums(hours: Iterable[Bucket], calendar: Calendar) -> dict[Period, Sums]:
    """One pass over all hours: a year of a sensor has nearly nine thousand."""
    found: dict[Period, Sums] = {}
    for hour in hours:
        period = calendar.of(hour.start)
        one = found.get(period)
        if one is None:
            one = found[period] = Sums()
        one.hours += 1
        one.doubted += hour.suspect
        if hour.count and hour.sum is not None and hour.minimum is not None and hour.maximum is not None:
            one.good += 1
            one.credible += hour.count
            one.sum += hour.sum
            one.minimum = min(one.minimum, hour.minimum)
            one.maximum = max(one.maximum, hour.maximum)
    return found


def _row(period: Period, sums: Sums, usual: float, by_day: bool) -> Row:
    credible, doubted = sums.credible, sums.doubted
    coverage = round(min(1.0, (sums.good if by_day else credible) / usual), 3)
    if not credible:
        return Row(period, None, None, None, 0, doubted, 0.0, "suspect" if doubted else "unknown")
    state: Trust = "suspect" if doubted > credible else "ok" if coverage >= ENOUGH else "incomplete"
    mean = _rounded(sums.sum / credible)
    return Row(period, mean, sums.minimum, sums.maximum, credible, doubted, coverage, state)


def _rounded(mean: float) -> float:
    """Nine digits: more than any sensor has, and the same whatever the order in which values are added."""
    return float(f"{mean:.9g}")


def _present(hours: Sequence[Bucket], limits: Limits, calendar: Calendar) -> Trust:
    """How the datastream is doing at the moment of knowing: silent, doubted in its newest hour, or fine."""
    newest = hours[-1]
    states: list[Trust] = ["suspect"] if not newest.count else []
    if calendar.known_on - (newest.start + HOUR) > _longest_silence(hours, limits):
        states.append("stale")
    return worst(states)


def _longest_silence(hours: Sequence[Bucket], limits: Limits) -> float:
    if not limits.live:
        return float("inf")
    if limits.silence_after is not None:
        return limits.silence_after * 1e6
    pauses = [later.start - earlier.start for earlier, later in pairwise(hours[-_HABIT:])]
    return max(LATE * median(pauses), _SHORTEST) if len(pauses) >= 3 else float("inf")


def _from_newest(rows: Sequence[Row], present: Trust) -> Iterable[Row]:
    """The newest row with a value, and all after it, are as the datastream is now."""
    known = [index for index, row in enumerate(rows) if row.value is not None]
    newest = known[-1] if known else 0
    for index, row in enumerate(rows):
        yield row._replace(state=worst([row.state, present])) if index >= newest else row


def _newest(rows: Sequence[Row]) -> Trust:
    return next((row.state for row in reversed(rows) if row.value is not None), "ok")
