"""What the mover does in SQL: which rows go, the record of the move, and its end."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, Engine, bindparam, delete, func, insert, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError

from allmende.errors import StoreBusy
from allmende.store.bulk import Bulk
from allmende.store.counters import take_ids
from allmende.store.thing_tables import DATASTREAM, ENDED, LATEST, MOVE, OBSERVATION

Row = tuple[Any, ...]
_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_TABLE = OBSERVATION.c
_KEY = ("datastream_id", "phenomenon_time", "id", "revision")
_SUPERSEDED = tuple(_TABLE.keys()).index("superseded_at")
_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Move:
    """A move under way: its number, and the files that it writes."""

    id: int
    kind: str
    files: tuple[str, ...]
    month: str = ""


def file_name(move: int, part: int, month: str) -> str:
    """The name of a file of a move below the folder of its table."""
    return f"month={month}/move-{move:012d}-{part:04d}.parquet"


class Moves:
    """Moves of rows from the hot table to the history. One process at a time moves."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._bulk = Bulk(engine.dialect)

    def streams(self) -> tuple[int, ...]:
        """Datastreams that may have rows to move: all of them, for one whose values were all
        deleted or corrected has old rows and no old value."""
        with self._engine.connect() as db:
            known = frozenset(db.scalars(select(DATASTREAM.c.id)))
            return tuple(sorted(known | frozenset(db.scalars(select(LATEST.c.datastream_id)))))

    def rows(self, streams: Sequence[int], before: int, limit: int) -> list[Row]:
        """Rows of these datastreams before a moment, in the order of the key, at most `limit`."""
        query = (
            select(OBSERVATION)
            .where(_TABLE.datastream_id.in_(list(streams)), _TABLE.phenomenon_time < before)
            .order_by(*(_TABLE[name] for name in _KEY))
            .limit(limit)
        )
        with self._engine.connect() as db:
            return list(map(tuple, db.execute(query).fetchall()))

    def begin(self, kind: str, months: Sequence[str] = (), month: str = "") -> Move:
        """Number and record a move in one transaction, before anything of it is in the lake.

        Whoever has a snapshot of the store knows by the numbers which moves came later.
        """
        with self._writing() as db:
            number = take_ids(db, "move")
            names = (file_name(number, part, of) for part, of in enumerate(months))
            move = Move(number, kind, tuple(names), month)
            body = json.dumps({"files": list(move.files), "month": month})
            row = {"id": number, "kind": kind, "body": body, "created": datetime.now(UTC)}
            db.execute(insert(MOVE).values(**row))
        return move

    def pending(self) -> tuple[Move, ...]:
        """Moves that were begun and not ended, oldest first."""
        with self._engine.connect() as db:
            rows = db.execute(select(MOVE).order_by(MOVE.c.id)).all()
        found = [(row, json.loads(row.body)) for row in rows]
        return tuple(Move(row.id, row.kind, tuple(body["files"]), body["month"]) for row, body in found)

    def cancel(self, move: Move) -> None:
        """Forget a move of which nothing is in the lake."""
        with self._writing() as db:
            db.execute(delete(MOVE).where(MOVE.c.id == move.id))

    def finish(self, move: Move, rows: Sequence[Row]) -> int:
        """Delete the moved rows and the record in one transaction; returns how many were deleted.

        A row that was corrected or deleted after it was copied is in the history as current: its end
        goes to `ended` in the same transaction.
        """
        with self._writing() as db:
            self._carry_ends(db, rows)
            condition = [_TABLE[name] == bindparam(f"b_{name}") for name in _KEY]
            keys = [{f"b_{name}": row[place] for place, name in enumerate(_KEY)} for row in rows]
            deleted = sum(
                db.execute(delete(OBSERVATION).where(*condition), keys[start : start + 5_000]).rowcount
                for start in range(0, len(keys), 5_000)
            )
            db.execute(delete(MOVE).where(MOVE.c.id == move.id))
            return deleted

    def _carry_ends(self, db: Connection, rows: Sequence[Row]) -> None:
        copied = {(row[2], row[3]) for row in rows if row[_SUPERSEDED] is None}
        if not copied:
            return
        streams = sorted({row[0] for row in rows})
        times = [row[1] for row in rows]
        query = select(*(_TABLE[name] for name in _KEY), _TABLE.superseded_at).where(
            _TABLE.datastream_id.in_(streams),
            _TABLE.phenomenon_time >= min(times),
            _TABLE.phenomenon_time <= max(times),
            _TABLE.superseded_at.is_not(None),
        )
        ends = [
            {"observation_id": row[2], "revision": row[3], "datastream_id": row[0],
             "phenomenon_time": row[1], "superseded_at": row[4]}
            for row in db.execute(query)
            if (row[2], row[3]) in copied
        ]  # fmt: skip
        if ends:
            db.execute(_INSERTS[db.dialect.name](ENDED).on_conflict_do_nothing(), ends)

    # --- rewriting a month ---

    def ended_between(self, start: int, end: int) -> dict[tuple[int, int], int]:
        """(id, revision) of rows of the history that are ended, with the moment when."""
        query = select(ENDED).where(ENDED.c.phenomenon_time >= start, ENDED.c.phenomenon_time < end)
        with self._engine.connect() as db:
            return {(row.observation_id, row.revision): row.superseded_at for row in db.execute(query)}

    def ended_times(self) -> tuple[int, ...]:
        """Times of all rows that wait to be ended in the history."""
        with self._engine.connect() as db:
            return tuple(db.scalars(select(ENDED.c.phenomenon_time)))

    def fold(self, move: Move, ended: Sequence[tuple[int, int]]) -> None:
        """Forget ends that are in the history now, and the record of the rewriting."""
        condition = (ENDED.c.observation_id == bindparam("b_id")) & (
            ENDED.c.revision == bindparam("b_revision")
        )
        with self._writing() as db:
            if ended:
                keys = [{"b_id": id_, "b_revision": revision} for id_, revision in ended]
                db.execute(delete(ENDED).where(condition), keys)
            db.execute(delete(MOVE).where(MOVE.c.id == move.id))

    def existing(self) -> frozenset[int]:
        """All datastreams that there are; rows of others are left behind when a month is rewritten."""
        with self._engine.connect() as db:
            return frozenset(db.scalars(select(DATASTREAM.c.id)))

    def hot_count(self) -> int:
        """How many rows are hot."""
        with self._engine.connect() as db:
            return db.scalar(select(func.count()).select_from(OBSERVATION)) or 0

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        """A write transaction that gets its turn between the commits of a busy writer.

        SQLite lets nobody queue: whoever waits with its own pauses starves beside a writer that comes
        back at once. Trying every half millisecond finds the gap between two commits.
        """
        if self._engine.dialect.name != "sqlite":
            with self._engine.begin() as db:
                yield db
            return
        with self._engine.connect() as db:
            _begin_soon(db)
            try:
                yield db
            except BaseException:
                db.rollback()
                raise
            db.commit()


def _begin_soon(db: Connection) -> None:
    db.exec_driver_sql("PRAGMA busy_timeout=0")
    db.commit()
    until = time.monotonic() + _SECONDS
    try:
        while True:
            try:
                db.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as error:
                if time.monotonic() > until:
                    raise StoreBusy("the store is locked by another process", hint="Try again.") from error
                db.rollback()
                time.sleep(0.0005)
    finally:
        db.exec_driver_sql("PRAGMA busy_timeout=30000")
