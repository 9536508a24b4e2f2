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
    by_period: dict[Period, list[Bucket]] = {}
    for hour in hours:
        by_period.setdefault(calendar.of(hour.start), []).append(hour)
    usual = median(_amount(several, calendar) for several in by_period.values())
    present = _present(hours, limits, calendar)
    first = calendar.of(hours[0].start)
    rows = [_row(p, by_period.get(p, []), usual, calendar) for p in calendar.between(first, calendar.end)]
    return Gathered(number, tuple(_from_newest(rows, present)), worst([present, _newest(rows)]))


def _amount(hours: Sequence[Bucket], calendar: Calendar) -> float:
    """How much there is of a period: hours with values of a day, values of an hour."""
    if calendar.every == "day":
        return len(hours)
    return sum(hour.count + hour.suspect for hour in hours)


def _credible(hours: Sequence[Bucket], calendar: Calendar) -> float:
    """How much there is of it that nobody doubts."""
    if calendar.every == "day":
        return sum(1 for hour in hours if hour.count)
    return sum(hour.count for hour in hours)


def _row(period: Period, hours: Sequence[Bucket], usual: float, calendar: Calendar) -> Row:
    credible, doubted = sum(h.count for h in hours), sum(h.suspect for h in hours)
    coverage = round(min(1.0, _credible(hours, calendar) / usual), 3)
    if not credible:
        return Row(period, None, None, None, 0, doubted, 0.0, "suspect" if doubted else "unknown")
    state: Trust = "suspect" if doubted > credible else "ok" if coverage >= ENOUGH else "incomplete"
    return Row(
        period,
        _rounded(sum(h.sum for h in hours if h.sum is not None) / credible),
        min(h.minimum for h in hours if h.minimum is not None),
        max(h.maximum for h in hours if h.maximum is not None),
        credible,
        doubted,
        coverage,
        state,
    )


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
    pauses = [later.start - earlier.start for earlier, later in pairwise(hours)]
    return max(LATE * median(pauses), _SHORTEST) if len(pauses) >= 3 else float("inf")


def _from_newest(rows: Sequence[Row], present: Trust) -> Iterable[Row]:
    """The newest row with a value, and all after it, are as the datastream is now."""
    known = [index for index, row in enumerate(rows) if row.value is not None]
    newest = known[-1] if known else 0
    for index, row in enumerate(rows):
        yield row._replace(state=worst([row.state, present])) if index >= newest else row


def _newest(rows: Sequence[Row]) -> Trust:
    return next((row.state for row in reversed(rows) if row.value is not None), "ok")
