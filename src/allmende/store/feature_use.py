"""Which datastreams speak of which feature, kept with the first observation that says so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.dialects import postgresql, sqlite

from allmende.model.observation import Observation
from allmende.store.thing_tables import FEATURE_USE

_INSERTS: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_MOST = 100_000


class FeatureUse:
    """Remembers the pairs that are kept already, so that most writes cost nothing."""

    def __init__(self) -> None:
        self._known: set[tuple[int, int]] = set()

    def keep(self, db: Connection, rows: Sequence[Observation]) -> None:
        """Keep the pairs of new observations. A rolled back pair is kept again: `forget` it then."""
        pairs = {(row.feature_id, row.datastream_id) for row in rows if row.feature_id is not None}
        fresh = [pair for pair in pairs if pair not in self._known]
        if not fresh:
            return
        statement = _INSERTS[db.dialect.name](FEATURE_USE).on_conflict_do_nothing()
        db.execute(statement, [{"feature_id": pair[0], "datastream_id": pair[1]} for pair in fresh])
        if len(self._known) > _MOST:
            self._known.clear()
        self._known.update((feature, stream) for feature, stream in fresh if feature is not None)

    def forget(self) -> None:
        """After a rollback nothing is certain."""
        self._known.clear()
