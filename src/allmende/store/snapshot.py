"""Several reads that see the same state of the store, while others write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Engine


@contextmanager
def snapshot(engine: Engine) -> Iterator[Connection]:
    """A connection whose statements all see what was committed before the first of them."""
    if engine.dialect.name == "postgresql":
        with engine.connect() as plain:
            db = plain.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield db
        return
    with engine.connect() as db:
        # Python's driver begins no transaction for reading: without this each statement stands alone.
        db.exec_driver_sql("BEGIN")
        yield db
