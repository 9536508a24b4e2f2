"""One call for who publishes counts: `protect` gives the table that may be shown, or says why there is none.

With it come the cells that were changed (for the city's own log). Each value column is followed by a text column
`<name>_status`: empty, `suppressed`, `perturbed` or `rounded`. It does not say which cells were small and which hide
them, nor which were changed by noise: that would tell too much.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from allmende.errors import ContractBroken, HeldBack
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
    """A table of the family as it was published: cells that can be read, and those that were left out.

    `marked` says that it was protected; what was shown before there was a rule is no measure. `cube` has its sums.
    """

    rule: Disclosure
    cells: Mapping[Name, float]
    hidden: frozenset[Name]
    earlier: bool = False
    marked: bool = True
    cube: Cube | None = None


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
    _refuse_numbers(table, rule)
    made = _METHODS[rule.method](table, cube, rule, secret, family)
    _refuse_differences(made, rule, family)
    return made


def shown_of(table: pa.Table, rule: Disclosure, *, earlier: bool = False) -> Shown:
    """What a published table shows and hides."""
    known = [name for name in rule.values if name in table.column_names]
    fitting = replace(rule, values=tuple(known), largest="", contributors="")
    cube = cube_of(table, fitting)
    cells = {cube.name(i): float(cube.values[i]) for i in _indexes(cube.present)}
    there = np.broadcast_to((cube.rows >= 0)[..., None], cube.present.shape) & ~cube.present
    hidden = frozenset(cube.name(i) for i in _indexes(there))
    return Shown(rule, cells, hidden, earlier, bool(rule.marks & {*table.column_names}), cube)


def _refuse_numbers(table: pa.Table, rule: Disclosure) -> None:
    """A share or a mean beside the counts would tell what is left out of them."""
    named = {*rule.dimensions, *rule.values, *rule.unpublished, *rule.beside}
    for column in table.schema:
        numbers = pa.types.is_integer(column.type) or pa.types.is_floating(column.type)
        if (numbers or pa.types.is_decimal(column.type)) and column.name not in named:
            raise ContractBroken(
                f"disclosure control is not told what the numbers of {column.name!r} are",
                hint="Name it in values or dimensions of [disclosure]; in beside, when it says nothing of people.",
            )


def _indexes(flags: Flags) -> list[Index]:
    return [tuple(int(n) for n in found) for found in np.argwhere(flags)]


# --- suppression ---


def _suppress(
    table: pa.Table, cube: Cube, rule: Disclosure, secret: bytes, family: Sequence[Shown]
) -> Protected:
    check_sums(cube)
    small = small_cells(cube, rule.minimum) | _few(table, cube, rule)
    needs = _dominance(table, cube, rule)
    dominated = needs > 0
    known, elsewhere, before = _of_family(cube, family, rule)
    primary = small | dominated | known
    plan = hide(cube, primary, rule.protection, (elsewhere | before) & ~primary, needs)
    if plan.unprotected or np.any(plan.suppressed & elsewhere & (small | dominated)):
        raise _held("small numbers cannot be hidden beside what is public already", rule)
    _audit(cube, plan.suppressed, rule, needs, family)
    why: dict[Why, Flags] = {"small": small, "dominated": dominated, "family": known}
    return _written(table, cube, rule, plan.suppressed, "suppressed", lambda i: None, why)


def _few(table: pa.Table, cube: Cube, rule: Disclosure) -> Flags:
    """Cells of the first value column to which fewer than the minimum contributed."""
    found = np.zeros_like(cube.present)
    if rule.contributors:
        number = _beside(table, cube, rule.contributors)
        found[..., 0] = cube.present[..., 0] & (cube.values[..., 0] > 0) & (number < rule.minimum)
    return found


def _dominance(table: pa.Table, cube: Cube, rule: Disclosure) -> Numbers:
    """By how much cells have to be hidden to which one contributor gave nearly all ((1,k) rule); else 0.

    So much that what the cell may be is not dominated any more (Cox 1981: the upper protection level).
    """
    found = np.zeros(cube.values.shape)
    if rule.largest:
        values, largest = cube.values[..., 0], _beside(table, cube, rule.largest)
        dominated = cube.present[..., 0] & (values > 0) & (largest > rule.share * values)
        found[..., 0] = np.where(dominated, largest / rule.share - values, 0.0)
    return found


def _beside(table: pa.Table, cube: Cube, name: str) -> Numbers:
    """The numbers of another column at the places of the cube."""
    numbers, there = _numbers(table, name), cube.rows >= 0
    found = np.zeros(cube.rows.shape)
    found[there] = numbers[cube.rows[there]]
    return found


def _numbers(table: pa.Table, name: str) -> Numbers:
    return np.array([float(value or 0) for value in table.column(name).to_pylist()])


def _of_family(cube: Cube, family: Sequence[Shown], rule: Disclosure) -> tuple[Flags, Flags, Flags]:
    """Cells that are hidden in other public tables of the family, cells that can be read there, and cells that
    earlier versions showed nearly as they are now: to leave these out would hide nothing."""
    closed, open_, before = (np.zeros_like(cube.present) for _ in range(3))
    hidden = frozenset().union(*(one.hidden for one in family))
    read = frozenset().union(*(frozenset(one.cells) for one in family if not one.earlier))
    old = [one.cells for one in family if one.earlier and one.marked]
    if not hidden and not read and not old:
        return closed, open_, before
    for index in _indexes(cube.present):
        name, value = cube.name(index), cube.values[index]
        closed[index] = name in hidden and value > 0
        open_[index] = name in read
        before[index] = any(name in cells and abs(cells[name] - value) <= rule.protection for cells in old)
    return closed, open_, before


def _audit(cube: Cube, suppressed: Flags, rule: Disclosure, needs: Numbers, family: Sequence[Shown]) -> None:
    """Attack the plan as a reader could, before anybody does: alone, and beside the tables of the family."""
    hidden = _indexes(suppressed)
    if not hidden or len(hidden) > MOST_AUDITED:
        return
    truth: dict[Hashable, float] = {cube.name(i): float(cube.values[i]) for i in hidden}
    asked: dict[Hashable, float] = {cube.name(i): float(needs[i]) for i in hidden}
    told = revealed([(cube, suppressed)], truth, rule.protection, asked)
    others = tuple(_beside_which(frozenset(truth), family))
    if others and not told:
        read: dict[Hashable, float] = {
            name: n for one in family if not one.earlier for name, n in one.cells.items()
        }
        told = revealed([(cube, suppressed), *others], truth, rule.protection, asked, read)
    if told:
        raise _held(f"{len(told)} left-out numbers could be worked out from the sums", rule)


def _beside_which(names: frozenset[Hashable], family: Sequence[Shown]) -> Iterator[tuple[Cube, Flags]]:
    """Public tables of the family whose sums hold cells that are left out here."""
    for one in family:
        if one.cube is not None and not one.earlier and one.hidden & names:
            there = np.broadcast_to((one.cube.rows >= 0)[..., None], one.cube.present.shape)
            yield replace(one.cube, present=there), there & ~one.cube.present


# --- noise and rounding ---


def _perturb(
    table: pa.Table, cube: Cube, rule: Disclosure, secret: bytes, family: Sequence[Shown]
) -> Protected:
    if len(secret) < 16:
        raise _held("there is no secret for this family's cell keys", rule)
    only = {number: _only(cube, number) for number, axis in enumerate(cube.axes) if axis.total is not None}

    def noisy(index: Index) -> float:
        count = round(float(cube.values[index]))
        key = cell_key(secret, rule.family, cube.name(_same_people(cube, index, only)), count)
        return float(perturb(count, key, rule.noise, rule.variance, rule.minimum))

    return _written(table, cube, rule, cube.present, "perturbed", noisy, {"noise": cube.present})


def _only(cube: Cube, number: int) -> Flags:
    """Lines of which all people are in one part (one dimension less)."""
    parts: Numbers = cube.values.take(cube.axes[number].parts, axis=number)
    found: Flags = cube.tied(number) & (np.count_nonzero(parts, axis=number) == 1)
    return found


def _same_people(cube: Cube, index: Index, only: Mapping[int, Flags]) -> Index:
    """The most general cell with exactly the people of this one: both have one key, or noise could be averaged out."""
    for number in sorted(only, key=lambda n: cube.axes[n].name):
        total = cube.axes[number].total
        if (
            total is not None
            and cube.values[index] > 0
            and only[number][index[:number] + index[number + 1 :]]
        ):
            index = (*index[:number], total, *index[number + 1 :])
    return index


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
    columns = {name: table.column(name) for name in table.column_names if name not in rule.unpublished}
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
