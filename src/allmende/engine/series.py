"""Observations wherever they lie, as one: the port that everything which reads values goes through."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any

import pyarrow as pa
import pyarrow.compute
from sqlalchemy import Connection

from allmende.engine.past import Past
from allmende.engine.past_files import chosen_files
from allmende.engine.tuples import column_of
from allmende.lake.history import History
from allmende.lake.history_files import HistoryFile
from allmende.lake.history_sums import DAY, HOUR, added_up
from allmende.model.observation import Latest, Observation
from allmende.model.query import Order, Path
from allmende.model.series import Bucket, Wanted
from allmende.store.ended import Ended, ended_of, ended_rows, ended_streams, moving
from allmende.store.hot_rows import HotRows
from allmende.store.hours import FOREVER, SCHEMA, UNCOUNTED, hot_hours
from allmende.store.latest import Ends
from allmende.store.snapshot import snapshot
from allmende.store.sql import SqlStore

# The stubs of Arrow's functions are narrower than the functions are.
pc: Any = pyarrow.compute
Row = tuple[Any, ...]
_SECOND = 1_000_000
_TIME_AND_ID = itemgetter(1, 2)


def _now() -> datetime:
    return datetime.now(UTC)


class SeriesReader:
    """The Series port: hot rows of the store, and the history in the lake.

    One snapshot of the store comes first: hot rows, moves under way, rows ended since. Files of moves
    that were under way then, or began later, are left out, because their rows are hot in that snapshot.
    So nothing is seen twice, and nothing disappears between two reads.
    """

    def __init__(self, store: SqlStore, history: History | None = None) -> None:
        self._store = store
        self._hot = HotRows(_now)
        self._past = Past(history, _now) if history is not None else None

    def close(self) -> None:
        """Give the engine's memory back."""
        if self._past is not None:
            self._past.close()

    def read(self, wanted: Wanted) -> list[Row]:
        """A page of rows, as tuples in the order of `Observation`'s fields."""
        if not wanted.datastreams or not wanted.top:
            return []
        with snapshot(self._store.engine) as db:
            hot = self._hot.read(db, wanted)
            files, ended = self._behind(db, wanted)
        page = slice(wanted.skip, wanted.skip + wanted.top)
        if self._past is None or not files:
            return hot[page]
        if wanted.order and not is_oldest_first(wanted.order):
            return self._past.united(wanted, files, ended, hot)[page]
        newest = not wanted.order
        if newest and len(hot) >= page.stop and hot[-1][1] > max(file.times[1] for file in files):
            return hot[page]
        rows = hot + self._past.read(wanted, files, ended, newest=newest)
        return sorted(rows, key=_TIME_AND_ID, reverse=newest)[page]

    def count(self, wanted: Wanted) -> int:
        """How many there are on all pages; without conditions the counters answer."""
        if not wanted.datastreams:
            return 0
        if wanted.where is None and wanted.known_on is None and wanted.after is None:
            return self._store.observations.total(wanted.datastreams)
        with snapshot(self._store.engine) as db:
            hot = self._hot.count(db, wanted)
            files, ended = self._behind(db, wanted)
        return hot + (self._past.count(wanted, files, ended) if self._past and files else 0)

    def owners(self, wanted: Wanted, field: str) -> frozenset[int]:
        """The ids of the datastreams or features (`field`) that have any of them."""
        if not wanted.datastreams:
            return frozenset()
        with snapshot(self._store.engine) as db:
            hot = self._hot.owners(db, wanted, field)
            files, ended = self._behind(db, wanted)
        return hot | self._past.owners(wanted, files, ended, field) if self._past and files else hot

    def observation(self, observation_id: int) -> Observation | None:
        """The current revision of an observation; None when there is none."""
        found = self.revisions(observation_id)
        return found[-1] if found and found[-1].superseded_at is None else None

    def revisions(self, observation_id: int) -> list[Observation]:
        """All revisions of an observation, the first one first; those that were ended too."""
        with snapshot(self._store.engine) as db:
            hot = [Observation(*row) for row in self._hot.revisions(db, observation_id)]
            if self._past is None or _are_all(hot):
                return hot
            moves, ended = moving(db), ended_of(db, observation_id)
        kept = self._past.revisions(observation_id, self._past.files(moves), ended)
        known = {row.revision for row in hot}
        old = [Observation(*row) for row in kept]
        whole = [row for row in old if row.revision not in known] + hot
        return sorted(whole, key=lambda row: row.revision)

    def ends(self, db: Connection, datastream: int) -> Ends:
        """The ends of a datastream in the history: what the newest value is found with after a change.

        `db` is the transaction that changes a value: what it has ended is seen only in there.
        """
        if self._past is None:
            return Ends()
        moves, ended = moving(db), ended_rows(db, (datastream,))
        files = self._past.files(moves)
        return self._past.ends(datastream, files, ended)

    def _behind(self, db: Connection, wanted: Wanted) -> tuple[list[HistoryFile], Ended]:
        """The files of the history that can hold wanted rows, and what was ended in them since."""
        if self._past is None:
            return [], {}
        moves = moving(db)
        ended = ended_rows(db, wanted.datastreams)
        return chosen_files(self._past.files(moves), wanted), ended

    def buckets(
        self,
        datastreams: Sequence[int],
        start: int,
        end: int,
        seconds: int,
        known_on: int | None = None,
    ) -> list[Bucket]:
        """Values gathered into steps of `seconds`, by datastream and time; empty steps are absent.

        Times are microseconds since 1970. Doubted values are only counted.
        """
        if not datastreams:
            return []
        pace = self._pace(datastreams)
        found = self.sums(datastreams, (start, end, seconds * _SECOND), known_on)
        return buckets_of(found, seconds, pace)

    def sums(
        self, datastreams: Sequence[int], span: tuple[int, int, int], known_on: int | None = None
    ) -> pa.Table:
        """What values come to by step: datastream_id, start, credible, doubted, minimum, maximum, sum.

        `span` is begin, end and length of a step in microseconds. Whole hours come from the sums that
        lie beside the history, whole days from those by day, everything else from the rows.
        """
        start, end, length = span
        known = known_on if known_on is not None else FOREVER
        with snapshot(self._store.engine) as db:
            parts = [hot_hours(db, datastreams, start, end, known, length)]
            moves = moving(db)
            ended = ended_rows(db, datastreams, start, end) if self._past else {}
            touched = ended_streams(db, datastreams, start, end) if ended else frozenset()
        if self._past is None or not (files := self._past.files(moves)):
            return parts[0]
        step = _step(span) if known_on is None else None
        plain = [id_ for id_ in datastreams if id_ not in touched] if step else []
        others = [id_ for id_ in datastreams if id_ in touched] if step else list(datastreams)
        if others:
            parts.append(self._past.sums(others, span, files, ended, known, UNCOUNTED))
        found = _together(parts)
        return self._past.steps(plain, span, files, step, found).cast(SCHEMA) if step and plain else found

    def _pace(self, datastreams: Sequence[int]) -> dict[int, float]:
        """The usual seconds from one value to the next, where that can be said."""
        latest = self._store.observations.latest(datastreams)
        return {id_: pace for id_, found in latest.items() if (pace := _usual(found)) is not None}


