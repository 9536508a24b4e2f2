"""Forecasts made as of past moments, with what was known then: the only proof there is.

The interval is split-conformal (Vovk, Gammerman, Shafer 2005): past errors, not a formula, say how wide it is. Its
level is adapted after each back-test by how often it held (Gibbs and Candès 2021), and errors are measured by the
usual error of their time of day, as nights err less than mornings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from allmende.instruments.forecast.models import NAIVE, Past, fill, forecasts, mixed, worths
from allmende.understand.series.grid import Grid, Values, Whole

_WARM_UP = 3
_FIRST_INTERVAL = 5
_REMEMBERED = 12
_ADAPTED = 0.25


@dataclass(frozen=True)
class Fold:
    """One forecast as of step `origin`: values ahead, the interval (None while too few errors are known), the naive
    forecast and what came (NaN where it is not known)."""

    origin: int
    forecast: Values
    naive: Values
    actual: Values
    low: Values | None
    high: Values | None


@dataclass(frozen=True)
class Tested:
    """Back-tests in order of time, the forecast from the last value on, and how many simple forecasts were tried."""

    folds: tuple[Fold, ...]
    ahead: Fold
    tried: int

    @property
    def judged(self) -> tuple[Fold, ...]:
        """The back-tests that count: those with an interval, after the mixing has learnt."""
        return tuple(fold for fold in self.folds if fold.low is not None)

    def error(self, of_naive: bool = False) -> float:
        """The mean absolute error over the back-tests that count."""
        off = [np.abs((f.naive if of_naive else f.forecast) - f.actual) for f in self.judged]
        return float(np.nanmean(np.concatenate(off)))

    @property
    def coverage(self) -> float:
        """The share of values that came to lie inside the interval, 0 to 1."""
        return _share_inside(self.judged)


def look_back(grid: Grid, horizon: int, folds: int, level: float) -> Tested:
    """Forecast `horizon` steps as of `folds` past moments, one horizon apart, and as of the last value."""
    values, length = fill(grid.values, grid.cycle), len(grid.values)
    first = length - horizon * (folds + _FIRST_INTERVAL)
    origins = [o for o in range(first, length, horizon) if o >= max(2 * grid.cycle, horizon)]
    slots = grid.slots_of(0, length + horizon)
    errors: list[dict[str, float]] = []
    done: list[Fold] = []
    width = level
    for origin in [*origins, length]:
        past = Past(values[:origin], slots[:origin], slots[origin : origin + horizon], grid.cycle, grid.day)
        made = forecasts(past)
        forecast = mixed(made, worths(errors) if len(errors) >= _WARM_UP else dict.fromkeys(made, 1.0))
        low, high = _interval(done, forecast, past, slots, width)
        fold = Fold(origin, forecast, made[NAIVE], grid.values[origin : origin + horizon], low, high)
        if origin < length and not np.isnan(fold.actual).all():
            errors.append({k: float(np.nanmean(np.abs(v - fold.actual))) for k, v in made.items()})
            width = _adapted(width, level, fold)
            done.append(fold)
    return Tested(tuple(done), fold, len(made))


def _interval(
    done: Sequence[Fold], forecast: Values, past: Past, slots: Whole, width: float
) -> tuple[Values | None, Values | None]:
    """Low and high around a forecast, from the errors of the folds before it."""
    recent = done[-_REMEMBERED:]
    if len(recent) < _FIRST_INTERVAL:
        return None, None
    errors = np.concatenate([one.actual - one.forecast for one in recent])
    places = np.concatenate([slots[one.origin : one.origin + len(one.forecast)] for one in recent])
    usual = _usual_error(np.abs(errors), (places % past.day).astype(np.int64), past.day)
    scaled = errors / usual[(places % past.day).astype(np.int64)]
    below, above = np.nanquantile(scaled, [(1 - width) / 2, (1 + width) / 2])
    size = usual[past.ahead % past.day]
    low, high = forecast + below * size, forecast + above * size
    return (np.maximum(low, 0.0) if past.values.min() >= 0 else low), high


def _usual_error(errors: Values, times: Whole, day: int) -> Values:
    """The usual error at each time of day, drawn towards the mean where little is known."""
    known = ~np.isnan(errors)
    mean = float(errors[known].mean()) or 1e-9
    count = np.bincount(times[known], minlength=day)
    total = np.bincount(times[known], errors[known], day)
    return np.asarray((total + 5 * mean) / (count + 5), np.float64)


def _adapted(width: float, level: float, fold: Fold) -> float:
    """A wider interval after a back-test that held too seldom, a narrower one after one that held too often."""
    if fold.low is None:
        return width
    return float(np.clip(width + _ADAPTED * (level - _share_inside([fold])), 0.3, 0.995))


def _share_inside(folds: Sequence[Fold]) -> float:
    inside = [
        (f.low <= f.actual) & (f.actual <= f.high) for f in folds if f.low is not None and f.high is not None
    ]
    known = [~np.isnan(f.actual) for f in folds if f.low is not None]
    return float(np.concatenate(inside)[np.concatenate(known)].mean()) if inside else float("nan")
