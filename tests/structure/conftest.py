"""A store and a lake in a temporary folder, and a shorthand to publish what a source answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from allmende.lake.local import LocalLake
from allmende.model.city import City
from allmende.model.dataset import DatasetVersion, Pin
from allmende.model.run import Run
from allmende.store.sql import SqlStore
from allmende.structure.publish import publish_dataset
from allmende.testing.clock import FixedClock
from allmende.testing.small import Lists, receive


@dataclass
class Bench:
    """Where tests publish."""

    store: SqlStore
    lake: LocalLake
    clock: FixedClock = field(default_factory=FixedClock)
    connector: Lists = field(default_factory=Lists)

    def publish(
        self, city: City, rows: list[list[Any]] | bytes | None = None, dataset: str = "benches"
    ) -> Run:
        """Receive `rows` (if any) and publish the dataset."""
        if rows is not None:
            receive(self.store, self.lake, self.clock, rows, city.datasets[dataset].source)
        return publish_dataset(
            city, city.datasets[dataset], self.connector, self.store, self.lake, self.clock
        )

    def versions(self, dataset: str = "benches") -> tuple[DatasetVersion, ...]:
        """All versions, newest first."""
        return self.store.versions(dataset)

    def rows(self, number: int = 1, dataset: str = "benches") -> list[dict[str, Any]]:
        """The rows of a version."""
        return self.table(number, dataset).to_pylist()

    def table(self, number: int = 1, dataset: str = "benches") -> pa.Table:
        """The rows of a version as a table."""
        version = self.store.version(Pin(dataset, number))
        return self.lake.read(dataset, version.lake_version).read_all()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    """An empty store and lake."""
    store = SqlStore.open(f"sqlite:///{tmp_path}/store.sqlite")
    yield Bench(store, LocalLake(tmp_path))
    store.close()
