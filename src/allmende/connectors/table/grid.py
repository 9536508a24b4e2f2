"""A table as it stands in the file: names, columns of text, and where each row came from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from allmende.model.source import Rejected

# The stubs know the compute functions only for some types of arrays.
pc: Any = pyarrow.compute
FIRST_LINE = "first row"
"""Under this name `detected` says in which row of the file the data begin, where they go on without a gap."""


@dataclass(frozen=True)
class Grid:
    """`columns` are text arrays (null for an empty cell); `rows` the source's number of each row.

    `rejected` are rows that could not be laid out at all. Data rows are numbered from 1, without
    empty lines.
    """

    names: tuple[str, ...]
    columns: tuple[pa.Array[pa.StringScalar], ...]
    rows: np.ndarray[tuple[int], np.dtype[np.int64]]
    rejected: tuple[Rejected, ...] = ()
    detected: dict[str, str] = field(default_factory=dict)
    separator: str = ";"

    @property
    def height(self) -> int:
        """Number of rows that were laid out."""
        return len(self.rows)

    def raw(self, index: int) -> str:
        """The cells of a row, joined as in the file."""
        return self.separator.join(str(column[index].as_py() or "") for column in self.columns)


def trimmed(grid: Grid) -> Grid:
    """Without columns that have neither a name nor any cell, as spreadsheets leave them at the edge."""
    keep = [
        n for n, name in enumerate(grid.names) if name.strip() or grid.columns[n].null_count < grid.height
    ]
    names = [grid.names[n].strip() or f"column_{n + 1}" for n in keep]
    return Grid(
        tuple(unique(names)),
        tuple(grid.columns[n] for n in keep),
        grid.rows,
        grid.rejected,
        grid.detected,
        grid.separator,
    )


def without(grid: Grid, words: Sequence[str]) -> Grid:
    """Without rows that have one of the words (whole, in any case) in a cell; they are told as rejected."""
    folded = pa.array([word.strip().lower() for word in words], pa.string())
    out = np.zeros(grid.height, bool)
    for column in grid.columns:
        found = pc.is_in(pc.utf8_lower(pc.utf8_trim_whitespace(column)), value_set=folded)
        out |= np.asarray(found.to_numpy(zero_copy_only=False), bool)
    if not out.any():
        return grid
    left = [
        Rejected(int(grid.rows[n]), "", "left out: the sum of other rows", grid.raw(int(n)), "left_out")
        for n in np.flatnonzero(out)
    ]
    keep = pa.array(~out)
    return replace(
        grid,
        columns=tuple(column.filter(keep) for column in grid.columns),
        rows=grid.rows[~out],
        rejected=(*grid.rejected, *left),
    )


def unique(names: list[str]) -> list[str]:
    """The same names; one that occurs again gets a number behind it."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name} ({seen[name]})")
    return found
