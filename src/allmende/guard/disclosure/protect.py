"""One call for who publishes counts: `protect` gives the table that may be shown, or says why there is none.

With it come the cells that were changed (for the city's own log). Each value column is followed by a text column
`<name>_status`: empty, `suppressed`, `perturbed` or `rounded`. It does not say which cells were small and which hide
them, nor which were changed by noise: that would tell too much.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from allmende.errors import HeldBack
from allmende.guard.disclosure.attack import Known, bounds, revealed
from allmende.guard.disclosure.cell_key import cell_key, perturb
from allmende.guard.disclosure.cube import VALUES, Cube, Flags, Index, Name, Numbers, check_sums, cube_of
from allmende.guard.disclosure.difference import of_areas, of_versions
from allmende.guard.disclosure.suppress import hide, small_cells
from allmende.model.disclosure import Change, Disclosure, Why

STATUS = "_status"
MOST_AUDITED = 600
"""So many hidden cells are attacked by linear programming before publication; beyond, the proof is the boxes'."""


@dataclass(frozen=True)
class Shown:
    """A table of the family as it was published: cells that can be read, and those that were left out."""

    rule: Disclosure
    cells: Mapping[Name, float]
    hidden: frozenset[Name]
    earlier: bool = False


@dataclass(frozen=True)
class Protected:
    """The table that may be shown, and what was changed in it."""

    table: pa.Table
    changes: tuple[Change, ...]


def protect(
    table: pa.Table, rule: Disclosure, *, secret: bytes = b"", family: Sequence[Shown] = ()
) -> Protected:
    """Protect a table by its rule. `family` are the tables of the family that are public; those marked `earlier`
    are versions of this one. `secret` is the family's, for cell keys.

    Raises HeldBack (reason `disclosure`) when small groups could be told, ContractBroken when the rule does
    not fit the table.
    """
    cube = cube_of(table, rule)
    made = _METHODS[rule.method](table, cube, rule, secret, family)
    _refuse_differences(made, rule, family)
    return made


def shown_of(table: pa.Table, rule: Disclosure, *, earlier: bool = False) -> Shown:
    """What a published table shows and hides."""
    known = [name for name in rule.values if name in table.column_names]
    fitting = replace(rule, values=tuple(known), largest="")
    cube = cube_of(table, fitting)
    cells = {cube.name(i): float(cube.values[i]) for i in _indexes(cube.present)}
    there = np.broadcast_to((cube.rows >= 0)[..., None], cube.present.shape) & ~cube.present
    return Shown(rule, cells, frozenset(cube.name(i) for i in _indexes(there)), earlier)


def _indexes(flags: Flags) -> list[Index]:
    return [tuple(int(n) for n in found) for found in np.argwhere(flags)]


# --- suppression ---


def _suppress(
    table: pa.Table, cube: Cube, rule: Disclosure, secret: bytes, family: Sequence[Shown]
) -> Protected:
    check_sums(cube)
    small, dominated = small_cells(cube, rule.minimum), _dominated(table, cube, rule)
    known, elsewhere = _of_family(cube, family)
    primary = small | dominated | known
    plan = hide(cube, primary, rule.protection, elsewhere & ~primary)
    if plan.unprotected or np.any(plan.suppressed & elsewhere & (small | dominated)):
        raise _held("small numbers cannot be hidden beside what is public already", rule)
    _audit(cube, plan.suppressed, rule)
    why: dict[Why, Flags] = {"small": small, "dominated": dominated, "family": known}
    return _written(table, cube, rule, plan.suppressed, "suppressed", lambda i: None, why)


def _dominated(table: pa.Table, cube: Cube, rule: Disclosure) -> Flags:
    """Cells of the first value column to which one contributor gave nearly all ((1,k) rule)."""
    found = np.zeros_like(cube.present)
    if not rule.largest:
        return found
    largest = _numbers(table, rule.largest)
    there = cube.rows >= 0
    values = cube.values[..., 0]
    share = np.zeros(values.shape)
    share[there] = largest[cube.rows[there]]
    found[..., 0] = cube.present[..., 0] & (values > 0) & (share > rule.share * values)
    return found


def _numbers(table: pa.Table, name: str) -> Numbers:
    return np.array([float(value or 0) for value in table.column(name).to_pylist()])


def _of_family(cube: Cube, family: Sequence[Shown]) -> tuple[Flags, Flags]:
    """Cells that are hidden in other public tables of the family, and cells that can be read there."""
    hidden = frozenset().union(*(one.hidden for one in family))
    read = frozenset().union(*(frozenset(one.cells) for one in family if not one.earlier))
    closed, open_ = np.zeros_like(cube.present), np.zeros_like(cube.present)
    if not hidden and not read:
        return closed, open_
    for index in _indexes(cube.present):
        name = cube.name(index)
        closed[index] = name in hidden and cube.values[index] > 0
        open_[index] = name in read
    return closed, open_


