"""Wide to long: columns whose names are values (years, dates) become rows."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa

from allmende.connectors.table.grid import Grid
from allmende.errors import Unreadable


def unpivoted(grid: Grid, columns: str, name: str, value: str) -> Grid:
    """The long grid: for each row one row per column that matches, in the file's order.

    Rows are counted anew, as there are several of each; rows set aside before come last. Raises Unreadable when the expression is none, or no column matches.
    """
    try:
        wanted = re.compile(columns)
    except re.error as error:
        raise Unreadable(f"unpivot.columns is no regular expression: {error}") from None
    turned = [n for n, one in enumerate(grid.names) if wanted.search(one)]
    if not turned:
        raise Unreadable(f"no column matches {columns!r}", hint=f"There are: {', '.join(grid.names[:20])}.")
    kept = [n for n in range(len(grid.names)) if n not in turned]
    repeat: Any = pa.array(np.repeat(np.arange(grid.height), len(turned)))
    names = pa.array([grid.names[n] for n in turned] * grid.height, pa.string())
    long = pa.concat_arrays([grid.columns[n] for n in turned])
    order: Any = pa.array(np.arange(len(turned) * grid.height).reshape(len(turned), grid.height).T.ravel())
    return replace(
        grid,
        names=(*(grid.names[n] for n in kept), name, value),
        columns=(*(grid.columns[n].take(repeat) for n in kept), names, long.take(order)),
        rows=np.arange(1, grid.height * len(turned) + 1, dtype=np.int64),
        rejected=tuple(
            replace(one, row=grid.height * len(turned) + n) for n, one in enumerate(grid.rejected, 1)
        ),
        detected=grid.detected | {"unpivot": f"{len(turned)} columns"},
    )
