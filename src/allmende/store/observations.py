"""Hot observations, the newest value of each datastream, and the messages they came in.

`append` is the one way in: all arrivals of a group in one transaction, so that 64 senders wait for
one write to disk together. Larger ids were committed later (see `thing_tables.COUNTER`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from operator import attrgetter, itemgetter
from time import time_ns
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, select, tuple_, update
from sqlalchemy.exc import DBAPIError, OperationalError

from allmende.errors import AllmendeError, NotFound, StoreBusy, StoreFault
from allmende.model.message import Accepted, Arrival, Change, KeptMessage, Message, MessageStatus
from allmende.model.observation import Latest, Observation, microseconds, moment
from allmende.store.bulk import Bulk
from allmende.store.counters import take_ids
from allmende.store.feature_use import FeatureUse
from allmende.store.following import newest_id, since
from allmende.store.latest import Edges, count_latest, no_edges, read_latest, refresh_latest, upsert_latest
from allmende.store.recent import recent
from allmende.store.rereading import settle_messages
from allmende.store.thing_tables import ENDED, FEATURE_USE, MESSAGE, MESSAGE_KEY, OBSERVATION

Judge = Callable[[Sequence[Observation]], None]
Within = Callable[[Connection, Sequence[Observation]], None]
Current = Callable[[int], Observation | None]
_FIELDS = tuple(column.name for column in OBSERVATION.columns)
row_of: Callable[[Observation], tuple[Any, ...]] = attrgetter(*_FIELDS)


_by_key = itemgetter(0, 1, 2)


def now() -> int:
    """The moment of recording, in microseconds since 1970, kept to the millisecond."""
    return time_ns() // 1_000_000 * 1000


class _Entry(NamedTuple):
    """An arrival with the number of its message (None without one); `repeated`: a twin came just before."""

    arrival: Arrival
    number: int | None
    repeated: bool = False


def _nothing(*_: Any) -> None:
    return None


class SqlObservations:
    """The Observations port on SQLite or PostgreSQL.

    `judge` sets the quality flags of new observations before they are written, `within` writes what
    has to be in the same transaction (the outbox of subscriptions). `current` finds an observation
    that is no longer hot and `edges` the ends of a datastream in the history; both are for changes.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._bulk = Bulk(engine.dialect)
        self._features = FeatureUse()
        self.judge: Judge = _nothing
        self.within: Within = _nothing
        self.current: Current = _nothing
        self.edges: Edges = no_edges

    # --- writing ---

    def append(self, arrivals: Sequence[Arrival]) -> tuple[Accepted, ...]:
        """Store all arrivals in one transaction, on disk when this returns.

        A message whose (way, key) is known is not stored again. Raises StoreBusy (transient) or
        StoreFault; then nothing of the group was kept.
        """
        try:
            with self._engine.begin() as db:
                return self._append(db, arrivals)
        except BaseException as error:
            self._features.forget()
            if isinstance(error, DBAPIError):
                raise fault(error) from error
            raise

    def change(self, change: Change) -> Observation | None:
        """End the current revision and append its replacement; returns the replacement.

        Raises NotFound when there is no current observation with that id.
        """
        try:
            with self._engine.begin() as db:
                return self._change(db, change)
        except DBAPIError as error:
            raise fault(error) from error

    def _append(self, db: Connection, arrivals: Sequence[Arrival]) -> tuple[Accepted, ...]:
        pushed = [arrival for arrival in arrivals if arrival.message is not None]
        first_message = take_ids(db, "message", len(pushed)) if pushed else 0
        known = self._known(db, pushed)
        answers, fresh = _sort_out(arrivals, known, first_message)
        rows = [row for entry in fresh for row in entry.arrival.observations]
        first = take_ids(db, "observation", len(rows)) if rows else 0
        _stamp(fresh, first, now())
        if rows:
            self.judge(rows)
            # In the order of the key: neighbours lie on the same pages.
            self._bulk.insert(db, OBSERVATION, sorted(map(row_of, rows), key=_by_key), len(rows))
            upsert_latest(db, rows)
            self._features.keep(db, rows)
        self._keep_messages(db, fresh)
        settle_messages(db, arrivals)
        if rows:
            self.within(db, rows)
        return tuple(_answer(answer) for answer in answers)

    def _known(self, db: Connection, arrivals: Iterable[Arrival]) -> dict[tuple[str, str], Accepted]:
        """Which messages were sent before."""
        keys = [(a.message.way, a.message.key) for a in arrivals if a.message and a.message.key]
        found: dict[tuple[str, str], Accepted] = {}
        for start in range(0, len(keys), 400):
            query = select(MESSAGE_KEY).where(
                tuple_(MESSAGE_KEY.c.way, MESSAGE_KEY.c.key).in_(keys[start : start + 400])
            )
            for row in db.execute(query):
                first_id, number = row.first_id, row._mapping["count"]
                ids = tuple(range(first_id, first_id + number)) if number else ()
                found[row.way, row.key] = Accepted(row.message_id, ids, repeated=True)
        return found

    def _keep_messages(self, db: Connection, fresh: Sequence[_Entry]) -> None:
        kept = [(arrival, number) for arrival, number, _ in fresh if arrival.message is not None]
        if not kept:
            return
        self._bulk.insert(db, MESSAGE, (_message_row(arrival, number) for arrival, number in kept), len(kept))
        keys = [_key_row(a, number) for a, number in kept if a.message is not None and a.message.key]
        if keys:
            self._bulk.insert(db, MESSAGE_KEY, keys, len(keys))

    def _change(self, db: Connection, change: Change) -> Observation | None:
        before = self.observation(change.observation_id, db) or self.current(change.observation_id)
        if before is None or before.superseded_at is not None:
            raise NotFound("there is no such observation", where=str(change.observation_id))
        after, moment_ = change.replace(before), now()
        _end(db, before, moment_)
        if after is not None:
            after.id, after.revision = before.id, before.revision + 1
            after.recorded_at, after.superseded_at = moment_, None
            self._bulk.insert(db, OBSERVATION, [row_of(after)], 1)
            self._features.keep(db, [after])
        for datastream in {before.datastream_id, after.datastream_id if after else before.datastream_id}:
            refresh_latest(db, datastream, _count_change(before, after, datastream), self.edges)
        if after is not None:
            self.within(db, [after])
        return after

    # --- reading ---

    def observation(self, observation_id: int, db: Connection | None = None) -> Observation | None:
        """The current revision of a hot observation; None when it is not hot."""
        query = select(OBSERVATION).where(
            OBSERVATION.c.id == observation_id, OBSERVATION.c.superseded_at.is_(None)
        )
        if db is not None:
            row = db.execute(query).first()
        else:
            with self._engine.connect() as own:
                row = own.execute(query).first()
        return Observation(*row) if row else None

    def recent(self, datastream_id: int) -> list[Observation]:
        """The newest current observations of a datastream that are hot, oldest first."""
        return recent(self._engine, datastream_id)

    def newest_id(self) -> int:
        """The id of the observation that was stored last; 0 when there is none."""
        return newest_id(self._engine)

    def since(
        self, observation_id: int, datastreams: Collection[int] | None = None, limit: int = 5_000
    ) -> list[Observation]:
        """Hot current observations with larger ids (of these datastreams), in the order of ids."""
        return since(self._engine, observation_id, datastreams, limit)

    def latest(self, datastreams: Iterable[int] | None = None) -> dict[int, Latest]:
        """The newest value and the counters of these datastreams, or of all."""
        with self._engine.connect() as db:
            return read_latest(db, datastreams)

    def total(self, datastreams: Collection[int]) -> int:
        """How many current observations these datastreams have, hot or not."""
        with self._engine.connect() as db:
            return count_latest(db, datastreams)

    def datastreams_of_feature(self, feature_id: int) -> frozenset[int]:
        """The datastreams that ever had an observation about a feature."""
        query = select(FEATURE_USE.c.datastream_id).where(FEATURE_USE.c.feature_id == feature_id)
        with self._engine.connect() as db:
            return frozenset(db.scalars(query))

    def message(self, message_id: int) -> KeptMessage:
        """A message that has not been moved to the lake; NotFound otherwise."""
        with self._engine.connect() as db:
            row = db.execute(select(MESSAGE).where(MESSAGE.c.id == message_id)).first()
        if row is None:
            raise NotFound("there is no such message", where=str(message_id))
        return kept_message(row)

    def messages(
        self, status: MessageStatus | None = None, before: int | None = None, limit: int = 100
    ) -> tuple[KeptMessage, ...]:
        """Messages that have not been moved to the lake, newest first, older than number `before`."""
        query = select(MESSAGE).order_by(MESSAGE.c.id.desc()).limit(limit)
        if status is not None:
            query = query.where(MESSAGE.c.status == status)
        if before is not None:
            query = query.where(MESSAGE.c.id < before)
        with self._engine.connect() as db:
            return tuple(kept_message(row) for row in db.execute(query))


