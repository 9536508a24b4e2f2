"""Observations of the history, by DuckDB over the files that can hold what is wanted."""

from __future__ import annotations

import atexit
import threading
import weakref
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import duckdb
import pyarrow as pa
from sqlalchemy import func, select

from allmende.engine.duck_words import written
from allmende.engine.past_files import chosen_files, in_order, overlapping
from allmende.engine.tuples import table_of, tuples_of
from allmende.errors import RecipeInvalid
from allmende.lake.history import History
from allmende.lake.history_files import HistoryFile
from allmende.model.observation import Observation
from allmende.model.series import Wanted
from allmende.store.clauses import Clauses
from allmende.store.ended import Ended, Moving
from allmende.store.hot_rows import conditions_of, orders_of
from allmende.store.latest import Ends
from allmende.store.thing_tables import OBSERVATION

Row = tuple[Any, ...]
_TABLE = OBSERVATION.c
MEMORY = "160MB"
_NAMES = ", ".join(
    "recorded_ms * 1000 AS recorded_at" if column.name == "recorded_at" else column.name
    for column in OBSERVATION.columns
)
_ROWS = f"SELECT {_NAMES} FROM read_parquet(?, hive_partitioning = false)"  # noqa: S608 (our own names)
_STEPS = """
SELECT * FROM read_parquet(?, hive_partitioning = false) WHERE start >= ? AND start < ? {chosen}
UNION ALL BY NAME SELECT * FROM also
"""
_SUMS = """
SELECT datastream_id, start - (start % ? + ?) % ? AS start, sum(credible) AS credible,
       sum(doubted) AS doubted, min(minimum) AS minimum, max(maximum) AS maximum, sum("sum") AS "sum"
FROM ({source})
GROUP BY 1, 2 ORDER BY 1, 2
"""
_RAW_SUMS = """
SELECT datastream_id, phenomenon_time AS start,
       CASE WHEN flags & ? = 0 AND number IS NOT NULL THEN 1 ELSE 0 END AS credible,
       CASE WHEN flags & ? <> 0 THEN 1 ELSE 0 END AS doubted,
       CASE WHEN flags & ? = 0 THEN number END AS minimum,
       CASE WHEN flags & ? = 0 THEN number END AS maximum,
       CASE WHEN flags & ? = 0 THEN number END AS "sum"
FROM observation
WHERE recorded_at <= ? AND (superseded_at IS NULL OR superseded_at > ?)
  AND (number IS NOT NULL OR flags & ? <> 0)
  AND phenomenon_time >= ? AND phenomenon_time < ? {chosen}
"""


_OPEN: weakref.WeakSet[Past] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """DuckDB complains at the end of the process about databases that are still open."""
    for past in list(_OPEN):
        past.close()