def _audit(cube: Cube, suppressed: Flags, rule: Disclosure) -> None:
    """Attack the plan as a reader could, before anybody does."""
    hidden = _indexes(suppressed)
    if not hidden or len(hidden) > MOST_AUDITED:
        return
    truth: dict[Hashable, float] = {cube.name(i): float(cube.values[i]) for i in hidden}
    told = revealed([(cube, suppressed)], truth, rule.protection)
    if told:
        raise _held(f"{len(told)} left-out numbers could be worked out from the sums", rule)


# --- noise and rounding ---


def _perturb(
    table: pa.Table, cube: Cube, rule: Disclosure, secret: bytes, family: Sequence[Shown]
) -> Protected:
    if len(secret) < 16:
        raise _held("there is no secret for this family's cell keys", rule)

    def noisy(index: Index) -> float:
        count = round(float(cube.values[index]))
        key = cell_key(secret, rule.family, cube.name(index), count)
        return float(perturb(count, key, rule.noise, rule.variance, rule.minimum))

    return _written(table, cube, rule, cube.present, "perturbed", noisy, {"noise": cube.present})


def _round(
    table: pa.Table, cube: Cube, rule: Disclosure, secret: bytes, family: Sequence[Shown]
) -> Protected:
    check_sums(cube)

    def rounded(index: Index) -> float:
        return float(np.floor(cube.values[index] / rule.base + 0.5) * rule.base)

    _audit_rounding(cube, rule, rounded)
    return _written(table, cube, rule, cube.present, "rounded", rounded, {"rounded": cube.present})


def _audit_rounding(cube: Cube, rule: Disclosure, rounded: Callable[[Index], float]) -> None:
    """Rounded parts and totals together must not tell a small number exactly."""
    small = _indexes(small_cells(cube, rule.minimum))
    if not small or len(small) > MOST_AUDITED or cube.present.sum() > 20 * MOST_AUDITED:
        return
    known = Known()
    known.add_cube(cube, cube.present)
    for index in _indexes(cube.present):
        name, shown = cube.name(index), rounded(index)
        known.lower[name] = max(0.0, shown - rule.base // 2)
        known.upper[name] = shown + (rule.base - 1) // 2
    names: list[dict[Hashable, float]] = [{cube.name(index): 1.0} for index in small]
    told = [low for low, high in bounds(known, names) if high - low < 1 and low > 0]
    if told:
        raise _held(f"{len(told)} small numbers could be told from rounded sums", rule)


# --- the table, and what differs ---


def _written(
    table: pa.Table, cube: Cube, rule: Disclosure, changed: Flags, mark: str,
    after: Callable[[Index], float | None], why: Mapping[Why, Flags],
) -> Protected:  # fmt: skip
    """The table with changed values and their marks; the log says of each why."""
    columns = {name: table.column(name) for name in table.column_names if name != rule.largest}
    changes: list[Change] = []
    made: dict[str, Any] = {}
    for name, column in columns.items():
        if name not in rule.values:
            made[name] = column
            continue
        number = rule.values.index(name)
        values, marks = column.to_pylist(), [""] * table.num_rows
        for place in np.argwhere(changed[..., number]):
            index: Index = (*map(int, place), number)
            row = int(cube.rows[tuple(place)])
            before, values[row], marks[row] = values[row], after(index), mark
            changes.append(Change(row + 1, name, _why(index, why), before, values[row]))
        made[name] = pa.array(values, column.type, from_pandas=True) if values else column
        made[f"{name}{STATUS}"] = pa.array(marks, pa.string())
    return Protected(pa.table(made), tuple(changes))


def _why(index: Index, why: Mapping[Why, Flags]) -> Why:
    return next((name for name, flags in why.items() if flags[index]), "complementary")


def _refuse_differences(made: Protected, rule: Disclosure, family: Sequence[Shown]) -> None:
    shown = shown_of(made.table, rule)
    if rule.method == "suppression":
        for one in family:
            found = of_versions(one.cells, shown.cells, rule.minimum) if one.earlier else ()
            if found:
                raise _held(
                    f"{len(found)} numbers differ from the last version by so few that they show", rule
                )
    if rule.areas and rule.method == "suppression":
        told = of_areas(rule.areas, _areas(shown, rule), rule.minimum)
        if told:
            raise _held(f"areas overlap so that few people show: {told[0][0]}", rule)


def _areas(shown: Shown, rule: Disclosure) -> dict[str, float]:
    """The numbers of whole areas: cells that are about an area and nothing else."""
    about = {frozenset({(rule.dimensions[0], area), (VALUES, rule.values[0])}): area for area in rule.areas}
    return {about[name]: value for name, value in shown.cells.items() if name in about}


def _held(said: str, rule: Disclosure) -> HeldBack:
    return HeldBack(
        said,
        reasons=("disclosure",),
        hint=f"Publish fewer details in the family {rule.family!r}, or choose another method.",
    )


_METHODS: dict[str, Callable[[pa.Table, Cube, Disclosure, bytes, Sequence[Shown]], Protected]] = {
    "suppression": _suppress,
    "cell_key": _perturb,
    "rounding": _round,
}
