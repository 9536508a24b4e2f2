"""What our column types are in Arrow; the same for sources and recipes."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from allmende.model.dataset import ColumnType

ARROW: Mapping[ColumnType, pa.DataType] = {
    "text": pa.string(),
    "integer": pa.int64(),
    "number": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "datetime": pa.timestamp("us", tz="UTC"),
    "json": pa.string(),
    "geometry": pa.binary(),
}
