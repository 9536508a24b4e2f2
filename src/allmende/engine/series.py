"""Observations wherever they lie, as one: the port that everything which reads values goes through."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from allmende.model.observation import Observation
from allmende.model.series import Wanted
from allmende.store.hot_rows import HotRows
from allmende.store.sql import SqlStore

Row = tuple[Any, ...]


def _now() -> datetime:
    return datetime.now(UTC)


class SeriesReader:
    """The Series port over the store's hot rows."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self._hot = HotRows(store.engine, _now)

    def read(self, wanted: Wanted) -> list[Row]:
        """A page of rows, as tuples in the order of `Observation`'s fields."""
        return self._hot.read(wanted) if wanted.datastreams else []

    def count(self, wanted: Wanted) -> int:
        """How many there are on all pages; without conditions the counters answer."""
        if not wanted.datastreams:
            return 0
        if wanted.where is None and wanted.known_on is None and wanted.after is None:
            latest = self._store.observations.latest(wanted.datastreams)
            return sum(found.count for found in latest.values())
        return self._hot.count(wanted)

    def observation(self, observation_id: int) -> Observation | None:
        """The current revision of an observation; None when there is none."""
        return self._store.observations.observation(observation_id)
