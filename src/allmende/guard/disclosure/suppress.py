"""Suppression: small and dominated cells are left out, and as many others as it takes to hide them.

Every sum that is published is an equation. A cell is hidden when the equations have a second solution in which
it is clearly another. Such a solution is built with the cell: the corners of a box in the cube, half of them larger
and half smaller by the same amount, so that no sum changes (the hypercube method; Repsilber 1994, Giessing 2003).
The box with the least loss is taken. Where no box fits, totals are left out too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from allmende.guard.disclosure.cube import Cube, Flags, Index, Numbers

_CANDIDATES = {1: 400, 2: 100, 3: 14, 4: 8}
"""So many opposite corners are looked at on each axis, by the number of axes with sums."""


@dataclass
class Plan:
    """What is left out. `needs` says by how much each left-out cell has to be able to be another."""

    suppressed: Flags
    needs: Numbers
    unprotected: tuple[Index, ...] = ()


def small_cells(cube: Cube, minimum: int) -> Flags:
    """Counts of few people: from 1 to `minimum - 1`."""
    found: Flags = cube.present & (cube.values > 0) & (cube.values < minimum)
    return found


def hide(
    cube: Cube, primary: Flags, protection: int, fixed: Flags | None = None, needs: Numbers | None = None
) -> Plan:
    """Leave out `primary` cells and what hides them; `fixed` cells are known elsewhere and hide nothing.

    Cells with `needs` beyond the protection are hidden by so much.
    """
    least = np.full(primary.shape, protection + 1.0)
    plan = Plan(primary.copy(), least if needs is None else np.maximum(least, np.ceil(needs)))
    fixed = np.zeros_like(primary) if fixed is None else fixed
    certain, open_cells = np.zeros_like(primary), []
    tied = {
        number: np.broadcast_to(np.expand_dims(cube.tied(number), number), primary.shape)
        for number, axis in enumerate(cube.axes) if axis.total is not None
    }  # fmt: skip
    # What needs most is hidden first: its box serves others, not the other way round.
    order = sorted(map(tuple, np.argwhere(primary).tolist()), key=lambda one: -plan.needs[one])
    for index in order:
        if not certain[index] and not _hide_one(cube, index, plan, fixed, certain, tied):
            open_cells.append(index)
    plan.unprotected = tuple(open_cells)
    return plan


def _hide_one(
    cube: Cube, index: Index, plan: Plan, fixed: Flags, certain: Flags, tied: Mapping[int, Flags]
) -> bool:
    """Find the cheapest box with this cell as a corner; False when there is none.

    Along axes in which the cell stands in no sum (a block stands in its district's only) the box needs no extent.
    """
    own = [number for number, flags in tied.items() if flags[index]]
    if not own:
        certain[index] = True
        return True
    wider = [list(tied)] if len(own) < len(tied) else []
    return any(_box(cube, index, bound, plan, fixed, certain, tied) for bound in [own, *wider])


def _box(
    cube: Cube, index: Index, bound: list[int], plan: Plan, fixed: Flags, certain: Flags,
    tied: Mapping[int, Flags],
) -> bool:  # fmt: skip
    choices = [_choices(cube, index, number, plan, len(bound)) for number in bound]
    if any(len(indexes) == 0 for indexes, _ in choices):
        return False
    loose = [flags for number, flags in tied.items() if number not in bound]
    # A box without extent along an axis must not touch a sum along it.
    still = np.logical_or.reduce([~cube.present, *loose])
    cost, fits = _weigh(cube, index, bound, choices, plan, fixed, still)
    cost = np.where(fits, cost, np.inf)
    best = np.unravel_index(int(np.argmin(cost)), cost.shape)
    if not np.isfinite(cost[best]):
        return False
    opposite = [int(choices[n][0][place]) for n, place in enumerate(best)]
    for corner in _corners(index, bound, opposite):
        plan.suppressed[corner] = True
        certain[corner] |= bool(plan.needs[corner] <= plan.needs[index])
    return True


Choice = tuple[npt.NDArray[np.int64], Numbers]


def _choices(cube: Cube, index: Index, number: int, plan: Plan, axes: int) -> Choice:
    """Where the opposite corner may lie on an axis, and whether the sign turns there (-1) or not (1).

    From a part to another part the sign turns; between a part and the total it does not, as both then change.
    """
    axis = cube.axes[number]
    beside: Any = (*index[:number], slice(None), *index[number + 1 :])
    line, done = cube.values[beside], plan.suppressed[beside]
    others = axis.parts[axis.parts != index[number]]
    signs = np.full(len(others), 1.0 if index[number] == axis.total else -1.0)
    order = np.argsort(
        np.where(done[others], 0, line[others]) + 1e12 * (line[others] <= plan.needs[index]), kind="stable"
    )
    order = order[: _CANDIDATES.get(axes, 6)]
    others, signs = others[order], signs[order]
    if index[number] != axis.total and axis.total is not None:
        others, signs = np.append(others, axis.total), np.append(signs, 1.0)
    return others, signs


def _weigh(
    cube: Cube, index: Index, bound: list[int], choices: list[Choice], plan: Plan, fixed: Flags, still: Flags
) -> tuple[Numbers, Flags]:
    """For every opposite corner: what the box costs, and whether all its corners can move by what the cell needs.

    None may come down to 0: everybody knows that a hidden cell is none.
    """
    shift = plan.needs[index]
    shape = tuple(len(indexes) for indexes, _ in choices)
    cost, fits = np.zeros(shape), np.ones(shape, dtype=bool)
    for chosen in product((False, True), repeat=len(bound)):
        places, signs = _face(index, bound, choices, chosen)
        picked = np.ix_(*places)
        form = tuple(len(choices[n][0]) if one else 1 for n, one in enumerate(chosen))
        values = cube.values[picked].reshape(form)
        done = plan.suppressed[picked].reshape(form)
        closed = (fixed[picked].reshape(form) & ~done) | still[picked].reshape(form) | (values <= 0)
        fits &= ~closed & ((signs > 0) | (values > shift))
        cost += np.where(done, 0.0, values + 1.0)
    return cost, fits


def _face(
    index: Index, bound: list[int], choices: list[Choice], chosen: tuple[bool, ...]
) -> tuple[list[list[int]], Numbers]:
    """The cells of one kind of corner: on the chosen axes opposite, on the others beside the cell."""
    places = [[n] for n in index]
    signs = np.ones((1,) * len(bound))
    for n, (number, one) in enumerate(zip(bound, chosen, strict=True)):
        if one:
            places[number] = [int(place) for place in choices[n][0]]
            form = [1] * len(bound)
            form[n] = len(choices[n][1])
            signs = signs * choices[n][1].reshape(form)
    return places, signs


def _corners(index: Index, bound: list[int], opposite: list[int]) -> list[Index]:
    found = []
    for chosen in product((False, True), repeat=len(bound)):
        corner = list(index)
        for number, place, one in zip(bound, opposite, chosen, strict=True):
            if one:
                corner[number] = place
        found.append(tuple(corner))
    return found