def _together(parts: Sequence[pa.Table]) -> pa.Table:
    """Sums of several parts as one."""
    found = [part.select(SCHEMA.names).cast(SCHEMA) for part in parts if part.num_rows]
    if len(found) < 2:
        return found[0] if found else SCHEMA.empty_table()
    return added_up(pa.concat_tables(found))


def _are_all(hot: Sequence[Observation]) -> bool:
    """Whether nothing is missing between the first revision and a current one.

    A correction may give another time, so that a later revision moves before an earlier one.
    """
    return bool(hot) and hot[-1].superseded_at is None and hot[-1].revision == len(hot)


def is_oldest_first(order: Sequence[Order]) -> bool:
    """Whether rows are wanted by time, the oldest first."""
    wanted = [(one.by.steps if isinstance(one.by, Path) else None, one.descending) for one in order]
    return wanted in ([_OLDEST_FIRST[0]], list(_OLDEST_FIRST))


_OLDEST_FIRST = ((("phenomenon_time",), False), (("id",), False))


def _step(span: tuple[int, int, int]) -> int | None:
    """The longest step of those beside the history that the span is made of."""
    return next((step for step in (DAY, HOUR) if not any(number % step for number in span)), None)


def _usual(found: Latest) -> float | None:
    if found.count < 2 or found.first_time is None or found.last_time is None:
        return None
    return (found.last_time - found.first_time) / _SECOND / (found.count - 1) or None


def buckets_of(sums: pa.Table, seconds: int, pace: Mapping[int, float]) -> list[Bucket]:
    """Sums as buckets, column by column: a year of days of a thousand series are 365,000."""
    streams, start, credible, doubted, minimum, maximum, total = sums.columns
    count = pc.cast(credible, pa.float64())
    mean = pc.divide(total, count)
    known = pa.array(list(pace), pa.int64())
    usual = pa.array(list(pace.values()), pa.float64()).take(pc.index_in(streams, value_set=known))
    coverage = pc.min_element_wise(pc.divide(pc.multiply(count, usual), seconds), 1.0, skip_nulls=False)
    columns = (streams, start, credible, minimum, maximum, mean, total, coverage, doubted)
    return list(map(Bucket, *(column_of(column) for column in columns)))
