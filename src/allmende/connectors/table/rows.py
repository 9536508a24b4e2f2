"""The cells of a sheet, row by row, to a grid: header, body, and notes below it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from allmende.connectors.table.grid import FIRST_LINE, Grid
from allmende.connectors.table.header import LOOKED_AT, find_header
from allmende.connectors.table.options import Options
from allmende.errors import Unreadable
from allmende.model.source import Rejected
from allmende.structure.reading.ranges import Range

MOST_COLUMNS = 2_000
_Body = list[tuple[int, Sequence[str]]]


def grid_of_rows(rows: Sequence[Sequence[str]], options: Options, sheet: str) -> Grid:
    """The grid of a sheet's cells, or of those in the declared range. Raises Unreadable."""
    rows, above = in_range(rows, options)
    header = find_header(
        rows[: max(LOOKED_AT, options.header_row or 0) + 5],
        options.header_row,
        options.header_rows,
        options.names,
        options.skip_rows,
    )
    body: _Body = [
        (n, row) for n, row in enumerate(rows[header.body :], 1) if any(cell.strip() for cell in row)
    ]
    width = max([len(header.names), *(len(row) for _, row in body)], default=0)
    body, notes = _without_notes(body, width)
    if width == 0:
        raise Unreadable(
            f"the sheet {sheet!r} is empty", hint="Name another one with the option sheet.", code="no_rows"
        )
    if width > MOST_COLUMNS:
        raise Unreadable(
            f"{width} columns are more than the {MOST_COLUMNS} that a table can have",
            hint="Is a cell far to the right filled by mistake?",
            code="too_many_columns",
            params={"count": str(width)},
        )
    names = (*header.names, *[""] * (width - len(header.names)))
    columns = tuple(
        pa.array([(row[n] if n < len(row) else "") or None for _, row in body], pa.string())
        for n in range(width)
    )
    detected = {
        **({"sheet": sheet} if sheet else {}),
        "header": f"row {header.first + above + 1}" if header.count else "none",
    }
    if body and body[-1][0] == len(body):  # no empty rows among them
        detected[FIRST_LINE] = str(header.body + above + 1)
    rejected = tuple(
        Rejected(len(body) + n, "", "a note below the table, not a row of it", " ".join(row).strip(), "note")
        for n, (_, row) in enumerate(notes, 1)
    )
    return Grid(tuple(names), columns, np.arange(1, len(body) + 1, dtype=np.int64), rejected, detected, ";")


def in_range(rows: Sequence[Sequence[str]], options: Options) -> tuple[Sequence[Sequence[str]], int]:
    """The rows of the declared range, and how many stand above it."""
    if not options.range:
        return rows, 0
    wanted = Range.parse(options.range)
    found = [row[wanted.left : wanted.right + 1] for row in rows[wanted.top : wanted.bottom + 1]]
    return found, wanted.top


def _without_notes(body: _Body, width: int) -> tuple[_Body, _Body]:
    """The rows, and the lines below the last one that has more than one cell: sources, footnotes."""
    filled = [sum(1 for cell in row if cell.strip()) for _, row in body]
    end = max((n + 1 for n, count in enumerate(filled) if count > 1), default=0)
    return (body[:end], body[end:]) if width > 2 and end else (body, [])
