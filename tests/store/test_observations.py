"""The contract of observations on both databases, and what only one of them has."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from allmende.store.sql import SqlStore
from allmende.testing.observations_contract import ObservationsContract
from allmende.testing.store_contract import StoreContract
from tests.postgres import Postgres


class TestSqlite(ObservationsContract):
    """A file of its own per test."""

    @pytest.fixture
    def store(self, tmp_path: Path) -> Iterator[SqlStore]:
        """A new store."""
        store = SqlStore.open(f"sqlite:///{tmp_path / 'store.sqlite'}")
        yield store
        store.close()


class TestPostgres(ObservationsContract):
    """A real server, an empty database per test."""

    @pytest.fixture
    def store(self, postgres: Postgres) -> Iterator[SqlStore]:
        """A new store."""
        store = SqlStore.open(postgres.database())
        yield store
        store.close()


class TestMetadataOnPostgres(StoreContract):
    """Receipts, versions, runs and keys on PostgreSQL too."""

    @pytest.fixture
    def store(self, postgres: Postgres) -> Iterator[SqlStore]:
        """A new store."""
        store = SqlStore.open(postgres.database())
        yield store
        store.close()
