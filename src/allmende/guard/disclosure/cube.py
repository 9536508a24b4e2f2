"""A table as a cube: its cells by dimension, and which of them add up to which."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from allmende.errors import ContractBroken
from allmende.model.disclosure import Disclosure

Numbers = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Index = tuple[int, ...]
Name = frozenset[tuple[str, str]]
MOST_CELLS = 20_000_000
VALUES = "(values)"
"""The axis of the value columns."""


@dataclass(frozen=True)
class Axis:
    """A dimension: its categories in order; `total` is the index of the one that is the sum of the others."""

    name: str
    categories: tuple[str, ...]
    total: int | None

    @property
    def parts(self) -> npt.NDArray[np.int64]:
        """The indexes of all categories but the total."""
        return np.array([n for n in range(len(self.categories)) if n != self.total], dtype=np.int64)


@dataclass(frozen=True)
class Cube:
    """Values by their axes, the last of which are the value columns. Cells that the table lacks are not `present`.

    `rows` is the table's row of each cell (without the last axis).
    """

    axes: tuple[Axis, ...]
    values: Numbers
    present: Flags
    rows: npt.NDArray[np.int64]

    def name(self, index: Index) -> Name:
        """What a cell is about, the same in every table of a family: its categories without totals, and its column.

        A column of totals keeps its name: another table may have it alone.
        """
        named = zip(self.axes, index, strict=True)
        return frozenset(
            (axis.name, axis.categories[n]) for axis, n in named if n != axis.total or axis.name == VALUES
        )

    def tied(self, number: int) -> Flags:
        """Which cells stand in a public sum along an axis (one dimension less: by the places of the lines)."""
        axis = self.axes[number]
        if axis.total is None:
            return np.zeros(self.present.any(axis=number).shape, dtype=bool)
        there: Flags = np.broadcast_to((self.rows >= 0)[..., None], self.present.shape).take(
            axis.parts, axis=number
        )
        known: Flags = self.present.take(axis.parts, axis=number) | ~there
        total = np.asarray(self.present.take(axis.total, axis=number))
        tied: Flags = np.asarray(total & known.all(axis=number) & there.any(axis=number))
        return tied

    def lines(self, wanted: Flags) -> Iterator[tuple[list[Index], Index]]:
        """Every sum in which a wanted cell stands: its parts, and their total.

        What the table has no row for counts as nothing; a sum with an unknown part is no equation.
        """
        for number, axis in enumerate(self.axes):
            if axis.total is None:
                continue
            for place in np.argwhere(wanted.any(axis=number)):
                parts = [_put(place, number, n) for n in axis.parts]
                total = _put(place, number, axis.total)
                there = [part for part in parts if self.rows[part[:-1]] >= 0]
                if there and self.present[total] and all(self.present[part] for part in there):
                    yield there, total


def _put(place: npt.NDArray[np.int64], number: int, index: int) -> Index:
    return (*map(int, place[:number]), int(index), *map(int, place[number:]))


def cube_of(table: pa.Table, rule: Disclosure) -> Cube:
    """The cube of a table. Raises ContractBroken when the rule does not fit the table."""
    _check_columns(table, rule)
    texts = {name: _texts(table, name) for name in rule.dimensions}
    axes = tuple(_axis(name, texts[name], rule.totals) for name in rule.dimensions)
    shape = tuple(len(axis.categories) for axis in axes)
    if int(np.prod(shape, dtype=np.float64)) * len(rule.values) > MOST_CELLS:
        raise ContractBroken("this table has too many cells for disclosure control", hint="Split it.")
    places = tuple(_codes(axis, texts[axis.name]) for axis in axes)
    rows = np.full(shape, -1, dtype=np.int64)
    rows[places] = np.arange(table.num_rows)
    if np.count_nonzero(rows >= 0) != table.num_rows:
        raise ContractBroken("several rows are about the same cell", hint="Name all dimensions.")
    return _filled((*axes, _value_axis(rule)), rows, places, table, rule)


def check_sums(cube: Cube) -> None:
    """ContractBroken when a total is not the sum of its parts: then nobody can say what the sums would tell."""
    for number, axis in enumerate(cube.axes):
        if axis.total is None:
            continue
        parts: Any = cube.values.take(axis.parts, axis=number).sum(axis=number)
        total: Any = cube.values.take(axis.total, axis=number)
        wrong = np.argwhere(cube.tied(number) & (np.abs(parts - total) > 0.5))
        if len(wrong):
            row = int(cube.rows[_put(wrong[0], number, axis.total)[:-1]]) + 1
            # The numbers are not told: this is read on public pages.
            raise ContractBroken(
                f"{axis.categories[axis.total]!r} of {axis.name} in row {row} is not the sum of its parts",
                hint="Correct the numbers, or name no total in [disclosure].",
            )
    _check_parts(cube)
    _check_unnamed(cube)


def _check_parts(cube: Cube) -> None:
    """A total that no part belongs to was split by a column that is no dimension of its own (a name beside a key)."""
    totals, summed = np.zeros_like(cube.present), np.zeros_like(cube.present)
    for number, axis in enumerate(cube.axes):
        if axis.total is not None:
            line: Any = (*[slice(None)] * number, axis.total)
            totals[line] = True
            summed[line] |= cube.tied(number)
    if np.any(totals & ~summed & cube.present & (cube.values > 0) & ~_gaps(cube)):
        raise ContractBroken(
            "a total has no parts",
            hint="Name in dimensions only what the counts are split by; not names of keys.",
        )


def _gaps(cube: Cube) -> Flags:
    """Cells in a line with an unknown number."""
    unknown = np.broadcast_to((cube.rows >= 0)[..., None], cube.present.shape) & ~cube.present
    found = np.zeros_like(unknown)
    for number in range(unknown.ndim):
        found |= unknown.any(axis=number, keepdims=True)
    return found


def _check_unnamed(cube: Cube) -> None:
    """A category that is always the sum of the others is a total, whether it is named one or not."""
    for number, axis in enumerate(cube.axes):
        if axis.total is not None or len(axis.categories) < 3:
            continue
        every: Numbers = cube.values.sum(axis=number, keepdims=True)
        # In few numbers it may be chance.
        if (np.count_nonzero(every) < 2 and len(axis.categories) < 5) or not every.any():
            continue
        halves = np.abs(2 * cube.values - every) < 0.5
        sums = halves.all(axis=tuple(n for n in range(cube.values.ndim) if n != number))
        if sums.any():
            raise ContractBroken(
                f"{axis.categories[int(sums.argmax())]!r} of {axis.name} is the sum of the others",
                hint="Name it in totals (or total_column) of [disclosure].",
            )


def _filled(
    axes: tuple[Axis, ...], rows: npt.NDArray[np.int64], places: tuple[Any, ...], table: pa.Table, rule: Disclosure
) -> Cube:  # fmt: skip
    values = np.zeros((*rows.shape, len(rule.values)))
    present = np.zeros(values.shape, dtype=bool)
    for number, name in enumerate(rule.values):
        column = table.column(name).cast(pa.float64())
        known = ~np.asarray(column.is_null())
        values[(*places, number)] = np.where(known, np.asarray(column), 0)
        present[(*places, number)] = known
    return Cube(axes, values, present, rows)


def _check_columns(table: pa.Table, rule: Disclosure) -> None:
    wanted = [*rule.dimensions, *rule.values, *rule.unpublished]
    missing = [name for name in wanted if name not in table.column_names]
    if missing or not rule.values:
        raise ContractBroken(
            f"disclosure control asks for columns that are not there: {', '.join(missing) or 'values'}",
            hint="Correct [disclosure] in the dataset's file.",
        )


def _texts(table: pa.Table, name: str) -> list[str]:
    return ["" if value is None else str(value) for value in table.column(name).to_pylist()]


def _axis(name: str, texts: Sequence[str], totals: Mapping[str, str]) -> Axis:
    categories = tuple(dict.fromkeys(texts))
    total = totals.get(name)
    return Axis(name, categories, categories.index(total) if total in categories else None)


def _codes(axis: Axis, texts: Sequence[str]) -> npt.NDArray[np.int64]:
    known = {category: number for number, category in enumerate(axis.categories)}
    return np.array([known[text] for text in texts], dtype=np.int64)


def _value_axis(rule: Disclosure) -> Axis:
    total = rule.values.index(rule.total_column) if rule.total_column in rule.values else None
    return Axis(VALUES, rule.values, total)
