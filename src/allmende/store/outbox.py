"""What is to be told of new observations, written in the transaction that stores them.

So a crash can neither lose an event nor tell of a value that was never stored.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Dialect, String, cast, delete, func, select

from allmende.model.conditions import fall_silent, see
from allmende.model.observation import Observation
from allmende.model.subscription import (
    Described,
    EventKind,
    Standing,
    Subscription,
    needs_standing,
)
from allmende.store.bulk import Bulk
from allmende.store.counters import take_ids
from allmende.store.latest import read_latest
from allmende.store.subscription_rows import observation_text, subscription_of
from allmende.store.subscription_tables import OUTBOX, STANDING, SUBSCRIPTION
from allmende.store.thing_tables import (
    COUNTER,
    DATASTREAM,
    DATASTREAM_PROPERTY,
    OBSERVED_PROPERTY,
    THING,
)

_SECONDS = 60.0  # so long what a datastream belongs to may be remembered
Told = tuple[Subscription, EventKind, Observation]
Place = tuple[str, int]


class Outbox:
    """Looks at new rows for all subscriptions; costs one small read while there are none."""

    def __init__(self, dialect: Dialect) -> None:
        self._bulk = Bulk(dialect)
        self._change = -1
        self._until = 0.0
        self._subscriptions: tuple[Subscription, ...] = ()
        self._takers: dict[int, tuple[Subscription, ...]] = {}

    def within(self, db: Connection, rows: Sequence[Observation]) -> None:
        """Write the events of new rows; for `SqlObservations.within`."""
        self._refresh(db)
        if not self._subscriptions:
            return
        self._describe(db, {row.datastream_id for row in rows})
        wanted = [(row, taker) for row in rows for taker in self._takers[row.datastream_id]]
        if not wanted:
            return
        # Locks the counter: what falls silent meanwhile (another process tells) waits for this, or this for it.
        take_ids(db, "outbox", 0)
        self._put(db, _judge(db, wanted))

    def fall_silent(self, db: Connection, subscription: Subscription, datastream_id: int, last: int) -> bool:
        """Tell that a datastream whose newest value is of `last` fell silent; False when it is not so."""
        take_ids(db, "outbox", 0)
        newest = read_latest(db, [datastream_id]).get(datastream_id)
        if newest is None or newest.observation is None or newest.last_time != last:
            return False
        place = (subscription.id, datastream_id)
        before = _standings(db, {place}).get(place, Standing())
        after, kind = fall_silent(before, last)
        if kind is None:
            return False
        _keep(db, {place: after})
        self._put(db, [(subscription, kind, newest.observation)])
        return True

    def _put(self, db: Connection, told: Sequence[Told]) -> None:
        if not told:
            return
        first, now = take_ids(db, "outbox", len(told)), time.time_ns() // 1000
        rows = (
            (first + n, to.id, row.datastream_id, kind, observation_text(row), now, now, 0, None, "")
            for n, (to, kind, row) in enumerate(told)
        )
        self._bulk.insert(db, OUTBOX, rows, len(told))

    def _refresh(self, db: Connection) -> None:
        change = db.scalar(select(COUNTER.c.next).where(COUNTER.c.name == "subscription"))
        if change != self._change:
            self._subscriptions = read_subscriptions(db)
            self._takers.clear()
            self._change = change or 0
        elif time.monotonic() > self._until:
            self._takers.clear()
            self._until = time.monotonic() + _SECONDS

    def _describe(self, db: Connection, datastreams: set[int]) -> None:
        unknown = datastreams - self._takers.keys()
        if not unknown:
            return
        found = {one.datastream_id: one for one in read_described(db, unknown)}
        for id_ in unknown:
            described = found.get(id_, Described(id_, "", ()))
            self._takers[id_] = tuple(s for s in self._subscriptions if s.interest.takes(described))


def read_subscriptions(db: Connection) -> tuple[Subscription, ...]:
    """All of them, oldest first."""
    query = select(SUBSCRIPTION).order_by(SUBSCRIPTION.c.created, SUBSCRIPTION.c.id)
    return tuple(map(subscription_of, db.execute(query)))


def read_described(db: Connection, ids: Iterable[int] | None = None) -> list[Described]:
    """What datastreams (or all) belong to."""
    query = (
        select(
            DATASTREAM.c.id,
            func.coalesce(THING.c.key, cast(THING.c.id, String)).label("thing"),
            func.coalesce(OBSERVED_PROPERTY.c.key, cast(OBSERVED_PROPERTY.c.id, String)).label("property"),
        )
        .join(THING, THING.c.id == DATASTREAM.c.thing_id)
        .outerjoin(DATASTREAM_PROPERTY, DATASTREAM_PROPERTY.c.datastream_id == DATASTREAM.c.id)
        .outerjoin(OBSERVED_PROPERTY, OBSERVED_PROPERTY.c.id == DATASTREAM_PROPERTY.c.observed_property_id)
        .order_by(DATASTREAM.c.id, DATASTREAM_PROPERTY.c.position)
    )
    if ids is None:
        return _described(db.execute(query))
    wanted, found = sorted(ids), list[Described]()
    for start in range(0, len(wanted), 1000):
        found += _described(db.execute(query.where(DATASTREAM.c.id.in_(wanted[start : start + 1000]))))
    return found


def _described(rows: Iterable[Any]) -> list[Described]:
    things: dict[int, str] = {}
    properties: dict[int, list[str]] = {}
    for id_, thing, property_ in rows:
        things[id_] = thing
        names = properties.setdefault(id_, [])
        if property_ is not None:
            names.append(property_)
    return [Described(id_, thing, tuple(properties[id_])) for id_, thing in things.items()]


def _judge(db: Connection, wanted: Sequence[tuple[Observation, Subscription]]) -> list[Told]:
    """What each condition makes of the rows, one after the other; how they stand now is kept."""
    places = {(s.id, row.datastream_id) for row, s in wanted if needs_standing(s.condition)}
    before = _standings(db, places)
    after, told = dict(before), list[Told]()
    for row, subscription in wanted:
        place = (subscription.id, row.datastream_id)
        standing, kind = see(subscription.condition, after.get(place, Standing()), row)
        if place in places:
            after[place] = standing
        if kind is not None:
            told.append((subscription, kind, row))
    _keep(db, {place: one for place, one in after.items() if before.get(place) != one})
    return told


def _standings(db: Connection, places: set[Place]) -> dict[Place, Standing]:
    found: dict[Place, Standing] = {}
    table = STANDING.c
    for subscription in {name for name, _ in places}:
        ids = sorted(id_ for name, id_ in places if name == subscription)
        for start in range(0, len(ids), 1000):
            mine = (table.subscription_id == subscription) & table.datastream_id.in_(
                ids[start : start + 1000]
            )
            for row in db.execute(select(STANDING).where(mine)):
                found[subscription, row.datastream_id] = Standing(row.holds, row.since, row.seen)
    return found


def _keep(db: Connection, standings: dict[Place, Standing]) -> None:
    if not standings:
        return
    for subscription in {name for name, _ in standings}:
        ids = [id_ for name, id_ in standings if name == subscription]
        for start in range(0, len(ids), 1000):
            mine = STANDING.c.datastream_id.in_(ids[start : start + 1000])
            db.execute(delete(STANDING).where(STANDING.c.subscription_id == subscription, mine))
    rows = [
        {"subscription_id": name, "datastream_id": id_, "holds": s.holds, "since": s.since, "seen": s.seen}
        for (name, id_), s in standings.items()
    ]
    db.execute(STANDING.insert(), rows)
