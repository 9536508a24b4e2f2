"""What is asked of the rows of a dataset before people rely on them. Nothing is changed here.

All checks look at whole columns at once, so that a million rows cost well under a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import shapely

from allmende.model.dataset import Check, Column

EARLIEST, LATEST = date(1000, 1, 1), date(2200, 1, 1)
"""Days outside of this are slips of the pen or codes for 'unknown'."""


def check_table(table: pa.Table, columns: Sequence[Column], key: Sequence[str] = ()) -> tuple[Check, ...]:
    """Every check that the columns' descriptions ask for, in order; a check has a name `kind:column`.

    Columns that the table lacks are left out. Values that are not known fail `required` only.
    """
    present = [column for column in columns if column.name in table.column_names]
    found = [check for column in present for check in _check_column(table.column(column.name), column)]
    if key and set(key) <= set(table.column_names):
        found.append(_result(f"unique:{'+'.join(key)}", int(repeated(table, key).sum()), "rows repeat a key"))
    return tuple(found)


def repeated(table: pa.Table, key: Sequence[str]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """For each row: does an earlier row have the same key? Unknown parts of a key are equal to each other."""
    if len(key) == 1 and _all_differ(table.column(key[0])):
        return np.zeros(table.num_rows, dtype=bool)
    rows = table.select(list(key)).append_column("\0row", pa.array(np.arange(table.num_rows)))
    firsts = rows.group_by(list(key), use_threads=False).aggregate([("\0row", "min")])
    later = np.ones(table.num_rows, dtype=bool)
    later[firsts.column("\0row_min").to_numpy()] = False
    return later


def _all_differ(values: pa.ChunkedArray[Any]) -> bool:
    """Quickly, as most keys are in order: does no value occur twice? False when it is not worth asking."""
    if values.null_count or not pa.types.is_integer(values.type):
        return False
    numbers = values.to_numpy()
    if bool((numbers[1:] > numbers[:-1]).all()):
        return True
    ordered = np.sort(numbers)
    return bool((ordered[1:] != ordered[:-1]).all())


def outside_world(geometries: pa.ChunkedArray[Any]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """For each geometry (WKB): does it leave the range of WGS 84? Unknown ones do not."""
    bounds = shapely.bounds(shapely.from_wkb(geometries.to_numpy(zero_copy_only=False)))
    with np.errstate(invalid="ignore"):
        wrong = (np.abs(bounds[:, (0, 2)]) > 180).any(axis=1) | (np.abs(bounds[:, (1, 3)]) > 90).any(axis=1)
    return np.asarray(wrong, dtype=bool)


def _check_column(values: pa.ChunkedArray[Any], column: Column) -> Iterator[Check]:
    if column.required:
        yield _result(f"required:{column.name}", values.null_count, "values are missing")
    if column.minimum is not None and _is_number(values):
        yield _count(f"minimum:{column.name}", values, pc.less, column.minimum, "are below {}")
    if column.maximum is not None and _is_number(values):
        yield _count(f"maximum:{column.name}", values, pc.greater, column.maximum, "are above {}")
    if column.values:
        yield _check_allowed(values, column)
    if column.type in ("date", "datetime"):
        yield _check_plausible(values, column)
    if column.type == "geometry":
        yield _check_geometry(values, column)


def _count(
    name: str, values: pa.ChunkedArray[Any], compare: Callable[..., Any], bound: float, words: str
) -> Check:
    failed = _how_many(compare(values, pa.scalar(bound, pa.float64())))
    return _result(name, failed, f"values {words.format(bound)}")


def _check_allowed(values: pa.ChunkedArray[Any], column: Column) -> Check:
    texts = pc.cast(values, pa.string())
    allowed = pc.is_in(texts, value_set=pa.array(column.values, pa.string()))
    wrong = pc.and_(pc.invert(allowed), texts.is_valid())
    strange = pc.unique(texts.filter(wrong)).slice(0, 3).to_pylist()
    detail = f"values are not among those declared, such as {', '.join(map(repr, strange))}"
    return _result(f"values:{column.name}", _how_many(wrong), detail)


def _check_plausible(values: pa.ChunkedArray[Any], column: Column) -> Check:
    days = pc.cast(values, pa.date32()) if column.type == "datetime" else values
    wrong = pc.or_(pc.less(days, pa.scalar(EARLIEST)), pc.greater_equal(days, pa.scalar(LATEST)))
    return _result(
        f"plausible:{column.name}", _how_many(wrong), f"dates are before {EARLIEST.year} or after 2199"
    )


def _check_geometry(values: pa.ChunkedArray[Any], column: Column) -> Check:
    shapes = shapely.from_wkb(values.to_numpy(zero_copy_only=False))
    failed = int((~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)).sum())
    return _result(f"geometry:{column.name}", failed, "geometries cross themselves or are broken")


def _how_many(mask: Any) -> int:
    """How many are true; unknown ones are not."""
    return int(pc.sum(pc.cast(mask, pa.int64())).as_py() or 0)


def _is_number(values: pa.ChunkedArray[Any]) -> bool:
    return pa.types.is_integer(values.type) or pa.types.is_floating(values.type)


def _result(name: str, failed: int, detail: str) -> Check:
    return Check(name, failed == 0, failed, f"{failed} {detail}" if failed else "")
