"""The store on SQLite: durable, open to several processes, migrated by itself."""

from __future__ import annotations

import multiprocessing
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from allmende.errors import StoreFault
from allmende.model.dataset import Pin
from allmende.store.migrations import NEWEST
from allmende.store.sql import SqlStore
from allmende.store.tables import METADATA
from allmende.testing.store_contract import MOMENT, RECEIPT, RUN, VERSION, StoreContract


def _url(folder: Path) -> str:
    return f"sqlite:///{folder / 'store.sqlite'}"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqlStore]:
    """An empty store."""
    opened = SqlStore.open(_url(tmp_path))
    yield opened
    opened.close()


class TestSqlite(StoreContract):
    """SQLite keeps the contract."""


def test_a_written_thing_outlives_the_process(tmp_path: Path) -> None:
    """Killed right after a write returned, nothing is lost."""
    context = multiprocessing.get_context("spawn")
    child = context.Process(target=_write_and_die, args=(_url(tmp_path),))
    child.start()
    child.join(60)
    assert child.exitcode not in (0, 1)
    with closing(SqlStore.open(_url(tmp_path))) as store:
        assert store.version(Pin("trees", 1)) == VERSION


def _write_and_die(url: str) -> None:
    SqlStore.open(url).add_version(VERSION)
    import os
    import signal

    os.kill(os.getpid(), signal.SIGKILL)


def test_writes_are_synced(store: SqlStore, tmp_path: Path) -> None:
    """Write-ahead log, full synchronisation: an acknowledged write survives a power cut."""
    with store._engine.connect() as db:
        pragmas = [db.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous")]
    assert pragmas == ["wal", 2]


def test_readers_are_not_kept_waiting(store: SqlStore, tmp_path: Path) -> None:
    """While one process holds the write lock, another reads; a writer waits for it to end."""
    store.add_version(VERSION)
    with closing(sqlite3.connect(tmp_path / "store.sqlite", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert store.version(Pin("trees", 1)) == VERSION
        other.execute("COMMIT")
    store.add_run(RUN)


def _write_many(url: str, source: str) -> None:
    store = SqlStore.open(url)
    for number in range(25):
        store.add_receipt(replace(RECEIPT, source=source, size=number))
    store.close()


def test_several_processes_open_and_write_at_once(tmp_path: Path) -> None:
    """Four processes make the store and write to it: one migrates, none fails, nothing is lost."""
    context = multiprocessing.get_context("spawn")
    children = [context.Process(target=_write_many, args=(_url(tmp_path), f"s{n}")) for n in range(4)]
    for child in children:
        child.start()
    for child in children:
        child.join(120)
    assert [child.exitcode for child in children] == [0] * 4
    with closing(SqlStore.open(_url(tmp_path))) as store:
        assert [len(store.receipts(f"s{n}")) for n in range(4)] == [25] * 4
        assert len(store.receipts_of(RECEIPT.sha256)) == 100


def test_migrations_make_what_the_tables_say(tmp_path: Path) -> None:
    """The description in tables.py and the migrations are the same."""
    SqlStore.open(_url(tmp_path)).close()
    engine = create_engine(_url(tmp_path))
    with engine.connect() as db:
        assert compare_metadata(MigrationContext.configure(db), METADATA) == []
    engine.dispose()


def test_opening_again_changes_nothing(tmp_path: Path) -> None:
    """Migrations run once."""
    for _ in range(3):
        store = SqlStore.open(_url(tmp_path))
        store.close()
    with closing(sqlite3.connect(tmp_path / "store.sqlite")) as db:
        assert db.execute("select count(*) from alembic_version").fetchone() == (1,)
        assert db.execute("select id, number from generation order by id").fetchall() == [(1, 0), (2, 1)]


@pytest.mark.parametrize(
    "content", [b"not a database, only text" * 100, b"SQLite format 3\0" + b"\xff" * 4096]
)
def test_a_damaged_store_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    """No traceback of a library, but what is wrong and `allmende doctor`."""
    (tmp_path / "store.sqlite").write_bytes(content)
    with pytest.raises(StoreFault, match="doctor"):
        SqlStore.open(_url(tmp_path))


def test_naive_times_are_refused(store: SqlStore) -> None:
    """A time without a zone is a fault of the caller, found at once."""
    with pytest.raises(Exception, match="aware times"):
        store.add_run(replace(RUN, started=MOMENT.replace(tzinfo=None)))


def test_all_raw_files_are_known(store: SqlStore) -> None:
    """What receipts, versions and rejected rows name, each once."""
    store.add_receipt(RECEIPT)
    store.add_version(replace(VERSION, raw=("b" * 64,)))
    assert store.raw_files() == {"a" * 64, "b" * 64, "e" * 64}


def test_the_newest_migration_is_known() -> None:
    """NEWEST names the last migration, or stores would never be brought up to it."""
    config = Config()
    config.set_main_option("script_location", "allmende.store:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == NEWEST


def test_a_current_store_is_opened_without_alembic(tmp_path: Path) -> None:
    """The second open loads no migration code, which keeps the serving process small."""
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    SqlStore.open(url).close()
    code = f"import sys; from allmende.store.sql import SqlStore; SqlStore.open({url!r}).close(); print('alembic' in sys.modules)"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "False\n"