class Past:
    """Reads the history. One database in memory; every query gets a cursor of its own."""

    def __init__(self, history: History, now: Callable[[], datetime]) -> None:
        self._history = history
        self._now = now
        self._database: duckdb.DuckDBPyConnection | None = None
        self._opening = threading.Lock()
        _OPEN.add(self)

    def files(self, moves: Moving) -> tuple[HistoryFile, ...]:
        """The files whose rows were not hot any more when the store was looked at."""
        return tuple(file for file in self._history.files(moves.next) if file.path not in moves.files)

    def close(self) -> None:
        """Give the database back."""
        with self._opening:
            if self._database is not None:
                self._database.close()
            self._database = None

    # --- rows ---

    def read(self, wanted: Wanted, files: Sequence[HistoryFile], ended: Ended, *, newest: bool) -> list[Row]:
        """The first `skip + top` rows by time, from the newest or the oldest on; nothing is skipped here."""
        found: list[Row] = []
        needed = wanted.skip + wanted.top
        # What lies behind enough rows is not opened.
        for group in in_order(chosen_files(files, wanted), newest_first=newest):
            found += self._page(wanted, group, ended)
            if len(found) >= needed:
                break
        return found[:needed]

    def united(
        self, wanted: Wanted, files: Sequence[HistoryFile], ended: Ended, hot: Sequence[Row]
    ) -> list[Row]:
        """A page of the history and these hot rows together, in an order of the reader's own."""
        return self._page(wanted, files, ended, table_of(hot))

    def _page(
        self, wanted: Wanted, files: Sequence[HistoryFile], ended: Ended, hot: pa.Table | None = None
    ) -> list[Row]:
        clauses = self._clauses()
        statement = select(OBSERVATION).where(*conditions_of(wanted))
        if wanted.where is not None:
            statement = statement.where(clauses.condition(wanted.where))
        page = statement.order_by(*orders_of(clauses, wanted)).limit(wanted.skip + wanted.top)
        return tuples_of(self._run(written(page), files, ended, hot).to_arrow_table())

    def count(self, wanted: Wanted, files: Sequence[HistoryFile], ended: Ended) -> int:
        """How many rows there are."""
        chosen = chosen_files(files, wanted)
        if not chosen:
            return 0
        statement = select(func.count()).select_from(OBSERVATION).where(*conditions_of(wanted))
        if wanted.where is not None:
            statement = statement.where(self._clauses().condition(wanted.where))
        found = self._run(written(statement), chosen, ended).fetchall()
        return int(found[0][0])

    def owners(
        self, wanted: Wanted, files: Sequence[HistoryFile], ended: Ended, field: str
    ) -> frozenset[int]:
        """The ids in a field of all rows on all pages."""
        chosen = chosen_files(files, wanted)
        if not chosen:
            return frozenset()
        statement = select(_TABLE[field]).distinct().where(*conditions_of(wanted))
        if wanted.where is not None:
            statement = statement.where(self._clauses().condition(wanted.where))
        rows = self._run(written(statement), chosen, ended).fetchall()
        return frozenset(row[0] for row in rows if row[0] is not None)

    def revisions(self, id_: int, files: Sequence[HistoryFile], ended: Ended) -> list[Row]:
        """All revisions of an observation in the history, the first one first."""
        chosen = [file for file in files if file.ids[0] <= id_ <= file.ids[1]]
        if not chosen:
            return []
        statement = select(OBSERVATION).where(OBSERVATION.c.id == id_).order_by(OBSERVATION.c.revision)
        rows: list[Row] = self._run(written(statement), chosen, ended).fetchall()
        return rows

    def ends(self, stream: int, files: Sequence[HistoryFile], ended: Ended) -> Ends:
        """The newest current row of a datastream, and the smallest and largest times."""
        newest = self.read(Wanted(frozenset({stream}), top=1), files, ended, newest=True)
        if not newest:
            return Ends()
        times = select(
            func.min(_TABLE.phenomenon_time), func.min(_TABLE.result_time), func.max(_TABLE.result_time)
        ).where(_TABLE.datastream_id == stream, _TABLE.superseded_at.is_(None))
        low, high = min(file.times[0] for file in files), max(file.times[1] for file in files)
        chosen = overlapping(files, [stream], low, high + 1)
        found = self._run(written(times), chosen, ended).fetchall()
        return Ends(Observation(*newest[0]), *found[0])

    # --- sums ---

    def steps(
        self,
        streams: Sequence[int],
        span: tuple[int, int, int],
        files: Sequence[HistoryFile],
        step: int,
        also: pa.Table,
    ) -> pa.Table:
        """Sums from the companions by `step` (HOUR or DAY), of which all numbers of `span` are multiples.

        `also` are sums from elsewhere, which are added.
        """
        start, end, length = span
        paths = [self._history.sums_path(file, step) for file in overlapping(files, streams, start, end)]
        if not paths:
            return also
        with_streams, parameters = _chosen(streams)
        text = _SUMS.format(source=_STEPS.format(chosen=with_streams))
        cursor = self._cursor()
        cursor.register("also", also)
        values = [length] * 3 + [paths, start, end, *parameters]
        found: pa.Table = cursor.sql(text, params=values).to_arrow_table()
        return found

    def sums(
        self,
        streams: Sequence[int],
        span: tuple[int, int, int],
        files: Sequence[HistoryFile],
        ended: Ended,
        known_on: int,
        uncounted: int,
    ) -> pa.Table:
        """Sums from the rows themselves; `span` is begin, end and length of a bucket in microseconds."""
        start, end, length = span
        chosen = overlapping(files, streams, start, end)
        if not chosen:
            return pa.table({})
        with_streams, parameters = _chosen(streams)
        text = _SUMS.format(source=_RAW_SUMS.format(chosen=with_streams))
        flags = [uncounted] * 5
        values = [length] * 3 + flags + [known_on, known_on, uncounted, start, end, *parameters]
        found: pa.Table = self._run((text, values), chosen, ended).to_arrow_table()
        return found

    # --- DuckDB ---

    def _clauses(self) -> Clauses:
        return Clauses("observation", OBSERVATION, "duckdb", self._now())

    def _run(
        self,
        query: tuple[str, list[Any]],
        files: Sequence[HistoryFile],
        ended: Ended,
        hot: pa.Table | None = None,
    ) -> Any:
        text, parameters = query
        paths = [self._history.path(file) for file in files]
        rows, before = (_WITH_ENDED, _columns(ended)) if ended else ("WITH ", [])
        source = "kept_and_ended" if ended else f"({_ROWS})"
        parts = [] if hot is None else ["SELECT * FROM hot"]
        parts = [f"SELECT * FROM {source}", *parts] if files else parts  # noqa: S608 (our own names)
        cursor = self._cursor()
        if hot is not None:
            cursor.register("hot", hot)
        whole = f"{rows if files else 'WITH '} observation AS ({' UNION ALL '.join(parts)}) {text}"
        try:
            return cursor.sql(whole, params=([*before, paths] if files else []) + parameters)
        except duckdb.Error as error:
            raise RecipeInvalid(f"this cannot be asked of the history: {_first(error)}") from error

    def _cursor(self) -> duckdb.DuckDBPyConnection:
        with self._opening:
            if self._database is None:
                self._database = duckdb.connect(
                    config={
                        "threads": "1",
                        "memory_limit": MEMORY,
                        "autoinstall_known_extensions": "false",
                        "autoload_known_extensions": "false",
                    }
                )
                # What was read of a Parquet file's foot need not be read again: files never change.
                self._database.execute("SET parquet_metadata_cache = true")
            return self._database.cursor()


_WITH_ENDED = f"""
WITH ended AS (SELECT unnest(?::BIGINT[]) AS id, unnest(?::INTEGER[]) AS revision,
                      unnest(?::BIGINT[]) AS ended_at),
     kept AS ({_ROWS}),
     kept_and_ended AS (
       SELECT kept.* REPLACE (coalesce(ended.ended_at, kept.superseded_at) AS superseded_at)
       FROM kept LEFT JOIN ended ON kept.id = ended.id AND kept.revision = ended.revision),
"""  # noqa: S608 (our own names)


def _columns(ended: Ended) -> list[Any]:
    return [[key[0] for key in ended], [key[1] for key in ended], list(ended.values())]


def _first(error: Exception) -> str:
    return str(error).splitlines()[0][:200]


def _chosen(streams: Sequence[int]) -> tuple[str, list[Any]]:
    """One series by equality, which can leave whole row groups out; many by a list."""
    if len(streams) == 1:
        return "AND datastream_id = ?", [streams[0]]
    return "AND datastream_id IN (SELECT unnest(?::BIGINT[]))", [list(streams)]
