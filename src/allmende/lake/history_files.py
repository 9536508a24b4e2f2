"""Files of the history: their columns, how they are encoded, and what their Delta statistics say.

Whole numbers are packed by difference (times and ids grow slowly within a series), which with ZSTD
comes to about eleven bytes per observation with all its columns. `recorded_ms` is `recorded_at` in
milliseconds, which is how finely it is kept.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq
from deltalake import Schema
from deltalake.transaction import AddAction

from allmende.lake.durable import sync_file, sync_folder

# The stubs of Arrow's functions are narrower than the functions are.
pc: Any = pyarrow.compute
ROW_GROUP = 32_768
_WHOLE: Any = pa.int64()
_REAL: Any = pa.float64()
_TEXT: Any = pa.string()
_SMALL: Any = pa.int32()


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of one table, and which of them are packed by difference."""

    schema: pa.Schema
    packed: tuple[str, ...]
    stated: tuple[str, ...]

    def delta_schema(self) -> Schema:
        """The columns and the partition, as Delta has them."""
        return Schema.from_arrow(self.schema.append(pa.field("month", _TEXT)))


ROWS = Layout(
    pa.schema(
        {
            "datastream_id": _WHOLE,
            "phenomenon_time": _WHOLE,
            "id": _WHOLE,
            "revision": _SMALL,
            "phenomenon_end": _WHOLE,
            "result_time": _WHOLE,
            "number": _REAL,
            "value": _TEXT,
            "raw": _REAL,
            "flags": _SMALL,
            "recorded_ms": _WHOLE,
            "superseded_at": _WHOLE,
            "message_id": _WHOLE,
            "feature_id": _WHOLE,
            "extra": _TEXT,
        }
    ),
    ("datastream_id", "phenomenon_time", "id", "phenomenon_end", "result_time", "recorded_ms", "message_id"),
    ("datastream_id", "phenomenon_time", "id"),
)


@dataclass(frozen=True, slots=True)
class HistoryFile:
    """A file of observations: its month, how many rows, and the ends of series, times and ids in it."""

    path: str
    month: str
    rows: int
    size: int
    streams: tuple[int, int]
    times: tuple[int, int]
    ids: tuple[int, int]


def write_file(path: Path, name: str, month: str, table: pa.Table, layout: Layout) -> AddAction:
    """Write and sync a file; returns the Delta action that adds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    plain = [column for column in layout.schema.names if column not in layout.packed]
    pq.write_table(
        table.select(layout.schema.names).cast(layout.schema),
        path,
        compression="zstd",
        row_group_size=ROW_GROUP,
        use_dictionary=plain,  # type: ignore[arg-type]
        column_encoding=dict.fromkeys(layout.packed, "DELTA_BINARY_PACKED"),
    )
    sync_file(path)
    for folder in (path.parent, path.parent.parent):
        sync_folder(folder)
    stats = json.dumps(_stats(table, layout))
    return AddAction(name, path.stat().st_size, {"month": month}, int(time.time() * 1000), True, stats)


def _stats(table: pa.Table, layout: Layout) -> dict[str, Any]:
    ends = {name: pc.min_max(table[name]).as_py() for name in layout.stated}
    return {
        "numRecords": table.num_rows,
        "minValues": {name: end["min"] for name, end in ends.items()},
        "maxValues": {name: end["max"] for name, end in ends.items()},
        "nullCount": dict.fromkeys(layout.stated, 0),
    }


def file_of_action(row: dict[str, Any]) -> HistoryFile:
    """A file from its flattened Delta action."""

    def ends(name: str) -> tuple[int, int]:
        return row.get(f"min.{name}", 0), row.get(f"max.{name}", 0)

    return HistoryFile(
        row["path"],
        row.get("partition.month") or row["partition_values"]["month"],
        row["num_records"],
        row["size_bytes"],
        ends("datastream_id"),
        ends("phenomenon_time"),
        ends("id"),
    )
