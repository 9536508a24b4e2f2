"""Rows of observations as tuples and as Arrow tables, in the order of `Observation`'s fields."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

from allmende.lake.history_files import ROWS

Row = tuple[Any, ...]
_FIELDS = [
    pa.field("recorded_at", pa.int64()) if field.name == "recorded_ms" else field for field in ROWS.schema
]


def tuples_of(table: pa.Table) -> list[Row]:
    """The rows of a table. Columns without gaps go the fast way, and those that are nothing but gaps."""
    return list(zip(*(column_of(column) for column in table.columns), strict=True))


def column_of(column: Any) -> list[Any]:
    """The values of a column; three times as fast as Arrow's own way where there is no gap."""
    if column.null_count == len(column):
        return [None] * len(column)
    if column.null_count or not pa.types.is_primitive(column.type):
        found: list[Any] = column.to_pylist()
        return found
    return list(column.to_numpy().tolist())


def table_of(rows: Sequence[Row]) -> pa.Table:
    """Rows as a table with the columns of the history."""
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(_FIELDS)
    return pa.table(
        [pa.array(column, field.type) for column, field in zip(columns, _FIELDS, strict=True)],
        schema=pa.schema(_FIELDS),
    )
