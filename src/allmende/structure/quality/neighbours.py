"""Does a series agree with the others near it? Run from time to time over medians, not per value.

Compared with the median of the neighbours and their median absolute deviation (MAD), which one broken
neighbour cannot move (Iglewicz and Hoaglin, How to Detect and Handle Outliers, 1993).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from statistics import median
from typing import NamedTuple

import numpy as np

from allmende.model.limits import Doubt

FEWEST = 4
"""Fewer neighbours are no majority."""
MOST = 12
"""The nearest ones; farther ones have other weather."""
REACH = 5_000.0
"""Metres within which series of the same property are neighbours, unless told otherwise."""
SPREADS = 5.0
"""So many robust standard deviations off are not chance: one in millions, were the values normal."""
_MAD = 1.4826


CROWD = 20
"""From so many series on it is odd when nearly all have one and the same number."""
NEARLY_ALL = 0.9


class Near(NamedTuple):
    """One series at one moment: where it is (degrees), its typical number, the smallest difference worth
    a doubt, and whether the number may last and be everywhere (no rain)."""

    datastream: int
    longitude: float
    latitude: float
    number: float
    difference: float
    resting: bool = False


def compare_neighbours(series: Sequence[Near], reach: float = REACH) -> dict[int, Doubt]:
    """The doubts about series of one observed property in one unit, by datastream."""
    if len(series) <= FEWEST:
        return {}
    found = _alike(series)
    if found:
        return found
    east, north = _metres(series)
    numbers = np.array([one.number for one in series])
    for index, one in enumerate(series):
        distance = np.hypot(east - east[index], north - north[index])
        distance[index] = np.inf
        nearest = np.argsort(distance, kind="stable")[:MOST]
        doubt = _compare(one, numbers[nearest[distance[nearest] <= reach]].tolist())
        if doubt is not None:
            found[one.datastream] = doubt
    return found


def _alike(series: Sequence[Near]) -> dict[int, Doubt]:
    """Exactly one number nearly everywhere is a fault on the way, not the weather: it has happened that
    on three of ten days all 173 soil probes of a city had one value."""
    number, count = Counter(one.number for one in series).most_common(1)[0]
    if count < CROWD or count < NEARLY_ALL * len(series):
        return {}
    same = [one for one in series if one.number == number and not one.resting]
    return {one.datastream: Doubt("alike", number, float(count)) for one in same}


def _metres(series: Sequence[Near]) -> tuple[np.ndarray, np.ndarray]:
    latitude = np.array([one.latitude for one in series])
    longitude = np.array([one.longitude for one in series])
    scale = 111_320.0
    return longitude * scale * np.cos(np.radians(latitude.mean())), latitude * scale


def _compare(one: Near, others: Sequence[float]) -> Doubt | None:
    if len(others) < FEWEST:
        return None
    middle = median(others)
    spread = _MAD * median(abs(number - middle) for number in others)
    off = abs(one.number - middle)
    return Doubt("neighbours", one.number, middle) if off > max(SPREADS * spread, one.difference) else None
