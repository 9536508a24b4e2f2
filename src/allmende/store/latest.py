"""The newest current observation of each datastream and its counters, kept with every write."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import Connection, case, delete, func, null, select
from sqlalchemy.dialects import postgresql, sqlite

from allmende.model.observation import Latest, Observation
from allmende.store.sets import numbers
from allmende.store.thing_tables import LATEST, OBSERVATION

# Columns of `latest` that are those of the newest observation, and what they are called there.
_COPIED = (
    "revision",
    "phenomenon_time",
    "phenomenon_end",
    "result_time",
    "number",
    "value",
    "raw",
    "flags",
    "recorded_at",
    "message_id",
    "feature_id",
    "extra",
)
# Both dialects have the same upsert, but no common type.
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


@dataclass(frozen=True, slots=True)
class Ends:
    """The ends of a datastream in the history: its newest row and the smallest times there."""

    newest: Observation | None = None
    first_time: int | None = None
    first_result_time: int | None = None
    last_result_time: int | None = None


Edges = Callable[[Connection, int], Ends]


def no_edges(db: Connection, datastream: int) -> Ends:
    """There is no history."""
    return Ends()


def upsert_latest(db: Connection, rows: Sequence[Observation]) -> None:
    """Take new current observations into account: newest value, count, first and last time."""
    groups: dict[int, list[Observation]] = {}
    for row in rows:
        groups.setdefault(row.datastream_id, []).append(row)
    db.execute(_upsert(db.dialect.name), [_summary(group) for group in groups.values()])


def _summary(rows: list[Observation]) -> dict[str, Any]:
    newest = max(rows, key=_order) if len(rows) > 1 else rows[0]
    results = [row.result_time for row in rows if row.result_time is not None]
    return {
        "datastream_id": newest.datastream_id,
        "observation_id": newest.id,
        **{name: getattr(newest, name) for name in _COPIED},
        "count": len(rows),
        "first_time": min(row.phenomenon_time for row in rows),
        "last_time": newest.phenomenon_time,
        "first_result_time": min(results, default=None),
        "last_result_time": max(results, default=None),
    }


def _order(row: Observation) -> tuple[int, int]:
    return (row.phenomenon_time, row.id)


_STATEMENTS: dict[str, Any] = {}


def _upsert(dialect: str) -> Any:
    if dialect not in _STATEMENTS:
        _STATEMENTS[dialect] = _make_upsert(dialect)
    return _STATEMENTS[dialect]


def _make_upsert(dialect: str) -> Any:
    statement = _INSERTS[dialect](LATEST)
    new, old = statement.excluded, LATEST.c
    newer = old.phenomenon_time.is_(None) | (new.phenomenon_time >= old.phenomenon_time)
    changes: dict[str, Any] = {
        name: case((newer, new[name]), else_=old[name]) for name in ("observation_id", *_COPIED)
    }
    changes["count"] = old["count"] + new["count"]
    for name in ("first_time", "first_result_time"):
        changes[name] = case((old[name] <= new[name], old[name]), else_=func.coalesce(new[name], old[name]))
    for name in ("last_time", "last_result_time"):
        changes[name] = case((old[name] >= new[name], old[name]), else_=func.coalesce(new[name], old[name]))
    return statement.on_conflict_do_update(index_elements=[old.datastream_id], set_=changes)


def refresh_latest(db: Connection, datastream: int, count_change: int, edges: Edges) -> None:
    """Find the newest value and the times again after a correction or a deletion."""
    table = OBSERVATION.c
    mine = (table.datastream_id == datastream) & table.superseded_at.is_(None)
    newest_first = (table.phenomenon_time.desc(), table.id.desc())
    found = db.execute(select(OBSERVATION).where(mine).order_by(*newest_first).limit(1)).first()
    times = db.execute(
        select(
            func.min(table.phenomenon_time), func.min(table.result_time), func.max(table.result_time)
        ).where(mine)
    ).one()
    old = edges(db, datastream)
    rows = [row for row in (Observation(*found) if found else None, old.newest) if row is not None]
    count = db.scalar(select(LATEST.c.count).where(LATEST.c.datastream_id == datastream)) or 0
    db.execute(delete(LATEST).where(LATEST.c.datastream_id == datastream))
    if not rows:
        return
    values = _summary(rows) | {
        "count": count + count_change,
        "first_time": _least(times[0], old.first_time),
        "first_result_time": _least(times[1], old.first_result_time),
        "last_result_time": _greatest(times[2], old.last_result_time),
    }
    db.execute(LATEST.insert().values(**values))


def _least(*values: int | None) -> int | None:
    return min((value for value in values if value is not None), default=None)


def _greatest(*values: int | None) -> int | None:
    return max((value for value in values if value is not None), default=None)


# What is read of a row, in the order of `Observation`'s fields and then of `Latest`'s.
_OBSERVED = ("datastream_id", "phenomenon_time", "observation_id", *_COPIED[:1], *_COPIED[2:9])
_READ: Any = select(
    *(LATEST.c[name] for name in _OBSERVED),
    null().label("superseded_at"),
    *(LATEST.c[name] for name in _COPIED[9:]),
    *(LATEST.c[field.name] for field in fields(Latest) if field.name not in ("datastream_id", "observation")),
)
_WIDTH = len(fields(Observation))


def read_latest(db: Connection, datastreams: Iterable[int] | None) -> dict[int, Latest]:
    """The newest values and counters, by datastream."""
    if datastreams is None:
        return {row[0]: _latest(row) for row in db.execute(_READ).fetchall()}
    wanted, found = list(datastreams), {}
    for start in range(0, len(wanted), 1000):
        query = _READ.where(LATEST.c.datastream_id.in_(wanted[start : start + 1000]))
        found.update({row[0]: _latest(row) for row in db.execute(query).fetchall()})
    return found


def count_latest(db: Connection, datastreams: Collection[int]) -> int:
    """How many current observations these datastreams have together."""
    chosen = LATEST.c.datastream_id.in_(numbers(datastreams))
    return db.scalar(select(func.sum(LATEST.c["count"])).where(chosen)) or 0


def _latest(row: Any) -> Latest:
    newest = Observation(*row[:_WIDTH]) if row[2] is not None else None
    return Latest(row[0], newest, *row[_WIDTH:])
