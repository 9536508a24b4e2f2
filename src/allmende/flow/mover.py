"""Carries older observations from the store to the history in the lake.

The order is the law (see docs/why): the move is recorded, its files are written and synced, the
history is committed under the move's number and synced, and only then the hot rows and the record go,
in one transaction. Whatever kills the process, the next run finds the record and knows where to go on.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute
import pyarrow.parquet as pq

from allmende.errors import StoreFault
from allmende.flow.lock import locked
from allmende.lake.history import History, Written, month_of
from allmende.lake.history_files import ROWS, HistoryFile
from allmende.model.observation import microseconds
from allmende.ports import Clock
from allmende.store.moves import Move, Moves

_log = logging.getLogger(__name__)
HOT = timedelta(days=2)
"""So long values stay hot: late ones, corrections and the newest charts need no file."""
AT_ONCE = 100_000
ROWS_IN_FILE = 1_000_000
_MOST_FILES = 8
# The stubs of Arrow's functions are narrower than the functions are.
pc: Any = pyarrow.compute
Row = tuple[Any, ...]
_TIME, _RECORDED = 1, 10


@dataclass(frozen=True, slots=True)
class Moved:
    """What one run of the mover did."""

    rows: int = 0
    files: int = 0
    months: int = 0


class Mover:
    """Moves, and rewrites months that have many files or ended rows."""

    def __init__(self, moves: Moves, history: History, clock: Clock, hot: timedelta = HOT) -> None:
        self._moves = moves
        self._history = history
        self._clock = clock
        self._hot = hot

    def run(self, at_once: int = AT_ONCE) -> Moved:
        """Carry everything that is old enough. Raises StoreFault or StoreBusy; then nothing is lost."""
        with locked(self._history.folder / "mover.lock", "another move"):
            self._recover()
            rows = files = 0
            before = microseconds(self._clock.now() - self._hot)
            for batch in self._batches(before, at_once):
                rows += len(batch)
                files += self._move(batch)
            return Moved(rows, files, self._rewrite_months())

    # --- moving ---

    def _batches(self, before: int, at_once: int) -> Iterator[list[Row]]:
        streams = list(self._moves.streams())
        for start in range(0, len(streams), 200):
            group = streams[start : start + 200]
            while batch := self._moves.rows(group, before, at_once):
                yield batch
                if len(batch) < at_once:
                    break

    def _move(self, rows: list[Row]) -> int:
        months = _by_month(rows)
        move = self._moves.begin("rows", tuple(months))
        written = [
            self._history.write(move.id, part, month, table_of(found))
            for part, (month, found) in enumerate(months.items())
        ]
        self._history.commit(move.id, written)
        deleted = self._moves.finish(move, rows)
        if deleted != len(rows):
            _log.warning("move %d copied %d rows and deleted %d", move.id, len(rows), deleted)
        return len(written)

    # --- after an interruption ---

    def _recover(self) -> None:
        for move in self._moves.pending():
            if not self._history.is_committed(move.id):
                self._give_up(move)
            elif move.kind == "rows":
                self._history.sync()
                self._moves.finish(move, self._rows_of(move))
            else:
                self._history.sync()
                self._moves.cancel(move)

    def _give_up(self, move: Move) -> None:
        """Nothing of it is in the history, but its hours may be: rewriting the months puts them right."""
        self._moves.cancel(move)
        months = {move.month} | {name.partition("/")[0].removeprefix("month=") for name in move.files}
        for month in sorted({file.month for file in self._history.files()} & months):
            self.rewrite(month)

    def _rows_of(self, move: Move) -> list[Row]:
        """The rows that a move has carried, from its files."""
        known = {file.path: file for file in self._history.files()}
        rows: list[Row] = []
        for name in move.files:
            rows += rows_of(pq.read_table(self._history.path(known[name]), partitioning=None))
        return rows

    # --- rewriting ---

    def _rewrite_months(self) -> int:
        ended = {month_of(time) for time in self._moves.ended_times()}
        counts: dict[str, int] = {}
        for file in self._history.files():
            counts[file.month] = counts.get(file.month, 0) + 1
        wanted = [month for month, number in sorted(counts.items()) if number > _MOST_FILES or month in ended]
        for month in wanted:
            self.rewrite(month)
        if wanted:
            self._history.clean()
        return len(wanted)

    def rewrite(self, month: str) -> None:
        """Put a month's rows into few sorted files, with ends written into them and orphans left out."""
        old = [file for file in self._history.files() if file.month == month]
        ended = self._moves.ended_between(*month_span(month))
        existing = self._moves.existing()
        move = self._moves.begin("rewrite", month=month)
        written: list[Written] = []
        rows = 0
        for streams in stream_groups(old):
            table = _read_sorted(self._history, old, streams)
            rows += table.num_rows
            kept = with_ends(table, ended, existing)
            if kept.num_rows:
                written.append(self._history.write(move.id, len(written), month, kept))
        if rows != sum(file.rows for file in old):
            self._moves.cancel(move)
            raise StoreFault(
                f"{rows} rows were read of {sum(file.rows for file in old)}; nothing was replaced",
                where=f"history of {month}",
                hint="Run `allmende doctor`.",
            )
        self._history.replace(move.id, month, written)
        self._moves.fold(move, list(ended))