def fault(error: DBAPIError) -> AllmendeError:
    """The error of the database as ours: busy when trying again may help."""
    text = str(error.orig).splitlines()[0] if error.orig else str(error)
    if isinstance(error, OperationalError) or error.connection_invalidated:
        return StoreBusy(f"the store cannot write now: {text}", hint="Send it again in a while.")
    return StoreFault(f"the store refused the write: {text}")


def _sort_out(
    arrivals: Sequence[Arrival], known: dict[tuple[str, str], Accepted], number: int
) -> tuple[list[_Entry | Accepted], list[_Entry]]:
    """What to answer to each arrival, in order, and those that are new with their message's number."""
    answers: list[_Entry | Accepted] = []
    fresh: list[_Entry] = []
    seen: dict[tuple[str, str], _Entry] = {}
    for arrival in arrivals:
        message = arrival.message
        key = (message.way, message.key) if message is not None and message.key else None
        if key is not None and key in known:
            answers.append(known[key])
        elif key is not None and key in seen:
            answers.append(_Entry(*seen[key][:2], repeated=True))
        else:
            entry = _Entry(arrival, number if message is not None else None)
            number += message is not None
            answers.append(entry)
            fresh.append(entry)
            if key is not None:
                seen[key] = entry
    return answers, fresh


