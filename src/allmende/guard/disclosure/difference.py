"""Differences: what two published numbers say of the few by whom they differ."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations

from allmende.guard.disclosure.attack import Known, bounds
from allmende.guard.disclosure.cube import Name


def of_versions(
    before: Mapping[Name, float], now: Mapping[Name, float], minimum: int
) -> tuple[tuple[Name, float], ...]:
    """Cells that are shown before and now, and differ by so few that the few can be told."""
    shared = (name for name in before if name in now)
    return tuple(
        (name, now[name] - before[name]) for name in shared if 0 < abs(now[name] - before[name]) < minimum
    )


def of_areas(
    areas: Mapping[str, tuple[str, ...]], shown: Mapping[str, float], minimum: int
) -> tuple[tuple[str, float, float], ...]:
    """Parts of overlapping areas whose number can be told though it is small: (what, least, most).

    Every area is a sum of blocks. What is looked at: each block, and what one area has beyond another, or shares
    with it.
    """
    known = Known()
    for name, blocks in areas.items():
        if name in shown:
            known.add(dict.fromkeys(blocks, 1.0), shown[name])
    parts = [part for part in dict(_parts(areas)).items() if part[1] <= frozenset(known.names())]
    found = bounds(known, [dict.fromkeys(blocks, 1.0) for _, blocks in parts])
    return tuple(
        (what, low, high)
        for (what, _), (low, high) in zip(parts, found, strict=True)
        if 0.5 < high < minimum - 0.5 or (high - low < 0.5 and 0.5 < low < minimum - 0.5)
    )


def _parts(areas: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, frozenset[str]]]:
    sets = {name: frozenset(blocks) for name, blocks in areas.items()}
    for one, two in combinations(sets, 2):
        for what, part in (
            (f"{one} without {two}", sets[one] - sets[two]),
            (f"{two} without {one}", sets[two] - sets[one]),
            (f"{one} and {two}", sets[one] & sets[two]),
        ):
            if part:
                yield what, part
    for block in sorted(frozenset().union(*sets.values()) if sets else ()):
        yield block, frozenset((block,))
