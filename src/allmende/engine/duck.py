"""DuckDB in process over the Parquet files of pinned versions.

The database is empty and locked: it may read the folder of the lake's tables and nothing else, so a recipe can
neither open files nor load code nor change settings, whatever it says.
"""

from __future__ import annotations

import atexit
import re
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from allmende.errors import RecipeInvalid
from allmende.model.dataset import Pin
from allmende.ports import Lake, Store

MEMORY = "1GB"
SECONDS = 60.0
_NAME = re.compile(r"[a-z][a-z0-9_]*")
_MACROS = (Path(__file__).parent / "macros.sql").read_text(encoding="utf-8")


_OPEN: weakref.WeakSet[DuckEngine] = weakref.WeakSet()


@atexit.register
def _close_all() -> None:
    """DuckDB complains at the end of the process about databases that are still open."""
    for engine in list(_OPEN):
        engine.close()


class DuckEngine:
    """The Engine port on DuckDB. Each query gets a cursor of its own; threads may share an engine."""

    def __init__(self, store: Store, lake: Lake, seconds: float = SECONDS) -> None:
        self._store = store
        self._lake = lake
        self._seconds = seconds
        self._database: duckdb.DuckDBPyConnection | None = None
        self._opening = threading.Lock()
        _OPEN.add(self)

    def close(self) -> None:
        """Give the database back; the next query opens it again."""
        with self._opening:
            if self._database is not None:
                self._database.close()
            self._database = None

    def query(self, sql: str, tables: Mapping[str, Pin], parameters: Sequence[Any] = ()) -> pa.Table:
        """Run `sql` in which each name of `tables` is the pinned version. Raises RecipeInvalid."""
        with self._cursor() as cursor, _limited(cursor, self._seconds):
            for name, pin in tables.items():
                self._show(cursor, name, pin)
            try:
                relation = cursor.sql(sql, params=list(parameters))
                found = relation.to_arrow_table() if relation is not None else pa.table({})
            except duckdb.Error as error:
                raise RecipeInvalid(
                    _reason(error), hint="Check the SQL against the datasets' columns."
                ) from error
        return plain_types(found)

    def _show(self, cursor: duckdb.DuckDBPyConnection, name: str, pin: Pin) -> None:
        """Make a version visible under a name, for this query only."""
        if not _NAME.fullmatch(name):
            raise RecipeInvalid(f"{name!r} cannot be the name of a table")
        version = self._store.version(pin)
        files = self._lake.files(pin.dataset, version.lake_version)
        if files:
            quoted = ", ".join("'" + file.replace("'", "''") + "'" for file in files)
            cursor.execute(f"create or replace temp view {name} as select * from read_parquet([{quoted}])")  # noqa: S608
        else:
            empty = self._lake.read(pin.dataset, version.lake_version).read_all()
            cursor.register(name, empty)

    @contextmanager
    def _cursor(self) -> Iterator[duckdb.DuckDBPyConnection]:
        with self._opening:
            if self._database is None:
                self._database = _open_locked(self._lake)
        cursor = self._database.cursor()
        try:
            for statement in _macro_statements():
                cursor.execute(statement)
            yield cursor
        finally:
            cursor.close()


def _open_locked(lake: Lake) -> duckdb.DuckDBPyConnection:
    # One thread: sums of floating-point numbers depend on their order, and a recipe run again must give the same.
    database = duckdb.connect(":memory:", config={"memory_limit": MEMORY, "threads": 1})
    root = str(getattr(lake, "tables_folder", "")).replace("'", "''")
    for setting in (
        "TimeZone = 'UTC'",
        "preserve_insertion_order = true",
        f"allowed_directories = ['{root}']" if root else "allowed_directories = []",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        database.execute(f"set {setting}")
    return database


def _macro_statements() -> list[str]:
    lines = [line for line in _MACROS.splitlines() if not line.startswith("--")]
    return [statement for statement in "\n".join(lines).split(";") if statement.strip()]


@contextmanager
def _limited(cursor: duckdb.DuckDBPyConnection, seconds: float) -> Iterator[None]:
    """Interrupt a query that takes too long; it then fails with a reason."""
    alarm = threading.Timer(seconds, cursor.interrupt)
    alarm.daemon = True
    alarm.start()
    try:
        yield
    finally:
        alarm.cancel()


def _reason(error: duckdb.Error) -> str:
    first = str(error).strip().splitlines()
    return " ".join(line.strip() for line in first[:3] if line.strip())


def plain_types(table: pa.Table) -> pa.Table:
    """The engine's types as ours: whole decimals become int64, others float64, moments are UTC."""
    fields = [field.with_type(_plain(field.type)).with_nullable(True) for field in table.schema]
    return table.cast(pa.schema(fields)) if fields else table


def _plain(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_decimal(kind):
        return pa.int64() if kind.scale == 0 else pa.float64()
    if pa.types.is_integer(kind):
        return pa.int64()
    if pa.types.is_floating(kind):
        return pa.float64()
    if pa.types.is_timestamp(kind):
        return pa.timestamp("us", tz="UTC")
    if pa.types.is_large_string(kind) or pa.types.is_string(kind) or pa.types.is_dictionary(kind):
        return pa.string()
    return kind
