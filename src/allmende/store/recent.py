"""The newest hot values of one datastream: what the rules start from after a restart."""

from __future__ import annotations

from sqlalchemy import Engine, select

from allmende.model.observation import Observation
from allmende.store.thing_tables import OBSERVATION

ENOUGH = 300
"""Two days of a value every ten minutes: as long as a stuck sensor has to be watched."""


def recent(engine: Engine, datastream_id: int, limit: int = ENOUGH) -> list[Observation]:
    """The newest current observations that are still hot, oldest first."""
    row = OBSERVATION.c
    query = (
        select(OBSERVATION)
        .where(row.datastream_id == datastream_id, row.superseded_at.is_(None))
        .order_by(row.phenomenon_time.desc(), row.id.desc())
        .limit(limit)
    )
    with engine.connect() as db:
        return [Observation(*found) for found in db.execute(query)][::-1]
