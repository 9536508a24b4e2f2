"""A table's values at even steps: gaps are kept as gaps, what is odd is said before anything is computed.

Cycles follow the clock on the wall: a bus at eight comes at eight in summer, too. So each step knows its place in
the week (or year) by local time, although steps are counted in UTC.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from allmende.errors import RecipeInvalid

Values = NDArray[np.float64]
Whole = NDArray[np.int64]
_DAY = 86_400
_MOST_STEPS = 4_000_000


@dataclass(frozen=True)
class Grid:
    """Values at even steps. `step` is in seconds, or 0 for calendar months; `start` counts steps since 1970.

    `slots` is each step's place in the cycle of `cycle` steps (a week; a year of months; 1 for longer steps), `day` the
    steps of a day (1 for days and months). Gaps are NaN.
    """

    step: int
    start: int
    values: Values
    slots: Whole
    cycle: int
    day: int
    zone: str

    @property
    def share_missing(self) -> float:
        """The share of steps without a value, 0 to 1."""
        return float(np.isnan(self.values).mean()) if len(self.values) else 1.0

    def times(self, first: int, last: int) -> NDArray[np.datetime64]:
        """The moments (UTC, in seconds) of steps `first` to `last`, not included, counted from the first value."""
        steps = np.arange(self.start + first, self.start + last)
        if self.step:
            return (steps * self.step).astype("datetime64[s]")
        return steps.astype("datetime64[M]").astype("datetime64[s]")

    def slots_of(self, first: int, last: int) -> Whole:
        """The places in the cycle of these steps, also beyond the last value."""
        return _slots(self.times(first, last), self.step, self.cycle, self.zone)


def read_grid(rows: pa.Table, time: str, value: str, zone: str = "UTC") -> Grid:
    """The values of a table by time. Order does not matter.

    Raises RecipeInvalid with a remedy when a time comes twice, when times have no even step, or when there is
    nothing to read.
    """
    times, values = _read(rows, time, value)
    if not len(times):
        raise RecipeInvalid("there is no row with a time", hint="Look at what the recipe selects.")
    order = np.argsort(times, kind="stable")
    times, values = times[order], values[order]
    _refuse_twice(times)
    step = _step(times)
    steps = times.astype("datetime64[M]").astype(np.int64) if step == 0 else times.astype(np.int64) // step
    if step and (times.astype(np.int64) % step != times.astype(np.int64)[0] % step).any():
        raise RecipeInvalid(
            f"the times are not {step} seconds apart", hint="Group by hour or day in the recipe."
        )
    return _filled(step, steps, values, _zone(zone))


def _read(rows: pa.Table, time: str, value: str) -> tuple[NDArray[np.datetime64], Values]:
    known = rows.filter(pc.is_valid(rows.column(time)))
    stamps = known.column(time).cast(pa.timestamp("s"), safe=False)
    numbers = known.column(value).cast(pa.float64())
    found = numbers.to_numpy(zero_copy_only=False).astype(np.float64)
    return stamps.to_numpy().astype("datetime64[s]"), np.where(np.isfinite(found), found, np.nan)


def _refuse_twice(times: NDArray[np.datetime64]) -> None:
    twice = np.flatnonzero(times[1:] == times[:-1])
    if len(twice):
        moment = times[twice[0]].astype(datetime).replace(tzinfo=UTC)
        raise RecipeInvalid(
            f"{len(twice)} times come more than once, the first is {moment:%Y-%m-%d %H:%M} UTC",
            hint="Take one place only, or group by time in the recipe.",
        )


def _step(times: NDArray[np.datetime64]) -> int:
    """The usual distance in seconds; 0 when the times are firsts of months. A single time is taken for a day."""
    if len(times) < 2:
        return _DAY
    days = times.astype("datetime64[D]")
    gaps = np.diff(times).astype(np.int64)
    if (days == days.astype("datetime64[M]")).all() and gaps.min() >= 28 * _DAY:
        return 0
    found, counts = np.unique(gaps, return_counts=True)
    return int(found[np.argmax(counts)])


def _filled(step: int, steps: Whole, values: Values, zone: str) -> Grid:
    length = int(steps[-1] - steps[0]) + 1
    if length > _MOST_STEPS:
        raise RecipeInvalid(
            f"{length} steps of {step} seconds lie between the first and the last time",
            hint="Look for a time that is far off, or group by longer steps.",
        )
    even = np.full(length, np.nan)
    even[steps - steps[0]] = values
    cycle, day = cycle_of(step)
    bare = Grid(step, int(steps[0]), even, np.empty(0, np.int64), cycle, day, zone)
    return Grid(step, bare.start, even, bare.slots_of(0, length), cycle, day, zone)


def cycle_of(step: int) -> tuple[int, int]:
    """Steps in a cycle and in a day: a week below a day and for days, a year for months; longer steps have none."""
    if step == 0:
        return 12, 1
    if step > _DAY or _DAY % step:
        return 1, 1
    return 7 * _DAY // step, _DAY // step


def _slots(times: NDArray[np.datetime64], step: int, cycle: int, zone: str) -> Whole:
    if step == 0:
        return times.astype("datetime64[M]").astype(np.int64) % 12
    if cycle == 1:
        return np.zeros(len(times), np.int64)
    local = times.astype(np.int64) if step == _DAY else times.astype(np.int64) + _offsets(times, zone)
    monday = 3 * _DAY  # 1970-01-01 was a Thursday
    return ((local + monday) // step) % cycle


def _offsets(times: NDArray[np.datetime64], zone: str) -> Whole:
    """Seconds that the clock on the wall is ahead of UTC, asked once for each hour."""
    hours, where = np.unique(times.astype("datetime64[h]"), return_inverse=True)
    place = ZoneInfo(zone)
    return _looked_up(hours, place)[where]


def _looked_up(hours: NDArray[np.datetime64], place: ZoneInfo) -> Whole:
    """The offset of each hour: asked day by day, hour by hour only on days when the clock changes."""
    days, where = np.unique(hours.astype("datetime64[D]"), return_inverse=True)
    at_start, at_end = _asked(days, place), _asked(days + 1, place)
    offsets = at_start[where]
    changing = (at_start != at_end)[where]
    offsets[changing] = _asked(hours[changing], place)
    return offsets


def _asked(moments: NDArray[np.datetime64], place: ZoneInfo) -> Whole:
    seconds = moments.astype("datetime64[s]").astype(np.int64)
    found = [datetime.fromtimestamp(int(one), place).utcoffset() for one in seconds]
    return np.array([int(one.total_seconds()) if one else 0 for one in found], np.int64)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise RecipeInvalid(f"{name!r} is not a time zone", hint='Write it like "Europe/Berlin".') from error
    return name
