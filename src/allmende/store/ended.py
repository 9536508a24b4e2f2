"""What the store knows about the history: rows that were ended since, and moves under way."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from allmende.store.thing_tables import COUNTER, ENDED, MOVE

Ended = dict[tuple[int, int], int]
_FEW = 500


def ended_rows(
    db: Connection, datastreams: Collection[int], start: int | None = None, end: int | None = None
) -> Ended:
    """(id, revision) of rows of the history that are ended, with the moment when."""
    query = select(ENDED.c.observation_id, ENDED.c.revision, ENDED.c.superseded_at)
    if len(datastreams) <= _FEW:
        query = query.where(ENDED.c.datastream_id.in_(sorted(datastreams)))
    if start is not None:
        query = query.where(ENDED.c.phenomenon_time >= start)
    if end is not None:
        query = query.where(ENDED.c.phenomenon_time < end)
    return {(row[0], row[1]): row[2] for row in db.execute(query)}


def ended_of(db: Connection, observation_id: int) -> Ended:
    """The ended revisions of one observation."""
    query = select(ENDED.c.observation_id, ENDED.c.revision, ENDED.c.superseded_at)
    rows = db.execute(query.where(ENDED.c.observation_id == observation_id))
    return {(row[0], row[1]): row[2] for row in rows}


def ended_streams(db: Connection, datastreams: Collection[int], start: int, end: int) -> frozenset[int]:
    """The datastreams that have ended rows in a span of time."""
    query = select(ENDED.c.datastream_id).distinct()
    query = query.where(ENDED.c.phenomenon_time >= start, ENDED.c.phenomenon_time < end)
    return frozenset(db.scalars(query)) & frozenset(datastreams)


@dataclass(frozen=True, slots=True)
class Moving:
    """Moves as a snapshot of the store sees them: files of those under way, whose rows are still hot,
    and the number that the next one will have, whose rows are hot, too, whatever the lake says later."""

    files: frozenset[str]
    next: int


def moving(db: Connection) -> Moving:
    """Which rows of the history a reader who sees these hot rows must leave out."""
    found: set[str] = set()
    for body in db.scalars(select(MOVE.c.body).where(MOVE.c.kind == "rows")):
        found.update(json.loads(body)["files"])
    number = db.scalar(select(COUNTER.c.next).where(COUNTER.c.name == "move"))
    return Moving(frozenset(found), number or 0)
