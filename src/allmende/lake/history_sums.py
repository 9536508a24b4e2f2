"""Sums by hour and by day that lie beside each file of observations: made once, when the file is made.

Doubted values are only counted. Sums of several files add up, so those of any set of files are right.
"""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pyarrow.compute

from allmende.lake.history_files import Layout
from allmende.model.observation import SUSPECT, Quality

# The stubs of Arrow's functions are narrower than the functions are.
pc: Any = pyarrow.compute
HOUR = 3_600_000_000
DAY = 24 * HOUR
STEPS = {"hours": HOUR, "days": DAY}
"""The tables of sums, with the length of their steps in microseconds."""
UNCOUNTED = int(SUSPECT | Quality.DUPLICATE)
_WHOLE: Any = pa.int64()
_REAL: Any = pa.float64()
_KEY = ("datastream_id", "start")
SUMS = Layout(
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
    _KEY,
    _KEY,
)
_ADDED: list[Any] = [
    ("credible", "sum"), ("doubted", "sum"), ("minimum", "min"), ("maximum", "max"), ("sum", "sum"),
]  # fmt: skip


def sums_of(table: pa.Table, length: int) -> pa.Table:
    """Sums by series and step over rows of the history that are current."""
    current = table.filter(pc.is_null(table["superseded_at"]))
    doubted = pc.not_equal(pc.bit_wise_and(current["flags"], pa.scalar(UNCOUNTED, pa.int32())), 0)
    number = pc.if_else(doubted, pa.scalar(None, _REAL), current["number"])
    single = {
        "datastream_id": current["datastream_id"],
        "start": _floor(current["phenomenon_time"], length),
        "credible": pc.cast(pc.is_valid(number), _WHOLE),
        "doubted": pc.cast(doubted, _WHOLE),
        "minimum": number,
        "maximum": number,
        "sum": number,
    }
    rows = pa.table(single)
    return added_up(rows.filter(pc.greater(pc.add(rows["credible"], rows["doubted"]), 0)))


def longer(sums: pa.Table, length: int) -> pa.Table:
    """Sums by longer steps, from those of shorter ones that fit into them."""
    place = sums.schema.get_field_index("start")
    return added_up(sums.set_column(place, "start", _floor(sums["start"], length)))


def added_up(sums: pa.Table) -> pa.Table:
    """One row for each series and step, in their order."""
    found = sums.group_by(list(_KEY), use_threads=False).aggregate(_ADDED)
    names = [name if name in _KEY else name.rpartition("_")[0] for name in found.column_names]
    ordered = found.rename_columns(names).sort_by([(name, "ascending") for name in _KEY])
    return ordered.select(SUMS.schema.names).cast(SUMS.schema)


def _floor(times: Any, length: int) -> Any:
    """The beginning of the step, also before 1970; whole numbers, because a clock may show any year."""
    over = pc.subtract(times, pc.multiply(pc.divide(times, length), length))
    whole = pc.subtract(times, over)
    return pc.if_else(pc.less(over, 0), pc.subtract(whole, length), whole)
