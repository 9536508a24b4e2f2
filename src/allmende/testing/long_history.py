"""A year of values of a thousand series, as many as wanted, with their newest days hot: for measurements.

One series has a value every five minutes, whatever the number of rows; the others share the rest evenly.
Rows are written to the history as the mover writes them, month by month, without passing the hot table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pyarrow as pa
from sqlalchemy import insert, update

from allmende.flow.mover import rows_of as mover_rows
from allmende.lake.history import History, Written, month_of
from allmende.lake.history_files import ROWS
from allmende.model.access import Access
from allmende.model.observation import microseconds
from allmende.model.thing import Datastream, ObservedProperty, Sensor, Thing, Unit
from allmende.store.bulk import Bulk
from allmende.store.sql import SqlStore
from allmende.store.thing_tables import COUNTER, LATEST, OBSERVATION

START = microseconds(datetime(2025, 7, 1, tzinfo=UTC))
END = microseconds(datetime(2026, 7, 1, tzinfo=UTC))
DAY = 86_400_000_000
HOT_FROM = END - 2 * DAY
FIVE_MINUTES = 300_000_000
DENSE = (END - START) // FIVE_MINUTES
STREAMS = 1000
FILE_ROWS = 1_000_000
_RNG_SEED = 20260701


@dataclass(frozen=True, slots=True)
class Filled:
    """What was made: the ids of the series, the dense one first, and how many rows lie where."""

    streams: tuple[int, ...]
    old: int
    hot: int


def fill(store: SqlStore, history: History, rows: int) -> Filled:
    """Make `rows` values (at least 200,000) of a thousand new series."""
    ids = _make_streams(store)
    steps = _steps(ids, rows)
    old = 0
    for move, (start, end) in enumerate(_months(), 1):
        old += _write_month(history, move, steps, start, end)
    hot = _write_hot(store, steps)
    _write_latest(store, steps)
    with store.engine.begin() as db:
        db.execute(update(COUNTER).where(COUNTER.c.name == "observation").values(next=2**40))
        db.execute(update(COUNTER).where(COUNTER.c.name == "move").values(next=14))
    return Filled(ids, old, hot)


def _make_streams(store: SqlStore) -> tuple[int, ...]:
    add, access = store.things.add, Access.OPEN
    thing = add(Thing(0, "Invented station", key="station", access=access))
    sensor = add(Sensor(0, "Invented probe", access=access))
    seen = add(ObservedProperty(0, "Temperature", "https://city.example/temperature", access=access))
    unit = Unit("degree Celsius", "°C", "http://qudt.org/vocab/unit/DEG_C", "Cel")
    made = (
        Datastream(0, f"Series {n}", thing.id, sensor.id, (seen.id,), units=(unit,), key=f"station-{n}", access=access)
        for n in range(STREAMS)
    )  # fmt: skip
    return tuple(add(stream).id for stream in made)


def _steps(ids: tuple[int, ...], rows: int) -> dict[int, int]:
    """Microseconds from one value to the next, by series."""
    each = max(1, (rows - DENSE) // (len(ids) - 1))
    return {id_: FIVE_MINUTES if id_ == ids[0] else (END - START) // each for id_ in ids}


def _months() -> Iterator[tuple[int, int]]:
    """Begin and end of the months of the history; the last one ends where the hot days begin."""
    moments = [microseconds(datetime(2025 + (6 + n) // 12, (6 + n) % 12 + 1, 1, tzinfo=UTC)) for n in range(12)]  # fmt: skip
    yield from zip(moments, [*moments[1:], HOT_FROM], strict=True)


def _write_month(history: History, move: int, steps: dict[int, int], start: int, end: int) -> int:
    written: list[Written] = []
    group: list[int] = []
    expected = rows = 0
    for id_, step in steps.items():
        group.append(id_)
        expected += (end - start) // step + 1
        if expected >= FILE_ROWS or id_ == max(steps):
            table = rows_of(group, steps, start, end)
            if table.num_rows:
                written.append(history.write(move, len(written), month_of(start), table))
            rows += table.num_rows
            group, expected = [], 0
    history.commit(move, written)
    return rows


def rows_of(ids: list[int], steps: dict[int, int], start: int, end: int) -> pa.Table:
    """Rows of some series in a span of time, in the order of the history."""
    parts = [_times(id_, steps[id_], start, end) for id_ in ids]
    streams = np.concatenate([np.full(len(part), id_) for id_, part in zip(ids, parts, strict=True)])
    times = np.concatenate(parts)
    rng = np.random.default_rng([_RNG_SEED, ids[0], start // DAY])
    # As they came in: ids grow with arrival over all series together; each came in a message of its own.
    delay = rng.integers(300, 2500, len(times))
    number = ((times - START) // 1_000_000 + delay // 1000) * len(steps) + streams
    day = (
        np.sin((times % DAY) / DAY * 2 * np.pi) * 4 + np.sin((times - START) / (END - START) * 2 * np.pi) * 9
    )
    values = np.round(11 + day + rng.normal(0, 0.4, len(times)), 2)
    columns: dict[str, Any] = {
        "datastream_id": streams,
        "phenomenon_time": times,
        "id": number,
        "revision": np.ones(len(times), np.int32),
        "number": values,
        "flags": np.where(rng.random(len(times)) < 0.002, 1, 0).astype(np.int32),
        "recorded_ms": times // 1000 + delay,
        "message_id": number,
        "feature_id": np.full(len(times), 1),
    }
    empty = pa.nulls(len(times))
    return pa.table({name: columns.get(name, empty) for name in ROWS.schema.names}).cast(ROWS.schema)


def _times(id_: int, step: int, start: int, end: int) -> Any:
    """The times of a series: whole steps from a beginning of its own, and up to a second more each."""
    first = START + id_ * 7_000_000 % (step - 1_000_000)
    low = max(0, (start - first) // step)
    times = first + np.arange(low, (end - first) // step + 1) * step
    times += times // 1_000_000 * 2_654_435_761 % 1_000_000
    return times[(times >= start) & (times < end)]


def _write_hot(store: SqlStore, steps: dict[int, int]) -> int:
    table = rows_of(list(steps), steps, HOT_FROM, END)
    rows = mover_rows(table)
    with store.engine.begin() as db:
        Bulk(store.engine.dialect).insert(db, OBSERVATION, rows, len(rows))
    return len(rows)


def _write_latest(store: SqlStore, steps: dict[int, int]) -> None:
    rows = []
    for id_, step in steps.items():
        times = _times(id_, step, START, END)
        rows.append({
            "datastream_id": id_, "observation_id": id_, "revision": 1, "phenomenon_time": int(times[-1]),
            "number": 20.5, "flags": 0, "recorded_at": int(times[-1]), "count": len(times),
            "first_time": int(times[0]), "last_time": int(times[-1]),
        })  # fmt: skip
    with store.engine.begin() as db:
        db.execute(insert(LATEST), rows)
