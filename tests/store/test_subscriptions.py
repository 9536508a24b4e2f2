"""The contract of subscriptions on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from allmende.model.subscription import Threshold
from allmende.store.sql import SqlStore
from allmende.testing.subscriptions_contract import (
    SubscriptionsContract,
    append,
    make_streams,
    measured,
    told,
    wish,
)
from tests.postgres import Postgres


class TestSqlite(SubscriptionsContract):
    """A file of its own per test."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqlStore]:
        """A new store."""
        store = SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}")
        yield store
        store.close()


class TestPostgres(SubscriptionsContract):
    """A real server, an empty database per test."""

    @pytest.fixture
    def store(self, postgres: Postgres) -> Iterator[SqlStore]:
        """A new store."""
        store = SqlStore.open(postgres.database())
        yield store
        store.close()


def test_two_writers_tell_each_turn_once(postgres: Postgres) -> None:
    """Two processes that write the same datastream see each other's standings."""
    address = postgres.database()
    stores = [SqlStore.open(address) for _ in range(2)]
    water, _ = make_streams(stores[0])
    stores[0].subscriptions.add(wish("a", Threshold("above", 0.0)))

    def write(store: SqlStore, second: int) -> None:
        for n in range(20):
            append(store, measured(water, 2 * n + second, 1.0))

    threads = [threading.Thread(target=write, args=(store, n)) for n, store in enumerate(stores)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert told(stores[0], "a") == [("began", 1.0)]
    for store in stores:
        store.close()


def test_a_subscription_of_another_process_counts_at_once(tmp_path: Path) -> None:
    """What the command line adds is told from the next value on, without a restart."""
    address = f"sqlite:///{tmp_path / 'store.sqlite'}"
    writer, other = SqlStore.open(address), SqlStore.open(address)
    water, _ = make_streams(writer)
    append(writer, measured(water, 0))
    other.subscriptions.add(wish("a"))
    append(writer, measured(water, 1, 7.0))
    assert told(other, "a") == [("observation", 7.0)]
    other.subscriptions.remove("a")
    append(writer, measured(water, 2, 8.0))
    assert other.subscriptions.outbox is not writer.subscriptions.outbox
    for store in (writer, other):
        store.close()