def _by_month(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(month_of(row[_TIME]), []).append(row)
    return dict(sorted(found.items()))


def table_of(rows: Sequence[Row]) -> pa.Table:
    """Hot rows with the columns of the history."""
    columns = list(zip(*rows, strict=True))
    columns[_RECORDED] = tuple(time // 1000 for time in columns[_RECORDED])
    arrays = [pa.array(c, f.type) for c, f in zip(columns, ROWS.schema, strict=True)]
    return pa.table(arrays, schema=ROWS.schema)


def rows_of(table: pa.Table) -> list[Row]:
    """The history's columns as hot rows."""
    columns = [table[name].to_pylist() for name in ROWS.schema.names]
    columns[_RECORDED] = [time * 1000 for time in columns[_RECORDED] if time is not None]
    return list(zip(*columns, strict=True))


def month_span(month: str) -> tuple[int, int]:
    """Begin and end of a month in UTC, in microseconds since 1970."""
    year, number = (int(part) for part in month.split("-"))
    start = datetime(year, number, 1, tzinfo=UTC)
    return microseconds(start), microseconds(datetime(year + number // 12, number % 12 + 1, 1, tzinfo=UTC))


def stream_groups(files: Sequence[HistoryFile], rows_in_file: int = ROWS_IN_FILE) -> list[tuple[int, int]]:
    """Ranges of datastreams, each for one file, as if rows were spread evenly over the ids."""
    low, high = min(file.streams[0] for file in files), max(file.streams[1] for file in files)
    groups = max(1, round(sum(file.rows for file in files) / rows_in_file))
    width = max(1, -(-(high - low + 1) // groups))
    return [(start, min(start + width - 1, high)) for start in range(low, high + 1, width)]


def _read_sorted(history: History, files: Sequence[HistoryFile], streams: tuple[int, int]) -> pa.Table:
    low, high = streams
    wanted = [file for file in files if file.streams[0] <= high and file.streams[1] >= low]
    condition: Any = [("datastream_id", ">=", low), ("datastream_id", "<=", high)]
    parts = [pq.read_table(history.path(file), filters=condition, partitioning=None) for file in wanted]
    whole = pa.concat_tables([part.select(ROWS.schema.names).cast(ROWS.schema) for part in parts])
    return whole.sort_by(
        [(name, "ascending") for name in ("datastream_id", "phenomenon_time", "id", "revision")]
    )


def with_ends(table: pa.Table, ended: dict[tuple[int, int], int], existing: frozenset[int]) -> pa.Table:
    """Rows with the ends that came after they were moved, without those of deleted datastreams."""
    streams = set(table["datastream_id"].unique().to_pylist())
    if not streams <= existing:
        table = table.filter(pc.is_in(table["datastream_id"], pa.array(sorted(existing))))
    if not ended:
        return table
    keys: Any = zip(table["id"].to_pylist(), table["revision"].to_pylist(), strict=True)
    old = table["superseded_at"].to_pylist()
    ends = [ended.get(key, before) for key, before in zip(keys, old, strict=True)]
    place = table.schema.get_field_index("superseded_at")
    return table.set_column(place, ROWS.schema.field("superseded_at"), pa.array(ends, pa.int64()))


def folder_of(data: Path) -> Path:
    """Where the history of a city's data lies."""
    return data / "history"
