"""Subscriptions and what they still have to be told, in SQL."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from allmende.errors import NotFound
from allmende.model.subscription import Described, Event, Progress, Subscription
from allmende.store.counters import take_ids
from allmende.store.observations import fault, now
from allmende.store.outbox import Outbox, read_described, read_subscriptions
from allmende.store.subscription_rows import event_of, progress_of, subscription_of, subscription_row
from allmende.store.subscription_tables import OUTBOX, STANDING, SUBSCRIPTION
from allmende.store.thing_tables import COUNTER

_SUBSCRIPTION, _OUTBOX = SUBSCRIPTION.c, OUTBOX.c
_WAITS = _OUTBOX.given_up.is_(None)


class SqlSubscriptions:
    """The Subscriptions port on SQLite or PostgreSQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.outbox = Outbox(engine.dialect)

    # --- the wishes ---

    def add(self, subscription: Subscription) -> None:
        """Keep a new subscription; everything that is stored from now on is looked at for it."""
        with self._begin() as db:
            db.execute(insert(SUBSCRIPTION).values(**subscription_row(subscription)))
            take_ids(db, "subscription")

    def remove(self, subscription_id: str) -> None:
        """End a subscription, with everything that waits for it; NotFound when there is none."""
        with self._begin() as db:
            take_ids(db, "subscription")
            if not db.execute(delete(SUBSCRIPTION).where(_SUBSCRIPTION.id == subscription_id)).rowcount:
                raise _unknown(subscription_id)
            for table in (STANDING, OUTBOX):
                db.execute(delete(table).where(table.c.subscription_id == subscription_id))

    def get(self, subscription_id: str) -> Subscription:
        """That subscription; NotFound when there is none."""
        query = select(SUBSCRIPTION).where(_SUBSCRIPTION.id == subscription_id)
        with self._engine.connect() as db:
            row = db.execute(query).first()
        if row is None:
            raise _unknown(subscription_id)
        return subscription_of(row)

    def all(self) -> tuple[Subscription, ...]:
        """All subscriptions, oldest first."""
        with self._engine.connect() as db:
            return read_subscriptions(db)

    def described(self) -> tuple[Described, ...]:
        """What every datastream belongs to, by the names that interests use."""
        with self._engine.connect() as db:
            return tuple(read_described(db))

    def progress(self, subscription_id: str) -> Progress:
        """How it is doing; NotFound when there is none."""
        mine = _OUTBOX.subscription_id == subscription_id
        with self._engine.connect() as db:
            row = db.execute(select(SUBSCRIPTION).where(_SUBSCRIPTION.id == subscription_id)).first()
            waiting = db.scalar(select(func.count()).select_from(OUTBOX).where(mine, _WAITS)) or 0
        if row is None:
            raise _unknown(subscription_id)
        return progress_of(row, waiting)

    def backlog(self) -> tuple[int, int]:
        """How many events of all subscriptions wait, and how many were given up."""
        with self._engine.connect() as db:
            whole, given_up = db.execute(select(func.count(), func.count(_OUTBOX.given_up))).one()
        return whole - given_up, given_up

    def silent(self, subscription_id: str) -> frozenset[int]:
        """The datastreams whose beginning was told and whose end was not."""
        mine = (STANDING.c.subscription_id == subscription_id) & STANDING.c.holds
        with self._engine.connect() as db:
            return frozenset(db.scalars(select(STANDING.c.datastream_id).where(mine)))

    # --- telling ---

    def due(self, now: int) -> tuple[str, ...]:
        """The subscriptions that something waits for, that may be tried now and that nobody tells."""
        waits = select(_OUTBOX.id).where(_OUTBOX.subscription_id == _SUBSCRIPTION.id, _WAITS).exists()
        free = (_SUBSCRIPTION.next_try <= now) & (_SUBSCRIPTION.held_until <= now)
        with self._engine.connect() as db:
            return tuple(db.scalars(select(_SUBSCRIPTION.id).where(free, waits)))

    def hold(self, subscription_id: str, holder: str, now: int, until: int) -> bool:
        """Take (or keep) the telling of a subscription until then; False when somebody else has it."""
        mine = (_SUBSCRIPTION.holder == holder) | (_SUBSCRIPTION.held_until <= now)
        query = update(SUBSCRIPTION).where(_SUBSCRIPTION.id == subscription_id, mine)
        with self._begin() as db:
            return bool(db.execute(query.values(holder=holder, held_until=until)).rowcount)

    def release(self, subscription_id: str, holder: str) -> None:
        """Give the telling back."""
        mine = (_SUBSCRIPTION.id == subscription_id) & (_SUBSCRIPTION.holder == holder)
        with self._begin() as db:
            db.execute(update(SUBSCRIPTION).where(mine).values(holder="", held_until=0))

    def waiting(self, subscription_id: str, limit: int = 100) -> tuple[Event, ...]:
        """What is to be told next, in order."""
        return self._events(_WAITS, subscription_id, limit=limit)

    def settle(self, subscription_id: str, told: Collection[int], withheld: Collection[int] = ()) -> None:
        """These events are done: told, or not for this subscriber. Counts them and forgets failures."""
        with self._begin() as db:
            _delete(db, [*told, *withheld])
            changes: dict[str, Any] = {
                "told": _SUBSCRIPTION.told + len(told),
                "withheld": _SUBSCRIPTION.withheld + len(withheld),
            }
            if told:
                changes |= {"failures": 0, "next_try": 0, "reason": ""}
            db.execute(update(SUBSCRIPTION).where(_SUBSCRIPTION.id == subscription_id).values(**changes))

    def postpone(self, event: Event, reason: str, next_try: int) -> None:
        """An attempt to tell an event failed; nothing of its subscription is tried before `next_try`."""
        with self._begin() as db:
            db.execute(
                update(OUTBOX)
                .where(_OUTBOX.id == event.id)
                .values(attempts=_OUTBOX.attempts + 1, reason=reason)
            )
            db.execute(
                update(SUBSCRIPTION)
                .where(_SUBSCRIPTION.id == event.subscription_id)
                .values(failures=_SUBSCRIPTION.failures + 1, next_try=next_try, reason=reason)
            )

    def give_up(self, subscription_id: str, ids: Sequence[int], reason: str) -> None:
        """Put events aside: they are kept to be looked at and tried again, but nobody waits for them."""
        with self._begin() as db:
            done = 0
            for part in _parts(ids):
                mine = _OUTBOX.id.in_(part) & _WAITS
                done += db.execute(update(OUTBOX).where(mine).values(given_up=now(), reason=reason)).rowcount
            count = _SUBSCRIPTION.given_up + done
            db.execute(update(SUBSCRIPTION).where(_SUBSCRIPTION.id == subscription_id).values(given_up=count))

    # --- what was given up ---

    def given_up(self, subscription_id: str, after: int = 0, limit: int = 100) -> tuple[Event, ...]:
        """Events that nobody tries any more, oldest first, after number `after`."""
        return self._events(_OUTBOX.given_up.is_not(None), subscription_id, after, limit)

    def retry(self, subscription_id: str, ids: Collection[int] | None = None) -> int:
        """Try these events (or all that were given up) again, now; returns how many."""
        mine = (_OUTBOX.subscription_id == subscription_id) & _OUTBOX.given_up.is_not(None)
        if ids is not None:
            mine &= _OUTBOX.id.in_(sorted(ids))
        with self._begin() as db:
            again = db.execute(
                update(OUTBOX).where(mine).values(given_up=None, attempts=0, waits_since=now())
            )
            count = _SUBSCRIPTION.given_up - again.rowcount
            changes = {"failures": 0, "next_try": 0, "given_up": count}
            db.execute(update(SUBSCRIPTION).where(_SUBSCRIPTION.id == subscription_id).values(**changes))
            return again.rowcount

    def clear(self, before: int) -> int:
        """Forget what was given up before that moment; returns how many."""
        with self._begin() as db:
            return db.execute(delete(OUTBOX).where(_OUTBOX.given_up < before)).rowcount

    def reached(self, name: str) -> int | None:
        """Up to which observation somebody who follows the ids has come; None when it never began."""
        with self._engine.connect() as db:
            return db.scalar(select(COUNTER.c.next).where(COUNTER.c.name == _follower(name)))

    def reach(self, name: str, observation_id: int) -> None:
        """Remember how far somebody has come."""
        mine = COUNTER.c.name == _follower(name)
        with self._begin() as db:
            if not db.execute(update(COUNTER).where(mine).values(next=observation_id)).rowcount:
                db.execute(insert(COUNTER).values(name=_follower(name), next=observation_id))

    def fall_silent(self, subscription: Subscription, datastream_id: int, last: int) -> bool:
        """Tell that a datastream whose newest value is of `last` fell silent; False when it was told."""
        with self._begin() as db:
            return self.outbox.fall_silent(db, subscription, datastream_id, last)

    def _events(
        self, state: Any, subscription_id: str, after: int = 0, limit: int = 100
    ) -> tuple[Event, ...]:
        query = select(OUTBOX).where(_OUTBOX.subscription_id == subscription_id, state, _OUTBOX.id > after)
        with self._engine.connect() as db:
            return tuple(map(event_of, db.execute(query.order_by(_OUTBOX.id).limit(limit))))

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        """A transaction whose failures are ours."""
        try:
            with self._engine.begin() as db:
                yield db
        except DBAPIError as error:
            raise fault(error) from error


def _follower(name: str) -> str:
    return f"follower:{name}"


def _delete(db: Connection, ids: Sequence[int]) -> None:
    for part in _parts(ids):
        db.execute(delete(OUTBOX).where(_OUTBOX.id.in_(part)))


def _parts(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(ids), 1000):
        yield ids[start : start + 1000]


def _unknown(subscription_id: str) -> NotFound:
    return NotFound("there is no such subscription", where=subscription_id)
