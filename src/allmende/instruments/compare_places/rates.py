"""The arithmetic of rates: intervals, shrinkage, and which places differ from the rest of the city.

All take counts and bases as arrays of floats of equal length, one place each.
"""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Flags = NDArray[np.bool_]


def wilson(counts: Values, bases: Values, level: float) -> tuple[Values, Values]:
    """Wilson's score interval of a share (Wilson 1927): low and high, between 0 and 1. Bases are above 0."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    share, weight = counts / bases, z * z / bases
    middle = (share + weight / 2) / (1 + weight)
    half = z / (1 + weight) * np.sqrt(share * (1 - share) / bases + weight / (4 * bases))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def byar(counts: Values, bases: Values, level: float) -> tuple[Values, Values]:
    """Byar's approximation of the interval of a Poisson rate (Breslow and Day 1987): low and high."""
    z = NormalDist().inv_cdf(0.5 + level / 2)
    more = counts + 1
    safe = np.maximum(counts, 1e-300)
    low = counts * np.maximum(1 - 1 / (9 * safe) - z / (3 * np.sqrt(safe)), 0.0) ** 3
    high = more * (1 - 1 / (9 * more) + z / (3 * np.sqrt(more))) ** 3
    return np.where(counts > 0, low, 0.0) / bases, high / bases


def shrunk(counts: Values, bases: Values) -> tuple[Values, float]:
    """Each rate drawn towards that of all, the more the less is known of it (Marshall 1991), and the variance
    between places beyond chance: 0 when chance explains all differences."""
    overall = float(counts.sum() / bases.sum())
    rates = counts / bases
    spread = float((bases * (rates - overall) ** 2).sum() / bases.sum())
    between = max(0.0, spread - overall / float(bases.mean()))
    weight = between / (between + overall / bases) if between > 0 else np.zeros(len(bases))
    return np.asarray(overall + weight * (rates - overall), np.float64), between


def differs(counts: Values, bases: Values, binomial: bool) -> Values:
    """The probability of so large a difference from the rest of the city by chance alone (two-sided, normal
    approximation of the difference of two rates). 1 where there is no rest."""
    rest_counts, rest_bases = counts.sum() - counts, bases.sum() - bases
    together = counts.sum() / bases.sum()
    variance = together * (1 - together) if binomial else together
    with np.errstate(divide="ignore", invalid="ignore"):
        error = np.sqrt(variance * (1 / bases + 1 / rest_bases))
        score = np.abs(counts / bases - rest_counts / rest_bases) / error
    known = np.isfinite(score)
    chance = [
        2 * (1 - NormalDist().cdf(float(one))) if ok else 1.0 for one, ok in zip(score, known, strict=True)
    ]
    return np.array(chance, np.float64)


def discoveries(chances: Values, share_false: float) -> Flags:
    """Which of many tests hold when at most this share of them may be false (Benjamini and Hochberg 1995)."""
    order = np.argsort(chances, kind="stable")
    bounds = share_false * np.arange(1, len(chances) + 1) / max(1, len(chances))
    passed = np.flatnonzero(chances[order] <= bounds)
    found = np.zeros(len(chances), np.bool_)
    if len(passed):
        found[order[: passed[-1] + 1]] = True
    return found
