"""Hot observations, read with conditions, in order, page by page."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Select, func, select

from allmende.model.series import Wanted
from allmende.store.clauses import Clauses
from allmende.store.sets import numbers
from allmende.store.thing_tables import OBSERVATION

if TYPE_CHECKING:
    pass

Row = tuple[Any, ...]
_TABLE = OBSERVATION.c


class HotRows:
    """Reads the hot table; rows are tuples in the order of its columns.

    Every method is given the connection, so that several reads can see the same state.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now

    def read(self, db: Connection, wanted: Wanted) -> list[Row]:
        """The first `skip + top` rows in the wanted order; nothing is skipped here."""
        statement = self._where(db, select(OBSERVATION), wanted)
        statement = statement.order_by(*orders_of(self._clauses(db), wanted))
        return _plain_rows(db, statement.limit(wanted.skip + wanted.top))

    def count(self, db: Connection, wanted: Wanted) -> int:
        """How many rows there are on all pages."""
        statement = select(func.count()).select_from(OBSERVATION)
        return db.scalar(self._where(db, statement, wanted)) or 0

    def owners(self, db: Connection, wanted: Wanted, field: str) -> frozenset[int]:
        """The ids in a field of all rows on all pages."""
        ids = db.scalars(self._where(db, select(_TABLE[field]).distinct(), wanted))
        return frozenset(id_ for id_ in ids if id_ is not None)

    def revisions(self, db: Connection, observation_id: int) -> list[Row]:
        """All revisions of an observation that are hot, the first one first."""
        query = select(OBSERVATION).where(_TABLE.id == observation_id).order_by(_TABLE.revision)
        return _plain_rows(db, query)

    def _clauses(self, db: Connection) -> Clauses:
        return Clauses("observation", OBSERVATION, db.dialect.name, self._now())

    def _where(self, db: Connection, statement: Select[Any], wanted: Wanted) -> Select[Any]:
        statement = statement.where(*conditions_of(wanted))
        if wanted.where is not None:
            statement = statement.where(self._clauses(db).condition(wanted.where))
        return statement


def _plain_rows(db: Connection, statement: Select[Any]) -> list[Row]:
    """The driver's own tuples: numbers and text need no conversion, and wrapping them doubles the time."""
    cursor: Any = db.execute(statement).cursor
    rows: list[Row] = cursor.fetchall()
    return rows


def conditions_of(wanted: Wanted, table: Any = _TABLE) -> list[ColumnElement[bool]]:
    """The series, the moment of knowledge and the place to continue from, for any table of observations."""
    found: list[ColumnElement[bool]] = [_chosen(wanted, table)]
    if wanted.known_on is None:
        found.append(table.superseded_at.is_(None))
    else:
        found.append(table.recorded_at <= wanted.known_on)
        found.append(table.superseded_at.is_(None) | (table.superseded_at > wanted.known_on))
    if wanted.after is not None:
        time, id_ = wanted.after
        found.append(table.phenomenon_time <= time)
        found.append((table.phenomenon_time < time) | (table.id < id_))
    return found


def _chosen(wanted: Wanted, table: Any) -> ColumnElement[bool]:
    """The series; few are bound, so that the statement is the same for each of them."""
    streams = wanted.datastreams
    found: ColumnElement[bool] = table.datastream_id.in_(
        sorted(streams) if len(streams) < 100 else numbers(streams)
    )
    return found


def orders_of(clauses: Clauses, wanted: Wanted, table: Any = _TABLE) -> Sequence[Any]:
    """Newest first unless another order is wanted; ties always by id, so pages never overlap."""
    if not wanted.order:
        return (table.phenomenon_time.desc(), table.id.desc())
    return (*clauses.orders(wanted.order), table.id)
