"""Many rows into one table: prepared on SQLite, COPY on PostgreSQL; one call for both.

SQLAlchemy writes the statement, the driver gets the tuples: building a dictionary and a bound
parameter per value would cost more than the database does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, Dialect, Table

_COPY_FROM = 50


class Bulk:
    """Inserts rows given as tuples in the order of the table's columns."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._inserts: dict[str, str] = {}
        self._copies = dialect.name == "postgresql"

    def insert(self, db: Connection, table: Table, rows: Iterable[tuple[Any, ...]], number: int) -> None:
        """Insert `number` rows within the transaction of `db`."""
        if self._copies and number >= _COPY_FROM:
            self._copy(db, table, rows)
        else:
            db.exec_driver_sql(self._insert(table), list(rows))

    def _insert(self, table: Table) -> str:
        known = self._inserts.get(table.name)
        if known is None:
            mark = "?" if self._dialect.paramstyle == "qmark" else "%s"
            quote = self._dialect.identifier_preparer.format_column
            columns = ", ".join(quote(column) for column in table.columns)
            marks = ", ".join(mark for _ in table.columns)
            known = f"INSERT INTO {table.name} ({columns}) VALUES ({marks})"  # noqa: S608 (our own names)
            self._inserts[table.name] = known
        return known

    def _copy(self, db: Connection, table: Table, rows: Iterable[tuple[Any, ...]]) -> None:
        quote = self._dialect.identifier_preparer.format_column
        columns = ", ".join(quote(column) for column in table.columns)
        cursor: Any = db.connection.cursor()
        with cursor, cursor.copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
            for row in rows:
                copy.write_row(row)
