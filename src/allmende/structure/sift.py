"""Rows that break a rule of the dataset are set aside with number, column, reason and raw text."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from allmende.catalogue.checks import outside_world, repeated
from allmende.model.dataset import Dataset
from allmende.model.source import Rejected
from allmende.structure.parse import Rows
from allmende.structure.reading.shape import LONGEST_RAW

Mask = np.ndarray[Any, np.dtype[np.bool_]]

_FIELDS: dict[str, pa.DataType] = {
    "row": pa.int64(),
    "column": pa.string(),
    "reason": pa.string(),
    "raw": pa.string(),
    "code": pa.string(),
    "value": pa.string(),
}
REJECTED = pa.schema(_FIELDS)
"""The columns of the Parquet file in which rejected rows are kept."""


def sift(rows: Rows, dataset: Dataset) -> Rows:
    """Reject rows that lack a required value, lie outside the world, or repeat a key (the first stays)."""
    for column in rows.columns:
        values = rows.table.column(column.name)
        if column.required and values.null_count:
            missing = pc.is_null(values).to_numpy()
            rows = _reject(rows, missing, column.name, "a required value is missing", "required")
        if column.type == "geometry":
            wrong = outside_world(rows.table.column(column.name))
            reason = "the place is outside the world; is the coordinate system right?"
            rows = _reject(rows, wrong, column.name, reason, "outside_world")
    if dataset.key and set(dataset.key) <= set(rows.table.column_names):
        again, names = repeated(rows.table, dataset.key), "+".join(dataset.key)
        rows = _reject(rows, again, names, "an earlier row has the same key", "key_again")
    return rows


def _reject(rows: Rows, wrong: Mask, column: str, reason: str, code: str) -> Rows:
    if not wrong.any():
        return rows
    bad = rows.table.filter(pa.array(wrong))
    rejected = [
        Rejected(int(number), column, reason, raw, code)
        for number, raw in zip(rows.numbers[wrong], _raw_texts(bad), strict=True)
    ]
    return replace(
        rows,
        table=rows.table.filter(pa.array(~wrong)),
        numbers=rows.numbers[~wrong],
        rejected=(*rows.rejected, *rejected),
    )


def _raw_texts(table: pa.Table) -> list[str]:
    """What the rows held, for people; the bytes of geometries say nothing to them."""
    readable = [c for c in table.column_names if not pa.types.is_binary(table.schema.field(c).type)]
    return [
        "; ".join("" if v is None else str(v) for v in row.values())[:LONGEST_RAW]
        for row in table.select(readable).to_pylist()
    ] or [""] * table.num_rows


def rejected_file(rejected: Sequence[Rejected]) -> bytes:
    """The rejected rows as Parquet, sorted by row; the same rows give the same bytes."""
    ordered = sorted(rejected, key=lambda r: (r.row, r.column))
    columns: Any = [[getattr(r, name) for r in ordered] for name in REJECTED.names]
    out = io.BytesIO()
    pq.write_table(pa.table(columns, schema=REJECTED), out, compression="zstd")
    return out.getvalue()