def _stamp(fresh: Sequence[_Entry], first: int, moment_: int) -> None:
    number = first
    for arrival, message_id, _ in fresh:
        origin = arrival.reread if message_id is None else message_id
        for row in arrival.observations:
            row.id, row.recorded_at, row.message_id = number, moment_, origin
            number += 1


def _answer(answer: _Entry | Accepted) -> Accepted:
    if isinstance(answer, Accepted):
        return answer
    arrival, number, repeated = answer
    ids = tuple(row.id for row in arrival.observations)
    return Accepted(number, ids, repeated, arrival.status, arrival.reason, arrival.rejected)


def _message_row(arrival: Arrival, number: int | None) -> tuple[Any, ...]:
    message = arrival.message
    assert message is not None
    return (
        number,
        message.way,
        message.key,
        message.topic,
        message.media_type,
        microseconds(message.received_at),
        message.payload,
        arrival.status,
        arrival.reason,
        arrival.device,
    )


def _key_row(arrival: Arrival, number: int | None) -> tuple[Any, ...]:
    message, rows = arrival.message, arrival.observations
    assert message is not None
    return (message.way, message.key, number, rows[0].id if rows else None, len(rows))


def kept_message(row: Any) -> KeptMessage:
    """A row of messages as a message."""
    message = Message(
        way=row.way,
        payload=bytes(row.payload),
        received_at=moment(row.received_at),
        topic=row.topic,
        media_type=row.media_type,
        key=row.key,
    )
    return KeptMessage(row.id, message, row.status, row.reason, row.device)


def _end(db: Connection, row: Observation, moment_: int) -> None:
    """Close a revision where it is: in the hot table, or, when it was moved, in `ended`."""
    table = OBSERVATION.c
    hot = update(OBSERVATION).where(
        table.datastream_id == row.datastream_id,
        table.phenomenon_time == row.phenomenon_time,
        table.id == row.id,
        table.revision == row.revision,
    )
    if db.execute(hot.values(superseded_at=moment_)).rowcount:
        return
    values = {
        "observation_id": row.id,
        "revision": row.revision,
        "datastream_id": row.datastream_id,
        "phenomenon_time": row.phenomenon_time,
        "superseded_at": moment_,
    }
    db.execute(ENDED.insert().values(**values))


def _count_change(before: Observation, after: Observation | None, datastream: int) -> int:
    """By how many current observations a change leaves `datastream` richer or poorer."""
    gained = 1 if after is not None and after.datastream_id == datastream else 0
    return gained - (1 if before.datastream_id == datastream else 0)
