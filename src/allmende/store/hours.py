"""Sums by hour over hot observations, as they were known on a moment."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
from sqlalchemy import ColumnElement, Connection, and_, case, func, or_, select

from allmende.model.observation import SUSPECT, Quality
from allmende.store.thing_tables import OBSERVATION

HOUR = 3_600_000_000
FOREVER = 2**62
UNCOUNTED = int(SUSPECT | Quality.DUPLICATE)
"""Values with one of these flags are not part of means; they are counted as doubted."""
_WHOLE, _REAL = pa.int64(), pa.float64()
SCHEMA = pa.schema(
    [pa.field(name, _WHOLE) for name in ("datastream_id", "start", "credible", "doubted")]
    + [pa.field(name, _REAL) for name in ("minimum", "maximum", "sum")]
)


def hot_hours(
    db: Connection, datastreams: Sequence[int], start: int, end: int, known_on: int, length: int = HOUR
) -> pa.Table:
    """One row per datastream and hour (or other `length`) with values, ordered; all times in microseconds."""
    rows = db.execute(_query(datastreams, start, end, known_on, length)).all()
    columns = zip(*rows, strict=True) if rows else ([] for _ in SCHEMA)
    return pa.table([pa.array(c, f.type) for c, f in zip(columns, SCHEMA, strict=True)], schema=SCHEMA)


def _query(datastreams: Sequence[int], start: int, end: int, known_on: int, length: int) -> Any:
    row = OBSERVATION.c
    # The remainder of a negative number is negative in SQL; before 1970 there were hours, too.
    hour = (row.phenomenon_time - (row.phenomenon_time % length + length) % length).label("start")
    fine = and_(row.flags.bitwise_and(UNCOUNTED) == 0, row.number.is_not(None))
    number = case((fine, row.number))
    return (
        select(
            row.datastream_id,
            hour,
            func.count(number),
            func.sum(case((row.flags.bitwise_and(UNCOUNTED) != 0, 1), else_=0)),
            func.min(number),
            func.max(number),
            func.sum(number),
        )
        .where(
            row.datastream_id.in_(list(datastreams)),
            row.phenomenon_time >= start,
            row.phenomenon_time < end,
            *_known(known_on),
            or_(row.number.is_not(None), row.flags.bitwise_and(UNCOUNTED) != 0),
        )
        .group_by(row.datastream_id, hour)
        .order_by(row.datastream_id, hour)
    )


def _known(on: int) -> Sequence[ColumnElement[bool]]:
    """What was known on a moment; for one that never comes that is what is current."""
    row = OBSERVATION.c
    if on >= FOREVER:
        return (row.superseded_at.is_(None),)
    return (row.recorded_at <= on, or_(row.superseded_at.is_(None), row.superseded_at > on))
