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
from allmende.model.observation import SUSPECT, Quality

# The stubs of Arrow's functions are narrower than the functions are.
pc: Any = pyarrow.compute
HOUR = 3_600_000_000
UNCOUNTED = int(SUSPECT | Quality.DUPLICATE)
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
HOURS = Layout(
    pa.schema(
        {
            "datastream_id": _WHOLE,
            "start": _WHOLE,
            "credible": _WHOLE,
            "doubted": _WHOLE,
            "minimum": _REAL,
            "maximum": _REAL,
            "sum": _REAL,
        }
    ),
    ("datastream_id", "start"),
    ("datastream_id", "start"),
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


def hours_of(table: pa.Table) -> pa.Table:
    """Sums by series and hour over rows that are current; doubted values are only counted."""
    current = table.filter(pc.is_null(table["superseded_at"]))
    doubted = pc.not_equal(pc.bit_wise_and(current["flags"], pa.scalar(UNCOUNTED, _SMALL)), 0)
    number = pc.if_else(doubted, pa.scalar(None, _REAL), current["number"])
    start = _floor(current["phenomenon_time"])
    columns = pa.table(
        {
            "datastream_id": current["datastream_id"],
            "start": start,
            "number": number,
            "one_doubted": pc.cast(doubted, _WHOLE),
        }
    )
    columns = columns.filter(pc.or_(pc.is_valid(columns["number"]), pc.equal(columns["one_doubted"], 1)))
    found = columns.group_by(["datastream_id", "start"], use_threads=False).aggregate(
        [("number", "count"), ("one_doubted", "sum"), ("number", "min"), ("number", "max"), ("number", "sum")]
    )
    names = {"number_count": "credible", "one_doubted_sum": "doubted", "number_min": "minimum",
             "number_max": "maximum", "number_sum": "sum"}  # fmt: skip
    renamed = found.rename_columns([names.get(name, name) for name in found.column_names])
    return renamed.select(HOURS.schema.names).sort_by(
        [("datastream_id", "ascending"), ("start", "ascending")]
    )


def _floor(times: Any) -> Any:
    """The beginning of the hour, also before 1970."""
    below = pc.floor(pc.divide(pc.cast(times, _REAL), float(HOUR)))
    return pc.multiply(pc.cast(below, _WHOLE), pa.scalar(HOUR, _WHOLE))
