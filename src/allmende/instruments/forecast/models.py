"""Simple forecasts, each from the values before a moment only. They are mixed by what they were worth lately.

All of them know the cycle (the week) and what came last; none knows the truth, so several are asked.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from allmende.understand.series.grid import Values, Whole

NAIVE = "last cycle"
_FEW = 1e-9


@dataclass(frozen=True)
class Past:
    """What is known at a moment: values (gaps filled by `fill`), their slots, and the slots to come."""

    values: Values
    slots: Whole
    ahead: Whole
    cycle: int
    day: int


def fill(values: Values, cycle: int) -> Values:
    """Gaps become the value one cycle before, else lie on the line between their neighbours."""
    filled = values.copy()
    for start in range(cycle, len(values), cycle):
        part = slice(start, min(start + cycle, len(values)))
        before = filled[start - cycle : start - cycle + (part.stop - start)]
        filled[part] = np.where(np.isnan(filled[part]), before, filled[part])
    known = ~np.isnan(filled)
    steps = np.arange(len(filled))
    return np.interp(steps, steps[known], filled[known])


def forecasts(past: Past) -> dict[str, Values]:
    """Each simple forecast for the steps ahead, by its name."""
    values, ahead = past.values, past.ahead
    lowest = min(0.0, float(values.min()))
    fast, slow = _profile(past, values, 0.6, 12), _profile(past, values, 0.9, 26)
    root = np.sqrt(values - lowest)
    wave = _smooth(past, root)
    squared = [wave[ahead], wave[ahead] + _level(past, root, wave, 6, 0.98), wave[ahead] + _level(past, root, wave, 2, 0.9)]  # fmt: skip
    mean = float(values[-past.cycle :].mean())
    lines = _lines(past)
    return {
        NAIVE: values[len(values) - past.cycle + np.arange(len(ahead)) % past.cycle],
        "profile": fast[ahead],
        "profile and level": fast[ahead] + _level(past, values, fast, past.day, 0.985),
        "slow profile": slow[ahead],
        "slow profile and level": slow[ahead] + _level(past, values, slow, 6, 0.97),
        "wave": _unrooted(squared[0], lowest),
        "wave and level": _unrooted(squared[1], lowest),
        "wave and last": _unrooted(squared[2], lowest),
        "last day": values[len(values) - past.day + np.arange(len(ahead)) % past.day],
        **{name: _along(past, line, lowest) for name, line in lines.items()},
        "last value": mean + (values[-1] - mean) * 0.97 ** np.arange(1, len(ahead) + 1),
    }


def mixed(made: dict[str, Values], worth: dict[str, float]) -> Values:
    """The forecasts weighed by their worth; the weights add up to one. What was never tested is left out."""
    known = [name for name in made if name in worth]
    total = sum(worth[name] for name in known)
    return np.asarray(sum(made[name] * (worth[name] / total) for name in known), np.float64)


def worths(errors: Sequence[dict[str, float]], power: float = 6.0, looked_at: int = 8) -> dict[str, float]:
    """What each forecast was worth in the last back-tests: the power of its error, upside down. Even before that."""
    recent = errors[-looked_at:]
    if not recent:
        return {}
    tested = [name for name in recent[0] if all(name in one for one in recent)]
    mean = {name: float(np.mean([one[name] for one in recent])) for name in tested}
    best = min(mean.values())
    return {name: ((best + _FEW) / (error + _FEW)) ** power for name, error in mean.items()}


def _lines(past: Past) -> dict[str, Values]:
    """How the level goes, at each known step and the steps ahead: a straight line through the last cycles, and the
    course of the year where a year and a quarter is known."""
    count, ahead = len(past.values) // past.cycle, len(past.ahead)
    means = past.values[-count * past.cycle :].reshape(count, past.cycle).mean(axis=1)
    steps = np.arange(-len(past.values), ahead, dtype=np.float64) + 0.5
    middles = (np.arange(-count, 0, dtype=np.float64) + 0.5) * past.cycle
    recent = slice(-6, None)
    slope, level = np.polyfit(middles[recent], means[recent], 1) if count > 2 else (0.0, means[-1])
    found = {"drift": level + slope * np.minimum(steps, 2 * past.cycle)}
    year = 365.25 * past.day if past.cycle == 7 * past.day else 0.0
    if year and len(past.values) > 1.25 * year:
        found["year"] = _year(steps, middles, means, year)
    return found


def _year(steps: Values, middles: Values, means: Values, year: float) -> Values:
    """The course of the year through the means of the weeks, moved to where the last three of them lie."""
    turns = np.arange(1, 4) * 2 * np.pi / year

    def columns(at: Values) -> Values:
        waves = [wave(turn * at) for turn in turns for wave in (np.sin, np.cos)]
        return np.column_stack([np.ones(len(at)), at / year, *waves])

    known = columns(middles)
    costs = np.diag([1e-6, 1e-3, *[0.05 * k * k for k in (1, 1, 2, 2, 3, 3)]])
    learnt = np.linalg.solve(known.T @ known + costs, known.T @ means)
    off = float((means[-3:] - known[-3:] @ learnt).mean())
    return np.asarray(columns(steps) @ learnt + off, np.float64)


def _along(past: Past, line: Values, lowest: float) -> Values:
    """The usual share of each slot in the level, times the level to come."""
    scale = float(np.abs(past.values - lowest).mean()) or 1.0
    level = np.maximum(line - lowest, 0.05 * scale)
    shares = (past.values - lowest) / level[: len(past.values)]
    usual = _profile(past, shares, 0.8, 12)
    return np.asarray(usual[past.ahead] * level[len(past.values) :] + lowest, np.float64)


def _unrooted(values: Values, lowest: float) -> Values:
    return np.square(np.maximum(values, 0.0)) + lowest


def _sums(past: Past, values: Values, decay: float, cycles: int) -> tuple[Values, Values]:
    """For each slot the sum of its values, newer cycles counting more, and the sum of the weights."""
    length = min(len(values), cycles * past.cycle)
    age = (length - 1 - np.arange(length)) // past.cycle
    weights = decay ** age.astype(np.float64)
    slots = past.slots[-length:]
    total = np.asarray(np.bincount(slots, weights * values[-length:], past.cycle), np.float64)
    return total, np.asarray(np.bincount(slots, weights, past.cycle), np.float64)


def _profile(past: Past, values: Values, decay: float, cycles: int) -> Values:
    """The usual value of each slot."""
    total, weights = _sums(past, values, decay, cycles)
    usual = np.where(weights > 0, total / np.maximum(weights, _FEW), float(values.mean()))
    return np.asarray(usual, np.float64)


def _smooth(past: Past, values: Values) -> Values:
    """The usual value of each slot as a sum of waves: fewer numbers to learn than slots (ridge regression)."""
    total, weights = _sums(past, values, 0.8, 16)
    waves, penalty = _waves(past.cycle, past.day)
    squares = waves.T @ (waves * weights[:, None]) + np.diag(penalty)
    return np.asarray(waves @ np.linalg.solve(squares, waves.T @ total), np.float64)


@lru_cache(maxsize=16)
def _waves(cycle: int, day: int) -> tuple[Values, Values]:
    """Waves over a cycle (a column each, the first is the level) and what each costs in the regression."""
    days = max(1, cycle // day)
    near_day = {
        k for n in range(1, 9) for k in range(days * n - 2, days * n + 3) if n <= 4 or abs(k - days * n) <= 1
    }
    chosen = sorted(k for k in {*range(1, 11), *(near_day if day > 1 else ())} if 0 < k <= (cycle - 1) // 2)
    turn = np.arange(cycle) / cycle * 2 * np.pi
    columns = [np.ones(cycle), *(wave(k * turn) for k in chosen for wave in (np.sin, np.cos))]
    daily = [0.02 if day > 1 and k % days == 0 else 1.0 for k in chosen]
    costs = [cost * (1 + (k / (4 * days)) ** 2) for k, cost in zip(chosen, daily, strict=True)]
    return np.column_stack(columns), np.array([1e-6, *np.repeat(costs, 2)])


def _level(past: Past, values: Values, usual: Values, last: int, kept: float) -> Values:
    """How far the last values lie from usual, fading by `kept` with each step."""
    off = float((values[-last:] - usual[past.slots[-last:]]).mean())
    return off * kept ** np.arange(1, len(past.ahead) + 1, dtype=np.float64)
