"""The history of observations: a Delta table by month, with sums by hour and by day beside it.

Every file of observations has a companion in the tables of hours and days: sums over exactly its rows.
Sums of several files add up, so those of any set of files are right by construction and nothing is
ever recomputed because something else arrived. Files are written and synced before they are
committed; a commit carries the number of its move, so that one which was interrupted is found again.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from deltalake import CommitProperties, DeltaTable, PostCommitHookProperties, Transaction
from deltalake.exceptions import DeltaError
from deltalake.transaction import AddAction

from allmende.errors import StoreFault
from allmende.lake.durable import sync_file, sync_folder
from allmende.lake.history_files import (
    ROWS,
    HistoryFile,
    Layout,
    file_of_action,
    write_file,
)
from allmende.lake.history_sums import DAY, HOUR, STEPS, SUMS, longer, sums_of
from allmende.store.moves import file_name

_APP = "mover"
_LOG_PLACES = 20
_KEEP_LOG = PostCommitHookProperties(cleanup_expired_logs=False)


@dataclass(frozen=True, slots=True)
class Written:
    """A file of observations and its companions, on disk and not yet committed."""

    month: str
    rows: AddAction
    sums: Mapping[int, AddAction]


class History:
    """The three tables below one folder. One process writes; any number reads."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._rows = _Table(folder / "observations", ROWS)
        self._sums = {step: _Table(folder / name, SUMS) for name, step in STEPS.items()}

    # --- reading ---

    def files(self, before: int | None = None) -> tuple[HistoryFile, ...]:
        """The files of the newest version, with what is in each; or of the newest one that holds no
        move with the number `before` or a later one."""
        return self._rows.files(before)

    def path(self, file: HistoryFile) -> str:
        """Where a file of observations lies."""
        return str(self._rows.folder / file.path)

    def sums_path(self, file: HistoryFile, step: int) -> str:
        """Where its companion with sums lies, by HOUR or by DAY."""
        return str(self._sums[step].folder / file.path)

    # --- writing ---

    def write(self, move: int, part: int, month: str, table: pa.Table) -> Written:
        """Write the sorted rows of one month as a file, and its sums, synced; not committed yet."""
        name = file_name(move, part, month)
        rows = write_file(self._rows.folder / name, name, month, table, ROWS)
        hours = sums_of(table, HOUR)
        made = {HOUR: hours, DAY: longer(hours, DAY)}
        sums = {
            step: write_file(table_of_step.folder / name, name, month, made[step], SUMS)
            for step, table_of_step in self._sums.items()
        }
        return Written(month, rows, sums)

    def is_committed(self, move: int) -> bool:
        """Whether the observations of a move are in the table already."""
        return self._rows.committed() >= move

    def commit(self, move: int, files: Sequence[Written]) -> None:
        """Add files to all tables, sums first; durable when this returns. Again is harmless."""
        for step, sums in self._sums.items():
            sums.commit(move, [file.sums[step] for file in files])
        self._rows.commit(move, [file.rows for file in files])

    def replace(self, move: int, month: str, files: Sequence[Written]) -> None:
        """Put files in the place of all files of a month."""
        for step, sums in self._sums.items():
            sums.commit(move, [file.sums[step] for file in files], replacing=month)
        self._rows.commit(move, [file.rows for file in files], replacing=month)

    def sync(self) -> None:
        """Make the newest commit durable: for a commit whose process ended before it could."""
        for table in (*self._sums.values(), self._rows):
            table.sync()

    def clean(self, keep_hours: int = 1) -> None:
        """Delete files that no version of the last hours uses any more."""
        for table in (self._rows, *self._sums.values()):
            table.clean(keep_hours)


class _Table:
    """One Delta table, read again only when its log has grown."""

    def __init__(self, folder: Path, layout: Layout) -> None:
        self.folder = folder
        self._layout = layout
        self._lock = threading.Lock()
        self._table: DeltaTable | None = None
        self._files: tuple[HistoryFile, ...] = ()
        self._move = 0

    def files(self, before: int | None) -> tuple[HistoryFile, ...]:
        """The files of the newest version; one look at the log's folder when nothing changed.

        With `before` only moves with smaller numbers count. A reader needs that who has looked at the
        store first: rows of later moves were still there. Older versions' files stay for an hour.
        """
        with self._lock:
            self._refresh()
            if self._table is None:
                return ()
            if before is None or self._move < before:
                return self._files
            return self._files_before(self._table.version(), before)

    def _refresh(self) -> None:
        if self._table is None:
            if not self._exists():
                return
            self._table = DeltaTable(self.folder)
        elif self._log_file(self._table.version() + 1).exists():
            self._table.update_incremental()
        else:
            return
        self._files, self._move = self._listed(self._table), _move_of(self._table)

    def _files_before(self, version: int, before: int) -> tuple[HistoryFile, ...]:
        for number in range(version - 1, -1, -1):
            table = DeltaTable(self.folder, version=number)
            if _move_of(table) < before:
                return self._listed(table)
        return ()

    def committed(self) -> int:
        """The number of the newest move in the table; 0 when there is none."""
        return _move_of(self._open()) if self._exists() else 0

    def commit(self, move: int, actions: Sequence[AddAction], replacing: str | None = None) -> None:
        table = self._open()
        if _move_of(table) >= move:
            self.sync()
            return
        try:
            table.create_write_transaction(
                list(actions),
                "append" if replacing is None else "overwrite",
                self._layout.delta_schema(),
                ["month"],
                None if replacing is None else [("month", "=", replacing)],
                commit_properties=CommitProperties(app_transactions=[Transaction(_APP, move)]),
                post_commithook_properties=_KEEP_LOG,
            )
        except DeltaError as error:
            raise StoreFault(f"the history cannot be written: {error}", where=str(self.folder)) from error
        self.sync()

    def sync(self) -> None:
        """The log's newest files, then the folders: delta-rs syncs none of them."""
        if not self._exists():
            return
        log = self.folder / "_delta_log"
        newest = sorted(path for path in log.iterdir() if path.is_file())[-3:]
        for path in newest:
            sync_file(path)
        for folder in (log, self.folder, self.folder.parent):
            sync_folder(folder)

    def clean(self, keep_hours: int) -> None:
        if self._exists():
            self._open().vacuum(keep_hours, dry_run=False, enforce_retention_duration=False)

    def _exists(self) -> bool:
        return (self.folder / "_delta_log").is_dir()

    def _open(self) -> DeltaTable:
        if not self._exists():
            self.folder.mkdir(parents=True, exist_ok=True)
            DeltaTable.create(self.folder, self._layout.delta_schema(), partition_by=["month"])
            self.sync()
        return DeltaTable(self.folder)

    def _log_file(self, version: int) -> Path:
        return self.folder / "_delta_log" / f"{version:0{_LOG_PLACES}d}.json"

    def _listed(self, table: DeltaTable) -> tuple[HistoryFile, ...]:
        actions: Any = table.get_add_actions(flatten=True)
        rows: Iterable[dict[str, Any]] = pa.table(actions).to_pylist()
        return tuple(sorted((file_of_action(row) for row in rows), key=lambda file: (file.month, file.path)))


def _move_of(table: DeltaTable) -> int:
    """The number of the newest move in a version of a table; 0 when there is none."""
    return table.transaction_version(_APP) or 0


def month_of(time: int) -> str:
    """The month of a time in microseconds since 1970, in UTC: 2026-06."""
    return datetime.fromtimestamp(time // 1_000_000, UTC).strftime("%Y-%m")
